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
