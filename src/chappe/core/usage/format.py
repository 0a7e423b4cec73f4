"""From priced arrays back to lines of text: the input's own bytes, then what rating found.

Compiled, without the interpreter's lock. Amounts are plain decimals in full precision, without exponent and
without trailing zeros; an amount of a call that is not rated is empty, never 0.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from chappe.core.rating.contract import Priced, Reason, Status
from chappe.core.usage.fast import PADDING, compiled_once, inlined, move, move_16
from chappe.core.usage.faults import reason_word

_ZERO, _DOT, _MINUS, _GREATER, _QUOTE = 48, 46, 45, 62, 34
NANO, MICRO = 1_000_000_000, 1_000_000
NANO_U, MICRO_U, _TEN = np.uint64(NANO), np.uint64(MICRO), np.uint64(10)
_THOUSAND = np.uint64(1000)
_THREE_DIGITS = np.frombuffer("".join(f"{n:03d} " for n in range(1000)).encode(), np.uint8).copy()  # "000 001 …"
WIDEST_NUMBER = 21  # sign, 19 digits, point
FIXED_WIDTH = 9 * WIDEST_NUMBER + 24  # amounts, pieces, and one separator each


class Words(NamedTuple):
    """Byte strings end to end: word i is ``text[at[i]:at[i + 1]]``."""

    text: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]


class Lists(NamedTuple):
    """Several lists of words in one: list k begins at word ``first[k - 1]``, the first (the rates) at 0."""

    text: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]
    first: tuple[int, ...]
    quote_first: bool  # the words of the first list are written between quotes
    row_bytes: int  # the most that one word of each list and the numbers of a row need


def lists_of(lists: Sequence[Sequence[str]], *, quote_first: bool = False) -> Lists:
    """Pack lists of words; the first counts twice in a row's width, for ``A>B``."""
    packed = words([word for items in lists for word in items])
    starts = [int(n) for n in np.cumsum([0, *(len(items) for items in lists)])]
    sizes = np.diff(packed.at)
    widths = [int(sizes[lo:hi].max(initial=0)) for lo, hi in pairwise(starts)]
    return Lists(packed.text, packed.at, tuple(starts[1:-1]), quote_first, FIXED_WIDTH + sum(widths) + widths[0] + 3)


def all_quoted(items: Sequence[str], separator: str) -> Sequence[str]:
    """Every item as one CSV field; nearly always the items themselves, found out at one look."""
    together = "".join(items)
    if any(mark in together for mark in (separator, '"', "\n", "\r")):
        return [quoted(item, separator) for item in items]
    return items


def words(items: Sequence[str]) -> Words:
    """Pack names."""
    packed = [item.encode() for item in items]
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array([len(p) for p in packed], np.int64))])
    return Words(np.frombuffer(bytearray().join([*packed, bytes(PADDING)]), np.uint8), at.astype(np.int64))


def quoted(text: str, separator: str) -> str:
    """``text`` as one CSV field."""
    if any(mark in text for mark in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


STATUS_WORDS = [status.name for status in sorted(Status)]
REASON_WORDS = ["" if code not in set(Reason) else reason_word(code) for code in range(max(Reason) + 1)]


@inlined
def _put_whole(out, o, whole):
    """A number that is not negative; returns where it ends."""
    count, rest = 1, whole // _TEN
    while rest > 0:
        count += 1
        rest //= _TEN
    for k in range(o + count - 1, o - 1, -1):
        out[k] = _ZERO + whole % _TEN
        whole //= _TEN
    return o + count


@inlined
def _put_decimal(out, o, value, unit, decimals):
    """``value / unit`` as a plain decimal, ``unit`` = 10 ** ``decimals`` (both constants: divisions become products)."""
    if value < 0:
        out[o] = _MINUS
        o += 1
        value = -value
    size = np.uint64(value)
    whole = size // unit
    part = size - whole * unit
    if whole < _TEN:
        out[o] = _ZERO + whole
        o += 1
    else:
        o = _put_whole(out, o, whole)
    if part == 0:
        return o
    out[o] = _DOT
    for k in range(decimals - 3, -1, -3):  # three digits at a time, from the last ones on
        rest = part // _THOUSAND
        move(out, o + 1 + k, _THREE_DIGITS, np.int64(part - rest * _THOUSAND) * 4, 3)
        part = rest
    end = o + decimals
    while out[end] == _ZERO:
        end -= 1
    return end + 1


@inlined
def _put_nano(out, o, value):
    return _put_decimal(out, o, value, NANO_U, 9)


@inlined
def _put_micro(out, o, value):
    return _put_decimal(out, o, value, MICRO_U, 6)


@compiled_once
def put_millionths(out, o, value):
    """Write millionths as a plain decimal; returns where it ends."""
    return _put_micro(out, o, value)


@inlined
def _copy(out, o, buf, lo, hi):
    move(out, o, buf, lo, hi - lo)
    return o + hi - lo


@inlined
def _put_word(out, o, text, edge, i):
    """Word i of a list; most are short and go as one move of sixteen bytes (lists and outputs are padded)."""
    if i < 0:
        return o
    lo, hi = edge[i], edge[i + 1]
    if hi - lo <= 16:
        move_16(out, o, text, lo)
    else:
        move(out, o, text, lo, hi - lo)
    return o + hi - lo


@inlined
def _put_rate(out, o, text, edge, quote_rates, rate, last):
    """``A``, or ``A>B`` when the last piece has another rate; one pair of quotes around both."""
    if quote_rates:
        out[o] = _QUOTE
        o += 1
    o = _put_word(out, o, text, edge, rate)
    if last >= 0 and last != rate:
        out[o] = _GREATER
        o = _put_word(out, o + 1, text, edge, last)
    if quote_rates:
        out[o] = _QUOTE
        o += 1
    return o


@inlined
def _put_priced(out, o, amounts, marks, sep, text, edge, first, quote_rates, has_service):
    """The columns from cost to plan_version (and the service columns) of a rated row.

    Few arguments on purpose: a tuple of arrays handed over for each row costs more than all that is written here.
    """
    o = _put_nano(out, o, amounts[0])
    out[o] = sep
    o = _put_nano(out, o + 1, amounts[1])
    out[o] = sep
    o = _put_nano(out, o + 1, amounts[2])
    out[o] = sep
    o = _put_micro(out, o + 1, amounts[3])
    out[o] = sep
    o = _put_whole(out, o + 1, np.uint64(marks[0]))
    out[o] = sep
    o = _put_rate(out, o + 1, text, edge, quote_rates, marks[1], marks[2])
    out[o] = sep
    o = _put_word(out, o + 1, text, edge, first[0] + marks[3] if marks[3] >= 0 else -1)
    out[o] = sep
    o = _put_word(out, o + 1, text, edge, first[1] + marks[4] if marks[4] >= 0 else -1)
    out[o] = sep
    o = _put_word(out, o + 1, text, edge, first[2])
    if has_service:
        out[o] = sep
        o = _put_nano(out, o + 1, amounts[4])
        out[o] = sep
        o = _put_word(out, o + 1, text, edge, first[3] + marks[1])
        out[o] = sep
        o = _put_word(out, o + 1, text, edge, first[4] + marks[1])
    return o


@inlined
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


@compiled_once
def format_rows(buf, bounds, rows, kept, columns, status, reason, amounts, marks, names, has_service, sep, crlf, out):
    """Write ``rows`` lines to ``out``; returns their length.

    ``amounts`` and ``marks`` as :func:`side_by_side` makes them; ``names`` as batch.Rater does: all words packed, where
    each list begins, whether rates are quoted.
    """
    text, edge, first, quote_rates = names
    empty = 9 + 3 * has_service
    o = 0
    for i in range(rows):
        o = _put_line(out, o, buf, bounds[i], kept, columns, sep)
        out[o] = sep
        o = _put_word(out, o + 1, text, edge, first[5] + status[i])
        out[o] = sep
        o = _put_word(out, o + 1, text, edge, first[6] + reason[i])
        if status[i] == 0:
            out[o] = sep
            o = _put_priced(out, o + 1, amounts[i], marks[i], sep, text, edge, first, quote_rates, has_service)
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


def side_by_side(priced: Priced) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """(cost, fee, total, billed, service) and (pieces, rate, last rate, prefix, destination), one row a call."""
    amounts = np.stack((priced.cost, priced.connect_fee, priced.total, priced.billed, priced.service), axis=1)
    marks = np.stack((priced.pieces, priced.rate, priced.last_rate, priced.prefix, priced.destination), axis=1)
    return amounts, marks


@compiled_once
def needed_bytes(bounds, rows, columns, fixed):
    """An upper bound of what format_rows will write."""
    total = PADDING
    for i in range(rows):
        total += bounds[i, columns] - bounds[i, 0] + fixed
    return total


@compiled_once
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
