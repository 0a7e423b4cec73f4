"""What machines ask: alive, ready, how much. And the page of settings, read only."""

import secrets
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from chappe.kit.ops import health, metrics, reference
from chappe.kit.ops.config import value


def is_trusted(request: HttpRequest) -> bool:
    """This machine itself, or whoever holds METRICS_TOKEN. A request that a proxy passed on is not this machine."""
    token = value("METRICS_TOKEN")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token and given and secrets.compare_digest(given.encode(), token.encode()):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at, so that a slow database does not get it killed."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when it may receive traffic, else 503. Sentences only for this machine, the token, or an administrator."""
    report = health.report(health.run())
    user = getattr(request, "user", None)
    if not (is_trusted(request) or (report["ready"] and user is not None and user.is_superuser)):
        report = {"ready": report["ready"]}
    return JsonResponse(report, status=200 if report["ready"] else 503, json_dumps_params={"ensure_ascii": False})


@require_safe
@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    if not is_trusted(request):
        return HttpResponse(
            "metrics: this machine, or the bearer token of CHAPPE_METRICS_TOKEN\n",
            status=403,
            content_type="text/plain",
        )
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    """The right is checked by the registry of pages."""
    language = (get_language() or "fr")[:2]
    return render(request, "ops/settings.html", {"rows": reference.rows(language), "checks": health.run()})
