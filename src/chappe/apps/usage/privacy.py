"""Acts and page of masking and retention: thin, the work is in ``retention`` and the audit journal."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from chappe.apps.usage import retention
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import MaskingPolicy, RetentionRule
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, is_house, may, require_on
from chappe.kit.audit.services import saved
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry


def update(*, actor: Actor, object: Any, data: dict[str, Any]) -> Any:
    """Change a policy or a rule; the journal keeps what it was."""
    if actor.user is not None:
        require_on(actor.user, object, Level.ADMIN)
    saved(actor, object, data)
    return object


def page(request: HttpRequest) -> HttpResponse:
    """What is masked, how long calls are kept, and what a purge would do now."""
    if not is_house(request.user):
        raise PermissionDenied
    steps = retention.preview()
    if request.method == "POST":
        return _purge(request)
    policy = MaskingPolicy.objects.order_by("pk").first()
    rules = list(RetentionRule.objects.all())
    return render(
        request,
        "usage/retention.html",
        {
            "policy": policy, "policy_url": registry.object_url(policy) if policy else "",
            "rules": [(rule, registry.object_url(rule)) for rule in rules],
            "steps": steps, "may_purge": may(request.user, AREA, Level.ADMIN),
            "calls": sum(step.calls for step in steps),
        },
    )  # fmt: skip


def _purge(request: HttpRequest) -> HttpResponse:
    actor = Actor(user=request.user, via="page")
    retention.allowed(actor)
    if request.POST.get("sure") != "1":
        messages.error(request, _("Nothing was purged: tick the box first, what goes does not come back."))
        return redirect(request.path)
    job = enqueue("usage.purge", actor=actor, label=_("Purge old calls"), unique="usage.purge", everything=True)
    messages.success(request, _("The purge has begun. Its task tells what it does."))
    return redirect(job.get_absolute_url())
