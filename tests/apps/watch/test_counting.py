"""What each counter says of calls, exactly at its threshold and just below."""

import datetime as dt
from decimal import Decimal

import pytest

from chappe.apps.watch.models import RiskyPrefix
from tests.support.rows_customers import customer as make_customer

from .conftest import EURO, MONDAY, at, call, put, said

pytestmark = pytest.mark.django_db
SUNDAY = dt.date(2026, 10, 4)
ABROAD = "international, intl-mobile, satellite"


def test_minutes_at_night_and_on_week_ends_add_up_from_their_threshold(customer):
    put(
        call(at(MONDAY, 21), seconds=1200, customer=customer.pk, cents=150),
        call(at(MONDAY, 22), seconds=600, customer=customer.pk, cents=75),
        call(at(MONDAY, 12), seconds=9000, customer=customer.pk),  # in opening hours
        call(at(MONDAY, 23), seconds=9000, customer=customer.pk, number="33144553311", kind="national"),
        call(at(SUNDAY, 12), seconds=1860, customer=customer.pk),
    )
    rule = {
        "counter": "minutes",
        "number_kinds": ABROAD,
        "moments": "outside",
        "days": "12345",
        "hour_from": 7,
        "hour_to": 20,
    }
    found = said(SUNDAY, MONDAY, **rule, warning=Decimal(30), critical=Decimal(31))
    assert [(f.day, f.value, f.severity, f.threshold, f.calls, f.total) for f in found] == [
        (SUNDAY, 1860, "critical", 1860, 1, 0),
        (MONDAY, 1800, "warning", 1800, 2, 225 * EURO // 100),
    ]
    assert {f.customer for f in found} == {customer.pk}
    assert found[1].first == at(MONDAY, 21) and found[1].last == at(MONDAY, 22)
    assert said(SUNDAY, MONDAY, **rule, warning=Decimal(32)) == []


def test_a_holiday_is_outside_of_opening_hours(customer):
    armistice = dt.date(2026, 11, 11)  # a Wednesday
    put(call(at(armistice, 12), seconds=600, customer=customer.pk), month="2026-11")
    rule = {
        "counter": "minutes",
        "moments": "outside",
        "days": "12345",
        "hour_from": 7,
        "hour_to": 20,
        "warning": Decimal(10),
    }
    assert [f.value for f in said(armistice, **rule)] == [600]
    assert said(armistice, **{**rule, "moments": "within"})[0].value == 600


def test_premium_numbers_are_told_from_the_first_call_and_unanswered_ones_are_not(customer):
    put(
        call(at(MONDAY, 9), number="33899123456", kind="sva", customer=customer.pk, cents=300),
        call(at(MONDAY, 10), number="33899123456", kind="sva", seconds=0, customer=customer.pk),
        call(at(MONDAY, 11), number="33144553311", kind="national", customer=customer.pk),
        call(at(MONDAY, 12), number="33899123456", kind="sva", way="in", customer=customer.pk),
    )
    (found,) = said(counter="calls", prefixes="3389", warning=Decimal(1))
    assert (found.value, found.calls, found.total, len(found.sample)) == (1, 1, 3 * EURO, 1)


def test_numbers_of_files_are_read_as_they_were_dialled(db):
    put(
        call(at(MONDAY, 9), number="0899123456", kind=None, way=None, answered=None, account="acme"),
        call(at(MONDAY, 9), number="+88213123456", kind=None, way=None, answered=None, account="acme"),
        call(at(MONDAY, 9), number="0044203000111", kind=None, way=None, answered=None, account="acme"),
    )
    assert [f.value for f in said(counter="calls", prefixes="3389", warning=Decimal(1))] == [1]
    assert [f.value for f in said(counter="calls", number_kinds="sva", warning=Decimal(1))] == [1]
    assert [f.value for f in said(counter="calls", number_kinds="satellite", warning=Decimal(1))] == [1]
    (abroad,) = said(counter="calls", number_kinds="international", warning=Decimal(1))
    assert (abroad.account, abroad.customer, abroad.value) == ("acme", None, 1)


def test_a_burst_of_short_calls_slides_over_its_window(customer):
    ten = [call(at(MONDAY, 9) + dt.timedelta(seconds=n * 60), seconds=9, customer=customer.pk) for n in range(11)]
    long_ones = [call(at(MONDAY, 9, 5), seconds=10, customer=customer.pk)] * 5
    put(*ten, *long_ones)
    rule = {"counter": "short", "window": 10, "short_seconds": 10}
    (found,) = said(**rule, warning=Decimal(10))
    assert (found.value, found.calls, found.first, found.last) == (10, 10, at(MONDAY, 9, 1), at(MONDAY, 9, 10))
    assert said(**rule, warning=Decimal(11)) == []  # the eleventh began ten minutes after the first


def test_a_window_that_straddles_midnight_counts_both_sides(customer):
    before = MONDAY - dt.timedelta(days=1)
    put(call(at(before, 23, 55), customer=customer.pk), call(at(MONDAY, 0, 2), customer=customer.pk))
    (found,) = said(counter="calls", window=10, warning=Decimal(2))
    assert (found.day, found.value, found.calls) == (MONDAY, 2, 2)


def test_calls_a_minute_are_counted_for_each_line(customer):
    put(*[call(at(MONDAY, 9, 0, n), ext=ext, customer=customer.pk) for n in range(3) for ext in ("201", "202")])
    assert [f.value for f in said(counter="calls", window=1, warning=Decimal(3), per="line")] == [3, 3]
    assert [f.value for f in said(counter="calls", window=1, warning=Decimal(6))] == [6]
    assert said(counter="calls", window=1, warning=Decimal(4), per="line") == []


def test_long_calls(customer):
    put(
        call(at(MONDAY, 9), seconds=14_400, customer=customer.pk),
        call(at(MONDAY, 14), seconds=14_399, customer=customer.pk),
    )
    (found,) = said(counter="duration", warning=Decimal(240))
    assert (found.value, found.calls, found.seconds) == (14_400, 1, 14_400)


def test_calls_held_at_once_end_before_the_next_begins(customer):
    put(
        call(at(MONDAY, 9), seconds=600, customer=customer.pk),
        call(at(MONDAY, 9, 5), seconds=600, customer=customer.pk),
        call(at(MONDAY, 9, 10), seconds=600, customer=customer.pk),  # the first has just ended
    )
    (found,) = said(counter="concurrent", warning=Decimal(2))
    assert (found.value, found.calls) == (2, 2)
    assert said(counter="concurrent", warning=Decimal(3)) == []


def test_calls_in_a_row_are_broken_by_another_number(customer):
    a, b = "44203000111", "44203000222"
    put(*[call(at(MONDAY, 9, n), number=number, customer=customer.pk) for n, number in enumerate([a, a, b, a, a, a])])
    (found,) = said(counter="sequential", window=60, warning=Decimal(3))
    assert (found.value, found.first, found.last) == (3, at(MONDAY, 9, 3), at(MONDAY, 9, 5))
    assert found.extra == ""  # the number stands in no alert
    assert said(counter="sequential", window=60, warning=Decimal(4)) == []


def test_a_country_is_new_only_to_who_is_known_and_never_called_it(customer):
    other = make_customer(None, "Young")
    known = MONDAY - dt.timedelta(days=20)
    put(
        call(at(known, 9), number="33144553311", kind="national", customer=customer.pk),
        call(at(known, 9), number="44203000111", customer=customer.pk),
        call(at(MONDAY, 9), number="44203000111", customer=customer.pk),
        call(at(MONDAY, 9), number="18761234567", customer=customer.pk),
        call(at(MONDAY, 9), number="12125550100", customer=other.pk),  # its first day: every country is new
    )
    (found,) = said(counter="country", past_days=90, warning=Decimal(1))
    assert (found.extra, found.customer, found.value) == ("JM", customer.pk, 1)
    assert [
        f.extra for f in said(counter="country", past_days=19, warning=Decimal(1))
    ] == []  # nobody is known over 19 days
    assert [f.extra for f in said(counter="country", past_days=20, warning=Decimal(1))] == ["JM"]


def test_a_dear_day_is_told_against_the_middle_one_and_above_a_floor(customer):
    past = [MONDAY - dt.timedelta(days=n) for n in range(1, 6)]
    for cents, day in zip([100, 200, 300, 400, 5000], past, strict=True):
        put(call(at(day, 12), customer=customer.pk, cents=cents), month=f"{day:%Y-%m}")
    put(call(at(MONDAY, 9), customer=customer.pk, cents=500), call(at(MONDAY, 10), customer=customer.pk, cents=400))
    rule = {"counter": "cost", "past_days": 30, "warning": Decimal(3)}
    (found,) = said(**rule, amount=Decimal(9))
    assert (found.value, found.usual, found.total, found.severity) == (3000, 3 * EURO, 9 * EURO, "warning")
    assert said(**rule, amount=Decimal("9.01")) == []
    assert said(counter="cost", past_days=30, warning=Decimal("3.001"), amount=Decimal(9)) == []
    assert said(counter="cost", past_days=4, warning=Decimal(1), amount=Decimal(1)) == []  # four days make no usual


def test_a_range_called_by_several_customers(customer):
    others = [make_customer(None, name) for name in ("Un", "Deux")]
    who = [customer, *others]
    put(
        *[
            call(at(MONDAY, 9, n * 20), number=f"88213{n}2000", kind="satellite", customer=one.pk)
            for n, one in enumerate(who)
        ]
    )
    rule = {"counter": "spread", "window": 60}
    assert said(**rule, warning=Decimal(3)) == []  # 882130, 882131 and 882132 are three ranges
    put(
        *[
            call(at(MONDAY, 15, n * 20), number=f"882139900{n}", kind="satellite", customer=one.pk)
            for n, one in enumerate(who)
        ]
    )
    (found,) = said(**rule, warning=Decimal(3))
    assert (found.extra, found.value, found.calls, found.customer) == ("882139", 3, 3, None)
    assert said(counter="spread", window=40, warning=Decimal(3)) == []  # forty minutes after the first is outside


def test_the_list_of_risky_prefixes_takes_the_longest(customer, bruno):
    RiskyPrefix.objects.create(prefix="882")
    RiskyPrefix.objects.create(prefix="88213")
    RiskyPrefix.objects.create(prefix="4420", owner=bruno.organisation)  # another operator's list
    put(
        call(at(MONDAY, 9), number="88213123456", customer=customer.pk),
        call(at(MONDAY, 9), number="88299123456", customer=customer.pk),
        call(at(MONDAY, 9), customer=customer.pk),
    )
    assert [(f.extra, f.value) for f in said(counter="listed", warning=Decimal(1))] == [("882", 1), ("88213", 1)]
    RiskyPrefix.objects.all().delete()
    assert said(counter="listed", warning=Decimal(1)) == []


@pytest.mark.parametrize(
    ("day", "cents", "expected"),
    [
        (5, 6000, []),  # before a quarter of the month, what is spent
        (7, 8000, [(800, "warning")]),
        (10, 4000, [(1241, "critical")]),  # then its pace: 240 of the 745 hours of an October have passed
        (10, 2500, []),  # 77,6 %
    ],
)
def test_a_monthly_cap_tells_where_the_pace_leads(customer, day, cents, expected):
    put(call(at(dt.date(2026, 10, day), 9), customer=customer.pk, cents=cents))
    rule = {"counter": "spend", "amount": Decimal(100), "warning": Decimal(80), "critical": Decimal(100)}
    found = said(dt.date(2026, 10, day), now=at(dt.date(2026, 10, day) + dt.timedelta(days=1), 0), **rule)
    assert [(f.value, f.severity) for f in found] == expected


def test_a_daily_cap_and_its_forecast(customer):
    put(call(at(MONDAY, 11), customer=customer.pk, cents=4000))
    rule = {"counter": "spend", "period": "day", "amount": Decimal(100), "warning": Decimal(80)}
    (noon,) = said(now=at(MONDAY, 12), **rule)
    assert (noon.value, noon.usual, noon.total) == (800, 40 * EURO, 40 * EURO)
    assert said(now=at(MONDAY + dt.timedelta(days=1), 1), **rule) == []  # the day is over: forty euros were spent


def test_a_rule_of_one_customer_sees_no_other(customer):
    other = make_customer(None, "Autre")
    put(call(at(MONDAY, 9), customer=customer.pk), call(at(MONDAY, 9), customer=other.pk))
    assert [f.customer for f in said(counter="calls", customer=other, warning=Decimal(1))] == [other.pk]


def test_an_operator_watches_its_own_calls_only(customer, bruno):
    its = make_customer(bruno.organisation, "Chez Bruno")
    put(call(at(MONDAY, 9), customer=customer.pk))
    put(call(at(MONDAY, 9), customer=its.pk), owner=bruno.organisation)
    assert [f.customer for f in said(owner=bruno.organisation, counter="calls", warning=Decimal(1))] == [its.pk]
    every = said(counter="calls", warning=Decimal(1))
    assert {(f.owner, f.customer) for f in every} == {(None, customer.pk), (bruno.organisation.pk, its.pk)}


def test_an_empty_lake_says_nothing(db):
    assert said(counter="calls", warning=Decimal(1)) == []
