"""Reads of usage: which batches a person may see, and the calls in them.

The lake has no rights of its own: a call is visible when its batch is (``visible_to``), and only the batches
that stand now (READY) count, so a file rated again is never counted twice.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from chappe.apps.usage import lake, sums
from chappe.apps.usage.models import UsageBatch, UsageDay
from chappe.kit.access.door import visible_to


def current_batches(user: Any) -> list[int]:
    """Ids of the batches whose calls this person may see now."""
    ready = UsageBatch.objects.filter(state=UsageBatch.State.READY)
    return list(visible_to(user, ready).values_list("pk", flat=True))


@dataclass(frozen=True)
class Condition:
    """One SQL test over ``calls``, with the values for its question marks."""

    sql: str
    values: tuple = ()


@dataclass(frozen=True)
class Selection:
    """What a list, a chart and an export of calls have in common."""

    months: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = field(default_factory=tuple)

    def test(self) -> tuple[str, list]:
        """The SQL test of a call and its values."""
        conditions = [Condition("list_contains(?, month)", (list(self.months),))] if self.months else []
        conditions += self.conditions
        sql = " AND ".join(f"({condition.sql})" for condition in conditions) or "TRUE"
        return sql, [value for condition in conditions for value in condition.values]

    def and_(self, sql: str, *values: Any) -> "Selection":
        """The same with one condition more."""
        return Selection(self.months, (*self.conditions, Condition(sql, values)))


def ratings_of(user: Any, batch: UsageBatch, line: int) -> list[dict]:
    """The same call in every rating of its file, latest first: what re-rating changed."""
    chain, current = [], batch
    while current is not None:
        chain.append(current)
        current = current.replaces
    seen = set(visible_to(user, UsageBatch.objects.filter(pk__in=[b.pk for b in chain])).values_list("pk", flat=True))
    months = sorted({month for b in chain for month in b.months})
    rows = lake.query("SELECT * FROM calls WHERE line = ?", months=months, parameters=[line], batches=sorted(seen))
    by_batch = {row["batch"]: row for row in rows.to_pylist()}
    return [{**by_batch[b.pk], "generation": b.generation, "version": b.version} for b in chain if b.pk in by_batch]


def per_day(user: Any, month: str) -> list[dict]:
    """Calls and amount per day of a month (``2026-10``), from the database alone."""
    days = UsageDay.objects.filter(batch__state=UsageBatch.State.READY, day__startswith=month)
    return list(visible_to(user, days).values("day").annotate(calls=Sum("calls"), total=Sum("total")).order_by("day"))


def top(user: Any, selection: Selection, column: str, limit: int = 10) -> list[dict]:
    """The values of ``column`` (a name of the lake's schema) that cost most: value, calls, usage, total."""
    if column not in lake.SCHEMA.names:
        raise KeyError(column)
    test, values = selection.test()
    sql = (
        "SELECT * FROM (SELECT value, CAST(sum(m_calls) AS BIGINT) AS calls, CAST(sum(m_used) AS BIGINT) AS usage, "
        "CAST(sum(m_total) AS BIGINT) AS total FROM added GROUP BY 1) "
        f"ORDER BY total DESC, value LIMIT {int(limit)}"
    )
    return sums.added(sql, column, test=test, values=values, batches=current_batches(user)).to_pylist()


def months_of(user: Any) -> list[str]:
    """Months in which this person has calls, latest first."""
    found: set[str] = set()
    for months in visible_to(user, UsageBatch.objects.filter(state=UsageBatch.State.READY)).values_list(
        "months", flat=True
    ):
        found.update(months)
    return sorted(found, reverse=True)
