"""Old files that are done with go with all they brought; those that wait for somebody stay and are told; the journal keeps the trace."""

import datetime as dt

import pytest
from django.utils import timezone

from chappe.apps.exchange import purging
from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile
from chappe.apps.parties.models import Operator
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from tests.apps.exchange.conftest import IMPORTS

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def aged(row, days):
    ReceivedFile.objects.filter(pk=row.pk).update(
        **{
            name: timezone.now() - dt.timedelta(days=days)
            for name in ("received_at", "applied_at")
            if getattr(row, name)
        }
    )


def test_what_is_applied_and_old_goes_and_what_waits_stays(client, alice, send, act, monkeypatch):
    client.force_login(alice)
    applied = act(send(IMPORTS / "operators.csv"), "apply")
    assert applied.state == "applied"
    made = Operator.objects.count()
    waiting = send((IMPORTS / "operators.csv").read_bytes().replace(b"Altitel", b"Autretel") + b"\n", "b.csv")
    young = ReceivedFile.objects.get(pk=waiting.pk)
    for row in (applied, waiting):
        aged(row, 400)
    assert purging.purge(actor=SYSTEM, days=0) == purging.Purged()
    assert purging.purge(actor=SYSTEM, days=500) == purging.Purged()
    monkeypatch.setenv("CHAPPE_RECEIVED_DAYS", "365")
    job = enqueue("exchange.purge", actor=SYSTEM)
    run_pending()
    job.refresh_from_db()
    assert job.result == {"files": 1, "waiting": 1, "held": 0}
    assert [line["level"] for line in job.lines.order_by("pk").values("level")][-2:] == ["info", "warning"]
    assert list(ReceivedFile.objects.values_list("pk", flat=True)) == [young.pk]
    assert not FileIssue.objects.filter(file=applied.pk).exists()
    assert not PlannedChange.objects.filter(file=applied.pk).exists()
    assert not StoredFile.objects.filter(pk=applied.stored_id).exists()
    assert Operator.objects.count() == made
    told = AuditEntry.objects.get(verb="exchange.purged")
    assert (told.params["name"], told.object_pk) == ("operators.csv", str(applied.pk))
    assert purging.purge(actor=SYSTEM, days=365) == purging.Purged(waiting=1)
