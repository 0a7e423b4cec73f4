"""The page, what it may load, what a click shows; each as far as the reader may see."""

import json
import re

import pytest

from chappe.apps.cartography import tallies
from chappe.apps.network.models import Pm
from chappe.kit.ui.middleware import POLICY


def config(answer):
    return json.loads(re.search(r'id="mp-config"[^>]*>(.*?)</script>', answer.content.decode(), re.DOTALL)[1])


def test_the_page_is_given_the_network_and_loads_nothing_from_elsewhere(client, alice, network):
    tallies.refresh()
    client.force_login(alice)
    answer = client.get("/cartography/")
    assert answer["Content-Security-Policy"] == POLICY
    told = config(answer)
    assert told["tiles"] == "/cartography/tiles/{z}/{x}/{y}.mvt"
    west, south, east, north = told["bounds"]
    assert west < network["pm"].longitude < east
    assert south < network["pm"].latitude < north
    assert [row["count"] for row in answer.context["legend"]] == [2, 0, 0, 0, 1, 0]
    assert "http" not in json.dumps(told)


def test_a_base_map_is_a_setting_and_its_hosts_may_be_loaded(client, alice, monkeypatch):
    monkeypatch.setenv("CHAPPE_MAP_BASE", "https://tiles.example/{z}/{x}/{y}.png")
    monkeypatch.setenv("CHAPPE_MAP_HOSTS", "https://glyphs.example/fonts, javascript:x")
    client.force_login(alice)
    answer = client.get("/cartography/")
    rules = dict(rule.strip().split(" ", 1) for rule in answer["Content-Security-Policy"].split(";"))
    assert rules["img-src"] == "'self' https://glyphs.example https://tiles.example data: blob:"
    assert rules["connect-src"] == "'self' https://glyphs.example https://tiles.example"
    assert rules["script-src"] == "'self'"
    assert config(answer)["base"] == "https://tiles.example/{z}/{x}/{y}.png"


def test_an_address_opens_a_thing_or_says_that_it_is_not_there(client, alice, bruno, network):
    client.force_login(alice)
    by_reference = config(client.get("/cartography/?pm=FI-39198-0001"))["focus"]
    assert by_reference == config(client.get(f"/cartography/?pm=pk:{network['pm'].pk}"))["focus"]
    assert (by_reference["layer"], by_reference["pk"]) == ("pm", network["pm"].pk)
    assert "“nowhere” is not on the map" in client.get("/cartography/?pm=nowhere").content.decode()
    client.force_login(bruno)
    answer = client.get("/cartography/?pm=FI-39198-0001")
    assert config(answer)["focus"] is None
    assert [row["count"] for row in answer.context["legend"]] == [0] * 6
    assert answer.context["is_empty"]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("pm", "FI-39198-0001"),
        ("prdm", "PRDM-DOL"),
        ("pbo", "PB-39198-01"),
        ("building", "12 RUE DES TANNEURS, 39100 DOLE"),
    ],
)
def test_a_click_shows_the_thing_to_who_may_see_it(layer, words, client, alice, chloe, network):
    row = network.get(layer) or network["buildings"][0]
    client.force_login(alice)
    text = client.get(f"/cartography/show/{layer}/{row.pk}/").content.decode()
    assert words in text
    assert "Lambert-93" in text
    assert client.get(f"/cartography/show/{layer}/0/").status_code == 404
    assert client.get(f"/cartography/show/other/{row.pk}/").status_code == 404
    client.force_login(chloe)
    assert client.get(f"/cartography/show/{layer}/{row.pk}/").status_code == 404


def test_pages_of_the_network_lead_to_the_map(client, alice, network):
    client.force_login(alice)
    page = client.get(f"/network/pm/{network['pm'].pk}/").content.decode()
    assert f"/cartography/?pm=pk%3A{network['pm'].pk}" in page
    nowhere = Pm.objects.create(reference="PM-NOWHERE")
    assert "It has no coordinates" in client.get(f"/network/pm/{nowhere.pk}/").content.decode()
