"""Calls that arrive little by little (PBX, collected files) priced and put into the lake, once.

A stream batch stands for one source and one month of collection; each :func:`commit` appends to it. Every call is priced by the
tariff version that it names (sell) and by another one (buy), with the one kernel there is. Nothing billable is silently
free: ``pricing.py`` says what each call becomes.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext_lazy

from chappe.apps.usage import counts, lake, policies, pricing, upkeep
from chappe.apps.usage.calls import CALLS, NEEDED, batch_of, completed
from chappe.apps.usage.counts import Counts
from chappe.apps.usage.models import StreamCommit, UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import created

Reattach = Callable[[pa.RecordBatch], pa.RecordBatch]


def stream_batch(*, key: str, name: str, owner: Any, month: str) -> UsageBatch:
    """The batch that takes the calls collected in ``month`` (``2026-10``) for ``key`` (one word a source), made when new.

    ``owner`` is the operator whose users see the calls (None: the house). A batch rated again gives the one that stands.
    """
    with transaction.atomic():
        batch, is_new = UsageBatch.objects.get_or_create(
            replay_key=f"stream:{key}:{month}:1",
            defaults={"name": name, "owner": owner, "state": UsageBatch.State.READY},
        )
        if is_new:
            created(Actor.system("stream", said=gettext_lazy("The collection")), batch)
    return standing(batch)


def standing(batch: UsageBatch) -> UsageBatch:
    """The rating of this stream that stands now: a later one, once it has taken its place."""
    while batch.state == UsageBatch.State.REPLACED:
        batch = UsageBatch.objects.get(replaces=batch)
    return batch


def commit(*, actor: Actor, batch: UsageBatch, uid: str, calls: pa.RecordBatch) -> Counts:
    """Price ``calls`` (:data:`CALLS`) and append them to the lake and to the counts of ``batch``, once a ``uid``.

    ``uid`` (at most 100 characters) is never used for other calls: a retry after a crash gives the same Counts with
    ``is_new`` False, whatever point the first attempt reached. A batch rated again in the meantime passes the calls on to
    the one that stands. Raises ValueError for columns or versions that are missing; nothing is kept then.
    """
    whole = completed(calls)
    known = StreamCommit.objects.filter(uid=uid).exclude(counts__isnull=True).first()
    if known is not None:
        return Counts(**known.counts, is_new=False)
    if not lake.holds(transaction_of(uid)):
        pricing.check(whole)
    reserved = _reserved(batch, uid, whole.num_rows)
    first, beyond = reserved.first_line, reserved.first_line + reserved.lines
    rows = None
    if not lake.holds(transaction_of(uid)):
        rows = pricing.priced(
            whole, batch=reserved.batch_id, lines=np.arange(first, beyond, dtype=np.int64),
            month=reserved.batch.replay_key.split(":")[-2], hidden=policies.current().stored,
        )  # fmt: skip
        if not lake.commit(transaction_of(uid), [rows]):
            rows = None  # another attempt was quicker: what it wrote counts
    tally = counts.of_rows(rows) if rows is not None else counts.of_lake(reserved.batch_id, lines=(first, beyond))
    settled = settle(uid, tally)
    upkeep.after(whole.num_rows, reserved.batch.replay_key.split(":")[-2])
    return settled


def transaction_of(uid: str) -> str:
    """The Delta transaction of an addition, whatever signs its uid has: it also names a file."""
    return f"s{hashlib.sha256(uid.encode()).hexdigest()[:40]}"


def _reserved(batch: UsageBatch, uid: str, rows: int) -> StreamCommit:
    """The lines given to this uid: those of the first attempt when there was one."""
    with transaction.atomic():
        known = StreamCommit.objects.select_related("batch").filter(uid=uid).first()
        if known is not None:
            return known
        held = UsageBatch.objects.select_for_update(of=("self",)).get(pk=standing(_fresh(batch)).pk)
        while held.state == UsageBatch.State.REPLACED:  # it was replaced while we waited for it
            held = UsageBatch.objects.select_for_update(of=("self",)).get(replaces=held)
        first = held.next_line
        made = StreamCommit.objects.create(uid=uid, batch=held, first_line=first, lines=rows)
        held.next_line = first + rows
        held.save(update_fields=["next_line"])
    return made


def _fresh(batch: UsageBatch) -> UsageBatch:
    return UsageBatch.objects.get(pk=batch.pk)


def settle(uid: str, tally: counts.Tally) -> Counts:
    """Count an addition that is in the lake; a second time changes nothing."""
    with transaction.atomic():
        made = StreamCommit.objects.select_for_update().get(uid=uid)
        if made.counts is not None:
            return Counts(**made.counts, is_new=False)
        held = UsageBatch.objects.select_for_update(of=("self",)).get(pk=made.batch_id)
        counts.add(held, tally)
        held.save()
        made.counts = tally.counts.stored()
        made.save(update_fields=["counts"])
    return tally.counts


_reattach: list[Callable[[UsageBatch], Reattach]] = []


def on_reattach(fn: Callable[[UsageBatch], Reattach]) -> None:
    """Who attaches again the calls of a stream that is rated again (the collector): given the batch, gives a function from
    :data:`CALLS` to :data:`CALLS` of the same rows with source, customer, line, cost centre and versions of today."""
    _reattach[:] = [fn]


def reattach_of(batch: UsageBatch) -> Reattach:
    """What attaches the calls of this batch again; calls stay as they are where nobody does."""
    return _reattach[0](batch) if _reattach else lambda calls: calls


def rate_again(*, actor: Actor, batch: UsageBatch) -> UsageBatch:
    """Price a stream again with today's attachments and tariffs; queued, the old prices stand until it has ended.

    Raises ValidationError when the batch does not stand now, is already being rated again, or no longer has its numbers.
    """
    from chappe.apps.usage import restream  # imports this module

    return restream.ask(actor=actor, batch=batch)


__all__ = [
    "CALLS", "NEEDED", "Counts", "batch_of", "commit", "on_reattach", "rate_again", "reattach_of", "settle", "standing",
    "stream_batch", "transaction_of",
]  # fmt: skip
