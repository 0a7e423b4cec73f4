"""Calls and results as Arrow: Parquet in and out, and record batch → record batch for the lake and for Spark.

A batch of Arrow columns is spelled as lines of CSV and read by the one reader there is, so that a Parquet file
and a CSV file of the same calls cannot be priced differently. Amounts are decimal128(28, 9): exact.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, Priced, Status
from chappe.core.usage import scan
from chappe.core.usage.batch import Rated, Rater
from chappe.core.usage.columns import FIELDS, Header, bind_names
from chappe.core.usage.fast import COMPILED, PADDING
from chappe.core.usage.faults import reason_word
from chappe.core.usage.format import REASON_WORDS, STATUS_WORDS
from chappe.core.usage.lines import Lines, preamble, read_lines

MONEY = pa.decimal128(28, 9)
QUANTITY = pa.decimal128(25, 6)
SEPARATOR = ","


class UnreadableCallsError(ValueError):
    """A batch lacks a column without which nothing can be priced; ``issues`` name them."""

    def __init__(self, issues: list[Any]) -> None:
        super().__init__("; ".join(issue.sentence() for issue in issues))
        self.issues = issues


# --- Arrow → lines -----------------------------------------------------------------------------------


def as_text(column: pa.Array) -> pa.Array:
    """A column as text that the reader understands: moments in RFC 3339, numbers without exponent."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        utc = column.cast(pa.timestamp("us", tz=kind.tz or "UTC")) if kind.unit != "us" or not kind.tz else column
        if utc.type.tz == "UTC":
            return pc.strftime(utc, format="%Y-%m-%dT%H:%M:%SZ", locale="C")
        return pc.strftime(utc, format="%Y-%m-%dT%H:%M:%S%z", locale="C")
    if pa.types.is_floating(kind):
        return pa.array([None if v is None else _plain(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_duration(kind):
        micro = column.cast(pa.duration("us")).cast(pa.int64())
        return pa.array(
            [None if v is None else f"{v // 10**6}.{v % 10**6:06d}" for v in micro.to_pylist()], pa.string()
        )
    return column.cast(pa.string())


def _plain(value: float) -> str:
    """The shortest decimal of a float, without exponent: 1e-05 is 0.00001."""
    text = repr(value)
    if "e" not in text:
        return text
    return np.format_float_positional(value, trim="-")


def as_lines(batch: pa.RecordBatch, names: Iterable[str]) -> bytes:
    """The named columns as CSV without header, one line a row whatever the cells hold."""
    import polars as pl

    columns = {}
    for name in names:
        text = as_text(batch.column(name))
        if not pa.types.is_boolean(batch.column(name).type):
            text = pc.replace_substring_regex(text, pattern="[\r\n]+", replacement=" ")
        columns[name] = text
    frame = pl.DataFrame({f"c{i}": pl.Series(pl.from_arrow(column)) for i, column in enumerate(columns.values())})
    return frame.write_csv(None, include_header=False, separator=SEPARATOR).encode()


# --- results → Arrow ---------------------------------------------------------------------------------


def result_schema(has_service: bool) -> list[pa.Field]:
    """The appended columns, typed; the same names and order as in CSV."""
    fields = [
        ("status", pa.string()),
        ("reason", pa.string()),
        ("cost", MONEY),
        ("connect_fee", MONEY),
        ("total", MONEY),
        ("billed", QUANTITY),
        ("pieces", pa.int32()),
        ("rate", pa.string()),
        ("matched_prefix", pa.string()),
        ("matched_destination", pa.string()),
        ("plan_version", pa.string()),
    ]
    if has_service:
        fields += [("service_cost", MONEY), ("vat", pa.string()), ("service_vat", pa.string())]
    return [pa.field(name, kind) for name, kind in fields]


def result_columns(rater: Rater, priced: Priced) -> list[pa.Array]:
    """Arrays in the order of :func:`result_schema`; what a call that is not rated has none of is null."""
    blank = priced.status != Status.RATED
    rates = rater.compiled.rates
    version = np.zeros(len(blank), np.int32)
    columns = [
        _named(STATUS_WORDS, priced.status.astype(np.int32), None),
        _named(REASON_WORDS, priced.reason.astype(np.int32), None),
        _decimal(priced.cost, MONEY, blank),
        _decimal(priced.connect_fee, MONEY, blank),
        _decimal(priced.total, MONEY, blank),
        _decimal(priced.billed, QUANTITY, blank),
        pa.array(priced.pieces, pa.int32(), mask=blank),
        _rates(rater, priced, blank),
        _named(rater.compiled.prefixes, priced.prefix, blank),
        _named(rater.compiled.destinations, priced.destination, blank),
        _named([rater.compiled.version], version, blank),
    ]
    if rater.has_service:
        columns.append(_decimal(priced.service, MONEY, blank))
        columns.append(_named([rate.vat for rate in rates], priced.rate, blank))
        columns.append(_named([rate.service.vat if rate.service else "" for rate in rates], priced.rate, blank))
    return columns


def _named(names: list[str], index: Any, blank: Any) -> pa.Array:
    missing = index < 0 if blank is None else blank | (index < 0)
    codes = pa.array(np.where(missing, 0, index).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, pa.array(names or [""], pa.string())).cast(pa.string())


def _rates(rater: Rater, priced: Priced, blank: Any) -> pa.Array:
    tags = [rate.tag for rate in rater.compiled.rates]
    last = np.where(priced.last_rate < 0, priced.rate, priced.last_rate).astype(np.int64)
    pair, codes = np.unique(priced.rate.astype(np.int64) * (len(tags) + 1) + last, return_inverse=True)
    spelled = []
    for first, final in (divmod(int(p), len(tags) + 1) for p in pair):
        first_tag = tags[first] if first >= 0 else ""
        spelled.append(first_tag if first == final or first < 0 else f"{first_tag}>{tags[final]}")
    return _named(spelled, codes.astype(np.int32), blank)


def _decimal(values: I64, kind: pa.DataType, blank: Any) -> pa.Array:
    """int64 counts of the smallest unit as decimals: the low 64 bits and their sign, nothing computed."""
    wide = np.empty((len(values), 2), np.int64)
    wide[:, 0], wide[:, 1] = values, values >> 63
    valid = pa.py_buffer(np.packbits(~blank, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(wide)], null_count=int(blank.sum()))


# --- lines → Arrow -----------------------------------------------------------------------------------


@njit(**COMPILED)
def _gather(buf, bounds, column, rows, offsets, data):
    """Contents of one column end to end, quotes taken off and doubled ones halved; returns the length."""
    o = 0
    for i in range(rows):
        offsets[i] = o
        lo, hi = bounds[i, column] + 1, bounds[i, column + 1]
        plain = not (hi - lo >= 2 and buf[lo] == 34 and buf[hi - 1] == 34)
        if plain:
            for k in range(lo, hi):
                data[o] = buf[k]
                o += 1
            continue
        k = lo + 1
        while k < hi - 1:
            data[o] = buf[k]
            o += 1
            k += 2 if buf[k] == 34 else 1
    offsets[rows] = o
    return o


def text_column(lines: Lines, column: int) -> pa.Array:
    """One column of the lines as Arrow text, exactly as written."""
    rows = lines.rows
    size = int((lines.bounds[:rows, column + 1] - lines.bounds[:rows, column]).sum())
    offsets, data = np.zeros(rows + 1, np.int32), np.empty(max(size, 1), np.uint8)
    used = _gather(lines.buf, lines.bounds, column, rows, offsets, data)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data[:used]))


# --- record batch → record batch ---------------------------------------------------------------------


class BatchRater:
    """Prices Arrow batches that share one schema. Picklable parts only: the compiled tariff and names."""

    def __init__(self, compiled: CompiledTariff, schema: pa.Schema) -> None:
        self.rater = Rater(compiled, SEPARATOR)
        bound = bind_names(list(schema.names), SEPARATOR, tenant_known=bool(self.rater.only_tenant))
        if bound.header is None:
            raise UnreadableCallsError(bound.issues)
        self.whole = bound.header
        self.kept = [schema.names[i] for i in bound.header.kept]
        self.needed = [schema.names[p] for p in bound.header.position if p >= 0]
        kept_fields = [schema.field(name) for name in self.kept]
        self.schema = pa.schema(kept_fields + result_schema(self.rater.has_service))
        self.header = self._needed_header()
        self.classes = scan.byte_classes(SEPARATOR)
        self.conversion = scan.windows_1252()
        self.preamble, self.spots = preamble(self.rater.only_tenant)

    def _needed_header(self) -> Header:
        names = [name.strip().lower() for name in self.needed]
        position = tuple(names.index(field) if field in names else -1 for field in FIELDS)
        return Header(tuple(self.needed), SEPARATOR, position, tuple(range(len(names))))

    def rate(self, batch: pa.RecordBatch, numbers: I64, twins: Any = None) -> tuple[pa.RecordBatch, Lines, Rated]:
        """The batch with the result columns behind its own."""
        raw = bytearray(self.preamble) + as_lines(batch, self.needed) + bytes(PADDING)
        buf = np.frombuffer(raw, np.uint8)[:-PADDING]
        lines = read_lines(buf, len(self.preamble), self.header, self.classes, self.spots, self.conversion)
        n = lines.rows
        rated = self.rater.rate(lines.buf, lines.at[:n], lines.length[:n], lines.fault[:n], numbers, twins)
        columns = [batch.column(name) for name in self.kept] + result_columns(self.rater, rated.priced)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema), lines, rated


def rate_batches(compiled: CompiledTariff, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Price record batches: integers in, integers out, nothing kept between batches (fit for ``mapInArrow``).

    Ids are not compared: a caller that spreads a file over machines knows its own keys. Raises
    UnreadableCallsError when a mandatory column is missing.
    """
    rater: BatchRater | None = None
    seen = 0
    for batch in batches:
        if rater is None:
            rater = BatchRater(compiled, batch.schema)
        numbers = np.arange(seen + 1, seen + 1 + batch.num_rows, dtype=np.int64)
        seen += batch.num_rows
        yield rater.rate(batch, numbers)[0]


__all__ = ["BatchRater", "UnreadableCallsError", "rate_batches", "reason_word", "result_schema"]
