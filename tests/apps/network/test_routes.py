"""Routes: walked when something changes, kept under the same address, drawn, traced from any point."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chappe.apps.network import drawing, services, walking
from chappe.apps.network.models import Building, Cable, Module, OpticalRoute, Pbo, Pm, Pto, Splice
from chappe.core.network.colours import colour_of
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry
from tests.contracts.screens import body

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def make(model, **data):
    return services.create(model, actor=SYSTEM, data=data)


@pytest.fixture
def world():
    """A PM, a drawer, a cable of 24 to a PBO, a drop to a socket: position 1 → fibre 14 → drop → PTO."""
    pm = make(Pm, reference="PM-1")
    pbo = make(Pbo, reference="PBO-1", pm=pm)
    house = make(Building, reference="IMB-1", pm=pm, pbo=pbo)
    pto = make(Pto, reference="FI-0000-0001", building=house, pbo=pbo)
    trunk = make(Cable, reference="CDI-1", pm=pm, capacity=24, end="PBO-1", length=420.0)
    drop = make(Cable, reference="RA-1", kind="RA", pm=pm, capacity=1)
    module = make(Module, pm=pm, name="T1", capacity=12)
    make(Splice, a=trunk.fibres.get(number=14), b=drop.fibres.get(), box=pbo, cassette="2", place=3)
    make(Splice, a=drop.fibres.get(), pto=pto, connector=1)
    services.update(actor=SYSTEM, object=module.positions.get(number=1), data={"fibre": trunk.fibres.get(number=14)})
    return {"pm": pm, "pbo": pbo, "pto": pto, "trunk": trunk, "drop": drop, "module": module}


def test_a_route_is_there_as_soon_as_the_position_has_its_fibre(world):
    route = OpticalRoute.objects.get()
    assert (route.name, route.fault, route.pto, route.connector, route.pbo) == (
        "T1 · 1",
        "",
        world["pto"],
        1,
        world["pbo"],
    )
    assert (route.cable, route.tube, route.fibre) == ("CDI-1", 2, 2)
    assert (route.end_cable, route.end_tube, route.end_fibre) == ("CDI-1", 2, 2)
    assert [(step["cable"], step["number"], step["box"]) for step in route.steps] == [
        ("CDI-1", 14, "PBO-1"),
        ("RA-1", 1, ""),
    ]
    assert route.used is False


def test_a_parted_splice_leaves_a_route_in_stock_under_the_same_address(world):
    before = OpticalRoute.objects.get().pk
    services.delete(actor=SYSTEM, object=Splice.objects.get(b__isnull=False))
    route = OpticalRoute.objects.get()
    assert (route.pk, route.fault, route.pto, route.pbo) == (before, "open", None, world["pbo"])


def test_a_fibre_has_two_ends(world):
    other = make(Cable, reference="CDI-2", pm=world["pm"], capacity=2)
    count = Splice.objects.count()
    with pytest.raises(ValidationError) as refusal:
        make(Splice, a=world["drop"].fibres.get(), b=other.fibres.get(number=1))
    assert list(refusal.value.error_dict) == ["a"]
    with pytest.raises(ValidationError) as refusal:
        make(Splice, a=other.fibres.get(number=1), pto=world["pto"], connector=1)
    assert list(refusal.value.error_dict) == ["connector"]
    assert Splice.objects.count() == count


def test_a_fork_in_the_data_is_shown(world, client, alice):
    other = make(Cable, reference="CDI-2", pm=world["pm"], capacity=2)
    Splice.objects.create(a=world["trunk"].fibres.get(number=14), b=other.fibres.get(number=1))
    walking.rewalk(world["pm"])
    route = OpticalRoute.objects.get()
    assert route.fault == "fork"
    client.force_login(alice)
    assert "a-error" in body(client.get(registry.url("network.route", "detail", pk=route.pk)))


def test_traces_from_a_fibre_a_pbo_and_a_socket_meet(world):
    route = OpticalRoute.objects.get()
    assert walking.trace(pto=world["pto"]) == [route]
    assert walking.trace(pbo=world["pbo"]) == [route]
    assert walking.trace(fibre=world["drop"].fibres.select_related("cable").get()) == [route]
    assert walking.trace(fibre=world["trunk"].fibres.select_related("cable").get(number=1)) == []


def test_walking_costs_the_same_whatever_the_number_of_fibres(world):
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            walking.rewalk(world["pm"])
        return len(caught)

    one = cost()
    for number in range(2, 9):
        position = world["module"].positions.get(number=number)
        services.update(actor=SYSTEM, object=position, data={"fibre": world["trunk"].fibres.get(number=number)})
    assert OpticalRoute.objects.count() == 8
    assert cost() == one


def test_the_whole_network_is_walked_by_a_job_and_twice_is_once(world):
    for _time in range(2):
        OpticalRoute.objects.update(cable="?")
        enqueue("network.walk", actor=SYSTEM)
        run_pending()
        assert list(OpticalRoute.objects.values_list("cable", flat=True)) == ["CDI-1"]


def test_pages_of_the_network_show_it(world, client, alice):
    client.force_login(alice)
    route = OpticalRoute.objects.get()
    pages = {
        registry.url("network.route", "detail", pk=route.pk): ["nw-route", "CDI-1", "FI-0000-0001", "tube 2", "420 m"],
        registry.url("network.pm", "detail", pk=world["pm"].pk): ["nw-grid", "nw-t-ready", "CDI-1", "T1"],
        registry.url("network.cable", "detail", pk=world["trunk"].pk): ["nw-fibres", "1/12", "0/12"],
        registry.url("network.pto", "detail", pk=world["pto"].pk): ["T1 · 1"],
        registry.url("network.pbo", "detail", pk=world["pbo"].pk): ["T1 · 1"],
    }
    for address, words in pages.items():
        text = body(client.get(address))
        assert [word for word in words if word not in text] == [], address


def test_rings_are_drawn_one_bar_each():
    assert str(drawing.dot(colour_of(27))).count("nw-ring") == 2
    assert "#2e9d48" in str(drawing.dot(colour_of(27)))
    assert "nw-on-dark" in str(drawing.dot(colour_of(22)))
    assert "nw-none" in str(drawing.dot(None))
