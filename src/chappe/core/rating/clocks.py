"""Timings, dates and time zones as arrays: which plan entry holds at what moment of what day.

Two steps keep the tables small however many rows a plan has. Dates fall into *classes* (all dates on which the
same timings hold). Lines of a plan that list the same (timing, weight) pairs share a *shape*; for each shape
and date class the day is a list of breaks, resolved once by weight, then latest start (cgrates-semantics
§4.5). Nothing here knows a price.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from chappe.core.rating import tables as tb
from chappe.core.rating.contract import FIRST_YEAR, I32, I64, LAST_YEAR
from chappe.core.rating.model import Timing
from chappe.core.rating.tables import DAY, FAR, MICRO

EPOCH = date(1970, 1, 1)
#: a call that starts on the last day may last 400 days, and local days lie around the UTC ones
FIRST_DAY = (date(FIRST_YEAR, 1, 1) - EPOCH).days - 7
LAST_DAY = (date(LAST_YEAR, 12, 31) - EPOCH).days + 420
NO_ROW = -1

#: (timing, weight) of each row of a line, in the plan's order; timing None never holds
Shape = tuple[tuple[Timing | None, int], ...]
_DateParts = tuple[frozenset[int] | None, frozenset[int] | None, frozenset[int] | None, frozenset[int] | None]


def _date_parts(timing: Timing) -> _DateParts:
    return timing.years, timing.months, timing.month_days, timing.week_days


@lru_cache(maxsize=1)
def _dates() -> tuple[I64, I64, I64, I64]:
    """Year, month, day of month and week day (Monday 1) of every day from FIRST_DAY to LAST_DAY."""
    days = np.arange(FIRST_DAY, LAST_DAY + 1).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    return (
        years.astype(np.int64) + 1970,
        months.astype(np.int64) % 12 + 1,
        (days - months).astype(np.int64) + 1,
        (days.astype(np.int64) + 3) % 7 + 1,  # 1970-01-01 was a Thursday
    )


def _holds(parts: _DateParts) -> npt.NDArray[np.bool_]:
    """On which days all four date parts match."""
    result = np.ones(LAST_DAY - FIRST_DAY + 1, np.bool_)
    for position, (wanted, values) in enumerate(zip(parts, _dates(), strict=True)):
        if wanted is None:
            continue
        numbers = {7 if position == 3 and n == 0 else n for n in wanted}
        result &= np.isin(values, sorted(numbers))
    return result


@dataclass(slots=True)
class Clock:
    """Collects shapes while a plan is compiled, then gives their arrays."""

    shapes: dict[Shape, int] = field(default_factory=dict)

    def shape(self, rows: Shape) -> int:
        """Number of the shape of these rows."""
        return self.shapes.setdefault(rows, len(self.shapes))

    def sections(self) -> tuple[dict[int, npt.NDArray[Any]], dict[int, int]]:
        """The sections and numbers of Tables that clocks fill, without the time zone."""
        parts = sorted(
            {_date_parts(timing) for shape in self.shapes for timing, _ in shape if timing is not None},
            key=lambda p: tuple((-1,) if part is None else tuple(sorted(part)) for part in p),
        )
        date_class, members = _classes(parts)
        position = {part: i for i, part in enumerate(parts)}
        always = np.full(max(len(self.shapes), 1), tb.BY_CLOCK, np.int32)
        counts: list[int] = [0]
        breaks: list[tuple[int, int]] = []
        for number, shape in enumerate(self.shapes):
            columns = [-1 if t is None else position[_date_parts(t)] for t, _ in shape]
            known: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
            for member in members:
                matching = tuple(c >= 0 and bool(member[c]) for c in columns)
                if matching not in known:
                    known[matching] = _day(shape, matching)
                breaks.extend(known[matching])
                counts.append(len(breaks))
            days = list(known.values())
            if len(days) == 1 and len(days[0]) == 1:
                always[number] = days[0][0][1]
        sections: dict[int, npt.NDArray[Any]] = {
            tb.N_SHAPE: always,
            tb.N_DAY_BREAK: np.array(counts, np.int32),
            tb.N_BREAK_ROW: np.array([row for _, row in breaks], np.int32),
            tb.N_DATE_CLASS: date_class,
            tb.W_BREAK_AT: np.array([at for at, _ in breaks], np.int64),
        }
        numbers = {tb.X_FIRST_DAY: FIRST_DAY, tb.X_DAYS: date_class.size, tb.X_DATE_CLASSES: len(members)}
        return sections, numbers


def _classes(parts: list[_DateParts]) -> tuple[I32, npt.NDArray[np.bool_]]:
    """Class of each day, and for each class which of ``parts`` match on its days."""
    matrix = np.zeros((LAST_DAY - FIRST_DAY + 1, max(len(parts), 1)), np.bool_)
    for column, part in enumerate(parts):
        matrix[:, column] = _holds(part)
    classes = np.zeros(len(matrix), np.int64)
    for byte in np.packbits(matrix, axis=1).T:  # eight timings at a time: classes stay few, numbers small
        _, classes = np.unique(classes * 256 + byte, return_inverse=True)
    _, first = np.unique(classes, return_index=True)
    return classes.astype(np.int32), matrix[first]


def _day(shape: Shape, matching: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Breaks (microsecond of the day, row in force) of a day on which the ``matching`` rows hold.

    Larger weight wins; on equal weight the latest start not after the moment; then the row written first.
    """
    live = [
        (timing.start * MICRO, weight, ordinal)
        for ordinal, (timing, weight) in enumerate(shape)
        if timing is not None and matching[ordinal]
    ]
    breaks: list[tuple[int, int]] = []
    for moment in sorted({0, *(start for start, _, _ in live if 0 <= start < DAY)}):
        begun = [(weight, start, -ordinal) for start, weight, ordinal in live if start <= moment]
        row = -max(begun)[2] if begun else NO_ROW
        if not breaks or breaks[-1][1] != row:
            breaks.append((moment, row))
    return breaks


@lru_cache(maxsize=32)
def zone_arrays(name: str) -> tuple[I64, I64]:
    """Instants (microseconds UTC, first -FAR) and offsets (microseconds) of an IANA zone; empty for "".

    Raises ``zoneinfo.ZoneInfoNotFoundError`` for a name that the time-zone data does not know.
    """
    if not name:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    zone = ZoneInfo(name)
    origin = datetime(1970, 1, 1, tzinfo=UTC)

    def offset(second: int) -> int:
        found = (origin + timedelta(seconds=second)).astimezone(zone).utcoffset()
        return int((found or timedelta()).total_seconds())

    instants, offsets = [-FAR], [offset(FIRST_DAY * 86_400)]
    for day in range(FIRST_DAY, LAST_DAY):
        low, high = day * 86_400, (day + 1) * 86_400
        if offset(high) == offsets[-1]:
            continue
        while high - low > 1:  # the first second of the new offset
            middle = (low + high) // 2
            if offset(middle) == offsets[-1]:
                low = middle
            else:
                high = middle
        instants.append(high * MICRO)
        offsets.append(offset(high))
    return np.array(instants, np.int64), np.array(offsets, np.int64) * MICRO


def zone_sections(name: str) -> tuple[dict[int, npt.NDArray[Any]], dict[int, int]]:
    """The sections and numbers of Tables for a time zone; for "" each call brings its own offset."""
    instants, offsets = zone_arrays(name)
    days = np.arange(FIRST_DAY, LAST_DAY + 1) * DAY
    sections = {
        tb.N_ZONE: (np.searchsorted(instants, days, "right") - 1).astype(np.int32),
        tb.W_ZONE_AT: np.append(instants, FAR),
        tb.W_ZONE_OFFSET: offsets,
    }
    return sections, {tb.X_ZONED: int(instants.size > 0)}
