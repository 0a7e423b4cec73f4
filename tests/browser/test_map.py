"""The map in a real browser: drawn by WebGL in software, clicked, searched, filtered; a stranger's stays empty."""

import json
import re

import pytest
from playwright.sync_api import expect

from chappe.apps.cartography import links
from chappe.core.network.geo import from_degrees
from tests.support import rows_cartography as made

pytestmark = pytest.mark.django_db(transaction=True)
STREET = f"#map=17/{made.NORTH}/{made.EAST}"
READY = "() => document.querySelector('#mp[data-ready]') && window.chappeMap.areTilesLoaded()"
DRAWN = "layer => window.chappeMap.queryRenderedFeatures({layers: [layer]}).map(f => f.id).sort()"


@pytest.fixture(autouse=True)
def _own_tiles(settings, tmp_path):
    settings.DATA = tmp_path
    links.forget()


def opened(page, path=f"/cartography/{STREET}"):
    page.goto(path)
    page.wait_for_function(READY, timeout=60_000)
    page.evaluate(
        "() => new Promise(done => { const m = window.chappeMap; m.once('idle', done); m.triggerRepaint(); })"
    )
    return page


def click_on(page, east, north):
    """Where a point of the map stands on the page."""
    at = page.evaluate("p => window.chappeMap.project(p)", [east, north])
    box = page.locator("#mp-map").bounding_box()
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])


def test_things_are_drawn_clicked_searched_and_filtered(page_for, alice):
    net = made.network()
    page = opened(page_for(alice))
    assert page.evaluate(DRAWN, "pm") == [net["pm"].pk]
    assert page.evaluate(DRAWN, "building") == sorted(row.pk for row in net["buildings"])
    click_on(page, net["pm"].longitude, net["pm"].latitude)
    panel = page.locator("#mp-panel")
    expect(panel.locator("h2")).to_contain_text("FI-39198-0001")
    assert f"?pm=pk:{net['pm'].pk}#map=" in page.url
    page.fill("#mp-q", "14 rue des tanneurs")
    page.press("#mp-q", "Enter")
    expect(panel.locator("h2")).to_contain_text("IMB/2")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.locator("input[name=state][value='0']").uncheck()
    page.evaluate(
        "() => new Promise(done => { const m = window.chappeMap; m.once('idle', done); m.triggerRepaint(); })"
    )
    assert set(page.evaluate(DRAWN, "building")) <= {net["buildings"][2].pk}
    page.locator("#mp-view").click()
    expect(panel.locator(".mp-shares li").first).to_contain_text("3")
    told = json.loads(page.locator("#mp-where").get_attribute("data-at"))
    x, y = from_degrees(told[0], told[1], "RGF93")
    assert (told[2], round(told[3] - x, 2), round(told[4] - y, 2)) == ("Lambert-93", 0, 0)


def test_a_stranger_sees_nothing(page_for, bruno):
    made.network()
    from tests.support.calls import strong

    page = opened(page_for(strong(bruno)))
    for layer in ("pm", "prdm", "pbo", "building", "link"):
        assert page.evaluate(DRAWN, layer) == []
    expect(page.locator(".mp-empty")).to_be_visible()
    page.fill("#mp-q", "14 rue des tanneurs")
    expect(page.locator("#mp-found")).to_have_text(re.compile("Nothing was found"))


def test_on_a_phone_the_panel_comes_from_below(page_for, alice):
    net = made.network()
    page = opened(page_for(alice, phone=True), f"/cartography/?building=pk:{net['buildings'][0].pk}{STREET}")
    panel = page.locator("#mp-panel")
    expect(panel.locator("h2")).to_contain_text("IMB/1")
    page.wait_for_function(
        "() => Math.round(document.querySelector('#mp-panel').getBoundingClientRect().bottom) === 844"
    )
    box = panel.bounding_box()
    assert round(box["width"]) == 390
    assert round(box["y"] + box["height"]) == 844
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
