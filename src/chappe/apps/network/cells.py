"""A point as one number that sorts like the map: the Morton code of its tile at zoom 20 (about 38 m, in France 26 m).

All points of a map tile of any zoom up to 20 stand between two numbers, so one ordinary index answers for the map on
every database, and two indexed columns are not needed.
"""

from chappe.core.network.geo import tile_of

ZOOM = 20


def interleave(column: int, row: int) -> int:
    """Bits of the two numbers, one after the other, the column's first."""
    return _spread(column) << 1 | _spread(row)


def _spread(value: int) -> int:
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


def cell_range(zoom: int, column: int, row: int) -> tuple[int, int]:
    """(lowest, highest) cell inside a map tile. Raises ValueError beyond zoom 20."""
    if not 0 <= zoom <= ZOOM:
        raise ValueError(f"zoom {zoom}")
    shift = 2 * (ZOOM - zoom)
    low = interleave(column, row) << shift
    return low, low + (1 << shift) - 1
