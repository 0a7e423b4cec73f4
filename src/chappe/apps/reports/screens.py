"""Screens of reports: what exists, its versions, schedules and runs; the pages where reports are opened and written."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from chappe.apps.reports import forms, pages, services
from chappe.apps.reports.access import AREA
from chappe.apps.reports.models import Report, ReportRun, ReportSchedule, ReportVersion
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    Done,
    FilterKind,
    Kind,
    Menu,
    Page,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "reports"
registry.menu_section(SECTION, _("Reports"), 80)
ACTIVE = {
    "choices": [(True, _("active")), (False, _("archived"))],
    "tones": {True: Tone.OK, False: Tone.NEW},
    "kind": Kind.STATE,
    "filter": FilterKind.CHOICE,
}
RUNNING = ACTIVE | {"choices": [(True, _("active")), (False, pgettext_lazy("a schedule", "stopped"))]}
STANDING = (
    Scope(name="active", label=_("Active"), where=Q(active=True)),
    Scope(name="archived", label=_("Archived"), where=Q(active=False)),
    Scope(name="all", label=_("All")),
)
RUN = (
    STANDING[0],
    Scope(name="stopped", label=pgettext_lazy("schedules", "Stopped"), where=Q(active=False)),
    STANDING[2],
)


def _set(*, active: bool) -> Any:
    def perform(*, actor: Actor, objects: list[Report]) -> Done:
        count = services.set_active(actor=actor, objects=objects, active=active)
        if active:
            return Done(ngettext("%(n)d report is restored.", "%(n)d reports are restored.", count) % {"n": count})
        return Done(ngettext("%(n)d report is archived.", "%(n)d reports are archived.", count) % {"n": count})

    return perform


def _reset(*, actor: Actor, objects: list[Report]) -> Done:
    for report in objects:
        services.reset_report(actor=actor, report=report)
    return Done(_g("The report is as it came with Chappe; what it said is kept as a version."))


def _take_back(*, actor: Actor, objects: list[ReportVersion]) -> Done:
    for version in objects:
        services.restore_version(actor=actor, version=version)
    return Done(_g("The report is as it was then."), url=registry.object_url(objects[0].report))


def _delete(*, actor: Actor, objects: list[Report]) -> Done:
    for report in objects:
        services.delete_report(actor=actor, object=report)
    return Done(_g("The report is deleted."), url=registry.url("reports.report"))


def _send_now(*, actor: Actor, objects: list[ReportSchedule]) -> Done:
    from django.utils import timezone

    now = timezone.now().isoformat()
    for schedule in objects:
        enqueue(
            "reports.send", actor=actor, label=str(schedule.report), owner=schedule.owner, schedule=schedule.pk, due=now
        )
    return Done(_g("The report is being made and will be mailed in a moment."))


def _stop(*, actor: Actor, objects: list[ReportSchedule]) -> Done:
    for schedule in objects:
        services.set_schedule_active(actor=actor, schedule=schedule, active=False)
    return Done(_g("Stopped: nothing is mailed until it is taken up again."))


def _resume(*, actor: Actor, objects: list[ReportSchedule]) -> Done:
    for schedule in objects:
        services.set_schedule_active(actor=actor, schedule=schedule, active=True)
    return Done(_g("Taken up again, from its next time on."))


def _why_not_write(_row: Any, user: Any) -> Any:
    return None if services.may_write(user) else _g("Only administrators of the house write the SQL of reports.")


def _why_not_reset(report: Report, user: Any) -> Any:
    if not report.is_packaged:
        return _g("This report did not come with Chappe.")
    return _why_not_write(report, user)


registry.register(
    Screen(
        slug="reports.report",
        model=Report,
        label=_("List of reports"),
        label_one=_("Report"),
        area=AREA,
        columns=(
            Column(name="title", label=_("Title")),
            Column(name="menu_title", label=_("Title in the menu")),
            Column(name="section", label=_("Section"), filter=FilterKind.CHOICE),
            Column(name="description", label=_("Description"), shown=False),
            Column(name="slug", label=_("Code"), shown=False),
            Column(name="version", label=_("Version"), kind=Kind.NUMBER),
            Column(name="months", label=_("Months of calls"), kind=Kind.NUMBER, shown=False),
            Column(name="active", label=_("State"), **ACTIVE),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME),
        ),
        scopes=STANDING,
        chips=(
            Chip(name="ours", label=_("Written here"), where=lambda user: Q(packed="")),
            Chip(name="edited", label=_("Packaged and edited"), where=lambda user: ~Q(packed="") & Q(version__gt=1)),
        ),
        search=("title", "menu_title", "description", "slug"),
        ordering=("section", "position", "title"),
        state="active",
        panels=(
            Panel(title=_("The report"), icon="report", template="reports/about.html", context=pages.about),
            Panel(title=_("Identity"), icon="id", aside=True, columns=("title", "menu_title", "section", "slug", "version", "months", "updated_at")),
        ),
        related=(
            Related(screen="reports.version", path="report", label=_("Versions")),
            Related(screen="reports.schedule", path="report", label=_("Mailed by the clock")),
            Related(screen="reports.run", path="report", label=_("Kept runs")),
        ),
        actions=(
            Action(
                name="reset", label=_("As it came"), perform=_reset, level=Level.ADMIN, icon="restore", why_not=_why_not_reset,
                confirm=_("The query, titles and columns return to those of the package; the present ones stay as a version."),
            ),
            Action(name="archive", label=_("Archive"), perform=_set(active=False), level=Level.ADMIN, icon="archive", bulk=True, why_not=_why_not_write, offered=lambda report, user: report.active),
            Action(name="restore", label=_("Restore"), perform=_set(active=True), level=Level.ADMIN, icon="archive-off", bulk=True, why_not=_why_not_write, offered=lambda report, user: not report.active),
            Action(
                name="remove", label=_("Delete"), perform=_delete, level=Level.ADMIN, icon="trash", danger=True, why_not=_why_not_write,
                confirm=_("Delete this report with its versions?"), offered=lambda report, user: not report.is_packaged,
            ),
        ),
        subtitle=lambda report: report.shown_description,
        page_links=(pages.home_link, pages.new_link),
        empty=_("No report: those that come with Chappe are added when it starts."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="reports.version",
        model=ReportVersion,
        label=_("Versions of reports"),
        label_one=_("Version of a report"),
        area=AREA,
        columns=(
            Column(name="number", label=_("Version"), kind=Kind.NUMBER),
            Column(name="report", label=_("Report"), kind=Kind.LINK),
            Column(name="note", label=_("What changed")),
            Column(name="made_by", label=_("By")),
            Column(name="made_at", label=_("Made"), kind=Kind.DATETIME),
        ),
        search=("report__title", "note", "made_by"),
        ordering=("-made_at",),
        panels=(
            Panel(title=_("Query"), icon="code", template="reports/version.html", context=pages.version_sql),
            Panel(title=_("Identity"), icon="id", aside=True, columns=("report", "number", "note", "made_by", "made_at")),
        ),
        actions=(
            Action(
                name="take-back", label=_("Take back this version"), perform=_take_back, level=Level.ADMIN, icon="arrow-back-up",
                why_not=_why_not_write, primary=True, confirm=_("The report becomes again what it was then; nothing is lost."),
            ),
        ),
        history=False,
        empty=_("A version is kept each time a report changes."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="reports.schedule",
        model=ReportSchedule,
        label=_("Scheduled reports"),
        label_one=_("Scheduled report"),
        area=AREA,
        menu=Menu(section=SECTION, icon="calendar-time", order=20),
        intro=_("Reports mailed by the clock, each with the rights of whoever asked for it."),
        columns=(
            Column(name="report", label=_("Report"), kind=Kind.LINK),
            Column(name="cadence", label=_("How often"), filter=FilterKind.CHOICE),
            Column(name="weekday", label=_("Day of the week"), filter=FilterKind.CHOICE, shown=False),
            Column(name="day", label=_("Day of the month"), kind=Kind.NUMBER, shown=False),
            Column(name="hour", label=_("Hour"), kind=Kind.NUMBER, shown=False),
            Column(name="sent_as", source="format", label=_("As"), filter=FilterKind.CHOICE),
            Column(name="recipients", label=_("Recipients")),
            Column(name="subject", label=_("Subject"), shown=False),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK, shown=False),
            Column(name="next_due", label=_("Next"), kind=Kind.DATETIME),
            Column(name="last_state", label=_("Last time"), kind=Kind.STATE, tones={"sent": Tone.OK, "empty": Tone.NEW, "failed": Tone.BAD}),
            Column(name="last_at", label=_("Last run"), kind=Kind.DATETIME, shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
            Column(name="runs_as", label=_("With the rights of"), kind=Kind.LINK, shown=False),
            Column(name="only_if_rows", label=_("Only when there are rows"), kind=Kind.BOOL, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="active", label=_("State"), **RUNNING),
        ),
        scopes=RUN,
        chips=(Chip(name="failed", label=_("Failed last time"), where=lambda user: Q(last_state="failed")),),
        search=("report__title", "recipients", "subject"),
        ordering=("report__title",),
        state="active",
        related=(Related(screen="reports.run", path="schedule", label=_("Kept runs")),),
        fields=("owner", "report", "cadence", "weekday", "day", "hour", "format", "customer", "recipients", "subject", "only_if_rows", "active"),
        form=forms.ScheduleForm,
        create=services.create_schedule,
        update=services.update_schedule,
        delete=services.delete_schedule,
        actions=(
            Action(name="now", label=_("Send now"), perform=_send_now, icon="send", confirm=_("Make the report of now and mail it to its recipients?")),
            Action(name="stop", label=pgettext_lazy("a schedule", "Stop"), perform=_stop, icon="player-pause", bulk=True, offered=lambda row, user: row.active),
            Action(name="resume", label=pgettext_lazy("a schedule", "Take up again"), perform=_resume, icon="player-play", bulk=True, primary=True, offered=lambda row, user: not row.active),
        ),
        empty=_("No report is mailed yet. Open a report and choose “Schedule”."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="reports.run",
        model=ReportRun,
        label=_("Kept runs"),
        label_one=_("Kept run"),
        area=AREA,
        columns=(
            Column(name="made_at", label=_("Made"), kind=Kind.DATETIME),
            Column(name="report", label=_("Report"), kind=Kind.LINK),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones={"done": Tone.OK, "failed": Tone.BAD}),
            Column(name="parameters_line", source="told_parameters", label=_("Parameters")),
            Column(name="rows", label=_("Rows"), kind=Kind.NUMBER),
            Column(name="file", label=_("File"), kind=Kind.LINK),
            Column(name="message", label=_("Mail"), kind=Kind.LINK),
            Column(name="asked_by", label=_("Asked by")),
            Column(name="version", label=_("Version"), kind=Kind.NUMBER, shown=False),
            Column(name="milliseconds", label=_("Milliseconds"), kind=Kind.NUMBER, shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
            Column(name="schedule", label=_("Schedule"), kind=Kind.LINK, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("report__title", "asked_by", "problem"),
        ordering=("-made_at",),
        state="state",
        history=False,
        empty=_("A run is kept each time a scheduled report is made."),
    )
)

for slug, path, view, label, menu in (
    ("reports.home", "reports/", pages.home, _("Reports"), Menu(section=SECTION, icon="report", order=10)),
    ("reports.show", "reports/show/<slug:slug>/", pages.show, _("A report"), None),
    ("reports.export", "reports/show/<slug:slug>/export.<slug:form>", pages.export, _("A report as a file"), None),
):
    registry.page(Page(slug=slug, path=path, view=view, label=label, area=AREA, menu=menu))
for slug, path in (("reports.new", "reports/new/"), ("reports.edit", "reports/edit/<slug:slug>/")):
    registry.page(Page(slug=slug, path=path, view=pages.write, label=_("Write a report"), area=AREA, level=Level.ADMIN))
