"""A file of calls as typed rows: what the usage lake keeps, one record batch a part of the file.

Same reading and same pricing as ``rate_file``; only the shape differs: every field under its own name with its
default, moments and quantities as integers, the line each call stands on. Amounts of a call that is not rated are
null, never zero. Writes nothing.
"""

import contextlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from chappe.core.base.issue import Issue
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, Status
from chappe.core.usage import columns as c
from chappe.core.usage.arrow import _named, _rates
from chappe.core.usage.batch import Rated
from chappe.core.usage.file import is_parquet
from chappe.core.usage.format import REASON_WORDS, STATUS_WORDS
from chappe.core.usage.lines import Lines
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
    lines, numbers = job.lines_of(part)
    n = lines.rows
    rated = job.rater.rate(lines.buf, lines.at[:n], lines.length[:n], lines.fault[:n], numbers, twins)
    position = getattr(part, "end_offset", 0) or int(numbers[-1] if n else 0)
    return _batch(job, lines, rated, numbers), rated.ids, position


def _twins(compiled: CompiledTariff, path: Path, name: str, suspects: Any) -> Twins:
    judge = Judge(Path(tempfile.gettempdir()))
    with contextlib.closing(_job(compiled, path, name)) as job:
        for part in job.parts():
            for line, identity, code in job.identities(part, suspects):
                judge.add(line, identity, code)
    return judge.verdict()


def _batch(job: Job, lines: Lines, rated: Rated, numbers: I64) -> pa.RecordBatch:
    priced, rater = rated.priced, job.rater
    blank = priced.status != Status.RATED
    unread = rated.start == 0
    version = np.zeros(len(blank), np.int32)
    columns: list[pa.Array] = [pa.array(numbers, pa.int64())]
    columns += [_field(lines, number) for number in TEXT_FIELDS.values()]
    columns += [
        pa.array(rated.start, pa.int64(), mask=unread).cast(pa.timestamp("us", "UTC")),
        pa.array(rated.offset, pa.int32(), mask=unread),
        pa.array(rated.usage, pa.int64(), mask=unread | (rated.usage < 0)),
        _named(STATUS_WORDS, priced.status.astype(np.int32), None),
        _named(REASON_WORDS, priced.reason.astype(np.int32), None),
    ]
    amounts = (priced.cost, priced.connect_fee, priced.service, priced.total, priced.billed)
    columns += [pa.array(values, pa.int64(), mask=blank) for values in amounts]
    columns += [
        pa.array(priced.pieces, pa.int32(), mask=blank),
        _rates(rater, priced, blank),
        _named(rater.compiled.prefixes, priced.prefix, blank),
        _named(rater.compiled.destinations, priced.destination, blank),
        _named([rater.compiled.version], version, None),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


@njit(cache=True, nogil=True)
def _gather(buf: Any, at: Any, length: Any, rows: int, offsets: Any, data: Any) -> int:
    o = 0
    for i in range(rows):
        offsets[i] = o
        for k in range(at[i], at[i] + max(length[i], 0)):
            data[o] = buf[k]
            o += 1
    offsets[rows] = o
    return o


def _field(lines: Lines, number: int) -> pa.Array:
    """One field of every line, with its default, as text; bytes that are not UTF-8 become a replacement mark."""
    n = lines.rows
    at, length = lines.at[:n, number].copy(), lines.length[:n, number].copy()
    offsets = np.zeros(n + 1, np.int32)
    data = np.empty(max(int(np.maximum(length, 0).sum()), 1), np.uint8)
    used = int(_gather(lines.buf, at, length, n, offsets, data))
    made = pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(data[:used]))
    try:
        made.validate(full=True)
    except pa.ArrowInvalid:
        return pa.array(_decoded(data, offsets), pa.string())
    return made


def _decoded(data: Any, offsets: Any) -> Iterable[str]:
    return [bytes(data[offsets[i] : offsets[i + 1]]).decode("utf-8", "replace") for i in range(len(offsets) - 1)]
