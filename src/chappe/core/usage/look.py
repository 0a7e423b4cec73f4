"""Find one call in a file by its id, to explain it. Reads; prices nothing."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chappe.core.base.issue import Issue
from chappe.core.rating.compile import CompiledTariff
from chappe.core.usage.batch import Fields, Rated, new_priced
from chappe.core.usage.columns import DESTINATION, FIELDS, ID
from chappe.core.usage.faults import MEANINGS, Fault
from chappe.core.usage.file import is_parquet
from chappe.core.usage.format import put_millionths
from chappe.core.usage.lines import Lines
from chappe.core.usage.report import issue_of
from chappe.core.usage.work import CsvJob, Job


@dataclass(slots=True)
class Found:
    """A call: its fields as text, defaults filled in, ``usage`` always there; or the issue that refuses it."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    issue: Issue | None = None


def find_call(compiled: CompiledTariff, path: Path, identity: str) -> Found | None:
    """The first readable call with this id, else the first unreadable one, else None."""
    refused: Found | None = None
    with contextlib.closing(_job(compiled, path)) as job:
        if job.header is None:
            return Found(0, issue=job.issues[0])
        for part in job.parts():
            lines, numbers = job.lines_of(part)
            for row in _rows(lines, identity.encode()):
                found = _found(job, lines, row, int(numbers[row]))
                if found.issue is None:
                    return found
                refused = refused or found
    return refused


def _job(compiled: CompiledTariff, path: Path) -> Job:
    if is_parquet(path):
        from chappe.core.usage.parquet import ParquetJob

        return ParquetJob(compiled, path)
    return CsvJob(compiled, path)


def _rows(lines: Lines, identity: bytes) -> list[int]:
    candidates = np.flatnonzero(lines.length[: lines.rows, ID] == len(identity))
    if len(candidates) == 0:
        return []
    spots = lines.at[candidates, ID][:, None] + np.arange(len(identity))
    same = (lines.buf[spots] == np.frombuffer(identity, np.uint8)).all(axis=1)
    return [int(row) for row in candidates[same]]


def _found(job: Job, lines: Lines, row: int, number: int) -> Found:
    one = slice(row, row + 1)
    fault = lines.fault[one].copy()
    calls, ids = job.rater.read(Fields(lines.buf, lines.at[one].copy(), lines.length[one].copy(), fault))
    if fault[0]:
        assert job.header is not None
        lines.fault[row] = fault[0]
        priced = new_priced(lines.rows)
        priced.status[:], priced.reason[row] = 2, MEANINGS[Fault(int(fault[0]))].reason
        rated = Rated(lines.rows, priced, lines.fault, ids, calls.start, calls.usage, calls.offset)
        return Found(number, issue=issue_of(lines, rated, row, job.header, number, file=job.path.name))
    fields = {name: lines.cell(row, f) for f, name in enumerate(FIELDS)}
    fields["destination"] = lines.cell(row, DESTINATION).removeprefix("+")
    fields["usage"] = _plain(int(calls.usage[0]))
    return Found(number, fields)


def _plain(millionths: int) -> str:
    out = np.zeros(64, np.uint8)
    return bytes(out[: put_millionths(out, 0, millionths)]).decode()


__all__ = ["Found", "find_call"]
