"""A GraceTHD set through the pages: plan, apply, undo; sent again, only what changed; what is in use is never taken."""

import pytest

from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.network import services
from chappe.apps.network.models import (
    Building,
    Cable,
    Change,
    Fibre,
    Module,
    OpticalRoute,
    Pbo,
    Pm,
    Position,
    Pto,
    Splice,
)
from chappe.apps.parties.models import Operator
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.audit.services import history
from tests.apps.exchange.conftest import _english, act, send, work  # noqa: F401
from tests.support.gracethd import archive, edit, tables

pytestmark = pytest.mark.django_db
TABLES = (Pm, Pbo, Building, Pto, Cable, Fibre, Module, Position, Splice, OpticalRoute)
WHOLE = (1, 3, 5, 4, 8, 64, 2, 60, 32, 36)
SYSTEM = Actor.system("test")


def counts():
    return tuple(model.objects.count() for model in TABLES)


@pytest.fixture
def sent(client, alice, send):  # noqa: F811
    client.force_login(alice)

    def upload(**changed) -> ReceivedFile:
        return send(
            archive(changed).getvalue(), "SRO-0900.zip", kind="gracethd", **{"o-oi_code": "TELE", "o-scheme": "tia-598"}
        )

    return upload


def codes(file):
    return sorted(set(file.issues.values_list("code", flat=True)))


def test_the_set_becomes_a_network_with_its_routes_and_is_undone(sent, act, client, alice, send, work):  # noqa: F811
    client.force_login(alice)
    guessed = send(archive().getvalue(), "SRO-0900.zip")
    assert guessed.kind == "gracethd"
    guessed.delete()
    file = sent()
    assert (file.state, file.plan["create"], file.plan["update"], codes(file)) == ("planned", 91, 0, [])
    assert counts() == (0,) * 10
    file = act(file, "apply")
    assert (file.state, counts()) == ("applied", WHOLE)
    route = OpticalRoute.objects.get(pto__reference="FI-0900-0003")
    assert (route.name, route.connector, route.pbo.reference, route.fault) == ("DISTRI-1 · 3", 1, "PBO-0900-01", "")
    assert [(step["cable"], step["tube"], step["in_tube"], step["box"]) for step in route.steps] == [
        ("DI-0900-01", 1, 3, "BPE-0900-01"), ("DI-0900-01-A", 1, 3, "PBO-0900-01"), ("RA-0900-03", 1, 1, ""),
    ]  # fmt: skip
    house = Building.objects.get(reference="IMB/39198/X/GT03")
    assert (house.oi_code, house.pm.reference, house.pbo.reference, house.projection) == (
        "TELE",
        "FI-39198-0900",
        "PBO-0900-01",
        "RGF93",
    )
    assert house.longitude == pytest.approx(5.495, abs=0.01)
    assert (house.cell is not None, "tanneurs" in house.search) == (True, True)
    assert Cable.objects.get(reference="DI-0900-01").scheme == "tia-598"
    assert Change.objects.filter(thing="building", event="CREATION").count() == 5
    assert AuditEntry.objects.filter(verb="created", object_pk=str(house.pk)).exists()
    file = act(file, "undo")
    assert (file.state, counts()) == ("undone", (0,) * 10)
    assert Change.objects.filter(thing="building", event="SUPPRESSION", field="").count() == 5


def test_the_same_set_again_asks_for_nothing_and_another_only_for_what_changed(sent, act):  # noqa: F811
    act(sent(), "apply")
    routes = dict(OpticalRoute.objects.values_list("name", "pk"))
    again = sent(t_ltech=edit("SRO 0900", "SRO 0900 A"))
    assert (again.state, again.verdict["code"]) == ("applied", "nothing")
    moved = sent(
        t_zsro=edit(";250;", ";300;"),
        t_position=edit("PS0061;1;CB002-F01;CB101-F01", "PS0061;1;CB002-F09;CB101-F01"),
        t_adresse=edit("RUE DES TANNEURS;12;", "RUE DES TANNEURS;13;"),
    )
    told = {(change.kind, change.key, tuple(sorted(change.after))) for change in moved.changes.all()}
    assert told == {
        ("update", "pm:FI-39198-0900", ("capacity",)),
        ("create", "splice:DI-0900-01-A/9=RA-0900-01/1", ("a", "b", "box", "cassette", "place")),
        ("delete", "splice:DI-0900-01-A/1=RA-0900-01/1", ()),
    }
    moved = act(moved, "apply")
    assert moved.state == "applied", moved.problem
    assert (Pm.objects.get().capacity, counts()) == (300, WHOLE)
    assert OpticalRoute.objects.get(pto__reference="FI-0900-0001").name == "DISTRI-1 · 9"
    assert dict(OpticalRoute.objects.values_list("name", "pk")) == routes
    act(moved, "undo")
    assert (Pm.objects.get().capacity, counts()) == (250, WHOLE)
    assert OpticalRoute.objects.get(pto__reference="FI-0900-0001").name == "DISTRI-1 · 1"


def test_what_the_ipe_says_of_an_address_stays(sent, act):  # noqa: F811
    services.create(
        Building,
        actor=SYSTEM,
        data={"reference": "IMB/39198/X/GT01", "street": "DES TANNERIES", "insee": "39198", "state": "SIGNE"},
    )
    file = act(sent(), "apply")
    house = Building.objects.get(reference="IMB/39198/X/GT01")
    assert (house.street, house.number, house.state, house.oi_code) == ("DES TANNERIES", 12, "DEPLOYE", "")
    act(file, "undo")
    house.refresh_from_db()
    assert (house.number, house.state, house.pbo, house.street) == (None, "SIGNE", None, "DES TANNERIES")


def test_a_held_position_another_pm_and_a_smaller_cable_are_refused_with_what_hangs_on_them(sent, act):  # noqa: F811
    act(sent(), "apply")
    orange = Operator.objects.create(name="Opérateur C", kind="OC")
    position = Position.objects.get(module__name="DISTRI-1", number=5)
    services.patch(actor=SYSTEM, positions=[position], operator=orange)
    held = sent(t_position=edit("PS0005;5;CB001-F05;", "PS0005;5;;"))
    assert (held.plan["refuse"], codes(held), held.plan["changes"]) == (1, ["network.held"], 0)
    services.create(Pm, actor=SYSTEM, data={"reference": "AUTRE"})
    Cable.objects.filter(reference="DI-0900-01-B").update(pm=Pm.objects.get(reference="AUTRE"))
    taken = sent(
        t_cable=edit("DI-0900-01-A;C;DI;12;", "DI-0900-01-A;C;DI;11;"), t_fibre=edit("CB002-F12;CB002;12;2;6", ";;;;")
    )
    assert codes(taken) == [
        "gracethd.dangling",
        "gracethd.no-code",
        "network.leans",
        "network.other-pm",
        "network.shrinks",
    ]
    assert taken.changes.filter(kind__in=["create", "update", "delete"]).exists() is False
    assert counts()[1:] == WHOLE[1:]


def test_what_was_used_since_cannot_be_undone(sent, act):  # noqa: F811
    file = act(sent(), "apply")
    orange = Operator.objects.create(name="Opérateur C", kind="OC")
    services.patch(actor=SYSTEM, positions=[Position.objects.get(module__name="DISTRI-1", number=5)], operator=orange)
    file = act(file, "undo")
    assert (file.state, file.verdict["code"]) == ("applied", "undo-refused")
    assert "DISTRI-1" in file.problem
    assert counts() == WHOLE


def test_a_partner_never_sends_one(client, bruno):
    client.force_login(bruno)
    assert b"gracethd" not in client.get("/exchange/upload/").content


def test_the_course_of_a_cable_comes_changes_and_goes_again(sent, act):  # noqa: F811
    line = "cl_code;cl_cb_code;geom\nCL1;CB001;LINESTRING (889095 6668746, 889215 6668786)\n"
    act(sent(), "apply")
    file = sent(t_cableline=line)
    assert [(change.kind, change.key, set(change.after)) for change in file.changes.all()] == [
        ("update", "cable:DI-0900-01", {"path"})
    ]
    file = act(file, "apply")
    cable = Cable.objects.get(reference="DI-0900-01")
    assert cable.path.count(",") == 2
    assert cable.cell is not None
    assert history(cable)[0].changes == {"course": [0, 2]}
    assert sent(t_cableline=line).verdict["code"] in {"nothing", "twin"}
    act(file, "undo")
    cable.refresh_from_db()
    assert (cable.path, cable.cell) == ("", None)


def test_the_threshold_is_a_share_of_what_the_set_covers(sent, act):  # noqa: F811
    act(sent(), "apply")
    Pbo.objects.bulk_create(Pbo(reference=f"LOIN-{n}") for n in range(400))
    parted = sent(
        t_position="\n".join(line for line in tables()["t_position"].splitlines() if ";CB1" not in line) + "\n"
    )
    assert parted.plan["existing"] < 100
    assert parted.plan["delete"] == parted.plan["changes"]
    assert ("over" in parted.plan) == (parted.plan["changes"] * 100 // parted.plan["existing"] > 30)
    again = sent(t_zsro=edit(";250;", ";300;"))
    assert (again.plan["existing"], "over" in again.plan) == (parted.plan["existing"], False)
