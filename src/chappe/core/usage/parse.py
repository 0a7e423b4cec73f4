"""From the bytes of fields to numbers: moments, quantities, numbers called. The second pass over a block.

Compiled, without the interpreter's lock. Every value is exact: moments are microseconds UTC, quantities
millionths; nothing here is a float. What cannot be read is given a Fault, never a guess.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np

from chappe.core.rating.contract import FIRST_YEAR, LAST_YEAR
from chappe.core.usage import columns as c
from chappe.core.usage.fast import at as byte_at
from chappe.core.usage.fast import compiled_once, eight, inlined
from chappe.core.usage.faults import MOST_DIGITS, Fault
from chappe.core.usage.keys import find_group, find_one, hash_one, same_bytes

ID, TENANT, TOR, CATEGORY, DIRECTION = c.ID, c.TENANT, c.TOR, c.CATEGORY, c.DIRECTION
SUBJECT, DESTINATION, START, END, USAGE = c.SUBJECT, c.DESTINATION, c.START, c.END, c.USAGE
N_FIELDS = len(c.FIELDS)

DAY = 86_400
MILLION = 1_000_000
MOST_USAGE = 2**62 // MILLION  # whole units; more does not fit 64 bits with room for one sum

_OK, _BAD, _RANGE, _NEGATIVE, _LARGE = 0, 1, 2, 3, 4
_ZERO, _NINE, _DOT, _COMMA, _MINUS, _PLUS = 48, 57, 46, 44, 45, 43
_BYTE = np.uint64(0xFF)


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# What is taken off "yyyy-mm-" and "ddThh:mm", what is added to the rest of each digit, and what must then be 0.
_DATE, _CLOCK = _word(b"0000-00-"), _word(b"00T00:00")
_DATE_SIX, _CLOCK_SIX = _word(b"\6\6\6\6\0\6\6\0"), _word(b"\6\6\0\6\6\0\6\6")
_DATE_NIBBLES = _word(b"\xf0\xf0\xf0\xf0\xff\xf0\xf0\xff")
_CLOCK_NIBBLES = _word(b"\xf0\xf0\xff\xf0\xf0\xff\xf0\xf0")

_F = {fault.name: int(fault) for fault in Fault}
_MISSING_ID, _MISSING_TENANT, _MISSING_SUBJECT = _F["MISSING_ID"], _F["MISSING_TENANT"], _F["MISSING_SUBJECT"]
_MISSING_DESTINATION, _MISSING_START, _MISSING_END = _F["MISSING_DESTINATION"], _F["MISSING_START"], _F["MISSING_END"]
_UNKNOWN_TENANT, _BAD_DIRECTION = _F["UNKNOWN_TENANT"], _F["BAD_DIRECTION"]
_BAD_START, _BAD_END = _F["BAD_START"], _F["BAD_END"]
_START_OUT, _END_OUT, _END_FIRST = _F["START_OUT_OF_RANGE"], _F["END_OUT_OF_RANGE"], _F["END_BEFORE_START"]
_BAD_USAGE, _NEGATIVE_USAGE, _USAGE_LARGE = _F["BAD_USAGE"], _F["NEGATIVE_USAGE"], _F["USAGE_TOO_LARGE"]
_LETTERS, _TOO_MANY_DIGITS = _F["LETTERS_IN_NUMBER"], _F["NUMBER_TOO_LONG"]


@inlined
def _digits(buf, at, count):
    """``count`` digits as a number, -1 when one of them is none."""
    value = 0
    for k in range(at, at + count):
        d = byte_at(buf, k) - _ZERO
        if d < 0 or d > 9:
            return -1
        value = value * 10 + d
    return value


@inlined
def days_of(year, month, day):
    """Days since 1970-01-01, or a very negative number when there is no such day (Gregorian)."""
    if month < 1 or month > 12 or day < 1:
        return -(2**40)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 28 + leap if month == 2 else (30 if month in (4, 6, 9, 11) else 31)
    if day > longest:
        return -(2**40)
    y = year - (month <= 2)
    shifted = (month + 9) % 12
    day_of_year = (153 * shifted + 2) // 5 + day - 1
    return y * 365 + y // 4 - y // 100 + y // 400 + day_of_year - 719_468


@inlined
def _offset(buf, i, hi):
    """``Z``, ``±hh:mm`` or ``±hhmm`` to the end of the field: seconds east, or 2**30 when unreadable."""
    if hi - i == 1 and (buf[i] == 90 or buf[i] == 122):
        return 0
    colon = hi - i == 6 and buf[i + 3] == 58
    if not colon and hi - i != 5:
        return 2**30
    hours = _digits(buf, i + 1, 2)
    minutes = _digits(buf, i + 3 + colon, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return 2**30
    east = hours * 3600 + minutes * 60
    if buf[i] == _PLUS:
        return east
    return -east if buf[i] == _MINUS else 2**30


@inlined
def _pick(word, k):
    """Byte ``k`` of a word, as a number."""
    return np.int64((word >> np.uint64(8 * k)) & _BYTE)


@inlined
def _usual_time(buf, i, hi):
    """``yyyy-mm-ddThh:mm:ssZ`` to the letter: its microseconds, or -1 when it is spelled or valued otherwise.

    Digits are checked eight at a time: less "0" their upper halves are 0, also when 6 is added. Years out of the
    allowed ones are left to the full reading, as all that has to be refused.
    """
    if hi - i != 20:
        return np.int64(-1)
    date, clock = eight(buf, i) ^ _DATE, eight(buf, i + 8) ^ _CLOCK
    wrong = (((date + _DATE_SIX) | date) & _DATE_NIBBLES) | (((clock + _CLOCK_SIX) | clock) & _CLOCK_NIBBLES)
    tens, ones = byte_at(buf, i + 17) - _ZERO, byte_at(buf, i + 18) - _ZERO
    if wrong != np.uint64(0) or byte_at(buf, i + 16) != 58 or byte_at(buf, i + 19) != 90:
        return np.int64(-1)
    if tens < 0 or tens > 5 or ones < 0 or ones > 9:
        return np.int64(-1)
    year = _pick(date, 0) * 1000 + _pick(date, 1) * 100 + _pick(date, 2) * 10 + _pick(date, 3)
    month, day = _pick(date, 5) * 10 + _pick(date, 6), _pick(clock, 0) * 10 + _pick(clock, 1)
    hour, minute = _pick(clock, 3) * 10 + _pick(clock, 4), _pick(clock, 6) * 10 + _pick(clock, 7)
    if year < FIRST_YEAR or year > LAST_YEAR or hour > 23 or minute > 59:
        return np.int64(-1)
    days = days_of(year, month, day)
    if days < 0:
        return np.int64(-1)
    return (days * DAY + hour * 3600 + minute * 60 + tens * 10 + ones) * MILLION


@inlined
def moment_of(buf, at, length, moments, row, field, which):
    """(microseconds UTC, offset, state) of start (``which`` 0) or end (1): as given, else from its bytes."""
    values, offsets, states = moments
    if states.shape[0] > 0:
        return values[row, which], np.int64(offsets[row, which]), np.int64(states[row, which])
    usual = _usual_time(buf, at[field], at[field] + length[field])
    if usual >= 0:
        return usual, np.int64(0), np.int64(_OK)
    return parse_time(buf, at[field], at[field] + length[field])


@compiled_once
def parse_time(buf, i, hi):
    """RFC 3339 with T, t or a space, up to six decimals: (microseconds UTC, offset in seconds, state).

    State: 0 fine, 1 unreadable (also a 30 February, hour 24, a leap second: no clock of ours has a 61st
    second), 2 outside of the years the contract allows.
    """
    if hi - i < 20:
        return 0, 0, _BAD
    year, month, day = _digits(buf, i, 4), _digits(buf, i + 5, 2), _digits(buf, i + 8, 2)
    hour, minute, second = _digits(buf, i + 11, 2), _digits(buf, i + 14, 2), _digits(buf, i + 17, 2)
    if year < 0 or month < 0 or day < 0 or hour < 0 or minute < 0 or second < 0:
        return 0, 0, _BAD
    if buf[i + 4] != _MINUS or buf[i + 7] != _MINUS or buf[i + 13] != 58 or buf[i + 16] != 58:
        return 0, 0, _BAD
    if buf[i + 10] != 84 and buf[i + 10] != 116 and buf[i + 10] != 32:
        return 0, 0, _BAD
    days = days_of(year, month, day)
    if days < -(2**39) or hour > 23 or minute > 59 or second > 59:
        return 0, 0, _BAD
    i += 19
    micro, unit = 0, 100_000
    if buf[i] == _DOT:
        i += 1
        first = i
        while i < hi and _ZERO <= buf[i] <= _NINE:
            micro += (buf[i] - _ZERO) * unit
            unit //= 10
            i += 1
        if i == first or i - first > 6:
            return 0, 0, _BAD
    offset = _offset(buf, i, hi) if i < hi else 2**30
    if offset == 2**30:
        return 0, 0, _BAD
    if year < FIRST_YEAR or year > LAST_YEAR:
        return 0, 0, _RANGE
    return ((days * DAY + hour * 3600 + minute * 60 + second - offset) * MILLION + micro), offset, _OK


@inlined
def parse_quantity(buf, i, hi, timed):
    """A plain decimal as millionths: (value, state). Decimals, at most six, only where usage is time."""
    negative = buf[i] == _MINUS
    if negative or buf[i] == _PLUS:
        i += 1
    whole, digits = 0, 0
    while i < hi and _ZERO <= buf[i] <= _NINE:
        if whole <= MOST_USAGE:
            whole = whole * 10 + (buf[i] - _ZERO)
        digits += 1
        i += 1
    micro, unit = 0, 100_000
    if i < hi and (buf[i] == _DOT or buf[i] == _COMMA):
        i += 1
        while i < hi and _ZERO <= buf[i] <= _NINE:
            digit = buf[i] - _ZERO
            if digit != 0 and (unit == 0 or not timed):
                return 0, _BAD
            micro += digit * unit
            unit //= 10
            digits += 1
            i += 1
    if i < hi or digits == 0:
        return 0, _BAD
    if whole > MOST_USAGE:
        return 0, _LARGE
    if negative and (whole != 0 or micro != 0):
        return 0, _NEGATIVE
    return whole * MILLION + micro, _OK


@inlined
def _lower(buf, i):
    return buf[i] | 32 if 65 <= buf[i] <= 90 else buf[i]


@inlined
def is_timed(buf, at, length):
    """True for the types of record that are time: empty, ``0``, ``voice``, ``*voice`` in any case."""
    if length == 0 or (length == 1 and buf[at] == _ZERO):
        return True
    if length == 6 and buf[at] == 42:
        at, length = at + 1, 5
    word = (118, 111, 105, 99, 101)
    if length != 5:
        return False
    for k in range(5):
        if _lower(buf, at + k) != word[k]:
            return False
    return True


@inlined
def direction_of(buf, at, length):
    """0 for OUT, 1 for IN (any case, with or without a star), -1 for anything else."""
    if length > 0 and buf[at] == 42:
        at, length = at + 1, length - 1
    if length == 3 and _lower(buf, at) == 111 and _lower(buf, at + 1) == 117 and _lower(buf, at + 2) == 116:
        return 0
    if length == 2 and _lower(buf, at) == 105 and _lower(buf, at + 1) == 110:
        return 1
    return -1


@inlined
def _number_fault(buf, at, length):
    """The number of a timed call: digits, +, * and #, at most MOST_DIGITS of them."""
    for k in range(at, at + length):
        b = buf[k]
        if not (_ZERO <= b <= _NINE or b in (_PLUS, 42, 35)):
            return _LETTERS
    return _TOO_MANY_DIGITS if length > MOST_DIGITS else 0


@inlined
def _usage_of(buf, at, length, start, timed, moments, row):
    """(usage in millionths, fault) from the field usage, else from end less start."""
    if length[USAGE] > 0:
        usage, state = parse_quantity(buf, at[USAGE], at[USAGE] + length[USAGE], timed)
        if state == _OK:
            return usage, 0
        return 0, _NEGATIVE_USAGE if state == _NEGATIVE else (_USAGE_LARGE if state == _LARGE else _BAD_USAGE)
    if length[END] <= 0:
        return 0, _MISSING_END
    end, _, state = moment_of(buf, at, length, moments, row, END, 1)
    if state != _OK:
        return 0, _BAD_END if state == _BAD else _END_OUT
    return (end - start, 0) if end >= start else (0, _END_FIRST)


@inlined
def _missing(length, timed):
    """The first mandatory field that is empty, as a fault. Volumes and events need no number called."""
    if length[ID] <= 0:
        return _MISSING_ID
    if length[TENANT] <= 0:
        return _MISSING_TENANT
    if length[SUBJECT] <= 0:
        return _MISSING_SUBJECT
    if length[DESTINATION] <= 0 and timed:
        return _MISSING_DESTINATION
    return _MISSING_START if length[START] <= 0 else 0


@inlined
def _read_call(buf, at, length, moments, row, start, usage, offset, timed):
    """Read one call into the arrays at ``row``; returns its fault."""
    voice = is_timed(buf, at[TOR], length[TOR])
    timed[row] = voice
    wrong = _missing(length, voice)
    if wrong != 0:
        return wrong
    moment, east, state = moment_of(buf, at, length, moments, row, START, 0)
    if state != _OK:
        return _BAD_START if state == _BAD else _START_OUT
    start[row], offset[row] = moment, east
    amount, wrong = _usage_of(buf, at, length, moment, voice, moments, row)
    usage[row] = amount
    if wrong == 0 and voice:
        wrong = _number_fault(buf, at[DESTINATION], length[DESTINATION])
    return wrong


@inlined
def _same_group(buf, at, length, kind, before):
    """Whether a row has the tenant and the category (or type of record) of the row ``before``."""
    return (
        length[TENANT] == before[1]
        and length[kind] == before[3]
        and same_bytes(buf, before[0], buf, at[TENANT], length[TENANT])
        and same_bytes(buf, before[2], buf, at[kind], length[kind])
    )


@inlined
def _key_in(subjects, anyone, group, buf, at, length):
    """The subject's own profile in a group, else that of *any there, else -1."""
    if group < 0:
        return np.int64(-1)
    found = find_one(subjects, buf, at, length, group)
    return found if found >= 0 else np.int64(anyone[group])


@compiled_once
def read_calls(
    buf, at, length, rows, fault, moments, who, scratch, key, dest_at, dest_len, start, usage, offset, timed, ids
):
    """Read ``rows`` calls whose field bytes stand at ``at[i, field]`` for ``length[i, field]`` (see batch.Fields).

    ``who`` is (groups, subjects, anyone, tenants, by_tor, for_all), see batch.Rater; ``scratch`` has room for the
    longest group. Fills the columns of contract.Calls, ``fault`` and ``ids`` (a 64-bit hash of each id; 0 for rows
    with a fault). Rows that already have a fault are left alone.
    """
    groups, subjects, anyone, tenants, by_tor, for_all = who
    kind = TOR if by_tor else CATEGORY
    last_way, group, general = -1, -1, -1  # of the row before: whose calls follow each other share a group
    before = (0, 0, 0, 0)
    for i in range(rows):
        ids[i] = 0
        key[i], dest_at[i], dest_len[i], start[i], usage[i], offset[i], timed[i] = -1, 0, 0, 0, 0, 0, 1
        if fault[i] != 0:
            continue
        a, n = at[i], length[i]
        fault[i] = _read_call(buf, a, n, moments, i, start, usage, offset, timed)
        if fault[i] != 0:
            continue
        way = direction_of(buf, a[DIRECTION], n[DIRECTION])
        if way < 0:
            fault[i] = _BAD_DIRECTION
            continue
        if way != last_way or not _same_group(buf, a, n, kind, before):
            group = find_group(groups, scratch, buf, way, a[TENANT], n[TENANT], a[kind], n[kind])
            if for_all:  # tenant *any stands at the very beginning (lines.preamble)
                general = find_group(groups, scratch, buf, way, 0, 4, a[kind], n[kind])
            last_way, before = way, (a[TENANT], n[TENANT], a[kind], n[kind])
        who_pays = _key_in(subjects, anyone, group, buf, a[SUBJECT], n[SUBJECT])
        if who_pays < 0 and for_all:
            who_pays = _key_in(subjects, anyone, general, buf, a[SUBJECT], n[SUBJECT])
        key[i] = who_pays
        if who_pays < 0 and not for_all and find_one(tenants, buf, a[TENANT], n[TENANT], 0) < 0:
            fault[i] = _UNKNOWN_TENANT
            continue
        at_number, length_number = a[DESTINATION], n[DESTINATION]
        if length_number > 0 and buf[at_number] == _PLUS:
            at_number, length_number = at_number + 1, length_number - 1
        dest_at[i], dest_len[i] = at_number, length_number
        ids[i] = hash_one(buf, a[ID], n[ID], 0)
