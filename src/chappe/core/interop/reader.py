"""Read an IPE or CPN file: typed rows, remarks with line and column, nothing lost.

:class:`Reader` streams a file in blocks of bounded memory. What cannot be used stays readable: refused lines are
given whole with their number. It never raises for what a file contains, and never touches a database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as of
from pathlib import Path

import polars as pl

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.interop.blocks import Block, find_encoding, read_blocks, split_line, usual_tail
from chappe.core.interop.header import Header, read_header
from chappe.core.interop.layout import Column, Layout
from chappe.core.interop.mending import split_number, tidy_coordinates
from chappe.core.interop.values import Typed, cleaned, may_fill, typed

declare(
    {
        "interop.short-row": "The line has {found} fields, {width} are expected.",
        "interop.long-row": "The line has {found} fields, {width} are expected: a “;” inside a value?",
        "interop.quoted": "The line holds quotes: it is read with them, though the format has none.",
    }
)

LINE, UNREAD = "line", "unread"
#: One row a remark: what an Issue says, as columns, so that a million of them stay cheap.
ISSUES = {
    "line": pl.Int64,
    "column": pl.Int32,
    "code": pl.String,
    "severity": pl.String,
    "field": pl.String,
    "value": pl.String,
    "length": pl.Int32,
    "found": pl.Int32,
}
_COSTS_THE_ROW = frozenset({"interop.missing", "interop.value", "interop.length"})
#: The text says something, nobody can tell what: unlike an empty field, it does not mean “none”.
_UNREAD = frozenset(
    {"interop.number", "interop.decimal", "interop.date", "interop.bool", "interop.value", "interop.length"}
)
_NO_POINT = frozenset({"interop.xy-half", "interop.xy-outside"})
_ONLY_TELLS = frozenset({"interop.date-form", "interop.open-value", "interop.zero-lost", "interop.grouped-number"})


@dataclass(slots=True)
class Part:
    """What one block gave: ``rows`` (``line`` and a column a field; unknown columns under ``?name``), ``issues``,
    and the ``refused`` lines (``line``, ``text``). ``unread``: ``line`` → ``unread``, the fields that hold something unreadable."""

    rows: pl.DataFrame
    issues: pl.DataFrame
    refused: pl.DataFrame
    read: int = 0
    unread: pl.DataFrame = of(default_factory=lambda: _unread_of([]))


@dataclass(slots=True)
class Reader:
    """``header`` is known after :meth:`open`; then :meth:`parts` gives the rows, block by block."""

    layout: Layout
    path: Path
    name: str = ""
    encoding: str = ""
    header: Header | None = None
    head: list[Issue] = of(default_factory=list)
    tail: int = 0

    def open(self) -> bool:
        """Find the encoding and bind the header; False when the file cannot be read at all (``head`` says why)."""
        self.encoding = find_encoding(self.path)
        with self.path.open("rb") as source:
            block = next(read_blocks(source, self.encoding, size=1024 * 1024), None)
        first = block.lines[0] if block and block.lines else ""
        self.header, self.head = read_header(self.layout, first, file=self.name or self.path.name)
        if self.header is not None and block is not None:
            self.tail = usual_tail(block.lines[1:2001], self.header.separator, len(self.header.names))
        return self.header is not None

    def parts(self, *, size: int | None = None) -> Iterator[Part]:
        """Blocks of typed rows, in the order of the file."""
        if self.header is None:
            return
        with self.path.open("rb") as source:
            blocks = read_blocks(source, self.encoding, **({"size": size} if size else {}))
            for block in blocks:
                yield self._part(block, self.header)

    def _part(self, block: Block, header: Header) -> Part:
        frame, broken, remarks = _split(block, header, self.tail)
        plans = [
            (index, column, typed(self.layout, column, str(index)))
            for index, column in enumerate(header.columns)
            if column is not None
        ]
        values = [plan.value.alias(column.field) for _index, column, plan in plans]
        kept = [pl.col(str(i)).alias(f"?{header.names[i]}") for i, c in enumerate(header.columns) if c is None]
        rows = frame.select(pl.col(LINE), *values, *kept)
        told, unread = _told(frame, plans)
        found = [remarks, *told]
        rows, numbers = split_number(frame, rows, self.layout, header)
        rows, points = tidy_coordinates(rows, header)
        lost = [part.filter(pl.col("code").is_in(_NO_POINT)) for part in points]
        unread += [part.select(LINE, pl.lit(name).alias(UNREAD)) for part in lost for name in ("x", "y") if len(part)]
        issues = pl.concat([*found, *numbers, *points]).sort("line", "column", maintain_order=True)
        costly = issues.filter(pl.col("severity") == "error")["line"].unique()
        if len(costly):
            bad = rows[LINE].is_in(costly.implode())
            broken = pl.concat([broken, _texts(block, rows.filter(bad)[LINE].to_list())]).sort(LINE)
            rows = rows.filter(~bad)
        return Part(rows, issues, broken, len(block.lines) - (1 if block.first == 1 else 0), _unread_of(unread))


def _unread_of(found: list[pl.DataFrame]) -> pl.DataFrame:
    """One row a line: its unreadable fields, parted by commas."""
    none = pl.DataFrame(schema={LINE: pl.Int64, UNREAD: pl.String})
    whole = pl.concat([none, *found])
    return whole.group_by(LINE).agg(pl.col(UNREAD).unique().sort()).with_columns(pl.col(UNREAD).list.join(","))


def no_issues() -> pl.DataFrame:
    """An empty table of remarks."""
    return pl.DataFrame(schema=ISSUES)


def remark(lines: pl.DataFrame, code: str, severity: Severity, field: str = "", column: int = 0) -> pl.DataFrame:
    """Remarks on rows that have ``line`` and may have ``value``, ``length`` and ``found``."""
    have = lines.columns
    return lines.select(
        pl.col(LINE).cast(pl.Int64),
        pl.lit(column, pl.Int32).alias("column"),
        pl.lit(code).alias("code"),
        pl.lit(str(severity)).alias("severity"),
        pl.lit(field).alias("field"),
        (pl.col("value").cast(pl.String) if "value" in have else pl.lit(None, pl.String).alias("value")),
        (pl.col("length").cast(pl.Int32) if "length" in have else pl.lit(None, pl.Int32).alias("length")),
        (pl.col("found").cast(pl.Int32) if "found" in have else pl.lit(None, pl.Int32).alias("found")),
    )


def severity_of(code: str, column: Column) -> Severity:
    """A fault costs the row only when the row cannot be used without the value."""
    if column.essential and code in _COSTS_THE_ROW:
        return Severity.ERROR
    return Severity.INFO if code in _ONLY_TELLS else Severity.WARNING


def _told(frame: pl.DataFrame, plans: list[tuple[int, Column, Typed]]) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """Remarks on the fields, and lines with a field that is unreadable. One pass finds the few rules that any row breaks."""
    marks = [(index, column, code, rule) for index, column, plan in plans for code, rule in plan.marks]
    broken = frame.select(rule.any().alias(str(n)) for n, (*_what, rule) in enumerate(marks)).row(0) if marks else ()
    found, unread = [], []
    for (index, column, code, rule), any_row in zip(marks, broken, strict=True):
        if not any_row:
            continue
        found.append(_marked(frame, index, column, code, rule))
        if code in _UNREAD:
            unread.append(found[-1].select(LINE, pl.lit(column.field).alias(UNREAD)))
    return found, unread


def _marked(frame: pl.DataFrame, index: int, column: Column, code: str, rule: pl.Expr) -> pl.DataFrame:
    hit = frame.filter(rule).select(
        LINE,
        pl.col(str(index)).str.slice(0, 120).alias("value"),
        pl.lit(column.length or None, pl.Int32).alias("length"),
    )
    return remark(hit, code, severity_of(code, column), column.name, index + 1)


def _split(block: Block, header: Header, tail: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines → (cleaned fields by position with their line, lines refused, remarks). Blank lines are nothing."""
    width = len(header.names)
    skip = 1 if block.first == 1 else 0
    whole = pl.DataFrame({"text": block.lines[skip:]}, schema={"text": pl.String}).with_row_index(
        LINE, offset=block.first + skip
    )
    whole = whole.with_columns(pl.col(LINE).cast(pl.Int64)).filter(pl.col("text").str.strip_chars() != "")
    count = pl.col("text").str.count_matches(header.separator, literal=True)
    good = whole.filter(count == width - 1)
    names = [str(index) for index in range(width)]
    fields = good.select(
        pl.col(LINE), pl.col("text").str.split_exact(header.separator, width - 1).struct.rename_fields(names).alias("f")
    ).unnest("f")
    refused: list[tuple[int, str]] = []
    mended: list[list[str | int]] = []
    remarks = []
    for line, text in whole.filter(count != width - 1).iter_rows():
        cells, code = split_line(text, header.separator, width, tail)
        if code:
            remarks.append((line, code, text.count(header.separator) + 1))
        if cells is None:
            refused.append((line, text))
        else:
            mended.append([line, *cells])
    if mended:
        fields = pl.concat(
            [fields, pl.DataFrame(mended, schema=dict.fromkeys([LINE, *names], pl.String), orient="row").with_columns(pl.col(LINE).cast(pl.Int64))]
        ).sort(LINE)  # fmt: skip
    fillers = may_fill(whole["text"], header.separator)
    fields = fields.with_columns(cleaned(name, fillers=fillers) for name in names)
    return fields, _frame_of(refused), _row_remarks(remarks, width)


def _frame_of(lines: list[tuple[int, str]]) -> pl.DataFrame:
    return pl.DataFrame(lines, schema={LINE: pl.Int64, "text": pl.String}, orient="row")


def _texts(block: Block, lines: list[int]) -> pl.DataFrame:
    return _frame_of([(line, block.lines[line - block.first]) for line in lines])


def _row_remarks(remarks: list[tuple[int, str, int]], width: int) -> pl.DataFrame:
    if not remarks:
        return no_issues()
    schema = {LINE: pl.Int64, "code": pl.String, "found": pl.Int32}
    frame = pl.DataFrame(remarks, schema=schema, orient="row").with_columns(pl.lit(width, pl.Int32).alias("length"))
    return pl.concat(
        remark(part, str(code), Severity.WARNING if code == "interop.quoted" else Severity.ERROR)
        for (code,), part in frame.group_by("code", maintain_order=True)
    )


def as_issues(frame: pl.DataFrame, file: str) -> Iterator[Issue]:
    """Remarks as the house's Issues, for pages, exports and the terminal."""
    for row in frame.iter_rows(named=True):
        params = {"name": row["field"], "value": row["value"] or "", "length": row["length"], "width": row["length"], "found": row["found"]}  # fmt: skip
        yield Issue(row["code"], Severity(row["severity"]), file, row["line"], row["column"], row["field"], params)
