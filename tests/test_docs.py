"""The documentation is held to the code: what exists has its page, what a page names exists.

Nothing here judges prose. The reference is made from the code, so that comparing it is enough.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chappe import cli
from chappe.kit.screens import registry

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "docs" / "manual"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LONGEST_MANUAL_PAGE = 60  # lines
HEAVIEST_PICTURE = 170_000  # bytes: a map of a town
PNG = b"\x89PNG\r\n\x1a\n"
#: Registered addresses that nobody opens by themselves → the page of the manual that speaks of them.
NO_PAGE = {
    "tariffs.inside": "a fragment of tariffs-version",
    "exchange.upload-options": "a fragment of exchange-upload",
    "exchange.live": "a fragment of exchange-file",
    "exchange.download": "a file, from exchange-file",
    "exchange.export": "a file, from exchange-file",
    "publication.take": "a file, from publication-file",
    "cartography.tile": "the tiles of cartography-map",
    "cartography.show": "a fragment of cartography-map",
    "cartography.area": "a fragment of cartography-map",
    "cartography.search": "the search of cartography-map",
    "collect.stream": "the stream of collect-live",
    "collect.issues-export": "a file, from collect-issue",
    "collect.copy": "a button of collect-packaged",
    "mail.eml": "a file, from mail-message",
    "mail.file": "a file, from mail-message",
    "mail.bounce": "a form of mail-report",
    "mail.forgotten": "a form of connexion",
    "invoicing.picture": "a picture of invoicing-layout",
    "invoicing.preview": "a file, from invoicing-production",
    "invoicing.file": "a file, from invoicing-production",
    "invoicing.act": "a button of the page of an invoice",
    "ipe.anomalies-csv": "a file, from ipe-anomalies",
    "ipe.compare-csv": "a file, from ipe-compare",
    "ipe.look": "a button of ipe-quality",
    "ipe.mend": "a file, from ipe-quality",
    "ipe.preview": "a page of ipe-layout",
    "network.photo": "a picture, from network-pm",
    "billing.archive-file": "a file, from billing-archive",
    "payments.unpaid-csv": "a file, from payments-unpaid",
    "payments.refund": "a form of payments-account",
    "payments.top-up": "a form of payments-account",
    "payments.receipt": "a file, from payments-payment",
    "payments.columns": "a form of payments-bank-layout",
    "payments.propose": "a form of payments-reminder",
    "payments.file": "a file, from payments-collection",
    "payments.proof": "a file, from payments-mandate",
}


def _names() -> list[str]:
    return [
        name
        for name in [s.slug for s in registry.screens()] + [p.slug for p in registry.pages()]
        if name not in NO_PAGE
    ]


def _links(page: Path) -> Iterator[tuple[bool, str]]:
    """(is a picture, target) of every link outside of code."""
    for mark, target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        yield mark == "!", target


def _anchors(page: Path) -> set[str]:
    """Anchors that GitHub makes of the titles of a page."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def test_the_reference_is_what_the_code_says():
    command = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_screen_and_page_has_its_page_in_the_manual():
    index = (MANUAL / "README.md").read_text("utf-8")
    lacking = []
    for name in _names():
        page = f"{name.replace('.', '-')}.md"
        if not (MANUAL / page).is_file():
            lacking.append(f"docs/manual/{page} is missing")
        elif f"]({page})" not in index:
            lacking.append(f"docs/manual/README.md does not name {page}")
    assert not lacking


def test_exemptions_from_the_manual_are_not_stale():
    known = {s.slug for s in registry.screens()} | {p.slug for p in registry.pages()}
    assert set(NO_PAGE) <= known


def test_every_page_of_the_manual_is_named_short_and_has_a_picture():
    index = (MANUAL / "README.md").read_text("utf-8")
    faults = []
    for page in sorted(MANUAL.glob("*.md")):
        text = page.read_text("utf-8")
        if page.name == "README.md":
            continue
        if f"]({page.name})" not in index:
            faults.append(f"{page.name} is not named in README.md")
        if text.count("\n") > LONGEST_MANUAL_PAGE:
            faults.append(f"{page.name} has {text.count(chr(10))} lines")
        if f"](img/{page.stem}.png)" not in text:
            faults.append(f"{page.name} does not show img/{page.stem}.png")
    assert not faults


def test_pictures_are_png_light_and_used():
    used = {target for page in MANUAL.glob("*.md") for picture, target in _links(page) if picture}
    faults = []
    for picture in sorted((MANUAL / "img").glob("*")):
        content = picture.read_bytes()
        if not content.startswith(PNG):
            faults.append(f"{picture.name} is no PNG")
        elif int.from_bytes(content[16:20], "big") != 1440:
            faults.append(f"{picture.name} is not 1440 wide")
        if len(content) > HEAVIEST_PICTURE:
            faults.append(f"{picture.name} has {len(content)} bytes")
        if f"img/{picture.name}" not in used:
            faults.append(f"{picture.name} is shown nowhere")
    assert not faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    lost = []
    for _picture, target in _links(page):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in _anchors(there)):
            lost.append(target)
    assert not lost


def _commands() -> Iterator[tuple[str, str]]:
    """(page, command) for each ``chappe …`` that a reader is told to type, in a block or between backquotes."""
    told = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "tour").glob("*.md"))]
    told += [*MANUAL.glob("*.md"), *(ROOT / "examples").rglob("*.md"), *(ROOT / "docs" / "contributing").glob("*.md")]
    for page in told:
        text = page.read_text("utf-8").replace("\\\n", " ")
        blocks = [line.strip() for block in FENCE.findall(text) for line in block.splitlines()]
        blocks += [line.strip() for line in text.splitlines() if line.startswith("    ")]
        inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
        for line in [*blocks, *inline]:
            found = re.match(r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?chappe (?=[a-z])(.*)", line)
            if found:
                yield page.relative_to(ROOT).as_posix(), found.group(1).split("  #")[0].strip()


def _fault(words: list[str]) -> str:
    """Why a command line does not fit the commands there are; "" when it does."""
    if words[0] not in cli.COMMANDS:
        return f"no command {words[0]}"
    command, rest = cli.load(words[0]), words[1:]
    inner = getattr(command, "commands", None)
    if inner:
        if not rest or rest[0].startswith(("<", "…")):
            return ""
        if rest[0] not in inner:
            return f"{words[0]} has no {rest[0]}"
        command, rest = inner[rest[0]], rest[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"unknown option {', '.join(unknown)}" if unknown else ""


def test_every_command_that_a_reader_is_told_to_type_exists():
    found = list(_commands())
    assert len(found) > 20, "the search for commands finds nothing any more"
    faults = []
    for page, line in found:
        why = _fault(shlex.split(line.replace("…", " ")))
        if why:
            faults.append(f"{page}: chappe {line}: {why}")
    assert not faults


def test_the_readme_names_files_that_are_there():
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"examples/[\w./-]+", text))
    assert named and not [name for name in sorted(named) if not (ROOT / name).exists()]
