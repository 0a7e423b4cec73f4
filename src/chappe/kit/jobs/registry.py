"""What may run in the background: a name, a label, a right, and how often it may be tried again.

An app's ``jobs.py`` declares its jobs here at import (autodiscovered). Must never touch the database: the
table of schedules is filled from these declarations by the scheduler.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from croniter import croniter

QUICK = "quick"  # a person waits for it
BULK = "bulk"  # minutes or hours: leaves one worker free for the quick ones
QUEUES = (QUICK, BULK)


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """One kind of job. ``retries`` counts the attempts after the first; ``area``: the right to launch it."""

    name: str
    run: Callable[..., None]
    label: Any
    area: str
    retries: int = 3
    queue: str = QUICK
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class ScheduleSpec:
    """A job that starts by the clock, in CHAPPE_TIMEZONE. ``name`` is the key of its row."""

    name: str
    job: str
    cron: str
    params: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True


_jobs: dict[str, JobSpec] = {}
_schedules: dict[str, ScheduleSpec] = {}


def job(
    name: str, *, label: Any, area: str = "taches", retries: int = 3, queue: str = QUICK, priority: int = 0
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare ``run(ctx, **params)`` as the job ``name``. It may run twice: write it idempotent.

    Raises ValueError on a name already taken or an unknown queue.
    """

    def declare(run: Callable[..., None]) -> Callable[..., None]:
        if queue not in QUEUES:
            raise ValueError(f"job {name}: queue {queue!r} is not one of {', '.join(QUEUES)}")
        known = _jobs.get(name)
        if known is not None and known.run.__qualname__ != run.__qualname__:
            raise ValueError(f"job declared twice: {name}")
        _jobs[name] = JobSpec(
            name=name, run=run, label=label, area=area, retries=retries, queue=queue, priority=priority
        )
        run.job_name = name  # type: ignore[attr-defined]  # lets @schedule above it know what it starts
        return run

    return declare


def schedule(
    cron: str, name: str = "", *, params: Mapping[str, Any] | None = None, enabled: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Start the job below at each slot of ``cron`` (five fields). Stands above ``@job``.

    ``name`` tells two schedules of one job apart; by default the name of the job.
    Raises ValueError on a cron that cannot be read.
    """

    def declare(run: Callable[..., None]) -> Callable[..., None]:
        job_name = getattr(run, "job_name", "")
        if not job_name:
            raise ValueError(f"@schedule must stand above @job: {run.__qualname__}")
        if len(cron.split()) != 5 or not croniter.is_valid(cron):
            raise ValueError(f"schedule of {job_name}: cannot read the cron {cron!r}")
        key = job_name if name in {"", job_name} else f"{job_name}.{name}"
        _schedules[key] = ScheduleSpec(name=key, job=job_name, cron=cron, params=dict(params or {}), enabled=enabled)
        return run

    return declare


def get(name: str) -> JobSpec:
    """Raises KeyError with a sentence for a job that no installed app declares."""
    if name not in _jobs:
        raise KeyError(f"no job named {name!r}: the app that declares it is not installed")
    return _jobs[name]


def jobs() -> Mapping[str, JobSpec]:
    return dict(sorted(_jobs.items()))


def schedules() -> Mapping[str, ScheduleSpec]:
    return dict(sorted(_schedules.items()))
