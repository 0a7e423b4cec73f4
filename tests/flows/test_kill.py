"""A worker is killed while it rates a file; another takes the job again; the lake holds each call exactly once."""

import signal
import time

import pytest

from chappe.apps.usage import lake
from chappe.apps.usage.models import Call, UsageBatch, UsageDay
from chappe.kit.jobs.models import State
from tests.kit.jobs.conftest import Workers
from tests.support.calls import file_of, line, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CALLS = 300_000


@pytest.fixture
def workers(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path))
    (tmp_path / "logs").mkdir()
    found = Workers(tmp_path / "logs")
    yield found
    found.stop()


def until(condition, workers, seconds=180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} s; workers said:\n{workers.logs()[-3000:]}")
        time.sleep(0.02)


def test_killed_in_the_middle_each_call_counts_once(workers, bruno, version):
    first = line("x", "33145678901", "2015-03-04T10:00:00+00:00", 25)
    rest = first.partition(",")[2]
    batch = sent(file_of(*(f"{n},{rest}" for n in range(CALLS))), version, bruno.organisation)

    def state() -> str:
        return UsageBatch.objects.values_list("state", flat=True).get(pk=batch.pk)

    worker = workers.start(dies_at="chappe.apps.usage.rating:_of_batch:2")
    assert worker.wait(180) == -signal.SIGKILL, workers.logs()[-3000:]
    assert not lake.holds(str(batch.uid))
    assert (state(), Call.objects.count(), UsageDay.objects.count()) == ("rating", 0, 0)

    workers.start()
    until(lambda: state() == "ready", workers)
    until(lambda: UsageBatch.objects.get(pk=batch.pk).job.state == State.DONE, workers)
    batch.refresh_from_db()
    assert batch.job.attempt == 2
    assert (batch.calls, batch.rated, batch.total) == (CALLS, CALLS, CALLS * 160_000_000)
    held = lake.query("SELECT count(*) AS n, count(DISTINCT line) AS lines FROM calls").to_pylist()
    assert held == [{"n": CALLS, "lines": CALLS}]
    assert list(batch.days.values_list("calls", "total")) == [(CALLS, CALLS * 160_000_000)]
