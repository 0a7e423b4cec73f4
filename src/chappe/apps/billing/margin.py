"""The margin: what calls were sold for, minus what they were bought for, by customer or by destination, and subscriptions.

Read from the lake for a month (calls) and from the lines of issued invoices; nothing is billed by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chappe.apps.customers.models import Customer
from chappe.apps.usage import sums
from chappe.apps.usage.models import UsageBatch
from chappe.core.billing.amounts import cents
from chappe.kit.access.door import visible_to

MOST = 200
WAYS = ("customer", "destination")
_KEY = {"customer": "customer", "destination": "coalesce(nullif(matched_destination, ''), '–')"}
_SQL = """
SELECT value AS key, CAST(sum(m_calls) AS BIGINT) AS calls, CAST(sum(m_used) // 1000000 AS BIGINT) AS seconds,
       CAST(sum(m_total) AS BIGINT) AS sell, CAST(sum(m_buy) AS BIGINT) AS buy, CAST(sum(m_unbought) AS BIGINT) AS unknown
FROM added GROUP BY 1 ORDER BY sum(m_total) - sum(m_buy), key LIMIT {most}
"""
_TEST = "month = ? AND status = 'RATED' AND customer IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Row:
    """One customer or destination. ``unknown``: calls sold of which no purchase price is known."""

    name: str
    pk: int | None
    calls: int
    seconds: int
    sell: int
    buy: int
    unknown: int

    @property
    def margin(self) -> int:
        return self.sell - self.buy

    @property
    def share(self) -> float | None:
        return self.margin / self.sell if self.sell else None


def rows(user: Any, month: str, way: str) -> list[Row]:
    """Worst margin first: what is sold below its cost stands on top."""
    batches = _batches(user)
    found = sums.added(_SQL.format(most=MOST), _KEY[way], test=_TEST, values=[month], batches=batches).to_pylist()
    names = _names(user, [row["key"] for row in found]) if way == "customer" else {}
    return [
        Row(
            names.get(row["key"], str(row["key"])) if way == "customer" else row["key"],
            row["key"] if way == "customer" else None,
            row["calls"], row["seconds"], cents(row["sell"]), cents(row["buy"]), row["unknown"],
        )
        for row in found
        if way != "customer" or row["key"] in names
    ]  # fmt: skip


def _batches(user: Any) -> list[int]:
    return list(visible_to(user, UsageBatch).filter(state=UsageBatch.State.READY).values_list("pk", flat=True))


def _names(user: Any, keys: Sequence[int]) -> dict[int, str]:
    return dict(visible_to(user, Customer).filter(pk__in=list(keys)).values_list("pk", "name"))
