"""The face in a real browser: keyboard, drawer, chosen rows, questions, charts, and no fault in the console."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import settled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.kit.ui.kitchen")]


@pytest.fixture
def shot():
    """Keeps a picture when CHAPPE_SHOTS names a folder; for the eye only."""
    folder = os.environ.get("CHAPPE_SHOTS")

    def take(page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take


def test_every_component_draws_without_a_fault(new_page, shot):
    for phone in (False, True):
        page = new_page(phone=phone, language="fr")
        for path in ("kitchen-sink/", "kitchen-sink/detail/", "kitchen-sink/home/", "nothing-here/"):
            page.goto(f"/{path}")
            settled(page)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the screen"
            shot(page, f"{path.strip('/').replace('/', '-')}-{'390' if phone else '1440'}")


def test_charts_are_drawn_and_their_figures_are_readable(new_page):
    page = new_page(language="fr")
    page.goto("/kitchen-sink/detail/")
    settled(page)
    assert page.locator("canvas[data-drawn]").count() == 2
    page.locator("#chart-days summary").click()
    first = page.locator("#figures-days tbody tr").first
    assert first.locator("th").inner_text() == "01/11"
    assert page.locator(".ch-chart-empty").count() == 1


def test_the_drawer_opens_and_closes_on_a_phone(new_page, shot):
    page = new_page(phone=True, language="fr")
    page.goto("/kitchen-sink/")
    assert not page.locator(".ch-side").is_visible()
    page.locator("[data-drawer-open]").click()
    expect(page.locator(".ch-side")).to_be_visible()
    expect(page.locator("[data-drawer-open]")).to_have_attribute("aria-expanded", "true")
    shot(page, "drawer-390")
    page.keyboard.press("Escape")
    page.locator(".ch-side").wait_for(state="hidden")
    expect(page.locator("[data-drawer-open]")).to_have_attribute("aria-expanded", "false")


def test_the_first_column_stays_while_a_list_slides(new_page):
    page = new_page(phone=True)
    page.goto("/kitchen-sink/")
    settled(page)
    cell = page.locator(".ch-table tbody tr").first.locator("td").nth(1)
    before = cell.bounding_box()["x"]
    page.locator(".ch-scroll").first.evaluate("box => { box.scrollLeft = 300 }")
    assert page.locator(".ch-scroll").first.evaluate("box => box.scrollLeft") == 300
    assert abs(cell.bounding_box()["x"] - before) <= 1


def test_choosing_rows_shows_the_bar_and_asks_before_acting(new_page, shot):
    page = new_page()
    page.goto("/kitchen-sink/")
    assert not page.locator("[data-bulk]").is_visible()
    page.locator("[data-choose]").nth(0).click()
    page.locator("[data-choose]").nth(3).click(modifiers=["Shift"])
    assert page.locator("[data-bulk-count]").inner_text() == "4"
    page.locator("[data-choose-all]").click()
    assert page.locator("[data-bulk-count]").inner_text() == "12"
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("[data-bulk] button").click()
    shot(page, "dialog-1440")
    page.locator("dialog[open] button").first.click()
    assert "POST" not in sent
    page.locator("[data-bulk] button").click()
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("dialog[open] button").last.click()


def test_the_keyboard_moves_in_a_list_and_opens_help(new_page, shot):
    page = new_page()
    page.goto("/kitchen-sink/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tr.here [data-choose]").is_checked()
    assert page.locator("tr.chosen").count() == 1
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    shot(page, "keys-1440")
    page.keyboard.press("Escape")
    page.locator("#keys").wait_for(state="hidden")
    page.evaluate("() => document.activeElement.blur()")  # Enter belongs to a button that has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**/kitchen-sink/detail/", wait_until="commit")


def test_a_blocked_action_says_why(new_page):
    page = new_page()
    page.goto("/kitchen-sink/detail/")
    # sent to the button itself: nobody waits for a disabled one, nor looks where it stands while the page is laid out
    page.locator(".ch-head [aria-disabled=true]").dispatch_event("click")
    expect(page.locator(".ch-toast")).to_have_text("La facture de novembre est émise.")


def test_copying_says_so(new_page):
    page = new_page(language="en")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/kitchen-sink/detail/")
    page.locator("[data-copy-from]").click()
    page.locator(".ch-toast").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "ck_live_9f2c81a0"


def test_the_language_switch_keeps_the_page(new_page):
    page = new_page(language="en")
    page.goto("/kitchen-sink/?page=3")
    page.locator(".ch-top .ch-language:visible button[value=fr]").click()
    page.wait_for_url("**/kitchen-sink/?page=3")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator(".ch-pager").inner_text().startswith("101–150 sur 1")
