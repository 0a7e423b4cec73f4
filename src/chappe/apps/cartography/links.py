"""Lines between PM and PRDM, cut at the edges of a tile. A line crosses squares in which neither end stands, so they are few
enough (a PM each) to be kept in memory, read again when one of them changed.
"""

from collections import OrderedDict
from typing import Any

import numpy as np
from django.db.models import Max, Sum

from chappe.apps.cartography.models import LINKS, Stale, Stamp
from chappe.apps.network.models import PmLink
from chappe.core.network.mvt import EXTENT, Frame, Layer, clipped
from chappe.kit.access.door import is_house, visible_to

MARGIN = EXTENT // 32  # a line is drawn as wide as it is: its end must not show at the edge
_kept: OrderedDict[tuple[str, str], tuple[np.ndarray, list[str]]] = OrderedDict()
KEPT = 8  # scopes


def layer(frame: Frame, user: Any) -> Layer:
    """The links that cross a tile."""
    made = Layer("link", ("state", "pm"))
    rows, states = _read(user)
    if not len(rows):
        return made
    near = np.flatnonzero(_may_cross(rows, frame))
    for number in near:
        pk, pm, *ends = rows[number].tolist()
        part = clipped(frame.at(ends[0], ends[1]), frame.at(ends[2], ends[3]), MARGIN)
        if part is not None and part[0] != part[1]:
            made.line(int(pk), part, (states[number], int(pm)))
    return made


def _may_cross(rows: np.ndarray, frame: Frame) -> np.ndarray:
    """Which lines have a frame around them that meets the tile's."""
    size = frame.scale
    x = (rows[:, [2, 4]] + 180) / 360 * size - frame.left
    y = (0.5 - np.arctanh(np.sin(np.radians(rows[:, [3, 5]]))) / (2 * np.pi)) * size - frame.top
    low, high = -MARGIN, EXTENT + MARGIN
    beyond = (x.max(1) < low) | (x.min(1) > high) | (y.max(1) < low) | (y.min(1) > high)
    return np.asarray(~beyond)


def _read(user: Any) -> tuple[np.ndarray, list[str]]:
    """(pk, pm, ends in degrees) of every link with two placed ends, and their states."""
    scope = "house" if is_house(user) else f"org{user.organisation_id}"
    since = Stale.objects.filter(cell=LINKS).aggregate(last=Max("pk"), hits=Sum("hits"))
    stamp = Stamp.objects.filter(cell=LINKS).values_list("number", flat=True).first()
    key = (f"{scope}-{visible_to(user, PmLink).query.is_empty()}", f"{stamp}-{since['last']}-{since['hits']}")
    if key not in _kept:
        found = list(
            visible_to(user, PmLink).filter(pm__cell__isnull=False, prdm__cell__isnull=False).order_by("pk")
            .values_list("pk", "pm_id", "pm__longitude", "pm__latitude", "prdm__longitude", "prdm__latitude", "state")
        )  # fmt: skip
        numbers = np.array([row[:6] for row in found], dtype=float).reshape(-1, 6)
        for known in [known for known in _kept if known[0] == key[0]]:
            _kept.pop(known, None)
        _kept[key] = (numbers, [row[6] for row in found])
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept[key]


def forget() -> None:
    """Read every line anew at the next tile."""
    _kept.clear()
