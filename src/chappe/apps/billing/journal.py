"""The append-only journal: the one writer of its entries, the check of its chain, the fingerprint of the fiscal code.

``append`` takes the row lock of the chain in the caller's transaction: an entry exists if and only if what it tells does.
Source: CGI 286, I, 3° bis (billing-and-peers §1.3). The database refuses any change of an entry.
"""

import datetime as dt
import importlib.metadata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.billing.models import JournalEntry, JournalHead
from chappe.core.billing import chain
from chappe.kit.access.actor import Actor
from chappe.kit.jobs import registry as jobs
from chappe.kit.jobs.models import Job

#: Code whose change changes what is recorded: numbers, totals, VAT, payments and what they pay, the chain itself.
FISCAL = (
    "core/billing/*.py",
    "core/billing/data/*.csv",
    "apps/billing/journal.py",
    "apps/billing/models/journal.py",
    "apps/billing/issuing.py",
    "apps/billing/credits.py",
    "apps/billing/documents.py",
    "apps/billing/sealing.py",
    "apps/billing/archives.py",
    "apps/payments/services.py",
    "apps/payments/models/money.py",
    "kit/audit/seal.py",
)
ROOT = Path(__file__).resolve().parents[2]
PAGE = 2000


def chain_of(owner_id: int | None) -> str:
    """Name of a seller's chain."""
    return str(owner_id or 0)


def append(
    kind: str,
    *,
    actor: Actor,
    owner: Any = None,
    reference: str = "",
    customer_number: str = "",
    amount: int = 0,
    data: dict[str, Any] | None = None,
    currency: str = "EUR",
) -> JournalEntry:
    """Write one fact at the end of the seller's chain. ``amount``: nano, signed; ``data``: JSON. Needs a transaction.

    Locks the head of the chain: call it last in a transaction that takes other locks (see locks.py).
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("journal.append needs a transaction")
    owner_id = owner.pk if owner is not None else None
    name = chain_of(owner_id)
    head = JournalHead.objects.select_for_update().filter(chain=name).first()
    if head is None:
        JournalHead.objects.get_or_create(chain=name)
        head = JournalHead.objects.select_for_update().get(chain=name)
    entry = JournalEntry(
        owner_id=owner_id,
        chain=name,
        position=head.position + 1,
        at=timezone.now(),
        kind=kind,
        reference=reference,
        customer_number=customer_number,
        amount=amount,
        currency=currency,
        actor=actor.user,
        actor_label=who(actor)[:200],
        data=data or {},
        previous=head.sha256,
    )
    entry.sha256 = chain.link(content(entry), entry.previous)
    entry.save(force_insert=True)
    head.position, head.sha256 = entry.position, entry.sha256
    head.save(update_fields=["position", "sha256"])
    return entry


def who(actor: Actor) -> str:
    """The hand behind an entry, in words that stay: a person's name, else what the house was doing and the number of its job."""
    head, _space, number = actor.detail.partition(" ")
    if actor.user is not None or head != "job" or not number.isdecimal():
        return actor.label
    job = Job.objects.filter(pk=number).first()
    if job is None:
        return actor.label
    label = job.label or str(jobs.get(job.name).label)
    return str(_("%(label)s (job %(number)s)") % {"label": label, "number": number})


def content(entry: JournalEntry) -> dict[str, Any]:
    """What the hash covers: all but the account's key, which goes with the account (the name stays)."""
    return {
        "chain": entry.chain,
        "position": entry.position,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "reference": entry.reference,
        "customer": entry.customer_number,
        "amount_nano": entry.amount,
        "currency": entry.currency,
        "by": entry.actor_label,
        "data": entry.data,
    }


def entries(name: str, after: int = 0, until: int | None = None) -> Iterator[JournalEntry]:
    """Entries of a chain in order, read page by page."""
    while True:
        rows = JournalEntry.objects.filter(chain=name, position__gt=after).order_by("position")
        if until is not None:
            rows = rows.filter(position__lte=until)
        page = list(rows[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].position


def verify(name: str) -> tuple[int, list[tuple[int, str]]]:
    """(entries read, faults as (position, code)): the whole chain read again, its head and its first link included."""
    count, last = 0, chain.START

    def read() -> Iterator[tuple[dict[str, Any], str, str]]:
        nonlocal count, last
        for entry in entries(name):
            count, last = count + 1, entry.sha256
            yield content(entry), entry.previous, entry.sha256

    faults = list(chain.broken(read()))
    head = JournalHead.objects.filter(chain=name).first()
    if head is not None and (head.position, head.sha256) != (count, last):
        faults.append((head.position, "head"))
    return count, faults


def chains() -> list[str]:
    """Names of the chains that exist."""
    return sorted(JournalHead.objects.values_list("chain", flat=True))


@cache
def fiscal_files() -> tuple[Path, ...]:
    """The files of the fiscal module."""
    return tuple(sorted(path for pattern in FISCAL for path in ROOT.glob(pattern)))


@cache
def fiscal_fingerprint() -> str:
    """SHA-256 of the fiscal module that runs."""
    return chain.code_fingerprint(fiscal_files(), ROOT)


def version() -> str:
    """Version of Chappe that runs."""
    try:
        return importlib.metadata.version("chappe")
    except importlib.metadata.PackageNotFoundError:  # pragma: no cover - a checkout that was never installed
        return "0"
