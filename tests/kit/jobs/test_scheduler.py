"""Schedules: rows from declarations, slots missed while the house was down, stop and restart, run now."""

from datetime import UTC, datetime

import pytest

from chappe.kit.access.actor import Actor
from chappe.kit.jobs import registry, scheduler
from chappe.kit.jobs.models import Job, Schedule, ScheduleSlot, State
from chappe.kit.jobs.services import run_schedule_now, set_schedule_enabled

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture
def nightly(monkeypatch) -> registry.ScheduleSpec:
    spec = registry.ScheduleSpec(name="sample.nightly", job="sample.count", cron="0 3 * * *", params={"to": 1})
    monkeypatch.setattr(registry, "_schedules", {spec.name: spec})
    return spec


def test_sync_makes_the_row_once_and_follows_a_changed_cron(nightly, monkeypatch):
    scheduler.sync(datetime(2026, 1, 10, 12, tzinfo=UTC))
    scheduler.sync(datetime(2026, 1, 12, 12, tzinfo=UTC))
    row = Schedule.objects.get()
    assert (row.name, row.cron, row.next_due) == ("sample.nightly", "0 3 * * *", datetime(2026, 1, 11, 2, tzinfo=UTC))
    later = registry.ScheduleSpec(name="sample.nightly", job="sample.count", cron="0 5 * * *")
    monkeypatch.setattr(registry, "_schedules", {later.name: later})
    scheduler.sync(datetime(2026, 1, 12, 12, tzinfo=UTC))
    row.refresh_from_db()
    assert (row.cron, row.params, row.next_due) == ("0 5 * * *", {}, datetime(2026, 1, 13, 4, tzinfo=UTC))


def test_nothing_before_its_time(nightly):
    scheduler.sync(datetime(2026, 1, 10, 12, tzinfo=UTC))
    assert scheduler.tick(datetime(2026, 1, 11, 1, 59, 59, tzinfo=UTC)) == []
    [job] = scheduler.tick(datetime(2026, 1, 11, 2, tzinfo=UTC))
    assert (job.name, job.params, job.created_by, job.via) == ("sample.count", {"to": 1}, None, "job")
    row = Schedule.objects.get()
    assert (row.last_due, row.next_due, row.last_job) == (
        datetime(2026, 1, 11, 2, tzinfo=UTC),
        datetime(2026, 1, 12, 2, tzinfo=UTC),
        job,
    )
    assert scheduler.tick(datetime(2026, 1, 11, 2, 0, 5, tzinfo=UTC)) == []


def test_nights_missed_start_once(nightly):
    scheduler.sync(datetime(2026, 1, 10, 12, tzinfo=UTC))
    [job] = scheduler.tick(datetime(2026, 1, 15, 9, tzinfo=UTC))
    assert [slot.due for slot in ScheduleSlot.objects.all()] == [datetime(2026, 1, 15, 2, tzinfo=UTC)]
    assert job.lines.filter(level="warning").count() == 1
    assert Schedule.objects.get().next_due == datetime(2026, 1, 16, 2, tzinfo=UTC)


def test_a_clock_set_back_does_not_start_a_slot_again(nightly):
    scheduler.sync(datetime(2026, 1, 10, 12, tzinfo=UTC))
    assert len(scheduler.tick(datetime(2026, 1, 11, 2, tzinfo=UTC))) == 1
    Schedule.objects.update(next_due=datetime(2026, 1, 11, 2, tzinfo=UTC))
    assert scheduler.tick(datetime(2026, 1, 11, 2, tzinfo=UTC)) == []
    assert Job.objects.count() == 1
    assert Schedule.objects.get().next_due == datetime(2026, 1, 12, 2, tzinfo=UTC)


def test_stopped_it_does_not_start_and_restarted_it_does_not_catch_up(nightly):
    scheduler.sync(datetime(2026, 1, 10, 12, tzinfo=UTC))
    row = Schedule.objects.get()
    set_schedule_enabled(row, False, actor=SYSTEM)
    assert scheduler.tick(datetime(2026, 3, 1, tzinfo=UTC)) == []
    set_schedule_enabled(row, True, actor=SYSTEM)
    row.refresh_from_db()
    assert row.next_due > datetime.now(UTC)
    assert Job.objects.count() == 0


def test_run_now_besides_its_slots_and_only_once_waiting(nightly):
    scheduler.sync()
    row = Schedule.objects.get()
    job = run_schedule_now(row, actor=SYSTEM)
    assert (job.name, job.params, job.state) == ("sample.count", {"to": 1}, State.QUEUED)
    assert run_schedule_now(row, actor=SYSTEM).pk == job.pk
    assert ScheduleSlot.objects.count() == 0


def test_a_schedule_of_a_job_that_is_gone_is_left_alone(nightly):
    Schedule.objects.create(name="old", job="gone.job", cron="* * * * *", next_due=datetime(2026, 1, 1, tzinfo=UTC))
    assert scheduler.tick(datetime(2026, 1, 11, tzinfo=UTC)) == []
    assert Job.objects.count() == 0


@pytest.mark.parametrize("cron", ["nope", "* * * *", "* * * * * *", "61 * * * *"])
def test_a_cron_that_cannot_be_read_is_refused_at_start(cron):
    with pytest.raises(ValueError, match="cannot read the cron"):
        registry.schedule(cron)(registry.get("sample.count").run)
