"""Points become cells that a map tile finds between two numbers."""

import pytest
from django.db import IntegrityError, transaction

from chappe.apps.network.cells import ZOOM, cell_of, cell_range
from chappe.apps.network.models import Building, Splice
from chappe.core.network.geo import tile_of
from tests.support import rows_network


@pytest.mark.parametrize(("longitude", "latitude"), [(5.5009, 47.0756), (55.4504, -20.8823), (-61.5, 16.2), (0.0, 0.0)])
@pytest.mark.parametrize("zoom", [0, 5, 12, 16, ZOOM])
def test_a_point_is_inside_the_range_of_its_tile_and_of_no_other(longitude, latitude, zoom):
    cell = cell_of(longitude, latitude)
    column, row = tile_of(longitude, latitude, zoom)
    low, high = cell_range(zoom, column, row)
    assert low <= cell <= high
    if zoom:
        other = cell_range(zoom, column ^ 1, row)
        assert not other[0] <= cell <= other[1]


def test_what_has_no_point_has_no_cell():
    assert cell_of(None, 47.0) is None
    with pytest.raises(ValueError, match="21"):
        cell_range(21, 0, 0)


@pytest.mark.django_db
def test_a_point_given_in_lambert_is_placed(db):
    row = rows_network.pm(None, "a")
    assert (round(row.longitude, 2), round(row.latitude, 2)) == (5.5, 46.92)
    assert row.cell == cell_of(row.longitude, row.latitude)


@pytest.mark.django_db
def test_an_address_is_folded_for_the_search():
    row = Building(street="DE L’ÉGLISE", number=12, number_suffix="B", city="Besançon")
    row.fold()
    assert row.search == "de l eglise 12 b besancon"
    assert row.address == "12B DE L’ÉGLISE, Besançon"


@pytest.mark.django_db
def test_a_splice_joins_two_fibres_or_ends_on_a_socket():
    joined = rows_network.splice(None, "a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Splice.objects.create(a=joined.a)
    assert Splice.objects.count() == 1
