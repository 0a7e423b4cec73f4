"""The whole house in a real browser, as its people use it: each page without a fault in the console (fixtures look).

Calls are rated here by the test, in the place of a worker; everything else is done by clicks and keys.
"""

import csv
import io
import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from chappe.apps.usage.models import Call, UsageBatch
from chappe.kit.jobs.runner import run_pending
from chappe.kit.screens import registry
from tests.support import rows
from tests.support.browser import settled
from tests.support.calls import V091, price_list, rated, strong, v091_calls

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def bruno(bruno):
    return strong(bruno)


@pytest.fixture
def version(bruno):
    return rows.version(bruno.organisation, "v091")


@pytest.fixture
def worked(bruno, version):
    return rated(v091_calls(), version, bruno.organisation, name="march.csv")


#: True when something else than one colour was drawn.
PAINTED = """canvas => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 4; i < data.length; i += 4) if (data[i + 3] !== data[3] || data[i] !== data[0]) return true;
    return false;
}"""


def test_the_dashboard_draws_its_charts_and_speaks_both_languages(page_for, bruno, worked):
    page = page_for(bruno)
    page.goto("/")
    settled(page)
    drawn = page.locator("canvas[data-drawn]")
    assert drawn.count() >= 2
    assert [canvas.evaluate(PAINTED) for canvas in drawn.all()] == [True] * drawn.count()
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator(".ch-top .ch-language:visible button[value=fr]").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("h1")).to_have_text("Bonjour Bruno")
    page.locator(".ch-top .ch-language:visible button[value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_calls_are_filtered_by_typing_exported_and_explained(page_for, bruno, worked):
    page = page_for(bruno)
    page.goto("/usage/call/?scope=all")
    table = page.locator("#ch-list tbody tr")
    expect(table).to_have_count(8)
    page.locator("#f-call_id").press_sequentially("slots")
    expect(table).to_have_count(2)
    assert "call_id=slots" in page.url
    page.locator("#ch-list-export summary").click()
    with page.expect_download() as download:
        page.locator("#ch-list-export a", has_text="CSV").first.click()
    text = download.value.path().read_text("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))
    assert len(lines) == 3
    page.locator("#ch-list tbody a.ch-ref, #ch-list tbody a", has_text="slots-2-decimals").first.click()
    page.wait_for_url("**/usage/call/*-*/")
    settled(page)
    # 0.10 to connect, 60 s at 0.12 a minute, 40 s in steps of 6 s (42 s) at 0.06: 0.262, up to the cent
    expect(page.locator(".tf-total")).to_contain_text("0.27")
    assert page.locator(".tf-steps li").count() >= 3


def test_a_file_dropped_on_the_page_is_rated_and_followed(page_for, bruno, version, tmp_path):
    file = tmp_path / "dropped.csv"
    file.write_text(v091_calls())
    page = page_for(bruno)
    page.goto("/usage/upload/")
    page.set_input_files("input[name=file]", file)
    page.select_option("select[name=version]", str(version.pk))
    page.locator("form.ch-form [type=submit]").click()
    page.wait_for_url("**/usage/batch/*/")
    batch = UsageBatch.objects.get()
    assert batch.state == "waiting"
    jobs = page.context.new_page()
    jobs.goto(batch.job.get_absolute_url())
    expect(jobs.locator("#job-live")).to_contain_text("In the queue")
    assert run_pending() == 1
    # both pages follow by themselves
    expect(jobs.locator("#job-live progress")).to_be_visible(timeout=60_000)
    expect(page.locator(".ch-tiles").first).to_contain_text("8", timeout=60_000)
    jobs.goto("/jobs/job/?scope=all")
    expect(jobs.locator("#ch-list tbody tr")).to_have_count(1)
    jobs.close()
    assert {call.call_id: call.total for call in Call.objects.all()} == V091
    page.goto("/audit/entry/")
    expect(page.locator("#ch-list tbody")).to_contain_text("dropped.csv")


def test_the_simulator_tells_the_difference(page_for, bruno, worked):
    second = price_list(bruno.organisation, [("33", "France", "0,06")])
    page = page_for(bruno)
    page.goto("/usage/simulation/new/")
    page.fill("input[name=name]", "cheaper France")
    page.select_option("select[name=month]", "2015-12")
    page.select_option("select[name=first]", str(worked.version.pk))
    page.select_option("select[name=second]", str(second.pk))
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("**/usage/simulation/*/")
    assert run_pending() >= 1  # the file of calls had its own job too
    page.reload()
    settled(page)
    # 600 s on Christmas day: 0.10 with the first, 600 s at 0.06 a minute = 0.60 with the second
    expect(page.locator(".ch-tiles")).to_contain_text("0.50")


def test_pages_of_tariffs_open_on_a_desk_and_on_a_phone(page_for, bruno, version):
    for phone in (False, True):
        page = page_for(bruno, phone=phone)
        for address in (
            "/tariffs/plan/", f"/tariffs/plan/{version.plan_id}/", f"/tariffs/version/{version.pk}/", "/tariffs/search/",
            "/tariffs/compare/", "/tariffs/explain/", "/tariffs/load/",
        ):  # fmt: skip
            answer = page.goto(address)
            settled(page)
            assert answer.status == 200, address
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{address} is {wide} px wider than the {'phone' if phone else 'screen'}"
    page.locator("[data-drawer-open]").click()
    expect(page.locator(".ch-side")).to_be_visible()
    page.locator(".ch-side a[href='/usage/call/']").click()
    page.wait_for_url("**/usage/call/")
    expect(page.locator(".ch-empty")).to_be_visible()


def test_a_key_made_on_screen_opens_the_api(page_for, site, bruno, chloe, worked):
    page = page_for(bruno)
    page.goto("/api/key/new/")
    page.fill("input[name=name]", "billing")
    page.locator("main form [data-main]").click()
    key = page.locator("#key").inner_text()
    page.goto("/api/key/")
    expect(page.locator("#ch-list tbody tr")).to_have_count(1)
    assert key not in page.content()

    def asked(path: str) -> dict:
        request = urllib.request.Request(site.at(path), headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    listed = asked("/api/v1/usage/call/?scope=all")
    assert {row["call_id"] for row in listed["results"]} == set(V091)
    with pytest.raises(urllib.error.HTTPError) as refused:
        key = "chp_aaaaaaaa_wrong"
        asked("/api/v1/usage/call/")
    assert refused.value.code == 401
    page.goto("/api/v1/docs/")
    settled(page)


@pytest.mark.parametrize("part", range(3))
def test_every_list_opens_without_a_fault(part, page_for, alice, worked):
    page = page_for(alice)
    for screen in registry.screens()[part::3]:
        answer = page.goto(registry.url(screen.slug))
        settled(page)
        assert answer.status == 200, screen.slug
        assert page.locator("h1").inner_text().strip(), screen.slug
