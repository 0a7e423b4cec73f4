"""Periods of a subscription and the share of one that is due. Dates are days, both ends included.

A period is monthly, quarterly or yearly and begins on an anchor day (31 means the last day of shorter months, without
drifting) or on the day of the purchase. How an incomplete period counts is the name of a rule in RULES.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

MONTHS = {"month": 1, "quarter": 3, "year": 12}
#: Without end: a day that no subscription reaches.
FOREVER = dt.date(9999, 12, 31)
DAY = dt.timedelta(days=1)
COMMERCIAL_MONTH = 30


@dataclass(frozen=True, slots=True)
class Period:
    """``first`` to ``last``, both included; ``months`` is how many months it is meant to last."""

    first: dt.date
    last: dt.date
    months: int
    anchor: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def split(self) -> list["Period"]:
        """The months of the period."""
        edges = [_at(_index(self.first), step, self.anchor) for step in range(self.months)] + [self.last + DAY]
        return [Period(a, b - DAY, 1, self.anchor) for a, b in pairwise(edges)]


def _index(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _at(index: int, steps: int, anchor: int) -> dt.date:
    year, month = divmod(index + steps, 12)
    return dt.date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))


def periods(every: str, anchor_day: int, bought_on: dt.date, until: dt.date, since: dt.date) -> Iterator[Period]:
    """Periods that touch ``since`` … ``until``. ``every``: month, quarter or year.

    ``anchor_day`` 1 to 31: quarters and years are those of the calendar, moved to that day; 0: they begin on the day of the
    purchase. Raises KeyError for another ``every``.
    """
    months = MONTHS[every]
    anchor = anchor_day or bought_on.day
    origin = _index(bought_on) if anchor_day == 0 else 0  # months since year 0: a multiple of 12 is a January
    first = max(since, bought_on)
    steps = (_index(first) - origin) // months * months
    if _at(origin, steps, anchor) > first:
        steps -= months
    while (begins := _at(origin, steps, anchor)) <= until:
        ends = _at(origin, steps + months, anchor) - DAY
        if ends >= first:
            yield Period(begins, ends, months, anchor)
        steps += months


def due_share(period: Period, starts_on: dt.date, ends_on: dt.date | None, rule: str) -> Fraction:
    """Part of ``period`` that is due for a subscription active from ``starts_on`` to ``ends_on``, by the named rule."""
    first, last = max(period.first, starts_on), min(period.last, ends_on or FOREVER)
    if last < first:
        return Fraction(0)
    if (first, last) == (period.first, period.last):
        return Fraction(1)
    return RULES[rule](period, first, last)


def _whole(_period: Period, _first: dt.date, _last: dt.date) -> Fraction:
    return Fraction(1)


def _by_days(period: Period, first: dt.date, last: dt.date) -> Fraction:
    return Fraction((last - first).days + 1, period.days)


def _by_thirtieths(period: Period, first: dt.date, last: dt.date) -> Fraction:
    """Each month has thirty days: the 31st adds nothing, the last day of February completes it. Parts add up to the whole."""
    total = 0
    for month in period.split():
        begins, ends = max(first, month.first), min(last, month.last)
        if ends >= begins:
            total += _elapsed(month, ends) - _elapsed(month, begins - DAY)
    return Fraction(total, COMMERCIAL_MONTH * period.months)


def _elapsed(month: Period, day: dt.date) -> int:
    if day >= month.last:
        return COMMERCIAL_MONTH
    return min(COMMERCIAL_MONTH, max(0, (day - month.first).days + 1))


def _by_full_months(period: Period, first: dt.date, last: dt.date) -> Fraction:
    touched = sum(1 for month in period.split() if month.first <= last and month.last >= first)
    return Fraction(touched, period.months)


#: The pro-rata rules, by the name that products carry.
RULES: dict[str, Callable[[Period, dt.date, dt.date], Fraction]] = {
    "none": _whole,
    "days": _by_days,
    "thirtieths": _by_thirtieths,
    "full_month": _by_full_months,
}


def month_end(first: dt.date) -> dt.date:
    """Last day of the month of ``first``."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def add_months(first: dt.date, months: int) -> dt.date:
    """First day of the month that many months away."""
    return _at(_index(first), months, 1)
