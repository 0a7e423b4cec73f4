"""From priced arrays back to lines of text: the input's own bytes, then what rating found.

Compiled, without the interpreter's lock. Amounts are plain decimals in full precision, without exponent and
without trailing zeros; an amount of a call that is not rated is empty, never 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from chappe.core.rating.contract import Reason, Status
from chappe.core.usage.faults import reason_word

_ZERO, _DOT, _MINUS, _GREATER, _QUOTE = 48, 46, 45, 62, 34
NANO, MICRO = 1_000_000_000, 1_000_000
WIDEST_NUMBER = 21  # sign, 19 digits, point
FIXED_WIDTH = 9 * WIDEST_NUMBER + 24  # amounts, pieces, and one separator each


class Words(NamedTuple):
    """Byte strings end to end: word i is ``text[at[i]:at[i + 1]]``."""

    text: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]


def words(items: Sequence[str], separator: str = "") -> Words:
    """Pack names; with a separator each is quoted where CSV asks for it."""
    packed = [(quoted(item, separator) if separator else item).encode() for item in items]
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array([len(p) for p in packed], np.int64))])
    return Words(np.frombuffer(b"".join(packed) or b"\0", np.uint8), at.astype(np.int64))


def quoted(text: str, separator: str) -> str:
    """``text`` as one CSV field."""
    if any(mark in text for mark in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def widest(packed: Words) -> int:
    return int(np.diff(packed.at).max(initial=0))


STATUS_WORDS = [status.name for status in sorted(Status)]
REASON_WORDS = ["" if code not in set(Reason) else reason_word(code) for code in range(max(Reason) + 1)]


@njit(cache=True, nogil=True)
def put_number(out, o, value, unit):
    """Write ``value / unit`` (unit a power of ten) as a plain decimal; returns where it ends."""
    if value < 0:
        out[o] = _MINUS
        o += 1
        value = -value
    whole, part = value // unit, value % unit
    count, rest = 1, whole // 10
    while rest > 0:
        count += 1
        rest //= 10
    for k in range(o + count - 1, o - 1, -1):
        out[k] = _ZERO + whole % 10
        whole //= 10
    o += count
    if part == 0:
        return o
    out[o] = _DOT
    o += 1
    while part > 0:
        unit //= 10
        out[o] = _ZERO + part // unit
        part %= unit
        o += 1
    return o


@njit(cache=True, nogil=True, inline="always")
def _copy(out, o, buf, lo, hi):
    for k in range(hi - lo):
        out[o + k] = buf[lo + k]
    return o + hi - lo


@njit(cache=True, nogil=True, inline="always")
def _put_word(out, o, packed, i):
    return _copy(out, o, packed.text, packed.at[i], packed.at[i + 1]) if i >= 0 else o


@njit(cache=True, nogil=True)
def _put_rate(out, o, rates, quote_rates, rate, last):
    """``A``, or ``A>B`` when the last piece has another rate; one pair of quotes around both."""
    if quote_rates:
        out[o] = _QUOTE
        o += 1
    o = _put_word(out, o, rates, rate)
    if last >= 0 and last != rate:
        out[o] = _GREATER
        o = _put_word(out, o + 1, rates, last)
    if quote_rates:
        out[o] = _QUOTE
        o += 1
    return o


@njit(cache=True, nogil=True)
def _put_priced(out, o, i, sep, priced, names, has_service):
    """The columns from cost to plan_version (and the service columns) of a rated row."""
    rates, quote_rates, prefixes, destinations, version, vats, service_vats = names
    o = put_number(out, o, priced.cost[i], NANO)
    out[o] = sep
    o = put_number(out, o + 1, priced.connect_fee[i], NANO)
    out[o] = sep
    o = put_number(out, o + 1, priced.total[i], NANO)
    out[o] = sep
    o = put_number(out, o + 1, priced.billed[i], MICRO)
    out[o] = sep
    o = put_number(out, o + 1, priced.pieces[i], 1)
    out[o] = sep
    rate, last = priced.rate[i], priced.last_rate[i]
    o = _put_rate(out, o + 1, rates, quote_rates, rate, last)
    out[o] = sep
    o = _put_word(out, o + 1, prefixes, priced.prefix[i])
    out[o] = sep
    o = _put_word(out, o + 1, destinations, priced.destination[i])
    out[o] = sep
    o = _put_word(out, o + 1, version, 0)
    if has_service:
        out[o] = sep
        o = put_number(out, o + 1, priced.service[i], NANO)
        out[o] = sep
        o = _put_word(out, o + 1, vats, rate)
        out[o] = sep
        o = _put_word(out, o + 1, service_vats, rate)
    return o


@njit(cache=True, nogil=True)
def _put_line(out, o, buf, bounds, kept, columns, sep):
    """The input's own bytes: whole when nothing is dropped, else field by field."""
    if kept.shape[0] == columns:
        return _copy(out, o, buf, bounds[0] + 1, bounds[columns])
    for k in range(kept.shape[0]):
        if k > 0:
            out[o] = sep
            o += 1
        o = _copy(out, o, buf, bounds[kept[k]] + 1, bounds[kept[k] + 1])
    return o


@njit(cache=True, nogil=True)
def format_rows(buf, bounds, rows, kept, columns, priced, texts, names, has_service, sep, crlf, out):
    """Write ``rows`` lines to ``out``; returns their length. ``texts`` is (status words, reason words)."""
    statuses, reasons = texts
    empty = 9 + 3 * has_service
    o = 0
    for i in range(rows):
        o = _put_line(out, o, buf, bounds[i], kept, columns, sep)
        out[o] = sep
        o = _put_word(out, o + 1, statuses, priced.status[i])
        out[o] = sep
        o = _put_word(out, o + 1, reasons, priced.reason[i])
        if priced.status[i] == 0:
            out[o] = sep
            o = _put_priced(out, o + 1, i, sep, priced, names, has_service)
        else:
            for _ in range(empty):
                out[o] = sep
                o += 1
        if crlf:
            out[o] = 13
            o += 1
        out[o] = 10
        o += 1
    return o


@njit(cache=True, nogil=True)
def needed_bytes(bounds, rows, columns, fixed):
    """An upper bound of what format_rows will write."""
    total = 0
    for i in range(rows):
        total += bounds[i, columns] - bounds[i, 0] + fixed
    return total


@njit(cache=True, nogil=True)
def tally(priced, rows, counts, totals):
    """Add to ``counts[status, reason]`` and ``totals`` (cost, connect fee, service, total; high and low parts).

    Each sum is kept as (× 10⁹, rest), so that billions of the largest amounts still fit.
    """
    for i in range(rows):
        counts[priced.status[i], priced.reason[i]] += 1
        if priced.status[i] != 0:
            continue
        for k, value in enumerate((priced.cost[i], priced.connect_fee[i], priced.service[i], priced.total[i])):
            totals[k, 0] += value // NANO
            totals[k, 1] += value % NANO
