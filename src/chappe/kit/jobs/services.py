"""What people and other apps ask of the queue: enqueue, cancel, retry; stop or run a schedule."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs import registry
from chappe.kit.jobs.models import OPEN_STATES, Job, JobFile, JobLog, Schedule, State

TRIES = 3  # a queued twin may start between our refusal and our look at it; thrice in a row it does not


def enqueue(
    name: str,
    *,
    actor: Actor,
    label: str = "",
    unique: str = "",
    owner: Any = None,
    not_before: datetime | timedelta | None = None,
    priority: int | None = None,
    queue: str = "",
    retries: int | None = None,
    files: Iterable[StoredFile] = (),
    **params: Any,
) -> Job:
    """Put a job in the queue and return its row. In a transaction, it starts only if that commits.

    ``unique``: while a job of that key waits, no second one is queued and the waiting one is returned. One
    that already runs does not count, for it may have read what has changed since; the new one waits for its
    end. ``owner`` None takes the organisation of the actor's user. ``not_before`` is a moment or a delay.
    ``params`` are JSON values.
    Raises KeyError for an unknown job, TypeError for a parameter that JSON cannot say.
    """
    spec = registry.get(name)
    json.dumps(params, allow_nan=False)
    now = timezone.now()
    if isinstance(not_before, timedelta):
        not_before = now + not_before
    job = Job(
        name=name,
        label=str(label)[:250],
        queue=queue or spec.queue,
        priority=spec.priority if priority is None else priority,
        retries=spec.retries if retries is None else retries,
        unique=unique,
        params=params,
        not_before=not_before or now,
        created=now,
        via=actor.via,
        created_by=actor.user,
        owner_id=owner.pk if owner is not None else actor.organisation_id,
    )
    job, is_new = _insert(job)
    if is_new:
        JobFile.objects.bulk_create([JobFile(job=job, stored=stored) for stored in files])
    return job


def _insert(job: Job) -> tuple[Job, bool]:
    for _try in range(TRIES):
        if job.unique:
            twin = Job.objects.filter(unique=job.unique, state=State.QUEUED).first()
            if twin is not None:
                return twin, False
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            if not job.unique:
                raise
            continue
        return job, True
    raise RuntimeError(f"the queue keeps refusing the key {job.unique!r}")


def cancel(job: Job, *, actor: Actor) -> Job:
    """End a waiting job at once; ask a running one to stop at its next check.

    Raises ValidationError when it has ended already.
    """
    now = timezone.now()
    if Job.objects.filter(pk=job.pk, state=State.QUEUED).update(
        state=State.CANCELLED, ended=now, cancel_asked=True, token=""
    ):
        _note(job, actor, _("Cancelled before it started, by %(who)s."))
    elif Job.objects.filter(pk=job.pk, state=State.RUNNING).update(cancel_asked=True):
        _note(job, actor, _("Cancellation asked by %(who)s."))
    else:
        raise ValidationError(_("This job has already ended: there is nothing to cancel."), code="ended")
    job.refresh_from_db()
    return job


def retry(job: Job, *, actor: Actor) -> Job:
    """Queue an ended job again, with as many attempts as at first; its log goes on.

    Raises ValidationError when it has not ended, has done its work, or a job of the same key waits already.
    """
    try:
        with transaction.atomic():
            moved = Job.objects.filter(pk=job.pk, state__in=[State.FAILED, State.CANCELLED]).update(
                state=State.QUEUED,
                attempt=0,
                cancel_asked=False,
                error="",
                trace="",
                message="",
                token="",
                progress_done=0,
                progress_total=0,
                not_before=timezone.now(),
                started=None,
                ended=None,
                worker="",
            )
    except IntegrityError as error:
        raise ValidationError(_("The same work already waits in the queue: see that job."), code="unique") from error
    if not moved:
        raise ValidationError(_("Only a job that failed or was cancelled can be run again."), code="state")
    _note(job, actor, _("Queued again by %(who)s."))
    job.refresh_from_db()
    return job


def _note(job: Job, actor: Actor, sentence: Any) -> None:
    JobLog.objects.create(job=job, attempt=max(1, job.attempt), message=sentence % {"who": actor.label})


def is_open(unique: str) -> bool:
    """Whether work of that key waits or runs."""
    return Job.objects.filter(unique=unique, state__in=OPEN_STATES).exists()


def set_schedule_enabled(schedule: Schedule, enabled: bool, *, actor: Actor) -> Schedule:
    """Stop or restart a schedule. Slots that pass while it is stopped are not caught up."""
    from chappe.kit.audit import services as audit
    from chappe.kit.jobs.scheduler import next_due

    audit.saved(
        actor,
        schedule,
        {"enabled": enabled, "next_due": next_due(schedule.cron, timezone.now()) if enabled else None},
    )
    return schedule


def run_schedule_now(schedule: Schedule, *, actor: Actor) -> Job:
    """Start the work of a schedule at once, besides its slots."""
    return enqueue(schedule.job, actor=actor, unique=f"schedule:{schedule.name}", **schedule.params)
