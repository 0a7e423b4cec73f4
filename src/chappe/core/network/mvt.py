"""Mapbox Vector Tiles 2.1 written by hand: points and lines of a map tile as the bytes that a web map reads.

Only what a network needs: points, lines, and attributes that are texts or whole numbers (None is left out; yes and no are 1
and 0). Nothing here knows what a point means, and nothing is read from anywhere. Source: the Mapbox Vector Tile specification, version 2.1.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

EXTENT = 4096
HIGHEST = 85.05112878  # latitude of the edge of web maps
Value = str | int
Point = tuple[int, int]
Whole = NDArray[np.int64]

_POINT, _LINE = 1, 2
_VERSION = b"\x78\x02"
_SMALL = 1 << 14


def _varint(value: int) -> bytes:
    """A whole number ≥ 0, seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


#: Every number of fourteen bits, alone and when more follows: a tile writes tens of thousands of them.
_VARINTS = [_varint(number) for number in range(_SMALL)]
_FOLLOWED = [bytes((number & 0x7F | 0x80, number >> 7 | 0x80)) for number in range(_SMALL)]


def varint(value: int) -> bytes:
    """A whole number ≥ 0 as the wire writes it."""
    if value < _SMALL:
        return _VARINTS[value]
    return _FOLLOWED[value & _SMALL - 1] + varint(value >> 14)


def zigzag(value: int) -> int:
    """A signed number as an unsigned one that stays small: 0, -1, 1, -2 → 0, 1, 2, 3."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def _field(number: int, payload: bytes) -> bytes:
    """A field that says its length (wire type 2)."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


class Frame:
    """A tile as a sheet of EXTENT × EXTENT: degrees in, whole numbers out (x to the east, y to the south)."""

    def __init__(self, zoom: int, column: int, row: int) -> None:
        self.scale = (1 << zoom) * EXTENT
        self.left, self.top = column * EXTENT, row * EXTENT

    def at(self, longitude: float, latitude: float) -> Point:
        """Where a point stands; outside of 0…EXTENT when it is outside of the tile."""
        sine = math.sin(math.radians(max(min(latitude, HIGHEST), -HIGHEST)))
        x = (longitude + 180) / 360 * self.scale
        y = (0.5 - math.atanh(sine) / math.tau) * self.scale
        return math.floor(x) - self.left, math.floor(y) - self.top

    def many(self, longitudes: ArrayLike, latitudes: ArrayLike) -> tuple[Whole, Whole]:
        """The same for many points at once: all x, all y, in the shape that was given."""
        bounded = np.radians(np.clip(np.asarray(latitudes, dtype=float), -HIGHEST, HIGHEST))
        x = (np.asarray(longitudes, dtype=float) + 180) / 360 * self.scale
        y = (0.5 - np.arctanh(np.sin(bounded)) / math.tau) * self.scale
        return np.floor(x).astype(np.int64) - self.left, np.floor(y).astype(np.int64) - self.top


class Layer:
    """One layer of a tile: features that share a table of keys and a table of values."""

    def __init__(self, name: str, keys: Sequence[str]) -> None:
        self.name, self.keys = name, tuple(keys)
        self._values: dict[Value, int] = {}
        self._tags: dict[tuple[Value | None, ...], bytes] = {}
        self._features: list[bytes] = []

    def __len__(self) -> int:
        return len(self._features)

    def point(self, pk: int, at: Point, values: tuple[Value | None, ...] = ()) -> None:
        """Add a point. ``values`` stand in the order of the keys; None is left out."""
        geometry = b"\x09" + varint(zigzag(at[0])) + varint(zigzag(at[1]))
        self._add(pk, _POINT, geometry, values)

    def line(self, pk: int, points: Sequence[Point], values: tuple[Value | None, ...] = ()) -> None:
        """Add a line of two points or more. Raises ValueError for fewer."""
        if len(points) < 2:
            raise ValueError("a line has two points at least")
        geometry = b"\x09" + varint(zigzag(points[0][0])) + varint(zigzag(points[0][1]))
        geometry += varint(len(points) - 1 << 3 | 2)
        for (x0, y0), (x1, y1) in pairwise(points):
            geometry += varint(zigzag(x1 - x0)) + varint(zigzag(y1 - y0))
        self._add(pk, _LINE, geometry, values)

    def _add(self, pk: int, kind: int, geometry: bytes, values: tuple[Value | None, ...]) -> None:
        tags = self._tags.get(values)
        if tags is None:
            tags = self._tags[values] = self._tagged(values)
        shape = b"\x18\x01\x22" if kind == _POINT else b"\x18\x02\x22"
        body = b"".join((b"\x08", varint(pk), tags, shape, varint(len(geometry)), geometry))
        self._features.append(b"\x12" + varint(len(body)) + body)

    def _tagged(self, values: tuple[Value | None, ...]) -> bytes:
        """The packed pairs (key, value) of a feature."""
        packed = b""
        for key, value in enumerate(values):
            if value is not None:
                place = self._values.setdefault(value, len(self._values))
                packed += varint(key) + varint(place)
        return b"\x12" + varint(len(packed)) + packed if packed else b""

    def encoded(self) -> bytes:
        """The layer as the wire writes it; nothing for a layer without a feature."""
        if not self._features:
            return b""
        parts = [_VERSION, _field(1, self.name.encode()), *self._features]
        parts += [_field(3, key.encode()) for key in self.keys]
        parts += [_field(4, _value(value)) for value in self._values]
        parts.append(b"\x28" + varint(EXTENT))
        return _field(3, b"".join(parts))


def _value(value: Value) -> bytes:
    """One row of the table of values."""
    if isinstance(value, int):
        return b"\x28" + varint(value) if value >= 0 else b"\x30" + varint(zigzag(value))
    return _field(1, value.encode())


def tile(layers: Iterable[Layer]) -> bytes:
    """The bytes of a tile; none at all for a tile where nothing stands."""
    return b"".join(layer.encoded() for layer in layers)


def clipped(a: Point, b: Point, margin: int) -> tuple[Point, Point] | None:
    """The part of a straight line that crosses a tile, ``margin`` units around it included; None when none does.

    Cohen and Sutherland's way: cut at one side after the other.
    """
    low, high = -margin, EXTENT + margin
    (x0, y0), (x1, y1) = a, b
    while True:
        first, second = _side(x0, y0, low, high), _side(x1, y1, low, high)
        if not first | second:
            return (x0, y0), (x1, y1)
        if first & second:
            return None
        out = first or second
        if out & 8:
            x, y = x0 + (x1 - x0) * (high - y0) // (y1 - y0), high
        elif out & 4:
            x, y = x0 + (x1 - x0) * (low - y0) // (y1 - y0), low
        elif out & 2:
            x, y = high, y0 + (y1 - y0) * (high - x0) // (x1 - x0)
        else:
            x, y = low, y0 + (y1 - y0) * (low - x0) // (x1 - x0)
        if out == first:
            x0, y0 = x, y
        else:
            x1, y1 = x, y


def _side(x: int, y: int, low: int, high: int) -> int:
    """Which sides of the tile a point is beyond: left 1, right 2, above 4, below 8."""
    return (1 if x < low else 2 if x > high else 0) | (4 if y < low else 8 if y > high else 0)
