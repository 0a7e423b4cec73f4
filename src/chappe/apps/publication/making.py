"""Make the files of a period: one reading of the network for all who want it, a file a content, a row of the archive a recipient.

What exists is not made again unless a reason is given; then the same bytes stay one file and other bytes take the next
sequence. A file stands in the store whole before its row says so: whatever stops us leaves the earlier archive.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import polars as pl
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.publication.access import AREA
from chappe.apps.publication.cpn_rows import CpnRows
from chappe.apps.publication.ipe_rows import IpeRows
from chappe.apps.publication.models import Flow, Kind, PublishedFile, Recipient
from chappe.apps.publication.sheets import Period, Sheet, Want, existing, layout_of, sheets, wants
from chappe.core.interop.layout import Layout
from chappe.core.interop.writer import write
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, house_only, require
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.blobs import Draft
from chappe.kit.documents.services import keep

AGAIN = "publication.again"
register_sentence(AGAIN, gettext_noop("{actor} made {object} again: {reason}"))

Progress = Callable[[int, str], None]


@dataclass
class Made:
    """``files``: rows of the archive made now; ``same``: made again with the same bytes, so that nothing was added;
    ``standing``: there already; ``lost``: rows that could not be told."""

    files: list[PublishedFile] = field(default_factory=list)
    same: int = 0
    standing: int = 0
    failed: int = 0
    lost: int = 0


@dataclass
class _Run:
    """What stays the same while files are made."""

    actor: Actor
    of: Period
    again: str
    progress: Progress
    made: Made


@dataclass
class _Open:
    """A content being written."""

    sheet: Sheet
    draft: Draft
    rows: int = 0


def make(
    *,
    actor: Actor,
    of: Period,
    recipients: Iterable[Recipient],
    flows: Sequence[str] = tuple(Flow.values),
    again: str = "",
    progress: Progress = lambda rows, what: None,
) -> Made:
    """Make what is missing for ``of``; with a reason in ``again`` (administrators), everything anew.

    ``progress`` is told the rows read so far and what is being made; what it raises stops the work, and nothing half-done stays.
    Raises ValidationError for a period that is not over yet.
    """
    house_only(actor.user)
    if again and actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)
    if of.last > timezone.localdate():
        raise ValidationError(_("This day has not come yet."))
    asked = wants(recipients, flows, of)
    standing = existing(asked)
    made = Made()
    run = _Run(actor, of, again, progress, made)
    missing = [want for want in asked if again or not _stands(standing.get(want.key()))]
    made.standing = len(asked) - len(missing)
    missing = [want for want in missing if not _unsaid(actor, want, made)]
    for flow, group in _passes(sheets(missing)):
        _pass(run, flow, group)
    return made


def _stands(row: PublishedFile | None) -> bool:
    return row is not None and row.state != PublishedFile.State.NOT_MADE


def _unsaid(actor: Actor, want: Want, made: Made) -> bool:
    """A version that no layout describes: the row says so, and is made once somebody has chosen another."""
    layout = layout_of(want.flow)
    if want.version in layout.versions:
        return False
    problem = _(
        "The %(flow)s has no version %(version)s (known: %(known)s): choose another on the page of the operator."
    )
    words = {"flow": want.flow.upper(), "version": want.version, "known": ", ".join(layout.versions)}
    _row(want, state=PublishedFile.State.NOT_MADE, problem=(problem % words)[:300])
    made.failed += 1
    return True


def _passes(of: list[Sheet]) -> Iterator[tuple[str, list[Sheet]]]:
    """What one reading serves: every sheet of a flow and version."""
    groups: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in of:
        groups.setdefault((sheet.one.flow, sheet.one.version), []).append(sheet)
    for (flow, _version), group in groups.items():
        yield flow, group


def _pass(run: _Run, flow: str, group: list[Sheet]) -> None:
    layout, version = layout_of(flow), group[0].one.version
    names = layout.names(version)
    columns = [layout.column(name) for name in names]
    what, seen = group[0].one.name(1), 0

    def on_read(count: int) -> None:
        nonlocal seen
        seen += count
        run.progress(seen, what)

    source = IpeRows(columns, run.of.last, on_read=on_read) if flow == Flow.IPE else CpnRows(columns, run.of.last)
    history = run.of.kind == Kind.HISTO
    with ExitStack() as stack:
        targets = [_Open(sheet, stack.enter_context(Draft())) for sheet in group]
        for target in targets:
            _write(target, layout, names, [], history=history, head=True)
        for rows in _rows(source, run.of):
            for target in targets:
                _write(target, layout, names, [rows.filter(target.sheet.keeps())], history=history)
        run.made.lost += source.lost
        for target in targets:
            _archive(run, target)
    run.progress(seen, what)


def _rows(source: IpeRows | CpnRows, of: Period) -> Iterator[pl.DataFrame]:
    if of.kind == Kind.FULL:
        return source.full()
    return source.delta() if of.kind == Kind.DELTA else source.histo(of.first)


def _write(
    target: _Open, layout: Layout, names: Sequence[str], parts: list[pl.DataFrame], *, history: bool, head: bool = False
) -> None:
    """The header once, then the lines of each part: the writer gives the header first every time."""
    chunks = write(layout, names, parts, style=target.sheet.style, history=history)
    first = next(chunks)
    if head:
        target.draft.write(first)
    for chunk in chunks:
        target.draft.write(chunk)
    target.rows += sum(map(len, parts))


def _archive(run: _Run, target: _Open) -> None:
    """The blob first, whole; then, in one transaction, a row for each who wants it."""
    blob = target.draft.settle()
    for want in target.sheet.wants:
        try:
            with transaction.atomic():
                last = _last(want)
                if last is not None and last.sha256 == blob.sha256:
                    run.made.same += 1
                    continue
                sequence = 1 if last is None else last.sequence + (last.state != PublishedFile.State.NOT_MADE)
                name = want.name(sequence)
                stored = keep(blob, name=name, actor=run.actor, owner=want.recipient.operator, content_type="text/csv")
                row = _row(
                    want, sequence=sequence, name=name, stored=stored, rows=target.rows, size=blob.size, sha256=blob.sha256,
                    reason=run.again[:250], problem="", **_start(want.recipient),
                )  # fmt: skip
                if run.again:
                    audit.event(run.actor, row, AGAIN, reason=run.again)
        except IntegrityError:  # another run made it in between
            run.made.standing += 1
        else:
            run.made.files.append(row)


def _last(want: Want) -> PublishedFile | None:
    return existing([want]).get(want.key())


def _row(want: Want, **values: object) -> PublishedFile:
    """The row of the archive; one that says “not made” is filled in, not doubled."""
    sequence = values.setdefault("sequence", 1)
    known = PublishedFile.objects.filter(
        operator=want.recipient.operator, flow=want.flow, kind=want.period.kind, zone=want.zone, day=want.period.last,
        sequence=sequence, state=PublishedFile.State.NOT_MADE,
    ).first()  # fmt: skip
    row = known or PublishedFile(
        operator=want.recipient.operator, flow=want.flow, kind=want.period.kind, zone=want.zone, day=want.period.last,
        name=want.name(1),
    )  # fmt: skip
    row.first, row.version = want.period.first, want.version
    for name, value in values.items():
        setattr(row, name, value)
    if known is not None:
        row.made_at = timezone.now()
    row.save()
    return row


def _start(recipient: Recipient) -> dict[str, object]:
    """Where the hand-over begins: at the hour of the recipient, at once when it is past."""
    if not recipient.hand_over:
        return {"state": PublishedFile.State.KEPT, "due_at": None}
    now = timezone.localtime()
    due = now.replace(hour=recipient.hour, minute=0, second=0, microsecond=0)
    return {"state": PublishedFile.State.WAITING, "due_at": max(due, now)}


def missing_days(recipients: Iterable[Recipient], yesterday: dt.date, most: int = 31) -> list[dt.date]:
    """Days up to yesterday for which a delta is due: those since the last one of the archive, no more than ``most``."""
    operators = [recipient.operator_id for recipient in recipients]
    rows = PublishedFile.objects.filter(operator__in=operators, kind=Kind.DELTA).exclude(
        state=PublishedFile.State.NOT_MADE
    )
    last = rows.order_by("-day").values_list("day", flat=True).first()
    first = max(last + dt.timedelta(days=1), yesterday - dt.timedelta(days=most - 1)) if last else yesterday
    return [first + dt.timedelta(days=n) for n in range((yesterday - first).days + 1)] or [yesterday]
