"""The margin: what calls were sold for, minus what they were bought for, by customer or by destination, and subscriptions.

Read from the lake for a month (calls) and from the lines of issued invoices; nothing is billed by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chappe.apps.customers.models import Customer
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.core.billing.amounts import cents
from chappe.kit.access.door import visible_to

MOST = 200
WAYS = ("customer", "destination")
_KEY = {"customer": "customer", "destination": "coalesce(nullif(matched_destination, ''), '–')"}
_SQL = """
SELECT {key} AS key, count(*) AS calls, CAST(sum(usage) // 1000000 AS BIGINT) AS seconds,
       CAST(coalesce(sum(total), 0) AS BIGINT) AS sell, CAST(coalesce(sum(buy), 0) AS BIGINT) AS buy,
       count(*) FILTER (WHERE buy IS NULL AND total > 0) AS unknown
FROM calls WHERE status = 'RATED' AND customer IS NOT NULL GROUP BY 1 ORDER BY sum(total) - coalesce(sum(buy), 0) LIMIT {most}
"""


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
    statement = _SQL.format(key=_KEY[way], most=MOST)
    found = lake.query(statement, months=[month], batches=batches).to_pylist()
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
