"""The queue without processes: what is asked, what is taken, how it ends. Alice asks."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from chappe.kit.access.actor import Actor
from chappe.kit.jobs import queue, registry
from chappe.kit.jobs.models import Job, JobLog, State
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import cancel, enqueue, retry

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def now_ready(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now() - timedelta(seconds=1))


def test_a_job_runs_and_tells_what_it_did():
    job = enqueue("sample.count", actor=SYSTEM, to=4)
    assert (job.state, job.attempt, job.queue, job.retries) == (State.QUEUED, 0, "quick", 3)
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.state, job.attempt, job.progress_done, job.progress_total) == (State.DONE, 1, 4, 4)
    assert job.result == {"counted": 4}
    assert job.percent == 100
    assert job.ended >= job.started
    assert list(job.lines.values_list("message", flat=True)) == ["counted to 4"]
    assert (job.token, job.lease_until) == ("", None)


def test_higher_priority_first_then_the_order_of_asking():
    names = [enqueue("sample.count", actor=SYSTEM, priority=p, label=str(p), to=0).label for p in (0, 5, 0, 9)]
    assert names == ["0", "5", "0", "9"]
    taken = [queue.claim("w", registry.QUEUES).label for _n in range(4)]
    assert taken == ["9", "5", "0", "0"]
    assert queue.claim("w", registry.QUEUES) is None


def test_a_worker_of_the_quick_queue_leaves_the_bulk():
    bulk = enqueue("sample.stuck", actor=SYSTEM, path="")
    assert bulk.queue == "bulk"
    assert queue.claim("w", ["quick"]) is None
    assert queue.claim("w", ["quick", "bulk"]).pk == bulk.pk


def test_not_before_waits():
    job = enqueue("sample.count", actor=SYSTEM, not_before=timedelta(hours=1))
    assert run_pending() == 0
    now_ready(job)
    assert run_pending() == 1


def test_one_queued_job_of_a_key_and_the_second_waits_for_the_first_to_end():
    first = enqueue("sample.count", actor=SYSTEM, unique="k", to=0)
    assert enqueue("sample.count", actor=SYSTEM, unique="k", to=0).pk == first.pk
    assert Job.objects.count() == 1
    held = queue.claim("w", registry.QUEUES)
    second = enqueue("sample.count", actor=SYSTEM, unique="k", to=0)
    assert second.pk != first.pk
    assert queue.claim("w2", registry.QUEUES) is None
    assert queue.finish(held, State.DONE) is True
    assert queue.claim("w2", registry.QUEUES).pk == second.pk


def test_a_rolled_back_transaction_queues_nothing():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue("sample.count", actor=SYSTEM)
        raise ZeroDivisionError
    assert Job.objects.count() == 0


def test_unknown_job_and_parameters_that_json_cannot_say_queue_nothing():
    with pytest.raises(KeyError, match="no job named"):
        enqueue("sample.nothing", actor=SYSTEM)
    with pytest.raises(TypeError):
        enqueue("sample.count", actor=SYSTEM, to=object())
    assert Job.objects.count() == 0


def test_an_error_is_tried_again_later_and_in_the_end_said():
    job = enqueue("sample.fails", actor=SYSTEM)
    for attempt, wait in ((1, 5), (2, 30)):
        assert run_pending() == 1
        job.refresh_from_db()
        assert (job.state, job.attempt) == (State.QUEUED, attempt)
        assert wait - 2 < (job.not_before - timezone.now()).total_seconds() <= wait
        assert run_pending() == 0
        now_ready(job)
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.FAILED, 3)
    assert "RuntimeError: the wire is cut" in job.error
    assert "sample/jobs.py" in job.trace
    assert list(job.lines.values_list("attempt", "message")) == [(n, f"attempt {n}") for n in (1, 2, 3)]


def test_an_error_that_passes_ends_well():
    job = enqueue("sample.fails", actor=SYSTEM, times=1)
    run_pending()
    now_ready(job)
    run_pending()
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error) == (State.DONE, 2, "")


def test_a_refusal_is_not_tried_again():
    job = enqueue("sample.refuses", actor=SYSTEM)
    run_pending()
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error) == (State.FAILED, 1, "This will never do.")


def test_a_job_whose_app_is_gone_fails_with_a_sentence():
    job = enqueue("sample.count", actor=SYSTEM)
    Job.objects.filter(pk=job.pk).update(name="gone.job")
    run_pending()
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "gone.job" in job.error


def test_cancel_a_waiting_job_at_once():
    job = cancel(enqueue("sample.count", actor=SYSTEM), actor=SYSTEM)
    assert job.state == State.CANCELLED
    assert run_pending() == 0
    with pytest.raises(ValidationError) as refused:
        cancel(job, actor=SYSTEM)
    assert refused.value.code == "ended"


def test_a_running_job_stops_at_its_next_check():
    job = enqueue("sample.count", actor=SYSTEM)
    held = queue.claim("w", registry.QUEUES)
    cancel(job, actor=SYSTEM)
    from chappe.kit.jobs import runner

    runner.execute(held)
    job.refresh_from_db()
    assert (job.state, job.result) == (State.CANCELLED, {})


def test_retry_starts_anew_and_only_from_an_end_without_success():
    job = enqueue("sample.refuses", actor=SYSTEM)
    with pytest.raises(ValidationError):
        retry(job, actor=SYSTEM)
    run_pending()
    again = retry(job, actor=SYSTEM)
    assert (again.state, again.attempt, again.error) == (State.QUEUED, 0, "")
    done = enqueue("sample.count", actor=SYSTEM)
    run_pending()
    with pytest.raises(ValidationError) as refused:
        retry(done, actor=SYSTEM)
    assert refused.value.code == "state"
    done.refresh_from_db()
    assert done.state == State.DONE


def test_retry_gives_way_to_the_same_work_already_waiting():
    first = enqueue("sample.refuses", actor=SYSTEM, unique="k")
    run_pending()
    enqueue("sample.count", actor=SYSTEM, unique="k")
    with pytest.raises(ValidationError) as refused:
        retry(first, actor=SYSTEM)
    assert refused.value.code == "unique"
    first.refresh_from_db()
    assert first.state == State.FAILED


def test_a_failing_job_gives_way_to_a_newer_one_of_its_key():
    first = enqueue("sample.fails", actor=SYSTEM, unique="k")
    held = queue.claim("w", registry.QUEUES)
    second = enqueue("sample.count", actor=SYSTEM, unique="k")
    assert queue.fail(held, RuntimeError("x"), "x", permanent=False) is True
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.CANCELLED, State.QUEUED)


def test_whoever_lost_the_lease_writes_nothing():
    job = enqueue("sample.count", actor=SYSTEM)
    slow = queue.claim("elsewhere/1/1", registry.QUEUES)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    fast = queue.claim("elsewhere/2/2", registry.QUEUES)
    assert (fast.pk, fast.attempt) == (job.pk, 2)
    assert queue.beat(slow) is False
    assert queue.write(slow, {"progress_done": 99}, []) is False
    assert queue.finish(slow, State.FAILED, error="late") is False
    assert queue.hand_back(slow) is False
    job.refresh_from_db()
    assert (job.state, job.token, job.progress_done, job.error) == (State.RUNNING, fast.token, 0, "")
    assert JobLog.objects.filter(job=job, level="warning").count() == 1


def test_a_job_that_kills_its_workers_is_buried_with_a_sentence():
    job = enqueue("sample.count", actor=SYSTEM, retries=1)
    for attempt in (1, 2):
        assert queue.claim("elsewhere/1/1", registry.QUEUES).attempt == attempt
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert queue.claim("elsewhere/1/1", registry.QUEUES) is None
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "2" in job.error


def test_a_live_process_of_this_machine_keeps_its_job_past_the_lease():
    job = enqueue("sample.count", actor=SYSTEM)
    me = queue.worker_name()
    queue.claim(me, registry.QUEUES)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=60))
    assert queue.claim("elsewhere/1/1", registry.QUEUES) is None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=601))
    assert queue.claim("elsewhere/1/1", registry.QUEUES).pk == job.pk


def test_reap_frees_the_jobs_of_dead_processes_only():
    job = enqueue("sample.count", actor=SYSTEM)
    other = enqueue("sample.count", actor=SYSTEM)
    dead = f"{queue.host()}/{2**22 + 1}/12345"
    assert queue.claim(dead, registry.QUEUES).pk == job.pk
    assert queue.claim(queue.worker_name(), registry.QUEUES).pk == other.pk
    assert queue.reap() == 1
    assert queue.claim(queue.worker_name(), registry.QUEUES).pk == job.pk


def test_handed_back_does_not_count_as_an_attempt():
    job = enqueue("sample.count", actor=SYSTEM)
    held = queue.claim("w", registry.QUEUES)
    from chappe.kit.jobs import runner

    runner.execute(held, stopping=lambda: True)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.worker) == (State.QUEUED, 0, "")
    assert run_pending() == 1


def test_the_log_keeps_its_last_lines(monkeypatch):
    monkeypatch.setattr(queue, "LOG_LINES", 10)
    job = enqueue("sample.count", actor=SYSTEM)
    held = queue.claim("w", registry.QUEUES)
    for n in range(25):
        queue.write(held, None, [JobLog(job=job, message=str(n))])
    assert list(job.lines.values_list("message", flat=True)) == [str(n) for n in range(15, 25)]


def test_claiming_asks_few_queries(django_assert_max_num_queries):
    for _n in range(30):
        enqueue("sample.count", actor=SYSTEM, to=0)
    with django_assert_max_num_queries(3 + 2 * connection.features.has_select_for_update_skip_locked):
        queue.claim("w", registry.QUEUES)


def test_an_idle_worker_has_nothing_to_look_for():
    assert not queue.anything()
    job = enqueue("sample.count", actor=SYSTEM)
    for state, something in ((State.QUEUED, True), (State.RUNNING, True), (State.DONE, False), (State.FAILED, False)):
        Job.objects.filter(pk=job.pk).update(state=state)
        assert queue.anything() is something, state
