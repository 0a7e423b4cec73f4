"""Which of several timed prices holds when: winners, and moments that nobody covers.

The timings of a few entries cut time into a bounded set of representative moments (a kind of day × a time of
day). Larger weight wins, then the latest start (cgrates-semantics §4.5). Shared by the checks; prices nothing.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from chappe.core.rating.model import Timing

MOST_DAYS = 40_000  # kinds of day looked at; richer calendars are not analysed
WHOLE = {"years": range(2020, 2048), "months": range(1, 13), "month_days": range(1, 32), "week_days": range(1, 8)}


@dataclass(frozen=True, slots=True)
class Hole:
    """Nobody covers week day ``day`` (0: special dates only) from second ``start``."""

    day: int
    start: int


def possible(timing: Timing) -> bool:
    """Is there any day between 1990 and 2099 in this timing? (30 February is none.)"""
    sets = (timing.years, timing.months, timing.month_days, timing.week_days)
    if any(members is not None and not members for members in sets):
        return False
    if timing.month_days is None or timing.months is None:
        return True
    years = timing.years or frozenset({2000})
    return any(min(timing.month_days) <= monthrange(year, month)[1] for year in years for month in timing.months)


def analyse(timed: Sequence[tuple[Timing, int]]) -> tuple[set[int], dict[int, int], list[Hole]] | None:
    """(indices that win some moment, loser → one that beats it, holes) of (timing, weight) pairs; None if too rich."""
    axes = [_values(timed, name) for name in WHOLE]
    size = 1
    for axis in axes:
        size *= len(axis)
    starts = sorted({0, *(timing.start for timing, _ in timed)})
    if size * len(starts) * len(timed) > MOST_DAYS * 10:
        return None
    winners: set[int] = set()
    beaten: dict[int, int] = {}
    holes: set[Hole] = set()
    free_days = axes[3] if len(axes[3]) == 7 else range(1, 8)
    for year, month, month_day, week_day in product(*axes):
        here = [index for index, (timing, _) in enumerate(timed) if _holds(timing, year, month, month_day, week_day)]
        for start in starts:
            inside = [index for index in here if timed[index][0].start <= start]
            if not inside:
                days = [week_day] if len(axes[3]) > 1 else free_days
                holes.update(Hole(day, start) for day in days)
                continue
            best = max(inside, key=lambda index: (timed[index][1], timed[index][0].start, -index))
            winners.add(best)
            for index in inside:
                if index != best:
                    beaten[index] = best
    return winners, beaten, sorted(holes, key=lambda hole: (hole.day, hole.start))


def _values(timed: Iterable[tuple[Timing, int]], name: str) -> list[int]:
    """Values of one axis that matter: those named, and one that is not (week days: all, when any is named)."""
    named: set[int] = set()
    for timing, _ in timed:
        named |= getattr(timing, name) or frozenset()
    if not named:
        return [next(iter(WHOLE[name]))]
    if name == "week_days":
        return list(WHOLE[name])
    other = next((value for value in WHOLE[name] if value not in named), None)
    return sorted(named | ({other} if other is not None else set()))


def _holds(timing: Timing, year: int, month: int, month_day: int, week_day: int) -> bool:
    return (
        (timing.years is None or year in timing.years)
        and (timing.months is None or month in timing.months)
        and (timing.month_days is None or month_day in timing.month_days)
        and (timing.week_days is None or week_day in timing.week_days)
    )
