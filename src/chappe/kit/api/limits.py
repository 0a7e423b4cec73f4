"""How many requests a minute each key may make, right across processes, in the database alone.

The window is the minute of the clock: conditional UPDATEs count, so that two processes never let one request too many
through. Across the turn of a minute a key may send twice its limit in a few seconds; that is accepted.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from chappe.kit.access.signing_in import client_address
from chappe.kit.api.models import ApiKey, KeyMeter
from chappe.kit.ops.config import value

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    """What is left to a key in this minute. ``wait``: seconds until the next one."""

    limit: int
    left: int
    wait: int
    allowed: bool


def limit_of(key: ApiKey) -> int:
    """Requests a minute that ``key`` may make."""
    return key.rate_per_minute or int(value("API_RATE_PER_MINUTE"))


def spend(key: ApiKey, address: str | None, now: float | None = None) -> Allowance:
    """Count one request of ``key``; refuse it when the minute's limit is reached."""
    now = time.time() if now is None else now
    minute, limit = int(now // WINDOW_SECONDS), limit_of(key)
    wait = max(1, int(WINDOW_SECONDS - now % WINDOW_SECONDS) + 1)
    rows = KeyMeter.objects.filter(pk=key.pk)
    one_more = {"count": F("count") + 1, "total": F("total") + 1}
    if not rows.filter(minute=minute, count__lt=limit).update(**one_more):
        if not _turned(rows, key, minute):
            # Another process has just opened this minute, or it is full.
            if not rows.filter(minute__gte=minute, count__lt=limit).update(**one_more):
                return Allowance(limit, 0, wait, allowed=False)
        else:
            # Once a minute is often enough to tell when a key was last used.
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now(), last_used_from=address)
    count = rows.values_list("count", flat=True).first() or 0
    return Allowance(limit, max(0, limit - count), wait, allowed=True)


def _turned(rows: Any, key: ApiKey, minute: int) -> bool:
    """Open the minute for this key. False when somebody else did."""
    if rows.filter(minute__lt=minute).update(minute=minute, count=1, total=F("total") + 1):
        return True
    if rows.exists():
        return False
    try:
        with transaction.atomic():
            KeyMeter.objects.create(key_id=key.pk, minute=minute, count=1, total=1)
    except IntegrityError:
        return False
    return True


class KeyThrottle(BaseThrottle):
    """Counts the requests made with a key; people in their browser are not counted."""

    def __init__(self) -> None:
        self.allowance: Allowance | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        self.allowance = spend(request.auth, client_address(request._request))
        request._request.api_allowance = self.allowance
        return self.allowance.allowed

    def wait(self) -> float | None:
        return self.allowance.wait if self.allowance else None
