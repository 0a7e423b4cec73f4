"""Typed rows → the lines of a file, as a partner's version wants them. What a value may not hold (“;”, line ends) is replaced.

A file written here and read again gives the same rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from chappe.core.interop.layout import Column, Layout

HISTORY = ("event", "event_on", "changed_field", "old_value", "new_value")


@dataclass(frozen=True, slots=True)
class Style:
    """How a partner wants its files: everything that is not a column."""

    encoding: str = "utf-8"
    decimal: str = "."
    filler: str = ""
    line_end: str = "\r\n"


PLAIN = Style()


def header(layout: Layout, names: Sequence[str], *, history: bool = False) -> str:
    """First line, without its end."""
    return ";".join([*names, *(layout.history if history else ())])


def write(
    layout: Layout, names: Sequence[str], blocks: Iterable[pl.DataFrame], *, style: Style = PLAIN, history: bool = False
) -> Iterator[bytes]:
    """The bytes of a file, block by block: the header, then a line a row; fields a block lacks are empty."""
    yield _encoded(header(layout, names, history=history) + style.line_end, style)
    columns = [layout.column(name) for name in names]
    for rows in blocks:
        if len(rows):
            lines = _lines(rows, columns, style, history)
            yield _encoded(style.line_end.join(lines.to_list()) + style.line_end, style)


def _lines(rows: pl.DataFrame, columns: Sequence[Column], style: Style, history: bool) -> pl.Series:
    """Values are cleaned only on the rows whose line shows that one needs it: to look once at a line is cheap."""
    wanted: list[tuple[str, Column | None]] = [(column.field, column) for column in columns]
    wanted += [(field, None) for field in HISTORY] if history else []
    lines = _joined(rows, wanted, style, clean=False)
    dirty = (lines.str.count_matches(";", literal=True) != len(wanted) - 1) | lines.str.contains(r"[\r\n\t]")
    if dirty.any():
        mended = _joined(rows.filter(dirty), wanted, style, clean=True)
        lines = lines.scatter(dirty.arg_true(), mended)
    return lines


def _joined(rows: pl.DataFrame, wanted: Sequence[tuple[str, Column | None]], style: Style, *, clean: bool) -> pl.Series:
    cells = [_cell(rows, field, column, style, clean=clean) for field, column in wanted]
    return rows.select(pl.concat_str(cells, separator=";").alias("l"))["l"]


def _encoded(text: str, style: Style) -> bytes:
    """A letter that the partner's encoding lacks becomes “?”: it is never a reason to hold back a file."""
    return text.encode(style.encoding, "replace")


def _cell(rows: pl.DataFrame, field: str, column: Column | None, style: Style, *, clean: bool) -> pl.Expr:
    if field not in rows.columns:
        return pl.lit(style.filler)
    value, kind = pl.col(field), rows.schema[field]
    if kind == pl.Date:
        text = value.dt.strftime("%Y%m%d")
    elif kind == pl.Boolean:
        text = pl.when(value).then(pl.lit("O")).when(value.is_not_null()).then(pl.lit("N"))
    elif kind in {pl.Float64, pl.Float32}:
        text = _number(value)
        text = text if style.decimal == "." else text.str.replace(".", style.decimal, literal=True)
    else:
        text = value.cast(pl.String)
        text = text.str.replace_all(r"[;\r\n\t]+", " ") if clean else text
    if column is not None and column.length and column.kind == "text":
        text = text.str.slice(0, column.length)
    return text.fill_null(style.filler).alias(field)


def _number(value: pl.Expr) -> pl.Expr:
    """``890000.0`` → ``890000``: coordinates without a part have none."""
    return value.round(6).cast(pl.String).str.strip_suffix(".0")
