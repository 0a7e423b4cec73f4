"""A block of a CSV file as lines and fields, whatever is wrong with them: scan, convert, repair, locate.

After :func:`read_lines` every row has well-formed bytes of exactly as many fields as the header, in UTF-8, and
a fault if it had one; nothing behind this module needs to know about quotes or encodings.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from chappe.core.rating.contract import I32, U8
from chappe.core.rating.model import ANY
from chappe.core.usage import scan
from chappe.core.usage.batch import Fields
from chappe.core.usage.columns import ACCOUNT, DEFAULTS, FIELDS, SUBJECT, Header
from chappe.core.usage.fast import PADDING, compiled_once
from chappe.core.usage.faults import Fault
from chappe.core.usage.format import quoted

SHOWN = 1000  # bytes of an over-long line that are given back


@dataclass(slots=True)
class Lines:
    """n rows over ``buf``. ``bounds[i, j] + 1 : bounds[i, j + 1]`` are the bytes of column j as written back,
    ``at``/``length[i, f]`` the content of field f. ``raw`` holds what the file really said, where that differs."""

    buf: U8
    bounds: I32
    rows: int
    number: I32
    fault: U8
    at: I32
    length: I32
    blank: int = 0
    converted: int = 0
    first_converted: int = -1
    fields_found: dict[int, int] = field(default_factory=dict)
    raw: dict[int, bytes] = field(default_factory=dict)

    def fields(self) -> Fields:
        """What prices these lines; faults found there are noted here too."""
        n = self.rows
        return Fields(self.buf, self.at[:n], self.length[:n], self.fault[:n])

    def cell(self, row: int, field_number: int) -> str:
        """Content of a field, for sentences."""
        lo, size = self.at[row, field_number], self.length[row, field_number]
        return bytes(self.buf[lo : lo + max(size, 0)]).decode("utf-8", "replace")

    def text(self, row: int) -> bytes:
        """The line as the file had it (in UTF-8)."""
        return self.raw.get(row) or bytes(self.buf[self.bounds[row, 0] + 1 : self.bounds[row, -1]])

    def column_of(self, row: int, position: int) -> int:
        """Where column ``position`` begins in the line, in characters from 1; 0 for the whole line."""
        if position < 0 or row in self.raw:
            return 0
        lo, hi = self.bounds[row, 0] + 1, self.bounds[row, position] + 1
        return len(bytes(self.buf[lo:hi]).decode("utf-8", "replace")) + 1


def preamble(tenant: str) -> tuple[bytes, npt.NDArray[np.int32]]:
    """Bytes that stand in front of every block, and where in them each field finds its default (-1: none)."""
    text, spots = ANY.encode(), np.full((len(FIELDS), 2), -1, np.int32)  # parse.read_calls finds *any at 0
    for name, default in {**DEFAULTS, "tenant": tenant}.items():
        if default:
            spots[FIELDS.index(name)] = len(text), len(default.encode())
            text += default.encode()
    return text, spots


def read_lines(
    buf: U8, lo: int, header: Header, classes: U8, spots: npt.NDArray[np.int32], conversion: tuple[U8, U8], ends: int
) -> Lines:
    """Read the lines of ``buf[lo:]``, which holds so many line ``ends``; ``buf[:lo]`` is the preamble.

    Never raises for what the bytes say.
    """
    lines = _scan(buf, lo, header, classes, ends + 1)
    columns = len(header.names)
    foreign = np.zeros(lines.rows, np.uint8)
    found, high = scan.find_foreign(buf, lines.bounds, columns, lines.at[:, 0], lines.rows, foreign)
    if found:
        fresh = np.empty(len(buf) + 2 * high + PADDING, np.uint8)
        fresh[:lo] = buf[:lo]
        end = scan.convert_foreign(
            buf, lo, len(buf), lines.bounds, columns, foreign, lines.rows, *conversion, fresh[lo:]
        )
        first = int(lines.number[int(np.argmax(foreign))])
        lines = _scan(fresh[: lo + end], lo, header, classes, ends + 1)
        lines.converted, lines.first_converted = int(found), first
    mark = lines.at[:, 0].copy()
    odd = np.flatnonzero((lines.fault[: lines.rows] != 0) | (mark[: lines.rows] & (scan.SLOW | scan.REQUOTE) != 0))
    spelled = _repair(lines, odd, mark, header) if len(odd) else {}
    position = np.array(header.position, np.int32)
    locate(lines.buf, lines.bounds, lines.rows, position, spots, lines.at, lines.length)
    for row, places in spelled.items():
        for f, place in places.items():
            lines.at[row, f], lines.length[row, f] = place
    return lines


def _scan(buf: U8, lo: int, header: Header, classes: U8, most: int) -> Lines:
    columns = len(header.names)
    lines = Lines(
        buf,
        np.empty((most, columns + 1), np.int32),
        0,
        np.empty(most, np.int32),
        np.zeros(most, np.uint8),
        np.zeros((most, len(FIELDS)), np.int32),
        np.zeros((most, len(FIELDS)), np.int32),
    )
    mark = np.zeros(most, np.int32)
    lines.rows, lines.blank = scan.scan_lines(
        buf, lo, len(buf), classes, columns, lines.bounds, lines.number, lines.fault, mark
    )
    lines.at[:, 0] = mark  # lent until locate() fills it
    return lines


@compiled_once
def locate(buf, bounds, rows, position, spots, at, length):
    """Content of every field: without its quotes and surrounding blanks; the default where it is empty."""
    for i in range(rows):
        for f in range(position.shape[0]):
            j = position[f]
            lo, hi = 0, 0
            if j >= 0:
                lo, hi = bounds[i, j] + 1, bounds[i, j + 1]
                while lo < hi and buf[lo] == 32:
                    lo += 1
                while hi > lo and buf[hi - 1] == 32:
                    hi -= 1
                if hi - lo >= 2 and buf[lo] == 34 and buf[hi - 1] == 34:
                    lo, hi = lo + 1, hi - 1
            if hi <= lo and spots[f, 0] >= 0:
                lo, hi = spots[f, 0], spots[f, 0] + spots[f, 1]
            at[i, f], length[i, f] = lo, hi - lo
        if length[i, ACCOUNT] == 0:
            at[i, ACCOUNT], length[i, ACCOUNT] = at[i, SUBJECT], length[i, SUBJECT]


def _repair(
    lines: Lines, odd: npt.NDArray[np.intp], mark: I32, header: Header
) -> dict[int, dict[int, tuple[int, int]]]:
    """Write odd lines anew behind the block, well-formed; returns where unquoted contents stand, row → field → place."""
    extra = bytearray()
    spelled: dict[int, dict[int, tuple[int, int]]] = {}
    base, columns = len(lines.buf), len(header.names)
    for row in odd.tolist():
        raw = bytes(lines.buf[lines.bounds[row, 0] + 1 : lines.bounds[row, columns]])
        fault = int(lines.fault[row])
        if fault == Fault.LINE_TOO_LONG:
            raw = raw[:SHOWN]
        cells = split_line(raw, header.separator)
        if fault:
            lines.raw[row] = raw
            lines.fields_found[row] = len(cells)
            cells = [cell.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\r", " ") for cell in cells]
        cells = (cells + [""] * columns)[:columns]
        if fault or mark[row] & scan.REQUOTE:
            lines.bounds[row, 0] = base + len(extra) - 1
            for j, cell in enumerate(cells):
                extra += (header.separator if j else "").encode() + quoted(cell, header.separator).encode()
                lines.bounds[row, j + 1] = base + len(extra)
        spelled[row] = {}
        for f, j in enumerate(header.position):
            if j >= 0 and '"' in cells[j]:
                content = cells[j].strip(" ").encode()
                spelled[row][f] = (base + len(extra), len(content))
                extra += content
    lines.buf = np.concatenate([lines.buf, np.frombuffer(extra + bytes(PADDING), np.uint8)])
    return spelled


def split_line(raw: bytes, separator: str) -> list[str]:
    """The fields of one line, slowly and leniently (RFC 4180; a quote inside a bare field stands for itself).

    A quote that is never closed is taken to stand for itself too: the line is refused anyway, and is shown
    with as many fields as it has separators.
    """
    text, cells, i = raw.decode("utf-8", "replace"), [], 0
    while True:
        close = _closing(text, i) if text[i : i + 1] == '"' else -1
        if close >= 0 and (close + 1 == len(text) or text[close + 1] == separator):
            cells.append(text[i + 1 : close].replace('""', '"'))
            i = close + 1
        else:
            end = text.find(separator, i)
            end = len(text) if end < 0 else end
            cells.append(text[i:end])
            i = end
        if i >= len(text):
            return cells
        i += 1


def _closing(text: str, opening: int) -> int:
    i = text.find('"', opening + 1)
    while i >= 0 and text[i + 1 : i + 2] == '"':
        i = text.find('"', i + 2)
    return i
