"""Buildings that a file deletes, or whose creation is undone, are told abandoned by the delta of the day."""

import pytest
from django.utils import timezone

from chappe.apps.network.models import Building, Change
from tests.apps.ipe.conftest import PM, applied, imb, text_of, undone
from tests.apps.publication.conftest import recipient
from tests.apps.publication.reading import made, one, read

pytestmark = pytest.mark.django_db
LATER = "TELE_39_PM_IPEZMD_V30_20261101_01.csv"


@pytest.fixture
def network():
    """Two buildings under a PM, that came long ago."""
    file = applied(text_of(imb(1, **PM), imb(2, **PM)), oi_code="FIBJ")
    Change.objects.update(day="2026-10-31")
    return file


def delta() -> list[dict]:
    found = made("delta", timezone.localdate(), recipient("Altitel", "ALTI"), flows=["ipe"])
    assert found.lost == 0
    return read(one(found, zone="zmd")).sort("reference").to_dicts()


def told(row: dict) -> tuple:
    return tuple(row[name] for name in ("reference", "oi_code", "state", "zone", "insee", "street", "number", "pm"))


def gone(n: int) -> tuple:
    return f"IMB-{n}", "FIBJ", "ABANDONNE", "3", "39198", "DES TANNEURS", n, "FI-39198-0001"


def test_what_a_full_file_deletes_is_told_abandoned(network):
    later = applied(text_of(imb(1, **PM)), LATER, oi_code="FIBJ", absent="delete", force=True)
    assert (later.plan["delete"], Building.objects.count()) == (1, 1)
    left = dict(Change.objects.filter(reference="IMB-2", event="SUPPRESSION").values_list("field", "old"))
    assert {name: left[name] for name in ("insee", "zone", "oi_code", "pm", "number", "x", "agreement_needed", "")} == {
        "insee": "39198", "zone": "3", "oi_code": "FIBJ", "pm": "FI-39198-0001", "number": "2", "x": "890000.5", "agreement_needed": "0", "": "",
    }  # fmt: skip
    assert [told(row) for row in delta()] == [gone(2)]


def test_what_an_undoing_takes_away_is_told_abandoned(network):
    assert undone(network).state == "undone"
    assert Building.objects.count() == 0
    rows = delta()
    assert [told(row)[:-1] for row in rows] == [gone(1)[:-1], gone(2)[:-1]]
