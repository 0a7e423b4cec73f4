"""Totals by each dimension, their page and exports; lines held at once."""

import datetime as dt

import fastexcel
import pytest
from django.urls import reverse

from chappe.apps.usage import labels, totals, traffic
from chappe.apps.usage.models import Call
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db
CENT = 10_000_000


@pytest.fixture
def october(bruno):
    sell = price_list(bruno.organisation, made.MINUTE_PRICES)
    buy = price_list(bruno.organisation, [("33", "France", "0.02")])
    of = {"sell_version": sell.pk, "buy_version": buy.pk}
    stream = made.batch(bruno.organisation)
    made.commit(
        stream,
        "c1",
        made.row(0, **of, customer=7),  # Monday 5 October 2026, 12:00 in Paris
        made.row(10, **of, ext="202", seconds=600, trunk="T9002", customer=8),
        made.incoming(65, ext="202", asked="201", reached="202", transferred=True, seconds=30),
        made.incoming(70, answered=False, reached="", seconds=0, ring=20),
        made.row(1500, **of, number="33612345678", shown="33612345678", kind="mobile"),
    )
    return stream


def sums(slug: str, **test) -> dict:
    rows = totals.totals(Call.objects.filter(**test), totals.dimension(slug))
    return {row.name: (row.calls, row.seconds, row.total) for row in rows}


def test_by_extension(october):
    assert sums("ext") == {"202": (2, 630, 60 * CENT), "201": (3, 120, 18 * CENT)}


def test_by_the_other_dimensions(october):
    assert sums("way") == {"Outgoing": (3, 720, 78 * CENT), "Incoming": (2, 30, 0)}
    assert sums("kind", way="out") == {"National": (2, 660, 66 * CENT), "Mobile": (1, 60, 12 * CENT)}
    assert list(sums("day")) == ["5 Oct 2026", "6 Oct 2026"]
    assert {name: row[0] for name, row in sums("hour").items()} == {"12–13 h": 2, "13–14 h": 3}
    assert {name: row[0] for name, row in sums("weekday").items()} == {"Monday": 4, "Tuesday": 1}
    assert {name: row[0] for name, row in sums("trunk").items()} == {"T9001": 4, "T9002": 1}
    assert sums("month") == {"2026-10": (5, 750, 78 * CENT)}


def test_a_day_without_its_call_is_told_in_order(october):
    rows = totals.totals(Call.objects.all(), totals.dimension("customer"))
    assert [(row.value, row.calls) for row in rows] == [(8, 1), (None, 3), (7, 1)]
    assert [row.name for row in rows] == ["n° 8", "not told", "n° 7"]


def test_names_come_from_who_registered_them(october, monkeypatch):
    for store in ("_registered", "_urls", "_searches", "_choices"):
        monkeypatch.setattr(labels, store, {})
    labels.register("customer", lambda ids: {7: "Mairie"}, search=lambda text: {7} if text == "mai" else set())
    assert set(sums("customer")) == {"Mairie", "n° 8", "not told"}
    assert [call.customer_name for call in Call.objects.filter(customer_name__icontains="mai")] == ["Mairie"]
    assert Call.objects.filter(customer_name__icontains="=8").count() == 1
    assert Call.objects.filter(customer_name__icontains="else").count() == 0


def test_the_grand_total_counts_everything(october):
    whole, groups = totals.grand_total(Call.objects.all(), totals.dimension("ext"))
    assert (groups, whole.calls, whole.answered, whole.lost, whole.total) == (2, 5, 4, 1, 78 * CENT)
    assert (whole.buy, whole.margin, whole.mean) == (24 * CENT, 54 * CENT, 188)
    nothing, none = totals.grand_total(Call.objects.filter(ext="999"), totals.dimension("ext"))
    assert (nothing.calls, nothing.total, none) == (0, 0, 0)


@pytest.mark.parametrize(
    ("test", "lines"),
    [
        ({"lost": True}, [4]),
        ({"transferred": True}, [3]),
        ({"asked": "201"}, [3, 4]),
        ({"reached": "202"}, [3]),
        ({"way": "in"}, [3, 4]),
        ({"ring__gte": 20}, [4]),
        ({"total__gte": 12 * CENT}, [2, 5]),
        ({"weekday__in": [2]}, [5]),
        ({"hour__gte": 13, "hour__lte": 13}, [3, 4, 5]),
        ({"margin__gte": 10 * CENT}, [2, 5]),
        ({"kind": "mobile"}, [3, 4, 5]),
    ],
)
def test_every_filter_of_the_list(october, test, lines):
    assert [call.line for call in Call.objects.filter(**test).order_by("line")] == lines


def test_lists_are_ordered_by_what_is_computed(october):
    assert [call.line for call in Call.objects.order_by("-margin", "line")][:2] == [2, 5]


def page(client, **params):
    return client.get(reverse("screens:usage.totals"), params)


def test_the_page_links_back_to_the_list(october, bruno, client):
    client.force_login(bruno)
    told = page(client, by="ext", way="out")
    assert told.status_code == 200
    links = {row.name: url for row, url, _amounts in told.context["rows"]}
    assert links["202"].endswith("way=out&scope=month&ext=202")
    listed = client.get(links["202"])
    assert listed.content.decode().count(f"/usage/call/{october.pk}-2/") >= 1
    assert f"/usage/call/{october.pk}-1/" not in listed.content.decode()


def test_the_page_of_a_stranger_is_empty(october, chloe, client):
    client.force_login(chloe)
    told = page(client, scope="all")
    assert told.status_code == 200
    assert told.context["rows"] == []
    assert "No call here" in told.content.decode()


def test_a_wrong_value_gives_no_row_and_says_why(october, bruno, client):
    client.force_login(bruno)
    told = page(client, start_from="soon", by="nothing")
    assert told.context["rows"] == []
    assert told.context["errors"]


def test_exports_have_every_line_and_the_total(october, bruno, client):
    client.force_login(bruno)
    text = page(client, by="ext", scope="all", export="csv").content.decode()
    assert text.splitlines()[0].startswith("Extension,Calls,Answered")
    assert text.splitlines()[1:] == [
        "202,2,2,0,0,630,315,5,0.6,0.2,0.4",
        "201,3,2,1,0,120,60,10,0.18,0.04,0.14",
        "Total,5,4,1,0,750,188,8,0.78,0.24,0.54",
    ]
    workbook = fastexcel.read_excel(page(client, by="ext", scope="all", export="xlsx").content)
    table = workbook.load_sheet(0).to_polars()
    assert table.rows()[0][:2] == ("202", 2)
    assert table.rows()[2][8] == 0.78


def test_lines_held_hour_by_hour(bruno):
    stream = made.batch(bruno.organisation)
    ten = dt.datetime(2026, 10, 5, 10, tzinfo=dt.UTC)
    made.commit(
        stream,
        "c1",
        made.row(1, start=ten, ring=0, seconds=1800),
        made.row(2, start=ten + dt.timedelta(minutes=15), ring=0, seconds=3600, trunk="T9002"),
        made.row(3, start=ten + dt.timedelta(minutes=30), ring=0, seconds=600),
        made.row(4, start=ten, way="int", seconds=3600, trunk=""),
    )
    whole, first, second = traffic.day_of(Call.objects.all(), dt.date(2026, 10, 5))
    busy = whole.busy
    assert (busy.at.hour, busy.calls, busy.peak) == (12, 3, 2)  # 10:00 UTC is noon in Paris
    assert busy.erlangs == pytest.approx((30 + 45 + 10) / 60)
    assert {hour.at.hour: hour.erlangs for hour in whole.hours if hour.erlangs} == {
        12: pytest.approx(85 / 60),
        13: pytest.approx(15 / 60),
    }
    assert (first.trunk, first.busy.erlangs, first.peak) == ("T9002", pytest.approx(0.75), 1)
    assert (second.trunk, second.peak, second.calls) == ("T9001", 1, 2)
    assert whole.lines(0.01) == 6
    assert traffic.day_of(Call.objects.all(), dt.date(2026, 10, 9)) == []


def test_a_call_over_midnight_counts_in_both_days_and_clocks_change(bruno):
    stream = made.batch(bruno.organisation)
    late = dt.datetime(2026, 10, 24, 21, 30, tzinfo=dt.UTC)  # 23:30 in Paris, the night the clocks go back
    made.commit(stream, "c1", made.row(1, start=late, ring=0, seconds=3600))
    before, after = (traffic.day_of(Call.objects.all(), dt.date(2026, 10, day))[0] for day in (24, 25))
    assert [hour.erlangs for hour in before.hours if hour.erlangs] == [0.5]
    assert [hour.erlangs for hour in after.hours if hour.erlangs] == [0.5]
    assert (len(before.hours), len(after.hours), after.hours[0].peak, after.calls) == (24, 25, 1, 0)


def test_the_page_of_traffic(october, bruno, chloe, client):
    client.force_login(bruno)
    told = client.get(reverse("screens:usage.traffic"))
    assert told.status_code == 200
    assert told.context["day"] == dt.date(2026, 10, 5)
    assert "T9002" in told.content.decode()
    client.force_login(chloe)
    empty = client.get(reverse("screens:usage.traffic"))
    assert "No call of a PBX yet" in empty.content.decode()
