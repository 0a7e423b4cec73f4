"""Text of the fields → typed values, column by column, with a remark where the text was not as it should be.

Works on whole Polars columns: a file of a million rows is read in seconds. Rules and spellings: the files that
operators really exchange (dates in three forms, decimal commas, zeros that a spreadsheet ate, fillers for "unknown").
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from chappe.core.base.issue import declare
from chappe.core.interop.layout import Column, Layout, fold

FILLERS = ("_NA_", "NA", "N/A", "UNKNOWN", "INCONNU", "NULL")
TRUE, FALSE = ("O", "OUI", "1", "TRUE", "VRAI", "Y"), ("N", "NON", "0", "FALSE", "FAUX")

declare(
    {
        "interop.missing": "{name}: no value.",
        "interop.too-long": "{name}: “{value}” has more than {length} characters.",
        "interop.length": "{name}: “{value}” must have {length} characters.",
        "interop.zero-lost": "{name}: “{value}” lost its leading zero, it is read with it.",
        "interop.number": "{name}: “{value}” is not a whole number.",
        "interop.grouped-number": "{name}: “{value}” has more than {length} digits: several numbers in one?",
        "interop.decimal": "{name}: “{value}” is not a number.",
        "interop.date": "{name}: “{value}” is not a date such as 20261031.",
        "interop.date-form": "{name}: “{value}” is a date, but not written as 20261031.",
        "interop.bool": "{name}: “{value}” is neither O nor N.",
        "interop.value": "{name}: “{value}” is not one of the values known.",
        "interop.open-value": "{name}: “{value}” is not in the recommended list: it is kept.",
    }
)

#: (code, the rows concerned): the caller adds line numbers and the text as written.
Marks = list[tuple[str, pl.Expr]]


@dataclass(frozen=True, slots=True)
class Typed:
    """How one column is read: the typed value and, per remark, the rows it is made on (both over column ``name``)."""

    value: pl.Expr
    marks: Marks


def typed(layout: Layout, column: Column, source: str) -> Typed:
    """Expressions over the text column ``source`` (fields stripped, fillers already null)."""
    text = pl.col(source)
    made = _KINDS[column.kind](layout, column, text)
    if column.need == "O":
        made.marks.append(("interop.missing", text.is_null()))
    return made


def may_fill(lines: pl.Series, separator: str) -> bool:
    """Whether a word that means “unknown” stands anywhere alone between separators: most files have none, and looking through
    whole lines costs a tenth of looking at each field."""
    edge, words = re.escape(separator), "|".join(map(re.escape, FILLERS))
    return bool(lines.str.contains(rf"""(?i)(?:^|{edge})[\s"]*(?:{words})[\s"]*(?:{edge}|$)""").any())


def cleaned(source: str, *, fillers: bool = True) -> pl.Expr:
    """The text without spaces around it; null when it is empty or (``fillers``) one of the words that mean “unknown”."""
    text = pl.col(source).str.strip_chars()
    none = (text == "") | text.str.to_uppercase().is_in(FILLERS) if fillers else text == ""
    return pl.when(none).then(None).otherwise(text).alias(source)


def _text(_layout: Layout, column: Column, text: pl.Expr) -> Typed:
    if not column.length:
        return Typed(text, [])
    return Typed(text, [("interop.too-long", text.str.len_chars() > column.length)])


def _code(_layout: Layout, column: Column, text: pl.Expr) -> Typed:
    if not column.exact:
        return _text(_layout, column, text)
    lost = text.str.contains(r"^\d+$") & (text.str.len_chars() == column.length - 1)
    padded = pl.when(lost).then(text.str.zfill(column.length)).otherwise(text).str.to_uppercase()
    bad = padded.str.len_chars() != column.length
    return Typed(pl.when(bad).then(None).otherwise(padded), [("interop.zero-lost", lost), ("interop.length", bad)])


def _int(_layout: Layout, column: Column, text: pl.Expr) -> Typed:
    tail = r"(?:[.,]0*|\s*[A-Za-z]{1,6})?$" if column.suffix else r"(?:[.,]0*)?$"
    value = text.str.extract(rf"^\+?(\d{{1,9}}){tail}").cast(pl.Int64)
    marks: Marks = [("interop.number", text.is_not_null() & value.is_null())]
    if column.length:
        marks.append(("interop.grouped-number", value >= 10**column.length))
    return Typed(value, marks)


def _decimal(_layout: Layout, _column: Column, text: pl.Expr) -> Typed:
    plain = text.str.replace(",", ".", literal=True).str.replace_all(r"[\s\u00a0\u202f]", "")
    value = pl.when(plain.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)$")).then(plain).cast(pl.Float64, strict=False)
    return Typed(value, [("interop.decimal", text.is_not_null() & value.is_null())])


def _date(_layout: Layout, _column: Column, text: pl.Expr) -> Typed:
    none = text.str.contains(r"^0+$")
    plain = text.str.to_date("%Y%m%d", strict=False, exact=True)
    plain = pl.when(text.str.contains(r"^\d{8}$")).then(plain)
    shape_fr, shape_iso = text.str.contains(r"^\d{2}/\d{2}/\d{4}"), text.str.contains(r"^\d{4}-\d{2}-\d{2}")
    head = text.str.slice(0, 10)
    other = (
        pl.when(shape_fr)
        .then(head.str.to_date("%d/%m/%Y", strict=False))
        .when(shape_iso)
        .then(head.str.to_date("%Y-%m-%d", strict=False))
    )
    value = pl.coalesce(plain, other)
    return Typed(
        value,
        [
            ("interop.date", text.is_not_null() & ~none & value.is_null()),
            ("interop.date-form", plain.is_null() & other.is_not_null()),
        ],
    )


def _bool(_layout: Layout, _column: Column, text: pl.Expr) -> Typed:
    upper = text.str.to_uppercase()
    value = pl.when(upper.is_in(TRUE)).then(True).when(upper.is_in(FALSE)).then(False)
    return Typed(value, [("interop.bool", text.is_not_null() & value.is_null())])


def _enum(layout: Layout, column: Column, text: pl.Expr) -> Typed:
    spellings = layout.enums[column.enum]
    # Few different spellings stand in a file: fold each once, not a million times.
    value = text.map_batches(lambda series: _spelled(series, spellings), return_dtype=pl.String)
    if column.open:
        return Typed(pl.coalesce(value, text), [("interop.open-value", text.is_not_null() & value.is_null())])
    return Typed(value, [("interop.value", text.is_not_null() & value.is_null())])


def _spelled(series: pl.Series, spellings: "dict[str, str] | object") -> pl.Series:
    table = spellings if isinstance(spellings, dict) else {}
    seen = series.unique().drop_nulls().to_list()
    known = {written: table[fold(written)] for written in seen if fold(written) in table}
    if not known:
        return pl.Series(series.name, [None] * len(series), pl.String)
    return series.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


_KINDS: dict[str, Callable[[Layout, Column, pl.Expr], Typed]] = {
    "text": _text,
    "code": _code,
    "int": _int,
    "decimal": _decimal,
    "date": _date,
    "bool": _bool,
    "enum": _enum,
}
