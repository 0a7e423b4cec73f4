"""Lines between PM and PRDM, cut at the edges of a tile. A line crosses squares in which neither end stands, so they are few
enough (a PM each) to be kept in memory, read again when one of them changed.
"""

from collections import OrderedDict
from typing import Any

import numpy as np
from django.db.models import Max, Sum

from chappe.apps.cartography.models import LINKS, Stale, Stamp
from chappe.apps.network.models import PmLink
from chappe.core.network.mvt import EXTENT, Frame, Layer, Point, clipped
from chappe.kit.access.door import is_house, visible_to

MARGIN = EXTENT // 32  # a line is drawn as wide as it is: its end must not show at the edge
PIXEL = EXTENT // 512
BLURRED = (
    1 << 9
) * EXTENT  # below zoom 9 ten thousand lines are one blot: those that four pixels do not tell apart are one
FAR = (1 << 11) * EXTENT  # below zoom 11 no PM is drawn
_kept: OrderedDict[tuple[str, str], tuple[np.ndarray, list[str]]] = OrderedDict()
KEPT = 8  # scopes


def layer(frame: Frame, user: Any) -> Layer:
    """The links that cross a tile."""
    made = Layer("link", ("state", "pm"))
    rows, states = _read(user)
    if not len(rows):
        return made
    far = frame.scale < FAR
    ends, near, whole = _ends(rows, frame, coarse=far)
    seen: set[tuple[str, tuple[Point, Point]]] = set()
    keys, inside = rows[near, :2].astype(np.int64).tolist(), whole.tolist()
    for number, (pk, pm), fits, (x0, y0, x1, y1) in zip(near.tolist(), keys, inside, ends.tolist(), strict=True):
        part = ((x0, y0), (x1, y1)) if fits else clipped((x0, y0), (x1, y1), MARGIN)
        if part is None or part[0] == part[1]:
            continue
        if far:  # many PMs stand on one point there, and nobody asks which: a line is drawn once
            if (states[number], part) in seen:
                continue
            seen.add((states[number], part))
        made.line(pk, part, (states[number], None if far else pm))
    return made


def _ends(rows: np.ndarray, frame: Frame, *, coarse: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x, y, x, y) on the tile of the lines that may cross it, which ones they are, and which stand on it whole."""
    x, y = frame.many(rows[:, [2, 4]], rows[:, [3, 5]])
    low, high = -MARGIN, EXTENT + MARGIN
    beyond = (x.max(1) < low) | (x.min(1) > high) | (y.max(1) < low) | (y.min(1) > high)
    near = np.flatnonzero(~beyond)
    ends = np.stack([x[near, 0], y[near, 0], x[near, 1], y[near, 1]], axis=1)
    if coarse:
        grid = 4 * PIXEL if frame.scale < BLURRED else PIXEL
        ends = ends // grid * grid
    return ends, near, ((ends >= low) & (ends <= high)).all(1)


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
