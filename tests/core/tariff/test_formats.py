"""Each example plan, read: format, faults named exactly, prices as written."""

from pathlib import Path

import pytest

from chappe.core.base.issue import Severity
from chappe.core.rating.model import ANY, MaxCostStrategy, Price, ProfileKey, Rounding, UnitKind
from chappe.core.tariff.door import check, detect, read_folder

EXAMPLES = Path(__file__).parents[3] / "examples" / "tariffs"


def told(issues):
    return [(i.file, i.line, i.column, str(i.severity), i.code) for i in issues if i.code != "tariff-file-ignored"]


def test_the_seed_loads_with_its_faults_named():
    result = read_folder(EXAMPLES / "seed-2012")
    assert result.format == "seed-2012"
    assert told(result.issues) == [
        ("ActionTimings.csv", 2, 3, "warning", "tariff-dangling"),
        ("ActionTimings.csv", 3, 0, "warning", "tariff-duplicate-row"),
        ("ActionTriggers.csv", 3, 5, "warning", "tariff-dangling"),
        ("Actions.csv", 2, 8, "warning", "tariff-short-row"),
        ("RatesTimings.csv", 3, 2, "warning", "tariff-dangling"),
        ("RatingProfiles.csv", 2, 0, "warning", "tariff-no-fallback"),
        ("RatingProfiles.csv", 2, 6, "warning", "tariff-dangling"),
        ("RatingProfiles.csv", 3, 0, "warning", "tariff-no-fallback"),
    ]
    named = [issue.params["value"] for issue in result.issues if issue.code == "tariff-dangling"]
    assert named == ["WEEKLY_SAME_TIME", "SOME_2", "RT_STD_WEEKEND", "PREMIUM"]
    assert told(check(result.tariff)) == [("RatesTimings.csv", 2, 0, "warning", "tariff-hole")]


def test_the_seed_tables_become_a_plan():
    tariff = read_folder(EXAMPLES / "seed-2012").tariff
    assert (tariff.keyed_by, tariff.max_levels, tariff.timezone) == ("tor", 4, "")
    german, o2 = tariff.plans["STANDARD"]
    assert (german.destination, german.timing, german.weight) == ("GERMANY", "WORKDAYS_00", 10_000)
    assert german.rate.slots[0].price == Price(2, 1)
    assert (german.rate.slots[0].unit, german.rate.slots[0].increment) == (1_000_000, 1_000_000)
    assert german.rate.rounding is Rounding.NONE
    assert list(tariff.destinations[o2.destination]) == ["49176"]
    key = ProfileKey("OUT", "CUSTOMER_1", "0", "rif:from:tm")
    assert [(one.plan, one.fallbacks) for one in tariff.profiles[key]] == [
        ("PREMIUM", ("danb",)),
        ("STANDARD", ("danb",)),
    ]
    assert [row["Tag"] for row in tariff.other_tables["Actions"]] == ["SOME", "SOME_1"]
    assert len(tariff.other_tables["ActionTimings"]) == 1  # the repeated row counts once
    assert tariff.other_tables["RatesTimings (inactive)"][0]["RatesTag"] == "RT_STD_WEEKEND"


@pytest.mark.parametrize("name", ["end-2012", "v0.9.1", "price-list"])
def test_the_other_examples_are_without_fault(name):
    result = read_folder(EXAMPLES / name)
    assert result.format == name
    assert told(result.issues) == []
    assert told(check(result.tariff)) == []


def test_end_of_2012_steps_weights_and_years():
    tariff = read_folder(EXAMPLES / "end-2012").tariff
    (base,) = tariff.plans["BASE"]
    slot = base.rate.slots[0]
    assert (slot.price, slot.unit, slot.increment) == (Price(6, 1), 60_000_000, 30_000_000)
    assert base.weight == 10_000
    assert tariff.keyed_by == "tor"
    assert tariff.timings["EVENING"].start == 18 * 3600
    assert tariff.timings["WEEKEND"].week_days == {6, 7}


def test_v091_slots_rounding_and_highest_cost():
    tariff = read_folder(EXAMPLES / "v0.9.1").tariff
    assert (tariff.keyed_by, tariff.max_levels) == ("category", 3)
    by_key = {(entry.destination, entry.timing): entry for entry in tariff.plans["RP_RETAIL"]}
    peak = by_key["FR", "PEAK"].rate
    assert [(slot.start, slot.unit, slot.increment) for slot in peak.slots] == [
        (0, 60_000_000, 30_000_000),
        (60_000_000, 60_000_000, 6_000_000),
    ]
    assert (peak.rounding, peak.decimals, peak.max_cost) == (Rounding.UP, 4, None)
    capped = by_key["UK", ANY].rate
    assert (capped.max_cost, capped.max_cost_strategy) == (Price(5, 1), MaxCostStrategy.FREE)
    assert by_key["FR", "XMAS"].weight == 20_000
    german = tariff.profiles[ProfileKey("OUT", "acme", "call", "german")][0]
    assert german.at == 0  # an empty activation time is always


def test_price_list_bands_services_and_units():
    tariff = read_folder(EXAMPLES / "price-list").tariff
    assert (tariff.timezone, tariff.currency) == ("Europe/Paris", "EUR")
    fixed = {entry.timing: entry for entry in tariff.plans["PRO_2026"] if entry.destination == "France fixe"}
    assert {tag: entry.rate.slots[0].price for tag, entry in fixed.items()} == {
        "HP 08:00": Price(24, 3),
        "HC 00:00": Price(12, 3),
        "HC 19:00": Price(12, 3),
        "WE 00:00": Price(12, 3),  # no WE row: HC prices the week-end
    }
    rates = {entry.destination: entry.rate for entry in tariff.plans["PRO_2026"]}
    per_call = rates["SVA majoré 3 €/appel"]
    assert (per_call.service.price, per_call.service.kind) == (Price(3, 0), UnitKind.CALL)
    assert per_call.slots[0].price == Price(24, 3)
    free = rates["Horloge, premières 20 s offertes"].slots
    assert [(slot.start, slot.price) for slot in free] == [(0, Price()), (20_000_000, Price(24, 3))]
    steps = rates["Allemagne fixe"].slots
    assert [(slot.start, slot.increment) for slot in steps] == [(0, 60_000_000), (60_000_000, 1_000_000)]
    assert steps[0].connect_fee == Price(1, 1)
    data = tariff.plans["PRO_2026:data"][0].rate.slots[0]
    assert (data.unit, data.increment) == (10**12, 10**11)  # 1 MO = 1,000,000 bytes, steps of 0.1 MO
    assert rates["Inmarsat"].minimum == Price(65, 1)
    assert fixed["HP 08:00"].valid_from == 1767222000 * 10**6  # 2026-01-01 00:00 in Paris


def csv(*lines):
    return ("\n".join(lines) + "\n").encode()


SEED = {
    "RATESTIMING.CSV": csv("STANDARD,RT,ALL_DAY"),
    "rates": csv("RT,DE,0,0.2,60,10"),
    "Destination.csv": csv("DE,49"),
    "timings.csv": csv("TimingTag,Months,MonthDays,WeekDays,StartTime", "ALL_DAY,*all,*all,*all,00:00:00"),
    "RatesProfile.csv": csv("acme,0,OUT,*all,,STANDARD,2012-01-01T00:00:00Z"),
}


def test_2012_without_headers_and_with_old_names():
    result = read_folder(SEED)
    assert result.format == "seed-2012"
    assert told(result.issues) == [("timings.csv", 1, 1, "warning", "tariff-header-old")]
    assert ProfileKey("OUT", "acme", "0", ANY) in result.tariff.profiles
    assert result.tariff.plans["STANDARD"][0].rate.slots[0].unit == 60_000_000


def test_detection_between_the_formats_of_2012():
    assert detect(SEED) == "seed-2012"
    later = {"rates": csv("Tag,DestinationsTag,ConnectFee,Price,PricedUnits,RateIncrements")}
    later |= {"timings.csv": csv("ALL_DAY,*all,*all,*all,*all,00:00:00"), "RateTimings.csv": csv("P,RT,ALL_DAY,10")}
    assert detect(later) == "end-2012"
    assert detect({"whatever.csv": csv("Préfixe;Destination;Prix HT", "33;France;0,01")}) == "price-list"
    assert detect({"x.csv": b"a,b\n1,2\n"}) == ""


LATER = {
    "Timings.csv": csv("#Id,Years,Months,MonthDays,WeekDays,Time", "NIGHT,*any,*any,*any,*any,00:00:00"),
    "Destinations.csv": csv("#Id,Prefix", "DE,49"),
    "Rates.csv": csv("#Id,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart", "R,0,0.1,60,1s,0s"),
    "DestinationRates.csv": csv(
        "#Id,DestinationId,RatesTag,RoundingMethod,RoundingDecimals,MaxCost,MaxCostStrategy", "DR,DE,R,*up,4,0,"
    ),
    "RatingPlans.csv": csv("#Id,DestinationRatesId,TimingTag,Weight", "P,DR,NIGHT,10", "P,DR,*asap,10"),
    "RatingProfiles.csv": csv(
        "#Tenant,Category,Subject,ActivationTime,RatingPlanId,RatesFallbackSubject", "t,call,a,,P,b;c", "t,call,b,,P,"
    ),
}


def test_later_variants_without_direction_bind_by_name():
    result = read_folder(LATER)
    assert result.format == "v0.9.1"
    assert told(result.issues) == [
        ("Rates.csv", 2, 4, "warning", "tariff-bare-number"),
        ("RatingPlans.csv", 3, 3, "error", "tariff-schedule-only"),
        ("RatingProfiles.csv", 2, 0, "error", "tariff-no-fallback"),
    ]
    key = ProfileKey("OUT", "t", "call", "a")
    assert result.tariff.profiles[key][0].fallbacks == ("b", "c")
    assert result.tariff.plans["P"][0].rate.slots[0].unit == 60_000_000
    assert result.issues[0].severity is Severity.WARNING


def test_own_bands_and_an_incomplete_prefix():
    files = {
        "tarif.csv": csv(
            "prefixe;destination;plage;prix_unite", "33;France;JOUR;0,02", "33;France;NUIT;0,01",
            "49;Allemagne;JOUR;0,05"
        ),
        "plages.csv": csv(
            "plage;jours;debut;fin", "JOUR;1,2,3,4,5,6,7;07:00;21:00", "NUIT;1;2;3", 'NUIT;"1;2;3;4;5;6;7";00:00;07:00',
            'NUIT;"1;2;3;4;5;6;7";21:00;24:00',
        ),
    }  # fmt: skip
    result = read_folder(files)
    assert told(result.issues) == [
        ("plages.csv", 3, 2 + 1, "error", "tariff-bad-time"),
        ("plages.csv", 3, 2 + 2, "error", "tariff-bad-time"),
        ("tarif.csv", 4, 0, "error", "tariff-bands-missing"),
    ]
    assert {entry.timing for entry in result.tariff.plans["tarif"]} == {"JOUR 07:00", "NUIT 00:00", "NUIT 21:00"}


def test_workbook_prices_are_exact_text(tmp_path):
    import xlsxwriter

    path = tmp_path / "tarif.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Prix")
        for row, cells in enumerate(
            [
                ["Préfixe", "Destination", "Prix", "Unité"],
                [33, "France", 0.1, "MIN"],
                ["0049", "Allemagne", "0,0055", "MIN"],
                [],
            ]
        ):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
        sheet.write(4, 0, "abc d!")
        sheet.write(4, 1, "Perdu")
        sheet.write(4, 2, 1)
    result = read_folder(path)
    prices = {entry.destination: entry.rate.slots[0].price for entry in result.tariff.plans["tarif"]}
    assert prices == {"France": Price(1, 1), "Allemagne": Price(55, 4)}
    assert told(result.issues) == [("tarif.xlsx", 5, 1, "error", "tariff-bad-prefix")]


def test_version_follows_content_only():
    one = read_folder(LATER).tariff.version
    assert one == read_folder({name: data.decode().encode("utf-16") for name, data in LATER.items()}).tariff.version
    assert one != read_folder(LATER, timezone="Europe/Paris").tariff.version
    assert len(one) == 12
