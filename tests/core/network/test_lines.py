"""Courses of cables as text, and the geometries that files hold."""

import struct

import pytest

from chappe.core.network.line_ids import written_line
from chappe.core.network.lines import read_geometry, read_path, written_path


def test_a_course_is_written_short_and_read_back():
    parts = [[(5.49521049, 47.0910201), (5.49521051, 47.09102), (5.5, 47.1)], [(1.0, 2.0)], [(1.0, 2.0), (1.5, 2.0)]]
    text = written_path(parts)
    assert text == "5.49521,47.09102 5.495211,47.09102 5.5,47.1;1.0,2.0 1.5,2.0"
    assert read_path(text) == [[(5.49521, 47.09102), (5.495211, 47.09102), (5.5, 47.1)], [(1.0, 2.0), (1.5, 2.0)]]
    assert (read_path(""), written_path([])) == ([], "")


def hexed(kind, *numbers, order="<"):
    head = struct.pack(order + "BI", 1 if order == "<" else 0, kind)
    return head + struct.pack(f"{order}I{len(numbers)}d", len(numbers) // (3 if kind & 0x80000000 else 2), *numbers)


LINE = [[(1.0, 2.0), (3.0, 4.5)]]


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("LINESTRING (1 2, 3 4.5)", LINE),
        ("SRID=2154;LINESTRING Z (1 2 9, 3 4.5 9)", LINE),
        ("multilinestring((1 2,3 4.5),(5 6,7 8))", [*LINE, [(5.0, 6.0), (7.0, 8.0)]]),
        (hexed(2, 1, 2, 3, 4.5).hex(), LINE),
        (hexed(2, 1, 2, 3, 4.5, order=">").hex(), LINE),
        (hexed(0x80000002, 1, 2, 9, 3, 4.5, 9).hex(), LINE),
        ((struct.pack("<BII", 1, 5, 1) + hexed(2, 1, 2, 3, 4.5)).hex(), LINE),
        ("POINT (1 2)", None),
        ("LINESTRING (1 2)", None),
        ("LINESTRING (1 deux, 3 4)", None),
        ("LINESTRING (1e300 2, 3 4)", None),
        ("0102000000FFFFFFFF0000", None),
        ((struct.pack("<BII", 1, 5, 1) * 20_000 + hexed(2, 1, 2, 3, 4.5)).hex(), None),  # lines in lines in lines…
        ("LINESTRING" + " " * 200_000 + "x", None),  # gone over once for each blank, it would last for minutes
        ("", None),
        ("tracé", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_lines_of_files(raw, parts):
    assert read_geometry(raw) == parts


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("FI-0900-0001", "FI-0900-0001"),
        ("fi09000001", "FI-0900-0001"),
        (" FI 0900 0001 ", "FI-0900-0001"),
        ("FI-O900-OOO1", "FI-O900-OOO1"),
        ("PTO 12 bis", "PTO 12 bis"),
        ("FI-980100010101", "FI-980100010101"),
        ("", ""),
    ],
)
def test_line_identifiers_are_written_one_way(text, written):
    assert written_line(text) == written
