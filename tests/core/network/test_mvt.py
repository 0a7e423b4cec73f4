"""Tiles read back by a decoder of its own, written from the specification and not from the writer."""

import pytest

from chappe.core.network.geo import tile_of
from chappe.core.network.mvt import EXTENT, Frame, Layer, clipped, tile
from tests.support.tiles import decode


def test_points_come_back_with_their_attributes():
    layer = Layer("building", ("state", "dwellings"))
    layer.point(7, (10, 4095), ("DEPLOYE", 12))
    layer.point(2**40, (0, 0), ("CIBLE", 1))
    layer.point(9, (-3, 5000), (None, -4))
    assert decode(tile([layer, Layer("pm", ("ref",))])) == {
        "building": [
            (7, "point", [(10, 4095)], {"state": "DEPLOYE", "dwellings": 12}),
            (2**40, "point", [(0, 0)], {"state": "CIBLE", "dwellings": 1}),
            (9, "point", [(-3, 5000)], {"dwellings": -4}),
        ]
    }


def test_a_number_and_its_text_are_two_values():
    layer = Layer("x", ("v",))
    for pk, value in enumerate((1, "1", 0, "", -1)):
        layer.point(pk, (0, 0), (value,))
    assert [row[3]["v"] for row in decode(tile([layer]))["x"]] == [1, "1", 0, "", -1]


def test_a_line_is_drawn_from_its_first_point():
    layer = Layer("link", ("state",))
    layer.line(1, [(5, 5), (2, 9), (200, -40)], ("PLANIFIE",))
    assert decode(tile([layer])) == {"link": [(1, "line", [(5, 5), (2, 9), (200, -40)], {"state": "PLANIFIE"})]}
    with pytest.raises(ValueError, match="two points"):
        layer.line(2, [(1, 1)])


def test_nothing_is_no_byte():
    assert tile([Layer("pm", ("ref",))]) == b""


def test_a_point_stands_in_the_tile_that_holds_it():
    dole = (5.4896, 47.0925)
    for zoom in (0, 5, 14, 20):
        x, y = Frame(zoom, *tile_of(*dole, zoom)).at(*dole)
        assert 0 <= x < EXTENT and 0 <= y < EXTENT
    assert Frame(1, 1, 0).at(0.0, 0.0) == (0, EXTENT)
    assert Frame(0, 0, 0).at(0.0, 0.0) == (EXTENT // 2, EXTENT // 2)


def test_many_points_stand_where_each_of_them_does():
    frame = Frame(12, *tile_of(5.4896, 47.0925, 12))
    points = [(5.4896 + n / 977, 47.0925 - n / 1013) for n in range(-200, 200)] + [(0.0, 90.0), (-180.0, -90.0)]
    xs, ys = frame.many([x for x, _y in points], [y for _x, y in points])
    alone = [frame.at(*point) for point in points]
    # The two ways of computing a sine may differ in the last bit: never by more than one unit of a tile.
    assert all(
        abs(x - a) <= 1 and abs(y - b) <= 1 for x, y, (a, b) in zip(xs.tolist(), ys.tolist(), alone, strict=True)
    )


@pytest.mark.parametrize(
    ("a", "b", "kept"),
    [
        ((10, 10), (20, 30), ((10, 10), (20, 30))),
        ((-100, 2048), (5000, 2048), ((0, 2048), (4096, 2048))),
        ((2048, -100), (2048, 9000), ((2048, 0), (2048, 4096))),
        ((-100, -100), (-50, 5000), None),
        ((-4000, 2000), (2000, -4000), None),
        ((-1000, 1000), (1000, -1000), ((0, 0), (0, 0))),
    ],
)
def test_lines_are_cut_at_the_edges(a, b, kept):
    assert clipped(a, b, 0) == kept
