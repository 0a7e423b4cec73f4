"""How many lines are held at once: traffic hour by hour, the busy hour, peaks and what Erlang B asks for.

A line is held from the first ring to the end of the call. Hours are those of the house's time zone. A day is read with the calls that
began up to four hours before it, so that a call over midnight counts in both days. Reads only.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone

from chappe.apps.usage.lakeset import LakeQuerySet
from chappe.core.calls import erlang

HOUR = 3_600_000_000  # microseconds
BEFORE = dt.timedelta(hours=4)
MOST_TRUNKS = 200

#: Lines held: microseconds UTC, per trunk. Internal calls hold none.
SPANS = """
SELECT coalesce(trunk, '') AS trunk, epoch_us(start) AS a, coalesce(ring, 0) * 1000000 + coalesce(usage, 0) AS held
FROM chosen WHERE start IS NOT NULL AND way IN ('in', 'out', 'transit') AND coalesce(ring, 0) * 1000000 + coalesce(usage, 0) > 0
"""


@dataclass(slots=True)
class Hour:
    """One hour: ``at`` its beginning (aware), ``erlangs`` the mean of lines held, ``peak`` the most at once."""

    at: dt.datetime
    calls: int = 0
    erlangs: float = 0.0
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day of one trunk ("" = all together), hour by hour."""

    trunk: str
    hours: list[Hour]

    @property
    def busy(self) -> Hour:
        """The hour with the most traffic."""
        return max(self.hours, key=lambda hour: hour.erlangs)

    @property
    def calls(self) -> int:
        return sum(hour.calls for hour in self.hours)

    @property
    def peak(self) -> int:
        return max(hour.peak for hour in self.hours)

    def lines(self, grade: float) -> int | None:
        """Lines that lose at most ``grade`` of the calls of the busy hour; None beyond what is reasonable."""
        try:
            return erlang.lines_for(self.busy.erlangs, grade)
        except ValueError:
            return None


def bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """A local day, [begin, end): 23 or 25 hours when the clocks change."""
    midnight = dt.time.min
    zone = timezone.get_default_timezone()
    return (
        dt.datetime.combine(day, midnight, zone),
        dt.datetime.combine(day + dt.timedelta(days=1), midnight, zone),
    )


def day_of(calls: LakeQuerySet, day: dt.date) -> list[Day]:
    """The day of all trunks together, then of each trunk, busiest first; [] without a call."""
    begin, end = bounds(day)
    near = calls.filter(start__gte=begin - BEFORE, start__lt=end, month__in=_months(begin - BEFORE, end))
    table = near.grouped(SPANS)
    if not table.num_rows:
        return []
    a, held = (table.column(name).to_numpy() for name in ("a", "held"))
    trunks = table.column("trunk").combine_chunks().dictionary_encode()
    names, codes = trunks.dictionary.to_pylist(), trunks.indices.to_numpy()
    found = _days([""], np.zeros_like(codes), a, a + held, (begin, end))
    if names != [""]:  # else no ticket names a trunk
        found += [one for one in _days(names, codes, a, a + held, (begin, end)) if one.calls or one.peak]
    return found[: MOST_TRUNKS + 1]


def _months(begin: dt.datetime, end: dt.datetime) -> list[str]:
    first, last = (timezone.localtime(moment) for moment in (begin, end - dt.timedelta(seconds=1)))
    return sorted({f"{first:%Y-%m}", f"{last:%Y-%m}"})


def _days(names: Sequence[str], codes: Any, a: Any, b: Any, day: tuple[dt.datetime, dt.datetime]) -> list[Day]:
    """``names[codes]`` are the trunks of lines held from ``a`` to ``b`` (microseconds)."""
    first, beyond = (int(moment.timestamp() * 1_000_000) // HOUR for moment in day)
    shape = (len(names), beyond - first)
    held, begun = _held(codes, a, b, first, shape)
    peaks = _peaks(codes.astype(np.int64), a, b, first, shape)
    days = []
    for code, name in enumerate(names):
        hours = [
            Hour(_at(first + h), int(begun[code, h]), int(held[code, h]) / HOUR, int(peaks[code, h]))
            for h in range(shape[1])
        ]
        days.append(Day(name, hours))
    return sorted(days, key=lambda one: (-one.busy.erlangs, one.trunk))


def _at(hour: int) -> dt.datetime:
    return timezone.localtime(dt.datetime.fromtimestamp(hour * HOUR / 1_000_000, dt.UTC))


def _held(codes: Any, a: Any, b: Any, first: int, shape: tuple[int, int]) -> tuple[Any, Any]:
    """Microseconds held and calls begun, by trunk and hour from ``first``."""
    held, begun = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    hour = a // HOUR
    inside = (hour >= first) & (hour < first + shape[1])
    np.add.at(begun, (codes[inside], hour[inside] - first), 1)
    while len(hour):
        inside = (hour >= first) & (hour < first + shape[1])
        part = np.minimum(b, (hour + 1) * HOUR) - np.maximum(a, hour * HOUR)
        np.add.at(held, (codes[inside], hour[inside] - first), part[inside])
        longer = (b > (hour + 1) * HOUR) & (hour + 1 < first + shape[1])
        codes, a, b, hour = codes[longer], a[longer], b[longer], hour[longer] + 1
    return held, begun


def _peaks(codes: Any, a: Any, b: Any, first: int, shape: tuple[int, int]) -> Any:
    """The most lines at once, by trunk and hour: what the hour before left, or more after one of its starts. A line that
    ends at the very moment another begins is free for it."""
    base, span = a.min(), b.max() - a.min() + 1
    starts, ends = np.sort(codes * span + (a - base)), np.sort(codes * span + (b - base))
    trunks = np.arange(shape[0])
    first_start, first_end = np.searchsorted(starts, trunks * span), np.searchsorted(ends, trunks * span)
    edges = np.clip((first + np.arange(shape[1])) * HOUR - base, 0, span)
    at = trunks[:, None] * span + edges[None, :]
    peaks = np.searchsorted(starts, at) - first_start[:, None] - np.searchsorted(ends, at) + first_end[:, None]
    trunk = starts // span
    level = (
        np.arange(1, len(starts) + 1) - first_start[trunk] - np.searchsorted(ends, starts, "right") + first_end[trunk]
    )
    hour = (starts - trunk * span + base) // HOUR - first
    inside = (hour >= 0) & (hour < shape[1])
    np.maximum.at(peaks, (trunk[inside], hour[inside]), level[inside])
    return peaks
