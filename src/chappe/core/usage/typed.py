"""The fields of calls straight from Arrow columns: what the reader of lines finds, without spelling any line.

Cells are used where they stand, moments as the integers they are. A batch that a file of lines would have had
trouble with (quotes, line ends, NUL bytes, enormous cells) is left to the reader of lines: there is one set of rules.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chappe.core.rating.contract import FIRST_YEAR, I32, I64, LAST_YEAR, U8
from chappe.core.usage.batch import NO_MOMENTS, Fields
from chappe.core.usage.columns import ACCOUNT, END, FIELDS, START, SUBJECT
from chappe.core.usage.fast import PADDING, compiled_once
from chappe.core.usage.faults import MAX_LINE

_EARLIEST = int(np.datetime64(f"{FIRST_YEAR}-01-01", "us").astype(np.int64))
_LATEST = int(np.datetime64(f"{LAST_YEAR + 1}-01-01", "us").astype(np.int64))
_OK, _BAD, _RANGE = 0, 1, 2  # states of parse.parse_time
_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_LONGEST = MAX_LINE // (2 * len(FIELDS))  # so that no line of such cells is too long
_LARGEST = 1 << 30  # bytes of one batch: places are 32 bits wide
_FIXED = re.compile(r"([+-])(\d\d):?(\d\d)")


@compiled_once
def _is_odd(buf, lo, hi):
    """Whether any byte would make a reader of lines think: NUL, line feed, carriage return, quote."""
    found = 0
    for i in range(lo, hi):
        b = buf[i]
        found |= (b == 0) | (b == 10) | (b == 13) | (b == 34)
    return found != 0


@compiled_once
def _place(buf, offsets, base, spot, spot_length, at, length):
    """Where each cell of a column stands, without surrounding blanks; the default where it is empty."""
    for i in range(at.shape[0]):
        lo, hi = base + offsets[i], base + offsets[i + 1]
        while lo < hi and buf[lo] == 32:
            lo += 1
        while hi > lo and buf[hi - 1] == 32:
            hi -= 1
        if hi <= lo and spot >= 0:
            lo, hi = spot, spot + spot_length
        at[i], length[i] = lo, hi - lo


def fields_of(batch: pa.RecordBatch, position: tuple[int, ...], preamble: bytes, spots: I32) -> Fields | None:
    """The fields of a batch whose columns stand at ``position``; None when the reader of lines has to look at it.

    ``preamble`` and ``spots`` (defaults) are those of :func:`lines.preamble`.
    """
    stamps = [position[f] >= 0 and pa.types.is_timestamp(batch.column(position[f]).type) for f in (START, END)]
    typed = any(stamps)
    if typed and not all(stamp or position[f] < 0 for f, stamp in zip((START, END), stamps, strict=True)):
        return None
    texts = {
        f: as_strings(batch.column(j)) for f, j in enumerate(position) if j >= 0 and not (typed and f in {START, END})
    }
    size = len(preamble) + sum(_size(text) for text in texts.values())
    if size > _LARGEST:
        return None
    rows = batch.num_rows
    buf = np.empty(size + PADDING, np.uint8)
    buf[: len(preamble)] = np.frombuffer(preamble, np.uint8)
    at, length = np.zeros((rows, len(FIELDS)), np.int32), np.zeros((rows, len(FIELDS)), np.int32)
    base = len(preamble)
    for f in range(len(FIELDS)):
        if f in texts:
            base = _put(buf, base, texts[f], spots[f], at[:, f], length[:, f])
        elif spots[f, 0] >= 0:
            at[:, f], length[:, f] = spots[f]
    empty = length[:, ACCOUNT] == 0
    at[empty, ACCOUNT], length[empty, ACCOUNT] = at[empty, SUBJECT], length[empty, SUBJECT]
    if _is_odd(buf, len(preamble), base) or length.max(initial=0) > _LONGEST:
        return None
    moments = _moments(batch, position, length) if typed else NO_MOMENTS
    return Fields(buf[:size], at, length, np.zeros(rows, np.uint8), moments)


def as_strings(column: pa.Array) -> pa.Array:
    """A column as text without nulls, offsets 32 bits wide."""
    from chappe.core.usage.arrow import as_text

    text = column if pa.types.is_string(column.type) else as_text(column)
    return pc.fill_null(text, "") if text.null_count else text


def _offsets(text: pa.Array) -> I32:
    if len(text) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]


def _size(text: pa.Array) -> int:
    offsets = _offsets(text)
    return int(offsets[-1]) - int(offsets[0])


def _put(buf: U8, base: int, text: pa.Array, spot: I32, at: I32, length: I32) -> int:
    """Copy the cells of a column to ``buf[base:]`` and note their places; returns where they end."""
    offsets, size = _offsets(text), _size(text)
    first = int(offsets[0])
    if size:
        buf[base : base + size] = np.frombuffer(text.buffers()[2], np.uint8)[first : first + size]
    _place(buf, offsets, base - first, int(spot[0]), int(spot[1]), at, length)
    return base + size


def _moments(batch: pa.RecordBatch, position: tuple[int, ...], length: I32) -> tuple[I64, I32, U8]:
    """Start and end as parse.parse_time would give them; ``length`` tells the rows that have none."""
    rows = batch.num_rows
    made = np.zeros((rows, 2), np.int64), np.zeros((rows, 2), np.int32), np.zeros((rows, 2), np.uint8)
    for which, f in enumerate((START, END)):
        if position[f] < 0:
            continue
        column = batch.column(position[f])
        length[:, f] = 1 if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)
        made[0][:, which], made[1][:, which], made[2][:, which] = _moment(column)
    return made


def _moment(column: pa.Array) -> tuple[I64, I32 | int, U8]:
    """(microseconds UTC, offset in seconds, state). A moment finer than a microsecond cannot be read."""
    raw = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    state = np.full(len(raw), _OK, np.uint8)
    if column.type.unit == "ns":
        micro = raw // 1000
        state[micro * 1000 != raw] = _BAD
    else:
        factor = _UNITS[column.type.unit]
        far = np.abs(raw) > 2**61 // factor
        state[far] = _RANGE
        micro = np.where(far, 0, raw) * factor if factor > 1 else raw
    offset = _offset(micro, column.type.tz or "UTC")
    local = micro + np.int64(1_000_000) * offset
    state[(state == _OK) & ((local < _EARLIEST) | (local >= _LATEST))] = _RANGE
    return micro, offset, state


def _offset(micro: I64, zone: str) -> I32 | int:
    """Seconds east of UTC, of all moments or of each."""
    if zone in {"UTC", "Z", "Etc/UTC"}:
        return 0
    if fixed := _FIXED.fullmatch(zone):
        seconds = int(fixed[2]) * 3600 + int(fixed[3]) * 60
        return -seconds if fixed[1] == "-" else seconds
    stamps = pa.array(micro, pa.timestamp("us", zone))
    local = pc.local_timestamp(stamps).cast(pa.int64()).to_numpy()
    east: I32 = ((local - micro) // 1_000_000).astype(np.int32)
    return east


__all__ = ["as_strings", "fields_of"]
