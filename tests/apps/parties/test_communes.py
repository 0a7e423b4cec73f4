"""The packaged list of communes: whole, located, and never written over what a person corrected."""

import pytest
from django.core.exceptions import PermissionDenied

from chappe.apps.parties.communes import load_communes, packaged
from chappe.apps.parties.models import Commune
from chappe.kit.access.actor import Actor

ACTOR = Actor.system("test")


def test_the_list_is_whole_and_located():
    rows = {row.insee: row for row in packaged()}
    assert len(rows) == 34_969
    assert rows["39198"].name == "Dole"
    assert rows["39198"].postal_codes == "39100"
    assert (round(rows["39198"].longitude, 1), round(rows["39198"].latitude, 1)) == (5.5, 47.1)
    assert rows["97411"].latitude < 0
    for row in rows.values():
        if row.postal_codes:
            row.clean_fields()


@pytest.mark.django_db
def test_loading_keeps_what_people_wrote():
    Commune.objects.create(insee="39198", name="Dole (corrigé)", postal_codes="39100")
    assert load_communes(actor=ACTOR) == 34_968
    assert Commune.objects.get(insee="39198").name == "Dole (corrigé)"
    assert load_communes(actor=ACTOR) == 0


@pytest.mark.django_db
def test_a_partner_loads_nothing(bruno):
    with pytest.raises(PermissionDenied):
        load_communes(actor=Actor(user=bruno, via="page"))
    assert Commune.objects.count() == 0
