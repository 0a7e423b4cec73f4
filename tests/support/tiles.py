"""A reader of vector tiles, for tests: layer → [(id, "point" or "line", points, attributes)]."""

from typing import Any

KINDS = {1: "point", 2: "line"}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(data: bytes) -> list[tuple[int, Any]]:
    """(number, whole number or bytes) of every field of a message."""
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        assert key & 7 in {0, 2}, f"wire type {key & 7}"
        value, at = _varint(data, at)
        if key & 7 == 2:
            assert at + value <= len(data), "a field goes beyond the end"
            value, at = data[at : at + value], at + value
        found.append((key >> 3, value))
    return found


def _packed(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _signed(value: int) -> int:
    return value >> 1 if value & 1 == 0 else -(value + 1 >> 1)


def _value(data: bytes) -> Any:
    [(number, raw)] = _fields(data)
    assert number in {1, 5, 6}
    return raw.decode() if number == 1 else raw if number == 5 else _signed(raw)


def _geometry(numbers: list[int]) -> list[tuple[int, int]]:
    points, x, y, at = [], 0, 0, 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        assert command in {1, 2}
        at += 1
        for _step in range(count):
            x, y = x + _signed(numbers[at]), y + _signed(numbers[at + 1])
            points.append((x, y))
            at += 2
    return points


def _layer(data: bytes) -> tuple[str, list[tuple[int, str, list[tuple[int, int]], dict[str, Any]]]]:
    fields = _fields(data)
    of = {number: [value for key, value in fields if key == number] for number in (1, 2, 3, 4, 5, 15)}
    assert (of[5], of[15]) == ([4096], [2])
    keys, values = [key.decode() for key in of[3]], [_value(value) for value in of[4]]
    features = []
    for raw in of[2]:
        parts = dict(_fields(raw))
        tags = _packed(parts.get(2, b""))
        told = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        features.append((parts[1], KINDS[parts[3]], _geometry(_packed(parts[4])), told))
    return of[1][0].decode(), features


def decode(data: bytes) -> dict[str, list[tuple[int, str, list[tuple[int, int]], dict[str, Any]]]]:
    """Every layer of a tile."""
    return dict(_layer(value) for number, value in _fields(data) if number == 3)
