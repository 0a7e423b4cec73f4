"""The row checks of the protocol, one case each way."""

import datetime as dt

import polars as pl
import pytest

from chappe.core.interop.checks import Whole, check_rows, far_points, refused_transitions
from chappe.core.interop.reader import Reader
from tests.core.interop.support import IPE, TODAY, line, text_of


def judged(folder, *lines):
    path = folder / "a.csv"
    path.write_text(text_of(*lines), "utf-8")
    reader, whole, found = Reader(IPE, path), Whole(IPE), []
    reader.open()
    for part in reader.parts():
        found += check_rows(part.rows, IPE, TODAY).select("line", "code").rows()
        whole.add(part.rows)
    remarks, twins = whole.remarks()
    return sorted(found + remarks.select("line", "code").rows()), twins


PM = {
    "ReferencePM": "PM-1",
    "EtatPM": "DEPLOYE",
    "DateInstallationPM": "20260101",
    "DatePremiereMADPM": "20260201",
    "DateMiseEnServiceCommercialePM": "20260501",
    "NombreLogementsPM": "3",
}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"EtatImmeuble": "SIGNE"}, "ipe.signed"),
        ({"EtatImmeuble": "SIGNE", "AccordGestionnaireImmeubleNecessaire": "O", "DateSignatureConvention": "20260901"}, None),
        ({**PM}, None),
        ({**PM, "EtatPM": ""}, "ipe.pm-without-state"),
        ({"EtatPM": "DEPLOYE", **{k: v for k, v in PM.items() if k.startswith("Date")}}, "ipe.state-without-pm"),
        ({**PM, "DateInstallationPM": "20270101"}, "ipe.pm-dates"),
        ({**PM, "DateMiseEnServiceCommercialePM": "20260430"}, "ipe.pm-notice"),
        ({**PM, "EtatPM": "EN COURS DE DEPLOIEMENT", "EtatImmeuble": "DEPLOYE"}, "ipe.pm-behind"),
        ({"EtatImmeuble": "ABANDONNE", "DateDerniereModification": "20260821"}, "ipe.abandoned"),
        ({"EtatImmeuble": "ABANDONNE", "DateDerniereModification": "20260822"}, None),
        ({"CodeVoieRivoliImmeuble": "", "CoordonneeImmeubleX": "", "CoordonneeImmeubleY": ""}, "ipe.no-address"),
        ({"CodeAdresseImmeuble": "391980004A", "CodeHexacleVoie": "391980004A"}, "ipe.hexacle-of-street"),
        ({"CodeAdresseImmeuble": "3919800042", "CodeHexacleVoie": "391980004A"}, None),
        ({**PM, "NombreLogementsPM": "4"}, "ipe.pm-dwellings"),
    ],
)  # fmt: skip
def test_rules_of_one_row(tmp_path, fields, code):
    found, _ = judged(tmp_path, line(**fields))
    assert found == ([(2, code)] if code else [])


def test_a_key_that_stands_twice_counts_once(tmp_path):
    found, twins = judged(tmp_path, line(), line(NumeroVoieImmeuble="13"), line(IdentifiantImmeuble="IMB-2"))
    assert found == [(3, "ipe.duplicate")]
    assert twins == [3]


def test_same_hexacle_and_building_is_told(tmp_path):
    one = line(CodeAdresseImmeuble="3919800042", BatimentImmeuble="A")
    two = line(IdentifiantImmeuble="IMB-2", CodeAdresseImmeuble="3919800042", BatimentImmeuble="A")
    other = line(IdentifiantImmeuble="IMB-3", CodeAdresseImmeuble="3919800042", BatimentImmeuble="B")
    assert judged(tmp_path, one, two, other)[0] == [(3, "ipe.address-twice")]


def test_an_hexacle_stands_on_several_rows_and_both_are_taken_in(tmp_path):
    one = line(CodeAdresseImmeuble="3919800042", BatimentImmeuble="A")
    other = line(IdentifiantImmeuble="IMB-3", CodeAdresseImmeuble="3919800042", BatimentImmeuble="B")
    assert judged(tmp_path, one, other) == ([], [])


def test_a_point_that_cannot_be_in_its_commune_is_told():
    centres = pl.DataFrame(
        {"insee": ["39198", "97353", "97411"], "east": [5.49, -54.03, 55.45], "north": [47.09, 3.64, -20.88]}
    )
    places = [
        (1, "39198", 5.50, 47.10), (2, "39198", 5.49, 47.44), (3, "39198", 47.09, 5.49), (4, "97353", -54.0, 2.3), (5, "97411", 55.9, -20.88),
        (6, "01999", 0.0, 0.0), (7, "39198", 4.99, 47.09),
    ]  # fmt: skip
    points = pl.DataFrame(places, ["line", "insee", "longitude", "latitude"], orient="row")
    told = far_points(points, centres).select("line", "code", "value", "length").rows()
    code = "ipe.far-from-commune"  # 0.45° of longitude at La Réunion is 47 km, 0.5° at Dole 38 km
    assert told == [(3, code, "39198", 5596), (5, code, "97411", 47)]


def test_a_pm_told_in_two_ways(tmp_path):
    one = line(**{**PM, "NombreLogementsPM": "6"})
    two = line(IdentifiantImmeuble="IMB-2", **{**PM, "NombreLogementsPM": "6", "CapaciteMaxPM": "300"})
    assert judged(tmp_path, one, two)[0] == [(2, "ipe.pm-differs")]  # 3 + 3 = 6 dwellings: the sum is right


def test_dwellings_of_a_pm_are_summed_over_its_rows(tmp_path):
    two = line(IdentifiantImmeuble="IMB-2", **{**PM, "NombreLogementsPM": "6"})
    assert judged(tmp_path, line(**{**PM, "NombreLogementsPM": "6"}), two)[0] == []


@pytest.mark.parametrize(
    ("was", "now", "allowed"),
    [
        ("CIBLE", "SIGNE", True),
        ("CIBLE", "EN COURS DE DEPLOIEMENT", True),
        ("CIBLE", "DEPLOYE", False),
        ("EN COURS DE DEPLOIEMENT", "RACCORDABLE DEMANDE", True),
        ("RACCORDABLE DEMANDE", "DEPLOYE", True),
        ("DEPLOYE", "CIBLE", False),
        ("DEPLOYE", "ABANDONNE", True),
        ("DEPLOYE", "DEPLOYE", True),
        ("ABANDONNE", "CIBLE", False),
    ],
)
def test_changes_of_state(was, now, allowed):
    rows = pl.DataFrame({"line": [7], "reference": ["IMB-1"], "state": [now]})
    before = pl.DataFrame({"reference": ["IMB-1"], "state": [was]})
    found = refused_transitions(rows, before)
    assert found.select("line", "code", "value").rows() == (
        [] if allowed else [(7, "ipe.transition", f"{was} → {now}")]
    )


def test_a_file_that_lacks_columns_is_judged_on_what_it_has(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("IdentifiantImmeuble;CodeInseeImmeuble;EtatImmeuble\nIMB-1;39198;SIGNE\n", "utf-8")
    reader = Reader(IPE, path)
    reader.open()
    part = next(reader.parts())
    assert check_rows(part.rows, IPE, dt.date(2026, 1, 1))["code"].to_list() == ["ipe.no-address"]
