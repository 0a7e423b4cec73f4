"""When a scheduled report is due, and what is done then: run, make the file, mail it, keep the run."""

import datetime as dt
from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chappe.apps.reports import engine, exports, params
from chappe.apps.reports.access import AREA
from chappe.apps.reports.models import ReportRun, ReportSchedule
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may
from chappe.kit.documents.services import store
from chappe.kit.jobs.services import enqueue
from chappe.kit.mail.services import send


def next_due(schedule: ReportSchedule, after: dt.datetime | None = None) -> dt.datetime:
    """The first moment after ``after`` (now) at which the schedule is due, by the house's clock."""
    after = timezone.localtime(after or timezone.now())
    day = after.date()
    for _n in range(63):
        if _falls_on(schedule, day):
            moment = timezone.make_aware(dt.datetime.combine(day, dt.time(schedule.hour)))
            if moment > after:
                return moment
        day += dt.timedelta(days=1)
    raise ValueError(schedule.cadence)  # pragma: no cover - every cadence falls within two months


def _falls_on(schedule: ReportSchedule, day: dt.date) -> bool:
    match schedule.cadence:
        case ReportSchedule.Cadence.DAILY:
            return True
        case ReportSchedule.Cadence.WEEKLY:
            return day.weekday() == schedule.weekday
    return day.day == schedule.day


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Queue what is due, each once; a schedule that was missed while Chappe was stopped is sent once, not for each time."""
    now = now or timezone.now()
    queued = 0
    for pk in ReportSchedule.objects.filter(active=True, next_due__lte=now).values_list("pk", flat=True):
        with transaction.atomic():
            row = ReportSchedule.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.next_due is None or row.next_due > now:
                continue
            due = row.next_due
            ReportSchedule.objects.filter(pk=pk).update(next_due=next_due(row, now))
            enqueue(
                "reports.send", actor=Actor.system("reports"), unique=f"reports.send:{pk}:{due.isoformat()}",
                label=str(row.report), owner=row.owner, schedule=pk, due=due.isoformat(),
            )  # fmt: skip
            queued += 1
    return queued


def values_at(schedule: ReportSchedule, due: dt.datetime) -> params.Values:
    """The month before for a monthly report, else the month of the day before."""
    day = timezone.localtime(due).date()
    if schedule.cadence == ReportSchedule.Cadence.MONTHLY:
        month = params.last_month(day)
    else:
        month = (day - dt.timedelta(days=1)).strftime("%Y-%m")
    return params.Values(month, schedule.customer_id)


def deliver(schedule: ReportSchedule, due: dt.datetime) -> ReportRun | None:
    """Run, make the file, mail it. Twice for the same ``due`` gives one mail; None when it had left already."""
    label = due.isoformat()
    known = ReportRun.objects.filter(schedule=schedule, parameters__due=label, state="done").first()
    if known is not None:
        return None
    user, report = schedule.runs_as, schedule.report
    values = values_at(schedule, due)
    told = {**values.as_data(), "due": label}
    with translation.override(getattr(user, "language", "") or "fr"):
        why = _why_not(schedule, user)
        if why:
            return _failed(schedule, told, why, is_told=False)
        try:
            result = engine.run(
                report.sql, user=user, parameters=values.for_sql(), months=values.months_back(report.months)
            )
        except engine.ReportError as error:
            if error.code == "busy":
                raise  # the job tries again in a moment
            return _failed(schedule, told, str(error))
        return _sent(schedule, values, told, result)


def _why_not(schedule: ReportSchedule, user: Any) -> str:
    if not user.is_active or not may(user, AREA, Level.READ):
        return _("%(who)s may no longer run reports: somebody else must take this schedule over.") % {"who": user}
    if user.organisation_id not in {None, schedule.owner_id}:
        return _("%(who)s works for another operator now.") % {"who": user}
    return ""


def gave_up(schedule: ReportSchedule, due: dt.datetime, problem: str) -> ReportRun:
    """No try is left: the page and the person who asked for it are told."""
    return _failed(schedule, {**values_at(schedule, due).as_data(), "due": due.isoformat()}, problem)


def _failed(schedule: ReportSchedule, told: dict[str, Any], problem: str, *, is_told: bool = True) -> ReportRun:
    person = schedule.runs_as
    if is_told and person.email:
        text = [
            _("Good morning,"),
            "",
            _("The report “%(title)s” could not be made:") % {"title": schedule.report},
            problem,
        ]
        text += [
            "",
            _(
                "Nothing was mailed to its recipients. The page “Scheduled reports” of Chappe says more, and makes it again."
            ),
        ]
        send(
            actor=Actor.system("reports"), to=[person.email], subject=_("Not sent: %(title)s") % {"title": schedule.report},
            text="\n".join(text), owner=schedule.owner, about=schedule, key=f"report-failed:{schedule.pk}:{told['due']}",
        )  # fmt: skip
    run = ReportRun.objects.create(
        owner=schedule.owner, report=schedule.report, version=schedule.report.version, schedule=schedule,
        asked_by=str(schedule.runs_as), parameters=told, state="failed", problem=problem[:2000],
    )  # fmt: skip
    ReportSchedule.objects.filter(pk=schedule.pk).update(
        last_state="failed", last_at=timezone.now(), problem=problem[:2000]
    )
    return run


def _sent(schedule: ReportSchedule, values: params.Values, told: dict[str, Any], result: engine.Result) -> ReportRun:
    report, actor = schedule.report, Actor.system("reports")
    sheet = exports.Sheet.of(report, values, result)
    empty = schedule.only_if_rows and result.rows.num_rows == 0
    with transaction.atomic():
        kept = message = None
        if not empty:
            data, content_type = exports.made(sheet, schedule.format)
            kept = store(
                BytesIO(data),
                name=sheet.file_name(schedule.format),
                actor=actor,
                owner=schedule.owner,
                content_type=content_type,
            )
            message = send(
                actor=actor, to=schedule.addresses, subject=schedule.subject or sheet.title_line, text=_text(sheet), attachments=[kept],
                owner=schedule.owner, about=schedule, key=f"report:{schedule.pk}:{told['due']}",
            )  # fmt: skip
        run = ReportRun.objects.create(
            owner=schedule.owner, report=report, version=report.version, schedule=schedule, asked_by=str(schedule.runs_as),
            parameters=told, rows=result.rows.num_rows, milliseconds=result.milliseconds, file=kept, message=message,
        )  # fmt: skip
        ReportSchedule.objects.filter(pk=schedule.pk).update(
            last_state="empty" if empty else "sent", last_at=timezone.now(), problem=""
        )
    return run


def _text(sheet: "exports.Sheet") -> str:
    lines = [_("Good morning,"), "", _("Here is the report “%(title)s”.") % {"title": sheet.title_line}]
    if sheet.rows.num_rows == 0:
        lines.append(_("It has no row this time."))
    lines += [f"{label}: {text}" for label, text in sheet.total_words()]
    return "\n".join([*lines, "", _("This mail is sent by Chappe, as somebody of your team has asked."), ""])
