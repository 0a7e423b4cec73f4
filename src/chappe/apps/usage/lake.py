"""The usage lake: every call, rated or not, in one Delta Lake table partitioned by month.

Writers commit a batch once: its uid is a Delta application transaction, so committing it again (after a
kill -9, or when a file is replayed) changes nothing. Readers go through :func:`query`; who may see which
rows is decided by the visible batches (``apps/usage/queries.py``), never here. Rows are not updated: rating a
file again writes a new batch, and the old one stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from django.conf import settings

#: ``batch`` is UsageBatch.pk; amounts are nano; ``usage`` and ``billed`` millionths of a second, byte or event.
SCHEMA = pa.schema(
    [
        ("batch", pa.int64()),
        ("line", pa.int64()),
        ("call_id", pa.string()),
        ("tenant", pa.string()),
        ("tor", pa.string()),
        ("category", pa.string()),
        ("direction", pa.string()),
        ("subject", pa.string()),
        ("account", pa.string()),
        ("destination", pa.string()),
        ("start", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int32()),  # seconds, as written on the call: some tariffs follow the call's own clock
        ("usage", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("cost", pa.int64()),
        ("connect_fee", pa.int64()),
        ("service", pa.int64()),
        ("total", pa.int64()),
        ("billed", pa.int64()),
        ("pieces", pa.int32()),
        ("rate", pa.string()),
        ("matched_prefix", pa.string()),
        ("matched_destination", pa.string()),
        ("plan_version", pa.string()),
        ("month", pa.string()),
    ]
)
THREADS = 2
MEMORY = "2GB"


def location() -> Path:
    """Folder of the table."""
    return Path(settings.DATA) / "lake" / "usage"


def table() -> DeltaTable | None:
    """The table, or None before the first batch."""
    return DeltaTable(str(location())) if DeltaTable.is_deltatable(str(location())) else None


def holds(uid: str) -> bool:
    """Whether the batch of this uid is already committed."""
    existing = table()
    return existing is not None and existing.transaction_version(uid) is not None


def commit(uid: str, batches: Iterable[pa.RecordBatch]) -> bool:
    """Append the rows of one batch in one transaction; False when it was there already.

    ``batches`` are streamed: memory does not grow with their number. Nothing is visible before the commit.
    """
    if holds(uid):
        return False
    location().mkdir(parents=True, exist_ok=True)
    reader = pa.RecordBatchReader.from_batches(SCHEMA, _checked(batches))
    write_deltalake(
        str(location()),
        reader,
        mode="append",
        partition_by=["month"],
        commit_properties=CommitProperties(app_transactions=[Transaction(uid, 1)]),
    )
    return True


def _checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.select(SCHEMA.names).cast(SCHEMA)


def months() -> list[str]:
    """Months that hold rows, latest first, as ``2026-10``."""
    existing = table()
    if existing is None:
        return []
    return sorted({str(part["month"]) for part in existing.partitions()}, reverse=True)


def files(wanted: Sequence[str]) -> list[str]:
    """Parquet files of these months ([] = every month)."""
    existing = table()
    if existing is None:
        return []
    names = existing.file_uris()
    if not wanted:
        return names
    marks = tuple(f"/month={month}/" for month in wanted)
    return [name for name in names if any(mark in name for mark in marks)]


@contextmanager
def _opened(months: Sequence[str], batches: Sequence[int] | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the view ``calls`` of these months and batches ([] and None: all)."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET threads={THREADS}; SET memory_limit='{MEMORY}'")
        connection.execute(f"SET TimeZone='{settings.TIME_ZONE}'")
        paths = files(months)
        if paths:
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            source = f"read_parquet([{listed}], hive_partitioning=true, hive_types={{'month': VARCHAR}})"
        else:
            connection.register("nothing", SCHEMA.empty_table())
            source = "nothing"
        where = ""
        if batches is not None:
            connection.register("asked_batches", pa.table({"id": pa.array(batches, pa.int64())}))
            where = " WHERE batch IN (SELECT id FROM asked_batches)"
        connection.execute(f"CREATE VIEW calls AS SELECT * FROM {source}{where}")  # noqa: S608 - our own paths
        yield connection


def query(
    sql: str, *, months: Sequence[str] = (), parameters: Sequence = (), batches: Sequence[int] | None = None
) -> pa.Table:
    """Run ``sql`` (ours, never a person's) over the view ``calls``; an empty lake answers with no row.

    Moments are cut into days in the house's time zone.
    """
    with _opened(months, batches) as connection:
        return connection.sql(sql, params=list(parameters)).to_arrow_table()


def stream(
    sql: str, size: int, *, months: Sequence[str] = (), parameters: Sequence = (), batches: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """The same, ``size`` rows at a time."""
    with _opened(months, batches) as connection:
        yield from connection.sql(sql, params=list(parameters)).to_arrow_reader(size)


def compact() -> int:
    """Join small files of each month; returns how many files went. Readers are not disturbed."""
    existing = table()
    if existing is None:
        return 0
    return int(existing.optimize.compact()["numFilesRemoved"])
