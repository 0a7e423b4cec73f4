"""The worked examples of cgrates-semantics, with the arithmetic beside each expected amount."""

import pytest

from chappe.core.rating.contract import Reason, Status
from chappe.core.rating.model import MaxCostStrategy, Rounding, Tariff, Timing

from .build import TIMINGS, WORKDAYS, call, destinations, entry, nano, price, profiles, rate, simple, slot

UP4 = {"rounding": Rounding.UP, "decimals": 4}


def week(**more: object) -> Tariff:
    """Day 0.02, from 18:00 0.01, weekend 0.01, per second (§4.5)."""
    day, low, free = rate("DAY", slot("0.02")), rate("LOW", slot("0.01")), rate("WE", slot("0.01"))
    return Tariff(
        timings=TIMINGS,
        destinations=destinations({"DE": "49", "DE_MOB": "4915 4917"}),
        plans={"P": [entry("DE", "DAY", day), entry("DE", "EVENING", low), entry("DE", "WEEKEND", free)]},
        profiles=profiles({"s": [("2000-01-01T00:00:00Z", "P", ())]}),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("start", "usage", "cost", "pieces"),
    [
        ("2012-03-07T10:00:00Z", 120, "2.4", 1),  # 120 × 0.02
        ("2012-03-09T17:59:20Z", 80, "1.2", 2),  # 40 × 0.02 + 40 × 0.01
        ("2012-03-09T23:59:00Z", 120, "1.2", 2),  # 60 × 0.01 + 60 × 0.01, another timing at the same price
        ("2012-03-11T23:59:30Z", 60, "0.9", 2),  # 30 × 0.01 + 30 × 0.02
        ("2012-03-07T23:59:59Z", 2, "0.03", 2),  # the last second of the day belongs to it: 0.01 + 0.02
        ("2012-03-10T23:59:00Z", 120, "1.2", 1),  # Saturday to Sunday: one entry, one piece
    ],
)
def test_day_evening_weekend(start, usage, cost, pieces):
    got = call(week(), start, usage)
    assert (got.status, got.cost, got.total, got.piece_count) == (Status.RATED, nano(cost), nano(cost), pieces)
    assert got.billed == usage * 1_000_000


def test_a_holiday_with_a_larger_weight_beats_the_peak():
    peak, xmas = rate("PEAK", slot("0.05", 60)), rate("XMAS", slot("0.01", 60))
    tariff = week()
    tariff.timings = {
        "PEAK": Timing("PEAK", week_days=WORKDAYS, start=8 * 3600),
        "XMAS": Timing("XMAS", months=frozenset({12}), month_days=frozenset({25})),
    }
    tariff.plans = {"P": [entry("DE", "PEAK", peak, 10), entry("DE", "XMAS", xmas, 20)]}
    got = call(tariff, "2015-12-25T10:00:00Z", 600)
    assert got.cost == nano("0.1")  # 600 × 0.01 / 60
    assert got.rate is xmas


def test_on_equal_weight_the_later_start_wins_even_when_dearer():
    tariff = week()
    tariff.plans["P"][1] = entry("DE", "EVENING", rate("DEAR", slot("0.07")))
    assert call(tariff, "2012-03-07T19:00:00Z", 10).cost == nano("0.7")  # 10 × 0.07


def seed() -> Tariff:
    """The sample of the seed: STANDARD of GERMANY and GERMANY_O2 (§6.1)."""
    return Tariff(
        keyed_by="tor",
        max_levels=4,
        timings=TIMINGS,
        destinations=destinations({"GERMANY": "49", "GERMANY_O2": "49176"}),
        plans={
            "STANDARD": [
                entry("GERMANY", "DAY", rate("RT_STANDARD", slot("0.2"))),
                entry("GERMANY_O2", "DAY", rate("RT_STANDARD", slot("0.1"))),
            ]
        },
        profiles=profiles(
            {
                "rif:from:tm": [
                    ("2012-01-01T00:00:00Z", "PREMIUM", ("danb",)),
                    ("2012-02-28T00:00:00Z", "STANDARD", ("danb",)),
                ]
            }
        ),
    )


def test_the_seed_sample():
    told = {"subject": "rif:from:tm", "tor": "call"}
    o2 = call(seed(), "2012-03-07T10:00:00Z", 10, "4917612345", **told)
    assert (o2.cost, o2.matched_destination, o2.matched_prefix) == (nano("1"), "GERMANY_O2", "49176")  # 10 × 0.1
    de = call(seed(), "2012-03-07T10:00:00Z", 10, "+4930123456", **told)
    assert (de.cost, de.matched_destination) == (nano("2"), "GERMANY")  # 10 × 0.2
    before = call(seed(), "2012-02-01T10:00:00Z", 10, "4930123456", **told)
    assert (before.status, before.reason, before.total) == (Status.UNRATED, Reason.PLAN_MISSING, 0)
    weekend = call(seed(), "2012-03-10T10:00:00Z", 10, "4930123456", **told)
    assert (weekend.status, weekend.reason) == (Status.UNRATED, Reason.NO_RATE_NOW)


def test_longest_prefix():
    tariff = week()
    tariff.plans["P"].append(entry("DE_MOB", "*any", rate("MOB", slot("0.3"))))
    assert call(tariff, "2012-03-07T10:00:00Z", 1, "4917612345").matched_prefix == "4917"
    assert call(tariff, "2012-03-07T10:00:00Z", 1, "4930123456").matched_prefix == "49"


def test_an_activation_cuts_the_call():
    tariff = week()
    new = rate("NEW", slot("0.03", connect="0.5"))
    tariff.plans["RETAIL_13"] = [entry("DE", "*any", new)]
    tariff.profiles = profiles({"s": [("2012-01-01T00:00:00Z", "P", ()), ("2013-01-01T00:00:00Z", "RETAIL_13", ())]})
    across = call(tariff, "2012-12-31T23:59:00Z", 120)
    assert across.cost == nano("2.4")  # 60 × 0.01 (Monday evening) + 60 × 0.03
    assert (across.connect_fee, across.piece_count) == (0, 2)  # it began under the plan without a fee
    inside = call(tariff, "2013-01-01T00:00:00Z", 60)
    assert (inside.cost, inside.connect_fee, inside.total) == (nano("1.8"), nano("0.5"), nano("2.3"))
    assert inside.piece_count == 1  # an activation on the start itself does not cut


def test_an_activation_to_the_same_plan_still_cuts():
    tariff = simple(slot("0.01"))
    tariff.profiles = profiles({"s": [("2012-01-01T00:00:00Z", "P", ()), ("2013-01-01T00:00:00Z", "P", ())]})
    assert call(tariff, "2012-12-31T23:59:30Z", 60).piece_count == 2


def peak_and_off(decimals: int = 4) -> Tariff:
    """R_PEAK and R_OFF of §4.8."""
    peak = rate(
        "R_PEAK",
        slot("0.12", 60, 30, 0, connect="0.10"),
        slot("0.06", 60, 6, 60),
        rounding=Rounding.UP,
        decimals=decimals,
    )
    off = rate("R_OFF", slot("0.03", 60, 1), **UP4)
    return Tariff(
        timings={
            "PEAK": Timing("PEAK", week_days=WORKDAYS, start=8 * 3600),
            "EVE": Timing("EVE", start=19 * 3600),
            "OFF": Timing("OFF"),
        },
        destinations=destinations({"DE": "49"}),
        plans={"P": [entry("DE", "PEAK", peak), entry("DE", "EVE", off), entry("DE", "OFF", off)]},
        profiles=profiles({"s": [("2000-01-01T00:00:00Z", "P", ())]}),
    )


@pytest.mark.parametrize(
    ("start", "usage", "decimals", "cost", "fee", "billed"),
    [
        # 60 s = 0.12; 40 s -> 42 s × 0.06 / 60 = 0.042; connect 0.10
        ("2012-03-07T10:00:00Z", 100, 4, "0.162", "0.1", 102),
        # 0.12 + 0.042 rounded up to 0.05, + 0.10 = 0.27
        ("2012-03-07T10:00:00Z", 100, 2, "0.17", "0.1", 102),
        # 25 s -> 30 s × 0.12 / 60 = 0.06; connect 0.10
        ("2012-03-07T10:00:00Z", 25, 4, "0.06", "0.1", 30),
        # 30 s = 0.06, then 30 s × 0.03 / 60 = 0.015; connect 0.10 = 0.175
        ("2012-03-07T18:59:30Z", 60, 4, "0.075", "0.1", 60),
        # 10 s × 0.03 / 60 = 0.005; 20 s -> 30 s = 0.06; the first piece has no fee
        ("2012-03-07T07:59:50Z", 30, 4, "0.065", "0", 40),
    ],
)
def test_slots_and_steps(start, usage, decimals, cost, fee, billed):
    got = call(peak_and_off(decimals), start, usage)
    assert (got.cost, got.connect_fee) == (nano(cost), nano(fee))
    assert got.total == nano(cost) + nano(fee)
    assert got.billed == billed * 1_000_000


def test_end_of_2012_steps():
    assert call(simple(slot("0.6", 60, 30)), "2012-03-07T10:00:00Z", 95).cost == nano("1.2")  # 120 × 0.6 / 60


def test_the_seed_unit_only_divides():
    assert call(simple(slot("6", 60, 1)), "2012-03-07T10:00:00Z", 90).cost == nano("9")  # 90 × 6 / 60


@pytest.mark.parametrize(
    ("usage", "billed", "cost"),
    [
        (0, 0, "0"),
        (1, 30, "0.003"),  # 30 × 0.006 / 60
        (29, 30, "0.003"),
        (30, 30, "0.003"),
        (31, 36, "0.0036"),
        (32, 36, "0.0036"),
        (57, 60, "0.006"),
        (59, 60, "0.006"),
        (60, 60, "0.006"),
        (61, 66, "0.0066"),
        (75, 78, "0.0078"),
    ],
)
def test_thirty_six(usage, billed, cost):
    got = call(simple(slot("0.006", 60, 30), slot("0.006", 60, 6, 30)), "2012-03-07T10:00:00Z", usage)
    assert (got.billed, got.cost, got.status) == (billed * 1_000_000, nano(cost), Status.RATED)


@pytest.mark.parametrize(
    ("usage", "billed"), [(0, 0), (1, 60), (29, 60), (30, 60), (31, 60), (59, 60), (60, 60), (61, 61)]
)
def test_sixty_one(usage, billed):
    got = call(simple(slot("0.6", 60, 60), slot("0.6", 60, 1, 60)), "2012-03-07T10:00:00Z", usage)
    assert (got.billed, got.cost) == (billed * 1_000_000, billed * nano("0.01"))


@pytest.mark.parametrize(
    ("first", "second", "step", "expected"),
    [(30, 15, 60, [60]), (20, 20, 15, [30, 10]), (30, 30, 45, [45, 15])],
)
def test_a_surplus_eats_the_next_piece(first, second, step, expected):
    """Two entries around 18:00, the first in steps, the second by the second (§4.7)."""
    tariff = week()
    tariff.plans["P"][0] = entry("DE", "DAY", rate("DAY", slot("0.02", 1, step)))
    got = call(tariff, f"2012-03-07T17:59:{60 - first}Z", first + second)
    assert [piece.billed // 1_000_000 for piece in got.pieces] == expected


@pytest.mark.parametrize(
    ("method", "amount", "expected"),
    [
        (Rounding.UP, "12.49", "12.5"),
        (Rounding.DOWN, "12.49", "12.4"),
        (Rounding.UP, "12.21", "12.3"),
        (Rounding.UP, "12.2", "12.2"),
        (Rounding.MIDDLE, "12.25", "12.3"),
        (Rounding.MIDDLE, "12.249999999", "12.2"),
        (Rounding.NONE, "12.49", "12.49"),
    ],
)
def test_rounding_methods(method, amount, expected):
    got = call(simple(slot(amount), rounding=method, decimals=1), "2012-03-07T10:00:00Z", 1)
    assert got.cost == nano(expected)


def test_max_cost_free_caps_and_disconnect_does_not():
    capped = {"max_cost": price("0.5"), "max_cost_strategy": MaxCostStrategy.FREE}
    assert call(simple(slot("0.01"), **capped), "2012-03-07T10:00:00Z", 80).cost == nano("0.5")  # 0.8 cut
    capped["max_cost_strategy"] = MaxCostStrategy.DISCONNECT
    assert call(simple(slot("0.01"), **capped), "2012-03-07T10:00:00Z", 80).cost == nano("0.8")


def test_no_float_anywhere():
    assert call(simple(slot("0.1", 60)), "2012-03-07T10:00:00Z", 180).cost == nano("0.3")  # not 0.3001
