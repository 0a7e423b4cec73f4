"""Runs one claimed job and writes how it ended. Beside it beats the pulse: lease, progress, log, orders."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.kit.jobs import queue, registry, scheduler
from chappe.kit.jobs.context import Cancelled, HandedBack, JobContext, LeaseLost, PermanentError
from chappe.kit.jobs.models import Job, State, Worker

FLUSH_SECONDS = 0.5
TICK_SECONDS = 5.0
BUSY_MILLISECONDS = 2000  # the pulse rather misses a beat than waits behind a long transaction of SQLite
END_TRIES_SECONDS = (0.2, 1, 2, 5, 10, 20)

log = structlog.get_logger("chappe.jobs")


def flush(ctx: JobContext) -> None:
    """Write what the job has noted, and learn whether it must stop. A refused write gives the notes back."""
    progress, lines = ctx.take()
    try:
        if (progress or lines) and not queue.write(ctx.job, progress, lines):
            ctx.lost = True
        cancelled, lost = queue.told_to_stop(ctx.job)
    except DatabaseError:
        ctx.give_back(progress, lines)
        raise
    ctx.cancelled, ctx.lost = cancelled, ctx.lost or lost


class Pulse(threading.Thread):
    """One thread a worker process: keeps the lease alive, shows progress, ticks the schedules."""

    def __init__(self, worker: str, queues: Sequence[str], *, schedules: bool = True) -> None:
        super().__init__(name="pulse", daemon=True)
        self.worker, self.queues, self.schedules = worker, ",".join(queues), schedules
        self.ctx: JobContext | None = None
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self._beaten = self._ticked = 0.0

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                with self.lock:
                    self._quiet_waits()
                    self._round()
            except (DatabaseError, InterfaceError) as error:
                log.warning("pulse_missed", error=str(error))
                connection.close()
            self.ended.wait(FLUSH_SECONDS)
        connection.close()

    def hold(self, ctx: JobContext | None) -> None:
        with self.lock:
            self.ctx = ctx
            self._beaten = time.monotonic()

    def _quiet_waits(self) -> None:
        if connection.vendor == "sqlite" and connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")

    def _round(self) -> None:
        now, ctx = time.monotonic(), self.ctx
        if ctx is not None:
            if now - self._beaten >= queue.lease().total_seconds() / 3:
                ctx.lost = ctx.lost or not queue.beat(ctx.job)
                self._beaten = now
            flush(ctx)
        if now - self._ticked >= TICK_SECONDS:
            self._ticked = now
            Worker.objects.update_or_create(
                name=self.worker,
                defaults={"queues": self.queues, "seen": timezone.now(), "job": ctx.job if ctx else None},
            )
            queue.reap()
            if self.schedules:
                scheduler.tick()


def execute(job: Job, pulse: Pulse | None = None, *, stopping: Callable[[], bool] = lambda: False) -> None:
    """Run a claimed job to its end. Raises only when its end cannot be written."""
    ctx = JobContext(job)
    if pulse is None:
        ctx = JobContext(job, flush=_throttled(lambda: flush(ctx)))
    else:
        pulse.hold(ctx)
    ctx.stops = stopping
    with queue.speaking_to(job), structlog.contextvars.bound_contextvars(job=job.pk, job_name=job.name):
        started = time.monotonic()
        log.info("job_started", attempt=job.attempt)
        try:
            write_end = _run(ctx)
        finally:
            if pulse is not None:
                pulse.hold(None)
        kept = persist(lambda: (_last_words(ctx), write_end())[1])
        log.info("job_ended", kept=bool(kept), seconds=round(time.monotonic() - started, 3))


def _run(ctx: JobContext) -> Callable[[], bool]:
    """Run it; answer the write that says how it ended."""
    job = ctx.job
    try:
        spec = registry.get(job.name)
        spec.run(ctx, **job.params)
    except Cancelled:
        return lambda: queue.finish(job, State.CANCELLED, result=ctx.outcome)
    except HandedBack:
        return lambda: queue.hand_back(job)
    except LeaseLost:
        return lambda: False
    except Exception as error:
        sentence, permanent, raised = (
            _sentence(error),
            isinstance(error, (ValidationError, PermanentError, KeyError)),
            error,
        )
        log.warning("job_raised", error=sentence, exc_info=not permanent)
        return lambda: queue.fail(job, raised, sentence, permanent=permanent)
    return lambda: queue.finish(job, State.DONE, result=ctx.outcome)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PermanentError):
        return str(error)
    return _("An unexpected error stopped this job: %(error)s") % {"error": f"{type(error).__name__}: {error}"[:500]}


def _last_words(ctx: JobContext) -> None:
    progress, lines = ctx.take()
    try:
        queue.write(ctx.job, progress, lines)
    except DatabaseError:
        ctx.give_back(progress, lines)
        raise


def _throttled(act: Callable[[], None]) -> Callable[[], None]:
    last, here = [0.0], threading.get_ident()

    def maybe() -> None:
        # Another thread of the job would write on a database connection of its own, beside our transaction.
        if threading.get_ident() == here and time.monotonic() - last[0] >= FLUSH_SECONDS:
            act()
            last[0] = time.monotonic()

    return maybe


def persist(write: Callable[[], bool]) -> bool:
    """Insist on writing an end: work done must not be done again because the database blinked."""
    for wait in (*END_TRIES_SECONDS, None):
        try:
            return write()
        except (DatabaseError, InterfaceError) as error:
            if wait is None or connection.in_atomic_block:
                raise
            log.warning("end_not_written", error=str(error), again_in=wait)
            close_old_connections()
            time.sleep(wait)
    return False


def run_pending(queues: Sequence[str] = registry.QUEUES, *, limit: int = 1000) -> int:
    """Run here what may run now, one after the other; answer how many. For tests and ``chappe jobs run``."""
    worker = queue.worker_name()
    for done in range(limit):
        job = queue.claim(worker, queues)
        if job is None:
            return done
        execute(job)
    return limit
