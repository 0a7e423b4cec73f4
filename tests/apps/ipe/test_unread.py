"""What a file says unreadably says nothing of what is known: it stays, and the anomaly tells where."""

import datetime as dt

import pytest

from chappe.apps.exchange import services
from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.kit.jobs.runner import run_pending
from tests.apps.ipe.conftest import PM, SYSTEM, applied, imb, send, text_of

pytestmark = pytest.mark.django_db
LATER = "TELE_39_PM_IPEZMD_V30_20261101_01.csv"
NOV = {"DateDerniereModification": "20261101"}
CPN = "ReferencePM;TypePM;EtatPM;ReferencePRDM;TypePRDM;EtatPRDM;EtatLienPMPRDM;LongueurLienPMPRDM;NombreFibresDisponiblesLien;NombreLogementsMiniPM\n"
KNOWN = ("dwellings", "cabled_on", "postal_code", "x", "y", "agreement_needed", "kind", "city")


def known(n: int = 1) -> tuple:
    return Building.objects.values_list(*KNOWN).get(reference=f"IMB-{n}")


def test_values_that_cannot_be_read_leave_those_that_are_known():
    applied(
        text_of(imb(1, **PM, NombreLogementsAdresseIPE="1", DateCablageAdresse="20260203", TypeImmeuble="IMMEUBLE"))
    )
    before = known()
    assert before == (1, dt.date(2026, 2, 3), "39100", 890000.5, 6650000.25, False, "IMMEUBLE", "Dole")
    bad = {
        "NombreLogementsAdresseIPE": "quatre", "DateCablageAdresse": "bientôt", "CodePostalImmeuble": "391", "CoordonneeImmeubleX": "ici",
        "CoordonneeImmeubleY": "6650001", "AccordGestionnaireImmeubleNecessaire": "peut-être", "TypeImmeuble": "cabane",
    }  # fmt: skip
    file = send(text_of(imb(1, **PM, **NOV, **bad, CommuneImmeuble="Tavaux")), LATER)
    told = {row.label: (row.before, row.after) for row in file.changes.filter(kind="update")}
    assert told["IMB-1"] == (
        {"city": "Dole", "modified_on": "2026-10-31"},
        {"city": "Tavaux", "modified_on": "2026-11-01"},
    )
    services.apply(actor=SYSTEM, file=file)
    run_pending()
    assert known() == (*before[:-1], "Tavaux")
    assert list(Change.objects.filter(event="MODIFICATION").values_list("field", "old", "new")) == [
        ("city", "Dole", "Tavaux")
    ]
    said = set(file.issues.values_list("line", "column", "code"))
    assert {
        (2, names.index(column) + 1, code)
        for names in [text_of().split("\n", 1)[0].split(";")]
        for column, code in [
            ("NombreLogementsAdresseIPE", "interop.number"),
            ("DateCablageAdresse", "interop.date"),
            ("CodePostalImmeuble", "interop.length"),
            ("CoordonneeImmeubleX", "interop.decimal"),
            ("AccordGestionnaireImmeubleNecessaire", "interop.bool"),
            ("TypeImmeuble", "interop.value"),
        ]
    } <= said


def test_an_empty_field_still_empties_and_a_new_row_has_its_default():
    applied(text_of(imb(1, DateCablageAdresse="20260203")))
    file = applied(
        text_of(
            imb(1, **NOV, DateCablageAdresse=""),
            imb(2, DateCablageAdresse="bientôt", TypeImmeuble="cabane", CoordonneeImmeubleX="1"),
        ),
        LATER,
    )
    assert (file.plan["create"], file.plan["update"]) == (1, 1)
    assert known(1)[1] is None
    assert known(2) == (3, None, "39100", None, None, False, "PAVILLON", "Dole")


def test_nothing_but_what_cannot_be_read_is_no_change():
    applied(text_of(imb(1, **PM, CapaciteMaxPM="300"), imb(2)))
    file = send(text_of(imb(1, **PM, CapaciteMaxPM="grande", NombreLogementsAdresseIPE="?"), imb(2)), LATER)
    assert (file.state, file.plan["changes"], Pm.objects.get().capacity) == ("applied", 0, 300)


def test_a_cpn_keeps_them_too():
    row = "FI-1;PMR;DEPLOYE;PRDM-1;PON;DEPLOYE;DEPLOYE;1200,5;12;300\n"
    applied(CPN + row, "TELE_39_PM_CPN_V30_20261101_01.csv")
    wrong = row.replace("1200,5;12;300", "loin;9;beaucoup").replace("PON;DEPLOYE", "PON;EN TRAVAUX")
    file = applied(CPN + wrong, "TELE_39_PM_CPN_V30_20261102_01.csv")
    assert (file.plan["create"], file.plan["update"]) == (0, 1)
    assert PmLink.objects.values_list("state", "length", "fibres_free").get() == ("DEPLOYE", 1200.5, 9)
    assert Prdm.objects.values_list("state", "min_dwellings").get() == ("DEPLOYE", 300)
