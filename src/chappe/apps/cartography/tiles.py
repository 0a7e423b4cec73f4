"""A map tile for one reader: what stands in it, cut from the network's rows through the door, and the version of it.

Which layers a zoom shows is a table here (``FROM``); how things look is the page's affair. Every layer passes ``visible_to``:
the sums of ``tallies`` are shown to those alone who may see every building.
"""

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from chappe.apps.cartography import cables, links, tallies
from chappe.apps.cartography.models import CABLES, COARSE, FINE, LINKS, Stale, Stamp
from chappe.apps.network.cells import ZOOM, apart, cell_range, interleave
from chappe.apps.network.models import Building, Pbo, Pm, Prdm
from chappe.apps.parties.models import Commune
from chappe.core.network.geo import tile_bounds
from chappe.core.network.mvt import Frame, Layer, Point, tile
from chappe.kit.access.door import EVERYONE, is_house, may, visible_to

DEEPEST = 16  # a page drawn deeper stretches these tiles
#: layer → zoom from which it is in tiles. Buildings are counted by squares below theirs.
FROM = {"place": 4, "prdm": 5, "link": 7, "pm": 11, "cable": 14, "building": 15, "pbo": 15}
GRID = 3  # figures of a tile stand in squares of its zoom + 3: eight by eight
LIVE = 4  # squares counted while the reader waits, when they changed since the last minute
#: zoom up to which only communes of so many inhabitants are named
POPULOUS = ((5, 150_000), (6, 80_000), (7, 30_000), (8, 6_000), (9, 2_500), (10, 800), (11, 200), (24, 0))
SHAPE = 3  # raise it when what a tile holds is changed here: kept tiles are then cut again


def scope_of(user: Any) -> str:
    """A name for what a reader may see on the map: two readers of one scope see the same tiles."""
    whose = "house" if is_house(user) else f"org{user.organisation_id}"
    return f"{whose}-{'names' if may(user, Commune.access.area) else 'plain'}"


def version(zoom: int, column: int, row: int) -> str:
    """Changes whenever something on the tile may have changed; the same for every reader.

    Made of the numbers that the coarse squares under the tile drew when they were counted, and of what was logged since. Both matter: the log is
    emptied when it is counted, and on PostgreSQL a long transaction may add to it after a shorter one.
    """
    low, high = squares(zoom, column, row)
    here, over = Q(cell__range=(low, high)), [LINKS]
    if zoom >= FROM["cable"]:  # a straight line comes from what stands around
        here, over = Q(cell__in=[*around(low)]), [LINKS, CABLES]
    counted = Stamp.objects.filter(here).aggregate(n=Sum("number", default=0))["n"]
    lines = Stamp.objects.filter(cell__in=over).aggregate(n=Sum("number", default=0))["n"]
    since = Stale.objects.filter(here).aggregate(last=Max("pk"), n=Count("pk"), hits=Sum("hits"))
    moved = Stale.objects.filter(cell__in=over).aggregate(last=Max("pk"), hits=Sum("hits"))
    parts = (counted, lines, since["last"], since["n"], since["hits"], moved["last"], moved["hits"])
    return "-".join(str(part or 0) for part in (SHAPE, *parts))


def squares(zoom: int, column: int, row: int) -> tuple[int, int]:
    """(lowest, highest) coarse square that a tile touches."""
    low, high = cell_range(zoom, column, row)
    return low >> 2 * (ZOOM - COARSE), high >> 2 * (ZOOM - COARSE)


def around(square: int) -> Iterator[int]:
    """A coarse square and its eight neighbours."""
    column, row, size = *apart(square), 1 << COARSE
    for x in (column - 1, column, column + 1):
        for y in (row - 1, row, row + 1):
            if 0 <= x < size and 0 <= y < size:
                yield interleave(x, y)


def cut(zoom: int, column: int, row: int, user: Any) -> bytes:
    """The tile, not compressed; no byte where nothing stands."""
    frame = Frame(zoom, column, row)
    span = cell_range(zoom, column, row)
    layers = [_places(frame, zoom, (column, row), user)] if zoom >= FROM["place"] else []
    layers.append(
        _buildings(frame, span, user) if zoom >= FROM["building"] else _counts(frame, zoom, (column, row), user)
    )
    if zoom >= FROM["link"]:
        layers.append(links.layer(frame, user))
    if zoom >= FROM["cable"]:
        layers.append(cables.layer(frame, zoom, (column, row), user))
    if zoom >= FROM["pbo"]:
        layers.append(_pbos(frame, span, user))
    if zoom >= FROM["pm"]:
        layers.append(_pms(frame, span, user))
    if zoom >= FROM["prdm"]:
        layers.append(_prdms(frame, span, user))
    return tile(layers)


def compressed(body: bytes) -> bytes:
    """As it is kept and sent. The same bytes for the same tile."""
    return gzip.compress(body, compresslevel=5, mtime=0)


def _placed(model: Any, span: tuple[int, int], user: Any) -> QuerySet:
    return visible_to(user, model).filter(cell__range=span).order_by("pk")


def _buildings(frame: Frame, span: tuple[int, int], user: Any) -> Layer:
    layer = Layer("building", ("state", "kind", "n", "pm", "pbo"))
    known = {state: place for place, state in enumerate(tallies.STATES)}
    told = ("pk", "longitude", "latitude", "state", "kind", "dwellings", "pm_id", "pbo_id")
    rows = list(_placed(Building, span, user).values_list(*told))
    for (pk, _x, _y, state, kind, dwellings, pm, pbo), at in zip(rows, _at(frame, rows), strict=True):
        values = (known.get(state, len(known) - 2), int(kind == Building.Kind.BLOCK), dwellings, pm, pbo)
        layer.point(pk, at, values)
    return layer


def _at(frame: Frame, rows: Sequence[tuple[Any, ...]]) -> Iterator[Point]:
    """Where rows (key, longitude, latitude, …) stand on a tile."""
    if not rows:
        return iter(())
    xs, ys = frame.many([row[1] for row in rows], [row[2] for row in rows])
    return zip(xs.tolist(), ys.tolist(), strict=True)


def _counts(frame: Frame, zoom: int, place: tuple[int, int], user: Any) -> Layer:
    """How many buildings stand in each square of the grid, by state; drawn at their middle."""
    layer = Layer("count", ("n", *(f"s{number}" for number in range(len(tallies.COLUMNS)))))
    level = min(zoom + GRID, FINE)
    for square, counts, east, north in sorted(_figures(zoom, place, level, user)):
        values = (sum(counts), *(count or None for count in counts))
        layer.point(square, frame.at(east, north), values)
    return layer


def _figures(zoom: int, place: tuple[int, int], level: int, user: Any) -> list[tallies.Figure]:
    span = cell_range(zoom, *place)
    if not (is_house(user) or Building.access.owner == EVERYONE):
        return list(tallies.grouped(visible_to(user, Building), *span, level))
    if not may(user, Building.access.area):
        return []
    found = {figure[0]: figure for figure in tallies.figures(zoom, *place, level)}
    changed = tallies.stale(*squares(zoom, *place))
    if not changed or len(changed) > LIVE:  # too many to count now: last minute's figures
        return list(found.values())
    if level > COARSE:
        return list(_over(found, changed, span, level).values())
    return list(_beneath(zoom, place, changed, level).values())


def _over(
    found: dict[int, tallies.Figure], changed: list[int], span: tuple[int, int], level: int
) -> dict[int, tallies.Figure]:
    """Figures finer than a coarse square: those of the changed ones are counted now."""
    shift = 2 * (level - COARSE)
    kept = {square: figure for square, figure in found.items() if square >> shift not in changed}
    for square in changed:
        low, high = tallies.within(square)
        low, high = max(low, span[0]), min(high, span[1])
        kept.update({figure[0]: figure for figure in tallies.grouped(Building.objects.all(), low, high, level)})
    return kept


def _beneath(zoom: int, place: tuple[int, int], changed: list[int], level: int) -> dict[int, tallies.Figure]:
    """Figures of several coarse squares: the changed ones are taken out and counted now."""
    shift = 2 * (COARSE - level)
    parts = [figure for figure in tallies.figures(zoom, *place, COARSE) if figure[0] not in changed]
    for square in changed:
        parts += tallies.grouped(Building.objects.all(), *tallies.within(square), COARSE)
    sums: dict[int, tuple[list[int], list[float]]] = {}
    for square, counts, east, north in parts:
        total = sum(counts)
        known, means = sums.setdefault(square >> shift, ([0] * len(counts), [0.0, 0.0]))
        known[:] = map(sum, zip(known, counts, strict=True))
        means[:] = [means[0] + east * total, means[1] + north * total]
    return {
        square: (square, tuple(counts), means[0] / sum(counts), means[1] / sum(counts))
        for square, (counts, means) in sums.items()
    }


def _points(layer: Layer, rows: Any, columns: tuple[str, ...], frame: Frame) -> Layer:
    """Things that stand at one place each, with what the page wants to know of them."""
    found = list(rows.values_list("pk", "longitude", "latitude", *columns))
    for (pk, _x, _y, *told), at in zip(found, _at(frame, found), strict=True):
        layer.point(pk, at, tuple(told))
    return layer


def _pms(frame: Frame, span: tuple[int, int], user: Any) -> Layer:
    layer = Layer("pm", ("ref", "state", "kind"))
    return _points(layer, _placed(Pm, span, user), ("reference", "state", "kind"), frame)


def _prdms(frame: Frame, span: tuple[int, int], user: Any) -> Layer:
    return _points(Layer("prdm", ("ref", "state")), _placed(Prdm, span, user), ("reference", "state"), frame)


def _pbos(frame: Frame, span: tuple[int, int], user: Any) -> Layer:
    layer = Layer("pbo", ("ref", "kind", "pm"))
    return _points(layer, _placed(Pbo, span, user), ("reference", "kind", "pm_id"), frame)


def _places(frame: Frame, zoom: int, at: tuple[int, int], user: Any) -> Layer:
    """Names of communes, the largest first: what one finds one's way by when there is no base map."""
    layer = Layer("place", ("name", "n"))
    west, south, east, north = tile_bounds(zoom, *at)
    least = next(people for upto, people in POPULOUS if zoom <= upto)
    rows = visible_to(user, Commune).filter(
        longitude__gte=west, longitude__lt=east, latitude__gt=south, latitude__lte=north
    )
    rows = rows.filter(population__gte=least) if least else rows
    found = rows.order_by().values_list("pk", "longitude", "latitude", "name", "population")
    for pk, x, y, name, people in found:
        layer.point(pk, frame.at(x, y), (name, people or 0))
    return layer
