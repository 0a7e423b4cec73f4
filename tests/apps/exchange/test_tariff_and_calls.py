"""A tariff and a file of calls through the same pages: options, plan, apply, undo or the reason why not."""

from pathlib import Path

import pytest

from chappe.apps.exchange.models import State
from chappe.apps.tariffs import services as tariffs
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.apps.usage.models import UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Job
from tests.apps.exchange.conftest import page

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
LIST = ROOT / "examples" / "tariffs" / "price-list" / "TARIF_PRO_2026.csv"
CALLS = ROOT / "examples" / "tariffs" / "price-list" / "calls.csv"


@pytest.fixture
def tariff(client, alice, send):
    client.force_login(alice)
    return send(LIST, kind="tariff", **{"o-code": "PRO", "o-plan": "", "o-timezone": ""})


def test_a_price_list_asks_for_its_plan_then_becomes_its_first_version(client, alice, send, act, work):
    client.force_login(alice)
    file = send(LIST)
    assert (file.kind, file.state, file.verdict["code"]) == ("tariff", "received", "needs-options")
    where = f"/exchange/file/{file.pk}/kind/"
    assert client.post(where, {"kind": "tariff", "o-code": "", "o-plan": ""}).status_code == 422
    assert client.post(where, {"kind": "tariff", "o-code": "PRO", "o-plan": ""}).status_code == 302
    work()
    file.refresh_from_db()
    assert (file.state, file.plan["create"], TariffPlan.objects.count()) == ("planned", 1, 0)
    assert file.changes.get().label == "PRO v1"
    file = act(file, "apply")
    version = TariffVersion.objects.get()
    assert (str(version), version.content, file.result[0]["label"], file.changes.get().applied_pk) == (
        "PRO v1", file.stored, "PRO v1", str(version.pk),
    )  # fmt: skip
    file = act(file, "undo")
    version.refresh_from_db()
    assert (file.state, version.state) == ("undone", "withdrawn")


def test_a_version_in_force_is_not_undone(client, tariff, act, alice):
    file = act(tariff, "apply")
    version = TariffVersion.objects.get()
    assert version.errors == 0, list(version.faults.values_list("code", flat=True))
    tariffs.activate(actor=Actor(alice), version=version, at=version.created_at)
    file = act(file, "undo")
    version.refresh_from_db()
    assert (file.state, version.state, file.verdict["code"]) == ("applied", "active", "undo-refused")
    assert "is or was in force" in page(client, file)


def test_the_same_tariff_for_another_plan_is_no_twin_for_the_same_plan_it_is(client, tariff, send, act):
    act(tariff, "apply")
    other = send(LIST, kind="tariff", **{"o-code": "PRO2", "o-plan": ""})
    assert (other.state, other.changes.get().label) == ("planned", "PRO2 v1")
    same = send(LIST, kind="tariff", **{"o-plan": "PRO", "o-code": ""})
    assert (same.state, same.twin) == (State.REFUSED, tariff)


def test_what_is_no_tariff_is_refused_with_its_faults(client, alice, send):
    client.force_login(alice)
    file = send(b"PK\x03\x04 not an archive", "tarif.zip", kind="tariff", **{"o-code": "X", "o-plan": ""})
    assert (file.state, file.verdict["code"], TariffPlan.objects.count()) == ("refused", "unreadable", 0)
    assert file.errors == file.issues.filter(severity="error").count() >= 1


def test_calls_are_tried_planned_handed_over_and_taken_back_before_rating(client, tariff, send, act, work):
    act(tariff, "apply")
    version = TariffVersion.objects.get()
    file = send(CALLS, kind="calls", **{"o-version": version.pk})
    assert (file.kind, file.state) == ("calls", "planned")
    after = file.changes.get().after
    assert (after["rated"] + after["unrated"] + after["rejected"], after["version"]) == (file.lines, "PRO v1")
    client.post(f"/exchange/file/{file.pk}/do/apply/")
    work(1)  # the apply job alone: the rating it queued still waits
    file.refresh_from_db()
    batch = UsageBatch.objects.get()
    assert (file.state, batch.source, batch.state) == ("applied", file.stored, "waiting")
    client.post(f"/exchange/file/{file.pk}/do/undo/")
    Job.objects.filter(name="usage.rate").update(not_before="2100-01-01T00:00Z")
    work()
    file.refresh_from_db()
    assert (file.state, UsageBatch.objects.count()) == ("undone", 0)
    assert Job.objects.get(name="usage.rate").state == "cancelled"


def test_rated_calls_are_not_taken_back(client, tariff, send, act):
    act(tariff, "apply")
    file = act(send(CALLS, kind="calls", **{"o-version": TariffVersion.objects.get().pk}), "apply")
    assert UsageBatch.objects.get().state == "ready"
    file = act(file, "undo")
    assert (file.state, UsageBatch.objects.count()) == ("applied", 1)
    assert "Rate the file again with another version instead." in page(client, file)


def test_faulty_calls_are_counted_exactly_masked_and_given_back(client, tariff, send, act):
    act(tariff, "apply")
    lines = "".join(f"B-{n},33612345678,=33199001234,2026-10-30T10:00:00+01:00,x{n}\n" for n in range(150))
    good = "A-1,1001,33199001234,2026-10-30T10:00:00+01:00,60\n"
    file = send(
        "id,subject,destination,start,usage\n" + good + lines,
        "c.csv",
        kind="calls",
        **{"o-version": TariffVersion.objects.get().pk},
    )
    assert (file.lines, file.errors, file.ok) == (151, 150, 1)
    assert file.issues.filter(severity="error").count() < 150
    assert "Of each kind the first ones are listed" in page(client, file)
    assert "33612345678" not in "".join(str(row) for row in file.issues.values())
    rejects = b"".join(client.get(f"/exchange/file/{file.pk}/rejects.csv").streaming_content).decode()
    assert len(rejects.splitlines()) == 151
    assert ",=3319" not in rejects


def test_a_file_of_calls_without_a_tariff_says_so(client, tariff, send, act, alice):
    act(tariff, "apply")
    version = TariffVersion.objects.get()
    file = send(CALLS, kind="calls", **{"o-version": version.pk})
    tariffs.withdraw(actor=Actor(alice), version=version)
    file = act(file, "apply")
    assert (file.state, file.verdict["code"], UsageBatch.objects.count()) == ("planned", "apply-refused", 0)
    file = act(file, "read")
    assert (file.state, file.issues.get().code) == ("refused", "usage-file.no-version")
