"""Make the files of a period: one reading of the network for all who want it, a file a content, a row of the archive a recipient.

What exists is not made again unless a reason is given; then the same bytes stay one file and other bytes take the next
sequence. A file stands in the store whole before its row says so: whatever stops us leaves the earlier archive.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.ipe.layouts import layout_of
from chappe.apps.publication.access import AREA
from chappe.apps.publication.models import Flow, Kind, PublishedFile, Recipient
from chappe.apps.publication.sheets import Period, Sheet, Want, existing, sheets, wants
from chappe.apps.publication.writing import Progress, Target, fill
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, house_only, require
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.blobs import Draft
from chappe.kit.documents.services import keep

AGAIN = "publication.again"
register_sentence(AGAIN, gettext_noop("{actor} made {object} again: {reason}"))


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
    for group in _passes(sheets(missing)):
        _pass(run, group)
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


def _passes(of: list[Sheet]) -> Iterator[list[Sheet]]:
    """What one reading serves: every sheet of a flow; of a version too where the version decides what has changed."""
    groups: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in of:
        version = "" if sheet.one.period.kind == Kind.FULL else sheet.one.version
        groups.setdefault((sheet.one.flow, version), []).append(sheet)
    yield from groups.values()


def _pass(run: _Run, group: list[Sheet]) -> None:
    """One reading for the sheets of a group, then their rows of the archive."""
    layout = layout_of(group[0].one.flow)
    with ExitStack() as stack:
        targets = [Target(sheet, layout, stack.enter_context(Draft())) for sheet in group]
        run.made.lost += fill(targets, run.progress)
        for target in targets:
            _archive(run, target)


def _archive(run: _Run, target: Target[Draft]) -> None:
    """The blob first, whole; then, in one transaction, a row for each who wants it."""
    blob = target.out.settle()
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
    """Days up to yesterday for which a delta is due: those since the last one of whoever is furthest behind, no more than ``most``.

    Who has none yet is owed yesterday's alone: a full file comes before it.
    """
    operators = [recipient.operator_id for recipient in recipients]
    made = PublishedFile.objects.filter(operator__in=operators, kind=Kind.DELTA).exclude(stored=None)
    last = [row["last"] for row in made.order_by().values("operator").annotate(last=Max("day"))]
    first = max(min(last) + dt.timedelta(days=1), yesterday - dt.timedelta(days=most - 1)) if last else yesterday
    return [first + dt.timedelta(days=n) for n in range((yesterday - first).days + 1)] or [yesterday]
