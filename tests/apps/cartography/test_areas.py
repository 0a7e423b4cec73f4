"""A drawn shape: what is counted in it is what its list and its exports hold."""

import random

import pytest

from chappe.apps.network import areas as network_areas
from chappe.apps.network.models import Building
from chappe.core.network import areas
from tests.support.rows_cartography import EAST, NORTH, placed

STAR = "5.40,47.00;5.45,47.05;5.50,47.00;5.48,47.06;5.52,47.10;5.46,47.09;5.42,47.14;5.43,47.08;5.38,47.06"
STREET = f"{EAST},{NORTH};{EAST + 0.0008},{NORTH + 0.0005}"


@pytest.mark.parametrize("text", [STAR, "5.40,47.00;5.52,47.14"])
def test_the_database_and_python_agree(text, db):
    draw = random.Random(7)
    rows = []
    for number in range(300):
        row = Building(
            reference=f"IMB/{number}", longitude=draw.uniform(5.36, 5.54), latitude=draw.uniform(46.98, 47.16)
        )
        row.place()
        rows.append(row)
    Building.objects.bulk_create(rows)
    corners = areas.read(text)
    wanted = {row.reference for row in rows if areas.holds(corners, row.longitude, row.latitude)}
    assert 0 < len(wanted) < 300
    assert set(Building.objects.filter(network_areas.inside(text)).values_list("reference", flat=True)) == wanted


def test_the_panel_counts_lists_and_exports_the_same_rows(client, alice, network):
    client.force_login(alice)
    page = client.get("/cartography/area/", {"area": STREET})
    shares = {share.url.split("?")[0]: share for share in page.context["shares"]}
    assert {url: share.count.number for url, share in shares.items()} == {
        "/network/building/": 2, "/network/pbo/": 1, "/network/pm/": 1,
    }  # fmt: skip
    assert page.context["states"] == [("deployed", "ok", 2)]
    assert page.context["homes"] == 9
    share = shares["/network/building/"]
    listed = client.get(share.url)
    assert {row.reference for row in listed.context["page"].rows} == {"IMB/1", "IMB/2"}
    text = b"".join(client.get(share.csv).streaming_content).decode()
    assert "IMB/1" in text
    assert "IMB/3" not in text
    assert b"".join(client.get(share.xlsx).streaming_content)[:2] == b"PK"


def test_a_stranger_counts_nothing_lists_nothing(client, bruno, network):
    placed(Building, reference="IMB/4")
    client.force_login(bruno)
    page = client.get("/cartography/area/", {"area": STREET})
    assert page.context["shares"] == []
    assert list(client.get("/network/building/", {"scope": "all", "area": STREET}).context["page"].rows) == []


def test_what_is_no_shape_is_refused(client, alice, network):
    client.force_login(alice)
    assert client.get("/cartography/area/", {"area": "5,47"}).status_code == 400
    assert client.get("/cartography/area/").status_code == 200
    assert list(client.get("/network/building/", {"scope": "all", "area": "x"}).context["page"].rows) == []
