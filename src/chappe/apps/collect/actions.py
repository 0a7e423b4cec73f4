"""Acts of the screens of the collection: thin, the verbs are in ``services`` and ``intake``."""

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.collect import intake, profiles, services, trying, withdrawing
from chappe.apps.collect.models import FETCH_WAYS, Chunk, Source, SourceAlarm, TicketIssue, TicketProfile
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done


def stop(*, actor: Actor, objects: list[Source]) -> Done:
    """The collector lets the sources go."""
    for source in objects:
        services.set_active(actor=actor, source=source, active=False)
    return Done(_g("Stopped. The PBX keeps its tickets as long as its buffer lets it."))


def start(*, actor: Actor, objects: list[Source]) -> Done:
    """The collector takes them up again."""
    for source in objects:
        services.set_active(actor=actor, source=source, active=True)
    return Done(_g("Started. The collector takes it up within seconds."))


def fetch_now(*, actor: Actor, objects: list[Source]) -> Done:
    """Look for files at once."""
    source = objects[0]
    job = enqueue(
        "collect.fetch",
        actor=actor,
        label=source.name,
        unique=f"collect.fetch:{source.pk}",
        owner=source.owner,
        source=source.pk,
    )
    return Done(_g("Files are being looked for."), registry.object_url(job) if actor.user is None else "")


def fetches(source: Source, _user: Any) -> bool:
    return source.way in FETCH_WAYS and source.active


def try_connection(*, actor: Actor, objects: list[Source]) -> Done:
    """See :func:`trying.try_source`."""
    return Done(trying.try_source(actor=actor, source=objects[0]))


def can_try(source: Source, _user: Any) -> bool:
    return trying.can_try(source)


def withdraw(*, actor: Actor, objects: list[Chunk]) -> Done:
    """See :func:`withdrawing.ask`."""
    for chunk in objects:
        withdrawing.ask(actor=actor, chunk=chunk)
    return Done(_g("It is being withdrawn. This page can be left: the work goes on."))


def why_not_withdraw(chunk: Chunk, _user: Any) -> Any:
    return withdrawing.why_not(chunk)


def try_again(*, actor: Actor, objects: list[Chunk]) -> Done:
    """See :func:`intake.again`."""
    for chunk in objects:
        intake.again(actor=actor, chunk=chunk)
    return Done(_g("It is being read again."))


def why_not_again(chunk: Chunk, _user: Any) -> Any:
    if chunk.state in {Chunk.State.FAILED, Chunk.State.ASIDE, Chunk.State.UNDONE}:
        return None
    return _("Only a batch that failed, was set aside or withdrawn can be tried again.")


def set_aside(*, actor: Actor, objects: list[Chunk]) -> Done:
    """See :func:`services.set_aside`."""
    for chunk in objects:
        services.set_aside(actor=actor, chunk=chunk)
    return Done(_g("Set aside. Its lines stay readable, and it can be tried again."))


def why_not_aside(chunk: Chunk, _user: Any) -> Any:
    if chunk.state in {Chunk.State.FAILED, Chunk.State.TO_CONFIRM}:
        return None
    return _("Only a batch that failed, or waits to be confirmed, can be set aside.")


def read_again(*, actor: Actor, objects: list[TicketIssue]) -> Done:
    """See :func:`intake.replay`."""
    chunk = intake.replay(actor=actor, issues=objects)
    said = ngettext("%(count)s line is being read again.", "%(count)s lines are being read again.", chunk.last_number)
    return Done(said % {"count": chunk.last_number}, registry.object_url(chunk))


def why_not_read(issue: TicketIssue, _user: Any) -> Any:
    if issue.severity != TicketIssue.Severity.ERROR:
        return _("This is a remark: the ticket was counted.")
    if issue.state != TicketIssue.State.OPEN:
        return _("This line was read again, or left aside.")
    return None


def leave(*, actor: Actor, objects: list[TicketIssue]) -> Done:
    """See :func:`services.leave_issues`."""
    count = services.leave_issues(actor=actor, issues=objects)
    return Done(ngettext("%(count)s anomaly left aside.", "%(count)s anomalies left aside.", count) % {"count": count})


def why_not_leave(issue: TicketIssue, _user: Any) -> Any:
    return None if issue.state == TicketIssue.State.OPEN else _("This line was read again, or left aside.")


def seen(*, actor: Actor, objects: list[SourceAlarm]) -> Done:
    """See :func:`services.see_alarm`."""
    for alarm in objects:
        services.see_alarm(actor=actor, alarm=alarm)
    return Done(_g("Noted. The alarm stays until it is over."))


def why_not_seen(alarm: SourceAlarm, _user: Any) -> Any:
    if alarm.until is not None:
        return _("This alarm is over.")
    return _("Somebody has seen it already.") if alarm.seen_by_id else None


def export_toml(*, actor: Actor, objects: list[TicketProfile]) -> Done:
    """The profile as a text file, to be kept or given to somebody."""
    from chappe.core.tickets.registry import profile_to_toml

    row = objects[0]
    response = HttpResponse(profile_to_toml(profiles.as_profile(row)), content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{row.slug}.toml") or "attachment"
    return Done(_g("Here is the profile."), download=response)


def copy_of(*, actor: Actor, objects: list[TicketProfile]) -> Done:
    """See :func:`services.copy_profile`."""
    row = services.copy_profile(actor=actor, slug=objects[0].slug, owner=objects[0].owner)
    return Done(_g("Here is your copy."), registry.object_url(row))
