"""The usage lake: every call, rated or not, in one Delta Lake table partitioned by month.

Writers commit a batch once: its uid is a Delta application transaction, so committing it again (after a
kill -9, or when a file is replayed) changes nothing. Readers go through :func:`query`; who may see which
rows is decided by the visible batches (``apps/usage/queries.py``), never here. Rows are not updated: rating a
file again writes a new batch, and the old one stays.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import structlog
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties
from django.conf import settings

from chappe.apps.usage import widening
from chappe.apps.usage.columns import LATER, SCHEMA
from chappe.apps.usage.parts import PARTITION, ROW_GROUP, Parts
from chappe.apps.usage.patience import within

if TYPE_CHECKING:
    from chappe.apps.usage.shelf import Among, Shelves

THREADS = 2
log = structlog.get_logger("chappe.usage")
MEMORY = "2GB"
#: Files that are joined are written like those of a commit: row groups whose statistics are worth reading.
WRITTEN = WriterProperties(compression="SNAPPY", max_row_group_size=ROW_GROUP)
KEPT_HOURS = 24


def location() -> Path:
    """Folder of the table."""
    return Path(settings.DATA) / "lake" / "usage"


_lock = threading.Lock()
_tables: dict[str, DeltaTable] = {}
_seen: dict[str, int] = {}  # folder → when its log last changed, of what was read of it
SETTLED = 3_000_000_000  # nanoseconds: a folder that changed earlier shows every later change by another time
_engines: "dict[int, tuple[duckdb.DuckDBPyConnection, Shelves]]" = {}


def table() -> DeltaTable | None:
    """The table as it is now, or None before the first batch. Its log is read once, then only what was added: a page asks for the
    table ten times, and the time of the log's folder says whether there is anything to read."""
    place, changed = str(location()), _changed()
    with _lock:
        known = _tables.get(place)
        if known is None or changed is None:
            _tables.pop(place, None)
            _seen.pop(place, None)
            if not DeltaTable.is_deltatable(place):
                return None
            known = _tables[place] = DeltaTable(place)
        if changed is None or _seen.get(place) != changed:
            known.update_incremental()
            _seen[place] = changed if changed and time.time_ns() - changed > SETTLED else 0
        return known


def _changed() -> int | None:
    """When the log was last written to, looked at before it is read; None when there is none."""
    try:
        return (location() / "_delta_log").stat().st_mtime_ns
    except OSError:
        return None


def holds(uid: str) -> bool:
    """Whether the batch of this uid is already committed."""
    existing = table()
    return existing is not None and existing.transaction_version(uid) is not None


def commit(uid: str, batches: Iterable[pa.RecordBatch]) -> bool:
    """Append the rows of one batch in one transaction; False when it was there already.

    ``batches`` are streamed into Parquet files of our own, in bounded memory whatever their number; the transaction
    then names the files. Nothing is visible before it, and what the rows raise passes through.
    """
    if holds(uid):
        return False
    location().mkdir(parents=True, exist_ok=True)
    parts = Parts(location(), uid, SCHEMA)
    try:
        for batch in _checked(batches):
            parts.write(batch)
    except BaseException:
        parts.drop()
        raise
    DeltaTable.create(str(location()), SCHEMA, mode="ignore", partition_by=[PARTITION])
    present = widening.widened(location(), DeltaTable(str(location())))
    if present.transaction_version(uid) is not None:  # somebody else finished first
        parts.drop()
        return False
    finished = parts.finish()
    present.create_write_transaction(
        finished,
        mode="append",
        schema=SCHEMA,
        partition_by=[PARTITION],
        commit_properties=CommitProperties(app_transactions=[Transaction(uid, 1)]),
    )
    return True


def _checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield whole_columns(batch)


def whole_columns(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The columns of the lake in their order; those of :data:`LATER` may be left out and are null."""
    given = set(batch.schema.names)
    columns = [
        pa.nulls(batch.num_rows, field.type)
        if field.name in LATER and field.name not in given
        else batch.column(field.name).cast(field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


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


def source_of(paths: Sequence[str]) -> str:
    """The SQL that reads these files, those of an older table with nulls for what they lack."""
    listed, by_name = list(paths), ""
    if widening.any_narrow(location(), listed):
        listed.append(widening.empty_file(location()))
        by_name = ", union_by_name=true"
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in listed)
    return f"read_parquet([{quoted}], hive_partitioning=true, hive_types={{'month': VARCHAR}}{by_name})"


def _engine() -> "tuple[duckdb.DuckDBPyConnection, Shelves]":
    """The engine of this process (which keeps what it read) and its open copies. The caller holds the lock."""
    from chappe.apps.usage.shelf import Shelves  # reads through this module

    process = os.getpid()
    if process not in _engines:
        engine = duckdb.connect(":memory:")
        engine.execute(f"SET threads={THREADS}; SET memory_limit='{MEMORY}'; SET enable_object_cache=true")
        engine.execute(f"SET TimeZone='{settings.TIME_ZONE}'")
        _engines[process] = engine, Shelves(engine)
    return _engines[process]


def _connection() -> duckdb.DuckDBPyConnection:
    """A connection of its own for each query, over the one engine."""
    with _lock:
        return _engine()[0].cursor()


def _over_calls(
    sql: str, months: Sequence[str], batches: Sequence[int] | None, paths: Sequence[str] | None = None, **how: Any
) -> tuple[str, tuple[Any, ...], bool]:
    """``sql`` with ``calls`` defined as the rows of these months (or files) and batches, the values that come before its own, and
    whether there is any file. ``how`` as in ``Shelves.placed``."""
    paths = files(months) if paths is None else paths
    if not paths:
        place = ", NULL::VARCHAR AS copy, NULL::BIGINT AS row" if how.get("is_placed") else ""
        return f"WITH calls AS (SELECT *{place} FROM nothing) {sql}", (), False
    with _lock:
        source, values = _engine()[1].placed(paths, **how)
    where = ""
    if batches is not None:
        # Whole numbers of our own, written out: DuckDB then skips the files and row groups of other batches.
        where = f" WHERE batch IN ({', '.join(map(str, map(int, batches)))})" if batches else " WHERE FALSE"
    return f"WITH calls AS (SELECT * FROM {source}{where}) {sql}", values, True


def query(
    sql: str,
    *,
    months: Sequence[str] = (),
    parameters: Sequence = (),
    batches: Sequence[int] | None = None,
    paths: Sequence[str] | None = None,
    among: "Among | None" = None,
    is_placed: bool = False,
    dearer: int | None = None,
) -> pa.Table:
    """Run ``sql`` (a SELECT of ours, never a person's) over ``calls``; an empty lake answers with no row.

    ``months`` [] and ``batches`` None mean all; ``paths`` are the files to read instead of those of the months. ``among``: the calls
    that ``sql`` wants are among these of each copy. ``dearer``: than this amount, not under :func:`dearest_floor`. ``is_placed``: calls also
    have the columns ``copy`` and ``row``, for :func:`at`. Moments are cut into days in the house's time zone.
    """  # fmt: skip
    how = {"among": among, "is_placed": is_placed, "dearer": dearer}
    whole, values, any_file = _over_calls(sql, months, batches, paths, **how)
    with _connection() as connection:
        if not any_file:
            connection.register("nothing", SCHEMA.empty_table())
        return connection.sql(whole, params=[*values, *parameters]).to_arrow_table()


def dearest_floor() -> int | None:
    """An amount above which copies list all their calls; None when there is no copy."""
    paths = files(())
    with _lock:
        return _engine()[1].floor(paths)


def at(places: dict[str, list[int]]) -> list[dict[str, Any]]:
    """Whole calls by copy and row, as an earlier query placed them; those of a copy that is gone are left out."""
    paths = files(())
    with _lock:
        sql = _engine()[1].at(paths, places)
    if not sql:
        return []
    with _connection() as connection:
        return connection.sql(sql).to_arrow_table().to_pylist()


@contextmanager
def kept(
    name: str,
    sql: str,
    *,
    months: Sequence[str],
    batches: Sequence[int],
    seconds: float = 600,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Callable[..., pa.Table]]:
    """What ``sql`` (as in :func:`query`) says, read once and kept as ``name`` while several questions are asked of it: ``ask(question,
    at_most)``. Reading and answers take so many seconds at most; ``check`` as in :func:`patience.within`. Raises TooLong."""
    whole, _values, any_file = _over_calls(sql, months, batches)
    with _connection() as connection:
        if not any_file:
            connection.register("nothing", SCHEMA.empty_table())
        with within(connection, seconds, check):
            connection.execute(f"CREATE TEMP TABLE {name} AS {whole}")

        def ask(question: str, at_most: float = seconds) -> pa.Table:
            with within(connection, at_most, check):
                return connection.sql(question).to_arrow_table()

        try:
            yield ask
        finally:
            connection.execute(f"DROP TABLE {name}")


REMEMBERED = 128  # answers of sums, a process
REMEMBERED_ROWS = 5_000
_answers: "OrderedDict[tuple[Any, ...], pa.Table]" = OrderedDict()


def remembered(
    sql: str, parameters: Sequence, batches: Sequence[int], *, paths: Sequence[str] | None = None
) -> pa.Table:
    """:func:`query` for sums: the same question over an unchanged lake is answered from memory. Small answers only."""
    present = table()
    state = present.version() if present is not None else -1
    key = (str(location()), state, sql, repr(list(parameters)), tuple(batches), None if paths is None else tuple(paths))
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    answer = query(sql, parameters=parameters, batches=batches, paths=paths)
    if answer.num_rows <= REMEMBERED_ROWS:
        with _lock:
            _answers[key] = answer
            while len(_answers) > REMEMBERED:
                _answers.popitem(last=False)
    return answer


def forget() -> None:
    """Answers that were remembered are asked again: for measurements."""
    with _lock:
        _answers.clear()


def over(sql: str, rows: pa.Table, parameters: Sequence = ()) -> pa.Table:
    """``sql`` over ``calls`` that are not in the lake (yet); days in the house's time zone, as in :func:`query`."""
    with _connection() as connection:
        connection.register("calls", rows)
        try:
            return connection.sql(sql, params=list(parameters)).to_arrow_table()
        finally:
            connection.unregister("calls")


def stream(
    sql: str, size: int, *, months: Sequence[str] = (), parameters: Sequence = (), batches: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """The same, ``size`` rows at a time; nothing at all for an empty lake."""
    whole, values, any_file = _over_calls(sql, months, batches)
    if not any_file:
        return
    with _connection() as connection:
        yield from connection.sql(whole, params=[*values, *parameters]).to_arrow_reader(size)


def rewrite(month: str, sql: str) -> int:
    """Put the rows of ``sql`` (a SELECT of ours over ``calls``, every column) in the place of a month's; how many there are.

    One Delta transaction: readers see the month before or after. Files that others commit meanwhile stay; uids already
    committed stay known, so that a replay still adds nothing. What was there is on the disk until :func:`compact` sweeps.
    """
    present = widening.widened(location(), DeltaTable(str(location())))
    mark = f"/{PARTITION}={month}/"
    paths = [path for path in present.file_uris() if mark in path]
    parts, rows = Parts(location(), f"kept-{month}", SCHEMA), 0
    try:
        with _connection() as connection:
            whole = f"WITH calls AS (SELECT * FROM {source_of(paths)}) {sql}"
            for batch in connection.sql(whole).to_arrow_reader(1 << 17):
                parts.write(whole_columns(batch))
                rows += batch.num_rows
        present.create_write_transaction(
            parts.finish(), mode="overwrite", schema=SCHEMA, partition_by=[PARTITION],
            partition_filters=[(PARTITION, "=", month)],
        )  # fmt: skip
    except BaseException:
        parts.drop()
        raise
    return rows


JOINED, LARGEST = 32 << 20, 256 << 20  # bytes: what small files are joined into by the hour, and at night
MANY = 48  # small files of a month that are worth joining at once: each costs every question


def small_files(month: str) -> int:
    """How many files of a month are too new or too small to have a reading copy."""
    from chappe.apps.usage import shelf  # reads through this module

    return sum(not shelf.has(path) for path in files([month]))


def compact(size: int = LARGEST) -> int:
    """Join files of each month that are smaller than ``size`` bytes, make the reading copies and sums of the large ones, remove what
    nothing names since a day; returns how many files were joined.

    One Delta transaction: readers see the files before or the file after, never both or neither, and those they may be reading stay
    a day. Killed at any point, it leaves whole files and whole copies; the next run goes on.
    """
    from chappe.apps.usage import shelf, sums  # read through this module

    if table() is None:
        return 0
    existing = DeltaTable(str(location()))  # a handle of its own: that of readers stays what they read
    joined = int(existing.optimize.compact(target_size=size, writer_properties=WRITTEN)["numFilesRemoved"])
    if size >= LARGEST:
        existing.vacuum(retention_hours=KEPT_HOURS, dry_run=False, enforce_retention_duration=False)
    shelf.sweep_drafts()
    shelf.keep(files(()))
    sums.keep(files(()))
    present = shelf.present() | sums.present()  # before the list of files is read: what was made since is not swept
    named = files(())
    shelf.sweep(present, named)
    sums.sweep(present, named)
    return joined
