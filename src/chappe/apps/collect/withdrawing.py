"""A counted file taken back: its calls leave the lake, its lines may be sent again, and bills follow by difference.

For what people send or fetch; live tickets are not a mistake of anybody. :func:`ask` marks the batch and queues the work,
which writes whole months anew. In the order that a kill at any point can be repeated: the lake first (a second time removes
nothing more), then counts, fingerprints and state in one transaction.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.collect.models import Chunk, OpenGroup, Source, SourceHour, SourceState, TicketIssue
from chappe.apps.collect.records import Record, records_of
from chappe.apps.collect.seen import Seen, slot_of
from chappe.apps.collect.services import with_zone
from chappe.apps.usage import counts, lake, streams
from chappe.apps.usage.models import StreamCommit, UsageBatch
from chappe.connectors.pbx.frames import record_print
from chappe.core.tickets.contract import Decoded
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.jobs.models import OPEN_STATES
from chappe.kit.jobs.registry import BULK
from chappe.kit.jobs.services import enqueue

register_sentence("collect.withdrawn", gettext_noop("{actor} withdrew “{name}”: {count} calls are counted no more"))

FIGURES = ("records", "decoded", "refused", "skipped", "duplicates", "segments", "warnings", "calls", "unattached")
KINDS = (Chunk.Kind.UPLOAD, Chunk.Kind.FETCH, Chunk.Kind.MENDED)


Progress = Callable[[int, int], None]


def why_not(chunk: Chunk) -> Any:
    """Why it cannot be withdrawn; None when it can, or when a withdrawal that stopped may be asked for again."""
    if chunk.kind not in KINDS:
        return _("Only a file, or lines read again, can be withdrawn: live tickets are what the PBX said.")
    if chunk.state == Chunk.State.UNDOING:
        return _("It is being withdrawn at this moment.") if is_at_work(chunk) else None
    if chunk.state != Chunk.State.DONE:
        return _("Only a batch that was counted can be withdrawn.")
    return None


def is_at_work(chunk: Chunk) -> bool:
    """Whether the work on the batch waits or runs."""
    return chunk.job is not None and chunk.job.state in OPEN_STATES


def ask(*, actor: Actor, chunk: Chunk) -> Chunk:
    """Mark a batch as being withdrawn and queue the work. Raises ValidationError and changes nothing when it cannot be."""
    if actor.user is not None:
        require_on(actor.user, chunk, Level.ADMIN)
    with transaction.atomic():
        row = Chunk.objects.select_for_update(of=("self",)).get(pk=chunk.pk)
        if reason := why_not(row):
            raise ValidationError(reason)
        held = StreamCommit.objects.select_related("batch").filter(uid=str(row.uid)).first()
        if held is not None:
            _standing(held)
        job = enqueue(
            "collect.withdraw", actor=actor, label=row.title(), unique=f"collect.withdraw:{row.pk}",
            owner=row.source.owner, queue=BULK, chunk=row.pk,
        )  # fmt: skip
        Chunk.objects.filter(pk=row.pk).update(state=Chunk.State.UNDOING, job=job)
    chunk.refresh_from_db()
    return chunk


def withdraw(*, actor: Actor, chunk: Chunk, progress: Progress = lambda done, total: None) -> int:
    """The work itself: take back what a batch counted; how many calls left, 0 when that was done already.

    Raises ValidationError, with the batch as it was, while its calls are being rated again.
    """
    chunk.refresh_from_db()
    if chunk.state != Chunk.State.UNDOING:
        return 0
    held = StreamCommit.objects.select_related("batch").filter(uid=str(chunk.uid)).first()
    gone = _from_lake(held, progress) if held is not None else Gone(None)
    with transaction.atomic():
        SourceState.objects.select_for_update(of=("self",)).get(source=chunk.source_id)
        row = Chunk.objects.select_for_update(of=("self",)).get(pk=chunk.pk)
        if row.state != Chunk.State.UNDOING:  # another worker was faster
            return 0
        if gone.batch is not None and held is not None:
            _recounted(gone.batch)
            held.delete()
        _uncounted(row, gone)
        audit.event(actor, row, "collect.withdrawn", name=row.title(), count=row.calls)
        calls = row.calls
        row.state, row.uid, row.ended_at = Chunk.State.UNDONE, uuid.uuid4(), None
        for name in FIGURES:
            setattr(row, name, 0)
        row.save()
    chunk.refresh_from_db()
    return calls


@dataclass
class Gone:
    """What left the lake: the rating that stands, calls by hour since 1970, the records that they were made of."""

    batch: UsageBatch | None
    calls: Counter[int] = field(default_factory=Counter)
    refs: set[str] = field(default_factory=set)


def _standing(held: StreamCommit) -> UsageBatch:
    """The rating that stands now of the stream that took the batch."""
    standing = streams.standing(held.batch)
    if hasattr(standing, "replaced_by"):
        raise ValidationError(_("These calls are being rated again at this moment: try again when that has ended."))
    return standing


def _from_lake(held: StreamCommit, progress: Progress) -> Gone:
    """Remove the lines of an addition from the rating that stands and from those before it, month by month."""
    standing = _standing(held)
    gone, chain, one = Gone(standing), [standing.pk], standing
    while one.replaces_id:
        one = UsageBatch.objects.get(pk=one.replaces_id)
        chain.append(one.pk)
    lines = f"line >= {held.first_line} AND line < {held.first_line + held.lines}"
    for row in lake.query(f"SELECT start, raw_ref FROM calls WHERE {lines}", batches=[standing.pk]).to_pylist():  # noqa: S608 - whole numbers
        gone.calls[int(row["start"].timestamp()) // 3600] += 1
        gone.refs |= set((row["raw_ref"] or "").split())
    test = f"batch IN ({', '.join(map(str, chain))}) AND {lines}"
    months = [row["month"] for row in lake.query(f"SELECT DISTINCT month FROM calls WHERE {test}").to_pylist()]  # noqa: S608
    for done, month in enumerate(sorted(months)):
        progress(done, len(months))
        lake.rewrite(month, f"SELECT * FROM calls WHERE NOT ({test})")  # noqa: S608
    progress(len(months), len(months))
    return gone


def _recounted(batch: UsageBatch) -> None:
    """The counts of the stream become what the lake has of it."""
    row = UsageBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    counts.put(row, counts.of_lake(row.pk))
    row.save()


def _uncounted(chunk: Chunk, gone: Gone) -> None:
    """Fingerprints, hours, anomalies and calls in the making of a batch, as if it had not come."""
    source: Source = chunk.source
    refs = gone.refs | _unmade(chunk)
    seen, tickets = Seen(source), Counter[int]()
    for record, found in _decoded(chunk, source):
        if not found.segments:
            continue
        counted = (
            not refs or f"{chunk.pk}:{record.number}" in refs
        )  # a duplicate was counted by another batch, and stays so
        seen.forget(slot_of(found.segments[0].start), record_print(record.data), counted=counted)
        if counted:
            for segment in found.segments:
                tickets[int(segment.start.timestamp()) // 3600] += 1
    seen.save()
    for hour in set(tickets) | set(gone.calls):
        SourceHour.objects.filter(source=source, hour=dt.datetime.fromtimestamp(hour * 3600, dt.UTC)).update(
            tickets=Greatest(F("tickets") - tickets[hour], 0), calls=Greatest(F("calls") - gone.calls[hour], 0)
        )
    TicketIssue.objects.filter(replay=chunk).update(state=TicketIssue.State.OPEN, replay=None)
    TicketIssue.objects.filter(chunk=chunk).delete()


def _unmade(chunk: Chunk) -> set[str]:
    """Records of the batch that wait for the rest of their call; they wait no more."""
    mark, refs = f"{chunk.pk}:", set()
    for group in OpenGroup.objects.filter(source=chunk.source_id, segments__gt=0):
        own = {str(part.get("ref", "")) for part in group.data.get("parts", ())}
        if any(ref.startswith(mark) for ref in own):
            refs |= own
            group.delete()
    return refs


def _decoded(chunk: Chunk, source: Source) -> Iterator[tuple[Record, Decoded]]:
    from chappe.core.tickets.registry import make_decoder

    profile = with_zone(chunk.profile or source.profile, source)
    decoder = make_decoder(profile)
    for record in records_of(chunk, profile):
        yield record, decoder.decode(record.data, received=record.received)
