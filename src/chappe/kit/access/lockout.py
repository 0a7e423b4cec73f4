"""Slows down whoever guesses: failures are counted for each account and each address, in the database.

A try is counted *before* the password is looked at, by a conditional UPDATE, so that a hundred tries sent at
once count a hundred. A name that no account has is counted in the same way: locking reveals nothing.
"""

import hashlib
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from chappe.kit.access.models import SignInCounter, User

ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 30
LOCK = timedelta(minutes=15)
FORGET_AFTER = timedelta(minutes=30)  # since the last failure
LIMITS = {SignInCounter.Kind.ACCOUNT: ACCOUNT_FAILURES, SignInCounter.Kind.ADDRESS: ADDRESS_FAILURES}
Kind = SignInCounter.Kind


def account_key(login: str, user: User | None) -> str:
    """One key for an account, whether its user name or its e-mail address was typed."""
    if user is not None:
        return f"user:{user.pk}"
    # Not in clear: people sometimes type their password in the wrong box.
    return "login:" + hashlib.sha256(login.strip().lower().encode()).hexdigest()[:40]


def reserve(kind: str, key: str) -> bool:
    """Count one try. False when this account or address is locked: the password must then not be looked at."""
    now = timezone.now()
    counters = SignInCounter.objects.filter(kind=kind, key=key)
    SignInCounter.objects.get_or_create(kind=kind, key=key)
    counters.filter(Q(locked_until__lte=now) | Q(locked_until=None, last_at__lt=now - FORGET_AFTER)).update(
        failures=0, locked_until=None
    )
    if not counters.filter(locked_until=None).update(failures=F("failures") + 1, last_at=now):
        return False
    over = counters.filter(locked_until=None, failures__gt=LIMITS[Kind(kind)])
    return not over.update(locked_until=now + LOCK)


def give_back(kind: str, key: str) -> None:
    """The try was not a failure after all."""
    SignInCounter.objects.filter(kind=kind, key=key, failures__gt=0).update(failures=F("failures") - 1)


def clear(kind: str, key: str) -> bool:
    """Forget all failures and open the lock. True when there was something to forget."""
    return bool(SignInCounter.objects.filter(kind=kind, key=key, failures__gt=0).update(failures=0, locked_until=None))


def locked_until(user: User):
    """Until when this account is locked; None when it is not."""
    until = SignInCounter.objects.filter(kind=Kind.ACCOUNT, key=account_key("", user)).values_list(
        "locked_until", flat=True
    )
    return next((moment for moment in until if moment and moment > timezone.now()), None)
