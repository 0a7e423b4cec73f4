"""Screens of the exchange: received files, their anomalies, their planned changes; and the pages beside them."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.exchange import exports, formats, pages, queries, services, words
from chappe.apps.exchange.access import AREA
from chappe.apps.exchange.models import OPEN_STATES, TO_HANDLE, FileIssue, PlannedChange, ReceivedFile, State
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, may_touch
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    Done,
    FilterKind,
    Kind,
    Menu,
    Page,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "exchange"
registry.menu_section(SECTION, _("Exchanges"), 40)

TONES = {
    State.RECEIVED: Tone.NEW, State.READING: Tone.RUN, State.READ: Tone.NEW, State.PLANNED: Tone.WAIT, State.APPLYING: Tone.RUN,
    State.APPLIED: Tone.OK, State.UNDOING: Tone.RUN, State.UNDONE: Tone.NEW, State.REFUSED: Tone.BAD, State.QUARANTINED: Tone.WARN,
    State.FAILED: Tone.BAD,
}  # fmt: skip
SEVERITIES = {"error": Tone.BAD, "warning": Tone.WARN, "info": Tone.NEW}
CHANGES = {"create": Tone.OK, "update": Tone.RUN, "delete": Tone.BAD, "refuse": Tone.WARN}


def _kinds() -> Any:
    return [(form.slug, form.label) for form in formats.formats().values()]


def _read_again(*, actor: Actor, objects: list[ReceivedFile]) -> Done:
    for file in objects:
        services.read_again(actor=actor, file=file)
    return Done("")


def _apply(*, actor: Actor, objects: list[ReceivedFile]) -> Done:
    services.apply(actor=actor, file=objects[0])
    return Done("")


def _apply_anyway(*, actor: Actor, objects: list[ReceivedFile]) -> Done:
    services.apply(actor=actor, file=objects[0], force=True)
    return Done("")


def _undo(*, actor: Actor, objects: list[ReceivedFile]) -> Done:
    services.undo(actor=actor, file=objects[0])
    return Done("")


ACTIONS = (
    Action(
        name="read", label=_("Read again"), perform=_read_again, icon="refresh", bulk=True,
        why_not=lambda file, _user: services.why_not_read(file),
        offered=lambda file, _user: file.state != State.APPLIED and formats.get(file.kind) is not None and not file.is_open,
    ),
    Action(
        name="undo", label=_("Undo"), perform=_undo, icon="arrow-back-up", danger=True,
        confirm=_("What this file created is deleted, what it changed gets its earlier values back. Undo it?"),
        why_not=services.why_not_undo,
        offered=lambda file, _user: file.state == State.APPLIED or (file.state == State.UNDOING and file.is_stuck),
    ),
    Action(
        name="apply-anyway", label=_("Apply anyway"), perform=_apply_anyway, icon="alert-triangle", level=Level.ADMIN, danger=True,
        confirm=_("This plan changes more than the threshold allows. Have you looked at it? Every change is made at once."),
        why_not=lambda file, user: services.why_not_apply(file, user, force=True),
        offered=lambda file, _user: file.state == State.PLANNED and bool(file.plan.get("over")),
    ),
    Action(
        name="apply", label=_("Apply"), perform=_apply, icon="check", primary=True, why_not=services.why_not_apply,
        offered=lambda file, _user: file.state == State.PLANNED or (file.state == State.APPLYING and file.is_stuck),
    ),
)  # fmt: skip


def _next_step(file: ReceivedFile, user: Any) -> dict[str, Any]:
    writes = may_touch(user, file, Level.WRITE)
    return {
        "verdict": words.verdict(file),
        "turn": words.turn(file),
        "tone": _tone(file),
        "counts": words.counts(file) if file.state == State.PLANNED else [],
        "chooses": writes and services.why_not_read(file) is None,
        "mends": writes and file.errors and exports.has_rejects(file) and file.state not in OPEN_STATES,
        "mended": [row for row in file.mended.order_by("-pk")[:5] if may_touch(user, row, Level.READ)],
        "links": queries.links(file, user),
        "file_url": registry.object_url,
    }


def _tone(file: ReceivedFile) -> str:
    match file.state:
        case State.REFUSED | State.FAILED:
            return "info" if file.twin_id else "error"
        case State.APPLIED:
            refused = (file.verdict or {}).get("code") in {"undo-refused", "apply-failed"}
            return "error" if refused else "success"
        case State.QUARANTINED:
            return "warning"
        case State.PLANNED if file.plan.get("over") or file.problem:
            return "warning"
    return "info"


def _plan(file: ReceivedFile, _user: Any) -> dict[str, Any]:
    return {
        "groups": queries.examples(file),
        "changes": (file.plan or {}).get("changes", 0),
        "all_url": queries.changes_url(file, ""),
    }


def _issues(file: ReceivedFile, _user: Any) -> dict[str, Any]:
    groups = queries.issue_groups(file)
    kept = sum(group["number"] for group in groups if group["severity"] != "info")
    return {"groups": groups, "sampled": file.errors + file.warnings > kept, "rejects": exports.has_rejects(file)}


def _preview(file: ReceivedFile, _user: Any) -> dict[str, Any]:
    return queries.preview(file)


def _facts(file: ReceivedFile, user: Any) -> dict[str, Any]:
    form = formats.get(file.kind)
    encoding = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
    separators = {";": _g("semicolon"), ",": _g("comma"), "\t": _g("tabulation"), "|": _g("bar")}
    facts = file.facts or {}
    return {
        "described": form.described(file.options) if form and file.options else (),
        "encoding": encoding.get(facts.get("encoding", ""), ""),
        "separator": separators.get(facts.get("separator", ""), ""),
        "job_url": registry.object_url(file.job) if file.job and may(user, "taches") else "",
    }


def _with_people(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("stored", "owner", "job", "received_by", "applied_by", "undone_by", "replays", "twin")


registry.register(
    Screen(
        slug="exchange.file",
        model=ReceivedFile,
        label=_("Received files"),
        label_one=_("Received file"),
        area=AREA,
        menu=Menu(section=SECTION, icon="file-import", order=10),
        intro=_("Each file is kept whole, read line by line, planned, and applied only when somebody says so. It can be undone."),
        empty=_("No file yet. Send the first one: you will see what it would change before anything is changed."),
        rows=_with_people,
        page_links=(pages.upload_link,),
        scopes=(
            Scope(name="todo", label=_("To handle"), where=Q(state__in=TO_HANDLE) | Q(state="refused", twin=None, mended=None)),
            Scope(name="anomalies", label=_("With anomalies"), where=Q(errors__gt=0) | Q(state__in=["refused", "failed", "quarantined"])),
            Scope(name="applied", label=pgettext_lazy("files", "Applied"), where=Q(state="applied")),
            Scope(name="all", label=_("See all")),
        ),
        chips=(
            Chip(name="mine", label=_("Sent by me"), where=lambda user: Q(received_by=user)),
            Chip(name="mended", label=_("Mended files"), where=lambda user: Q(replays__isnull=False)),
        ),
        columns=(
            Column(name="name", label=_("File"), kind=Kind.REF, second="kind_label"),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=TONES),
            Column(name="kind", label=_("Kind"), filter=FilterKind.EXACT, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK),
            Column(name="received_at", label=_("Received"), kind=Kind.DATETIME),
            Column(name="lines", label=_("Lines"), kind=Kind.NUMBER, filter=FilterKind.NONE),
            Column(name="errors", label=_("Errors"), kind=Kind.NUMBER, filter=FilterKind.NONE),
            Column(name="warnings", label=_("Warnings"), kind=Kind.NUMBER, filter=FilterKind.NONE),
            Column(name="turn", label=_("Whose turn"), sortable=False),
            Column(name="channel", label=_("By"), kind=Kind.STATE, shown=False),
            Column(name="received_by", label=_("Received by"), kind=Kind.LINK, shown=False),
            Column(name="applied_at", label=_("Applied"), kind=Kind.DATETIME, shown=False),
            Column(name="applied_by", label=_("Applied by"), kind=Kind.LINK, shown=False),
            Column(name="undone_at", label=_("Undone"), kind=Kind.DATETIME, shown=False),
            Column(name="undone_by", label=_("Undone by"), kind=Kind.LINK, shown=False),
            Column(name="replays", label=_("Mends"), kind=Kind.LINK, shown=False),
            Column(name="sha256", label=_("SHA-256 fingerprint"), shown=False),
        ),
        search=("name", "sha256", "owner__name"),
        ordering=("-received_at",),
        state="state",
        subtitle=lambda file: f"{file.kind_label()} · {file.turn()}",
        panels=(
            Panel(title=_("Where it stands"), icon="flag", template="exchange/next.html", context=_next_step),
            Panel(title=_("Plan"), icon="git-compare", template="exchange/plan.html", context=_plan),
            Panel(title=_("Anomalies"), icon="alert-triangle", template="exchange/issues.html", context=_issues),
            Panel(title=_("First lines"), icon="table", template="exchange/preview.html", context=_preview),
            Panel(title=_("File"), icon="file", template="exchange/facts.html", context=_facts, aside=True),
            Panel(
                title=_("Course"), icon="clock", aside=True,
                columns=("received_at", "received_by", "channel", "applied_at", "applied_by", "undone_at", "undone_by", "replays"),
            ),
        ),
        related=(
            Related(screen="exchange.issue", path="file", label=_("Anomalies, line by line"), limit=8),
            Related(screen="exchange.change", path="file", label=_("Planned changes, one by one"), limit=8),
        ),
        actions=ACTIONS,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="exchange.issue",
        model=FileIssue,
        label=_("Anomalies of files"),
        label_one=_("Anomaly"),
        area=AREA,
        columns=(
            Column(name="line", label=_("Line"), kind=Kind.NUMBER, template="exchange/cells/place.html"),
            Column(name="column", label=_("Column"), kind=Kind.NUMBER, template="exchange/cells/place.html"),
            Column(name="field", label=_("Field")),
            Column(name="severity", label=_("Severity"), kind=Kind.STATE, tones=SEVERITIES),
            Column(name="sentence", label=_("What is wrong"), sortable=False),
            Column(name="excerpt", label=_("Excerpt")),
            Column(name="code", label=_("Code"), filter=FilterKind.EXACT, shown=False),
            Column(name="inner", label=_("Table"), shown=False),
            Column(name="file", label=_("File"), kind=Kind.LINK),
        ),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="errors", label=_("Errors"), where=Q(severity="error")),
            Scope(name="warnings", label=_("Warnings"), where=Q(severity="warning")),
        ),
        search=("field", "excerpt", "code"),
        ordering=("-file", "line", "column"),
        rows=lambda rows, _user: rows.select_related("file"),
        subtitle=lambda issue: issue.sentence(),
        empty=_("No anomaly: every file received so far could be read without a fault."),
        history=False,
    )
)

registry.register(
    Screen(
        slug="exchange.change",
        model=PlannedChange,
        label=_("Planned changes"),
        label_one=_("Planned change"),
        area=AREA,
        columns=(
            Column(name="label", label=_("Object"), kind=Kind.REF),
            Column(name="kind", label=_("What"), kind=Kind.STATE, tones=CHANGES),
            Column(name="line", label=_("Line"), kind=Kind.NUMBER, template="exchange/cells/place.html"),
            Column(name="summary", label=_("Before → after"), sortable=False),
            Column(name="key", label=_("Key"), shown=False),
            Column(name="file", label=_("File"), kind=Kind.LINK),
        ),
        search=("label", "key"),
        ordering=("-file", "pk"),
        rows=lambda rows, _user: rows.select_related("file"),
        panels=(
            Panel(title=_("Change"), icon="git-compare", columns=("label", "kind", "line", "file"), template="exchange/change.html",
                  context=lambda change, _user: {"rows": words.change_rows(change)}),
        ),
        empty=_("No change planned. Send a file: what it would change stands here before anything is changed."),
        history=False,
    )
)  # fmt: skip

_PAGES = (
    ("exchange.upload", "exchange/upload/", pages.upload, _("Send a file"), Level.WRITE),
    ("exchange.upload-options", "exchange/upload/options/", pages.upload_options, _("Questions of a kind of file"), Level.WRITE),
    ("exchange.kind", "exchange/file/<int:pk>/kind/", pages.kind, _("Say what a file is"), Level.WRITE),
    ("exchange.live", "exchange/file/<int:pk>/live/", pages.live, _("Progress of a file"), Level.READ),
    ("exchange.download", "exchange/file/<int:pk>/download/", pages.download, _("Download a received file"), Level.READ),
    ("exchange.export", "exchange/file/<int:pk>/<slug:what>.csv", pages.export, _("Export of a received file"), Level.READ),
)  # fmt: skip
for _slug, _path, _view, _label, _level in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level))
