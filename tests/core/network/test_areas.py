"""Shapes: read, told apart by squares, and the same points inside however they are asked."""

import random

import pytest

from chappe.core.network import areas
from chappe.core.network.geo import tile_of

STAR = "5.40,47.00;5.45,47.05;5.50,47.00;5.48,47.06;5.52,47.10;5.46,47.09;5.42,47.14;5.43,47.08;5.38,47.06"


def test_two_corners_are_a_rectangle_and_a_closed_shape_is_opened():
    assert areas.read("5,47;6,48") == ((5, 47), (6, 47), (6, 48), (5, 48))
    assert areas.read("5,47;6,47;6,48;5,47;") == ((5, 47), (6, 47), (6, 48))


@pytest.mark.parametrize(
    "text", ["", "5,47", "5;47;6", "a,b;c,d;e,f", "5,47;6,99;7,47", "5,47,1;6,48,1;7,47,1", ";".join(["5,47"] * 150)]
)
def test_what_is_no_shape_is_said(text):
    with pytest.raises(ValueError):
        areas.read(text)


@pytest.mark.parametrize("text", [STAR, "5.40,47.00;5.52,47.14", "5.4,47.0;5.4000001,47.0;5.4,47.0000001"])
def test_squares_and_points_agree(text):
    corners = areas.read(text)
    inside, across = areas.cover(corners)
    assert len(inside) + len(across) <= areas.PIECES
    draw = random.Random(5)
    for _ in range(400):
        point = draw.uniform(5.36, 5.54), draw.uniform(46.98, 47.16)
        squares = {(zoom, *tile_of(*point, zoom)) for zoom in range(21)}
        if squares & set(inside):
            assert areas.holds(corners, *point)
        elif not squares & set(across):
            assert not areas.holds(corners, *point)
