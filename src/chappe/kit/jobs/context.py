"""What a running job holds: its row, its actor, how to tell where it is. Never decides the state.

Progress and log lines are only noted here; the pulse writes them at most twice a second, on a connection of
its own, so that they are seen while the job is inside a transaction and cost nothing in a tight loop.
"""

import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.models import Job, JobFile, JobLog

LEVELS = ("debug", "info", "warning", "error")


class Cancelled(Exception):  # noqa: N818 - says what happened
    """Somebody asked this job to stop. Let it through."""


class HandedBack(Exception):  # noqa: N818
    """The worker is stopping: the job goes back to the queue and its attempt does not count."""


class LeaseLost(Exception):  # noqa: N818
    """Another worker has this job now. Nothing more may be written."""


class PermanentError(Exception):
    """Raise it when trying again cannot help; its text is shown to people. ValidationError is the same."""


class JobContext:
    """Given to ``run(ctx, **params)``. Methods may be called from any thread of the job."""

    def __init__(self, job: Job, *, flush: Callable[[], None] | None = None) -> None:
        self.job = job
        with translation.override(settings.LANGUAGE_CODE):  # kept in journals: in the language of the house
            said = str(job.title)
        self.actor = Actor(user=job.created_by, via="job", detail=f"job {job.pk}", said=said)
        self.outcome: dict[str, Any] = {}
        self.cancelled = self.lost = False
        self.stops: Callable[[], bool] = lambda: False
        self._flush = flush
        self._lock = threading.Lock()
        self._progress: dict[str, Any] | None = None
        self._lines: list[JobLog] = []

    def progress(self, done: int, total: int, message: str = "") -> None:
        """``done`` of ``total`` units (0: unknown), and what is being done. Also checks like check()."""
        with self._lock:
            self._progress = {"progress_done": done, "progress_total": total, "message": str(message)[:250]}
        self._told()

    def log(self, message: Any, level: str = "info") -> None:
        """A line of the job's log; ``level`` is debug, info, warning or error."""
        if level not in LEVELS:
            raise ValueError(f"level {level!r} is not one of {', '.join(LEVELS)}")
        with self._lock:
            self._lines.append(
                JobLog(
                    job=self.job,
                    at=timezone.now(),
                    attempt=self.job.attempt,
                    level=level,
                    message=str(message),
                )
            )

    def check(self) -> None:
        """Raises Cancelled, HandedBack or LeaseLost when the job must stop here. Call it between two steps."""
        self._told()

    def result(self, **values: Any) -> None:
        """What came out, as JSON values. ``url`` and ``label`` become the link "see the result"."""
        self.outcome.update(values)

    def attach(self, stored: StoredFile, role: str = "out") -> None:
        """Link a stored file to the job; twice is once."""
        JobFile.objects.get_or_create(job=self.job, stored=stored, role=role)

    def take(self) -> tuple[dict[str, Any] | None, list[JobLog]]:
        """What has been noted since the last call; for the pulse."""
        with self._lock:
            progress, lines = self._progress, self._lines
            self._progress, self._lines = None, []
            return progress, lines

    def give_back(self, progress: dict[str, Any] | None, lines: list[JobLog]) -> None:
        """The pulse could not write them: they go first next time, behind a newer progress."""
        with self._lock:
            self._progress = self._progress or progress
            self._lines = lines + self._lines

    def _told(self) -> None:
        if self._flush is not None:
            self._flush()
        if self.lost:
            raise LeaseLost
        if self.cancelled:
            raise Cancelled
        if self.stops():
            raise HandedBack
