"""Keeps a reader's own choices of a list: saved views, columns. Nothing that another reader could feel."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry, saved
from chappe.kit.screens.declare import Screen

from .base import on_screen, query_of, refusals


@require_POST
@on_screen()
def views(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Save the present query under a name, forget a view (``forget`` = its key) or rename it (``rename`` = its key)."""
    back = registry.url(screen.slug, "list")
    actor = Actor.of(request)
    if request.POST.get("forget", "").isdecimal():
        if saved.delete_view(actor=actor, screen=screen, pk=int(request.POST["forget"])):
            messages.success(request, _("The view is forgotten."))
        else:
            messages.error(request, _("This view is not yours to forget."))
        return HttpResponseRedirect(f"{back}?{saved.clean_query(query_of(request).urlencode())}")
    query = query_of(request).urlencode()
    said = {
        "name": request.POST.get("name", ""), "shared": "shared" in request.POST, "is_default": "is_default" in request.POST,
    }  # fmt: skip
    renamed = request.POST.get("rename", "")
    try:
        if renamed.isdecimal():
            view = saved.rename_view(actor=actor, screen=screen, pk=int(renamed), **said)
            if view is None:
                raise ValidationError(_("This view is not yours to rename."))
        else:
            view = saved.save_view(actor=actor, screen=screen, query=query, **said)
    except ValidationError as error:
        messages.error(request, " ".join(refusals(error)))
        return HttpResponseRedirect(f"{back}?{saved.clean_query(query)}")
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return HttpResponseRedirect(f"{back}?{view.query}&view={view.pk}" if view.query else f"{back}?view={view.pk}")


@require_POST
@on_screen()
def columns(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Remember the columns ticked, in the order of their numbers; ``reset`` goes back to the screen's own."""
    names = [] if "reset" in request.POST else request.POST.getlist("column")
    order = {name: _rank(request.POST.get(f"order-{name}", ""), index) for index, name in enumerate(names)}
    saved.save_columns(actor=Actor.of(request), screen=screen, columns=sorted(names, key=lambda name: order[name]))
    query = query_of(request)
    query = query.copy()
    query.pop("cols", None)
    return HttpResponseRedirect(f"{registry.url(screen.slug, 'list')}?{saved.clean_query(query.urlencode())}")


def _rank(text: str, index: int) -> tuple[int, int]:
    return (int(text) if text.isdecimal() and len(text) < 6 else 10_000, index)
