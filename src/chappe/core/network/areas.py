"""A shape drawn on a map: read from its text, told apart cell by cell, tested point by point.

A shape is written ``5.4896,47.0925;5.5012,47.0925;…``: corners in degrees, the longitude first; two corners are a rectangle.
It is cut into squares that are wholly inside and squares that its edge crosses, so that an index answers for most of it.
"""

from collections.abc import Sequence
from itertools import pairwise

from chappe.core.network.geo import tile_bounds, tile_of

Corner = tuple[float, float]
Square = tuple[int, int, int]  # zoom, column, row
MOST_CORNERS = 100
PIECES = 160  # squares of one shape
FINEST = 20


def read(text: str) -> tuple[Corner, ...]:
    """The corners of a shape, without the first one again at the end. Raises ValueError for what is no shape."""
    corners: list[Corner] = []
    for part in text.strip().strip(";").split(";"):
        longitude, latitude = (float(number) for number in part.split(","))
        if not (-180 <= longitude <= 180 and -85 <= latitude <= 85):
            raise ValueError(f"{part}: outside of the map")
        corners.append((longitude, latitude))
    if len(corners) == 2:
        (west, south), (east, north) = corners
        corners = [(west, south), (east, south), (east, north), (west, north)]
    elif corners[0] == corners[-1]:
        corners.pop()
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise ValueError(f"{len(corners)} corners")
    return tuple(corners)


def edges(corners: Sequence[Corner]) -> list[tuple[float, float, float, float]]:
    """(south, north, longitude at the south, degrees of longitude for one of latitude) of every edge that is not level."""
    found = []
    for (x0, y0), (x1, y1) in pairwise((*corners, corners[0])):
        if y0 != y1:
            low, high = ((x0, y0), (x1, y1)) if y0 < y1 else ((x1, y1), (x0, y0))
            found.append((low[1], high[1], low[0], (high[0] - low[0]) / (high[1] - low[1])))
    return found


def holds(corners: Sequence[Corner], longitude: float, latitude: float) -> bool:
    """Whether a point is inside: an odd number of edges stands to the east of it."""
    return sum(
        south <= latitude < north and longitude < start + (latitude - south) * slope
        for south, north, start, slope in edges(corners)
    ) % 2 == 1  # fmt: skip


def cover(corners: Sequence[Corner]) -> tuple[list[Square], list[Square]]:
    """(squares wholly inside, squares that the edge crosses), together the whole shape and little else."""
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    zoom = FINEST
    while zoom and _spread(xs, ys, zoom) > 4:
        zoom -= 1
    (west, north), (east, south) = tile_of(min(xs), max(ys), zoom), tile_of(max(xs), min(ys), zoom)
    crossed = [(zoom, column, row) for column in range(west, east + 1) for row in range(north, south + 1)]
    inside: list[Square] = []
    while crossed:
        kept: list[Square] = []
        for square in crossed:
            match _lies(corners, square):
                case "in":
                    inside.append(square)
                case "across":
                    kept.append(square)
        crossed = kept
        if len(inside) + 4 * len(crossed) > PIECES or not crossed or crossed[0][0] == FINEST:
            break
        crossed = [
            (z + 1, 2 * column + right, 2 * row + down)
            for z, column, row in crossed for right in (0, 1) for down in (0, 1)
        ]  # fmt: skip
    return inside, crossed


def _spread(xs: Sequence[float], ys: Sequence[float], zoom: int) -> int:
    (west, north), (east, south) = tile_of(min(xs), max(ys), zoom), tile_of(max(xs), min(ys), zoom)
    return (east - west + 1) * (south - north + 1)


def _lies(corners: Sequence[Corner], square: Square) -> str:
    """Where a square lies to a shape: ``in``, ``out`` or ``across``."""
    box = tile_bounds(*square)
    if any(_meets(a, b, box) for a, b in pairwise((*corners, corners[0]))):
        return "across"
    west, south, east, north = box
    return "in" if holds(corners, (west + east) / 2, (south + north) / 2) else "out"


def _meets(a: Corner, b: Corner, box: tuple[float, float, float, float]) -> bool:
    """Whether an edge passes through a box or stands in it (Liang and Barsky)."""
    west, south, east, north = box
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((a[0], b[0] - a[0], west, east), (a[1], b[1] - a[1], south, north)):
        if step == 0:
            if not low <= start <= high:
                return False
            continue
        first, last = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, first), min(leave, last)
    return enter <= leave
