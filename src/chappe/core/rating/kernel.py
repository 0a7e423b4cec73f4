"""The rating kernel: the one function that prices calls, for files, single calls and explanations alike.

Compiled by numba without the interpreter lock; integers only, no float anywhere. It walks each call (walk.py,
which looks up with find.py and counts with arithmetic.py), then adds connect fee, minimum and service part.
Importing this module costs the import of numba: import it where calls are priced, not where plans are shown.
Sections (§) in all of these are of the semantics that the plan of the house decided on.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np
import numpy.typing as npt

from chappe.core.base.machine import entry, inlined
from chappe.core.rating import tables as tb
from chappe.core.rating.arithmetic import mul_div
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import FIRST_YEAR, LAST_YEAR, Calls, Priced, Reason, Status
from chappe.core.rating.find import deepest_prefix, look
from chappe.core.rating.tables import FAR, MAX_TIMED_USAGE, CallColumns, PricedColumns, new_trace
from chappe.core.rating.walk import pricing_of, walk

EARLIEST = int(np.datetime64(f"{FIRST_YEAR}-01-01", "us").astype(np.int64))
LATEST = int(np.datetime64(f"{LAST_YEAR + 1}-01-01", "us").astype(np.int64))
MAX_OFFSET = 18 * 3600  # of a time stamp, seconds; the widest in use is 14 h

RATED, UNRATED, REJECTED = int(Status.RATED), int(Status.UNRATED), int(Status.REJECTED)
NONE, NO_PROFILE, FIRST_REJECTION = int(Reason.NONE), int(Reason.NO_PROFILE), int(Reason.BAD_TIME)
BAD_TIME, NEGATIVE_USAGE = int(Reason.BAD_TIME), int(Reason.NEGATIVE_USAGE)
OUT_OF_RANGE_TIME, TOO_LONG = int(Reason.OUT_OF_RANGE_TIME), int(Reason.TOO_LONG)
TOO_EXPENSIVE = int(Reason.TOO_EXPENSIVE)


@inlined
def service_part(w, pricing, usage):
    """S part of a C+S call in nano, on its whole usage after the free part, rounded once half up; -1 too large."""
    part = w[pricing + tb.PR_SERVICE]
    if part < 0:
        return np.int64(0)
    part = w[tb.W_SERVICE] + tb.SERVICE_COLUMNS * part
    num, den = w[part + tb.SV_NUM], w[part + tb.SV_DEN]
    beyond = usage - w[part + tb.SV_FREE]
    if beyond <= 0 or num == 0:
        return np.int64(0)
    if num < 0:
        return np.int64(-1)
    if w[part + tb.SV_KIND] == tb.KIND_CALL:
        return num
    nano, rest = mul_div(num, beyond, den)
    if nano >= 0 and 2 * rest >= den:
        nano += 1
    return nano


@inlined
def unbelievable(start, usage, offset, timed):
    """Why a call is refused before any plan is looked at."""
    if usage < 0:
        return NEGATIVE_USAGE
    if start < EARLIEST or start >= LATEST:
        return OUT_OF_RANGE_TIME
    if offset > MAX_OFFSET or offset < -MAX_OFFSET:
        return BAD_TIME
    if usage >= FAR or (timed and usage > MAX_TIMED_USAGE):
        return TOO_LONG
    return NONE


@inlined
def refuse(out, i, status, reason):
    """The answer for a call that has no price."""
    out.status[i], out.reason[i] = status, reason
    out.cost[i] = out.connect_fee[i] = out.service[i] = out.total[i] = out.billed[i] = 0
    out.pieces[i] = 0
    out.rate[i] = out.last_rate[i] = out.prefix[i] = out.destination[i] = out.plan[i] = -1


@inlined
def answer(n, w, s, out, i, usage):
    """The amounts of a call that was walked to its end: NONE, or TOO_EXPENSIVE and nothing written."""
    row = s[tb.S_BEGIN_ROW]
    pricing = pricing_of(n, w, row)
    cost, fee, service = s[tb.S_WHOLE], np.int64(0), np.int64(0)
    if usage > 0:
        fee, service = w[pricing + tb.PR_CONNECT], service_part(w, pricing, usage)
        cost = max(cost, w[pricing + tb.PR_MINIMUM] - fee)
        if service < 0 or fee >= FAR or cost >= FAR - fee or service >= FAR - fee - cost:
            return TOO_EXPENSIVE
    rows, line = w[tb.N_ROW] + tb.ROW_RATE, w[tb.N_LINE] + tb.LINE_COLUMNS * s[tb.S_BEGIN_LINE]
    out.status[i], out.reason[i] = RATED, NONE
    out.cost[i], out.connect_fee[i], out.service[i], out.total[i] = cost, fee, service, cost + fee + service
    out.billed[i], out.pieces[i] = s[tb.S_BILLED], s[tb.S_PIECES]
    out.rate[i], out.last_rate[i] = n[rows + tb.ROW_COLUMNS * row], n[rows + tb.ROW_COLUMNS * s[tb.S_END_ROW]]
    out.prefix[i] = s[tb.S_BEGIN_PREFIX] - 1
    out.destination[i], out.plan[i] = n[line + tb.LINE_DESTINATION], n[line + tb.LINE_PLAN]
    return NONE


@inlined
def look_ahead(n, w, s, trace, calls, i, here):
    """Look up what holds at the start of a call whose prefix stands at ``here``, and leave it there."""
    start, offset = calls.start[i], np.int64(calls.offset[i])
    key = np.int64(calls.key[i])
    reason = unbelievable(start, calls.usage[i], offset, calls.timed[i] != 0)
    if reason == NONE:
        reason = NO_PROFILE
        if key >= 0:
            reason = look(n, w, s, trace, key, s[here + tb.A_PREFIX], start, start, offset)
    s[here + tb.A_REASON] = reason
    if reason == NONE:
        for column in range(tb.S_UNTIL, tb.S_ROW + 1):
            s[here + tb.A_FOUND - tb.S_UNTIL + column] = s[column]
        s[here + tb.A_SLOTS] = w[pricing_of(n, w, s[tb.S_ROW])]  # so that it is near when it is priced


@inlined
def price(n, w, s, trace, calls, out, i, here):
    """Price one call that was looked up."""
    usage, reason = calls.usage[i], s[here + tb.A_REASON]
    if reason == NONE:
        for column in range(tb.S_UNTIL, tb.S_ROW + 1):
            s[column] = s[here + tb.A_FOUND - tb.S_UNTIL + column]
        key, prefix, timed = np.int64(calls.key[i]), s[here + tb.A_PREFIX], calls.timed[i] != 0
        reason = walk(n, w, s, trace, key, prefix, calls.start[i], usage, np.int64(calls.offset[i]), timed)
    if reason == NONE:
        reason = answer(n, w, s, out, i, usage)
    if reason != NONE:
        refuse(out, i, UNRATED if reason < FIRST_REJECTION else REJECTED, reason)


@entry("chappe.core.rating", "chappe.core.base")
def rate_all(n, w, s, trace, calls, out):
    """Price every call. The only entry of the compiled code.

    Some calls are looked up before any of them is priced, because memory answers several at a time.
    """
    length = calls.key.size
    for first in range(0, length, tb.AHEAD):
        last = min(first + tb.AHEAD, length)
        for i in range(first, last):
            if calls.status[i] == RATED:
                here = tb.S_AHEAD + tb.AHEAD_COLUMNS * (i - first)
                s[here] = deepest_prefix(n, w, calls.dest_bytes, calls.dest_start[i], calls.dest_len[i])
        for i in range(first, last):
            if calls.status[i] == RATED:
                look_ahead(n, w, s, trace, calls, i, tb.S_AHEAD + tb.AHEAD_COLUMNS * (i - first))
        for i in range(first, last):
            if calls.status[i] == RATED:
                price(n, w, s, trace, calls, out, i, tb.S_AHEAD + tb.AHEAD_COLUMNS * (i - first))
            else:
                refuse(out, i, calls.status[i], calls.reason[i])


def _columns(source: Calls) -> CallColumns:
    """The columns as contiguous, writable arrays: one compiled kernel serves them all (read-only ones, as
    Arrow lends them, would make numba compile another)."""
    return CallColumns(*(np.require(getattr(source, name), None, ["C", "W"]) for name in CallColumns._fields))


def _answers(out: Priced, length: int) -> PricedColumns:
    columns = [getattr(out, name) for name in PricedColumns._fields]
    for name, column in zip(PricedColumns._fields, columns, strict=True):
        if not (column.flags.c_contiguous and column.flags.writeable and column.size == length):
            raise ValueError(f"column {name} of the answer must be contiguous, writable and as long as the calls")
    return PricedColumns(*columns)


def rate_arrays(
    compiled: CompiledTariff,
    calls: Calls,
    out: Priced,
    trace: npt.NDArray[np.int64] | None = None,
    kept: npt.NDArray[np.int64] | None = None,
) -> None:
    """Price ``calls`` into ``out`` (same length, C-contiguous and writable; every element is written).

    Rows whose status is not RATED keep status and reason, amounts 0. ``trace`` and ``kept`` (see
    ``tables.new_trace``) take the steps of all calls one after the other: pass one call with them.
    Releases the interpreter lock; safe in threads on separate calls and answers.
    """
    if trace is None or kept is None:
        trace, kept = new_trace(0)
    tables = compiled.tables
    scratch = np.zeros(tb.S_STACK + 2 * (tables.max_levels + 1), np.int64)
    rate_all(tables.narrow, tables.wide, scratch, trace, _columns(calls), _answers(out, calls.key.size))
    kept[0] = scratch[tb.S_KEPT]
