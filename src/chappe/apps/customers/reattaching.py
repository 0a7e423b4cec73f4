"""Calls already collected, given again to whoever holds their line now. Asked by every change of an assignment or of a line.

A stream is rated again only when at least one of its calls would go elsewhere. What was billed meanwhile is corrected by the
difference that the next run finds: given back to the one, billed to the other. Never touches an invoice.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from chappe.apps.customers.models import Line
from chappe.apps.parties.models import Operator
from chappe.apps.usage import lake, streams
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.restream import calls_of
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.services import enqueue

JOB = "customers.attach"
WAIT = dt.timedelta(minutes=1)  # a file of a thousand lines is one piece of work
LATER = dt.timedelta(minutes=10)  # another rating of the same calls is under way
MOST_TRIES = 50
FURTHEST = dt.timedelta(days=366)  # a line may be contested for a year; calls are not kept much longer
ROWS = 50_000
TOLD = ("line_id", "customer", "cost_centre")

#: One call of each kind that attaches alike: source, extension or direct number, day of the source's clock, holder.
SAMPLES = """
SELECT * FROM calls WHERE line IN (
  SELECT min(line) FROM calls WHERE start >= ?
  GROUP BY source, ext, CASE WHEN way = 'in' THEN destination ELSE caller END,
           (epoch(start)::BIGINT + coalesce(utc_offset, 0)) // 86400, line_id, customer, cost_centre
) ORDER BY line
"""


def ask(*, owner_id: int | None, since: dt.date, **_facts: Any) -> None:
    """Queue the look at the calls of an owner from the month of ``since`` on; one job a month, however many lines changed."""
    since = max(since, timezone.localdate() - FURTHEST)
    if since > timezone.localdate() or not _streams(owner_id).exists():
        return
    queue(owner_id, since.replace(day=1), WAIT, tries=0)


def found_by(line: Line) -> tuple[str, str, str]:
    """What decides which calls are a line's."""
    return line.number, line.source, line.alias


def ask_for_line(line: Line) -> None:
    """The same for a line whose number, source or alias has changed: all that it was ever given for."""
    first = line.assignments.order_by("starts_on").values_list("starts_on", flat=True).first()
    if first is not None:
        ask(owner_id=line.owner_id, since=first)


def queue(owner_id: int | None, since: dt.date, wait: dt.timedelta, *, tries: int) -> None:
    """Put the job in the queue, unless one already waits for that owner and month."""
    enqueue(
        JOB, actor=Actor.system("lines"), unique=f"{JOB}:{owner_id or 0}:{since:%Y-%m}", not_before=wait,
        owner=Operator.objects.filter(pk=owner_id).first(), operator=owner_id, since=since.isoformat(), tries=tries,
    )  # fmt: skip


def _streams(owner_id: int | None) -> Any:
    return UsageBatch.objects.filter(owner=owner_id, source=None, state=UsageBatch.State.READY)


def run(*, actor: Actor, owner_id: int | None, since: dt.date) -> tuple[list[UsageBatch], list[str]]:
    """Rate again the streams whose calls belong to somebody else now: (ratings begun, refusals as sentences)."""
    begun, refused = [], []
    month = f"{since - dt.timedelta(days=1):%Y-%m}"  # the first calls of a month may stand in the stream of the month before
    for batch in _streams(owner_id).order_by("pk"):
        if batch.replay_key.split(":")[-2] < month or not moves(batch, since):
            continue
        try:
            begun.append(streams.rate_again(actor=actor, batch=batch))
        except ValidationError as error:
            refused.append(f"{batch.name}: {' '.join(error.messages)}")
    return begun, refused


def moves(batch: UsageBatch, since: dt.date) -> bool:
    """Whether a call of the stream from ``since`` on has another line, customer or cost centre today."""
    attach = streams.reattach_of(batch)
    return any(_tells(attach(calls)) != _tells(calls) for calls in _samples(batch, since))


def _samples(batch: UsageBatch, since: dt.date) -> Iterator[Any]:
    start = dt.datetime.combine(since - dt.timedelta(days=1), dt.time(), dt.UTC)
    for rows in lake.stream(SAMPLES, ROWS, batches=[batch.pk], parameters=[start]):
        if rows.num_rows:
            yield calls_of(rows)


def _tells(calls: Any) -> list[list[Any]]:
    return [calls.column(name).to_pylist() for name in TOLD]
