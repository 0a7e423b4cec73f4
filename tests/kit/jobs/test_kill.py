"""Real worker processes, really killed. What was accepted is done; never by two at once; each slot once."""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from chappe.kit.access.actor import Actor
from chappe.kit.jobs import scheduler
from chappe.kit.jobs.models import Job, Schedule, ScheduleSlot, State, Worker
from chappe.kit.jobs.services import cancel, enqueue

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


def told(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def state(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_killed_in_the_middle_runs_again_and_nothing_is_lost(workers, until, tmp_path):
    path = tmp_path / "told"
    jobs = [enqueue("sample.count", actor=SYSTEM, path=str(path), key=str(n), to=4, pause=0.2) for n in range(3)]
    first = workers.start()
    until(lambda: [words[0] for words in told(path)] == ["start", "end", "start"])
    first.kill()
    first.wait(60)
    held = Job.objects.get(state=State.RUNNING, name=jobs[0].name)
    assert (held.attempt, held.ended) == (1, None)
    workers.start()
    until(lambda: Job.objects.filter(state=State.DONE, name=jobs[0].name).count() == 3)
    held.refresh_from_db()
    assert (held.attempt, held.result) == (2, {"counted": 4})
    assert held.lines.filter(level="warning").count() == 1
    ends = sorted(words[1] for words in told(path) if words[0] == "end")
    assert sorted(set(ends)) == ["0", "1", "2"]
    # The clock may have started jobs of its own meanwhile; none of these was made twice.
    assert {job.pk for job in jobs} == set(Job.objects.filter(name=jobs[0].name).values_list("pk", flat=True))


def test_three_workers_never_run_one_job_twice(workers, until, tmp_path):
    path = tmp_path / "told"
    first = enqueue("sample.meets", actor=SYSTEM, path=str(path))  # holds one process until a second is at work
    jobs = [enqueue("sample.count", actor=SYSTEM, path=str(path), key=str(n), to=1) for n in range(60)]
    for _n in range(3):
        workers.start(lease=60)  # a machine that stalls takes no job from a runner that lives
    mine = Job.objects.filter(pk__in=[first.pk, *(job.pk for job in jobs)])  # the clock may start others meanwhile
    until(lambda: mine.filter(state=State.DONE).count() == len(jobs) + 1, 400)
    starts = [words for words in told(path) if words[0] == "start"]
    assert sorted(words[1] for words in starts) == sorted(["meets", *map(str, range(60))])
    assert len({words[2] for words in starts}) > 1, "one process did everything: the race was not run"
    assert set(mine.values_list("attempt", flat=True)) == {1}


def test_a_job_that_kills_each_worker_ends_with_a_sentence(workers, until, tmp_path):
    job = enqueue("sample.dies", actor=SYSTEM, path=str(tmp_path / "told"))
    for _n in range(2):
        worker = workers.start(lease=2)
        assert worker.wait(120) == -signal.SIGKILL
    workers.start(lease=2)
    until(lambda: state(job) == State.FAILED)
    assert len(told(tmp_path / "told")) == 2
    job.refresh_from_db()
    assert "2" in job.error


def test_a_frozen_worker_wakes_up_without_writing(workers, until, tmp_path):
    path = tmp_path / "told"
    job = enqueue("sample.count", actor=SYSTEM, path=str(path), key="x", to=20, pause=0.1)
    frozen = workers.start(lease=2)
    until(lambda: len(told(path)) == 1)
    frozen.send_signal(signal.SIGSTOP)
    # as another machine would see it: no process of ours to look at, only a lease that runs out
    Job.objects.filter(pk=job.pk).update(worker="elsewhere/1/1")
    workers.start(lease=60)
    until(lambda: len(told(path)) == 2)
    frozen.send_signal(signal.SIGCONT)
    until(lambda: state(job) == State.DONE)
    job.refresh_from_db()
    assert job.attempt == 2
    assert [words[0] for words in told(path)].count("end") == 1


def test_cancel_stops_a_running_job_and_progress_is_seen(workers, until, tmp_path):
    job = enqueue("sample.count", actor=SYSTEM, to=1000, pause=0.05)
    workers.start()
    until(lambda: Job.objects.get(pk=job.pk).progress_done > 3)
    running = Job.objects.get(pk=job.pk)
    assert (running.state, running.progress_total) == (State.RUNNING, 1000)
    assert running.message.startswith("step ")
    assert running.percent in range(50)
    cancel(running, actor=SYSTEM)
    until(lambda: state(job) == State.CANCELLED)


def test_sigterm_hands_the_job_back_uncounted(workers, until, tmp_path):
    path = tmp_path / "told"
    job = enqueue("sample.count", actor=SYSTEM, path=str(path), to=40, pause=0.05)
    first = workers.start()
    until(lambda: len(told(path)) == 1)
    first.terminate()
    assert first.wait(60) == 0
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.QUEUED, 0)
    assert Worker.objects.count() == 0
    workers.start()
    until(lambda: state(job) == State.DONE)
    job.refresh_from_db()
    assert job.attempt == 1


def test_a_worker_is_seen_alive_and_does_not_outlive_its_parent(workers, until):
    workers.start()
    until(lambda: Worker.objects.count() == 1)
    worker = Worker.objects.get()
    assert worker.queues == "quick,bulk"
    assert abs((timezone.now() - worker.seen).total_seconds()) < 10
    assert int(worker.name.split("/")[-2]) == workers.started[0].pid != os.getpid()


def test_two_schedulers_start_a_slot_once(workers):
    due = timezone.now().replace(microsecond=0) - timedelta(seconds=30)
    for n in range(5):
        Schedule.objects.create(name=f"s{n}", job="sample.count", cron="0 3 1 1 *", params={"to": n}, next_due=due)
    barrier, started = threading.Barrier(4), []

    def tick() -> None:
        barrier.wait()
        try:
            started.extend(scheduler.tick())
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(started) == 5
    assert ScheduleSlot.objects.count() == Job.objects.count() == 5
    assert sorted(Job.objects.values_list("params__to", flat=True)) == [0, 1, 2, 3, 4]
    assert scheduler.tick() == []
