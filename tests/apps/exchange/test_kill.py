"""A worker killed while it reads or applies: nothing half done, and the next worker does it whole, once."""

import signal
import time

import pytest

from chappe.apps.exchange import services
from chappe.apps.exchange.models import ReceivedFile, State
from chappe.apps.parties.models import Operator
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import cancel
from tests.apps.exchange.conftest import content

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test", via="file")
ROWS = 200


def until(condition, workers, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, workers.logs()[-3000:]
        time.sleep(0.05)


def test_killed_while_applying_nothing_is_half_done(workers):
    lines = "".join(f"Opérateur {n:05};o{n}\n" for n in range(ROWS))
    file = services.receive(actor=SYSTEM, source=content("nom;tenant\n" + lines), name="beaucoup.csv", channel="folder")
    run_pending()
    file.refresh_from_db()
    assert (file.state, file.plan["create"]) == ("planned", ROWS)
    services.apply(actor=SYSTEM, file=file)
    first = workers.start(dies_at=f"chappe.apps.parties.models:Operator.save:{ROWS // 2}")
    assert first.wait(120) == -signal.SIGKILL, workers.logs()[-3000:]
    file.refresh_from_db()
    assert (file.state, Operator.objects.count()) == (State.APPLYING, 0)
    workers.start()
    until(lambda: ReceivedFile.objects.get(pk=file.pk).state == State.APPLIED, workers)
    assert Operator.objects.count() == ROWS
    assert file.changes.exclude(applied_pk="").count() == ROWS
    until(lambda: Job.objects.get(name="exchange.apply").state == "done", workers)
    assert Job.objects.get(name="exchange.apply").attempt == 2


def test_a_reading_cut_short_begins_anew_and_counts_once():
    file = services.receive(actor=SYSTEM, source=content("nom;code interop\nA;AAAA\nB;B\n"), name="a.csv")
    run_pending()
    file.refresh_from_db()
    before = list(file.issues.values_list("line", "code")), list(file.changes.values_list("kind", "line"))
    # as a worker killed after its rows were written and before its last word leaves it
    ReceivedFile.objects.filter(pk=file.pk).update(state=State.READING, plan={}, verdict={})
    Job.objects.filter(pk=file.job_id).update(state="queued", attempt=0, ended=None, token="")
    run_pending()
    file.refresh_from_db()
    assert (file.state, file.plan["create"], file.plan["refuse"]) == ("planned", 1, 1)
    assert (list(file.issues.values_list("line", "code")), list(file.changes.values_list("kind", "line"))) == before


def test_an_old_job_does_not_speak_for_a_file_that_went_on():
    file = services.receive(actor=SYSTEM, source=content("nom;code interop\nA;AAAA\n"), name="a.csv")
    run_pending()
    file.refresh_from_db()
    old = file.job_id
    services.apply(actor=SYSTEM, file=file)
    run_pending()
    Job.objects.filter(pk=old).update(state="queued", attempt=0, ended=None, token="")
    run_pending()
    file.refresh_from_db()
    assert (file.state, file.changes.count(), Operator.objects.count()) == ("applied", 1, 1)


def test_a_job_cancelled_in_the_queue_leaves_a_file_that_can_be_started_again():
    file = services.receive(actor=SYSTEM, source=content("nom;code interop\nA;AAAA\n"), name="a.csv")
    cancel(file.job, actor=SYSTEM)
    file.refresh_from_db()
    assert (file.state, file.is_stuck) == (State.READING, True)
    assert file.turn() == "Yours: start it again"
    services.read_again(actor=SYSTEM, file=file)
    run_pending()
    file.refresh_from_db()
    assert file.state == "planned"
