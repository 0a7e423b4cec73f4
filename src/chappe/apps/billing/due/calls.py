"""The calls of a month for many customers: read from the lake by sets, in parts small enough for a bounded memory.

Writes, beside the lake, the rows that this run bills (store.py); gives the charges by customer and family. It decides
nothing of who is billed or parked. Which month a call belongs to is decided by the time zone of its customer.
"""

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from chappe.apps.billing.due import sql, store
from chappe.apps.billing.due.grants import Granted, rows_for
from chappe.apps.billing.kinds import FAMILY, LEFT_OUT
from chappe.apps.billing.models import Run
from chappe.apps.customers.models import Customer, DetailConsent, Line
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.shelf import Shelves
from chappe.core.billing.periods import add_months
from chappe.core.calls.masking import LEGAL_DIGITS

INLINE_CALLS = 300  # above this many the document leaves the detail to the annex
_LEFT_OUT = ", ".join(f"'{kind}'" for kind in LEFT_OUT)


@dataclass(slots=True)
class CallsOfMonth:
    """What one part of the customers called in one month: plain rows, by customer."""

    month: dt.date
    charges: dict[int, list[dict[str, Any]]] = of(default_factory=lambda: defaultdict(list))
    groups: dict[int, list[dict[str, Any]]] = of(default_factory=lambda: defaultdict(list))
    detail: dict[int, list[dict[str, Any]]] = of(default_factory=lambda: defaultdict(list))
    listed: dict[int, int] = of(default_factory=dict)


def roots_of(owner_id: int | None) -> list[tuple[int, int]]:
    """(batch, first batch of its chain of ratings) of the batches that count now and are that owner's, or the house's.

    A call keeps its place (root, line) when its file is rated again: that is how the same call is recognised.
    """
    before = dict(UsageBatch.objects.values_list("pk", "replaces_id"))
    found = []
    for batch in UsageBatch.objects.filter(state=UsageBatch.State.READY).values_list("pk", flat=True):
        root = batch
        while before.get(root):
            root = before[root]
        found.append((batch, root))
    return found


class Reader:
    """One computation of a run: an engine with the tables that say whose calls they are. Close it after use."""

    def __init__(self, run: Run, customers: Sequence[Customer], digits: int = LEGAL_DIGITS) -> None:
        self.run, self.digits = run, digits
        self.customers = customers
        self.db: duckdb.DuckDBPyConnection = store.engine()
        self.shelves = Shelves(self.db)
        self._table("roots", [("batch", pa.int64()), ("root", pa.int64())], roots_of(run.owner_id))
        self._table("families", [("kind", pa.string()), ("family", pa.string())], list(FAMILY.items()))
        self._people([customer.pk for customer in customers])
        self.standing_runs: set[tuple[int, int]] = set()

    def close(self) -> None:
        self.db.close()
        store.clean_spill()

    def _table(self, name: str, columns: list[tuple[str, pa.DataType]], rows: Iterable[Sequence[Any]]) -> None:
        schema = pa.schema(columns)
        given = list(rows)
        arrays = [pa.array([row[at] for row in given], field.type) for at, field in enumerate(schema)]
        held = pa.Table.from_arrays(arrays, schema=schema)
        self.db.register("given", held)
        self.db.execute(sql.KEEP.format(name=name))
        self.db.unregister("given")

    def _people(self, ids: list[int]) -> None:
        """Lines and consents, once for the whole run."""
        lines = Line.objects.filter(assignments__customer__in=ids).distinct() if len(ids) < 500 else Line.objects.all()
        self._table(
            "lines",
            [("line_id", pa.int64()), ("number", pa.string()), ("user_name", pa.string()), ("hidden", pa.bool_())],
            lines.values_list("pk", "number", "user_name", "hide_detail"),
        )
        asked = DetailConsent.objects.filter(asked_on__lte=self.run.issue_date)
        asked = asked.exclude(withdrawn_on__lte=self.run.issue_date)
        pairs = set(asked.values_list("customer_id", "line_id"))
        whole = {customer for customer, line in pairs if line is None}
        rows = [(customer, 0) for customer in whole] + [pair for pair in pairs if pair[0] not in whole]
        self._table("whole_numbers", [("customer", pa.int64()), ("line_id", pa.int64())], rows)

    def _bounds(self, month: dt.date) -> tuple[dt.datetime, dt.datetime, list[str]]:
        """Table ``who`` for a month; the widest bounds; the partitions of the lake that may hold such calls."""
        zones: dict[str, tuple[dt.datetime, dt.datetime]] = {}
        for name in {customer.zone for customer in self.customers}:
            edges = [dt.datetime.combine(day, dt.time(), _zone(name)) for day in (month, add_months(month, 1))]
            zones[name] = edges[0].astimezone(dt.UTC), edges[1].astimezone(dt.UTC)
        moment = pa.timestamp("us", "UTC")
        self._table(
            "who",
            [("customer", pa.int64()), ("zone", pa.string()), ("lo", moment), ("hi", moment)],
            [(customer.pk, customer.zone, *zones[customer.zone]) for customer in self.customers],
        )
        around = [f"{add_months(month, step):%Y-%m}" for step in (-1, 0, 1)]
        return min(edge[0] for edge in zones.values()), max(edge[1] for edge in zones.values()), around

    def _source(self, partitions: list[str]) -> str | None:
        """The files, or their reading copies: there the calls of some customers stand together."""
        return self.shelves.source(paths) if (paths := lake.files(partitions)) else None

    def counts(self, month: dt.date) -> dict[int, tuple[int, int]]:
        """(calls with a price, calls without) of each customer who has any in the month."""
        if not self.customers:
            return {}
        first, last, partitions = self._bounds(month)
        source = self._source(partitions)
        if source is None:
            return {}
        rows = self.db.execute(sql.COUNTS.format(source=source), {"first": first, "last": last}).fetchall()
        return {customer: (calls, unrated) for customer, calls, unrated in rows}

    def standing(self, ids: list[int]) -> None:
        """Say which runs have billed these customers before."""
        rows = store.standing(ids)
        self.standing_runs = {(run, attempt) for run, attempt, _customer in rows}
        self._table("standing", [("run", pa.int64()), ("customer", pa.int64())], [(row[0], row[2]) for row in rows])
        out = [("run", pa.int64()), ("customer", pa.int64()), ("key", pa.string())]
        self._table("taken_out", out, store.taken_out(ids))

    def month(self, month: dt.date, ids: list[int], grants: Sequence[Granted], part: int) -> CallsOfMonth:
        """The calls of the customers ``ids`` (rising, without another customer of the run between them)."""
        answer = CallsOfMonth(month)
        first, last, partitions = self._bounds(month)
        span = {"low": ids[0], "high": ids[-1], "left_out": _LEFT_OUT}
        source = self._source(partitions) or _empty()
        self.db.execute(sql.CALLS.format(source=source, **span), {"first": first, "last": last})
        self._take(grants)
        self._rows_of(month, span)
        for row in _dicts(self.db, sql.CHARGES):
            answer.charges[row["customer"]].append(row)
        self._gather(answer)
        self._write(month, part)
        return answer

    def _take(self, grants: Sequence[Granted]) -> None:
        if not grants:
            return
        number = pa.int64()
        columns = [("grant_id", number), ("customer", number), ("line_id", number), ("step", number)]
        self._table("grants", [*columns, ("family", pa.string()), ("allowed", number)], rows_for(grants))
        for step in range(1, max(grant.step for grant in grants) + 1):
            self.db.execute(sql.TAKE.format(step=step))
        self.db.execute(sql.LEFT)

    def _rows_of(self, month: dt.date, span: dict[str, Any]) -> None:
        files = store.files_of(month, self.standing_runs)
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
        self.db.execute(sql.BILLED.format(files=listed, **span) if files else sql.NOTHING_BILLED)
        self.db.execute(
            sql.ROWS.format(
                run=self.run.pk,
                month=f"{month:%Y-%m}",
                masked=sql.masked(self.digits),
                left_out=_LEFT_OUT,
                is_late="TRUE" if month < self.run.month else "FALSE",
            )
        )

    def _gather(self, answer: CallsOfMonth) -> None:
        for row in _dicts(self.db, sql.GROUPS):
            answer.groups[row["customer"]].append(row)
        for row in _dicts(self.db, sql.FEW.format(limit=INLINE_CALLS)):
            answer.detail[row["customer"]].append(row)
        counts = "SELECT customer, count(*) FROM rows_of_run WHERE listed GROUP BY customer"
        answer.listed = dict(self.db.execute(counts).fetchall())

    def _write(self, month: dt.date, part: int) -> None:
        """Under a temporary name, then renamed: a crash leaves no half file under the real one."""
        # Read to the end: a result left open lets the connection do nothing else.
        [(count,)] = self.db.execute("SELECT count(*) FROM rows_of_run").fetchall()
        if not count:
            return
        final = store.file_of(self.run, month, part)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.with_suffix(".part")
        self.db.execute(sql.WRITE.format(path=str(temporary).replace("'", "''")))
        _sync(temporary)
        temporary.replace(final)


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _dicts(db: duckdb.DuckDBPyConnection, statement: str) -> list[dict[str, Any]]:
    cursor = db.execute(statement)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _empty() -> str:
    """An empty lake, for months that have no file."""
    kinds = {pa.int64(): "BIGINT", pa.int32(): "INTEGER", pa.string(): "VARCHAR", pa.bool_(): "BOOLEAN"}
    columns = [f"NULL::{kinds.get(field.type, 'TIMESTAMP WITH TIME ZONE')} AS {field.name}" for field in lake.SCHEMA]
    return sql.EMPTY.format(columns=", ".join(columns))
