"""docs/reference, made from the code so that it cannot lie: ``make docs``, or ``--check`` to compare only.

Sets Django up in a data folder of its own, reads the registries and writes the same bytes on every machine: no
date, no path, everything sorted or in the order of its table. Must never read an installation's data.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
sys.path[:0] = [str(ROOT / "src")]

from reference_text import (  # noqa: E402 - beside this file
    code,
    codes,
    command,
    english,
    french,
    level_word,
    right_of,
    rows_rule,
    table,
)

MADE = "*Made by `make docs` from the code: change the code, not this page.*"
NUMBERS_IN_API = "Amounts are decimal strings, moments RFC 3339."

#: file → (title, what stands in it, the function that writes it); filled by :func:`page`
PAGES: dict[str, tuple[str, str, Callable[[], Iterable[str]]]] = {}


def page(name: str, title: str, about: str) -> Callable[[Callable[[], Iterable[str]]], Callable[[], Iterable[str]]]:
    """Enter the function below as the writer of ``docs/reference/<name>.md``."""

    def enter(write: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
        PAGES[name] = title, about, write
        return write

    return enter


# --- settings, commands ------------------------------------------------------------------------------------------


@page("settings", "Settings", "every setting, its kind, its default")
def settings() -> Iterator[str]:
    from chappe.kit.ops import reference

    yield from reference.settings_markdown("en").splitlines()[2:]  # the title is ours
    yield ""


@page("commands", "Commands", "every command of `chappe` with its arguments and options")
def commands() -> Iterator[str]:
    from chappe import cli

    yield "Results go to standard output, remarks and errors to standard error. Exit codes: 0 done, 1 done with some rows"
    yield "refused (or a check that found something), 2 could not run. Language: `CHAPPE_LANG`, else the locale."
    yield ""
    yield from table(("Command", "What it does"), [(f"`chappe {name}`", row[1]) for name, row in cli.COMMANDS.items()])
    for name in cli.COMMANDS:
        yield f"## {name}"
        yield ""
        yield from command(f"chappe {name}", cli.load(name))


# --- screens, rights, jobs ---------------------------------------------------------------------------------------


@page("screens", "Screens and pages", "columns, filters, scopes, acts, addresses and REST path of each list")
def screens() -> Iterator[str]:
    from chappe.kit.screens import describe, registry

    yield "What `chappe screens show` tells, for every screen. A filter's parameters are the same in the address of the list,"
    yield f"in its exports and in the REST API. {NUMBERS_IN_API}"
    yield ""
    for screen in registry.screens():
        yield from one_screen(screen, describe.describe(screen))
    yield "## Pages"
    yield ""
    rows = [
        (code(p.slug), code(f"/{p.path}"), english(p.label), french(p.label), right_of(p)) for p in registry.pages()
    ]
    yield from table(("Page", "Address", "English", "French", "Right"), rows)


def one_screen(screen: Any, told: dict[str, Any]) -> Iterator[str]:
    urls, rights = told["urls"], told["rights"]
    yield f"## {told['slug']}: {english(screen.label)} / {french(screen.label)}"
    yield ""
    acts = {"create": "create", "update": "update", "delete": "delete"}
    addresses = [code(urls["list"]), *(f"{word} {code(urls[key])}" for key, word in acts.items() if key in urls)]
    yield f"- Addresses: {', '.join(addresses)}; exports {codes(urls['export'])}; REST {code(told['api']) or 'none'}"
    yield f"- Rights: area {code(rights['area'])}, rows of {rows_rule(rights['rows'])}"
    if screen.scopes:
        yield "- Tabs: " + ", ".join(f"{code(scope.name)} {english(scope.label)}" for scope in screen.scopes)
    if screen.chips:
        yield "- Quick filters: " + ", ".join(f"{code(chip.name)} {english(chip.label)}" for chip in screen.chips)
    if told["search"]:
        yield f"- Search looks in {codes(told['search'])}; order {codes(told['ordering'])}"
    if told["form"]:
        yield f"- Form: {codes(told['form'])}" + (
            f"; bulk edit {codes(told['bulk_fields'])}" if told["bulk_fields"] else ""
        )
    if screen.actions:
        yield "- Acts: " + ", ".join(
            f"{code(a.name)} {english(a.label)} ({level_word(a.level)})" for a in screen.actions
        )
    if told["related"]:
        yield f"- Lists on its detail page: {', '.join(told['related'])}"
    yield ""
    labels = {column.name: column for column in screen.columns}
    rows = [
        (code(c["name"]), english(labels[c["name"]].label), french(labels[c["name"]].label), c["kind"],
         codes(c["parameters"]) or "–", "yes" if c["sortable"] else "no", c["api"] or "–")
        for c in told["columns"]
    ]  # fmt: skip
    yield from table(("Column", "English", "French", "Kind", "Filter parameters", "Sort", "In the API"), rows)


@page("rights", "Rights", "each area of right and what its levels open")
def rights() -> Iterator[str]:
    from chappe.kit.access.door import areas

    yield "A right is an *area* × a *level*, held through roles. A level contains those below it. A partner's user sees only"
    yield "the rows of the partner, whatever the level. An administrator of the whole house holds every right."
    yield ""
    guarded = guarded_acts()
    for slug, area in sorted(areas().items()):
        yield f"## {slug}: {english(area.label)} / {french(area.label)}"
        yield ""
        if area.help:
            yield english(area.help)
            yield ""
        for level in (1, 2, 3):
            acts = sorted(set(guarded.get((slug, level), ())))
            if acts:
                yield f"- **{level_word(level)}**: {'; '.join(acts)}"
        yield ""


def guarded_acts() -> dict[tuple[str, int], list[str]]:
    """(area, level) → what it opens."""
    from chappe.kit.jobs import registry as jobs
    from chappe.kit.screens import registry

    found: dict[tuple[str, int], list[str]] = {}

    def add(area: str, level: int, act: str) -> None:
        found.setdefault((area, int(level)), []).append(act)

    for screen in registry.screens():
        name = f"`{screen.slug}`"
        add(screen.area, 1, f"{name} see, search, export")
        writes = [word for word, verb in (("create", screen.create), ("edit", screen.update)) if verb]
        if writes:
            add(screen.area, 2, f"{name} {', '.join(writes)}")
        if screen.delete:
            add(screen.area, 3, f"{name} delete")
        for action in screen.actions:
            add(screen.area, action.level, f"{name} “{english(action.label)}”")
    for one in registry.pages():
        if one.area:
            add(one.area, one.level, f"page `/{one.path}`")
    for spec in jobs.jobs().values():
        add(spec.area, 2, f"job `{spec.name}`")
    for form in received_formats():
        add(form.area, form.level, f"files `{form.slug}`")
    return found


def received_formats() -> list[Any]:
    from chappe.apps.exchange.formats import formats

    return list(formats().values())


@page("jobs", "Jobs and schedules", "what runs in the background, and what starts by the clock")
def jobs() -> Iterator[str]:
    from chappe.kit.jobs import registry

    yield "A job may run twice (a killed worker's job is taken again), so each is written to be repeatable. *Attempts* counts"
    yield "the first one. The bulk queue leaves one worker free for the quick one."
    yield ""
    rows = [
        (code(spec.name), english(spec.label), french(spec.label), spec.queue, spec.retries + 1, code(spec.area))
        for spec in registry.jobs().values()
    ]
    yield from table(("Job", "English", "French", "Queue", "Attempts", "Area"), rows)
    yield "## Schedules"
    yield ""
    yield "In the time zone of `CHAPPE_TIMEZONE`. Five cron fields: minute, hour, day, month, week day."
    yield ""
    rows = [
        (code(s.name), code(s.job), code(s.cron), "yes" if s.enabled else "no") for s in registry.schedules().values()
    ]
    yield from table(("Schedule", "Job", "Cron", "Enabled at first"), rows)


# --- files -------------------------------------------------------------------------------------------------------


@page("tariff-formats", "Tariff formats", "tables and columns of every format of tariff plan")
def tariff_formats() -> Iterator[str]:
    from chappe.core.tariff.formats import FORMATS

    yield "The format is found by file names and headers. Columns are bound by name: case, accents, spaces and signs do not"
    yield "count; tables marked *by position* may also come without a header. Separators: comma, semicolon, tab, bar."
    yield ""
    for form in FORMATS.values():
        yield f"## {form.slug}: {form.label} / {french(form.label)}"
        yield ""
        if form.timezone:
            yield f"Time zone when none is named: `{form.timezone}`."
            yield ""
        for layout in form.layouts:
            yield from tariff_table(form, layout)


def tariff_table(form: Any, layout: Any) -> Iterator[str]:
    marks = [
        "needed" if layout.required else "optional",
        *(["by name or by position"] if layout.positional else []),
        *(["any other column is kept"] if layout.free else []),
        *(["kept and shown, not rated"] if form.rated and layout.table not in form.rated else []),
    ]
    yield f"### {form.slug} · {layout.table}"
    yield ""
    yield f"{', '.join(marks).capitalize()}. File names (without extension): {codes(layout.stems)}."
    yield ""
    rows = [
        (code(c.name), codes(c.aliases), codes(c.old), "yes" if c.needed else "no", "no" if c.filled else "yes")
        for c in layout.columns
    ]
    yield from table(("Column", "Also written", "Old spelling (a remark)", "Needed", "May be empty"), rows)


@page("call-files", "Files of calls", "columns read, defaults, columns written, refused rows")
def call_files() -> Iterator[str]:
    from chappe.core.usage import columns

    yield "CSV (UTF-8 or Windows-1252; separators comma, semicolon, tab, bar) or Parquet, columns bound by name in any order."
    yield "Unknown columns are kept and given back. One line is one call: see [ADR 4](../adr/0004-one-line-one-call.md)."
    yield ""
    notes = {
        "tenant": "may be left out when the tariff has only one",
        "account": "never needed to price a call",
        "start": "RFC 3339, with its offset",
        "end": "RFC 3339; or `usage`",
        "usage": "seconds, bytes or a count; replaces `end`",
    }
    rows = [
        (
            code(name),
            "yes" if name in columns.MANDATORY else "",
            code(columns.DEFAULTS.get(name, "")),
            notes.get(name, ""),
        )
        for name in columns.FIELDS
    ]
    yield from table(("Column", "Needed", "Default", "Remark"), rows)
    yield f"Written after the columns that came: {codes(columns.RESULT_COLUMNS)};"
    yield f"with tariffs that have service (S) parts also {codes(columns.SERVICE_COLUMNS)}."
    yield ""
    yield f"Added to the refused rows (`--rejects`): {codes(columns.REJECT_COLUMNS)}. Both families are dropped when a mended file"
    yield "is sent again."
    yield ""


@page("received-files", "Received files", "what the house takes in by plan → apply → undo")
def received_files() -> Iterator[str]:
    forms = received_formats()
    yield "A received file is stored whole, recognised, read, planned, shown, then applied, and what was applied can be undone."
    yield ""
    rows = [(code(f.slug), english(f.label), french(f.label), right_of(f), f"{f.threshold} %") for f in forms]
    yield from table(("Kind", "English", "French", "Right to apply", "Stops above"), rows)
    for form in forms:
        yield f"## {form.slug}"
        yield ""
        yield english(form.description)
        yield ""
        yield from table(("Column", "What it holds"), [(code(head), english(about)) for head, about in form.columns])


@page("issues", "Issue codes", "every fault that a file may have: code, English, French")
def issues() -> Iterator[str]:
    from chappe.core.base.issue import SENTENCES

    yield "A code is stable: programs may match on it. Sentences may be reworded; `{names}` are filled in."
    yield ""
    yield from table(
        ("Code", "English", "French"), [(code(name), text, french(text)) for name, text in sorted(SENTENCES.items())]
    )


@page("reasons", "Reasons of calls without a price", "why a call is unrated or rejected")
def reasons() -> Iterator[str]:
    from chappe.core.rating.contract import Reason
    from chappe.core.rating.narrate import reason_code, reason_sentence

    yield "Below 20 the call is `UNRATED`: the plan has no answer. From 20 on it is `REJECTED`: it cannot be read or believed."
    yield ""
    rows = [
        (reason.value, code(reason_code(reason)), reason_sentence(reason), reason_sentence(reason, "fr"))
        for reason in Reason
        if reason
    ]
    yield from table(("No.", "Reason", "English", "French"), rows)


# --- machines ----------------------------------------------------------------------------------------------------


@page("metrics", "Metrics", "what Prometheus reads at `/metrics`")
def metrics() -> Iterator[str]:
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    from chappe.kit.ops import metrics as room

    # Tables of the temporary folder, from the models at once: some figures are counted in the database.
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    yield "Read with `CHAPPE_METRICS_TOKEN` as bearer token, or from this machine."
    yield ""
    found = [*room.REQUESTS.collect(), *room.SECONDS.collect(), *room.DatabaseCollector().collect()]
    label_names = {
        room.REQUESTS._name: room.REQUESTS._labelnames,
        room.SECONDS._name: room.SECONDS._labelnames,
    }
    rows = []
    for one in found:
        labels = label_names.get(one.name, getattr(one, "_labelnames", ()))
        name = f"{one.name}_total" if one.type == "counter" else one.name
        rows.append((code(name), one.type, codes(labels), one.documentation))
    yield from table(("Metric", "Type", "Labels", "What it counts"), sorted(rows))


@page("api", "REST API", "every endpoint under `/api/v1/`")
def api() -> Iterator[str]:
    from chappe.kit.api.openapi import ScreenGenerator

    schema = ScreenGenerator().get_schema(request=None, public=True)
    yield "The same filters, rights and sentences as the pages; keys are made on the page “API keys”. The whole description"
    yield f"(OpenAPI) is inside the product: `/api/v1/docs/`. {NUMBERS_IN_API}"
    yield ""
    rows = [
        (method.upper(), code(path), (told.get("summary") or "").split("\n")[0])
        for path, methods in sorted(schema["paths"].items())
        for method, told in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    yield from table(("Method", "Path", "What it does"), rows)


# --- writing -----------------------------------------------------------------------------------------------------


def render() -> dict[str, str]:
    """Every page of the reference: name → text. Django must be set up."""
    from django.utils import translation

    with translation.override("en"):
        made = {
            f"{name}.md": "\n".join([f"# {title}", "", MADE, "", *write()]).rstrip() + "\n"
            for name, (title, _about, write) in PAGES.items()
        }
    index = [f"- [{title}]({name}.md): {about}" for name, (title, about, _write) in PAGES.items()]
    made["README.md"] = "\n".join(["# Reference", "", MADE, "", *index]) + "\n"
    return made


def differences(made: dict[str, str]) -> list[str]:
    """One sentence for each page that is missing, stale or too many on disk."""
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    faults = [
        f"docs/reference/{name} is not what the code says" for name in sorted(made) if there.get(name) != made[name]
    ]
    return faults + [f"docs/reference/{name} is made by nothing" for name in sorted(set(there) - set(made))]


@contextmanager
def own_house() -> Iterator[None]:
    """Django, set up in a temporary data folder, untouched by this machine's settings."""
    with tempfile.TemporaryDirectory(prefix="chappe-docs-") as data:
        for name in [name for name in os.environ if name.startswith("CHAPPE_")]:
            del os.environ[name]
        os.environ.update(CHAPPE_DATA=data, CHAPPE_LANG="en", DJANGO_SETTINGS_MODULE="chappe.web.settings")
        import django

        django.setup()
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page on disk differs")
    options = parser.parse_args()
    with own_house():
        made = render()
    if options.check:
        faults = differences(made)
        print(*faults, *(["Run: make docs"] if faults else []), sep="\n", end="\n" if faults else "")
        return 1 if faults else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
