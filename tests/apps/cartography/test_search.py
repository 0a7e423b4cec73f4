"""Where is it: ours first, as people write it; a stranger's answers are none of ours."""

import io

import pytest

from chappe.apps.cartography.search import find
from chappe.connectors import geocoder
from tests.support import people
from tests.support.rows_cartography import EAST, NORTH


def labels(found):
    return [(each["label"], each["layer"]) for each in found]


@pytest.fixture
def dole(network):
    return people.CommuneFactory(name="Dole", insee="39198", population=23_000, longitude=EAST, latitude=NORTH)


@pytest.mark.parametrize(
    "text", ["12 rue des Tanneurs Dole", "12 tanneurs", "12 rue des tanneurs, 39100 Dole", "tanneurs 12"]
)
def test_an_address_is_found_however_it_is_written(text, alice, dole):
    assert labels(find(text, alice))[0] == ("12 RUE DES TANNEURS", "building")


def test_accents_do_not_matter(alice, dole):
    assert labels(find("place Grévy", alice)) == [("2 PLACE GREVY", "building")]


def test_a_number_that_is_not_there_leads_to_its_neighbours(alice, dole):
    assert labels(find("15 rue des tanneurs dole", alice)) == [
        ("14 RUE DES TANNEURS", "building"),
        ("12 RUE DES TANNEURS", "building"),
    ]


def test_references_communes_and_coordinates(alice, dole, network):
    assert labels(find("fi-39198", alice)) == [("FI-39198-0001", "pm")]
    assert labels(find("IMB/1", alice)) == [("IMB/1", "building")]
    assert labels(find("dole", alice))[0] == ("Dole", "")
    [place] = find("47.0910, 5.4896", alice)
    assert (place["longitude"], place["latitude"]) == (5.4896, 47.0910)
    [place] = find("890000 6650000", alice)
    assert (round(place["longitude"], 3), round(place["latitude"], 3)) == (5.497, 46.923)
    assert find("d", alice) == []


def test_a_stranger_finds_no_building(bruno, dole):
    assert labels(find("12 rue des tanneurs dole", bruno)) == []
    assert labels(find("FI-39198", bruno)) == []


def test_the_geocoder_is_asked_only_when_it_is_set(alice, dole, monkeypatch):
    asked = []

    def answer(request, timeout):
        asked.append((request.full_url, timeout))
        return io.BytesIO(
            b'{"features":[{"geometry":{"coordinates":[5.5,47.1]},"properties":{"label":"1 Rue d\'Ailleurs"}},{"geometry":null}]}'
        )

    monkeypatch.setattr(geocoder.urllib.request, "urlopen", answer)
    assert find("1 rue d'ailleurs", alice) == []
    assert asked == []
    monkeypatch.setenv("CHAPPE_MAP_GEOCODER", "https://geocoder.example/?q={q}")
    assert labels(find("1 rue d'ailleurs", alice)) == [("1 Rue d'Ailleurs", "")]
    assert asked == [("https://geocoder.example/?q=1%20rue%20d%27ailleurs", geocoder.PATIENCE)]


def test_a_geocoder_that_fails_is_not_heard_of(alice, dole, monkeypatch):
    def fails(request, timeout):
        raise TimeoutError

    monkeypatch.setattr(geocoder.urllib.request, "urlopen", fails)
    monkeypatch.setenv("CHAPPE_MAP_GEOCODER", "https://geocoder.example/?q={q}")
    assert labels(find("12 rue des tanneurs", alice)) == [("12 RUE DES TANNEURS", "building")]
    assert geocoder.search("ftp://geocoder.example/{q}", "x") == []
    assert geocoder.places(b'[1, {"features": 3}]') == []
