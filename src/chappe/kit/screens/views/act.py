"""Verbs on one row: a page that asks when there is something to ask, then the verb, in one transaction."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry, rights
from chappe.kit.screens.cells import head_of
from chappe.kit.screens.declare import Action, Done, Screen
from chappe.kit.screens.forms import add_refusal, asked_form

from .base import object_or_404, on_screen, refusals, refuse_unless


def action_or_404(screen: Screen, name: str) -> Action:
    """The declared action of that name."""
    found = next((action for action in screen.actions if action.name == name), None)
    if found is None:
        raise Http404(_("There is no such act here."))
    return found


def action_form(action: Action, request: HttpRequest, *, bound: bool) -> Any:
    """The form of the values that ``action`` asks, or None."""
    if action.form is None:
        return None
    return asked_form(action.form, request.user, *((request.POST, request.FILES) if bound else ()))


def finish(request: HttpRequest, done: Done | None, back: str) -> HttpResponseBase:
    """Say what was done, and go where the verb says; a download is handed over."""
    done = done or Done(_("Done."))
    if isinstance(done.download, HttpResponseBase):
        return done.download
    if done.download is not None:
        from chappe.kit.documents.views import hand_over

        return hand_over(request.user, done.download)
    if done.message:
        (messages.error if done.failed else messages.success)(request, str(done.message))
    return HttpResponseRedirect(done.url or back)


@on_screen()
def action(request: HttpRequest, screen: Screen, pk: str, name: str) -> HttpResponseBase:
    """Ask (GET), or do (POST), one act on one row."""
    act = action_or_404(screen, name)
    obj = object_or_404(screen, request.user, pk)
    refuse_unless(act.single and rights.may_perform(screen, act, request.user, obj))
    back = registry.url(screen.slug, "detail", pk=obj.pk)
    why = act.why_not(obj, request.user) if act.why_not else None
    if why:
        messages.error(request, str(why))
        return HttpResponseRedirect(back)
    posted = request.method == "POST"
    form = action_form(act, request, bound=posted)
    blocked: list[str] = []
    if posted and (form is None or form.is_valid()):
        try:
            with transaction.atomic():
                row = object_or_404(screen, request.user, pk, lock=True)
                done = act.perform(actor=Actor.of(request), objects=[row], **(form.cleaned_data if form else {}))
        except ValidationError as error:
            if form is not None:
                add_refusal(form, error)
            else:
                blocked = refusals(error)
        else:
            return finish(request, done, back)
    if blocked and not act.confirm:
        messages.error(request, " ".join(blocked))
        return HttpResponseRedirect(back)
    context = {
        "screen": screen, "object": obj, "action": act, "form": form, "back_url": back, "blocked": blocked,
        "name": head_of(screen, obj), "title": act.label, "page_title": act.label,
    }  # fmt: skip
    return render(request, "screens/action.html", context, status=422 if posted else 200)
