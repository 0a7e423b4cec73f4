"""The work on one file, cut into parts that threads can do side by side: the CSV half, and what both halves share.

A job knows its source and what is wanted of it; a part is a few megabytes; ``work`` is pure but for the
arrays it is given, so that parts may be done in any order. ``parquet.py`` is the other half.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from chappe.core.base.issue import Issue
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, Reason, Status
from chappe.core.usage import format as fmt
from chappe.core.usage import scan
from chappe.core.usage.batch import Fields, Rated, Rater, columns_of
from chappe.core.usage.blocks import BLOCK, Block, LineSource
from chappe.core.usage.columns import (
    FIELDS,
    ID,
    RESULT_COLUMNS,
    SERVICE_COLUMNS,
    Header,
    bind_names,
    split_header,
)
from chappe.core.usage.lines import Lines, preamble, read_lines
from chappe.core.usage.report import issues_of, rejected_rows
from chappe.core.usage.sinks import WholeFile
from chappe.core.usage.twins import U64, Suspects, Twins

EXAMPLE_HEADER = ",".join(name for name in FIELDS if name != "usage")


@dataclass(slots=True)
class Done:
    """What came of one part: ``output`` is for the writer of the same job."""

    output: Any
    ids: U64
    counts: I64
    totals: I64
    issues: list[Issue] = field(default_factory=list)
    rejects: bytes = b""
    blank: int = 0
    converted: int = 0  # first line that was not UTF-8, 0 for none
    position: int = 0
    size: int = 0


class Writer(Protocol):
    """Where the output of parts goes, in order."""

    def write(self, done: Done, /) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class CsvWriter:
    """Header first, then the bytes that each part has made ready."""

    def __init__(self, out: WholeFile, header: bytes) -> None:
        self.out = out
        out.write(header)

    def write(self, done: Done, /) -> None:
        self.out.write(done.output)

    def finish(self) -> None:
        """Nothing stands after the last line."""

    def abandon(self) -> None:
        """The file is removed by whoever made it."""


class Job(ABC):
    """A source with its header bound to a tariff. ``header`` is None when it cannot be, ``issues`` say why."""

    header: Header | None = None

    def __init__(self, compiled: CompiledTariff, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.issues: list[Issue] = []
        self.rater = Rater(compiled)

    def prepare(self, *, to_parquet: bool, wants_rejects: bool, all_issues: bool, language: str, file: str) -> None:
        """Say what each part shall bring."""
        self.to_parquet, self.wants_rejects, self.all_issues = to_parquet, wants_rejects, all_issues
        self.language, self.file = language, file

    @abstractmethod
    def parts(self) -> Iterator[Any]:
        """The parts, in order."""

    @abstractmethod
    def work(self, part: Any, twins: Twins | None) -> Done:
        """Do one part."""

    @abstractmethod
    def writer(self, out: WholeFile) -> Writer:
        """A writer for what :meth:`work` puts out."""

    @abstractmethod
    def lines_of(self, part: Any) -> tuple[Lines, I64]:
        """The lines of a part and their numbers in the file."""

    @abstractmethod
    def fields_of(self, part: Any) -> tuple[Fields, I64]:
        """What prices a part, and the numbers of its lines."""

    @abstractmethod
    def close(self) -> None:
        """Close the source."""

    def identities(self, part: Any, suspects: Suspects) -> Iterator[tuple[int, bytes, int]]:
        """(line, id, hash) of the rows whose id may stand elsewhere too."""
        lines, numbers = self.lines_of(part)
        _, ids = self.rater.read(lines.fields())
        for row in suspects.rows(ids).tolist():
            lo, size = int(lines.at[row, ID]), int(lines.length[row, ID])
            yield int(numbers[row]), bytes(lines.buf[lo : lo + size]), int(ids[row])

    def counted(self, rated: Rated, output: Any) -> Done:
        """Counts and totals beside an output."""
        counts = np.zeros((len(Status), max(Reason) + 1), np.int64)
        totals = np.zeros((4, 2), np.int64)
        fmt.tally(columns_of(rated.priced), rated.rows, counts, totals)
        return Done(output, rated.ids, counts, totals, size=self.size)

    def tell(self, done: Done, lines: Lines, rated: Rated, header: Header, numbers: I64) -> None:
        """Issues and rejected rows, where there are any."""
        if not done.counts[1:].any():
            return
        done.issues = issues_of(lines, rated, header, numbers, file=self.file, everything=self.all_issues)
        if self.wants_rejects:
            done.rejects = rejected_rows(lines, rated, header, numbers, self.language)

    def result_names(self) -> tuple[str, ...]:
        return RESULT_COLUMNS + (SERVICE_COLUMNS if self.rater.has_service else ())

    def csv_header(self, header: Header, crlf: bool) -> bytes:
        names = [fmt.quoted(header.names[i], header.separator) for i in header.kept]
        return (header.separator.join([*names, *self.result_names()]) + ("\r\n" if crlf else "\n")).encode()

    def csv_rows(self, lines: Lines, rated: Rated, header: Header, crlf: bool) -> memoryview:
        """The lines with the result columns behind them."""
        columns = len(header.names)
        words = self.rater.words
        room = fmt.needed_bytes(lines.bounds, lines.rows, columns, words.row_bytes)
        out = np.empty(room, np.uint8)
        used = fmt.format_rows(
            lines.buf,
            lines.bounds,
            lines.rows,
            np.array(header.kept, np.int32),
            columns,
            rated.priced.status,
            rated.priced.reason,
            *fmt.side_by_side(rated.priced),
            words[:4],
            self.rater.has_service,
            ord(header.separator),
            crlf,
            out,
        )
        return out.data[:used]


class CsvJob(Job):
    """Calls in a CSV file, whatever its separator, encoding and line ends."""

    def __init__(self, compiled: CompiledTariff, path: Path, block: int = 0) -> None:
        super().__init__(compiled, path)
        self.stream = path.open("rb", buffering=0)
        self.source = LineSource(self.stream, block or BLOCK)
        self.header = self._bind()
        if self.header is None:
            return
        self.rater = Rater(compiled, self.header.separator)
        self.classes = scan.byte_classes(self.header.separator)
        self.conversion = scan.windows_1252()
        self.preamble, self.spots = preamble(self.rater.only_tenant)

    def _bind(self) -> Header | None:
        first = self.source.header()
        name = self.path.name
        if first is None:
            self.issues = [Issue("usage.empty-file", file=name, params={"header": EXAMPLE_HEADER})]
            return None
        names, separator = split_header(first)
        if not any(column.strip().lower() in FIELDS for column in names):
            self.issues = [Issue("usage.not-a-header", file=name, line=1, params={"header": EXAMPLE_HEADER})]
            return None
        bound = bind_names(names, separator, tenant_known=bool(self.rater.only_tenant))
        self.issues = bound.issues
        return bound.header

    def parts(self) -> Iterator[Block]:
        return self.source.blocks(self.preamble)

    def lines_of(self, part: Block) -> tuple[Lines, I64]:
        assert self.header is not None
        lines = read_lines(part.buf, part.lo, self.header, self.classes, self.spots, self.conversion, part.line_ends)
        return lines, lines.number[: lines.rows].astype(np.int64) + part.first_line

    def fields_of(self, part: Block) -> tuple[Fields, I64]:
        lines, numbers = self.lines_of(part)
        return lines.fields(), numbers

    def work(self, part: Block, twins: Twins | None) -> Done:
        assert self.header is not None
        lines, numbers = self.lines_of(part)
        rated = self.rater.rate(lines.fields(), numbers, twins)
        if self.to_parquet:
            from chappe.core.usage.parquet import table_of

            output: Any = table_of(lines, rated, self.header, self.rater)
        else:
            output = self.csv_rows(lines, rated, self.header, self.source.crlf)
        done = self.counted(rated, output)
        self.tell(done, lines, rated, self.header, numbers)
        done.blank = lines.blank
        if lines.converted:
            done.converted = int(numbers[0] - lines.number[0]) + lines.first_converted
        done.position = part.end_offset
        return done

    def writer(self, out: WholeFile) -> Writer:
        assert self.header is not None
        if self.to_parquet:
            from chappe.core.usage.parquet import ParquetWriter, text_schema

            return ParquetWriter(out, text_schema(self.header, self.rater))
        return CsvWriter(out, self.csv_header(self.header, self.source.crlf))

    def close(self) -> None:
        self.stream.close()
