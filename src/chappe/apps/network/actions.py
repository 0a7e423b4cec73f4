"""Acts of the pages of the network: thin, they call services and say what happened."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chappe.apps.network import services, walking
from chappe.apps.network.models import Pm, Position
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens.declare import Done


def send_photo(*, actor: Actor, objects: list[Pm], file: Any) -> Done:
    """Replace the photo."""
    for pm in objects:
        services.set_photo(actor=actor, pm=pm, file=file)
    return Done(_("The photo is on the page of the PM."))


def walk(*, actor: Actor, objects: list[Pm]) -> Done:
    """Walk the routes again, at once."""
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


@require_safe
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """The photo of a PM, to show in its page; only a picture is ever given inline."""
    pm = get_object_or_404(visible_to(request.user, Pm).select_related("photo"), pk=pk)
    if pm.photo is None or pm.photo.content_type not in services.PICTURES:
        raise Http404
    response = FileResponse(pm.photo.open(), content_type=pm.photo.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=300"
    return response
