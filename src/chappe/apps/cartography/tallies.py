"""Counting buildings by square: the figures that a map shows where there are too many points to draw.

A coarse square is always counted again whole, from the buildings that stand in it now: there is nothing to keep in step, a
count may be repeated, and a square counted twice at once is counted right.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum

from chappe.apps.cartography.models import COARSE, FINE, Stale, Stamp, Tally
from chappe.apps.network.cells import ZOOM, cell_range
from chappe.apps.network.models import Building

#: state of a building → column of a tally, in the order of the legend
STATES = {
    Building.State.DEPLOYED: "deployed",
    Building.State.ON_DEMAND: "on_demand",
    Building.State.DEPLOYING: "deploying",
    Building.State.SIGNED: "signed",
    Building.State.TARGET: "target",
    Building.State.ABANDONED: "abandoned",
}
COLUMNS = tuple(STATES.values())
#: (square, counts in the order of COLUMNS, mean longitude, mean latitude)
Figure = tuple[int, tuple[int, ...], float, float]
PLACES = ("longitudes", "latitudes")
#: Drawn, not counted up: a database that is restored must not come to a number again for other buildings.
STAMP_BITS = 40
BATCH = 40  # squares of one transaction: a writer who waits, waits some tenths of a second


def within(square: int, zoom: int = COARSE) -> tuple[int, int]:
    """(lowest, highest) cell of a square of ``zoom``."""
    shift = 2 * (ZOOM - zoom)
    return square << shift, (square + 1 << shift) - 1


def grouped(rows: QuerySet, low: int, high: int, level: int) -> Iterator[Figure]:
    """Figures of the squares of ``level`` between two cells, counted from the buildings themselves."""
    found = (
        rows.filter(cell__range=(low, high)).order_by().annotate(square=F("cell").bitrightshift(2 * (ZOOM - level)))
        .values_list("square", "state").annotate(n=Count("pk"), east=Sum("longitude"), north=Sum("latitude"))
    )  # fmt: skip
    sums: dict[int, tuple[dict[str, int], list[float]]] = {}
    for square, state, n, east, north in found:
        by_state, places = sums.setdefault(square, ({}, [0.0, 0.0]))
        by_state[STATES.get(state, "target")] = by_state.get(STATES.get(state, "target"), 0) + n
        places[0] += east
        places[1] += north
    for square, (by_state, places) in sums.items():
        total = sum(by_state.values())
        yield square, tuple(by_state.get(name, 0) for name in COLUMNS), places[0] / total, places[1] / total


def recount(squares: Iterable[int]) -> int:
    """Count coarse squares again, in one transaction; what was said of them until now is answered. Answers how many."""
    wanted = sorted(set(squares))
    with transaction.atomic():
        # First the log, then the count: a change that comes in between is either counted or still in the log.
        Stale.objects.filter(cell__in=wanted).delete()
        for square in wanted:
            if square >= 0:  # not those that stand for lines
                _recount(square)
        Stamp.objects.bulk_create(
            [Stamp(cell=square, number=secrets.randbits(STAMP_BITS)) for square in wanted],
            update_conflicts=True, unique_fields=["cell"], update_fields=["number"],
        )  # fmt: skip
    return len(wanted)


def _recount(square: int) -> None:
    low, high = within(square)
    fine = list(grouped(Building.objects.all(), low, high, FINE))
    shift = 2 * (FINE - COARSE)
    Tally.objects.filter(level=FINE, cell__range=(square << shift, (square + 1 << shift) - 1)).delete()
    Tally.objects.filter(level=COARSE, cell=square).delete()
    rows = [_tally(FINE, figure) for figure in fine]
    if fine:
        counts = tuple(map(sum, zip(*(figure[1] for figure in fine), strict=True)))
        total = sum(counts)
        mean = [sum(figure[place] * sum(figure[1]) for figure in fine) / total for place in (2, 3)]
        rows.append(_tally(COARSE, (square, counts, mean[0], mean[1])))
    Tally.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["level", "cell"], update_fields=[*COLUMNS, *PLACES]
    )


def _tally(level: int, figure: Figure) -> Tally:
    square, counts, east, north = figure
    total = sum(counts)
    by_state = dict(zip(COLUMNS, counts, strict=True))
    return Tally(level=level, cell=square, longitudes=east * total, latitudes=north * total, **by_state)


def stale(low: int | None = None, high: int | None = None) -> list[int]:
    """Coarse squares that changed since they were counted, those of a tile or all (the links' among them)."""
    rows = Stale.objects.all() if low is None else Stale.objects.filter(cell__range=(low, high))
    return sorted(set(rows.values_list("cell", flat=True)))


def refresh(tell: Any = None) -> int:
    """Count every square that changed. ``tell(done, total)`` is called between batches. Answers how many squares."""
    waiting, done = stale(), 0
    for begin in range(0, len(waiting), BATCH):
        done += recount(waiting[begin : begin + BATCH])
        if tell is not None:
            tell(done, len(waiting))
    return done


def count_all(tell: Any = None) -> int:
    """Count the whole network anew, as after a restore: every coarse square that holds a building or a tally."""
    shift = 2 * (ZOOM - COARSE)
    squares = set(Tally.objects.filter(level=COARSE).values_list("cell", flat=True))
    placed = Building.objects.filter(cell__isnull=False).order_by()
    squares |= set(placed.values_list(F("cell").bitrightshift(shift), flat=True).distinct())
    wanted, done = sorted(squares), 0
    for begin in range(0, len(wanted), BATCH):
        done += recount(wanted[begin : begin + BATCH])
        if tell is not None:
            tell(done, len(wanted))
    return done


def figures(zoom: int, column: int, row: int, level: int) -> Iterator[Figure]:
    """Figures of the squares of ``level`` in a tile, from what was counted before. The mean is never the building's own."""
    base = FINE if level > COARSE else COARSE
    low, high = (cell >> 2 * (ZOOM - base) for cell in cell_range(zoom, column, row))
    sums = {name: Sum(name) for name in (*COLUMNS, *PLACES)}
    found = (
        Tally.objects.filter(level=base, cell__range=(low, high)).order_by()
        .annotate(square=F("cell").bitrightshift(2 * (base - level))).values_list("square")
        .annotate(**{f"sum_{name}": sum_ for name, sum_ in sums.items()})
    )  # fmt: skip
    for square, *parts in found:
        counts, total = tuple(parts[: len(COLUMNS)]), sum(parts[: len(COLUMNS)])
        yield square, counts, parts[-2] / total, parts[-1] / total


def totals() -> tuple[int, ...]:
    """Buildings of the whole network that have a place, by state in the order of COLUMNS."""
    found = Tally.objects.filter(level=COARSE).aggregate(**{name: Sum(name, default=0) for name in COLUMNS})
    return tuple(found[name] for name in COLUMNS)


def bounds() -> tuple[float, float, float, float] | None:
    """(west, south, east, north) around the squares where buildings stand; None when there is none."""
    means = []
    for east, north, *counts in Tally.objects.filter(level=COARSE).values_list(*PLACES, *COLUMNS):
        means.append((east / sum(counts), north / sum(counts)))
    if not means:
        return None
    easts, norths = zip(*means, strict=True)
    return min(easts), min(norths), max(easts), max(norths)
