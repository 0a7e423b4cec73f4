"""The formats “ipe” and “cpn” of the received files: read, planned, applied, undone. See planning.py and applying.py.

Faults and changes by the million stand aside; exchange keeps a few of each, and true counts.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.exchange.formats import Applied, Aside, Change, Context, Format, Reading, register_format
from chappe.apps.ipe import applying, aside, exports, queries, undoing, words
from chappe.apps.ipe.access import AREA
from chappe.apps.ipe.comparing import CREATE, DELETE, REFUSE, UPDATE
from chappe.apps.ipe.layouts import layout_of
from chappe.apps.ipe.models import Flow, Form, Intake, IssueCount
from chappe.apps.ipe.planning import ABANDON, KEEP, Plan, Planner, Terms, has_extra
from chappe.apps.network.models import Building
from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.interop.blocks import find_encoding
from chappe.core.interop.header import read_header
from chappe.core.interop.names import Told, read_name
from chappe.core.interop.spool import INNER, Spool, head_frame, spool
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may
from chappe.kit.ops.config import value

SAMPLES = 20
OPERATIONS = {"IPE": Flow.IPE, "IPEZMD": Flow.IPE, "CPN": Flow.CPN}

declare(
    {
        "ipe.history": N_(
            "This is a history: it can be read and compared, it is not applied. Apply the full or delta file."
        ),
        "ipe.older-file": N_("A file of {value} was applied already: an older one is not applied after it."),
        "ipe.no-column": N_("Without the column “{name}” no row can be used."),
        "ipe.no-day": N_("The name tells no date: nobody can say whether it comes before or after another file."),
    }
)


class TakenOptions(forms.Form):
    """How to take the file in; what its name and its columns say is used where nothing is chosen."""

    form = forms.ChoiceField(label=_("Kind of file"), required=False, choices=list(words.FORMS.items()))
    oi_code = forms.CharField(
        label=_("Code of the OI"), required=False, max_length=5,
        help_text=_("Rows of another OI are then refused. Empty: as the column CodeOI says."),
    )  # fmt: skip
    absent = forms.ChoiceField(
        label=_("Buildings that a full file does not have any more"), required=False, choices=list(words.ABSENT.items()),
        help_text=_("Among its communes and zones alone. Those abandoned for three months are always deleted."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def as_options(self) -> dict[str, Any]:
        """What is kept with the file."""
        told = self.cleaned_data
        return {"form": told["form"], "oi_code": told["oi_code"].strip().upper(), "absent": told["absent"] or KEEP}


def sniff(flow: str, name: str, head: bytes) -> int:
    """By the columns of the first line; for an archive by its name."""
    if head.startswith(b"PK\x03\x04"):
        return 85 if OPERATIONS.get(read_name(name).operation) == flow else 0
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    layout = layout_of(flow)
    header, _issues = read_header(layout, first)
    if header is None:
        return 0
    have = {column.field for column in header.columns if column is not None}
    if not {column.field for column in layout.columns if column.essential} <= have or len(have) < 4:
        return 0
    return 92 if flow == Flow.IPE else 90


def read(flow: str, context: Context) -> Reading:
    """Spool the file, compare it with the network, keep plan and anomalies aside."""
    layout, told = layout_of(flow), read_name(context.file.name)
    with aside.folder() as place:
        taken = spool(
            layout, context.file.stored.path, place, name=context.file.name, today=timezone.localdate(), progress=context.progress
        )  # fmt: skip
        intake = _intake(context, flow, taken, told)
        taken.head += [("", issue) for issue in _against(context, intake, taken)]
        usable = taken.usable and not any(issue.severity is Severity.ERROR for _inner, issue in taken.head)
        plan = None
        if usable:
            intake.counts = {
                "lines": intake.counts.get("lines", []),
                "seen": applying.last_change(),
                "extra": has_extra(taken),
            }
            plan = Planner(taken, _terms(context, intake), lambda: context.progress(1, 1)).run()
        taken.remark(head_frame(taken.head))
        _keep(context, intake, taken, plan)
    return _reading(intake, taken, plan, usable)


def _intake(context: Context, flow: str, taken: Spool, told: Told) -> Intake:
    intake = Intake.objects.filter(file=context.file).first() or Intake(file=context.file)
    aside.forget(intake)
    chosen = context.options.get("form") or told.kind or Form.FULL
    intake.flow, intake.form = flow, Form.HISTO if taken.history else chosen
    if context.file.replays_id and intake.form == Form.FULL:
        intake.form = Form.DELTA  # mended lines are not everything
    intake.day, intake.sequence = told.day, told.sequence
    intake.version = taken.versions[0] if taken.versions else ""
    intake.fields = list(taken.fields)
    intake.oi_code = _oi_code(context, told)
    return intake


def _oi_code(context: Context, told: Told) -> str:
    """Whose rows these are, for files without the column: as chosen, as named, or the only OI there is."""
    if context.options.get("oi_code"):
        return str(context.options["oi_code"])
    if context.file.owner is not None and context.file.owner.code_interop:
        return str(context.file.owner.code_interop)
    known = set(Building.objects.order_by().values_list("oi_code", flat=True).distinct()[:50])
    named = next((party for party in told.parties if party in known), "")
    return named or (next(iter(known)) if len(known) == 1 else "")


def _against(context: Context, intake: Intake, taken: Spool) -> Iterator[Issue]:
    """What forbids the file as a whole, or should be known of it."""
    name = context.file.name
    if not taken.usable:
        return
    for column in taken.layout.columns:
        if column.essential and column.field not in taken.fields:
            yield Issue("ipe.no-column", file=name, line=1, params={"name": column.name})
    if intake.form == Form.HISTO:
        yield Issue("ipe.history", file=name)
    if intake.day is None:
        yield Issue("ipe.no-day", Severity.INFO, name)
    elif not context.file.replays_id:
        last = queries.last_applied(intake)
        if last is not None and (intake.day, intake.sequence) < (last.day, last.sequence):
            yield Issue("ipe.older-file", file=name, params={"value": f"{last.day:%Y-%m-%d} {last.sequence}".strip()})


def _terms(context: Context, intake: Intake) -> Terms:
    strict = bool(context.options.get("oi_code")) or context.file.owner is not None
    return Terms(
        intake.oi_code, intake.form == Form.FULL, str(context.options.get("absent") or KEEP), intake.day or timezone.localdate(), strict and bool(intake.oi_code)
    )  # fmt: skip


def _keep(context: Context, intake: Intake, taken: Spool, plan: Plan | None) -> None:
    """Tables aside, counts of anomalies in rows, a few of each anomaly with exchange."""
    if taken.issues is None:
        return
    raw = taken.issues.close()
    order = [INNER, "line", "column"]
    sorted_path = raw.with_name("sorted.parquet")
    pl.scan_parquet(raw).with_columns(pl.col(INNER).fill_null("")).sort(order, maintain_order=True).sink_parquet(
        sorted_path
    )
    stored = partial(aside.keep, actor=context.actor, owner=context.file.owner)
    stem = context.file.name.rsplit(".", 1)[0]
    intake.issues = stored(sorted_path, f"{stem}.issues.parquet")
    if plan is not None:
        intake.rows = stored(taken.rows, f"{stem}.rows.parquet")
        intake.plan = stored(plan.plan, f"{stem}.plan.parquet")
        intake.changes = stored(plan.changes, f"{stem}.changes.parquet")
        intake.counts |= {"things": plan.counts}
    elif taken.usable:
        intake.rows = stored(taken.rows, f"{stem}.rows.parquet")
    intake.save()
    _count(context, intake, sorted_path)


def _count(context: Context, intake: Intake, path: Path) -> None:
    intake.issue_counts.all().delete()
    issues = pl.scan_parquet(path)
    groups = (
        issues.group_by("code", "severity").agg(pl.len().alias("number"), pl.col("line").min().alias("first")).collect()
    )
    samples = issues.group_by("code", "severity", maintain_order=True).head(SAMPLES).collect()
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in samples.iter_rows(named=True):
        params = words.remark_params(row)
        first.setdefault((row["code"], row["severity"]), params)
        made = Issue(row["code"], Severity(row["severity"]), row[INNER] or "", row["line"] or 0, row["column"] or 0, row["field"] or "", params)  # fmt: skip
        context.issue(made, excerpt=row["value"] or "")
    IssueCount.objects.bulk_create(
        IssueCount(intake=intake, code=code, severity=severity, number=number, first=at or 0, sample=first.get((code, severity), {}))
        for code, severity, number, at in groups.iter_rows()
    )  # fmt: skip


def _reading(intake: Intake, taken: Spool, plan: Plan | None, usable: bool) -> Reading:
    by = {"error": 0, "warning": 0}
    for row in intake.issue_counts.all():
        by[row.severity] = by.get(row.severity, 0) + row.number
    facts = {
        "encoding": taken.encodings[0] if taken.encodings else "", "separator": taken.separators[0] if taken.separators else "",
        "header": list(taken.names)[:200], "version": intake.version, "form": intake.form, "oi": intake.oi_code,
    }  # fmt: skip
    counts = {"create": 0, "update": 0, "delete": 0}
    if plan is not None:
        counts = {
            "create": plan.total(CREATE), "update": plan.total(UPDATE) + plan.total(ABANDON), "delete": plan.total(DELETE),
            "existing": plan.existing, "touched": plan.touched,
        }  # fmt: skip
    refused = taken.refused + (plan.refused if plan is not None else 0)
    return Reading(
        rows=intake, usable=usable, lines=taken.lines, facts=facts, errors=by["error"], warnings=by["warning"], refused=refused, counts=counts,
    )  # fmt: skip


def plan(reading: Reading, _context: Context) -> Iterator[Change]:
    """A few changes of each kind, to look at; all of them are aside."""
    for kind, plain in ((CREATE, CREATE), (UPDATE, UPDATE), (ABANDON, UPDATE), (DELETE, DELETE), (REFUSE, REFUSE)):
        for row in queries.plan_rows(reading.rows, kind=kind, limit=SAMPLES).rows:
            yield Change(
                plain,
                row["key"],
                row["name"],
                row["line"] or 0,
                row["before"],
                row["after"],
            )


def apply(file: Any, _changes: Iterable[Any], actor: Actor) -> Applied:
    """In bulk, from what stands aside."""
    applying.apply(file, actor)
    return Applied()


def undo(file: Any, actor: Actor) -> None:
    """From the image kept when it was applied."""
    undoing.undo(file, actor)


def why_not(file: Any, user: Any) -> str | None:
    """Applying again what was applied once is an administrator's act."""
    if user is None or may(user, AREA, Level.ADMIN):
        return None
    if queries.was_applied(file):
        return _g("This content was applied before: only an administrator of “IPE and CPN” may apply it again.")
    return None


def rejects(file: Any, _language: str) -> Iterator[bytes]:
    """The header and the refused lines, exactly as they came, to mend and send back."""
    intake = Intake.objects.select_related("issues").filter(file=file).first()
    if intake is None or intake.issues is None:
        return
    yield from exports.refused_lines(file.stored.path, intake, find_encoding(file.stored.path))


def _described(options: Mapping[str, Any]) -> Sequence[tuple[Any, str]]:
    told = [(_("Kind of file"), str(words.FORMS.get(options.get("form") or "", "")))]
    if options.get("oi_code"):
        told.append((_("Code of the OI"), str(options["oi_code"])))
    return [*told, (_("Buildings not in it"), str(words.ABSENT.get(options.get("absent") or KEEP, "")))]


def _threshold() -> int:
    return int(value("IPE_THRESHOLD"))


def _register(flow: str, label: Any, description: Any, columns: Any, icon: str) -> None:
    register_format(
        Format(
            slug=flow, label=label, description=description, area=AREA, icon=icon, read=partial(read, flow), plan=plan, apply=apply, undo=undo,
            sniff=partial(sniff, flow), options=TakenOptions, columns=columns, threshold_percent=_threshold, partners=False,
            described=_described, rejects=rejects, queue="bulk", why_not=why_not, fields=queries.FieldLabels(),
            aside=Aside(queries.issues_url, queries.changes_url, queries.groups, exports.issues_csv, exports.changes_csv),
        )
    )  # fmt: skip


_register(
    Flow.IPE, _("IPE"), _("Interop’Fibre IPE 2.x, 3.0 or 3.1, CSV or ZIP: buildings and their PM. Columns are found by their names."),
    (
        ("IdentifiantImmeuble", _("the OI’s own identifier: finds the building again")),
        ("EtatImmeuble", _("CIBLE, SIGNE, EN COURS DE DEPLOIEMENT, RACCORDABLE DEMANDE, DEPLOYE, ABANDONNE")),
        ("DateDerniereModification", _("a row older than what is known is left aside")),
        ("ReferencePM…", _("the PM and its columns, the same on all its rows")),
        ("…", _("every column of the layout, in any order; others are kept as they are")),
    ),
    "building-community",
)  # fmt: skip
_register(
    Flow.CPN, _("CPN"), _("Interop’Fibre CPN, CSV or ZIP: which PM hangs on which PRDM, and the state of the links."),
    (
        ("ReferencePM, TypePM", _("the PM and what it is")),
        ("ReferencePRDM, TypePRDM, EtatPRDM", _("the PRDM (or NRO)")),
        ("EtatLienPMPRDM…", _("the state of the link, its length and free fibres")),
    ),
    "route-2",
)  # fmt: skip


def today() -> dt.date:
    """The day files are judged on."""
    return timezone.localdate()
