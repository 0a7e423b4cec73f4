"""The plan as a whole: checks, comparison, search, flat rows, exports."""

from datetime import date
from pathlib import Path

import pytest
from tests.core.tariff.test_faults import places, plan

from chappe.core.rating.model import ANY
from chappe.core.tariff.door import check, compare, flat_rows, read_folder, search, to_price_list, to_v091

EXAMPLES = Path(__file__).parents[3] / "examples" / "tariffs"


def tariff_of(**changes):
    return read_folder(plan(**changes)).tariff


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"Timings": ["T9,*any,*any,*any,1;2,09:00:00"], "RatingPlans": ["P,DR,T9,5"]},
            [("RatingPlans.csv", 3, "tariff-unreachable")] * 2,  # weight 5 never beats 10
        ),
        ({"Timings": ["T9,*any,*any,*any,1;2,09:00:00"], "RatingPlans": ["P,DR,T9,20"]}, []),
        ({"Destinations": ["DE,33"]}, [("Destinations.csv", 3, "tariff-prefix-shared")]),
        (
            {"Destinations": [f"DE,49{digit}" for digit in range(10)]},
            [("Destinations.csv", 2, "tariff-prefix-shadowed")],
        ),
        (
            {"RatingProfiles": ["*out,t,call,b,,P,c,", "*out,t,call,c,,P,b,"]},
            [("RatingProfiles.csv", 3, "tariff-fallback-cycle")],
        ),
        ({"RatingProfiles": ["*out,t,call,b,,P,b,"]}, [("RatingProfiles.csv", 3, "tariff-fallback-cycle")]),
        (
            {"RatingProfiles": [f"*out,t,call,x{i},,P,x{i + 1}," for i in range(3)] + ["*out,t,call,x3,,P,,"]},
            [("RatingProfiles.csv", 3, "tariff-fallback-deep")],
        ),
        (
            {"Timings": ["FEB,*any,2,30,*any,00:00:00"], "RatingPlans": ["P,DR,FEB,20"]},
            [("Timings.csv", 3, "tariff-timing-never")],
        ),
        (
            {"Timings": ["WE,*any,*any,*any,6;7,00:00:00"], "RatingPlans": ["Q,DR,WE,10"]},
            [("RatingPlans.csv", 3, "tariff-hole"), ("RatingPlans.csv", 3, "tariff-plan-unused")],
        ),
        (
            {"Rates": ["R0,0,0,60s,1s,0s"], "Destinations": ["UK,44"], "DestinationRates": ["DR,UK,R0,*up,4,0,"]},
            [("DestinationRates.csv", 4, "tariff-price-zero")],
        ),
        (
            {"RatingProfiles": ["*out,t,call,a,2011-01-01T00:00:00Z,P,,"]},
            [("RatingProfiles.csv", 3, "tariff-activation-order")],
        ),
        (
            {
                "RatingProfiles": [
                    "*out,t,call,b,2011-01-01T00:00:00Z,P,,",
                    "*out,t,call,b,2011-01-01T00:00:00+00:00,P,,",
                ]
            },
            [("RatingProfiles.csv", 4, "tariff-activation-twice")],
        ),
        (
            {"RatingProfiles": ["*out,t,call,a,2031-01-01T00:00:00Z,P,,"]},
            [("RatingProfiles.csv", 3, "tariff-activation-future")],
        ),
    ],
)
def test_faults_of_the_plan(changes, expected):
    issues = check(tariff_of(**changes), today=date(2026, 1, 1))
    assert [(issue.file, issue.line, issue.code) for issue in issues] == expected


def price_list(*rows):
    head = "tarif_code;prefixe;destination;prix_unite;debut;fin;zone"
    return read_folder({"tarif.csv": "\n".join([head, *rows]).encode()}).tariff


def test_overlapping_validity_and_free_zones():
    tariff = price_list(
        "A;33;France;0,02;2026-01-01;2026-06-30;", "A;33;France;0,03;2026-06-30;;",
        "A;49;Allemagne;0,02;2026-01-01;2026-06-30;",
        "A;49;Allemagne;0,03;2026-07-01;;", "A;112;Urgence;0;;;URGENCE", "A;3000;Vert;0;;;",
    )  # fmt: skip
    assert places(check(tariff)) == [
        ("tarif.csv", 3, 0, "tariff-validity-overlap"),
        ("tarif.csv", 7, 0, "tariff-price-zero"),
    ]


def test_jumps_and_lost_parents_against_the_previous_version():
    before = price_list(
        "A;33;France;0,02;;;", "A;49;Allemagne;0,10;;;", "A;4915;Allemagne mobile;0,20;;;", "A;30;Vert;0;;;GRATUIT"
    )
    after = price_list("A;33;France;0,025;;;", "A;4915;Allemagne mobile;0,30;;;", "A;30;Vert;0,1;;;")
    assert places(check(after, previous=before)) == [
        ("tarif.csv", 3, 0, "tariff-lost-parent"),
        ("tarif.csv", 3, 0, "tariff-price-jump"),
        ("tarif.csv", 4, 0, "tariff-price-from-zero"),
    ]
    assert "tariff-price-jump" not in [issue.code for issue in check(after, previous=before, jump_percent=50)]


def test_compare_tells_added_removed_and_changed_with_percent():
    before = price_list("A;33;France;0,02;;;", "A;49;Allemagne;0,10;;;", "A;44;Royaume-Uni;0,30;;;")
    after = price_list("A;33;France;0,025;;;", "A;34;Espagne;0,05;;;", "A;44;Royaume-Uni;0,30;;;")
    changes = [(one.kind, one.prefix, one.before, one.after, one.percent) for one in compare(before, after)]
    assert changes == [
        ("changed", "33", "0.02/60 (1)", "0.025/60 (1)", 25),
        ("added", "34", "", "0.05/60 (1)", None),
        ("removed", "49", "0.1/60 (1)", "", None),
    ]
    assert compare(before, before) == []


def test_compare_sees_equal_prices_through_units():
    assert [one.percent for one in compare(tariff_of(), tariff_of())] == []


def test_search_gives_the_longest_prefix_first():
    tariff = read_folder(EXAMPLES / "seed-2012").tariff
    found = search(tariff, "+49 176 123 456")
    assert [(one.destination, one.prefix, one.first) for one in found] == [
        ("GERMANY_O2", "49176", True),
        ("GERMANY", "49", False),
    ]
    assert [entry.rate.slots[0].price.digits for entry in found[0].entries] == [1]
    assert search(tariff, "") == search(tariff, "331") == []
    listed = read_folder(EXAMPLES / "price-list").tariff
    assert [(one.plan, one.prefix) for one in search(listed, "0033612345678")] == [
        ("PRO_2026", "336"), ("PRO_2026:sms", "33"), ("PRO_2026:mms", "33"), ("PRO_2026:sms", ANY),
        ("PRO_2026:data", ANY),
    ]  # fmt: skip


def test_flat_rows_by_destination_and_by_prefix():
    tariff = read_folder(EXAMPLES / "v0.9.1").tariff
    rows = [row for row in flat_rows(tariff) if row.destination == "FR_MOB" and row.timing == "PEAK"]
    assert [(row.price, row.connect_fee, row.unit, row.increment, row.start, row.prefixes) for row in rows] == [
        ("0.12", "0.1", 60_000_000, 30_000_000, 0, 2),
        ("0.06", "0.1", 60_000_000, 6_000_000, 60_000_000, 2),
    ]
    by_prefix = [row.prefix for row in flat_rows(tariff, by_prefix=True) if row.destination == "DE"]
    assert by_prefix == ["49", "49"]  # two slots
    assert (rows[0].origin.file, rows[0].origin.line) == ("DestinationRates.csv", 3)


@pytest.mark.parametrize("name", ["seed-2012", "end-2012", "v0.9.1"])
def test_a_v091_export_reads_back_to_the_same_prices(name):
    tariff = read_folder(EXAMPLES / name).tariff
    export = to_v091(tariff)
    again = read_folder(export.files)
    assert (export.issues, again.format) == ([], "v0.9.1")
    assert compare(tariff, again.tariff) == []


def test_a_price_list_export_reads_back_to_the_same_prices():
    tariff = read_folder(EXAMPLES / "price-list").tariff
    export = to_price_list(tariff)
    again = read_folder(export.files)
    assert (export.issues, again.issues) == ([], [])
    assert compare(tariff, again.tariff) == []
    entry, back = tariff.plans["PRO_2026"][0], again.tariff.plans["PRO_2026"][0]
    assert (entry.valid_from, entry.valid_to) == (back.valid_from, back.valid_to)


def test_exports_say_what_they_leave_out():
    listed = to_v091(read_folder(EXAMPLES / "price-list").tariff)
    codes = {issue.code for issue in listed.issues}
    assert codes == {"tariff-lost-service", "tariff-lost-minimum", "tariff-lost-validity"}
    later = to_price_list(read_folder(EXAMPLES / "v0.9.1").tariff)
    assert {issue.code for issue in later.issues} == {"tariff-lost-fallbacks", "tariff-lost-hours", "tariff-lost-limit"}


def test_a_price_per_call_is_never_exported_as_a_price_per_second():
    tariff = read_folder(
        {"tarif.csv": b"prefixe;destination;prix_unite;unite\n3699;Heure;1;ACTE\n33;France;1;MIN\n"}
    ).tariff
    export = to_v091(tariff)
    assert [issue.code for issue in export.issues] == ["tariff-lost-call"]
    assert b"Heure,France" not in export.files["DestinationRates.csv"]
    assert [row.destination for row in flat_rows(read_folder(export.files).tariff)] == ["France"]
