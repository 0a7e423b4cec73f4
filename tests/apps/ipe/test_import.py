"""An IPE file taken in: plan, application, undoing, and what is refused."""

import pytest

from chappe.apps.network.models import Building, Change, Pm
from tests.apps.ipe.conftest import PM, applied, imb, text_of

pytestmark = pytest.mark.django_db


def test_a_first_file_creates_buildings_and_their_pm():
    file = applied(text_of(imb(1, **PM), imb(2, **PM, EtatImmeuble="SIGNE"), imb(3)))
    assert (file.state, file.plan["create"], file.plan["update"], file.plan["refuse"]) == ("applied", 4, 0, 0)
    assert list(Building.objects.values_list("reference", "state", "number", "pm__reference")) == [
        ("IMB-1", "CIBLE", 1, "FI-39198-0001"), ("IMB-2", "SIGNE", 2, "FI-39198-0001"), ("IMB-3", "CIBLE", 3, None),
    ]  # fmt: skip
    assert Pm.objects.get().state == "EN COURS DE DEPLOIEMENT"
    assert Change.objects.filter(event="CREATION").count() == 4
