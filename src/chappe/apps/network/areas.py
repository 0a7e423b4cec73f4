"""What stands inside a shape drawn on the map, as a condition that both databases answer with the index of cells.

Squares wholly inside are ranges of cells; in squares that the edge crosses, each point is tested exactly, by the database.
"""

from functools import reduce
from operator import or_

from django.db.models import Case, F, FloatField, IntegerField, Q, Value, When
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from chappe.apps.network.cells import cell_range
from chappe.core.network import areas

NONE = Q(pk__in=())


def inside(text: str) -> Q:
    """Rows with a place inside the shape written in ``text``; no row for what is no shape."""
    try:
        corners = areas.read(text)
    except ValueError:
        return NONE
    within, across = areas.cover(corners)
    whole = reduce(or_, [Q(cell__range=span) for span in _merged(within)], NONE)
    edge = reduce(or_, [Q(cell__range=span) for span in _merged(across)], NONE)
    return whole | (edge & Q(Exact(Mod(_crossings(corners), Value(2)), Value(1))))


def _merged(squares: list[areas.Square]) -> list[tuple[int, int]]:
    """Ranges of cells, neighbours made one."""
    spans: list[tuple[int, int]] = []
    for low, high in sorted(cell_range(*square) for square in squares):
        if spans and spans[-1][1] + 1 == low:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


def _crossings(corners: tuple[areas.Corner, ...]) -> Case:
    """How many edges stand to the east of a row's point; odd: the point is inside."""
    terms = []
    for south, north, start, slope in areas.edges(corners):
        at = Value(start, FloatField()) + (F("latitude") - Value(south, FloatField())) * Value(slope, FloatField())
        crossed = Q(latitude__gte=south, latitude__lt=north, longitude__lt=at)
        terms.append(Case(When(crossed, then=Value(1)), default=Value(0), output_field=IntegerField()))
    return reduce(lambda one, other: one + other, terms)
