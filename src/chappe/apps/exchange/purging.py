"""Received files that are old and done with go, with their lines, faults and changes. One that waits for somebody never does.

What they made stays. The journal keeps that they were received, applied, undone and forgotten; they cannot be undone any more.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_noop

from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile, State
from chappe.kit.access.actor import Actor
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.documents.models import StoredFile
from chappe.kit.ops.config import value

register_sentence("exchange.purged", gettext_noop("{actor} forgot “{name}”, received on {day}: older than {days} days"))

#: What nobody has anything to do with any more.
DONE = frozenset({State.APPLIED, State.UNDONE, State.REFUSED})
PIECE = 5000  # rows of a file that go at once


@dataclass(frozen=True)
class Purged:
    """``files`` went; ``waiting`` are as old but wait for somebody; ``held`` are named by something that keeps them."""

    files: int = 0
    waiting: int = 0
    held: int = 0


def old(days: int) -> QuerySet[ReceivedFile]:
    """Files in which nothing has happened for so many days."""
    before = timezone.now() - dt.timedelta(days=days)
    last = Greatest("received_at", Coalesce("applied_at", F("received_at")), Coalesce("undone_at", F("received_at")))
    return ReceivedFile.objects.annotate(last=last).filter(last__lt=before)


def purge(*, actor: Actor, days: int | None = None, progress: Callable[[int, int], None] | None = None) -> Purged:
    """Forget the files that are done with; ``days`` is CHAPPE_RECEIVED_DAYS unless given, and 0 forgets none."""
    days = int(value("RECEIVED_DAYS")) if days is None else days
    if days <= 0:
        return Purged()
    found = old(days)
    keys = list(found.filter(state__in=DONE).order_by("pk").values_list("pk", flat=True))
    gone = held = 0
    for place, pk in enumerate(keys):
        if progress is not None:
            progress(place, len(keys))
        if _forget(actor, pk, days):
            gone += 1
        else:
            held += 1
    return Purged(gone, found.exclude(state__in=DONE).count(), held)


def _forget(actor: Actor, pk: int, days: int) -> bool:
    """One file: its rows piece by piece, then itself, then its bytes when nothing else names them."""
    try:
        with transaction.atomic():
            row = ReceivedFile.objects.select_for_update().filter(pk=pk, state__in=DONE).first()
            if row is None:
                return False
            event(actor, row, "exchange.purged", name=row.name, day=row.received_at.date().isoformat(), days=days)
            for model in (FileIssue, PlannedChange):
                while keys := list(model.objects.filter(file=row).values_list("pk", flat=True)[:PIECE]):
                    model.objects.filter(pk__in=keys).delete()
            stored = row.stored_id
            row.delete()
    except ProtectedError:
        return False
    try:
        with transaction.atomic():
            StoredFile.objects.get(pk=stored).delete()
    except (ProtectedError, StoredFile.DoesNotExist):
        pass  # a batch of calls, say, still names them: they go with it
    return True
