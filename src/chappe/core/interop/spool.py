"""A file read whole, onto the disk: typed rows as Parquet, every remark as Parquet, what is known of the file in a few words.

Memory stays that of one block and of a few short columns a row. Rows get a number (``row``) that is theirs alone, also when an
archive holds several tables. Nothing here decides what becomes of a row; it never touches a database.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from chappe.core.base.ahead import ahead
from chappe.core.base.issue import Issue
from chappe.core.interop.checks import Whole, check_rows
from chappe.core.interop.layout import Layout
from chappe.core.interop.opening import Table, tables
from chappe.core.interop.reader import ISSUES, LINE, UNREAD, Part, Reader

BLOCK = 16 * 1024 * 1024
ROW, INNER, EXTRA = "row", "inner", "extra"
TYPES: dict[str, Any] = {
    "text": pl.String, "code": pl.String, "enum": pl.String, "int": pl.Int64, "decimal": pl.Float64, "date": pl.Date, "bool": pl.Boolean,
}  # fmt: skip
ISSUE_SCHEMA = {INNER: pl.String, **ISSUES}
_BATCH = 50_000

Progress = Callable[[int, int], None]


class Pile:
    """Frames of one schema, written one after the other into a Parquet file that is whole once closed."""

    def __init__(self, path: Path, schema: dict[str, Any]) -> None:
        self.path, self.schema, self.count = path, schema, 0
        self._waiting: list[pl.DataFrame] = []
        self._waits = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Keep these rows; columns are put in order, missing ones are empty."""
        if not len(frame):
            return
        missing = [pl.lit(None, kind).alias(name) for name, kind in self.schema.items() if name not in frame.columns]
        self._waiting.append(frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in self.schema.items()))  # fmt: skip
        self._waits += len(frame)
        self.count += len(frame)
        if self._waits >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        frame = pl.concat(self._waiting) if self._waiting else pl.DataFrame(schema=self.schema)
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd", compression_level=1)
        self._writer.write_table(table)
        self._waiting, self._waits = [], 0

    def close(self) -> Path:
        """Write what waits; the file can be read from then on."""
        if self._waiting or self._writer is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()
        return self.path


def blocks(path: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a pile, a group at a time."""
    with pq.ParquetFile(path) as source:
        for index in range(source.num_row_groups):
            frame = pl.from_arrow(source.read_row_group(index, columns=list(columns) if columns else None))
            if isinstance(frame, pl.DataFrame) and len(frame):
                yield frame


@dataclass(slots=True)
class Spool:
    """``fields`` are those that every table has; ``lines`` those with data, ``refused`` those that cannot be used."""

    layout: Layout
    folder: Path
    usable: bool = False
    history: bool = False
    fields: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()
    separators: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    lines: int = 0
    refused: int = 0
    head: list[tuple[str, Issue]] = of(default_factory=list)
    repeated: list[int] = of(default_factory=list)
    issues: Pile | None = None

    @property
    def rows(self) -> Path:
        return self.folder / "rows.parquet"

    def remark(self, frame: pl.DataFrame) -> None:
        """Keep more remarks, on lines (with ``inner``) or on ``row`` numbers."""
        if self.issues is not None:
            self.issues.add(frame)


def spool(
    layout: Layout,
    path: Path,
    folder: Path,
    *,
    name: str = "",
    today: dt.date,
    progress: Progress = lambda done, total: None,
    size: int = BLOCK,
) -> Spool:
    """Read everything into ``folder``. ``usable`` is False when no table can be read; ``head`` then says why."""
    found, said = tables(path, folder, name=name)
    made = Spool(layout, folder, head=[(issue.file, issue) for issue in said])
    made.issues = Pile(folder / "issues.parquet", ISSUE_SCHEMA)
    readers = _opened(made, found, name or path.name)
    made.usable = bool(readers)
    if not readers:
        return made
    known = [column.field for column in layout.columns]
    have = [{c.field for c in reader.header.columns if c is not None} for _table, reader in readers if reader.header]
    made.fields = tuple(name for name in known if all(name in fields for fields in have))
    kinds = {column.field: TYPES[column.kind] for column in layout.columns}
    schema = {ROW: pl.Int64, LINE: pl.Int64, INNER: pl.String, EXTRA: pl.String, UNREAD: pl.String}
    rows = Pile(made.rows, schema | {name: kinds[name] for name in known if any(name in f for f in have)})
    whole, offset, total = Whole(layout), 0, sum(table.path.stat().st_size for table, _reader in readers)
    offsets, done = [], 0
    for table, reader in readers:
        offsets.append((offset, table.inner))
        last = 0
        for part in ahead(reader.parts(size=size)):
            _take(made, part, table.inner, offset, rows, whole, today)
            last = max([last, *part.rows[LINE].tail(1).to_list(), *part.refused[LINE].tail(1).to_list()])
            done = min(done + size, total)
            progress(done, total)
        offset += last
    remarks, made.repeated = whole.remarks()
    made.refused += len(made.repeated)
    made.remark(_back_to_lines(remarks, offsets))
    rows.close()
    return made


def _opened(made: Spool, found: list[Table], name: str) -> list[tuple[Table, Reader]]:
    readers = []
    for table in found:
        reader = Reader(made.layout, table.path, table.inner or name)
        opened = reader.open()
        made.head += [(table.inner, issue) for issue in reader.head]
        if opened and reader.header is not None:
            readers.append((table, reader))
    headers = [reader.header for _table, reader in readers if reader.header is not None]
    made.history = any(header.history for header in headers)
    made.versions = tuple(dict.fromkeys(header.version for header in headers if header.version))
    made.encodings = tuple(dict.fromkeys(reader.encoding for _table, reader in readers))
    made.separators = tuple(dict.fromkeys(header.separator for header in headers))
    made.names = headers[0].names if headers else ()
    return readers


def _take(made: Spool, part: Part, inner: str, offset: int, rows: Pile, whole: Whole, today: dt.date) -> None:
    made.lines += len(part.rows) + len(part.refused)
    made.refused += len(part.refused)
    made.remark(part.issues.with_columns(pl.lit(inner).alias(INNER)))
    if not len(part.rows):
        return
    if made.layout.kind == "ipe":
        made.remark(check_rows(part.rows, made.layout, today).with_columns(pl.lit(inner).alias(INNER)))
    numbered = part.rows.with_columns((pl.col(LINE) + offset).alias(ROW), pl.lit(inner).alias(INNER))
    unknown = [name for name in part.rows.columns if name.startswith("?")]
    numbered = numbered.join(part.unread, on=LINE, how="left", maintain_order="left")
    rows.add(numbered.with_columns(_kept(unknown).alias(EXTRA)).drop(unknown))
    whole.add(part.rows.with_columns(pl.col(LINE) + offset))


def _kept(unknown: list[str]) -> pl.Expr:
    """Columns nobody knows, as one JSON text: given back as they came."""
    if not unknown:
        return pl.lit("", pl.String)
    return pl.struct(pl.col(name).fill_null("").alias(name[1:]) for name in unknown).struct.json_encode()


def _back_to_lines(remarks: pl.DataFrame, offsets: list[tuple[int, str]]) -> pl.DataFrame:
    """Remarks made on numbers over all tables → on the line of the table they stand in."""
    if len(offsets) == 1:
        return remarks.with_columns(pl.lit(offsets[0][1]).alias(INNER))
    starts = pl.DataFrame(offsets, schema={"start": pl.Int64, INNER: pl.String}, orient="row")
    ordered = remarks.with_columns(pl.col(LINE).alias("at") - 1).sort("at")
    joined = ordered.join_asof(starts.sort("start"), left_on="at", right_on="start")
    return joined.with_columns((pl.col(LINE) - pl.col("start")).alias(LINE)).drop("at", "start")


def head_frame(head: Sequence[tuple[str, Issue]]) -> pl.DataFrame:
    """What was said of the first lines and of the file as a whole, as rows like the other remarks."""
    return pl.DataFrame(
        [
            {
                INNER: inner, "line": issue.line, "column": issue.column, "code": issue.code, "severity": str(issue.severity),
                "field": str(issue.params.get("name", "")), "value": str(issue.params.get("value", issue.params.get("found", ""))),
                "length": issue.params.get("length"), "found": None,
            }
            for inner, issue in head
        ],
        schema=ISSUE_SCHEMA, orient="row",
    )  # fmt: skip
