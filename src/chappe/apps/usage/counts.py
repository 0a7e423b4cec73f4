"""Counting what rows of the lake bring to a batch and to its days: the same count for files, streams and retries."""

import dataclasses
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from django.db.models import F

from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch, UsageDay

COUNT = """
SELECT status, reason, month, CAST(start AS DATE) AS day, count(*) AS calls,
       CAST(coalesce(sum(usage), 0) AS BIGINT) AS usage, CAST(coalesce(sum(total), 0) AS BIGINT) AS total,
       CAST(coalesce(sum(buy), 0) AS BIGINT) AS buy, min(start) AS first, max(start) AS last
FROM calls GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What rows bring. Amounts in nano. ``is_new`` False: they were there already and nothing was counted again."""

    calls: int = 0
    rated: int = 0
    unrated: int = 0
    uncharged: int = 0
    rejected: int = 0
    total: int = 0  # sold
    buy: int = 0  # bought
    is_new: bool = True

    def again(self) -> "Counts":
        """The same, told a second time."""
        return dataclasses.replace(self, is_new=False)

    def stored(self) -> dict[str, int]:
        """As it is kept with the commit."""
        row = dataclasses.asdict(self)
        del row["is_new"]
        return row


@dataclass(slots=True)
class Tally:
    """The rows of :data:`COUNT`, gathered."""

    counts: Counts
    reasons: dict[str, int] = field(default_factory=dict)
    days: dict[tuple[Any, str], tuple[int, int, int]] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    first: Any = None
    last: Any = None


def tally_of(rows: list[dict[str, Any]]) -> Tally:
    """What rows of :data:`COUNT` come to."""
    sums: dict[str, int] = defaultdict(int)
    reasons: dict[str, int] = defaultdict(int)
    days: dict[tuple[Any, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        sums[row["status"]] += row["calls"]
        if row["reason"]:
            reasons[row["reason"]] += row["calls"]
        day = days[row["day"], row["status"]]
        for place, name in enumerate(("calls", "usage", "total")):
            day[place] += row[name]
    counts = Counts(
        sum(sums.values()), sums["RATED"], sums["UNRATED"], sums["UNCHARGED"], sums["REJECTED"],
        sum(row["total"] for row in rows), sum(row["buy"] for row in rows),
    )  # fmt: skip
    starts = [row["first"] for row in rows if row["first"]]
    return Tally(
        counts,
        dict(reasons),
        {key: (n, usage, total) for key, (n, usage, total) in days.items()},
        sorted({row["month"] for row in rows}),
        min(starts, default=None),
        max((row["last"] for row in rows if row["last"]), default=None),
    )


def of_rows(rows: pa.RecordBatch) -> Tally:
    """Of rows that are at hand."""
    return tally_of(lake.over(COUNT, pa.Table.from_batches([rows])).to_pylist())


def of_lake(batch: int, *, lines: tuple[int, int] | None = None) -> Tally:
    """Of a batch as the lake has it, or of its lines ``[first, beyond)``."""
    sql = COUNT if lines is None else COUNT.replace("GROUP BY", "WHERE line >= ? AND line < ? GROUP BY")
    return tally_of(lake.query(sql, batches=[batch], parameters=lines or ()).to_pylist())


def put(batch: UsageBatch, tally: Tally) -> None:
    """The counts of a batch become those of ``tally``. The caller holds the batch and saves it."""
    UsageDay.objects.filter(batch=batch).delete()
    UsageDay.objects.bulk_create(
        UsageDay(batch=batch, day=day, status=status, calls=calls, usage=usage, total=total)
        for (day, status), (calls, usage, total) in tally.days.items()
    )
    for name, value in tally.counts.stored().items():
        setattr(batch, name, value)
    batch.reasons, batch.months = tally.reasons, tally.months
    batch.first_call, batch.last_call = tally.first, tally.last


def add(batch: UsageBatch, tally: Tally) -> None:
    """``tally`` on top of what the batch and its days count. The caller holds the batch and saves it."""
    for (day, status), (calls, usage, total) in tally.days.items():
        found = UsageDay.objects.filter(batch=batch, day=day, status=status)
        added = found.update(calls=F("calls") + calls, usage=F("usage") + usage, total=F("total") + total)
        if not added:
            UsageDay.objects.create(batch=batch, day=day, status=status, calls=calls, usage=usage, total=total)
    for name, value in tally.counts.stored().items():
        setattr(batch, name, getattr(batch, name) + value)
    batch.reasons = {
        code: batch.reasons.get(code, 0) + tally.reasons.get(code, 0) for code in {**batch.reasons, **tally.reasons}
    }
    batch.months = sorted({*batch.months, *tally.months})
    batch.first_call = min((x for x in (batch.first_call, tally.first) if x), default=None)
    batch.last_call = max((x for x in (batch.last_call, tally.last) if x), default=None)
