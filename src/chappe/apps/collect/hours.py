"""Calls per hour of a source against its usual week: counting, the usual profile, and the gaps. Never raises an alarm itself.

Hours are whole hours of UTC; the usual figure of an hour is the median of the same hour of the same weekday, in the clock
of the source, over the last eight weeks that had any call.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone

from chappe.apps.collect.models import Source, SourceHour

HOUR = dt.timedelta(hours=1)
WEEKS = 8
LEAST_WEEKS = 2  # before that nobody knows what is usual
LEAST_USUAL = 5  # an hour of fewer calls says nothing when it is empty
FEW = 0.25  # of the usual figure
LATE = dt.timedelta(minutes=20)  # tickets of an hour may come until then

WeekHour = tuple[int, int]


@dataclass(frozen=True)
class Hour:
    """One hour as drawn: what came, what is usual (None: unknown), whether it is a gap."""

    start: dt.datetime
    calls: int
    usual: float | None
    gap: bool


def floor(moment: dt.datetime) -> dt.datetime:
    """The whole hour that ``moment`` belongs to, UTC."""
    return moment.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def named(counts: Mapping[int, int]) -> dict[dt.datetime, int]:
    """Counts by whole hour since 1970 as counts by moment."""
    return {dt.datetime.fromtimestamp(hour * 3600, dt.UTC): count for hour, count in counts.items()}


def add(source: Source, tickets: Mapping[dt.datetime, int], calls: Mapping[dt.datetime, int]) -> None:
    """Add the figures of a chunk, in its transaction. Keys are whole hours of UTC."""
    wanted = sorted(set(tickets) | set(calls))
    SourceHour.objects.bulk_create(
        [SourceHour(source=source, hour=hour) for hour in wanted], ignore_conflicts=True, batch_size=200
    )
    for hour in wanted:
        SourceHour.objects.filter(source=source, hour=hour).update(
            tickets=F("tickets") + tickets.get(hour, 0), calls=F("calls") + calls.get(hour, 0)
        )


def usual_week(source: Source, now: dt.datetime | None = None) -> dict[WeekHour, float]:
    """(weekday, hour) of the source's clock → calls usually made then. Empty before there are two weeks."""
    now = now or timezone.now()
    zone = ZoneInfo(source.zone())
    begin = floor(now) - dt.timedelta(weeks=WEEKS)
    until = floor(now) - dt.timedelta(days=1)
    found: dict[WeekHour, Counter] = defaultdict(Counter)
    weeks: set[int] = set()
    rows = SourceHour.objects.filter(source=source, hour__gte=begin, hour__lt=until).values_list("hour", "calls")
    for hour, calls in rows:
        there = hour.astimezone(zone)
        week = (until - hour).days // 7
        found[there.weekday(), there.hour][week] += calls
        if calls:
            weeks.add(week)
    if len(weeks) < LEAST_WEEKS:
        return {}
    return {key: float(median([counts.get(week, 0) for week in weeks])) for key, counts in found.items()}


def last_hours(source: Source, count: int = 72, now: dt.datetime | None = None) -> list[Hour]:
    """The last ``count`` hours, oldest first, each with its usual figure and whether it is a gap."""
    now = now or timezone.now()
    zone = ZoneInfo(source.zone())
    usual = usual_week(source, now)
    first = floor(now) - (count - 1) * HOUR
    known = dict(SourceHour.objects.filter(source=source, hour__gte=first).values_list("hour", "calls"))
    known = {floor(hour): calls for hour, calls in known.items()}
    made = []
    for rank in range(count):
        start = first + rank * HOUR
        there = start.astimezone(zone)
        expected = usual.get((there.weekday(), there.hour), 0.0) if usual else None
        calls = known.get(start, 0)
        over = start + HOUR + LATE <= now
        made.append(Hour(start, calls, expected, over and is_gap(calls, expected)))
    return made


def is_gap(calls: int, usual: float | None) -> bool:
    """Far fewer calls than at this hour of other weeks."""
    return usual is not None and usual >= LEAST_USUAL and calls < usual * FEW


def open_gap(source: Source, now: dt.datetime | None = None) -> list[Hour]:
    """The hours of the gap that reaches the last complete hour; empty when that hour is as usual."""
    now = now or timezone.now()
    hours = [hour for hour in last_hours(source, 48, now) if hour.start + HOUR + LATE <= now]
    gap: list[Hour] = []
    for hour in reversed(hours):
        if hour.gap:
            gap.append(hour)
        elif gap and hour.usual is not None and hour.usual < LEAST_USUAL:
            continue  # a night between two empty days belongs to neither
        else:
            break
    return gap[::-1]


def calls_since(source_ids: list[int], moment: dt.datetime) -> dict[int, int]:
    """Source → calls begun since ``moment`` (a whole hour)."""
    sums: dict[int, int] = defaultdict(int)
    rows = SourceHour.objects.filter(source__in=source_ids, hour__gte=moment).values_list("source", "calls")
    for source, calls in rows:
        sums[source] += calls
    return dict(sums)
