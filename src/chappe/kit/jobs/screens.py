"""The list of jobs with live progress, and the schedules."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.kit.jobs import registry as jobs
from chappe.kit.jobs import services
from chappe.kit.jobs.models import Job, Schedule, State
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    Done,
    Kind,
    Menu,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "administration"
registry.menu_section(SECTION, _("Administration"), 900)

TONES = {
    State.QUEUED: Tone.WAIT,
    State.RUNNING: Tone.RUN,
    State.DONE: Tone.OK,
    State.FAILED: Tone.BAD,
    State.CANCELLED: Tone.WARN,
}


def _many(verb: Any, objects: list[Job], **given: Any) -> tuple[int, str]:
    """Apply ``verb`` to each; answer how many went through and the first refusal in a sentence."""
    done, refusal = 0, ""
    for job in objects:
        try:
            verb(job, **given)
            done += 1
        except ValidationError as error:
            refusal = refusal or " ".join(error.messages)
    if not done and refusal:
        raise ValidationError(refusal)
    return done, refusal


def _retry(*, actor: Any, objects: list[Job]) -> Done:
    done, refusal = _many(services.retry, objects, actor=actor)
    return Done(f"{_g('Jobs queued again: %(n)s.') % {'n': done}} {refusal}".strip())


def _cancel(*, actor: Any, objects: list[Job]) -> Done:
    done, refusal = _many(services.cancel, objects, actor=actor)
    return Done(f"{_g('Jobs cancelled: %(n)s. One that runs stops at its next step.') % {'n': done}} {refusal}".strip())


def _why_not_retry(job: Job, _user: Any) -> Any:
    if job.state in {State.FAILED, State.CANCELLED}:
        return None
    return _("Only a job that failed or was cancelled can be run again.")


def _why_not_cancel(job: Job, _user: Any) -> Any:
    if not job.is_open:
        return _("This job has already ended: there is nothing to cancel.")
    return _("Cancellation is asked already.") if job.cancel_asked else None


def _details(job: Job, user: Any) -> dict[str, Any]:
    params = json.dumps(job.params, ensure_ascii=False, indent=2) if job.params else ""
    return {"params": params, "result_url": job.result.get("url", ""), "result_label": job.result.get("label", "")}


def _with_people(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("created_by", "owner")


registry.register(
    Screen(
        slug="jobs.job",
        model=Job,
        label=_("Jobs"),
        label_one=_("Job"),
        area="taches",
        menu=Menu(section=SECTION, icon="progress", order=60),
        intro=_("Background work: imports, computations, exports, and what starts by the clock."),
        empty=_("No job yet. An import, a simulation or a schedule will appear here as soon as it is asked."),
        rows=_with_people,
        columns=(
            Column(name="id", label=_("No."), kind=Kind.REF),
            Column(name="title", label=_("Job"), sortable=False),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=State.choices, tones=TONES),
            Column(name="progress", label=_("Progress"), source="percent", template="jobs/cell_progress.html", sortable=False),
            Column(name="created", label=_("Asked"), kind=Kind.DATETIME),
            Column(name="created_by", label=_("By"), source="created_by__username"),
            Column(name="started", label=_("Started"), kind=Kind.DATETIME, shown=False),
            Column(name="ended", label=_("Ended"), kind=Kind.DATETIME),
            Column(name="attempt", label=_("Attempt"), kind=Kind.NUMBER),
            Column(name="error", label=_("Error"), shown=False),
            Column(name="name", label=_("Kind"), shown=False),
            Column(name="queue", label=_("Queue"), shown=False),
            Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
            Column(name="not_before", label=_("Not before"), kind=Kind.DATETIME, shown=False),
            Column(name="worker", label=_("Worker"), shown=False),
        ),
        scopes=(
            Scope(name="open", label=_("In progress"), where=Q(state__in=[State.QUEUED, State.RUNNING])),
            Scope(name="done", label=_("Done"), where=Q(state=State.DONE)),
            Scope(name="failed", label=_("Failed"), where=Q(state__in=[State.FAILED, State.CANCELLED])),
            Scope(name="all", label=_("All")),
        ),
        chips=(Chip(name="mine", label=_("Mine"), where=lambda user: Q(created_by=user)),),
        search=("label", "name", "message", "error"),
        head="title",
        state="state",
        panels=(
            Panel(title=_("Progress"), icon="progress", template="jobs/live.html"),
            Panel(title=_("Parameters and result"), icon="adjustments", template="jobs/details.html", context=_details, aside=True),
            Panel(
                title=_("Course"),
                icon="clock",
                columns=("name", "queue", "created", "created_by", "owner", "not_before", "started", "ended", "attempt", "worker"),
                aside=True,
            ),
        ),
        actions=(
            Action(
                name="retry", label=_("Run again"), perform=_retry, icon="refresh", bulk=True, primary=True,
                why_not=_why_not_retry,
            ),
            Action(
                name="cancel", label=_("Cancel"), perform=_cancel, icon="player-stop", bulk=True, danger=True,
                confirm=_("The job stops at its next step; what it has done already stays. Cancel it?"),
                why_not=_why_not_cancel,
            ),
        ),
        history=False,  # its log is its history
    )
)  # fmt: skip


def _enable(*, actor: Any, objects: list[Schedule]) -> Done:
    for row in objects:
        services.set_schedule_enabled(row, True, actor=actor)
    return Done(_g("The schedule is enabled; slots that passed meanwhile are not caught up."))


def _disable(*, actor: Any, objects: list[Schedule]) -> Done:
    for row in objects:
        services.set_schedule_enabled(row, False, actor=actor)
    return Done(_g("The schedule is stopped until you enable it again."))


def _run_now(*, actor: Any, objects: list[Schedule]) -> Done:
    job = services.run_schedule_now(objects[0], actor=actor)
    return Done(_g("The job is in the queue."), url=job.get_absolute_url())


def _why_not_run(row: Schedule, _user: Any) -> Any:
    return None if row.job in jobs.jobs() else _("The app that declares this job is not installed any more.")


registry.register(
    Screen(
        slug="jobs.schedule",
        model=Schedule,
        label=_("Schedules"),
        label_one=_("Schedule"),
        area="taches",
        menu=Menu(section=SECTION, icon="calendar-repeat", order=61),
        intro=_("What starts by the clock. Each due time starts once, whatever the number of machines."),
        empty=_("No schedule yet. They are made when the first worker starts: run “chappe serve” or “chappe worker”."),
        columns=(
            Column(name="name", label=_("Schedule"), kind=Kind.REF),
            Column(name="title", label=_("What it does"), sortable=False),
            Column(name="cron", label=_("Cron")),
            Column(name="enabled", label=_("Enabled"), kind=Kind.BOOL),
            Column(name="next_due", label=_("Next start"), kind=Kind.DATETIME),
            Column(name="last_due", label=_("Last start"), kind=Kind.DATETIME),
            Column(name="last_job", label=_("Last job"), kind=Kind.LINK),
        ),
        search=("name", "label", "job"),
        ordering=("name",),
        head="title",
        panels=(Panel(title=_("Schedule"), icon="calendar-repeat", columns=("name", "cron", "enabled", "next_due", "last_due", "last_job")),),
        related=(Related(screen="jobs.job", path="slot__schedule", label=_("Jobs it has started")),),
        actions=(
            Action(name="run", label=_("Run now"), perform=_run_now, icon="player-play", primary=True, why_not=_why_not_run),
            Action(
                name="enable", label=_("Enable"), perform=_enable, icon="toggle-right", level=3, bulk=True,
                why_not=lambda row, _user: _("It is enabled already.") if row.enabled else None,
            ),
            Action(
                name="disable", label=_("Stop"), perform=_disable, icon="toggle-left", level=3, bulk=True,
                why_not=lambda row, _user: None if row.enabled else _("It is stopped already."),
            ),
        ),
    )
)  # fmt: skip
