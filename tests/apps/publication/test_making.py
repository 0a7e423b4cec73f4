"""The three kinds of files: what they hold, for whom, under which name; read back equal with the reader of the house."""

import datetime as dt
from functools import partial

import pytest

from chappe.apps.network.models import Building, Pm, PmLink
from chappe.apps.publication import ipe_rows, writing
from chappe.apps.publication.ipe_rows import IpeRows
from chappe.apps.publication.models import PublishedFile

from .conftest import change, delete
from .reading import made, one, read

pytestmark = pytest.mark.django_db
D = dt.date
LAST = D(2026, 10, 31)


def building(number: int) -> Building:
    return Building.objects.get(reference=f"IMB/39198/X/{number:04d}")


def test_a_full_ipe_is_read_back_as_the_network_is(altitel):
    found = made("full", LAST, altitel)
    dense, other = one(found, zone="ztd"), one(found, zone="zmd")
    assert (dense.name, other.name) == (
        "FIBJ_39_PM_IPE_V31_20261031_01_ALTI.csv",
        "FIBJ_39_PM_IPEZMD_V31_20261031_01_ALTI.csv",
    )
    rows = {row["reference"]: row for file in (dense, other) for row in read(file).iter_rows(named=True)}
    assert sorted(rows) == [f"IMB/39198/X/{number:04d}" for number in range(1, 5)]
    assert read(dense)["reference"].to_list() == ["IMB/39198/X/0001", "IMB/39198/X/0002"]
    for reference, row in rows.items():
        kept = Building.objects.select_related("pm__parent").get(reference=reference)
        pm = kept.pm.parent or kept.pm
        same = ["oi_code", "zone", "state", "insee", "postal_code", "city", "street_type", "street", "number", "dwellings", "cabled_on", "kind",
                "agreement_needed", "agreement_on", "manager", "projection", "x", "y", "dedicated_fibre_free", "modified_on"]  # fmt: skip
        assert {name: row[name] for name in same} == {name: getattr(kept, name) for name in same}
        assert (row["number_suffix"] or "") == kept.number_suffix
        assert (row["pm"], row["pm_state"], row["pm_x"], row["pm_y"]) == (pm.reference, pm.state, pm.x, pm.y)
        assert (row["pm_capacity"], row["pm_installed_on"]) == (pm.capacity, pm.installed_on)
    assert rows["IMB/39198/X/0001"]["pm_comment"] == "Au pied du mur"


def test_a_full_cpn_has_a_row_a_link(altitel):
    rows = read(one(made("full", LAST, altitel), flow="cpn"))
    first = rows.row(0, named=True)
    assert rows["pm"].to_list() == ["FI-39198-0001", "FI-39198-0002"]
    assert (first["prdm"], first["prdm_type"], first["link"], first["link_length"], first["link_fibres_free"]) == (
        "PRDM-DOL", "PON-PTP", "L-1", 1250.5, 12)  # fmt: skip
    assert (first["prdm_x"], first["prdm_y"], first["prdm_min_dwellings"], first["pm_type"]) == (
        889_500.0,
        6_649_000.5,
        300,
        "PM",
    )
    assert rows["link_state"].to_list() == ["DEPLOYE", "PLANIFIE"]


def test_a_version_has_its_columns_and_its_name(altitel, boreal):
    found = made("full", LAST, altitel, boreal, flows=["ipe"])
    new = one(found, operator=altitel.operator, zone="zmd")
    old = one(found, operator=boreal.operator, zone="zmd")
    assert old.name == "FIBJ_39_PM_IPEZMD_V30_20261031_01_BORL.csv"
    assert {"oi_code", "pbo_type"} <= set(read(new).columns)
    assert not {"oi_code", "pbo_type"} & set(read(old).columns)


def test_a_delta_tells_the_day_alone_as_it_was_in_the_evening(altitel):
    change(building(3), D(2026, 10, 12), dwellings=30)
    change(building(3), D(2026, 10, 13), dwellings=31, city="Tavaux")
    change(building(4), D(2026, 10, 13), ban="cle-ban")
    rows = read(one(made("delta", D(2026, 10, 12), altitel), zone="zmd"))
    [row] = rows.to_dicts()
    assert (row["reference"], row["dwellings"], row["city"], row["modified_on"]) == (
        "IMB/39198/X/0003",
        30,
        "Dole",
        D(2026, 10, 12),
    )
    after = read(one(made("delta", D(2026, 10, 13), altitel), zone="zmd"))
    assert after.select("reference", "dwellings", "ban").rows() == [
        ("IMB/39198/X/0003", 31, None),
        ("IMB/39198/X/0004", 4, "cle-ban"),
    ]


def test_what_a_version_does_not_publish_makes_no_row_in_its_delta(altitel, boreal):
    change(building(4), D(2026, 10, 13), ban="cle-ban")
    found = made("delta", D(2026, 10, 13), altitel, boreal, flows=["ipe"])
    assert one(found, operator=altitel.operator, zone="zmd").rows == 1
    assert one(found, operator=boreal.operator, zone="zmd").rows == 0


def test_a_change_of_a_pm_is_told_on_each_of_its_premises(altitel):
    change(Pm.objects.get(reference="FI-39198-0002"), D(2026, 10, 14), state="DEPLOYE")
    found = made("delta", D(2026, 10, 14), altitel)
    for zone, reference in (("ztd", "IMB/39198/X/0002"), ("zmd", "IMB/39198/X/0004")):
        [row] = read(one(found, zone=zone)).to_dicts()
        assert (row["reference"], row["pm_state"], row["modified_on"]) == (reference, "DEPLOYE", D(2026, 10, 14))
    assert read(one(found, flow="cpn"))["pm"].to_list() == ["FI-39198-0002"]


def test_what_went_is_told_abandoned_once_and_leaves_the_full_file(altitel):
    delete(building(4), D(2026, 10, 15))
    [row] = read(one(made("delta", D(2026, 10, 15), altitel), zone="zmd")).to_dicts()
    assert (row["reference"], row["state"], row["street"], row["modified_on"]) == (
        "IMB/39198/X/0004", "ABANDONNE", "DES TANNEURS", D(2026, 10, 15))  # fmt: skip
    assert row["pm"] == "FI-39198-0002"
    assert read(one(made("full", D(2026, 10, 15), altitel), zone="zmd"))["reference"].to_list() == ["IMB/39198/X/0003"]
    before = read(one(made("full", D(2026, 10, 14), altitel), zone="zmd"))
    assert before.select("reference", "state", "dwellings").rows() == [
        ("IMB/39198/X/0003", "DEPLOYE", 3),
        ("IMB/39198/X/0004", "DEPLOYE", 4),
    ]


def test_a_premises_abandoned_for_three_months_leaves_the_full_file(altitel):
    change(building(3), D(2026, 7, 30), state="ABANDONNE")
    assert read(one(made("full", D(2026, 10, 30), altitel), zone="zmd")).height == 2
    assert read(one(made("full", D(2026, 10, 31), altitel), zone="zmd"))["reference"].to_list() == ["IMB/39198/X/0004"]


def test_a_link_that_went_is_told_by_the_cpn(altitel):
    delete(PmLink.objects.get(reference="L-2"), D(2026, 10, 16))
    [row] = read(one(made("delta", D(2026, 10, 16), altitel), flow="cpn")).to_dicts()
    assert (row["pm"], row["prdm"], row["link_state"]) == ("FI-39198-0002", "PRDM-DOL", "ABANDONNE")
    assert read(one(made("full", D(2026, 10, 15), altitel), flow="cpn")).height == 2


def test_a_histo_has_a_row_an_event(altitel):
    change(building(3), D(2026, 10, 12), dwellings=30, cabled_on=D(2026, 10, 11))
    change(Pm.objects.get(reference="FI-39198-0001"), D(2026, 10, 20), active_space=False)
    delete(building(4), D(2026, 10, 15))
    file = one(made("histo", LAST, altitel), zone="zmd")
    assert file.name == "FIBJ_39_PM_IPEZMD_HISTO_V31_20261031_01_ALTI.csv"
    rows = read(file)
    history = ["reference", "?TypeEvenement", "?DateEvenement", "?ChampModifie", "?AncienneValeur", "?NouvelleValeur"]
    assert rows.select(history).rows() == [
        ("IMB/39198/X/0003", "CREATION", "20261001", None, None, None),
        ("IMB/39198/X/0004", "CREATION", "20261001", None, None, None),
        ("IMB/39198/X/0003", "MODIFICATION", "20261012", "NombreLogementsAdresseIPE", "3", "30"),
        ("IMB/39198/X/0003", "MODIFICATION", "20261012", "DateCablageAdresse", "20260203", "20261011"),
        ("IMB/39198/X/0004", "SUPPRESSION", "20261015", None, None, None),
        ("IMB/39198/X/0003", "MODIFICATION", "20261020", "EmplacementActifDisponible", "O", "N"),
    ]
    assert rows["dwellings"].to_list() == [30, 4, 30, 30, 4, 30]


def test_a_histo_of_the_cpn(altitel):
    change(PmLink.objects.get(reference="L-2"), D(2026, 10, 12), state="DEPLOYE")
    rows = read(one(made("histo", LAST, altitel), flow="cpn"))
    assert rows.select("pm", "?TypeEvenement", "?ChampModifie", "?NouvelleValeur").rows() == [
        ("FI-39198-0001", "CREATION", None, None),
        ("FI-39198-0002", "CREATION", None, None),
        ("FI-39198-0002", "MODIFICATION", "EtatLienPMPRDM", "DEPLOYE"),
    ]


def test_made_again_the_same_day_gives_the_same_bytes_whatever_came_later(altitel):
    change(building(3), D(2026, 10, 12), dwellings=30)
    first = {row.key(): row.sha256 for kind in ("full", "delta") for row in made(kind, D(2026, 10, 12), altitel).files}
    change(building(3), D(2026, 10, 20), dwellings=99, city="Tavaux", zone="2")
    change(Pm.objects.get(reference="FI-39198-0001"), D(2026, 10, 21), capacity=1)
    delete(building(4), D(2026, 10, 22))
    for kind in ("full", "delta"):
        again = made(kind, D(2026, 10, 12), altitel, again="perdu par le destinataire")
        assert (again.files, again.same) == ([], 3)
    assert {row.key(): row.sha256 for row in PublishedFile.objects.all()} == first


@pytest.mark.parametrize("kind", ["full", "delta", "histo"])
def test_parts_of_one_row_give_the_same_bytes_and_let_others_ask_between_them(altitel, boreal, monkeypatch, kind):
    """What puts rows together, and who follows the work, ask the database while a statement is still being read."""
    day = D(2026, 10, 12) if kind == "delta" else LAST
    for number, later in ((1, D(2026, 10, 12)), (2, D(2026, 10, 12)), (3, D(2026, 11, 2))):
        change(building(number), later, dwellings=30 + number)
    change(Pm.objects.get(reference="FI-39198-0001"), D(2026, 10, 12), capacity=400)
    change(Pm.objects.get(reference="FI-39198-0002"), D(2026, 11, 3), state="DEPLOYE")
    delete(building(4), D(2026, 11, 4))
    first = {row.key(): row.sha256 for row in made(kind, day, altitel, boreal).files}
    assert len(first) == 6  # two zones and the CPN, for each

    monkeypatch.setattr(writing, "IpeRows", partial(IpeRows, part=1))
    monkeypatch.setattr(ipe_rows, "EVENT_PART", 1)
    seen = []
    again = made(kind, day, altitel, boreal, again="en petites parts", progress=lambda rows, _: seen.append((rows, Building.objects.count())))  # fmt: skip
    assert (again.files, again.same) == ([], 6)
    assert {count for _, count in seen} == {3}
    assert len(seen) > 3
