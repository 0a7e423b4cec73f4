"""What a report's SQL can read: tables by name, their columns with what they mean, and the files of the rows granted.

Each table is the rows of one model that ``visible_to`` gives to this reader, so that a stranger's rows never reach the process
that runs the SQL. Amounts are exact decimals in euros, days and times are those of the house's clock. A table whose model is
not there, or that the reader may not read, is empty.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chappe.apps.reports.catalogue import CALLS, TABLES, Kind, Table
from chappe.apps.usage import lake, policies, queries
from chappe.kit.access.door import area_label, may, visible_to

_WORD = re.compile(r"[a-z_]+")
KEPT_SECONDS = 900
CHUNK_ROWS = 100_000
EURO = "CAST({0} AS DECIMAL(19, 0)) * CAST(0.000000001 AS DECIMAL(10, 9))"  # nano → euros, exact
TYPES = {
    Kind.KEY: pa.int64(),
    Kind.NUMBER: pa.int64(),
    Kind.SECONDS: pa.int64(),
    Kind.MONEY: pa.int64(),
    Kind.TEXT: pa.string(),
    Kind.BOOL: pa.bool_(),
    Kind.DAY: pa.date32(),
    Kind.MOMENT: pa.timestamp("us", "UTC"),
    Kind.QUANTITY: pa.decimal128(18, 4),
}


@dataclass
class Granted:
    """Files by table name, and the labels of the areas that the reader lacks."""

    files: dict[str, Path] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()


def known() -> Mapping[str, Table]:
    """Every table by name, calls first."""
    return {CALLS.name: CALLS, **{table.name: table for table in TABLES}}


def named(sql: str) -> list[str]:
    """Tables of ours that a query may mean: those whose name stands in it. One too many costs time, and tells nothing."""
    words = set(_WORD.findall(sql.lower()))
    return [name for name in known() if name in words]


def write(names: Sequence[str], user: Any, folder: Path, months: Sequence[str], cache: Path) -> Granted:
    """The files of the tables that a query names; names that are no table of ours are left to the query's own refusal."""
    granted, lacking = Granted(), []
    for name in dict.fromkeys(name.lower() for name in names):
        table = known().get(name)
        if table is None:
            continue
        if not may(user, table.area):
            lacking.append(str(area_label(table.area)))
        granted.files[name] = (
            _calls(user, months, cache) if table is CALLS else _rows(table, user, folder / f"{name}.parquet")
        )
    granted.forbidden = tuple(dict.fromkeys(lacking))
    return granted


# -- tables of the database ----------------------------------------------------------------------------------------
def _rows(table: Table, user: Any, path: Path) -> Path:
    """The rows of a model, written as one file."""
    raw = _raw(table, user)
    engine = duckdb.connect(":memory:")
    try:
        engine.execute(f"SET TimeZone = '{settings.TIME_ZONE}'")
        engine.register("raw", raw)
        place, shown = str(path).replace("'", "''"), ", ".join(_shown(c.name, c.kind) for c in table.columns)
        engine.execute(f"COPY (SELECT {shown} FROM raw) TO '{place}' (FORMAT parquet)")  # noqa: S608 - names of ours
    finally:
        engine.close()
    return path


def _shown(name: str, kind: Kind) -> str:
    if kind is Kind.MONEY:
        return f"{EURO.format(name)} AS {name}"
    return f"CAST({name} AS TIMESTAMP) AS {name}" if kind is Kind.MOMENT else name


def _raw(table: Table, user: Any) -> pa.Table:
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in table.columns])
    try:
        model = apps.get_model(table.model)
    except LookupError:
        return schema.empty_table()
    rows = visible_to(user, model)
    if table.where is not None:
        rows = rows.filter(table.where)
    paths = [column.path or column.name for column in table.columns]
    pieces = []
    values = rows.order_by("pk").values_list(*paths)
    batch: list[Any] = []
    for row in values.iterator(chunk_size=5_000):
        batch.append(row)
        if len(batch) == CHUNK_ROWS:
            pieces.append(_piece(batch, table, schema))
            batch = []
    pieces.append(_piece(batch, table, schema))
    return pa.Table.from_batches(pieces, schema)


def _piece(rows: list[Any], table: Table, schema: pa.Schema) -> pa.RecordBatch:
    turned = list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)
    arrays = [
        pa.array([column.as_is(value) for value in values], type=kind.type)
        for values, column, kind in zip(turned, table.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


# -- calls, from the lake ------------------------------------------------------------------------------------------
def _calls(user: Any, months: Sequence[str], cache: Path) -> Path:
    """The calls of these months that the reader may see, digits hidden as pages and prints hide them.

    Kept a quarter of an hour under a name made of all that decides its content: the same report as PDF, then as a
    spreadsheet, reads the lake once.
    """
    _sweep(cache)
    batches = sorted(queries.current_batches(user)) if may(user, CALLS.area) else []
    masks = policies.current(with_lines=True)
    masks = changed(masks, screen=max(masks.screen, masks.printed))
    sql = f"SELECT {', '.join(_call_columns(masks.sql))} FROM calls"  # noqa: S608 - names of ours
    known_table = lake.table()
    version = known_table.version() if known_table is not None else -1
    said = repr((sql, batches, sorted(months), version, str(lake.location())))
    path = cache / f"calls-{hashlib.sha256(said.encode()).hexdigest()[:32]}.parquet"
    if path.exists():
        os.utime(path)
        return path
    partial = path.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
    schema = _calls_schema(sql)
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        if batches and months:
            for batch in lake.stream(sql, CHUNK_ROWS, months=list(months), batches=batches):
                writer.write_batch(batch.cast(schema) if batch.schema != schema else batch)
    partial.chmod(0o600)
    partial.rename(path)
    return path


def _call_columns(mask: Callable[[str], str]) -> list[str]:
    zone = settings.TIME_ZONE.replace("'", "")
    hidden = {"number": mask("destination"), "caller": mask("caller")}
    told = []
    for column in CALLS.columns:
        path = (column.path or column.name).format(zone=zone, **hidden)
        told.append(f"{EURO.format(path) if column.kind is Kind.MONEY else path} AS {column.name}")
    return told


def _calls_schema(sql: str) -> pa.Schema:
    """Types of the columns, asked of no row."""
    return lake.over(f"{sql} LIMIT 0", lake.SCHEMA.empty_table()).schema


def _sweep(cache: Path) -> None:
    """Remove what has not been read for a quarter of an hour."""
    limit = time.time() - KEPT_SECONDS
    for path in cache.glob("calls-*"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def described() -> list[tuple[str, Any, list[tuple[str, Any]]]]:
    """Tables with their columns and what they mean, for the page where SQL is written."""
    return [
        (table.name, table.label, [(column.name, column.help or _KINDS[column.kind]) for column in table.columns])
        for table in known().values()
    ]


_KINDS = {
    Kind.KEY: _("number of a row"),
    Kind.NUMBER: _("whole number"),
    Kind.SECONDS: _("seconds"),
    Kind.MONEY: _("amount in euros"),
    Kind.TEXT: _("text"),
    Kind.BOOL: _("true or false"),
    Kind.DAY: _("day"),
    Kind.MOMENT: _("day and time"),
    Kind.QUANTITY: _("quantity"),
}
