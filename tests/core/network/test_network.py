"""Colours, walks and coordinates, on values known from elsewhere."""

import pytest

from chappe.core.network.colours import ORANGE, TIA, Colour, colour_of, in_cable, number_of, parse
from chappe.core.network.geo import from_degrees, meant, system_of, tile_bounds, tile_of, to_degrees
from chappe.core.network.routes import Fault, Splice, Start, walk_all


@pytest.mark.parametrize(
    ("number", "scheme", "label"),
    [
        (1, ORANGE, "rouge"), (6, ORANGE, "blanc"), (12, ORANGE, "rose"), (13, ORANGE, "rouge 1 bague"), (72, ORANGE, "rose 5 bagues"),
        (1, TIA, "bleu"), (8, TIA, "noir"), (12, TIA, "turquoise"), (14, TIA, "orange 1 bague"),
    ],
)  # fmt: skip
def test_colours_of_the_two_schemes(number, scheme, label):
    colour = colour_of(number, scheme)
    assert colour.label == label
    assert number_of(colour, scheme) == number


def test_there_is_no_colour_beyond_five_rings():
    with pytest.raises(ValueError, match="73"):
        colour_of(73)
    with pytest.raises(ValueError, match="0"):
        colour_of(0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("VE", 3), ("vert", 3), ("Vert 1 bague", 15), ("VE-1", 15), ("Marron", 9), ("brun deux bagues", 33), ("aqua", 11), ("73", None), ("mauve", None), ("", None)],
)  # fmt: skip
def test_colours_are_written_in_many_ways(text, number):
    assert parse(text) == number


def test_every_colour_has_a_way_back_from_its_label_and_abbreviation():
    for scheme in (ORANGE, TIA):
        for number in range(1, 73):
            colour = colour_of(number, scheme)
            assert parse(colour.label, scheme) == number
            assert parse(colour.abbreviation, scheme) == number
    assert Colour("vert", 3).abbreviation == "VE3"


@pytest.mark.parametrize(
    ("number", "per_tube", "place"), [(1, 12, (1, 1)), (12, 12, (1, 12)), (13, 12, (2, 1)), (144, 6, (24, 6))]
)
def test_place_of_a_fibre_in_its_cable(number, per_tube, place):
    assert in_cable(number, per_tube) == place


def test_a_walk_from_connector_to_socket():
    # PM connector 1 → fibre 10 → (closure) → 20 → (PBO) → 30 → socket AB-1234-5678, connector 1
    splices = [Splice(1, 20, 10, "BPE"), Splice(2, 20, 30, "PBO"), Splice(3, 30, None, "PTO", "AB-1234-5678", 1)]
    (route,) = walk_all([Start(1, 10)], splices)
    assert (route.fibres, route.splices, route.socket, route.connector) == ((10, 20, 30), (1, 2, 3), "AB-1234-5678", 1)
    assert route.fault is Fault.NONE


def test_a_fibre_in_stock_ends_open():
    (route,) = walk_all([Start(1, 10)], [Splice(1, 10, 20)])
    assert (route.fibres, route.fault) == ((10, 20), Fault.OPEN)


def test_a_loop_and_a_fork_are_told_and_end():
    loop = [Splice(1, 10, 20), Splice(2, 20, 30), Splice(3, 30, 10)]
    assert walk_all([Start(1, 10)], [*loop, Splice(4, 10, 99)])[0].fault is Fault.FORK
    ring = [Splice(1, 10, 20), Splice(2, 20, 30), Splice(3, 30, 20)]
    assert walk_all([Start(1, 10)], ring)[0].fault is Fault.FORK
    twice = [Splice(1, 10, 20), Splice(2, 20, 10)]
    assert walk_all([Start(1, 10)], twice)[0].fault is Fault.FORK


def test_a_fifth_route_to_a_socket_is_one_too_many():
    splices = [Splice(n, n, None, "PTO", "AB-1234-5678", n) for n in range(1, 6)]
    faults = [route.fault for route in walk_all([Start(n, n) for n in range(1, 6)], splices)]
    assert faults == [Fault.NONE] * 4 + [Fault.TOO_MANY]


@pytest.mark.parametrize(
    ("x", "y", "system", "longitude", "latitude"),
    [
        (652469.02, 6862035.26, "RGF93", 2.3522, 48.8566),  # Paris, Hôtel de Ville
        (338735.0, 7690100.0, "RGR92", 55.4504, -20.8823),  # Saint-Denis
        (261863.6, 6250566.7, "WGS84", 2.3524, 48.8566),  # the web's metres under the name WGS84
        (2.3522, 48.8566, "WGS84", 2.3522, 48.8566),
    ],
)
def test_systems_of_the_files(x, y, system, longitude, latitude):
    found = to_degrees(x, y, system)
    assert found == pytest.approx((longitude, latitude), abs=0.003)
    back = from_degrees(*found, meant(system, x, y))
    assert back == pytest.approx((x, y), abs=0.01)


@pytest.mark.parametrize(
    ("insee", "system"),
    [
        ("39198", "RGF93"),
        ("2A004", "RGF93"),
        ("97411", "RGR92"),
        ("97105", "RGAF09"),
        ("97302", "RGFG95"),
        ("97608", "RGM04"),
    ],
)
def test_system_of_a_commune(insee, system):
    assert system_of(insee) == system


def test_a_tile_holds_its_point():
    column, row = tile_of(5.49, 47.09, 14)
    west, south, east, north = tile_bounds(14, column, row)
    assert west <= 5.49 < east
    assert south < 47.09 <= north
    with pytest.raises(ValueError, match="no tile"):
        tile_bounds(2, 4, 0)
