"""How many lines are held at once: traffic hour by hour, the busy hour, peaks and what Erlang B asks for.

A line is held from the first ring to the end of the call. Hours are those of the house's time zone. A day is read with the calls that
began up to four hours before it, so that a call over midnight counts in both days. Reads only.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from chappe.apps.usage.lakeset import LakeQuerySet
from chappe.core.calls import erlang

HOUR = 3_600_000_000  # microseconds
BEFORE = dt.timedelta(hours=4)
MOST_TRUNKS = 200

#: Lines held: microseconds UTC, per trunk. Internal calls hold none.
SPANS = """
SELECT coalesce(nullif(trunk, ''), '') AS trunk, epoch_us(start) AS a,
       epoch_us(start) + coalesce(ring, 0) * 1000000 + coalesce(usage, 0) AS b
FROM chosen WHERE start IS NOT NULL AND way IN ('in', 'out', 'transit')
"""
HELD = """
SELECT {trunk} AS trunk, h, CAST(sum(least(b, (h + 1) * {hour}) - greatest(a, h * {hour})) AS BIGINT) AS held,
       count(*) FILTER (WHERE a // {hour} = h) AS calls
FROM (SELECT *, unnest(range(a // {hour}, (b - 1) // {hour} + 1)) AS h FROM ({spans}) WHERE b > a) GROUP BY 1, 2
"""
PEAKS = """
SELECT trunk, t // {hour} AS h, max(n) AS peak, arg_max(n, rank) AS after
FROM (
    SELECT {trunk} AS trunk, t, sum(d) OVER w AS n, row_number() OVER w AS rank
    FROM (SELECT trunk, a AS t, 1 AS d FROM ({spans}) WHERE b > a
          UNION ALL SELECT trunk, b, -1 FROM ({spans}) WHERE b > a)
    WINDOW w AS (PARTITION BY {trunk} ORDER BY t, d ROWS UNBOUNDED PRECEDING)
) GROUP BY 1, 2
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
    found: list[Day] = []
    for trunk in ("''", "trunk"):
        held = near.grouped(HELD.format(trunk=trunk, hour=HOUR, spans=SPANS)).to_pylist()
        if not held:
            return []
        peaks = near.grouped(PEAKS.format(trunk=trunk, hour=HOUR, spans=SPANS)).to_pylist()
        days = _days(held, peaks, begin, end)
        if trunk == "trunk" and len(days) == 1 and not days[0].trunk:
            break  # no ticket names a trunk
        found += [one for one in days if one.calls or one.peak]
    return found[: MOST_TRUNKS + 1]


def _months(begin: dt.datetime, end: dt.datetime) -> list[str]:
    first, last = (timezone.localtime(moment) for moment in (begin, end - dt.timedelta(seconds=1)))
    return sorted({f"{first:%Y-%m}", f"{last:%Y-%m}"})


def _days(held: list[dict[str, Any]], peaks: list[dict[str, Any]], begin: dt.datetime, end: dt.datetime) -> list[Day]:
    first, beyond = (int(moment.timestamp() * 1_000_000) // HOUR for moment in (begin, end))
    by_trunk: dict[str, dict[int, Hour]] = {}
    for row in held:
        hours = by_trunk.setdefault(row["trunk"], {h: _empty(h) for h in range(first, beyond)})
        if row["h"] in hours:
            hours[row["h"]].calls, hours[row["h"]].erlangs = row["calls"], row["held"] / HOUR
    levels: dict[str, dict[int, tuple[int, int]]] = {}
    for row in peaks:
        levels.setdefault(row["trunk"], {})[row["h"]] = (int(row["peak"]), int(row["after"]))
    for trunk, hours in by_trunk.items():
        _put_peaks(hours, levels.get(trunk, {}))
    days = [Day(trunk, list(hours.values())) for trunk, hours in by_trunk.items()]
    return sorted(days, key=lambda one: (-one.busy.erlangs, one.trunk))


def _empty(hour: int) -> Hour:
    return Hour(timezone.localtime(dt.datetime.fromtimestamp(hour * HOUR / 1_000_000, dt.UTC)))


def _put_peaks(hours: dict[int, Hour], levels: dict[int, tuple[int, int]]) -> None:
    """The most lines of each hour; one in which nothing begins or ends has as many as the hour before left."""
    first = min(hours)
    left = next((levels[h][1] for h in sorted(levels, reverse=True) if h < first), 0)
    for hour, row in hours.items():
        peak, after = levels.get(hour, (left, left))
        row.peak = max(peak, left)
        left = after
