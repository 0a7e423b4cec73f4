"""Coordinates of files → longitude and latitude, and back: the legal systems of each territory.

Names are those of the exchanged files; EPSG codes are the public registry's. Web maps want Mercator, so tiles are cut in it.
"""

import math
from functools import cache

from pyproj import Transformer

#: name in the files → EPSG code. WGS84 in metres is the web's Mercator (3857).
EPSG: dict[str, int] = {
    "RGF93": 2154,
    "LAMB2E": 27572,
    "RGFG95": 2972,
    "RGR92": 2975,
    "RGM04": 4471,
    "RGSPM06": 4467,
    "RGAF09": 5490,
    "WGS84": 4326,
    "MERCATOR": 3857,
}
#: First digits of the INSEE code → system in force there; the mainland and Corsica otherwise.
TERRITORY = {"971": "RGAF09", "972": "RGAF09", "977": "RGAF09", "978": "RGAF09", "973": "RGFG95", "974": "RGR92", "975": "RGSPM06", "976": "RGM04"}  # fmt: skip
EARTH = 6378137.0
EDGE = math.pi * EARTH


def system_of(insee: str) -> str:
    """The projected system of a commune."""
    return TERRITORY.get(insee[:3], "RGF93")


def meant(projection: str | None, x: float, y: float) -> str:
    """The system really meant: WGS84 may hold metres, and degrees may come without a name."""
    degrees = abs(x) <= 180 and abs(y) <= 90
    if projection == "WGS84" or not projection:
        return "WGS84" if degrees else ("MERCATOR" if projection else "RGF93")
    return projection


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(EPSG[source], EPSG[target], always_xy=True)


def to_degrees(x: float, y: float, projection: str | None) -> tuple[float, float]:
    """(longitude, latitude) of a point of a file. Raises KeyError for an unknown system, ValueError outside of it."""
    system = meant(projection, x, y)
    if system == "WGS84":
        return x, y
    longitude, latitude = _transformer(system, "WGS84").transform(x, y)
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise ValueError(f"{x} ; {y}: outside of {system}")
    return longitude, latitude


def from_degrees(longitude: float, latitude: float, projection: str) -> tuple[float, float]:
    """A point in one of the systems of the table."""
    if projection == "WGS84":
        return longitude, latitude
    x, y = _transformer("WGS84", projection).transform(longitude, latitude)
    return x, y


def many_to_degrees(xs: "list[float]", ys: "list[float]", projection: str) -> tuple[list[float], list[float]]:
    """The same for many points of one system at once."""
    if projection == "WGS84":
        return xs, ys
    longitudes, latitudes = _transformer(projection, "WGS84").transform(xs, ys)
    return list(longitudes), list(latitudes)


def mercator(longitude: float, latitude: float) -> tuple[float, float]:
    """Metres of the web's maps."""
    bounded = max(min(latitude, 85.05112878), -85.05112878)
    return math.radians(longitude) * EARTH, math.log(math.tan(math.pi / 4 + math.radians(bounded) / 2)) * EARTH


def tile_of(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """(column, row) of the map tile that holds a point."""
    x, y = mercator(longitude, latitude)
    size = 2**zoom
    column, row = int((x + EDGE) / (2 * EDGE) * size), int((EDGE - y) / (2 * EDGE) * size)
    return min(max(column, 0), size - 1), min(max(row, 0), size - 1)


def tile_bounds(zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
    """(west, south, east, north) of a tile in degrees. Raises ValueError for a tile that does not exist."""
    size = 2**zoom
    if not (0 <= zoom <= 24 and 0 <= column < size and 0 <= row < size):
        raise ValueError(f"no tile {zoom}/{column}/{row}")
    west, east = column / size * 360 - 180, (column + 1) / size * 360 - 180
    return west, _latitude(row + 1, size), east, _latitude(row, size)


def _latitude(row: int, size: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / size))))


def many_from_degrees(
    longitudes: "list[float]", latitudes: "list[float]", projection: str
) -> tuple[list[float], list[float]]:
    """Many points in one of the systems of the table, at once."""
    if projection == "WGS84":
        return longitudes, latitudes
    xs, ys = _transformer("WGS84", projection).transform(longitudes, latitudes)
    return list(xs), list(ys)
