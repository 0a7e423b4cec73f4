"""The Parquet half of the work on a file: row groups in, row groups out, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chappe.core.base.issue import Issue
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, Status
from chappe.core.usage.arrow import (
    BatchRater,
    UnreadableCallsError,
    result_columns,
    result_schema,
)
from chappe.core.usage.batch import Fields, Rated, Rater
from chappe.core.usage.columns import FIELDS, Header
from chappe.core.usage.gather import written
from chappe.core.usage.lines import Lines
from chappe.core.usage.sinks import WholeFile
from chappe.core.usage.twins import Twins
from chappe.core.usage.work import CsvWriter, Done, Job, Writer

ROWS = 1 << 16  # of one part
GROUP = 1 << 17  # rows of a written row group: worth its statistics, and written while the next parts are rated

#: Columns with few values: only these are worth a dictionary in the file.
_REPEATED = frozenset({"tenant", "tor", "category", "direction", "status", "reason", "rate", "plan_version"})
_REPEATED |= {"matched_prefix", "matched_destination", "vat", "service_vat", "connect_fee", "pieces", "subject"}


def text_schema(header: Header, rater: Rater) -> pa.Schema:
    """Schema of a CSV file written as Parquet: its own columns as text, exactly as they stood."""
    own = [pa.field(header.names[i], pa.string()) for i in header.kept]
    return pa.schema(own + result_schema(rater.has_service))


def table_of(lines: Lines, rated: Rated, header: Header, rater: Rater) -> pa.RecordBatch:
    """The lines and their results as Arrow."""
    columns = written(lines.buf, lines.bounds, lines.rows, list(header.kept)) + result_columns(rater, rated.priced)
    return pa.RecordBatch.from_arrays(columns, schema=text_schema(header, rater))


class ParquetWriter:
    """Gathers parts into row groups."""

    def __init__(self, out: WholeFile, schema: pa.Schema) -> None:
        repeated = [name for name in schema.names if name in _REPEATED]
        self.schema = schema
        self.file = pq.ParquetWriter(out.file, schema, compression="snappy", use_dictionary=repeated)
        self.held: list[pa.RecordBatch] = []
        self.rows = 0

    def write(self, done: Done, /) -> None:
        self.held.append(done.output)
        self.rows += done.output.num_rows
        if self.rows >= GROUP:
            self._flush()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        if self.held:
            self._flush()
        self.file.close()

    def abandon(self) -> None:
        """Forget the file, which is being removed: no footer is written into it."""
        self.file.is_open = False

    def _flush(self) -> None:
        self.file.write_table(pa.Table.from_batches(self.held, self.schema), row_group_size=GROUP)
        self.held, self.rows = [], 0


@dataclass(slots=True)
class Batch:
    """A part of a Parquet file; ``first_row`` counts from 1."""

    batch: pa.RecordBatch
    first_row: int


class ParquetJob(Job):
    """Calls in a Parquet file. "Line" means row, from 1, and "column" the column's number."""

    def __init__(self, compiled: CompiledTariff, path: Path, block: int = 0) -> None:
        super().__init__(compiled, path)
        self.rows_a_part = block or ROWS
        self.parquet: pq.ParquetFile | None = None
        try:
            self.parquet = pq.ParquetFile(path)
            self.inner = BatchRater(compiled, self.parquet.schema_arrow)
        except UnreadableCallsError as error:
            self.issues = error.issues
            return
        except (pa.ArrowException, ValueError) as error:
            first = str(error).splitlines()[0]
            self.issues = [Issue("usage.not-parquet", file=path.name, params={"why": first})]
            return
        self.rater = self.inner.rater
        self.size = self.parquet.metadata.num_rows
        self.header = self.inner.whole

    def parts(self) -> Iterator[Batch]:
        assert self.parquet is not None
        seen = 0
        for batch in self.parquet.iter_batches(self.rows_a_part):
            yield Batch(batch, seen + 1)
            seen += batch.num_rows

    def lines_of(self, part: Batch) -> tuple[Lines, I64]:
        """All columns as lines: what a CSV file of the same calls would be."""
        assert self.header is not None
        lines = self.inner.spelled(part.batch, part.batch.schema.names, self.header)
        return lines, part.first_row + np.arange(lines.rows, dtype=np.int64)

    def fields_of(self, part: Batch) -> tuple[Fields, I64]:
        return self.inner.fields(part.batch), part.first_row + np.arange(part.batch.num_rows, dtype=np.int64)

    def work(self, part: Batch, twins: Twins | None) -> Done:
        assert self.header is not None
        if self.to_parquet:
            numbers = part.first_row + np.arange(part.batch.num_rows, dtype=np.int64)
            output, rated = self.inner.rate(part.batch, numbers, twins)
            done = self.counted(rated, output)
            self._tell_odd(done, part, rated)
        else:
            lines, numbers = self.lines_of(part)
            rated = self.rater.rate(lines.fields(), numbers, twins)
            done = self.counted(rated, self.csv_rows(lines, rated, self.header, False))
            self.tell(done, lines, rated, self.header, numbers)
        done.issues = [self._placed(issue) for issue in done.issues]
        done.position = part.first_row + part.batch.num_rows - 1
        return done

    def _tell_odd(self, done: Done, part: Batch, rated: Rated) -> None:
        """Spell only the rows that something has to be said about."""
        assert self.header is not None
        odd = np.flatnonzero(rated.priced.status != Status.RATED)
        if len(odd):
            few = Batch(part.batch.take(pa.array(odd)), 0)
            self.tell(done, self.lines_of(few)[0], rated.only(odd), self.header, part.first_row + odd)

    def _placed(self, issue: Issue) -> Issue:
        """A place in a Parquet file is a row and a column's number."""
        from dataclasses import replace

        assert self.header is not None
        at = self.header.position[FIELDS.index(issue.field)] + 1 if issue.field else 0
        return replace(issue, column=at)

    def writer(self, out: WholeFile) -> Writer:
        assert self.header is not None
        if self.to_parquet:
            return ParquetWriter(out, self.inner.schema)
        return CsvWriter(out, self.csv_header(self.header, False))

    def close(self) -> None:
        if self.parquet is not None:
            self.parquet.close()


__all__ = ["ParquetJob", "ParquetWriter", "table_of", "text_schema"]
