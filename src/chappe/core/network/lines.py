"""Courses of cables: lines in degrees as one short text, and the geometries of files read into them.

A course is parts of points, each (longitude, latitude): ``5.49521,47.09102 5.49533,47.0911;…``. Nothing here reads a file.
"""

import math
import re
import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
RADIUS = 6_371_008.8  # mean radius of the earth, metres
DIGITS = 6  # of a degree: eleven centimetres
# blanks are taken once and for all (*+): a text of blanks alone would else be gone over once for each of them
_WKT = re.compile(r"(?:SRID=\d+[;,]\s*+)?(?:MULTI)?LINESTRING\s*+Z?M?\s*+(\(.*\))\Z", re.IGNORECASE | re.DOTALL)
_PART = re.compile(r"\(([^()]+)\)")
_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000
_LINE, _LINES = 2, 5


def written_path(parts: Iterable[Sequence[Point]]) -> str:
    """The text of a course; parts of one point are left out, points that repeat themselves too."""
    told = []
    for part in parts:
        points = [f"{round(x, DIGITS)},{round(y, DIGITS)}" for x, y in part]
        kept = [point for place, point in enumerate(points) if not place or point != points[place - 1]]
        if len(kept) > 1:
            told.append(" ".join(kept))
    return ";".join(told)


def read_path(text: str) -> list[list[Point]]:
    """The parts of a course as :func:`written_path` wrote them. Raises ValueError for another text."""
    return [[_pair(point) for point in part.split(" ")] for part in text.split(";")] if text else []


def _pair(text: str) -> Point:
    x, _comma, y = text.partition(",")
    return float(x), float(y)


def metres(points: Sequence[Point]) -> float:
    """How long a line in degrees is on the ground, within a few thousandths: the earth is taken as a ball."""
    total = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        a, b = math.radians(y0), math.radians(y1)
        half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(x1 - x0) / 2) ** 2
        total += 2 * RADIUS * math.asin(math.sqrt(min(1.0, half)))
    return total


def middle(parts: Sequence[Sequence[Point]]) -> Point | None:
    """The point half-way along the longest part; None for no line."""
    if not parts:
        return None
    line = max(parts, key=metres)
    left = metres(line) / 2
    for (x0, y0), (x1, y1) in pairwise(line):
        step = metres([(x0, y0), (x1, y1)])
        if step >= left and step > 0:
            share = left / step
            return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
        left -= step
    return line[0]


def read_geometry(raw: str) -> list[list[Point]] | None:
    """Parts of a line of a file: WKT (``LINESTRING (…)``, ``MULTILINESTRING ((…))``) or its binary form in hexadecimal.

    Points are as given, in the system of the file; heights are left out. None for what is no line.
    """
    match = _WKT.match(raw.strip())
    try:
        if match:
            parts = [[_numbers(point) for point in part.split(",")] for part in _PART.findall(match[1])]
        else:
            parts, _end = _binary(bytes.fromhex(raw.strip()), 0)
    except (ValueError, IndexError, struct.error, OverflowError, MemoryError):
        return None
    sound = all(abs(x) < 1e8 and abs(y) < 1e8 for part in parts for x, y in part)
    return [part for part in parts if len(part) > 1] if sound and any(len(part) > 1 for part in parts) else None


def _numbers(text: str) -> Point:
    x, y, *_height = text.split()
    return float(x), float(y)


def _binary(data: bytes, at: int, *, within: bool = False) -> tuple[list[list[Point]], int]:
    """(parts, where the next geometry begins). ``within`` lines there are lines alone: nothing nests deeper."""
    order = "<" if data[at] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", data, at + 1)
    at += 9 if kind & _HAS_SRID else 5
    plain = kind & 0x0FFFFFFF
    wide = 2 + bool(kind & _HAS_Z) + bool(kind & _HAS_M) + (0, 1, 1, 2)[plain // 1000]
    (count,) = struct.unpack_from(order + "I", data, at)
    at += 4
    if plain % 1000 == _LINE:
        if count * wide * 8 > len(data) - at:
            raise ValueError("cut short")
        found = struct.unpack_from(f"{order}{count * wide}d", data, at)
        return [list(zip(found[::wide], found[1::wide], strict=True))], at + count * wide * 8
    if plain % 1000 != _LINES or within:
        raise ValueError("no line")
    parts: list[list[Point]] = []
    for _number in range(count):
        inner, at = _binary(data, at, within=True)
        parts += inner
    return parts, at
