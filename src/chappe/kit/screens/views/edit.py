"""Create, edit, delete: the form asks, the app's verb writes, in one transaction.

An edit never overwrites what somebody else has changed meanwhile, and a delete says first what goes with it.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.audit.services import history
from chappe.kit.screens import registry, rights
from chappe.kit.screens.cells import head_of
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.forms import VERSION, add_refusal, build_form, values_of, version_of
from chappe.kit.ui import formats

from .base import as_refusal, object_or_404, on_screen, refusals, refuse_unless, safe_back
from .dependants import dependants


@on_screen(Level.WRITE)
def create(request: HttpRequest, screen: Screen) -> HttpResponse:
    """A new row. Values in the address prefill the form."""
    refuse_unless(rights.may_create(screen, request.user))
    posted = request.method == "POST"
    given = {name: value for name, value in request.GET.items() if name in screen.fields}
    form = build_form(
        screen,
        request.user,
        data=request.POST if posted else None,
        files=request.FILES if posted else None,
        initial=given,
    )
    if posted and form.is_valid():
        try:
            with transaction.atomic():
                made = screen.create(actor=Actor.of(request), data=values_of(screen, form, updating=False))
        except (ValidationError, PermissionDenied) as error:
            add_refusal(form, as_refusal(error))
        else:
            messages.success(request, _("“%(name)s” is created.") % {"name": head_of(screen, made)})
            if "another" in request.POST:
                return HttpResponseRedirect(request.get_full_path())
            return HttpResponseRedirect(registry.url(screen.slug, "detail", pk=made.pk))
    context = {
        "screen": screen, "form": form, "back_url": registry.url(screen.slug, "list"), "action_label": _("Create"), "another": True,
        "title": _("New: %(what)s") % {"what": screen.label_one}, "page_title": screen.label_one,
    }  # fmt: skip
    return render(request, "screens/form.html", context, status=422 if posted else 200)


@on_screen(Level.WRITE)
def update(request: HttpRequest, screen: Screen, pk: str) -> HttpResponse:
    """Edit one row."""
    obj = object_or_404(screen, request.user, pk)
    refuse_unless(rights.may_change(screen, request.user, obj))
    posted = request.method == "POST"
    name, back = head_of(screen, obj), registry.url(screen.slug, "detail", pk=obj.pk)
    form = build_form(
        screen, request.user, obj=obj, data=request.POST if posted else None, files=request.FILES if posted else None
    )
    if posted and form.is_valid():
        try:
            with transaction.atomic():
                row = object_or_404(screen, request.user, pk, lock=True)
                _check_version(row, request.POST.get(VERSION, ""))
                screen.update(actor=Actor.of(request), object=row, data=values_of(screen, form, updating=True))
        except (ValidationError, PermissionDenied) as error:
            add_refusal(form, as_refusal(error))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": head_of(screen, row)})
            return HttpResponseRedirect(back)
    context = {
        "screen": screen, "form": form, "back_url": back, "action_label": _("Save"), "object": obj, "name": name,
        "title": _("Edit %(name)s") % {"name": name}, "page_title": name,
    }  # fmt: skip
    return render(request, "screens/form.html", context, status=422 if posted else 200)


def _check_version(row: Any, seen: str) -> None:
    if not seen or seen == version_of(row):
        return
    last = history(row).first()
    who = (last.actor_label if last else "") or _("somebody else")
    raise ValidationError(
        _("%(who)s changed this meanwhile, on %(when)s. Open the page again to see it, then make your change.")
        % {"who": who, "when": formats.moment(row.updated_at)}
    )


@on_screen(Level.ADMIN)
def delete(request: HttpRequest, screen: Screen, pk: str) -> HttpResponse:
    """Ask, telling what goes with the row, then delete it."""
    obj = object_or_404(screen, request.user, pk)
    refuse_unless(rights.may_delete(screen, request.user, obj))
    name, back = head_of(screen, obj), registry.url(screen.slug, "detail", pk=obj.pk)
    going, blocked = dependants(obj, request.user)
    if request.method == "POST" and not blocked:
        try:
            with transaction.atomic():
                screen.delete(actor=Actor.of(request), object=object_or_404(screen, request.user, pk, lock=True))
        except ValidationError as error:
            blocked = refusals(error)
        except (ProtectedError, RestrictedError):
            blocked = dependants(obj, request.user)[1] or [_("Other rows still use it.")]
        else:
            messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
            return HttpResponseRedirect(safe_back(request, registry.url(screen.slug, "list")))
    context = {
        "screen": screen, "object": obj, "name": name, "going": going, "blocked": blocked, "back_url": back,
        "title": _("Delete %(name)s?") % {"name": name}, "page_title": name,
    }  # fmt: skip
    return render(request, "screens/delete.html", context, status=409 if blocked and request.method == "POST" else 200)
