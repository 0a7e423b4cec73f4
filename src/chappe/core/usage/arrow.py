"""Calls and results as Arrow: Parquet in and out, and record batch → record batch for the lake and for Spark.

A batch of Arrow columns is spelled as lines of CSV and read by the one reader there is, so that a Parquet file
and a CSV file of the same calls cannot be priced differently. Amounts are decimal128(28, 9): exact.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I64, U8, Priced, Status
from chappe.core.usage import scan
from chappe.core.usage.batch import Fields, Rated, Rater
from chappe.core.usage.columns import FIELDS, Header, bind_names
from chappe.core.usage.fast import PADDING
from chappe.core.usage.faults import reason_word
from chappe.core.usage.gather import picked, validity
from chappe.core.usage.lines import Lines, preamble, read_lines
from chappe.core.usage.typed import fields_of

MONEY = pa.decimal128(28, 9)
QUANTITY = pa.decimal128(25, 6)
SEPARATOR = ","
#: the lists of Rater.plain_words
RATES, PREFIXES, DESTINATIONS, VERSION, VAT, SERVICE_VAT, STATUSES, REASONS = range(8)


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
    blank = (priced.status != Status.RATED).view(np.uint8)
    columns = [
        *_states(rater, priced),
        _decimal(priced.cost, MONEY, blank),
        _decimal(priced.connect_fee, MONEY, blank),
        _decimal(priced.total, MONEY, blank),
        _decimal(priced.billed, QUANTITY, blank),
        integers(priced.pieces, pa.int32(), blank),
        *matches(rater, priced, blank),
    ]
    if rater.has_service:
        columns.append(_decimal(priced.service, MONEY, blank))
        columns += [picked(rater.plain_words, which, priced.rate, blank) for which in (VAT, SERVICE_VAT)]
    return columns


def _states(rater: Rater, priced: Priced) -> list[pa.Array]:
    return [picked(rater.plain_words, which, column, None) for which, column in states(priced)]


def states(priced: Priced) -> tuple[tuple[int, Any], ...]:
    """Status and reason, as numbers of their lists."""
    return (STATUSES, priced.status), (REASONS, priced.reason)


def matches(rater: Rater, priced: Priced, blank: U8) -> list[pa.Array]:
    """Rate (``A>B`` when the last piece has another one), prefix, destination and version."""
    lists = rater.plain_words
    return [
        picked(lists, RATES, priced.rate, blank, priced.last_rate),
        picked(lists, PREFIXES, priced.prefix, blank),
        picked(lists, DESTINATIONS, priced.destination, blank),
        picked(lists, VERSION, np.zeros(len(blank), np.int32), blank),
    ]


def integers(values: Any, kind: pa.DataType, missing: U8) -> pa.Array:
    """A column of numbers as it stands, null where ``missing`` is not 0."""
    valid, missed = validity(missing)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))], missed)


def _decimal(values: I64, kind: pa.DataType, missing: U8) -> pa.Array:
    """int64 counts of the smallest unit as decimals: the low 64 bits and their sign, nothing computed."""
    wide = np.empty((len(values), 2), np.int64)
    wide[:, 0], wide[:, 1] = values, values >> 63
    valid, missed = validity(missing)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(wide)], missed)


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

    def fields(self, batch: pa.RecordBatch) -> Fields:
        """What prices a batch: its columns as they are, or spelled as lines where those need a second look."""
        found = fields_of(batch, self.whole.position, self.preamble, self.spots)
        return found or self.spelled(batch, self.needed, self.header).fields()

    def spelled(self, batch: pa.RecordBatch, names: list[str], header: Header) -> Lines:
        """Some columns of a batch as the lines that a CSV file would have."""
        raw = bytearray(self.preamble) + as_lines(batch, names) + bytes(PADDING)
        buf, ends = np.frombuffer(raw, np.uint8)[:-PADDING], raw.count(b"\n")
        return read_lines(buf, len(self.preamble), header, self.classes, self.spots, self.conversion, ends)

    def rate(self, batch: pa.RecordBatch, numbers: I64, twins: Any = None) -> tuple[pa.RecordBatch, Rated]:
        """The batch with the result columns behind its own."""
        rated = self.rater.rate(self.fields(batch), numbers, twins)
        columns = [batch.column(name) for name in self.kept] + result_columns(self.rater, rated.priced)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema), rated


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
