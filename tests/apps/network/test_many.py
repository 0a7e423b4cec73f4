"""Verbs on many rows: a state, a PM or a PBO, deleting. Each row leaves its audit and its Changes; what is held stays, and says why."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.network import many, queries, services, walking
from chappe.apps.network.models import Building, Cable, Change, Module, OpticalRoute, Pbo, Pm, Pto, Splice
from chappe.apps.parties.models import Commune
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def make(model, **data):
    return services.create(model, actor=SYSTEM, data=data)


@pytest.fixture
def street():
    pm = make(Pm, reference="PM-1")
    box = make(Pbo, reference="PBO-1", pm=pm)
    houses = [
        make(Building, reference=f"IMB-{n}", street="DES TANNEURS", number=n, city="Dole", insee="39198")
        for n in range(1, 5)
    ]
    return {"pm": pm, "box": box, "houses": houses}


def test_a_state_for_many_leaves_a_change_and_an_audit_a_row(street):
    Building.objects.filter(reference="IMB-1").update(state="SIGNE")
    Change.objects.all().delete()
    audited = AuditEntry.objects.filter(verb="changed").count()
    assert many.change(actor=SYSTEM, objects=list(Building.objects.order_by("pk")), values={"state": "SIGNE"}) == 3
    assert set(Building.objects.values_list("state", flat=True)) == {"SIGNE"}
    assert list(Change.objects.order_by("pk").values_list("reference", "event", "field", "old", "new")) == [
        (f"IMB-{n}", "MODIFICATION", "state", "CIBLE", "SIGNE") for n in (2, 3, 4)
    ]
    assert AuditEntry.objects.filter(verb="changed").count() == audited + 3
    with pytest.raises(ValidationError):
        many.change(actor=SYSTEM, objects=list(Building.objects.all()), values={"state": "NULLE PART"})
    assert set(Building.objects.values_list("state", flat=True)) == {"SIGNE"}


def test_many_hang_on_a_pbo_and_its_pm(street):
    other = make(Pm, reference="PM-2")
    with pytest.raises(ValidationError, match="PBO-1"):
        many.attach(actor=SYSTEM, buildings=street["houses"], pm=other, pbo=street["box"])
    assert Building.objects.filter(pm__isnull=False).exists() is False
    assert many.attach(actor=SYSTEM, buildings=street["houses"], pbo=street["box"]) == 4
    assert set(Building.objects.values_list("pm", "pbo")) == {(street["pm"].pk, street["box"].pk)}
    assert Change.objects.filter(field="pm", new="PM-1").count() == 4


def test_the_page_deletes_those_that_may_go_and_says_what_holds_the_others(street, client, alice, chloe):
    make(Pto, reference="FI-1", building=street["houses"][0])
    client.force_login(alice)
    keys = [house.pk for house in street["houses"]]
    where = "/network/building/bulk/delete-many/"
    answer = client.post(where, {"pk": keys, "step": "do", "count": "4"}, follow=True)
    said = " ".join(str(message) for message in answer.context["messages"])
    assert list(Building.objects.values_list("reference", flat=True)) == ["IMB-1"], said
    assert ("3 " in said, "IMB-1 : 1 PTO" in said) == (True, True)
    assert Change.objects.filter(event="SUPPRESSION", field="").count() == 3
    with pytest.raises(ValidationError, match="IMB-1 : 1 PTO"):
        from chappe.apps.network.actions import delete_many

        delete_many(actor=SYSTEM, objects=list(Building.objects.all()))
    with pytest.raises(PermissionDenied):
        many.delete(actor=Actor(chloe, "page"), objects=list(Building.objects.all()))
    assert Building.objects.count() == 1


def test_after_a_splice_only_the_routes_next_to_it_are_walked(street, django_assert_max_num_queries):
    pm, box = street["pm"], street["box"]
    trunk = make(Cable, reference="CDI-1", pm=pm, capacity=24)
    drops = [make(Cable, reference=f"RA-{n}", kind="RA", pm=pm, capacity=1) for n in range(1, 4)]
    module = make(Module, pm=pm, name="T1", capacity=12)
    for n, position in enumerate(module.positions.order_by("number")[:3], 1):
        services.update(actor=SYSTEM, object=position, data={"fibre": trunk.fibres.get(number=n)})
    before = dict(OpticalRoute.objects.values_list("name", "walked_at"))
    socket = make(Pto, reference="FI-1", building=street["houses"][0])
    make(Splice, a=trunk.fibres.get(number=2), b=drops[1].fibres.get(), box=box)
    end = make(Splice, a=drops[1].fibres.get(), pto=socket, connector=1)
    after = {route.name: route for route in OpticalRoute.objects.all()}
    assert (after["T1 · 2"].pto, after["T1 · 2"].fault) == (socket, "")
    assert {name for name, moment in before.items() if after[name].walked_at != moment} == {"T1 · 2"}
    with django_assert_max_num_queries(12):
        assert walking.rewalk(pm) == 3
    assert {route.name: route.walked_at for route in OpticalRoute.objects.all()} == {
        name: route.walked_at for name, route in after.items()
    }
    services.delete(actor=SYSTEM, object=end)
    assert OpticalRoute.objects.get(name="T1 · 2").fault == "open"
    services.update(actor=SYSTEM, object=module.positions.get(number=2), data={"fibre": None})
    assert sorted(OpticalRoute.objects.values_list("name", flat=True)) == ["T1 · 1", "T1 · 3"]


def test_an_address_is_found_by_street_by_commune_and_by_both(street):
    Commune.objects.create(insee="39198", name="Dole", postal_codes="39100")
    make(Building, reference="IMB/38053/X/1", street="DE DOLE", number=2, city="Bourgoin", insee="38053")
    found = lambda text: set(Building.objects.filter(queries.building(text)).values_list("reference", flat=True))  # noqa: E731
    tanneurs = {f"IMB-{n}" for n in range(1, 5)}
    assert found("rue des tanneurs") == found("tanneurs Dole") == found("Dole tanneurs") == tanneurs
    assert found("3 rue des Tanneurs, Dole") == {"IMB-3"}
    assert found("rue de Dole") == {"IMB/38053/X/1"}
    assert found("Dole") == tanneurs | {"IMB/38053/X/1"}
    assert found("imb/38053") == {"IMB/38053/X/1"}
    assert found("IMB-2") == {"IMB-2"}
    assert found("zygomorphes") == set()
