"""A file of calls as typed rows: what the usage lake keeps, one record batch a part of the file.

Same reading and same pricing as ``rate_file``; only the shape differs: every field under its own name with its
default, moments and quantities as integers, the line each call stands on. Amounts of a call that is not rated are
null, never zero. Writes nothing.
"""

import contextlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chappe.core.base.issue import Issue
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, Status
from chappe.core.usage import columns as c
from chappe.core.usage.arrow import VERSION, BatchRater, integers, matches, states
from chappe.core.usage.batch import Fields, Rated, Rater
from chappe.core.usage.file import is_parquet
from chappe.core.usage.format import lists_of
from chappe.core.usage.gather import cells, picked
from chappe.core.usage.twins import IdLog, Judge, Twins
from chappe.core.usage.work import CsvJob, Job

TEXT_FIELDS = {
    "call_id": c.ID,
    "tenant": c.TENANT,
    "tor": c.TOR,
    "category": c.CATEGORY,
    "direction": c.DIRECTION,
    "subject": c.SUBJECT,
    "account": c.ACCOUNT,
    "destination": c.DESTINATION,
}
QUARTER = 900_000_000  # microseconds
MOST_QUARTERS = 1 << 19  # 15 years
SCHEMA = pa.schema(
    [("line", pa.int64())]
    + [(name, pa.string()) for name in TEXT_FIELDS]
    + [
        ("start", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int32()),
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
    ]
)


class RepeatedIdsError(Exception):
    """Ids of the file stand on several lines: start again with :attr:`twins`, so that each counts once.

    Raised at the very end of the rows, so a writer that has not committed can still take them back.
    """

    def __init__(self, twins: Twins) -> None:
        super().__init__("ids repeat")
        self.twins = twins


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read; ``issues`` say why."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__("; ".join(issue.sentence() for issue in issues))
        self.issues = issues


def rated_rows(
    compiled: CompiledTariff,
    path: Path,
    *,
    name: str = "",
    twins: Twins | None = None,
    progress: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> Iterator[pa.RecordBatch]:
    """The calls of ``path`` in the order of the file, as batches of :data:`SCHEMA`.

    ``name`` tells CSV from Parquet where the path does not (a stored file has none). Raises UnreadableFileError at
    once, RepeatedIdsError at the end when ids repeat and ``twins`` were not given.
    """
    with contextlib.closing(_job(compiled, path, name)) as job:
        if job.header is None:
            raise UnreadableFileError(job.issues)
        log = IdLog(Path(tempfile.gettempdir())) if twins is None else None
        try:
            for batch, ids, position in _in_order(job, twins, threads):
                if log is not None:
                    log.add(ids)
                if progress is not None:
                    progress(position, job.size)
                yield batch
            suspects = log.suspects() if log is not None else None
        finally:
            if log is not None:
                log.close()
    if suspects is not None:
        raise RepeatedIdsError(_twins(compiled, path, name, suspects))


def _job(compiled: CompiledTariff, path: Path, name: str) -> Job:
    if is_parquet(name or path):
        from chappe.core.usage.parquet import ParquetJob

        return ParquetJob(compiled, path)
    return CsvJob(compiled, path)


def _in_order(job: Job, twins: Twins | None, threads: int) -> Iterator[tuple[pa.RecordBatch, Any, int]]:
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Any] = deque()
        for part in job.parts():
            waiting.append(pool.submit(_part, job, part, twins))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _part(job: Job, part: Any, twins: Twins | None) -> tuple[pa.RecordBatch, Any, int]:
    fields, numbers = job.fields_of(part)
    rated = job.rater.rate(fields, numbers, twins)
    position = getattr(part, "end_offset", 0) or int(numbers[-1] if len(numbers) else 0)
    return _batch(job.rater, fields, rated, numbers), rated.ids, position


def _twins(compiled: CompiledTariff, path: Path, name: str, suspects: Any) -> Twins:
    judge = Judge(Path(tempfile.gettempdir()))
    with contextlib.closing(_job(compiled, path, name)) as job:
        for part in job.parts():
            for line, identity, code in job.identities(part, suspects):
                judge.add(line, identity, code)
    return judge.verdict()


def _batch(rater: Rater, fields: Fields, rated: Rated, numbers: I64) -> pa.RecordBatch:
    priced, lists = rated.priced, rater.plain_words
    blank = (priced.status != Status.RATED).view(np.uint8)
    unread = (rated.start == 0).view(np.uint8)
    columns: list[pa.Array] = [pa.array(numbers, pa.int64())]
    columns += cells(fields.buf, fields.at, fields.length, list(TEXT_FIELDS.values()))
    columns += [
        integers(rated.start, pa.timestamp("us", "UTC"), unread),
        integers(rated.offset, pa.int32(), unread),
        integers(rated.usage, pa.int64(), unread | (rated.usage < 0)),
    ]
    columns += [picked(lists, which, column, None) for which, column in states(priced)]
    amounts = (priced.cost, priced.connect_fee, priced.service, priced.total, priced.billed)
    columns += [integers(values, pa.int64(), blank) for values in amounts]
    columns += [integers(priced.pieces, pa.int32(), blank), *matches(rater, priced, blank)[:-1]]
    columns.append(picked(lists, VERSION, np.zeros(len(blank), np.int32), None))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def typed_rows(rater: BatchRater, batch: pa.RecordBatch, numbers: I64) -> pa.RecordBatch:
    """Calls that are Arrow columns already (the names of a file of calls), priced, in :data:`SCHEMA`; ``numbers`` are their lines."""
    fields = rater.fields(batch)
    return _batch(rater.rater, fields, rater.rater.rate(fields, numbers), numbers)


def months(start: pa.Array, zone: str, missing: str) -> pa.Array:
    """The month (``2026-03``, by the clocks of ``zone``) of each moment; ``missing`` for null.

    Clocks change on the hour or the half at most, so that one look-up for each quarter of an hour is enough.
    """
    blank = start.is_null().to_numpy(zero_copy_only=False)
    quarter = np.where(blank, 0, pc.fill_null(start.cast(pa.int64()), 0).to_numpy() // QUARTER)
    first = int(quarter.min(initial=0)) if blank.all() else int(quarter[~blank].min())
    span = (int(quarter[~blank].max()) - first + 1) if not blank.all() else 0
    if span > MOST_QUARTERS:  # a file of many years: one look-up a call
        words, index = np.unique(quarter, return_inverse=True)
    else:
        words, index = np.arange(first, first + span), np.where(blank, 0, quarter - first)
    local = pc.local_timestamp(pa.array(words * QUARTER, pa.timestamp("us", zone)))
    names, number = np.unique(local.to_numpy().astype("datetime64[M]"), return_inverse=True)
    lists = lists_of([[str(name) for name in names] + [missing]])
    index = number[index] if len(number) else np.zeros(len(start), np.int64)
    return picked(lists, 0, np.where(blank, len(names), index), None)
