"""Starts jobs by the clock. Any number of schedulers may tick: the database lets each slot start once.

There is no leader to elect and none to lose: a start is one transaction that inserts the slot, and its unique
constraint refuses the second. Slots missed while the house was down start once, not once each.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor
from chappe.kit.jobs import cron, queue, registry
from chappe.kit.jobs.models import Job, Schedule, ScheduleSlot
from chappe.kit.jobs.services import enqueue
from chappe.kit.ops.config import value


def zone() -> ZoneInfo:
    return ZoneInfo(value("TIMEZONE"))


def next_due(expression: str, moment: datetime) -> datetime:
    """The next slot strictly after ``moment``, in UTC."""
    return cron.next_after(expression, moment, zone())


def sync(now: datetime | None = None) -> None:
    """Give each declared schedule its row. A cron that has changed in code counts anew from now."""
    now = now or timezone.now()
    rows = {row.name: row for row in Schedule.objects.all()}
    for spec in registry.schedules().values():
        row = rows.get(spec.name)
        if row is None:
            due = next_due(spec.cron, now) if spec.enabled else None
            Schedule.objects.get_or_create(
                name=spec.name,
                defaults={
                    "job": spec.job,
                    "cron": spec.cron,
                    "params": dict(spec.params),
                    "enabled": spec.enabled,
                    "next_due": due,
                },
            )
        elif (row.job, row.cron, row.params) != (spec.job, spec.cron, dict(spec.params)):
            row.job, row.cron, row.params = spec.job, spec.cron, dict(spec.params)
            row.next_due = next_due(spec.cron, now) if row.enabled else None
            row.save(update_fields=["job", "cron", "params", "next_due"])


def tick(now: datetime | None = None) -> list[Job]:
    """Start what is due; answer the jobs that this very call has started."""
    now = now or timezone.now()
    due = Schedule.objects.filter(enabled=True, next_due__lte=now, job__in=list(registry.jobs()))
    return [job for row in due if (job := _start(row, now)) is not None]


def _start(row: Schedule, now: datetime) -> Job | None:
    assert row.next_due is not None
    slot = max(row.next_due, cron.last_until(row.cron, now, zone()) or row.next_due)
    try:
        with transaction.atomic():
            held = ScheduleSlot.objects.create(schedule=row, due=slot)
            job = enqueue(
                row.job,
                actor=Actor.system(f"schedule {row.name}"),
                unique=f"schedule:{row.name}",
                label=row.label,
                **row.params,
            )
            held.job = job
            held.save(update_fields=["job"])
            _advance(row, now, last_due=slot, last_job=job)
    except IntegrityError:
        # another scheduler has this slot; if it was started by hand of time set back, go on to the next one
        _advance(row, now)
        return None
    if slot > row.next_due:
        with queue.speaking_to(job):
            since = date_format(timezone.localtime(row.next_due), "DATETIME_FORMAT")
            queue.add_line(
                job,
                "warning",
                _("Slots were missed since %(since)s; they start once, now.") % {"since": since},
            )
    return job


def _advance(row: Schedule, now: datetime, **values: object) -> None:
    Schedule.objects.filter(pk=row.pk, next_due=row.next_due, cron=row.cron).update(
        next_due=next_due(row.cron, now), **values
    )
