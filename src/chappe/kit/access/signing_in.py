"""Coming in and going out: password, second factor, sessions. Refusals never tell whether an account exists."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login as start_session
from django.contrib.auth import logout
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from chappe.kit import audit
from chappe.kit.access import lockout, totp
from chappe.kit.access.actor import Actor
from chappe.kit.access.lockout import Kind
from chappe.kit.access.models import LoginAttempt, OpenSession, User

Outcome = LoginAttempt.Outcome
BACKEND = "chappe.kit.access.backend.Backend"
PENDING = "access_pending"
PENDING_SECONDS = 300


@dataclass(frozen=True)
class Where:
    """From which address and browser."""

    address: str | None
    agent: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Where":
        return cls(address=client_address(request), agent=request.META.get("HTTP_USER_AGENT", "")[:300])


def client_address(request: HttpRequest) -> str | None:
    """Address of the browser. Behind ``settings.CHAPPE_PROXIES`` trusted proxies, the one they report."""
    proxies = getattr(settings, "CHAPPE_PROXIES", 0)
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return request.META.get("REMOTE_ADDR") or None


def try_password(login: str, password: str, where: Where) -> tuple[str, User | None]:
    """Look at a password, counting the try. Answers the outcome, and the account only when it is OK."""
    user = User.objects.by_login(login)
    key = lockout.account_key(login, user)
    open_doors = [lockout.reserve(Kind.ADDRESS, where.address or "?"), lockout.reserve(Kind.ACCOUNT, key)]
    if not all(open_doors):
        return _record(Outcome.LOCKED, login, user, where), None
    if user is None:
        make_password(password)  # as long as for an account that exists
        return _record(Outcome.UNKNOWN, login, None, where), None
    if not user.check_password(password):
        return _record(Outcome.BAD_PASSWORD, login, user, where), None
    if not user.is_active:
        return _record(Outcome.CLOSED, login, user, where), None
    lockout.give_back(Kind.ADDRESS, where.address or "?")
    lockout.give_back(Kind.ACCOUNT, key)
    return Outcome.OK, user


def try_code(user: User, code: str, where: Where) -> str:
    """Look at a code of the phone or a recovery code, counting the try. Answers the outcome."""
    key = lockout.account_key("", user)
    if not lockout.reserve(Kind.ACCOUNT, key):
        return _record(Outcome.LOCKED, user.username, user, where)
    if totp.verify(user, code):
        return Outcome.OK
    if totp.use_recovery_code(user, code):
        left = user.recovery_codes.filter(used_at=None).count()
        audit.event(Actor(user, "page"), user, "access.recovery_used", left=left)
        return Outcome.OK
    return _record(Outcome.BAD_CODE, user.username, user, where)


def _record(outcome: Outcome, login: str, user: User | None, where: Where) -> Outcome:
    tidy = login.strip()
    LoginAttempt.objects.create(
        login=(tidy if user else f"{tidy[:2]}•••")[:150],
        user=user,
        address=where.address,
        agent=where.agent,
        outcome=outcome,
    )
    return outcome


def remember_pending(request: HttpRequest, user: User) -> None:
    """The password was right; the code is still to come. Nobody is signed in yet."""
    request.session.cycle_key()
    until = (timezone.now() + timedelta(seconds=PENDING_SECONDS)).timestamp()
    request.session[PENDING] = {"user": user.pk, "until": until, "proof": user.get_session_auth_hash()}


def pending_user(request: HttpRequest) -> User | None:
    """The account whose password was just given, while its code is awaited."""
    kept = request.session.get(PENDING)
    if not kept or kept["until"] < timezone.now().timestamp():
        request.session.pop(PENDING, None)
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user is not None and user.get_session_auth_hash() == kept["proof"] else None


def enter(request: HttpRequest, user: User) -> None:
    """Sign in for good: a new session, its row in the list of open ones, the counter of failures cleared."""
    where = Where.of(request)
    request.session.pop(PENDING, None)
    start_session(request, user, backend=BACKEND)
    lockout.clear(Kind.ACCOUNT, lockout.account_key("", user))
    _record(Outcome.OK, user.username, user, where)
    register_session(request, user)


def register_session(request: HttpRequest, user: User) -> None:
    """Write the present session into the list that its owner sees."""
    where = Where.of(request)
    OpenSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "address": where.address, "agent": where.agent, "last_seen": timezone.now()},
    )


def leave(request: HttpRequest) -> None:
    """Sign out: the session goes, and its row with it."""
    OpenSession.objects.filter(session_key=request.session.session_key or "").delete()
    logout(request)


def live_sessions(user: User) -> Any:
    """Open sessions of a person, those whose time has run out being dropped from the list first."""
    rows = OpenSession.objects.filter(user=user)
    alive = Session.objects.filter(expire_date__gt=timezone.now(), session_key__in=rows.values("session_key"))
    rows.exclude(session_key__in=list(alive.values_list("session_key", flat=True))).delete()
    return OpenSession.objects.filter(user=user)


def close_sessions(*, actor: Actor, user: User, keep: str = "", only: int | None = None) -> int:
    """Close the sessions of a person (but ``keep``, or ``only`` one of them). Answers how many were open."""
    rows = OpenSession.objects.filter(user=user).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    with transaction.atomic():
        keys = list(rows.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        rows.delete()
        if keys:
            audit.event(actor, user, "access.sessions_closed", count=len(keys))
    return len(keys)
