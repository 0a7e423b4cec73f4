"""One batch of tickets, from raw records to priced calls: decoded, told apart from replays, joined, attached, committed.

Exactly once, whatever is killed where. Everything before the commit is computed from what the database held before and from
the stored file, so that a second run gives the same calls; the lake takes the uid of the batch once; and what the batch
changes here (fingerprints, calls in the making, hours, counts) is one transaction at the end, which only one run passes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.collect import alarms, hours, intake, profiles, told
from chappe.apps.collect.attaching import KEY, Built, as_rows
from chappe.apps.collect.models import Chunk, OpenGroup, Source, SourceAlarm, SourceState, TicketIssue
from chappe.apps.collect.records import FILE_CONNECTION, Record, records_of
from chappe.apps.collect.seen import Seen, slot_at, window_of
from chappe.apps.collect.services import with_zone
from chappe.apps.usage import streams
from chappe.connectors.pbx.frames import record_print
from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.memory import without_collector
from chappe.core.calls.builder import BuiltCall, CallBuilder, rules_for
from chappe.core.tickets.contract import Decoded, Decoder, Profile, Segment
from chappe.kit.access.actor import Actor

declare(
    {
        "collect.half-line": N_(
            "The line was cut by a disconnection: it is not counted. If the PBX did not send it again, have it read again."
        ),
        "collect.long-line": N_("The line is longer than a ticket may be: it is kept in pieces and not counted."),
        "collect.nothing": N_("The decoder gave neither a ticket nor a reason."),
    }
)

BLOCK = 10_000
KEPT_ERRORS = 20_000  # rows of anomalies a batch; all are counted
KEPT_WARNINGS = 50  # of each code
SHOWN = 300
KEPT_REFS = 12  # raw lines named by a call
KEPT_BYTES = 16_000
FIRST_RECORDS = 50  # of a batch: where its header stands, if it has one
UNREADABLE = 0.5  # of the lines of a batch: then its format is not what its profile says
LEAST_LINES = 5

Progress = Callable[[int, int], None]


@dataclass
class Work:
    """What a batch gives, gathered before anything is written."""

    counts: Counter = field(default_factory=Counter)
    skips: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)  # kept warnings by code
    issues: list[TicketIssue] = field(default_factory=list)
    built: list[Built] = field(default_factory=list)
    tickets: Counter = field(default_factory=Counter)  # by hour since 1970
    unread: list[bytes] = field(default_factory=list)
    last: dt.datetime | None = None
    unattached: int = 0


def process(*, actor: Actor, chunk: Chunk, progress: Progress = lambda done, total: None) -> Chunk:
    """Decode and count one batch. A batch that is done is left as it is. Raises what its file or its tariffs raise."""
    chunk.refresh_from_db()
    if chunk.state not in {Chunk.State.WAITING, Chunk.State.READING, Chunk.State.FAILED}:
        return chunk
    Chunk.objects.filter(pk=chunk.pk).exclude(state=Chunk.State.DONE).update(state=Chunk.State.READING, problem="")
    source = Source.objects.select_related("owner", "customer").get(pk=chunk.source_id)
    profile = with_zone(chunk.profile or source.profile, source)
    builder, alone = _builder(source, profile, chunk)
    seen, work = Seen(source), Work()
    decoder = _decoder(source, profile, chunk)
    with without_collector():
        _read(chunk, source, profile, decoder=decoder, builder=builder, seen=seen, work=work, progress=progress)
        work.built += _built(builder.flush(_until(chunk, work), everything=alone), chunk.pk)
        _commit(actor, chunk, source, work)
    learnt = {profile.slug: decoder.state()} if chunk.kind == Chunk.Kind.SPOOL else None
    _save(chunk, source, seen=seen, work=work, pending=None if alone else builder.pending(), learnt=learnt)
    _judge(source, chunk, work)
    chunk.refresh_from_db()
    return chunk


def _builder(source: Source, profile: Profile, chunk: Chunk) -> tuple[CallBuilder, bool]:
    """The builder with the calls in the making; alone (nothing kept before or after) for a file sent by hand, or read as another profile."""
    builder = CallBuilder(rules_for(profile.decoder, pays=source.pays))
    mends_other = chunk.kind == Chunk.Kind.MENDED and chunk.profile not in {"", source.profile}
    alone = chunk.kind == Chunk.Kind.UPLOAD or mends_other
    if not alone:
        builder.restore(list(OpenGroup.objects.filter(source=source).order_by("rank").values_list("data", flat=True)))
    return builder, alone


def _decoder(source: Source, profile: Profile, chunk: Chunk) -> Decoder:
    """A decoder that knows what earlier live tickets taught it: a header, a year, an event without its end."""
    from chappe.core.tickets.registry import make_decoder

    decoder = make_decoder(profile)
    if chunk.kind == Chunk.Kind.SPOOL:
        learnt = SourceState.objects.filter(source=source).values_list("decoder", flat=True).first() or {}
        decoder.restore(learnt.get(profile.slug) or {})
    elif chunk.kind == Chunk.Kind.MENDED:
        for state in _layouts(source, profile, chunk):
            decoder.restore(state)
    return decoder


def _layouts(source: Source, profile: Profile, chunk: Chunk) -> list[dict[str, Any]]:
    """Headers that the lines of a mended batch had where they came from: of the live stream, and of the batches they were refused in.

    Only the layout: an event that waits for its end stays with the stream that it came in.
    """
    from chappe.core.tickets.registry import make_decoder

    learnt = SourceState.objects.filter(source=source).values_list("decoder", flat=True).first() or {}
    found = [learnt.get(profile.slug) or {}]
    origins, known = [chunk.pk], set[int]()
    while origins:  # lines may have been mended more than once
        known.update(origins)
        refused = TicketIssue.objects.filter(replay__in=origins).values("chunk")
        rows = list(Chunk.objects.filter(pk__in=refused).exclude(pk__in=known).select_related("stored").order_by("pk"))
        for origin in rows:
            first = make_decoder(profile)
            for record in islice(records_of(origin, profile), FIRST_RECORDS):
                first.decode(record.data, received=record.received)
            found.append(first.state())
        origins = [origin.pk for origin in rows]
    return [{name: value for name, value in state.items() if name != "open"} for state in found]


def _until(chunk: Chunk, work: Work) -> dt.datetime:
    """The moment until which time has passed for the calls in the making: never the clock of now, which a second run changes."""
    return chunk.closes_until or work.last or chunk.created_at


def _read(
    chunk: Chunk,
    source: Source,
    profile: Profile,
    *,
    decoder: Decoder,
    builder: CallBuilder,
    seen: Seen,
    work: Work,
    progress: Progress,
) -> None:
    total = max(0, chunk.last_number - chunk.first_number + 1) if chunk.first_number else 0
    records = records_of(chunk, profile)
    reading = _Reading(chunk, builder, seen, work)
    decode = decoder.decode
    while block := list(islice(records, BLOCK)):
        decoded = [decode(record.data, received=record.received) for record in block]
        seconds = [int(found.segments[0].start.timestamp()) if found.segments else 0 for found in decoded]
        seen.load({slot_at(second) for second, found in zip(seconds, decoded, strict=True) if found.segments})
        for record, found, second in zip(block, decoded, seconds, strict=True):
            reading.sort(record, found, second)
        work.last = max(work.last or block[-1].received, block[-1].received)
        progress(work.counts["records"], total)


class _Reading:
    """The fate of the records of one batch: decoded, refused, skipped or duplicate; exactly one of them."""

    def __init__(self, chunk: Chunk, builder: CallBuilder, seen: Seen, work: Work) -> None:
        self.chunk, self.builder, self.seen, self.work = chunk, builder, seen, work
        self.mended = chunk.kind == Chunk.Kind.MENDED
        self.key = chunk.pk  # asked for at each line: a property of a row is slow

    def sort(self, record: Record, found: Decoded, second: int) -> None:
        """One record. ``second``: when its first segment began, in seconds since 1970."""
        work, counts = self.work, self.work.counts
        counts["records"] += 1
        if record.cut and not self.mended:
            _refuse(self.chunk, record, (Issue(f"collect.{record.cut}-line"),), work)
        elif found.segments and not (found.issues and _has_error(found.issues)):
            window = self._window(record, keyed=bool(found.segments[0].key))
            if not self.seen.is_new(slot_at(second), record_print(record.data), window):
                counts["duplicates"] += 1
                return
            counts["decoded"] += 1
            counts["segments"] += len(found.segments)
            if found.issues:
                _remark(self.chunk, record, found.issues, work)
            self._join(record, found.segments, second)
        elif found.skipped and not found.issues:
            counts["skipped"] += 1
            work.skips[found.skipped] += 1
        else:
            _refuse(self.chunk, record, found.issues or (Issue("collect.nothing"),), work)

    def _join(self, record: Record, segments: Sequence[Segment], second: int) -> None:
        ref, tickets, first = f"{self.key}:{record.number}", self.work.tickets, segments[0]
        for segment in segments:
            hour = second if segment is first else int(segment.start.timestamp())
            tickets[hour // 3600] += 1
            if calls := self.builder.add(segment, ref, at=record.received):
                self.work.built += _built(calls, self.key)

    def _window(self, record: Record, *, keyed: bool) -> int:
        """Within it identical lines are as many tickets: a second of a connection; a whole file.

        Formats without a number of the call may rightly write the same line twice within a minute: there the window is the
        connection, which a PBX opens anew before it sends its buffer again.
        """
        if record.connection == FILE_CONNECTION or self.mended:
            return FILE_CONNECTION << 32 | (self.key & 0xFFFFFFFF)
        return window_of(record.connection, record.received) if keyed else record.connection << 32


def _has_error(issues: Iterable[Issue]) -> bool:
    return any(issue.severity is Severity.ERROR for issue in issues)


def _built(calls: Iterable[BuiltCall], key: int) -> list[Built]:
    return [Built(call, " ".join(call.segments[:KEPT_REFS]) or f"{key}:0") for call in calls]


def _refuse(chunk: Chunk, record: Record, issues: Iterable[Issue], work: Work) -> None:
    work.counts["refused"] += 1
    if len(work.unread) < 40:
        work.unread.append(record.data)
    if len(work.issues) < KEPT_ERRORS:
        work.issues += [_issue(chunk, record, issue) for issue in issues]


def _remark(chunk: Chunk, record: Record, issues: Iterable[Issue], work: Work) -> None:
    """Remarks on a ticket that was counted: the first of each kind are kept, all are counted."""
    for issue in issues:
        work.counts["warnings"] += 1
        work.kinds[issue.code] += 1
        if work.kinds[issue.code] <= KEPT_WARNINGS:
            work.issues.append(_issue(chunk, record, issue))


def _issue(chunk: Chunk, record: Record, issue: Issue) -> TicketIssue:
    text = record.data[:SHOWN].decode("utf-8", "replace").replace("\x00", "\\0")
    return TicketIssue(
        source_id=chunk.source_id, chunk=chunk, number=record.number, received=record.received, severity=str(issue.severity),
        code=issue.code[:60], state=_state(issue), field=issue.field[:60], column=issue.column, params=_plain(issue.params), raw=record.data[:KEPT_BYTES],
        excerpt=text,
    )  # fmt: skip


def _state(issue: Issue) -> str:
    """A remark asks nothing of anybody; a refused line does."""
    return TicketIssue.State.OPEN if issue.severity is Severity.ERROR else TicketIssue.State.NOTED


def _plain(params: Any) -> dict[str, Any]:
    """Parameters as JSON; PostgreSQL refuses NUL in it."""
    kept = {}
    for name, value in dict(params).items():
        kept[name] = value if isinstance(value, int | bool) else str(value).replace("\x00", "\\0")[:300]
    return kept


# -- writing -----------------------------------------------------------------------------------------------------------
def _commit(actor: Actor, chunk: Chunk, source: Source, work: Work) -> None:
    """Price the calls and put them into the lake, once a uid."""
    if not work.built:
        return
    rows = as_rows(source, work.built)
    work.unattached = rows.column("customer").null_count
    month = f"{chunk.received_to or chunk.created_at:%Y-%m}"
    batch = streams.stream_batch(key=f"{KEY}{source.pk}", name=source.name, owner=source.owner, month=month)
    streams.commit(actor=actor, batch=batch, uid=str(chunk.uid), calls=rows)


def _save(
    chunk: Chunk,
    source: Source,
    *,
    seen: Seen,
    work: Work,
    pending: list[dict[str, Any]] | None,
    learnt: dict[str, Any] | None,
) -> None:
    """Everything that this batch changes here, in one transaction that only one run passes."""
    told.ensure(source)
    with transaction.atomic():
        SourceState.objects.select_for_update(of=("self",)).get(source=source)
        row = Chunk.objects.select_for_update(of=("self",)).get(pk=chunk.pk)
        if row.state == Chunk.State.DONE:  # another worker was faster with the same
            return
        seen.save()
        TicketIssue.objects.filter(chunk=row).delete()
        TicketIssue.objects.bulk_create(work.issues, batch_size=500)
        if pending is not None:
            _keep_pending(source, pending)
        if learnt is not None:
            SourceState.objects.filter(source=source).update(decoder=learnt)
        calls = Counter(int(one.call.start.timestamp()) // 3600 for one in work.built)
        hours.add(source, hours.named(work.tickets), hours.named(calls))
        for name in ("records", "decoded", "refused", "skipped", "duplicates", "segments", "warnings"):
            setattr(row, name, work.counts[name])
        row.calls, row.unattached, row.skips = len(work.built), work.unattached, dict(work.skips)
        row.state, row.ended_at = Chunk.State.DONE, timezone.now()
        row.profile = row.profile or source.profile
        row.save()
        told.called(source, max((one.call.start for one in work.built), default=None))
        if row.kind in {Chunk.Kind.UPLOAD, Chunk.Kind.FETCH}:
            told.received(source, row.created_at)


def _keep_pending(source: Source, pending: list[dict[str, Any]]) -> None:
    OpenGroup.objects.filter(source=source).delete()
    OpenGroup.objects.bulk_create(
        [
            OpenGroup(
                source=source, rank=rank, key=str(data.get("key", ""))[:120], segments=len(data.get("parts", ())),
                since=data.get("seen") or None, data=data,
            )
            for rank, data in enumerate(pending)
        ],
        batch_size=500,
    )  # fmt: skip


def _judge(source: Source, chunk: Chunk, work: Work) -> None:
    """Raise or end the alarm of an unknown format; the profile of the source is never changed."""
    read = work.counts["decoded"] + work.counts["duplicates"]
    total = read + work.counts["refused"]
    if chunk.kind == Chunk.Kind.UPLOAD or total < LEAST_LINES:
        return
    if work.counts["refused"] <= total * UNREADABLE:
        alarms.end(source, SourceAlarm.Code.FORMAT)
        return
    best, _scores = intake.scores_of(work.unread)
    better = profiles.label_of(best) if best and best != source.profile else ""
    alarms.raise_alarm(
        source, SourceAlarm.Code.FORMAT, refused=work.counts["refused"], records=work.counts["records"],
        profile=profiles.label_of(source.profile), better=better,
    )  # fmt: skip


def fail(chunk: Chunk, problem: str) -> None:
    """Say on the batch, and by an alarm of its source, why it could not be counted; those behind it wait."""
    Chunk.objects.filter(pk=chunk.pk).exclude(state=Chunk.State.DONE).update(
        state=Chunk.State.FAILED, problem=problem[:2000]
    )
    alarms.raise_alarm(chunk.source, SourceAlarm.Code.FAILED, reason=problem[:200])


# -- calls that time closes ----------------------------------------------------------------------------------------------
def close_old(source: Source, now: dt.datetime | None = None) -> Chunk | None:
    """Calls in the making that will hear nothing more: a batch without lines that closes them. None when there is none."""
    now = now or timezone.now()
    if Chunk.objects.filter(
        source=source, state__in=[Chunk.State.WAITING, Chunk.State.READING, Chunk.State.FAILED]
    ).exists():
        return None
    groups = list(OpenGroup.objects.filter(source=source).order_by("rank").values_list("data", flat=True))
    profile = profiles.find(source.profile)
    if profile is None or not any("parts" in data for data in groups):
        return None
    builder = CallBuilder(rules_for(profile.decoder, pays=source.pays))
    builder.restore(groups)
    if not builder.flush(now):
        return None
    return Chunk.objects.create(
        source=source, kind=Chunk.Kind.CLOSING, name=f"closing-{now:%Y%m%dT%H%M%S}", closes_until=now, received_from=now,
        received_to=now, profile=source.profile,
    )  # fmt: skip
