"""A network on the map, and a folder of tiles of its own for each test."""

import gzip

import pytest

from chappe.apps.cartography import links
from chappe.core.network.geo import tile_of
from tests.support import people
from tests.support import rows_cartography as made
from tests.support.tiles import decode


@pytest.fixture(autouse=True)
def _own_tiles(settings, tmp_path):
    settings.DATA = tmp_path
    links.forget()


@pytest.fixture
def network(db):
    return made.network()


@pytest.fixture
def tile(client):
    """``tile(user, zoom)``: the tile over the PM as the user gets it, read back."""

    def ask(user, zoom, column=None, row=None, **headers):
        client.force_login(user)
        if column is None:
            column, row = tile_of(made.EAST, made.NORTH, zoom)
        answer = client.get(f"/cartography/tiles/{zoom}/{column}/{row}.mvt", headers=headers)
        answer.read_back = decode(gzip.decompress(answer.content)) if answer.status_code == 200 else {}
        return answer

    return ask


@pytest.fixture
def visitor(db):
    """Somebody of the house whose roles give nothing."""
    return people.UserFactory(username="visitor")
