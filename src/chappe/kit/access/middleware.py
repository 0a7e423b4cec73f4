"""Between sign-in and the pages: steps that a person must take first, and when they were last seen."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

from chappe.kit.access.models import OpenSession, User
from chappe.kit.access.signing_in import register_session

TICK = timedelta(minutes=5)
_SEEN = "access_seen"
_NEEDS_TOTP = "access_needs_totp"
FREE_NAMESPACES = frozenset({"access", "ui"})


class AccessMiddleware:
    """Stands after AuthenticationMiddleware. One write every five minutes a session, no query otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._tick(request)
            step = self._first_step(request)
            if step and not _is_free(request):
                return redirect(step)
        return self.get_response(request)

    def _tick(self, request: HttpRequest) -> None:
        now = timezone.now()
        seen = request.session.get(_SEEN, 0)
        if now.timestamp() - seen < TICK.total_seconds():
            return
        user = request.user
        request.session[_SEEN] = int(now.timestamp())  # writing it also prolongs the session
        request.session[_NEEDS_TOTP] = not user.has_totp and user.needs_totp
        User.objects.filter(pk=user.pk).update(last_seen=now)
        if not OpenSession.objects.filter(session_key=request.session.session_key).update(last_seen=now):
            register_session(request, user)

    def _first_step(self, request: HttpRequest) -> str:
        if request.user.must_change_password:
            return "access:password"
        if request.session.get(_NEEDS_TOTP) and not request.user.has_totp:
            return "access:totp"
        return ""


def _is_free(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).namespace in FREE_NAMESPACES
    except Resolver404:
        return False
