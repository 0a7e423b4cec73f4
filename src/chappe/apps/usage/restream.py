"""A stream rated again: its calls read back from the lake, attached and priced as of today, put in a new batch.

The calls that arrive meanwhile keep coming to the old batch; the new one catches up with them, then takes its place in one
transaction that holds the old one. Safe to repeat at any point: the lake says how far the new batch has come.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.usage import counts, lake, policies, pricing, services, streams, upkeep
from chappe.apps.usage.calls import CALLS
from chappe.apps.usage.models import StreamCommit, UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on
from chappe.kit.audit.services import event
from chappe.kit.jobs.services import enqueue

CHUNK = 100_000
FORGOTTEN = dt.timedelta(hours=1)  # an addition begun so long ago and not in the lake will be given lines again
Progress = Callable[[int, int], None]


class StillWritingError(Exception):
    """Calls are being added at this very moment: try again."""


def ask(*, actor: Actor, batch: UsageBatch) -> UsageBatch:
    """See :func:`streams.rate_again`."""
    if actor.user is not None:
        require_on(actor.user, batch, Level.WRITE)
    with transaction.atomic():
        batch = UsageBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if not batch.is_stream or batch.state != UsageBatch.State.READY:
            raise ValidationError(_("Only calls that are rated now can be rated again."))
        if hasattr(batch, "replaced_by"):
            raise ValidationError(_("These calls are already being rated again."))
        if batch.is_erased:
            raise ValidationError(_("The numbers of these calls were erased: no price can be made again."))
        head, _colon, generation = batch.replay_key.rpartition(":")
        new = UsageBatch.objects.create(
            replay_key=f"{head}:{int(generation) + 1}", name=batch.name, owner=batch.owner,
            generation=batch.generation + 1, replaces=batch, state=UsageBatch.State.WAITING,
        )  # fmt: skip
        event(actor, batch, "usage.rerated", version=_("the tariffs of today"))
        new.job = enqueue(
            "usage.rate-stream", actor=actor, label=_("Rate %(name)s") % {"name": new.name},
            unique=f"usage.rate:{new.pk}", owner=new.owner, batch=new.pk,
        )  # fmt: skip
        new.save(update_fields=["job"])
    return new


def run(*, actor: Actor, batch: UsageBatch, progress: Progress) -> None:
    """Fill ``batch`` (which replaces another) and let it stand. Raises StillWritingError when additions are under way."""
    if batch.state in {UsageBatch.State.READY, UsageBatch.State.REPLACED}:
        return
    UsageBatch.objects.filter(pk=batch.pk).update(state=UsageBatch.State.RATING, problem="")
    old = UsageBatch.objects.get(pk=batch.replaces_id)
    reattach = streams.reattach_of(old)
    while True:
        done = _reached(batch.pk)
        _settle_left(old)
        last = _reached(old.pk)
        if done >= last:
            if _stood(actor, batch, old, last):
                upkeep.after(last, batch.replay_key.split(":")[-2])
                return
            continue
        rows = _rows(old, batch, (done, last), reattach, progress)
        lake.commit(f"{batch.uid}-{done}", rows)


def _reached(pk: int) -> int:
    """The highest line that the lake has of a batch; 0 for none."""
    rows = lake.query("SELECT max(line) AS last FROM calls", batches=[pk]).to_pylist()
    return (rows[0]["last"] or 0) if rows else 0


def _settle_left(old: UsageBatch) -> None:
    """Additions that no attempt counted: those that the lake has are counted, old ones that it has not are forgotten."""
    for left in StreamCommit.objects.filter(batch=old, counts__isnull=True):
        if lake.holds(streams.transaction_of(left.uid)):
            streams.settle(left.uid, counts.of_lake(old.pk, lines=(left.first_line, left.first_line + left.lines)))
        elif left.created_at < timezone.now() - FORGOTTEN:
            left.delete()
        else:
            raise StillWritingError(_("Calls are being added at this moment: the rating will be tried again."))


def _rows(
    old: UsageBatch, new: UsageBatch, span: tuple[int, int], reattach: streams.Reattach, progress: Progress
) -> Iterator[pa.RecordBatch]:
    """The rows of ``old`` after the first line of ``span`` up to its last, priced for ``new`` under the same lines."""
    hidden = policies.current().stored
    month = old.replay_key.split(":")[-2]
    sql = "SELECT * FROM calls WHERE line > ? AND line <= ? ORDER BY line"
    for part in lake.stream(sql, CHUNK, batches=[old.pk], parameters=list(span)):
        if not part.num_rows:
            continue
        lines = part.column("line").to_numpy()
        calls = reattach(calls_of(part)).select(CALLS.names)
        yield pricing.priced(calls, batch=new.pk, lines=lines.astype(np.int64), month=month, hidden=hidden)
        progress(int(lines[-1]), span[1])


def calls_of(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of the lake as the calls that they were before they had a price."""
    shown, kinds, ways = (rows.column(name).to_pylist() for name in ("destination", "kind", "way"))
    numbers = [
        pricing.rated_number(number or "", kind or "", way or "")
        for number, kind, way in zip(shown, kinds, ways, strict=True)
    ]
    columns: dict[str, Any] = {
        "number": pa.array(numbers, pa.string()),
        "shown": rows.column("destination"),
        "seconds": pc.divide(rows.column("usage"), pricing.MILLION),
    }
    for name in CALLS.names:
        if name not in columns:
            columns[name] = rows.column(name)
    return pa.RecordBatch.from_arrays([columns[f.name].cast(f.type) for f in CALLS], schema=CALLS)


def _stood(actor: Actor, batch: UsageBatch, old: UsageBatch, last: int) -> bool:
    """Take the place of ``old`` unless something was added to it since; no addition can begin while we hold it."""
    tally = counts.of_lake(batch.pk)
    with transaction.atomic():
        held = UsageBatch.objects.select_for_update(of=("self",)).get(pk=old.pk)
        left = StreamCommit.objects.filter(batch=held, counts__isnull=True).exists()
        if left or _reached(held.pk) != last:
            return False
        batch.next_line = held.next_line
        services.stand(actor, batch, tally)
    return True
