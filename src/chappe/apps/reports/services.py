"""The verbs on reports and their schedules: the only writers. SQL is written by administrators of the house alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.reports import builtins, engine, params, scheduling
from chappe.apps.reports.access import AREA
from chappe.apps.reports.models import Report, ReportSchedule, ReportVersion
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, house_only, require, require_on, visible_to
from chappe.kit.audit.deletion import delete_with_reasons
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

RESTORED = "report.restored"
register_sentence(RESTORED, N_("{actor} took back version {version} of {object}"))
TRIAL = engine.Limits(seconds=20, rows=1)


def may_write(user: Any) -> bool:
    """Whether this person may write the SQL of reports."""
    from chappe.kit.access.door import is_house, may

    return is_house(user) and may(user, AREA, Level.ADMIN)


def _writer(actor: Actor) -> None:
    house_only(actor.user)
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)


def create_report(*, actor: Actor, data: Mapping[str, Any], note: str = "") -> Report:
    """A new report; its code is made of its title. Raises ValidationError when its query cannot run."""
    _writer(actor)
    report = Report(**{**data, "slug": data.get("slug") or _free_slug(str(data.get("title", "")))})
    report.full_clean()
    _tried(actor, report)
    with transaction.atomic():
        report.save()
        audit.created(actor, report)
        _keep(actor, report, note)
    return report


def _free_slug(title: str) -> str:
    base = slugify(title)[:50] or "rapport"
    slug, number = base, 2
    while Report.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


def update_report(*, actor: Actor, report: Report, data: Mapping[str, Any], note: str = "") -> Report:
    """Change a report: the former content stays as a version. Nothing changed: no version is made."""
    _writer(actor)
    row = Report.objects.get(pk=report.pk)
    before = builtins.content_of(row)
    for name, value in data.items():
        setattr(row, name, value)
    row.full_clean()
    if builtins.content_of(row) == before:
        return row
    if row.sql != before["sql"] or row.parameters != before["parameters"]:
        _tried(actor, row)
    with transaction.atomic():
        current = Report.objects.select_for_update().get(pk=row.pk)
        audit.saved(actor, current, {**data, "version": current.version + 1})
        _keep(actor, current, note)
    return current


def _tried(actor: Actor, report: Report) -> None:
    """Refuse a query that does not run: whoever opens the report would only see the refusal."""
    values = params.Values(params.last_month()).for_sql()
    try:
        engine.run(report.sql, user=actor.user, parameters=values, months=[], within=TRIAL)
    except engine.ReportError as error:
        raise ValidationError({"sql": str(error)}) from error


def _keep(actor: Actor, report: Report, note: str) -> None:
    ReportVersion.objects.create(
        report=report,
        number=report.version,
        content=builtins.content_of(report),
        note=note[:200],
        made_by=actor.label[:200],
    )


def restore_version(*, actor: Actor, version: ReportVersion) -> Report:
    """The report as it stood in that version, as a new version: nothing is lost."""
    _writer(actor)
    report = update_report(
        actor=actor,
        report=version.report,
        data=_known(version.content),
        note=_("Version %(n)d taken back") % {"n": version.number},
    )
    event(actor, report, RESTORED, version=version.number)
    return report


def reset_report(*, actor: Actor, report: Report) -> Report:
    """A packaged report as it came with Chappe."""
    content = builtins.packaged().get(report.slug)
    if content is None:
        raise ValidationError(_("This report did not come with Chappe: take back one of its versions instead."))
    with transaction.atomic():
        row = update_report(actor=actor, report=report, data=_known(content), note=_("As it came with Chappe"))
        Report.objects.filter(pk=row.pk).update(packed=builtins.fingerprint(content))
    row.refresh_from_db()
    return row


def _known(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in builtins.CONTENT if name in content}


def set_active(*, actor: Actor, objects: Sequence[Report], active: bool) -> int:
    """Take reports out of the page of reports, or put them back. Answers how many changed."""
    _writer(actor)
    rows = [report for report in objects if report.active is not active]
    with transaction.atomic():
        for report in rows:
            audit.saved(actor, Report.objects.get(pk=report.pk), {"active": active})
    return len(rows)


def delete_report(*, actor: Actor, object: Report) -> None:
    """Delete a report of the house; a packaged one would come back: take it out of the page instead."""
    _writer(actor)
    if object.slug in builtins.packaged():
        raise ValidationError(_("This report comes with Chappe: take it out of the page instead."))
    delete_with_reasons(actor, Report.objects.get(pk=object.pk))


# -- schedules -----------------------------------------------------------------------------------------------------
def create_schedule(*, actor: Actor, data: Mapping[str, Any]) -> ReportSchedule:
    """Mail a report by the clock, with the rights of whoever asks."""
    if actor.user is None:
        raise ValidationError(_("A scheduled report needs a person whose rights it has."))
    schedule = ReportSchedule(**data, runs_as=actor.user)
    claim(actor.user, schedule)
    _check_schedule(actor, schedule)
    schedule.next_due = scheduling.next_due(schedule) if schedule.active else None
    schedule.full_clean()
    with transaction.atomic():
        schedule.save()
        audit.created(actor, schedule)
    return schedule


def update_schedule(*, actor: Actor, object: ReportSchedule, data: Mapping[str, Any]) -> ReportSchedule:
    """Change a schedule; from now on it has the rights of whoever changed it."""
    row = ReportSchedule.objects.get(pk=object.pk)
    if actor.user is not None:
        require_on(actor.user, row)
        if "owner" in data and actor.user.organisation_id is not None:
            claim(actor.user, ReportSchedule(owner=data["owner"]))
    for name, value in data.items():
        setattr(row, name, value)
    row.runs_as = actor.user or row.runs_as
    _check_schedule(actor, row)
    due = scheduling.next_due(row) if row.active else None
    audit.saved(actor, row, {**data, "runs_as": row.runs_as, "next_due": due})
    return row


def set_schedule_active(*, actor: Actor, schedule: ReportSchedule, active: bool) -> ReportSchedule:
    """Stop mailing, or take it up again: the next time is counted from now, what was missed meanwhile is not sent. The rights stay
    those of whoever asked for it."""
    if actor.user is not None:
        require_on(actor.user, schedule)
    row = ReportSchedule.objects.get(pk=schedule.pk)
    if row.active is active:
        return row
    audit.saved(actor, row, {"active": active, "next_due": scheduling.next_due(row) if active else None})
    return row


def _check_schedule(actor: Actor, schedule: ReportSchedule) -> None:
    if not schedule.addresses:
        raise ValidationError({"recipients": _("Give one address at least.")})
    for address in schedule.addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(
                {"recipients": _("“%(value)s” is not an e-mail address.") % {"value": address}}
            ) from None
    if schedule.customer_id and actor.user is not None:
        model = type(schedule.customer)
        if not visible_to(actor.user, model).filter(pk=schedule.customer_id).exists():
            raise ValidationError({"customer": _("This customer is not yours to use.")})


def delete_schedule(*, actor: Actor, object: ReportSchedule) -> None:
    """Stop mailing, and forget the schedule; the files already made stay."""
    row = ReportSchedule.objects.get(pk=object.pk)
    if actor.user is not None:
        require_on(actor.user, row)
    delete_with_reasons(actor, row)
