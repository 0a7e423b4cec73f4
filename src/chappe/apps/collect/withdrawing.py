"""A counted file taken back: its calls leave the lake, its lines may be sent again, and bills follow by difference.

For what people send or fetch; live tickets are not a mistake of anybody. In the order that a kill at any point can be
repeated: the lake first (a second time removes nothing more), then counts, fingerprints and state in one transaction.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
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

register_sentence("collect.withdrawn", gettext_noop("{actor} withdrew “{name}”: {count} calls are counted no more"))

FIGURES = ("records", "decoded", "refused", "skipped", "duplicates", "segments", "warnings", "calls", "unattached")
KINDS = (Chunk.Kind.UPLOAD, Chunk.Kind.FETCH, Chunk.Kind.MENDED)


def why_not(chunk: Chunk) -> Any:
    """Why it cannot be withdrawn; None when it can."""
    if chunk.kind not in KINDS:
        return _("Only a file, or lines read again, can be withdrawn: live tickets are what the PBX said.")
    if chunk.state != Chunk.State.DONE:
        return _("Only a batch that was counted can be withdrawn.")
    return None


def withdraw(*, actor: Actor, chunk: Chunk) -> int:
    """Take back what a batch counted; how many calls left. Raises ValidationError and changes nothing when it cannot be."""
    if actor.user is not None:
        require_on(actor.user, chunk, Level.ADMIN)
    chunk.refresh_from_db()
    if reason := why_not(chunk):
        raise ValidationError(reason)
    held = StreamCommit.objects.select_related("batch").filter(uid=str(chunk.uid)).first()
    gone = _from_lake(held) if held is not None else Gone(None)
    with transaction.atomic():
        SourceState.objects.select_for_update(of=("self",)).get(source=chunk.source_id)
        row = Chunk.objects.select_for_update(of=("self",)).get(pk=chunk.pk)
        if row.state != Chunk.State.DONE:  # somebody else was faster
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


def _from_lake(held: StreamCommit) -> Gone:
    """Remove the lines of an addition from the rating that stands and from those before it."""
    standing = streams.standing(held.batch)
    if hasattr(standing, "replaced_by"):
        raise ValidationError(_("These calls are being rated again at this moment: try again when that has ended."))
    gone, chain, one = Gone(standing), [standing.pk], standing
    while one.replaces_id:
        one = UsageBatch.objects.get(pk=one.replaces_id)
        chain.append(one.pk)
    lines = f"line >= {held.first_line} AND line < {held.first_line + held.lines}"
    for row in lake.query(f"SELECT start, raw_ref FROM calls WHERE {lines}", batches=[standing.pk]).to_pylist():  # noqa: S608 - whole numbers
        gone.calls[int(row["start"].timestamp()) // 3600] += 1
        gone.refs |= set((row["raw_ref"] or "").split())
    test = f"batch IN ({', '.join(map(str, chain))}) AND {lines}"
    for row in lake.query(f"SELECT DISTINCT month FROM calls WHERE {test}").to_pylist():  # noqa: S608
        lake.rewrite(row["month"], f"SELECT * FROM calls WHERE NOT ({test})")  # noqa: S608
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
