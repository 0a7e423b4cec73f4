"""Prices per call, service parts, volumes, texts, minimums, and everything that is too large."""

import numpy as np
import pytest

from chappe.core.rating.arithmetic import FAR, mul_div, mul_div_wide
from chappe.core.rating.compile import compile_tariff
from chappe.core.rating.contract import Calls, Priced, Reason, Status
from chappe.core.rating.kernel import rate_arrays
from chappe.core.rating.model import MaxCostStrategy, Rounding, ServicePart, Tariff, UnitKind
from chappe.core.rating.tables import MAX_PIECES

from .build import SECOND, call, destinations, entry, nano, price, profiles, rate, simple, slot

NOON = "2012-03-07T12:00:00Z"


def test_a_price_for_the_call_is_paid_once():
    got = call(simple(slot("0.15", per_call=True)), NOON, "61.5")
    assert (got.cost, got.billed, got.piece_count) == (nano("0.15"), 61_500_000, 1)
    both = simple(slot("0.15", per_call=True), slot("0.06", 60, 1, 60))
    assert call(both, NOON, 90).cost == nano("0.18")  # 0.15 for the first minute, then 30 × 0.06 / 60


def test_a_price_for_the_call_is_paid_once_across_midnight_of_a_plan():
    tariff = simple(slot("0.15", per_call=True))
    tariff.plans["Q"] = [entry("DE", "*any", rate("Q", slot("0.25", per_call=True)))]
    rows = {"s": [("2000-01-01T00:00:00Z", "P", ()), ("2012-03-07T12:00:30Z", "Q", ())]}
    tariff.profiles = profiles(rows)
    got = call(tariff, NOON, 60)
    assert (got.cost, got.piece_count) == (nano("0.15"), 2)


def test_minimum_raises_the_cost():
    tariff = simple(slot("0.01", connect="0.05"), minimum=price("0.20"))
    low = call(tariff, NOON, 10)
    assert (low.cost, low.connect_fee, low.total) == (nano("0.15"), nano("0.05"), nano("0.2"))  # 0.10 + 0.05 < 0.20
    high = call(tariff, NOON, 20)
    assert high.total == nano("0.25")  # 20 × 0.01 + 0.05
    nothing = call(tariff, NOON, 0)
    assert (nothing.status, nothing.total, nothing.connect_fee, nothing.piece_count) == (Status.RATED, 0, 0, 0)


def test_a_call_without_usage_is_looked_up_first():
    tariff = simple(slot("0.01", connect="0.05"))
    priced = call(tariff, NOON, 0)
    assert (priced.status, priced.total, priced.connect_fee, priced.billed) == (Status.RATED, 0, 0, 0)
    assert (priced.matched_prefix, priced.plan, priced.rate.tag) == ("49", "P", "R")
    unpriced = call(tariff, NOON, 0, "33123")
    assert (unpriced.status, unpriced.reason, unpriced.total) == (Status.UNRATED, Reason.NO_DESTINATION, 0)
    stranger = call(tariff, NOON, 0, subject="stranger")
    assert (stranger.status, stranger.reason, stranger.rate) == (Status.UNRATED, Reason.NO_PROFILE, None)


@pytest.mark.parametrize(
    ("part", "usage", "service"),
    [
        (ServicePart(price("0.80")), 90, "1.2"),  # 90 × 0.80 / 60
        (ServicePart(price("0.80"), free=20 * SECOND), 90, "0.933333333"),  # 70 × 0.80 / 60 = 0.9333…
        (ServicePart(price("0.50"), free=20 * SECOND), 20, "0"),
        (ServicePart(price("3"), kind=UnitKind.CALL), 1, "3"),
        (ServicePart(price("3"), kind=UnitKind.CALL), 0, "0"),
    ],
)
def test_service_part(part, usage, service):
    got = call(simple(slot("0.06", 60), service=part), NOON, usage)
    assert got.service == nano(service)
    assert (got.cost, got.total) == (usage * nano("0.001"), usage * nano("0.001") + nano(service))


def test_unrounded_pieces_are_summed_exactly():
    """Three pieces of a third of a nano make one nano, not zero."""
    third = "0.000000001"
    got = call(simple(slot(third, 3), slot(third, 3, 1, 1), slot(third, 3, 1, 2)), NOON, 3)
    assert (got.cost, got.piece_count) == (1, 3)
    assert call(simple(slot("0.0000000001")), NOON, 5).cost == 1  # half a nano goes up
    assert call(simple(slot("0.0000000001")), NOON, 4).cost == 0


def test_volumes_are_never_cut():
    tariff = simple(slot("0.01", 1000, 10), slot("0.005", 1000, 10, 1000))
    tariff.plans["Q"] = [entry("DE", "*any", rate("Q", slot("9")))]
    rows = {"s": [("2000-01-01T00:00:00Z", "P", ()), ("2012-03-07T12:00:30Z", "Q", ())]}
    tariff.profiles = profiles(rows)
    got = call(tariff, NOON, 1505, tor="*data")
    assert got.cost == nano("0.01") + nano("0.00255")  # 1000 × 0.01/1000, then 510 × 0.005/1000
    assert [p.billed for p in got.pieces] == [1000 * SECOND, 510 * SECOND]


def test_texts_are_destinations_too():
    tariff = simple(slot("1"))
    tariff.destinations = destinations({"DE": "sip:été @gw"})
    assert call(tariff, NOON, 1, "sip:été@example.org").matched_prefix == "sip:été"
    assert call(tariff, NOON, 1, "@gw").matched_prefix == "@gw"
    assert call(tariff, NOON, 1, "sip:et").reason is Reason.NO_DESTINATION
    assert call(tariff, NOON, 1, "9" * 5000).reason is Reason.NO_DESTINATION
    tariff.destinations = destinations({"DE": "+49"})
    assert call(tariff, NOON, 1, "49").matched_prefix == "49"


def test_a_validity_inside_the_call_cuts_it():
    tariff = simple(slot("1"))
    tariff.destinations = destinations({"DE": "49", "MOB": "4917"})
    old, new = rate("OLD", slot("0.01")), rate("NEW", slot("0.02"))
    tariff.plans["P"] = [
        entry("MOB", "*any", old, until="2012-03-07T12:00:10Z"),
        entry("MOB", "*any", new, since="2012-03-07T12:00:10Z", until="2012-03-07T12:00:30Z"),
        entry("DE", "*any", rate("DE", slot("0.1"))),
    ]
    got = call(tariff, NOON, 40, "4917")
    assert got.cost == nano("1.5")  # 10 × 0.01 + 20 × 0.02, then the shorter prefix: 10 × 0.1
    assert [(p.rate.tag, p.prefix) for p in got.pieces] == [("OLD", "4917"), ("NEW", "4917"), ("DE", "49")]
    del tariff.plans["P"][2]
    assert call(tariff, NOON, 40, "4917").reason is Reason.NO_RATE_NOW
    assert call(tariff, NOON, 30, "4917").cost == nano("0.5")


def test_a_prefix_in_several_destinations():
    tariff = simple(slot("1"))
    tariff.destinations = destinations({"A": "49", "B": "49", "C": "49"})
    rows = [entry(tag, "*any", rate(tag, slot("1")), weight) for tag, weight in (("C", 10), ("B", 20), ("A", 10))]
    tariff.plans["P"] = rows
    assert call(tariff, NOON, 1).matched_destination == "B"  # the heaviest
    tariff.plans["P"] = [rows[0], rows[2]]
    assert call(tariff, NOON, 1).matched_destination == "A"  # then by name


def test_max_cost_is_of_the_rate_of_the_piece():
    tariff = simple(slot("0.01"), max_cost=price("0.2"), max_cost_strategy=MaxCostStrategy.FREE)
    tariff.plans["Q"] = [entry("DE", "*any", rate("Q", slot("0.05")))]
    rows = {"s": [("2000-01-01T00:00:00Z", "P", ()), ("2012-03-07T12:00:30Z", "Q", ())]}
    tariff.profiles = profiles(rows)
    assert call(tariff, NOON, 40).cost == nano("0.7")  # 0.3 capped to 0.2, then 10 × 0.05 without a cap
    assert call(tariff, NOON, 40).pieces[0].capped


@pytest.mark.parametrize(
    "tariff",
    [
        simple(slot("9000000000")),
        simple(slot("999999999999999999999999999999")),
        simple(slot("-1")),
        simple(slot("1", connect="99999999999")),
        simple(slot("1"), minimum=price("99999999999")),
        simple(slot("1"), service=ServicePart(price("4000000000"), unit=SECOND)),
    ],
)
def test_too_expensive(tariff: Tariff):
    got = call(tariff, NOON, 10)
    assert (got.status, got.reason) == (Status.REJECTED, Reason.TOO_EXPENSIVE)
    assert (got.cost, got.connect_fee, got.service, got.total, got.billed, got.rate) == (0, 0, 0, 0, 0, None)


def test_the_walk_is_bounded():
    tariff = simple(*(slot("0.001", 1, 1, start) for start in range(MAX_PIECES + 1)))
    assert call(tariff, NOON, MAX_PIECES).piece_count == MAX_PIECES
    got = call(tariff, NOON, MAX_PIECES + 1)
    assert (got.status, got.reason, got.piece_count) == (Status.REJECTED, Reason.TOO_MANY_PIECES, 0)
    assert got.cut_short


@pytest.mark.parametrize(
    ("start", "usage", "reason"),
    [
        ("1989-12-31T23:59:59Z", 1, Reason.OUT_OF_RANGE_TIME),
        ("1990-01-01T00:00:00Z", 1, Reason.NOT_YET_ACTIVE),
        ("2099-12-31T23:59:59Z", 400 * 86_400, Reason.NONE),
        ("2100-01-01T00:00:00Z", 1, Reason.OUT_OF_RANGE_TIME),
        (NOON, 400 * 86_400 + 1, Reason.TOO_LONG),
        (NOON, -1, Reason.NEGATIVE_USAGE),
        (NOON, "x", Reason.BAD_USAGE),
        (NOON, "0.0000001", Reason.BAD_USAGE),
        (NOON, "9" * 29, Reason.BAD_USAGE),
        ("yesterday", 1, Reason.BAD_TIME),
    ],
)
def test_unbelievable_calls(start, usage, reason):
    got = call(simple(slot("0.01")), start, usage)
    assert got.reason is reason
    assert got.as_text("fr")
    assert got.total == (0 if reason else nano("0.01") * usage)


def test_products_beyond_64_bits():
    for a, b, c in [(FAR - 1, FAR - 1, FAR - 1), (10**18, 10**18, 10**18 + 9), (7, 3, 2), (0, 5, 3), (FAR - 1, 3, 4)]:
        assert tuple(int(x) for x in mul_div(a, b, c)) == divmod(a * b, c)
        assert tuple(int(x) for x in mul_div_wide(a, b, c)) == divmod(a * b, c)
    assert mul_div(FAR - 1, 2, 1)[0] == -1
    assert mul_div_wide(FAR - 1, FAR - 1, 2)[0] == -1


def test_rounding_beyond_nano():
    tariff = simple(slot("1", 7), rounding=Rounding.UP, decimals=10)  # 0.1428571429 a piece
    assert call(tariff, NOON, 1).pieces[0].cost == pytest.approx(142857142.9)
    assert call(tariff, NOON, 1).cost == 142_857_143


def columns(n: int) -> Calls:
    text = np.frombuffer(b"4930" * n, np.uint8)  # read-only, as Arrow lends it
    spread = np.arange(n, dtype=np.int64)
    start = np.full(n, 1_331_121_600_000_000)
    return Calls(
        np.zeros(n, np.int32), text, spread * 4, np.full(n, 4, np.int32), start, spread * SECOND,
        np.zeros(n, np.int32), np.ones(n, np.uint8), np.zeros(n, np.uint8), np.zeros(n, np.uint8),
    )  # fmt: skip


def test_batches():
    calls, out = columns(5), Priced.empty(5)
    calls.status[3], calls.reason[3] = Status.REJECTED, Reason.BAD_LINE
    out.total[3] = out.rate[3] = 77
    rate_arrays(compile_tariff(simple(slot("0.01"))), calls, out)
    assert out.total.tolist() == [0, 10_000_000, 20_000_000, 0, 40_000_000]
    assert out.status.tolist() == [0, 0, 0, 2, 0]
    assert out.reason.tolist() == [0, 0, 0, Reason.BAD_LINE, 0]
    assert out.rate.tolist() == [0, 0, 0, -1, 0]
    with pytest.raises(ValueError, match="status"):
        rate_arrays(compile_tariff(simple(slot("0.01"))), calls, Priced.empty(4))
    nothing = Priced.empty(0)
    rate_arrays(compile_tariff(Tariff()), columns(0), nothing)
    assert nothing.total.size == 0
