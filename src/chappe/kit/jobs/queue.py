"""What workers do to the rows: claim, beat, end, hand back. Every change is one conditional UPDATE.

A claim draws a new token and a lease; each later write names the token, so that a worker that has lost its
lease cannot write over the one that has it. Must never run a job, start a thread or know a person.
"""

import os
import socket
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chappe.kit.jobs.models import Job, JobLog, State
from chappe.kit.ops.config import value

LOG_LINES = 1000  # kept per job; the oldest go first
BACKOFF_SECONDS = (5, 30, 120, 600)
TWIN_ALIVE_SECONDS = 600  # a live process of this machine that has not beaten for so long is taken for stuck
CANDIDATES = 8


def lease() -> timedelta:
    return timedelta(seconds=int(value("JOB_LEASE")))


def host() -> str:
    """This machine and its process space: where a pid means something."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return f"{socket.gethostname()}{space.removeprefix('pid:')}"[:80]


def _born(pid: int) -> str:
    """Start time of a process in clock ticks, "" when it is gone: tells a pid from its reuse."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]


def worker_name(pid: int | None = None) -> str:
    pid = pid or os.getpid()
    return f"{host()}/{pid}/{_born(pid)}"


def is_alive(worker: str) -> bool:
    """Whether ``worker`` is a live process of this machine. Elsewhere its lease decides: False."""
    place, pid, born = [*worker.rsplit("/", 2), "", ""][:3]
    return place == host() and pid.isdigit() and bool(born) and _born(int(pid)) == born


def anything() -> bool:
    """Whether any job waits or runs. Idle workers ask four times a second: one look at a small index, no query to build."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM jobs_job WHERE state IN ('queued', 'running') LIMIT 1")
        return cursor.fetchone() is not None


def ready(queues: Sequence[str]) -> Any:
    """Jobs that may be claimed now, best first. One of a key that runs already waits for its end."""
    now = timezone.now()
    busy = Job.objects.filter(state=State.RUNNING).exclude(unique="").values("unique")
    fresh = Q(state=State.QUEUED, not_before__lte=now) & ~Q(unique__in=busy)
    dropped = Q(state=State.RUNNING, lease_until__lt=now)
    return Job.objects.filter(fresh | dropped, queue__in=queues).order_by("-priority", "id")


def claim(worker: str, queues: Sequence[str]) -> Job | None:
    """Take the next job for ``worker``, or None. Jobs that dead workers dropped too often end on the way."""
    locks = connection.features.has_select_for_update_skip_locked
    with transaction.atomic() if locks else nullcontext():
        rows = ready(queues)
        if locks:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        for row in rows[:CANDIDATES]:
            if row.state == State.RUNNING and not _may_take_over(row):
                continue
            job = _take(row, worker)
            if job is not None:
                return job
    return None


def _may_take_over(row: Job) -> bool:
    """Whether the holder of an expired lease is really gone.

    On one machine the process itself answers: a long write transaction of SQLite keeps the heartbeat out
    without the job being dead. A process that lives but has been silent for ten minutes is taken for stuck.
    """
    overdue = (timezone.now() - row.lease_until).total_seconds() if row.lease_until else TWIN_ALIVE_SECONDS
    return overdue >= TWIN_ALIVE_SECONDS or not is_alive(row.worker)


def _take(row: Job, worker: str) -> Job | None:
    """The conditional UPDATE that decides between two workers."""
    now, token = timezone.now(), uuid4().hex
    same = Job.objects.filter(pk=row.pk, state=row.state, token=row.token)
    if row.state == State.RUNNING and (row.cancel_asked or row.attempt > row.retries):
        _bury(row, same)
        return None
    taken = same.update(
        state=State.RUNNING,
        token=token,
        worker=worker,
        lease_until=now + lease(),
        attempt=F("attempt") + 1,
        started=now,
        ended=None,
        error="",
        trace="",
        message="",
        progress_done=0,
    )
    if not taken:
        return None
    if row.state == State.RUNNING:
        add_line(
            row,
            "warning",
            _("The worker %(worker)s vanished; the job starts again.") % {"worker": row.worker},
        )
    return Job.objects.select_related("created_by").get(pk=row.pk)


def _bury(row: Job, same: Any) -> None:
    with speaking_to(row):
        sentence = _(
            "The worker vanished %(n)s times while running this job (killed, or out of memory). "
            "It is not started again by itself."
        ) % {"n": row.attempt}
    state = State.CANCELLED if row.cancel_asked else State.FAILED
    error = "" if row.cancel_asked else sentence
    same.update(state=state, error=error, ended=timezone.now(), lease_until=None, token="")


def speaking_to(job: Job) -> translation.override:
    """Sentences kept on the row are written in the language of whoever asked."""
    language = getattr(job.created_by, "language", "") if job.created_by_id else ""
    return translation.override(language or value("LANGUAGE"))


def _mine(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=State.RUNNING, token=job.token)


def beat(job: Job) -> bool:
    """Renew the lease; False when it is lost."""
    return bool(_mine(job).update(lease_until=timezone.now() + lease()))


def write(job: Job, progress: dict[str, Any] | None, lines: list[JobLog]) -> bool:
    """Progress and log lines of a running job; False when the lease is lost."""
    with transaction.atomic():
        if progress and not _mine(job).update(**progress):
            return False
        if lines:
            JobLog.objects.bulk_create(lines)
            trim_log(job)
    return True


def add_line(job: Job, level: str, message: str) -> None:
    JobLog.objects.create(job=job, attempt=max(1, job.attempt), level=level, message=message)


def trim_log(job: Job) -> None:
    """Keep the last LOG_LINES lines."""
    edge = JobLog.objects.filter(job=job).order_by("-pk").values_list("pk", flat=True)[LOG_LINES : LOG_LINES + 1]
    oldest = list(edge)
    if oldest:
        JobLog.objects.filter(job=job, pk__lte=oldest[0]).delete()


def told_to_stop(job: Job) -> tuple[bool, bool]:
    """(cancellation asked, lease lost)."""
    row = _mine(job).values_list("cancel_asked", flat=True).first()
    return (bool(row), row is None)


def finish(job: Job, state: State, *, result: dict[str, Any] | None = None, error: str = "", trace: str = "") -> bool:
    """End a job; False when the lease is lost, and then nothing is written."""
    values: dict[str, Any] = {
        "state": state,
        "ended": timezone.now(),
        "lease_until": None,
        "error": error,
        "trace": trace,
    }
    if result is not None:
        values["result"] = result
    return bool(_mine(job).update(**values, token=""))


def fail(job: Job, error: Exception, sentence: str, *, permanent: bool) -> bool:
    """End a job that raised, or put it back with a growing delay while attempts are left."""
    trace = "".join(traceback.format_exception(error))[-20_000:]
    if permanent or job.attempt > job.retries:
        return finish(job, State.FAILED, error=sentence, trace=trace)
    wait = BACKOFF_SECONDS[min(job.attempt, len(BACKOFF_SECONDS)) - 1]
    values = {"error": sentence, "trace": trace, "not_before": timezone.now() + timedelta(seconds=wait)}
    return _put_back(job, values)


def hand_back(job: Job) -> bool:
    """Back to the queue at once, the attempt not counted: the worker is stopping."""
    return _put_back(job, {"attempt": F("attempt") - 1, "not_before": timezone.now(), "started": None})


def _put_back(job: Job, values: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            return bool(_mine(job).update(state=State.QUEUED, lease_until=None, worker="", token="", **values))
    except IntegrityError:
        # a job of the same key waits already and will do this work
        sentence = _("A newer job of the same work waits in the queue and takes over.")
        return finish(job, State.CANCELLED, error=sentence)


def release(worker: str) -> int:
    """A worker is known to be dead: its jobs may be taken again at once. Answers how many."""
    return Job.objects.filter(state=State.RUNNING, worker=worker).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def reap() -> int:
    """Free the jobs of processes of this machine that are dead, without waiting for their lease."""
    here = Job.objects.filter(state=State.RUNNING, worker__startswith=host() + "/", lease_until__gt=timezone.now())
    names = set(here.values_list("worker", flat=True))
    return sum(release(name) for name in names if not is_alive(name))
