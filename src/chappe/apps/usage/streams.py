"""Calls that arrive little by little (PBX, collected files) priced and put into the lake, once.

A stream batch stands for one source and one month of collection; each :func:`commit` appends to it. Every call is
priced by the tariff version that it names (sell) and by another one (buy), with the one kernel there is. Nothing billable
is silently free: see :func:`chappe.apps.usage.pricing.priced` for what each call becomes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from chappe.apps.usage.models import UsageBatch
from chappe.kit.access.actor import Actor

#: Unpriced calls. ``start`` UTC; ``seconds`` billable; ``number`` is Number.rated of the other end for outgoing calls (the
#: DDI called for incoming ones); ``shown`` the number as lists show it. Ids and versions are primary keys, null = none.
CALLS = pa.schema(
    [
        ("call_id", pa.string()),  # BuiltCall.key, for people
        ("start", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int32()),  # seconds, of the source's clock then
        ("seconds", pa.int64()),
        ("number", pa.string()),
        ("shown", pa.string()),
        ("subject", pa.string()),  # profile of the tariff to look up; "" = the extension
        ("account", pa.string()),
        ("tenant", pa.string()),  # "" = the only one of the tariff
        ("sell_version", pa.int64()),
        ("buy_version", pa.int64()),
        ("source", pa.int64()),
        ("customer", pa.int64()),
        ("line_id", pa.int64()),
        ("cost_centre", pa.int64()),
        ("kind", pa.string()),
        ("way", pa.string()),
        ("ext", pa.string()),
        ("caller", pa.string()),
        ("asked", pa.string()),
        ("reached", pa.string()),
        ("transferred", pa.bool_()),
        ("answered", pa.bool_()),
        ("ring", pa.int32()),
        ("talk", pa.int32()),
        ("hold", pa.int32()),
        ("trunk", pa.string()),
        ("account_code", pa.string()),
        ("user_name", pa.string()),
        ("raw_ref", pa.string()),
    ]
)
#: What a call needs of :data:`CALLS` to be told; the rest may be left out of a batch, and is then null.
NEEDED = ("call_id", "start", "seconds", "number", "way", "answered")

Reattach = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Counts:
    """What one commit brought. ``is_new`` False: this uid was there already and nothing was counted again."""

    calls: int = 0
    rated: int = 0
    unrated: int = 0
    uncharged: int = 0
    rejected: int = 0
    total: int = 0  # nano, sold
    buy: int = 0  # nano, bought
    is_new: bool = True


def stream_batch(*, key: str, name: str, owner: Any, month: str) -> UsageBatch:
    """The batch that takes the calls collected in ``month`` (``2026-10``) for ``key`` (one word a source), made when new.

    ``owner`` is the operator whose users see the calls (None: the house). A batch rated again gives the one that stands.
    """
    raise NotImplementedError


def commit(*, actor: Actor, batch: UsageBatch, uid: str, calls: pa.RecordBatch) -> Counts:
    """Price ``calls`` (:data:`CALLS`) and append them to the lake and to the counts of ``batch``, once a ``uid``.

    ``uid`` (at most 100 characters) is never used for other calls: a retry after a crash gives the same Counts with
    ``is_new`` False, whatever point the first attempt reached. Raises ValueError for columns that are missing.
    """
    raise NotImplementedError


def on_reattach(fn: Callable[[UsageBatch], Reattach]) -> None:
    """Who attaches again the calls of a stream that is rated again (the collector): given the batch, gives a function from
    :data:`CALLS` to :data:`CALLS` of the same rows with source, customer, line, cost centre and versions of today."""
    raise NotImplementedError


def rate_again(*, actor: Actor, batch: UsageBatch) -> UsageBatch:
    """Price a stream again with today's attachments; queued, the old prices stand until it has ended.

    Raises ValidationError when the batch does not stand now or is already being rated again.
    """
    raise NotImplementedError
