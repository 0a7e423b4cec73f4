"""Whose plan prices a call: own profile, *any, fallbacks level by level (§4.1)."""

import pytest

from chappe.core.rating.compile import compile_tariff
from chappe.core.rating.contract import Reason, Status
from chappe.core.rating.explain import price_one
from chappe.core.rating.model import Activation, ProfileKey, Tariff

from .build import call, destinations, entry, nano, profiles, rate, slot

LONG_AGO = "2000-01-01T00:00:00Z"
NOON = "2012-03-07T12:00:00Z"


def tariff(table: dict[str, str], **more: object) -> Tariff:
    """subject → "PLAN fallback fallback"; plans DE (49), FR (33), GB (44) and ALL (*any)."""
    rows = {s: [(LONG_AGO, words.split()[0], tuple(words.split()[1:]))] for s, words in table.items()}
    return Tariff(
        destinations=destinations({"GERMANY": "49", "FRANCE": "33", "BRITAIN": "44"}),
        plans={
            "DE": [entry("GERMANY", "*any", rate("DE", slot("0.01")))],
            "FR": [entry("FRANCE", "*any", rate("FR", slot("0.02")))],
            "GB": [entry("BRITAIN", "*any", rate("GB", slot("0.03")))],
            "ALL": [entry("*any", "*any", rate("ALL", slot("0.09")))],
        },
        profiles=profiles(rows),
        **more,  # type: ignore[arg-type]
    )


def test_a_fallback_prices_what_the_own_plan_lacks():
    plans = tariff({"alice": "DE base", "base": "FR"})
    got = call(plans, NOON, 10, "33123456789", "alice")
    assert (got.cost, got.plan) == (nano("0.2"), "FR")  # 10 × 0.02
    assert [(v.level, v.subject) for v in got.visits] == [(1, "alice"), (2, "base")]
    missing = call(plans, NOON, 10, "4412345678", "alice")
    assert (missing.status, missing.reason, missing.total) == (Status.UNRATED, Reason.NO_DESTINATION, 0)
    assert (missing.rate, missing.plan, missing.matched_prefix, missing.pieces) == (None, "", "", [])


def test_an_own_profile_without_the_number_does_not_fall_to_any():
    """rc7 "FallbackNoDefault": a restricted customer gets nothing through the general plan."""
    got = call(tariff({"alice": "DE", "*any": "ALL"}), NOON, 10, "33123", "alice")
    assert got.reason is Reason.NO_DESTINATION
    assert call(tariff({"alice": "DE *any", "*any": "ALL"}), NOON, 10, "33123", "alice").cost == nano("0.9")


def test_a_subject_without_profile_takes_any():
    plans = tariff({"*any": "ALL"})
    assert call(plans, NOON, 10, "33123", "nobody").plan == "ALL"
    assert call(plans, NOON, 10, "", "nobody").matched_destination == "*any"
    assert call(tariff({"alice": "DE"}), NOON, 10, "49", "nobody").reason is Reason.NO_PROFILE


def test_the_order_of_the_list_is_depth_first():
    """B;A tries B and all of B's own fallbacks before A."""
    plans = tariff({"s": "DE b a", "b": "DE c", "c": "GB", "a": "GB"})
    got = call(plans, NOON, 1, "44", "s")
    assert [v.subject for v in got.visits] == ["s", "b", "c"]


@pytest.mark.parametrize(("levels", "reason"), [(2, Reason.NO_DESTINATION), (3, Reason.NONE), (4, Reason.NONE)])
def test_the_called_subject_is_level_one(levels, reason):
    got = call(tariff({"s": "DE b", "b": "DE c", "c": "GB"}, max_levels=levels), NOON, 1, "44", "s")
    assert got.reason is reason


@pytest.mark.parametrize("table", [{"s": "DE s"}, {"s": "DE b", "b": "DE s"}, {"s": "DE s b s", "b": "DE b s b"}])
def test_circles_end(table):
    for levels in (1, 3, 64, 10_000):
        assert call(tariff(table, max_levels=levels), NOON, 1, "44", "s").reason is Reason.NO_DESTINATION


def test_before_the_first_activation():
    plans = tariff({"s": "DE", "*any": "ALL"})
    plans.profiles[ProfileKey("OUT", "T", "call", "s")] = [Activation(1_331_121_630_000_000, "DE")]  # 12:00:30
    got = call(plans, NOON, 60, "49", "s")
    assert got.cost == nano("3")  # 30 × 0.09 of *any, then 30 × 0.01
    assert [(p.subject, p.plan) for p in got.pieces] == [("*any", "ALL"), ("s", "DE")]
    del plans.profiles[ProfileKey("OUT", "T", "call", "*any")]
    assert call(plans, NOON, 60, "49", "s").reason is Reason.NOT_YET_ACTIVE
    assert call(plans, "2012-03-07T12:00:30Z", 60, "49", "s").cost == nano("0.6")  # inclusive


def test_keys():
    plans = tariff({"s": "DE", "*all": "ALL"})
    compiled = compile_tariff(plans)
    assert compiled.key_for("*out", "T", "call", "0", "s") == 0
    assert compiled.key_for("", "T", "call", "0", "s") == 0
    assert compiled.key_for("out", "T", "call", "0", "other") == 1
    assert compiled.key_for("IN", "T", "call", "0", "s") == -1
    assert compiled.key_for("OUT", "T", "sms", "0", "s") == -1
    assert compiled.keys_for([("OUT", "T", "call", "", "s"), ("OUT", "X", "call", "", "s")]).tolist() == [0, -1]
    assert compiled.has_tenant("T")
    assert not compiled.has_tenant("X")
    plans.keyed_by = "tor"
    assert compile_tariff(plans).key_for("OUT", "T", "0", "call", "s") == 0


def test_tenant_any_is_for_all_tenants():
    """A price list names no tenant; a tenant's own profile goes before it, even its own *any."""
    plans = tariff({"s": "DE"})
    row = [Activation(0, "ALL")]
    plans.profiles[ProfileKey("OUT", "*any", "call", "s")] = row
    plans.profiles[ProfileKey("OUT", "*any", "call", "*any")] = row
    compiled = compile_tariff(plans)
    assert compiled.key_for("OUT", "T", "call", "0", "s") == 0
    assert compiled.key_for("OUT", "X", "call", "0", "s") == 1
    assert compiled.key_for("OUT", "X", "call", "0", "other") == 2
    assert compiled.key_for("OUT", "T", "call", "0", "other") == 2
    assert compiled.has_tenant("X")
    got = price_one(compiled, tenant="X", subject="other", destination="33", start=NOON, usage=10)
    assert (got.cost, got.plan) == (nano("0.9"), "ALL")  # 10 × 0.09
    plans.profiles[ProfileKey("OUT", "T", "call", "*any")] = [Activation(0, "FR")]
    assert compile_tariff(plans).key_for("OUT", "T", "call", "0", "other") == 3
