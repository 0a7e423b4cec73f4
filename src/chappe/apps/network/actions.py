"""Acts of the pages of the network: thin, they call services and say what happened."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chappe.apps.network import courses, many, photos, services, walking
from chappe.apps.network.models import Cable, Pm, Position
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens.declare import Done

MOST_WALKED = 4000  # routes that a reader waits for
MOST_SAID = 5  # refusals told one by one


def send_photo(*, actor: Actor, objects: list[Pm], file: Any) -> Done:
    """Put the photo, or another one."""
    for pm in objects:
        photos.set_photo(actor=actor, pm=pm, file=file)
    return Done(_("The photo is on the page of the PM."))


def remove_photo(*, actor: Actor, objects: list[Pm]) -> Done:
    """No photo any more."""
    for pm in objects:
        photos.remove_photo(actor=actor, pm=pm)
    return Done(_("The photo was taken away."))


def set_course(*, actor: Actor, objects: list[Cable], course: str, **_read: Any) -> Done:
    """Where a cable runs, or that nobody knows."""
    for cable in objects:
        courses.set_course(actor=actor, cable=cable, path=course)
    return Done(_("The course of the cable is on the map.") if course else _("The cable has no course any more."))


def put_course_back(*, actor: Actor, objects: list[Cable]) -> Done:
    """The course before this one."""
    for cable in objects:
        courses.put_back(actor=actor, cable=cable)
    return Done(_("The course is again as it was before."))


def walk(*, actor: Actor, objects: list[Pm]) -> Done:
    """Walk the routes again: at once when they are few, else in the background."""
    keys = [pm.pk for pm in objects]
    if Position.objects.filter(module__pm__in=keys, fibre__isnull=False).count() > MOST_WALKED:
        job = enqueue("network.walk", actor=actor, label=_("Optical routes of %(n)d PM") % {"n": len(keys)}, pms=keys)
        return Done(_("The routes are being walked in the background."), url=job.get_absolute_url())
    count = sum(walking.rewalk(pm) for pm in objects)
    return Done(ngettext("%(n)d route was walked.", "%(n)d routes were walked.", count) % {"n": count})


def walk_all(*, actor: Actor, objects: list[Any]) -> Done:
    """Walk the whole network in the background."""
    job = enqueue("network.walk", actor=actor, label=_("Optical routes of the whole network"), unique="network.walk")
    return Done(_("The routes of the whole network are being walked."), url=job.get_absolute_url())


def patch(*, actor: Actor, objects: list[Position], operator: Any, note: str = "") -> Done:
    """Give positions to an operator."""
    count = services.patch(actor=actor, positions=objects, operator=operator, note=note)
    return Done(ngettext("%(n)d position was given.", "%(n)d positions were given.", count) % {"n": count})


def free(*, actor: Actor, objects: list[Position]) -> Done:
    """Take positions back."""
    count = services.patch(actor=actor, positions=objects, operator=None)
    return Done(ngettext("%(n)d position is free again.", "%(n)d positions are free again.", count) % {"n": count})


def set_state(*, actor: Actor, objects: list[Any], state: str) -> Done:
    """The same state for many."""
    count = many.change(actor=actor, objects=objects, values={"state": state})
    return Done(ngettext("%(n)d row was changed.", "%(n)d rows were changed.", count) % {"n": count})


def attach(*, actor: Actor, objects: list[Any], pm: Any = None, pbo: Any = None) -> Done:
    """Buildings under a PM or a PBO."""
    count = many.attach(actor=actor, buildings=objects, pm=pm, pbo=pbo)
    return Done(ngettext("%(n)d building was attached.", "%(n)d buildings were attached.", count) % {"n": count})


def delete_many(*, actor: Actor, objects: list[Any]) -> Done:
    """Those that may go; what holds the others is said."""
    gone, refused = many.delete(actor=actor, objects=objects)
    if not gone:
        raise ValidationError(
            [
                *refused[:MOST_SAID],
                *([_("and %(n)d more") % {"n": len(refused) - MOST_SAID}] if len(refused) > MOST_SAID else []),
            ]
        )
    said = ngettext("%(n)d row was deleted.", "%(n)d rows were deleted.", gone) % {"n": gone}
    if refused:
        stay = ngettext(
            "%(n)d stays, since something hangs on it:", "%(n)d stay, since something hangs on them:", len(refused)
        )
        said = f"{said} {stay % {'n': len(refused)}} {' ; '.join(refused[:MOST_SAID])}{'…' if len(refused) > MOST_SAID else ''}"
    return Done(said)


@require_safe
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """The photo of a PM, whole or (``?small``) as its page shows it; only a picture is ever given inline."""
    pm = get_object_or_404(visible_to(request.user, Pm).select_related("photo", "photo_small"), pk=pk)
    kept = (pm.photo_small or pm.photo) if "small" in request.GET else pm.photo
    if kept is None or kept.content_type not in photos.PICTURES:
        raise Http404
    response = FileResponse(kept.open(), content_type=kept.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=300"
    return response
