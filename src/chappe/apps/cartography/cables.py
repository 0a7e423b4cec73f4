"""Cables on a tile: along their course when a file gave one, else a straight line from where they begin to where they end.

A box at which no cable ends hangs on its PM by a straight line: what an IPE alone lets one draw. Straight ones say so
(``drawn``), and are worked out for each tile from what stands around it: nothing is kept that could grow old.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as of
from itertools import pairwise
from typing import Any

import numpy as np
from django.db.models import Q

from chappe.apps.network.cells import above, cell_range
from chappe.apps.network.models import Cable, Pbo, Pm
from chappe.core.network.lines import Point, read_path
from chappe.core.network.mvt import EXTENT, Frame, Layer, clipped
from chappe.core.network.mvt import Point as Place
from chappe.kit.access.door import visible_to

DROPS_FROM = 16  # zoom from which the cables of the dwellings are drawn
#: Zooms whose three-by-three squares are looked at for PMs, the widest first: as wide as is needed where they are few.
AROUND, MANY = (13, 14, 15), 40
MARGIN = EXTENT // 64
KEYS = ("kind", "drawn")


def layer(frame: Frame, zoom: int, at: tuple[int, int], user: Any) -> Layer:
    """Every cable that crosses a tile; ``kind`` TR, DI or RA, or PBO for a box that hangs on its PM."""
    made = Layer("cable", KEYS)
    kinds = ["TR", "DI", *(["RA"] if zoom >= DROPS_FROM else [])]
    here = Q(cell__range=cell_range(zoom, *at)) | Q(cell__in=above(zoom, *at))
    for pk, kind, path in visible_to(user, Cable).filter(here, kind__in=kinds).values_list("pk", "kind", "path"):
        for part in read_path(path):
            _draw(made, pk, [frame.at(*point) for point in part], (kind, 0))
    for pk, kind, ends in _on(frame, list(_Near.read(zoom, at, user).straight())):
        _draw(made, pk, ends, (kind, 1))
    return made


def _on(frame: Frame, lines: list[tuple[int, str, tuple[Point, Point]]]) -> Iterator[tuple[int, str, list[Place]]]:
    """Straight lines in the units of a tile, without the many that pass beside it."""
    if not lines:
        return
    ends = np.array([line for _pk, _kind, line in lines], dtype=float)
    x, y = frame.many(ends[:, :, 0], ends[:, :, 1])
    low, high = -MARGIN, EXTENT + MARGIN
    beyond = (x.max(1) < low) | (x.min(1) > high) | (y.max(1) < low) | (y.min(1) > high)
    for number in np.flatnonzero(~beyond).tolist():
        pk, kind, _line = lines[number]
        yield pk, kind, list(zip(x[number].tolist(), y[number].tolist(), strict=True))


def _draw(made: Layer, pk: int, points: list[Place], values: tuple[str, int]) -> None:
    """The pieces of a line that are on the tile."""
    low, high = -MARGIN, EXTENT + MARGIN
    if max(x for x, _y in points) < low or min(x for x, _y in points) > high:
        return
    if max(y for _x, y in points) < low or min(y for _x, y in points) > high:
        return
    piece: list[Place] = []
    for a, b in pairwise(points):
        part = clipped(a, b, MARGIN)
        if part is None or part[0] == part[1]:
            continue
        if piece and piece[-1] == part[0]:
            piece.append(part[1])
            continue
        if piece:
            made.line(pk, piece, values)
        piece = list(part)
    if piece:
        made.line(pk, piece, values)


@dataclass
class _Near:
    """PMs around a tile and their boxes: reference → point; ``cables``: pk, kind, start, end, whether its course is known."""

    pms: dict[int, tuple[str, Point]]
    boxes: list[tuple[int, str, Point, int, str]]
    cables: list[tuple[int, str, str, str, bool]] = of(default_factory=list)

    @classmethod
    def read(cls, zoom: int, at: tuple[int, int], user: Any) -> "_Near":
        """What may be drawn straight across a tile."""
        pms: dict[int, tuple[str, Point]] = {}
        for level in AROUND:
            pms = _pms(visible_to(user, Pm).filter(_around(zoom, at, level)))
            if len(pms) <= MANY:
                break
        placed = visible_to(user, Pbo).filter(cell__isnull=False, pm__isnull=False)
        own = placed.filter(cell__range=cell_range(zoom, *at))
        far = set(own.exclude(pm__in=pms).values_list("pm", flat=True))
        pms |= _pms(visible_to(user, Pm).filter(pk__in=far, cell__isnull=False))
        columns = ("pk", "reference", "longitude", "latitude", "pm_id", "kind")
        boxes = [
            (pk, ref, (x, y), pm, kind) for pk, ref, x, y, pm, kind in placed.filter(pm__in=pms).values_list(*columns)
        ]
        cables = visible_to(user, Cable).filter(pm__in=pms, kind=Cable.Kind.DISTRIBUTION)
        told = cables.values_list("pk", "kind", "start", "end", "cell")
        return cls(pms, boxes, [(pk, kind, start, end, cell is not None) for pk, kind, start, end, cell in told])

    def straight(self) -> Iterator[tuple[int, str, tuple[Point, Point]]]:
        """(key, kind, line) of what has no known course."""
        points: Mapping[str, Point] = dict(self.pms.values()) | {ref: point for _pk, ref, point, _pm, _kind in self.boxes}  # fmt: skip
        reached = set()
        for pk, kind, start, end, known in self.cables:
            reached |= {start, end}
            if not known and start in points and end in points:
                yield pk, kind, (points[start], points[end])
        for pk, ref, point, pm, kind in self.boxes:
            if kind == Pbo.Kind.PBO and ref not in reached and pm in self.pms:
                yield pk, "PBO", (self.pms[pm][1], point)


def _pms(rows: Any) -> dict[int, tuple[str, Point]]:
    return {pk: (ref, (x, y)) for pk, ref, x, y in rows.values_list("pk", "reference", "longitude", "latitude")}


def _around(zoom: int, at: tuple[int, int], level: int) -> Q:
    """Cells of the nine squares of ``level`` around a tile."""
    column, row = (number >> zoom - level if zoom >= level else number << level - zoom for number in at)
    ranges = _ranges(level, column, row)
    found = Q()
    for span in ranges:
        found |= Q(cell__range=span)
    return found


def _ranges(level: int, column: int, row: int) -> Iterable[tuple[int, int]]:
    size = 1 << level
    for x in (column - 1, column, column + 1):
        for y in (row - 1, row, row + 1):
            if 0 <= x < size and 0 <= y < size:
                yield cell_range(level, x, y)
