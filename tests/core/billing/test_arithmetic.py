"""Periods, pro-rata, charges, bundles, rounding, VAT rows: the arithmetic stands beside each expected amount."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chappe.core.base.money import to_nano
from chappe.core.billing import amounts, bundles, charges, numbering, periods
from chappe.core.billing.document import CENT

D = dt.date


def euros(text: str) -> int:
    return to_nano(text)


# -- rounding ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given_", "expected"),
    [("0.004", "0"), ("0.005", "0.01"), ("1.115", "1.12"), ("-0.005", "-0.01"), ("-0.004", "0"), ("2.675", "2.68")],
)
def test_cents_are_rounded_half_away_from_zero(given_: str, expected: str) -> None:
    assert amounts.cents(euros(given_)) == euros(expected)


def test_a_third_of_a_cent_is_exact_until_the_line() -> None:
    # 0.01 / 3 three times is 0.01, not 0.00
    assert amounts.cents(Fraction(euros("0.01"), 3) * 3) == CENT


def test_spread_gives_back_every_cent() -> None:
    # 10.00 over 1:1:1 is 3.34 + 3.33 + 3.33
    assert amounts.spread(euros("10"), [1, 1, 1]) == [euros("3.34"), euros("3.33"), euros("3.33")]
    assert amounts.spread(-euros("0.05"), [1, 1]) == [-euros("0.03"), -euros("0.02")]
    assert amounts.spread(euros("7"), [0, 0]) == [euros("7"), 0]


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_spread_always_sums_up(cents: int, weights: list[int]) -> None:
    assert sum(amounts.spread(cents * CENT, weights)) == cents * CENT


def test_quantities_have_at_most_four_decimals() -> None:
    assert amounts.quantity_text(Decimal("2.50000")) == "2.5"
    assert amounts.quantity_text(Fraction(1, 3)) == "0.3333"
    assert amounts.quantity_text(3) == "3"


# -- periods -------------------------------------------------------------------------------------------------------
def firsts(every: str, anchor: int, bought: D, until: D, since: D) -> list[tuple[D, D]]:
    return [(p.first, p.last) for p in periods.periods(every, anchor, bought, until, since)]


def test_months_from_the_first() -> None:
    assert firsts("month", 1, D(2026, 1, 15), D(2026, 3, 1), D(2026, 1, 1)) == [
        (D(2026, 1, 1), D(2026, 1, 31)),
        (D(2026, 2, 1), D(2026, 2, 28)),
        (D(2026, 3, 1), D(2026, 3, 31)),
    ]


def test_the_31st_is_the_last_day_of_short_months_and_does_not_drift() -> None:
    assert firsts("month", 31, D(2026, 1, 31), D(2026, 4, 30), D(2026, 1, 1)) == [
        (D(2026, 1, 31), D(2026, 2, 27)),
        (D(2026, 2, 28), D(2026, 3, 30)),
        (D(2026, 3, 31), D(2026, 4, 29)),
        (D(2026, 4, 30), D(2026, 5, 30)),
    ]


def test_quarters_of_the_calendar_and_years_of_the_purchase() -> None:
    assert firsts("quarter", 1, D(2026, 2, 10), D(2026, 4, 1), D(2026, 2, 1)) == [
        (D(2026, 1, 1), D(2026, 3, 31)),
        (D(2026, 4, 1), D(2026, 6, 30)),
    ]
    assert firsts("year", 0, D(2024, 2, 29), D(2026, 3, 1), D(2025, 1, 1)) == [
        (D(2024, 2, 29), D(2025, 2, 27)),
        (D(2025, 2, 28), D(2026, 2, 27)),
        (D(2026, 2, 28), D(2027, 2, 27)),
    ]


@given(st.sampled_from(["month", "quarter", "year"]), st.integers(0, 31), st.dates(D(2020, 1, 1), D(2025, 12, 31)))
def test_periods_follow_each_other_without_hole(every: str, anchor: int, bought: D) -> None:
    found = firsts(every, anchor, bought, bought + dt.timedelta(days=900), bought)
    assert found[0][0] <= bought <= found[0][1]
    for (_a, last), (first, _b) in pairwise(found):
        assert first == last + dt.timedelta(days=1)


OCTOBER = periods.Period(D(2026, 10, 1), D(2026, 10, 31), 1, 1)
FEBRUARY = periods.Period(D(2026, 2, 1), D(2026, 2, 28), 1, 1)
QUARTER = periods.Period(D(2026, 10, 1), D(2026, 12, 31), 3, 1)


@pytest.mark.parametrize(
    ("rule", "period", "starts", "ends", "expected"),
    [
        ("none", OCTOBER, D(2026, 10, 20), None, Fraction(1)),  # begun: due whole
        ("none", OCTOBER, D(2026, 1, 1), D(2026, 10, 1), Fraction(1)),  # nothing given back
        ("days", OCTOBER, D(2026, 10, 20), None, Fraction(12, 31)),  # 20 to 31: twelve days
        ("days", FEBRUARY, D(2026, 1, 1), D(2026, 2, 7), Fraction(7, 28)),
        ("days", QUARTER, D(2026, 12, 1), None, Fraction(31, 92)),  # 31 of 31 + 30 + 31
        ("thirtieths", OCTOBER, D(2026, 10, 20), None, Fraction(11, 30)),  # 30 - 19 elapsed
        ("thirtieths", FEBRUARY, D(2026, 2, 15), None, Fraction(16, 30)),  # 30 - 14 elapsed
        ("thirtieths", FEBRUARY, D(2026, 1, 1), D(2026, 2, 14), Fraction(14, 30)),
        ("thirtieths", QUARTER, D(2026, 11, 16), None, Fraction(45, 90)),  # 15 of November + 30 of December
        ("full_month", QUARTER, D(2026, 11, 30), None, Fraction(2, 3)),  # November and December begun
        ("full_month", OCTOBER, D(2026, 10, 31), None, Fraction(1)),
        ("days", OCTOBER, D(2026, 11, 1), None, Fraction(0)),
        ("days", OCTOBER, D(2026, 1, 1), D(2026, 9, 30), Fraction(0)),
        ("days", OCTOBER, D(2020, 1, 1), None, Fraction(1)),
    ],
)
def test_share_of_a_period(rule: str, period: periods.Period, starts: D, ends: D | None, expected: Fraction) -> None:
    assert periods.due_share(period, starts, ends, rule) == expected


@given(st.integers(1, 30), st.sampled_from(["days", "thirtieths"]))
def test_two_parts_of_a_month_make_the_whole(day: int, rule: str) -> None:
    before = periods.due_share(OCTOBER, D(2026, 1, 1), D(2026, 10, day), rule)
    after = periods.due_share(OCTOBER, D(2026, 10, day + 1), None, rule)
    assert before + after == 1


# -- charges -------------------------------------------------------------------------------------------------------
TIERS = charges.tiers_from(
    [{"up_to": "10", "price": "5"}, {"up_to": "50", "price": "4", "flat": "1"}, {"up_to": None, "price": "3"}]
)


@pytest.mark.parametrize(
    ("model", "quantity", "expected"),
    [
        ("unit", 3, "30"),  # 3 × 10
        ("graduated", 8, "40"),  # 8 × 5
        ("graduated", 12, "59"),  # 10 × 5 + 2 × 4 + 1 flat
        ("graduated", 60, "241"),  # 50 + 40 × 4 + 1 + 10 × 3
        ("volume", 10, "50"),  # 10 × 5
        ("volume", 11, "45"),  # 11 × 4 + 1
        ("volume", 51, "153"),  # 51 × 3
        ("package", 21, "30"),  # three packages of ten begun, 10 each
    ],
)
def test_charge_models(model: str, quantity: int, expected: str) -> None:
    assert charges.charge(model, quantity, euros("10"), TIERS).total == euros(expected)


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"up_to": "10", "price": "1"}],  # the last tier has a bound
        [{"up_to": None, "price": "1"}, {"up_to": None, "price": "1"}],
        [{"up_to": "10", "price": "1"}, {"up_to": "5", "price": "1"}, {"up_to": None, "price": "1"}],
    ],
)
def test_tiers_that_make_no_sense_are_refused(data: list) -> None:
    with pytest.raises(ValueError, match="tiers"):
        charges.tiers_from(data)


def test_discounts_and_minimum() -> None:
    assert charges.discount(euros("80"), percent=Decimal("12.5")) == euros("10")
    assert charges.discount(euros("8"), amount=euros("10")) == euros("8")  # never more than the base
    assert charges.discount(-euros("8"), percent=Decimal(50)) == 0
    assert charges.shortfall(euros("42"), euros("50")) == euros("8")
    assert charges.shortfall(euros("60"), euros("50")) == 0


# -- bundles -------------------------------------------------------------------------------------------------------
def test_minutes_are_taken_in_the_order_of_time_and_a_call_may_be_split() -> None:
    calls = [
        bundles.Spoken((2,), "mobile", 100, euros("1")),  # second in time: 20 s free, 80 s to pay: 0.80
        bundles.Spoken((1,), "mobile", 40, euros("0.4")),  # first: all free
        bundles.Spoken((3,), "mobile", 30, euros("0.3")),  # nothing is left
        bundles.Spoken((0,), "national", 30, euros("0.3")),  # not of the bundle
    ]
    taken, used = bundles.consume(calls, [bundles.Grant(1, 60, frozenset({"mobile"}))])
    assert [(one.free, one.left) for one in taken] == [
        (20, euros("0.8")), (40, 0), (0, euros("0.3")), (0, euros("0.3")),
    ]  # fmt: skip
    assert used == {1: 60}


def test_a_bundle_of_a_line_comes_by_rank_before_the_shared_one() -> None:
    grants = [
        bundles.Grant(1, 60, frozenset({"mobile"}), None, rank=20),
        bundles.Grant(2, 30, frozenset({"mobile"}), line=7, rank=10),
    ]
    calls = [bundles.Spoken((1,), "mobile", 50, euros("0.5"), 7), bundles.Spoken((2,), "mobile", 50, euros("0.5"), 8)]
    taken, used = bundles.consume(calls, grants)
    # line 7: 30 s of its own, 20 s of the shared; line 8: the 40 s that stay, 10 s to pay: 0.10
    assert [(one.free, one.left) for one in taken] == [(50, 0), (40, euros("0.1"))]
    assert used == {1: 60, 2: 30}


# -- numbers -------------------------------------------------------------------------------------------------------
def test_a_number_of_invoice() -> None:
    assert numbering.number_text("{prefix}{year}-{number:06d}", "F", 2026, 12) == "F2026-000012"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{prefix}{number}", "year"),
        ("{prefix}{year}", "number"),
        ("{prefix}{year} {number}", "characters"),
        ("{year}{number:040d}", "characters"),
        ("{year}{number}{customer}", "fields"),
        ("{year}{number", "fields"),
        ("{year.real}{number}", "fields"),
    ],
)
def test_patterns_that_could_not_number_are_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        numbering.check_pattern(pattern, "F")
