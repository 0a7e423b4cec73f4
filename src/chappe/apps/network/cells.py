"""A point as one number that sorts like the map: the Morton code of its tile at zoom 20 (about 38 m, in France 26 m).

All points of a map tile of any zoom up to 20 stand between two numbers, so one ordinary index answers for the map on
every database, and two indexed columns are not needed.
"""

from typing import Any

import numpy as np

from chappe.core.network.geo import EARTH, EDGE, tile_of

ZOOM = 20


def interleave(column: int, row: int) -> int:
    """Bits of the two numbers, one after the other, the column's first."""
    return _spread(column) << 1 | _spread(row)


def _spread(value: Any) -> Any:
    """abc → 0a0b0c, for 20 bits."""
    value = (value | value << 16) & 0x0000FFFF0000FFFF
    value = (value | value << 8) & 0x00FF00FF00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0F
    value = (value | value << 2) & 0x3333333333333333
    return (value | value << 1) & 0x5555555555555555


def apart(cell: int) -> tuple[int, int]:
    """The column and the row that :func:`interleave` put together."""
    return _gathered(cell >> 1), _gathered(cell)


def _gathered(value: int) -> int:
    """x0a x0b x0c → abc, the other bits left out."""
    value &= 0x5555555555555555
    for shift, kept in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
    ):
        value = (value | value >> shift) & kept
    return (value | value >> 16) & 0xFFFFFFFF


def cell_of(longitude: float | None, latitude: float | None) -> int | None:
    """The cell of a point; None for a thing that has none."""
    if longitude is None or latitude is None:
        return None
    return interleave(*tile_of(longitude, latitude, ZOOM))


def cells_of(longitudes: Any, latitudes: Any) -> Any:
    """The cells of many points at once: arrays of degrees in, an array of whole numbers out, equal to :func:`cell_of`."""
    lat = np.radians(np.clip(np.asarray(latitudes, float), -85.05112878, 85.05112878))
    x = np.radians(np.asarray(longitudes, float)) * EARTH
    y = np.log(np.tan(np.pi / 4 + lat / 2)) * EARTH
    size = 2**ZOOM
    columns = np.clip(((x + EDGE) / (2 * EDGE) * size).astype(np.int64), 0, size - 1)
    rows = np.clip(((EDGE - y) / (2 * EDGE) * size).astype(np.int64), 0, size - 1)
    return _spread(columns) << 1 | _spread(rows)


def cell_range(zoom: int, column: int, row: int) -> tuple[int, int]:
    """(lowest, highest) cell inside a map tile. Raises ValueError beyond zoom 20."""
    if not 0 <= zoom <= ZOOM:
        raise ValueError(f"zoom {zoom}")
    shift = 2 * (ZOOM - zoom)
    low = interleave(column, row) << shift
    return low, low + (1 << shift) - 1


def around(cells: list[int]) -> int | None:
    """The smallest map tile that holds all these cells, told by its lowest cell; None for none.

    Lines are looked up by it: a tile asks for what stands in it, and for its ancestors (:func:`above`).
    """
    if not cells:
        return None
    differs = 0
    for cell in cells:
        differs |= cell ^ cells[0]
    shift = (differs.bit_length() + 1) // 2 * 2
    return cells[0] >> shift << shift


def above(zoom: int, column: int, row: int) -> list[int]:
    """The lowest cell of every tile that holds this one."""
    low = interleave(column, row) << 2 * (ZOOM - zoom)
    return sorted({low >> shift << shift for shift in range(2 * (ZOOM - zoom) + 2, 2 * ZOOM + 2, 2)})
