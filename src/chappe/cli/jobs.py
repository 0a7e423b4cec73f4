"""``chappe jobs …``: see the queue, watch one job, run it again or stop it, see the schedules."""

import sys
import time
from typing import Annotated, Any

import typer

from chappe.cli.house import as_json, command, group, house, out, refuse, say, table
from chappe.core.base.lang import N_

SCOPES = {
    "open": ("queued", "running"),
    "done": ("done",),
    "failed": ("failed", "cancelled"),
    "all": ("queued", "running", "done", "failed", "cancelled"),
}
Number = Annotated[int, typer.Argument(help=say(N_("Number of the job.")))]
Json = Annotated[bool, typer.Option("--json", help=say(N_("For programs.")))]
FIELDS = (
    "id", "name", "state", "queue", "attempt", "retries", "progress_done", "progress_total", "message", "error", "params",
    "result", "created", "started", "ended", "worker",
)  # fmt: skip

app = group(N_("Background jobs: list, watch, run again, cancel."))


def as_dict(job: Any) -> dict[str, Any]:
    return {"label": str(job.title), **{name: getattr(job, name) for name in FIELDS}}


def _get(number: int) -> Any:
    from chappe.kit.jobs.models import Job

    job = Job.objects.filter(pk=number).first()
    if job is None:
        raise refuse(say(N_("There is no job {n}. List them: chappe jobs list --scope all"), n=number))
    return job


@command(app, "list")
def list_jobs(
    scope: Annotated[str, typer.Option(help=say(N_("open, done, failed or all.")))] = "open",
    limit: Annotated[int, typer.Option(min=1, help=say(N_("How many, the last ones first.")))] = 50,
    json: Json = False,
) -> None:
    """List the jobs.

    Example: chappe jobs list --scope failed --json
    """
    if scope not in SCOPES:
        raise refuse(say(N_("Unknown scope: {name}. There are: open, done, failed, all."), name=scope))
    with house():
        from chappe.kit.jobs.models import Job

        jobs = list(Job.objects.filter(state__in=SCOPES[scope])[:limit])
        if json:
            as_json([as_dict(job) for job in jobs])
            return
        heads = [say(text) for text in (N_("No."), N_("State"), N_("Progress"), N_("Job"), N_("Message"))]
        table([(j.pk, j.get_state_display(), _percent(j), j.title, j.error or j.message) for j in jobs], heads)
        if not jobs:
            typer.echo(say(N_("No job here.")), err=True)


def _percent(job: Any) -> str:
    return "" if job.percent is None else f"{job.percent} %"


@command(app, "show")
def show(number: Number, json: Json = False) -> None:
    """Show one job and its log."""
    with house():
        job = _get(number)
        lines = [{"at": x.at, "attempt": x.attempt, "level": x.level, "message": x.message} for x in job.lines.all()]
        if json:
            as_json({**as_dict(job), "log": lines})
            return
        out(f"{job.pk}  {job.title}  {job.get_state_display()}  {_percent(job)}".rstrip())
        if job.error:
            out(job.error)
        for line in lines:
            out(f"{line['at']:%H:%M:%S}  {line['level']:<7}  {line['message']}")


@command(app, "watch")
def watch(number: Number) -> None:
    """Follow one job to its end: a progress bar on a terminal, lines when piped.

    Exit code: 0 done, 1 failed or cancelled.
    """
    with house():
        job = _get(number)
        ended = _bar(job) if sys.stderr.isatty() else _lines(job)
        out(f"{ended.title}: {ended.get_state_display()}" + (f" — {ended.error}" if ended.error else ""))
        raise typer.Exit(0 if ended.state == "done" else 1)


def _lines(job: Any) -> Any:
    last = None
    while True:
        job.refresh_from_db()
        now = (job.state, job.percent, job.message)
        if now != last and job.is_open:
            typer.echo(f"{job.get_state_display()}  {_percent(job)}  {job.message}".rstrip(), err=True)
            last = now
        if not job.is_open:
            return job
        time.sleep(1)


def _bar(job: Any) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(str(job.title), total=None, said="")
        while True:
            job.refresh_from_db()
            said = f"{_percent(job)} {job.message or job.get_state_display()}".strip()
            progress.update(task, completed=job.progress_done, total=job.progress_total or None, said=said)
            if not job.is_open:
                return job
            time.sleep(0.5)


@command(app, "retry")
def retry(number: Number) -> None:
    """Put a job that failed or was cancelled back in the queue."""
    with house():
        from chappe.kit.access.actor import Actor
        from chappe.kit.jobs import services

        services.retry(_get(number), actor=Actor.system("chappe jobs retry", via="cli"))
        out(say(N_("Job {n} is in the queue again."), n=number))


@command(app, "cancel")
def cancel(number: Number) -> None:
    """Cancel a job: at once when it waits, at its next step when it runs."""
    with house():
        from chappe.kit.access.actor import Actor
        from chappe.kit.jobs import services

        job = services.cancel(_get(number), actor=Actor.system("chappe jobs cancel", via="cli"))
        waiting = job.state == "running"
        out(say(N_("Job {n} stops at its next step.") if waiting else N_("Job {n} is cancelled."), n=number))


@command(app, "run")
def run(limit: Annotated[int, typer.Option(min=1, help=say(N_("At most this many.")))] = 1000) -> None:
    """Run here what waits in the queue, one after the other, then stop."""
    with house():
        from chappe.kit.jobs.runner import run_pending

        out(say(N_("Jobs run: {n}."), n=run_pending(limit=limit)))


@command(app, "schedules")
def schedules(json: Json = False) -> None:
    """List what starts by the clock."""
    with house():
        from django.utils import timezone

        from chappe.kit.jobs import scheduler
        from chappe.kit.jobs.models import Schedule

        scheduler.sync()
        rows = list(Schedule.objects.all())
        if json:
            fields = ("name", "job", "cron", "enabled", "next_due", "last_due")
            as_json([{name: getattr(row, name) for name in fields} for row in rows])
            return
        heads = [say(text) for text in (N_("Schedule"), N_("Cron"), N_("Next start"), N_("What it does"))]
        table([(r.name, r.cron, _due(r, timezone), r.title) for r in rows], heads)


def _due(row: Any, timezone: Any) -> str:
    return f"{timezone.localtime(row.next_due):%Y-%m-%d %H:%M}" if row.enabled and row.next_due else say(N_("stopped"))
