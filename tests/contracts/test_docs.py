"""Every screen and page has its page in docs/manual, with a way in from its summary; the reference is what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chappe.kit.screens import registry

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "manual"
ENTRIES = sorted(entry.slug for entry in [*registry.screens(), *registry.pages()])


def pages() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in MANUAL.glob("*.md")}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_screen_has_its_page_in_the_manual(name):
    text = pages().get(name.replace(".", "-"), "")
    assert text.startswith("# "), f"write docs/manual/{name.replace('.', '-')}.md"
    assert len(text.split()) > 40


def test_links_and_pictures_of_the_manual_exist():
    targets = [(name, target) for name, text in pages().items() for target in re.findall(r"\]\(([^)#\s]+)", text)]
    missing = [pair for pair in targets if "://" not in pair[1] and not (MANUAL / pair[1]).exists()]
    assert missing == []


@pytest.mark.slow
def test_the_reference_is_what_the_code_says():
    made = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, f"run make docs\n{made.stdout[-2000:]}{made.stderr[-1000:]}"
