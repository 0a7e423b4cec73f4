"""Find lines and fields in a block of bytes: the first, fast pass over a file of calls.

Works on raw bytes, without the interpreter and without its lock. It copies nothing and decides nothing about
a call; a line that is not plain is given a Fault or marked SLOW and looked at again, in Python, by repair.py.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np
import numpy.typing as npt

from chappe.core.usage.fast import HIGHS, ONES, at, compiled_once, eight, inlined, trailing_zeros
from chappe.core.usage.faults import MAX_LINE, Fault

Bytes = npt.NDArray[np.uint8]

LF, CR, QUOTE = 10, 13, 34
_PLAIN, _SEPARATOR, _LINE_END, _QUOTE, _NUL, _HIGH, _RETURN = range(7)

_DASHES = np.uint64(0x2D2D2D2D2D2D2D2D)

#: marks of a line, beside its fault
SLOW = 1  # holds a doubled quote: the content of a field is not its bytes
REQUOTE = 4  # holds a quote or a lone carriage return in a bare field: read as it stands, but written back quoted
HIGH = 2  # holds bytes above 127: UTF-8 has to be checked

_TOO_FEW, _TOO_MANY = int(Fault.TOO_FEW_FIELDS), int(Fault.TOO_MANY_FIELDS)
_UNCLOSED, _STRAY = int(Fault.UNCLOSED_QUOTE), int(Fault.STRAY_QUOTE)
_NUL_BYTE, _LONG = int(Fault.NUL_BYTE), int(Fault.LINE_TOO_LONG)


def byte_classes(separator: str) -> Bytes:
    """256 classes, so that one look-up tells whether a byte matters."""
    table = np.zeros(256, np.uint8)
    table[128:] = _HIGH
    table[ord(separator)] = _SEPARATOR
    table[LF], table[QUOTE], table[0], table[CR] = _LINE_END, _QUOTE, _NUL, _RETURN
    return table


@inlined
def _after_quote(buf, i, hi, mark):
    """From behind an opening quote to behind the closing one; -1 when the line ends first."""
    while i < hi and buf[i] != LF:
        if buf[i] == QUOTE:
            if i + 1 < hi and buf[i + 1] == QUOTE:
                mark |= SLOW
                i += 2
                continue
            return i + 1, mark
        if buf[i] >= 128:
            mark |= HIGH
        i += 1
    return -1, mark


@inlined
def _line_end(buf, i, hi):
    while i < hi and buf[i] != LF:
        i += 1
    return i


@inlined
def _quoted_field(buf, i, hi, classes, fault, mark):
    """Behind a quoted field that begins at ``i``, to the line's end when it never does; (where, fault, mark)."""
    after, mark = _after_quote(buf, i, hi, mark)
    if after < 0:
        return _line_end(buf, i, hi), _UNCLOSED, mark
    if after < hi and classes[buf[after]] != _SEPARATOR and buf[after] != LF and buf[after] != CR:
        fault = _STRAY
    return after, fault, mark


@inlined
def _skip_plain(buf, i, hi, separators):
    """The first byte from ``i`` on that may matter, eight at a time: below "-", above 127 or the separator.

    What is skipped is plain for certain (digits, letters, ``-``, ``:``, ``.``); what is stopped at need not matter.
    """
    while i < hi:
        word = eight(buf, i)
        low = (word - _DASHES) & ~word
        other = word ^ separators
        found = (low | word | ((other - ONES) & ~other)) & HIGHS
        if found != np.uint64(0):
            return min(i + (trailing_zeros(found) >> 3), hi)
        i += 8
    return hi


@inlined
def _scan_line(buf, i, hi, classes, separators, columns, bounds):
    """One line from ``i``: fills ``bounds`` (field starts less one, then the end); returns (line end, fields, fault, mark)."""
    field, fault, mark = 0, 0, 0
    bounds[0] = i - 1
    fresh = True
    while i < hi:
        kind = at(classes, at(buf, i))
        if kind == _PLAIN:
            i = _skip_plain(buf, i + 1, hi, separators)
            fresh = False
            continue
        if kind == _LINE_END:
            break
        if kind == _SEPARATOR:
            field += 1
            if field < columns:
                bounds[field] = i
            fresh = True
        elif kind == _QUOTE:
            if fresh:
                i, fault, mark = _quoted_field(buf, i + 1, hi, classes, fault, mark)
                fresh = False
                continue
            mark |= REQUOTE
        elif kind == _NUL:
            fault = _NUL_BYTE
            fresh = False
        elif kind == _RETURN:
            if i + 1 < hi and buf[i + 1] != LF:  # a line end to some readers, not to this one
                mark |= REQUOTE
            fresh = False
        else:
            mark |= HIGH
            fresh = False
        i += 1
    return i, field + 1, fault, mark


@inlined
def _has_nul(buf, lo, hi):
    for i in range(lo, hi):
        if buf[i] == 0:
            return True
    return False


@compiled_once
def scan_lines(buf, lo, hi, classes, columns, bounds, number, fault, mark):
    """Scan ``buf[lo:hi]``, lines ended by LF or CRLF, the last one perhaps by nothing. Blank lines are skipped.

    Row i of the answer: field j is ``buf[bounds[i, j] + 1 : bounds[i, j + 1]]`` for j < ``columns`` (for a
    line with a fault only the first and the last bound hold); ``number[i]`` counts physical lines from 0.
    Arrays must be as long as there are lines. Returns (rows, blank lines).
    """
    rows, blank, line, i = 0, 0, 0, lo
    separators = np.uint64(0)
    for byte in range(256):
        if classes[byte] == _SEPARATOR:
            separators = np.uint64(byte) * ONES
    while i < hi:
        start = i
        i, fields, wrong, marks = _scan_line(buf, i, hi, classes, separators, columns, bounds[rows])
        end = i - 1 if i > start and buf[i - 1] == CR else i
        i += 1
        if end == start:
            blank += 1
            line += 1
            continue
        if wrong != 0 and _has_nul(buf, start, end):
            wrong = _NUL_BYTE
        if wrong == 0 and fields != columns:
            wrong = _TOO_FEW if fields < columns else _TOO_MANY
        if end - start > MAX_LINE:
            wrong = _LONG
        bounds[rows, columns] = end
        number[rows] = line
        fault[rows] = wrong
        mark[rows] = marks
        rows += 1
        line += 1
    return rows, blank


@inlined
def _is_utf8(buf, i, hi):
    """Exact UTF-8: no overlong form, no surrogate, nothing above U+10FFFF."""
    while i < hi:
        c = buf[i]
        if c < 0x80:
            i += 1
            continue
        if c < 0xC2 or c > 0xF4:
            return False
        more = 1 if c < 0xE0 else (2 if c < 0xF0 else 3)
        if i + more >= hi:
            return False
        second = buf[i + 1]
        low, high = 0x80, 0xBF
        if c == 0xE0:
            low = 0xA0
        elif c == 0xED:
            high = 0x9F
        elif c == 0xF0:
            low = 0x90
        elif c == 0xF4:
            high = 0x8F
        if second < low or second > high:
            return False
        for k in range(2, more + 1):
            if buf[i + k] < 0x80 or buf[i + k] > 0xBF:
                return False
        i += more + 1
    return True


@compiled_once
def find_foreign(buf, bounds, columns, mark, rows, foreign):
    """Mark the rows that are not UTF-8; returns (how many, how many bytes above 127 they hold)."""
    found, high = 0, 0
    for i in range(rows):
        foreign[i] = 0
        if mark[i] & HIGH == 0:
            continue
        lo, hi = bounds[i, 0] + 1, bounds[i, columns]
        if not _is_utf8(buf, lo, hi):
            foreign[i] = 1
            found += 1
            for k in range(lo, hi):
                high += buf[k] >= 128
    return found, high


@compiled_once
def convert_foreign(buf, lo, hi, bounds, columns, foreign, rows, table, widths, out):
    """Copy ``buf[lo:hi]`` to ``out``, foreign rows turned into UTF-8 through ``table`` (256 × 3); returns the length."""
    o, row = 0, 0
    i = lo
    while i < hi:
        while row < rows and (foreign[row] == 0 or bounds[row, columns] <= i):
            row += 1
        inside = row < rows and i > bounds[row, 0]
        if inside and buf[i] >= 128:
            c = buf[i]
            for k in range(widths[c]):
                out[o] = table[c, k]
                o += 1
        else:
            out[o] = buf[i]
            o += 1
        i += 1
    return o


def windows_1252() -> tuple[Bytes, Bytes]:
    """UTF-8 spelling of each byte of Windows-1252 (its five holes read as Latin-1): (256 × 3 bytes, widths)."""
    table, widths = np.zeros((256, 3), np.uint8), np.ones(256, np.uint8)
    for code in range(256):
        raw = bytes([code])
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        spelled = text.encode()
        table[code, : len(spelled)] = list(spelled)
        widths[code] = len(spelled)
    return table, widths
