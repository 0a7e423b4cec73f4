"""The page, what it may load, what a click shows; each as far as the reader may see."""

import json
import re

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.cartography import tallies
from chappe.apps.network import courses, services
from chappe.apps.network.models import Cable, Pm
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.screens import registry
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


@pytest.fixture
def cable(network):
    fields = {
        "reference": "CDI-1",
        "pm": network["pm"],
        "capacity": 24,
        "start": network["pm"].reference,
        "end": network["pbo"].reference,
    }
    return services.create(Cable, actor=Actor.system("test"), data=fields)


def test_a_cable_is_clicked_drawn_and_put_back(client, alice, bruno, network, cable):
    client.force_login(alice)
    shown = client.get(f"/cartography/show/cable/{cable.pk}/").content.decode()
    for words in (
        "CDI-1",
        "24 fibres, 2 × 12",
        "0 / 24 · 0 %",
        registry.object_url(network["pbo"]),
        "drawn straight from end to end",
    ):
        assert words in shown
    page = registry.object_url(cable)
    assert f"/cartography/?cable=pk%3A{cable.pk}&amp;draw" in client.get(page).content.decode()
    assert config(client.get(f"/cartography/?cable=pk:{cable.pk}"))["focus"]["layer"] == "cable"
    drawn = "LINESTRING (5.4896 47.0910, 5.4898 47.0910, 5.4899 47.0912)"
    answer = client.post(registry.url("network.cable", "action", pk=cable.pk, name="course"), {"course": drawn})
    assert answer.status_code == 302
    cable.refresh_from_db()
    assert cable.path == "5.4896,47.091 5.4898,47.091 5.4899,47.0912"
    shown = client.get(f"/cartography/show/cable/{cable.pk}/").content.decode()
    assert "38.6" not in shown and "39 m" in shown
    assert "its course (3 points, 39 m)" in client.get(page).content.decode()
    client.force_login(bruno)
    assert client.get(f"/cartography/show/cable/{cable.pk}/").status_code in {403, 404}
    assert client.post(
        registry.url("network.cable", "action", pk=cable.pk, name="course"), {"course": ""}
    ).status_code in {403, 404}
    client.force_login(alice)
    back = registry.url("network.cable", "action", pk=cable.pk, name="course-back")
    assert client.post(back).status_code == 302
    assert Cable.objects.get().path == ""
    client.post(back)
    assert Cable.objects.get().path == cable.path


@pytest.mark.parametrize(
    ("given", "projection", "kept"),
    [
        ('{"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[5.49, 47.09, 210], [5.5, 47.09, 211]]}}', "", "5.49,47.09 5.5,47.09"),
        ('{"type": "MultiLineString", "coordinates": [[[5.49, 47.09], [5.5, 47.09]], [[5.6, 47], [5.7, 47]]]}', "", "5.49,47.09 5.5,47.09;5.6,47.0 5.7,47.0"),
        ("LINESTRING (889739.99 6666932.82, 889800 6667000)", "", "5.50094,47.0756 5.501759,47.076187"),
        ("  ", "", ""),
    ],
)  # fmt: skip
def test_a_course_is_pasted_as_map_tools_write_it(given, projection, kept):
    assert courses.read(given, projection) == kept


@pytest.mark.parametrize(
    "given",
    ["a line", "LINESTRING (5.49 47.09)", "POINT (5 47)", '{"type": "Point", "coordinates": [5, 47]}', "{", '{"type": "LineString", "coordinates": [[500, 47], [5, 47]]}',
     '{"type": "LineString", "coordinates": "ab"}', "LINESTRING (5.49 47.09, 5.49 47.09)",
     '{"type": "LineString", "coordinates": [[' + "9" * 400 + ', 47], [5, 47]]}'],
)  # fmt: skip
def test_what_is_no_line_is_refused(given):
    with pytest.raises(ValidationError):
        courses.read(given)


def test_a_course_whose_coordinates_are_swapped_is_refused(cable):
    with pytest.raises(ValidationError, match="30 km"):
        courses.set_course(actor=Actor.system("test"), cable=cable, path="47.091,5.4896 47.0912,5.4899")
    assert (Cable.objects.get().path, AuditEntry.objects.filter(verb=courses.DRAWN).count()) == ("", 0)
