"""The rating kernel: the one function that prices calls, for files, single calls and explanations alike.

Compiled by numba without the interpreter lock; integers only, no float anywhere. Every function that is
compiled stands in this file, because numba's cache on disk notices a change of this file only. Importing
this module costs the import of numba: import it where calls are priced, not where plans are shown.

A call is walked from its start. At each position: which activation, plan, prefix, row and slot hold; how
long they hold; the piece is rounded up to its step and the surplus eats into what follows (§4.7). A piece
ends where the row, the slot or an activation (of the called subject or of the one whose plan is used)
changes. Moments that a surplus has eaten are not looked at. Sections (§) are of docs/reference/rating.
"""

# The walk and the look-up stay whole although they are long: a compiled function that is split hands a dozen
# values back and forth, which reads worse. Arguments are positional because numba takes them so.
# ruff: noqa: PLR0912, PLR0915, PLR0917
# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from chappe.core.rating import tables as tb
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import FIRST_YEAR, LAST_YEAR, Calls, Priced, Reason, Status
from chappe.core.rating.tables import (
    DAY,
    FAR,
    MAX_PIECES,
    MAX_TIMED_USAGE,
    MAX_VISITS,
    MICRO,
    CallColumns,
    PricedColumns,
    new_trace,
)

EARLIEST = int(np.datetime64(f"{FIRST_YEAR}-01-01", "us").astype(np.int64))
LATEST = int(np.datetime64(f"{LAST_YEAR + 1}-01-01", "us").astype(np.int64))
MAX_OFFSET = 18 * 3600  # of a time stamp, seconds; the widest in use is 14 h

RATED, UNRATED, REJECTED = int(Status.RATED), int(Status.UNRATED), int(Status.REJECTED)
NONE, NO_PROFILE, NOT_YET_ACTIVE = int(Reason.NONE), int(Reason.NO_PROFILE), int(Reason.NOT_YET_ACTIVE)
NO_DESTINATION, NO_RATE_NOW = int(Reason.NO_DESTINATION), int(Reason.NO_RATE_NOW)
PLAN_MISSING, FIRST_REJECTION = int(Reason.PLAN_MISSING), int(Reason.BAD_TIME)
BAD_TIME, NEGATIVE_USAGE = int(Reason.BAD_TIME), int(Reason.NEGATIVE_USAGE)
OUT_OF_RANGE_TIME, TOO_LONG = int(Reason.OUT_OF_RANGE_TIME), int(Reason.TOO_LONG)
TOO_EXPENSIVE, TOO_MANY_PIECES = int(Reason.TOO_EXPENSIVE), int(Reason.TOO_MANY_PIECES)

PLUS = 43  # dropped in front of a number, as compile does in front of a prefix
POWERS = np.array([10**n for n in range(19)], np.int64)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
ONE = np.uint64(1)

# no reference counting: nothing here allocates, and counting costs more than pricing
_OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
compiled_once: Any = njit(**_OPTIONS)
inlined: Any = njit(**_OPTIONS, forceinline=True)


# --- exact arithmetic --------------------------------------------------------------------------------


@compiled_once
def mul_div_wide(a, b, c):
    """``mul_div`` for products beyond 63 bits: 128-bit product by halves, then division bit by bit."""
    x, y, divisor = np.uint64(a), np.uint64(b), np.uint64(c)
    low = (x & LOW) * (y & LOW)
    cross = (x >> HALF) * (y & LOW) + (low >> HALF)
    other = (x & LOW) * (y >> HALF) + (cross & LOW)
    hi = (x >> HALF) * (y >> HALF) + (cross >> HALF) + (other >> HALF)
    lo = (other << HALF) | (low & LOW)
    if hi >= divisor:
        return -1, 0
    quotient, rest = np.uint64(0), hi
    for bit in range(63, -1, -1):
        rest = (rest << ONE) | ((lo >> np.uint64(bit)) & ONE)
        quotient = quotient << ONE
        if rest >= divisor:
            rest = rest - divisor
            quotient = quotient | ONE
    if quotient >= np.uint64(FAR):
        return -1, 0
    return np.int64(quotient), np.int64(rest)


@inlined
def mul_div(a, b, c):
    """Quotient and remainder of a × b / c, exactly; a, b ≥ 0, c > 0, all below 2^62. Quotient -1: too large."""
    if a == 0 or b <= FAR // a:
        product = a * b
        quotient = product // c
        if quotient >= FAR:
            return -1, 0
        return quotient, product - quotient * c
    return mul_div_wide(a, b, c)


@compiled_once
def gcd(a, b):
    """Greatest common divisor."""
    while b:
        a, b = b, a % b
    return a


@compiled_once
def add_fractions(num, den, more, of):
    """num/den + more/of, both below one: (carry, num, den). Denominator 0: it does not fit."""
    if more == 0:
        return 0, num, den
    shared = gcd(more, of)
    more, of = more // shared, of // shared
    shared = gcd(den, of)
    factor = of // shared
    if den > FAR // factor:
        return 0, 0, 0
    total = num * factor + more * (den // shared)
    common = den * factor
    carry = total // common
    return carry, total - carry * common, common


@compiled_once
def round_piece(whole, num, den, method, decimals):
    """whole + num/den nano rounded once, by the method and decimals of its rate (§4.8)."""
    if decimals <= 9:
        quantum = POWERS[9 - decimals]
        count = whole // quantum
        rest = whole - count * quantum
        if method == tb.ROUND_UP:
            goes_up = rest > 0 or num > 0
        elif method == tb.ROUND_MIDDLE:
            goes_up = 2 * rest >= quantum if quantum > 1 else 2 * num >= den
        else:
            goes_up = False
        return (count + (1 if goes_up else 0)) * quantum, 0, 1
    parts = POWERS[decimals - 9]
    count, rest = mul_div(num, parts, den)
    if (method == tb.ROUND_UP and rest > 0) or (method == tb.ROUND_MIDDLE and 2 * rest >= den):
        count += 1
    if count == parts:
        return whole + 1, 0, 1
    return whole, count, parts


# --- what holds at a moment --------------------------------------------------------------------------


@inlined
def last_not_after(instants, low, high, at):
    """Index in instants[low:high], ascending, of the last one ≤ at; low - 1 when all are later."""
    while low < high:
        middle = (low + high) >> 1
        if instants[middle] <= at:
            low = middle + 1
        else:
            high = middle
    return low - 1


@inlined
def deepest_prefix(t, text, begin, length):
    """Id of the longest prefix of any plan that the destination begins with."""
    node = 0
    end = begin + length
    if length > 0 and text[begin] == PLUS:
        begin += 1
    for i in range(begin, end):
        symbol = t.symbol[text[i]]
        if symbol == 0:
            break
        below = t.trie[node, symbol]
        if below == 0:
            break
        node = below
    return t.node_prefix[node]


@inlined
def cell_of(t, plan, prefix):
    """Line (or set, from lines.shape[0] on) with which the plan prices exactly this prefix; -1."""
    word = prefix >> 6
    bits = t.cell_bits[plan, word]
    mask = ONE << np.uint64(prefix & 63)
    if bits & mask == np.uint64(0):
        return -1
    below = bits & (mask - ONE)
    below = below - ((below >> ONE) & np.uint64(0x5555555555555555))
    below = (below & np.uint64(0x3333333333333333)) + ((below >> np.uint64(2)) & np.uint64(0x3333333333333333))
    below = (below + (below >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    count = np.int64((below * np.uint64(0x0101010101010101)) >> np.uint64(56))
    return np.int64(t.cell_set[t.cell_rank[plan, word] + count])


@inlined
def era_of(t, line, at):
    """Era of a line at an instant, and when the next begins."""
    first = np.int64(t.lines[line, tb.LINE_ERA])
    last = first + t.lines[line, tb.LINE_ERAS] - 1
    until = FAR
    era = last
    while t.era_at[era] > at:
        until = t.era_at[era]
        era -= 1
    return era, until


@inlined
def row_at(t, era, at, offset):
    """Row in force by the wall clock (-1: a hole in the timings), and until when at least (§4.5)."""
    shape = t.eras[era, tb.ERA_SHAPE]
    first = np.int64(t.eras[era, tb.ERA_ROW])
    if t.shape_steady[shape]:
        ordinal = np.int64(t.break_ordinal[t.day_break[shape * t.date_classes]])
        return (first + ordinal if ordinal >= 0 else np.int64(-1)), FAR
    turn = FAR
    if t.zone_at.size:
        z = last_not_after(t.zone_at, 0, t.zone_at.size, at)
        local = at + t.zone_offset[z]
        if z + 1 < t.zone_at.size:
            turn = t.zone_at[z + 1]
    else:
        local = at + np.int64(offset) * MICRO
    day = local // DAY
    clock = local - day * DAY
    date = min(max(day - t.first_day, 0), t.date_class.size - 1)
    cell = shape * t.date_classes + t.date_class[date]
    high = np.int64(t.day_break[cell + 1])
    here = high - 1
    while t.break_at[here] > clock:
        here -= 1
    until = at - clock + (t.break_at[here + 1] if here + 1 < high else DAY)
    ordinal = np.int64(t.break_ordinal[here])
    return (first + ordinal if ordinal >= 0 else np.int64(-1)), min(until, turn)


@compiled_once
def heaviest(t, cell, start, at, offset):
    """Of the destinations that share a prefix: the one whose row is heaviest at the start of the call, then
    the first by name (§8.15), among those with a row that is valid at ``at``. (line, era, until); line -1."""
    best, best_era, best_weight, until = -1, -1, -2, FAR
    begin = cell - t.lines.shape[0]
    for i in range(t.set_start[begin], t.set_start[begin + 1]):
        line = np.int64(t.set_line[i])
        era, change = era_of(t, line, at)
        until = min(until, change)
        if t.eras[era, tb.ERA_SHAPE] < 0:
            continue
        weight = -1
        at_start, _ = era_of(t, line, start)
        if t.eras[at_start, tb.ERA_SHAPE] >= 0:
            row, _ = row_at(t, at_start, start, offset)
            if row >= 0:
                weight = np.int64(t.rows[row, tb.ROW_WEIGHT])
        if weight > best_weight:
            best, best_era, best_weight = line, era, weight
    return best, best_era, until


@inlined
def line_of(t, plan, prefix, start, at, offset):
    """Walk from the longest prefix to the shortest, then *any: (outcome, line, era, prefix, until)."""
    until, outcome = FAR, tb.NOT_IN_PLAN
    while prefix >= 0:
        cell = cell_of(t, plan, prefix)
        if cell >= 0:
            if cell < t.lines.shape[0]:
                line = cell
                era, change = era_of(t, line, at)
                if t.eras[era, tb.ERA_SHAPE] < 0:
                    line = -1
            else:
                line, era, change = heaviest(t, cell, start, at, offset)
            until = min(until, change)
            if line >= 0:
                return tb.FOUND, line, era, prefix, until
            outcome = tb.NO_VALID_ROW  # all its rows are of other dates: as if it were not in the plan
        prefix = np.int64(t.prefix_parent[prefix])
    return outcome, -1, -1, -1, until


@compiled_once
def note_visit(trace, kept, position, level, fallback, key, activation, outcome):
    """Write down that a profile was asked for the destination."""
    n = kept[0]
    kept[0] += 1
    if n < trace.shape[0]:
        row = trace[n]
        row[0], row[tb.V_POSITION], row[tb.V_LEVEL] = tb.TRACE_VISIT, position, level
        row[tb.V_FALLBACK], row[tb.V_KEY] = fallback, key
        row[tb.V_ACTIVATION], row[tb.V_OUTCOME] = activation, outcome


@inlined
def find_line(t, key, prefix, start, at, offset, stack, trace, kept):
    """Whose plan prices the destination at ``at`` (§4.1): the called subject, then its fallbacks depth first.

    (reason, called activation, used activation, line, era, prefix, until). ``until``: nothing of this can
    change before.
    """
    last = np.int64(t.key_act[key + 1])
    act = last_not_after(t.act_at, np.int64(t.key_act[key]), last, at)
    until = t.act_at[act + 1] if act + 1 < last else FAR
    if act < t.key_act[key]:
        if trace.shape[0]:
            note_visit(trace, kept, at - start, 1, -1, key, -1, tb.NOT_ACTIVE)
        general = np.int64(t.key_any[key])
        if general < 0 or general == key:
            return NOT_YET_ACTIVE, -1, -1, -1, -1, -1, until
        key = general
        last = np.int64(t.key_act[key + 1])
        act = last_not_after(t.act_at, np.int64(t.key_act[key]), last, at)
        until = min(until, t.act_at[act + 1] if act + 1 < last else FAR)
        if act < t.key_act[key]:
            return NOT_YET_ACTIVE, -1, -1, -1, -1, -1, until
    called, depth, visits, fallback = act, 0, 0, -1
    reason = PLAN_MISSING if t.act_plan[act] < 0 else NO_DESTINATION
    while True:
        outcome, line, era, found, change = tb.NO_PLAN, -1, -1, -1, FAR
        if t.act_plan[act] >= 0:
            outcome, line, era, found, change = line_of(t, t.act_plan[act], prefix, start, at, offset)
        if trace.shape[0]:
            note_visit(trace, kept, at - start, depth + 1, fallback, key, act, outcome)
        until = min(until, change)
        if outcome == tb.FOUND:
            return NONE, called, act, line, era, found, until
        if outcome == tb.NO_VALID_ROW and reason == NO_DESTINATION:
            reason = NO_RATE_NOW
        stack[depth, 0], stack[depth, 1] = t.act_fallback[act], t.act_fallback[act + 1]
        if depth + 1 >= t.max_levels and stack[depth, 0] < stack[depth, 1]:
            if trace.shape[0]:
                note_visit(trace, kept, at - start, depth + 2, stack[depth, 0], -1, -1, tb.TOO_DEEP)
            stack[depth, 0] = stack[depth, 1]
        act = -1
        while act < 0:  # the next fallback with an active profile
            while depth >= 0 and stack[depth, 0] >= stack[depth, 1]:
                depth -= 1
            if depth < 0 or visits >= MAX_VISITS:
                return reason, called, -1, -1, -1, -1, until
            fallback = stack[depth, 0]
            stack[depth, 0] += 1
            visits += 1
            key = np.int64(t.fallback_key[fallback])
            if key >= 0:
                last = np.int64(t.key_act[key + 1])
                act = last_not_after(t.act_at, np.int64(t.key_act[key]), last, at)
                until = min(until, t.act_at[act + 1] if act + 1 < last else FAR)
                if act < t.key_act[key]:
                    act = -1
            if act < 0 and trace.shape[0]:
                outcome = tb.NOT_ACTIVE if key >= 0 else tb.NO_SUCH_PROFILE
                note_visit(trace, kept, at - start, depth + 2, fallback, key, -1, outcome)
        depth += 1


# --- the walk ----------------------------------------------------------------------------------------


@inlined
def slot_at(t, pricing, position):
    """Slot in force after so much usage since the start of the call (§4.6), and where the next begins."""
    low = t.pricing[pricing, tb.PR_SLOT]
    last = low + t.pricing[pricing, tb.PR_SLOTS]
    high = last
    low += 1  # the first slot holds from the start whatever it says
    while low < high:
        middle = (low + high) >> 1
        if t.slots[middle, tb.SLOT_START] <= position:
            low = middle + 1
        else:
            high = middle
    return low - 1, (t.slots[low, tb.SLOT_START] if low < last else FAR)


@inlined
def piece_cost(t, pricing, slot, raw, paid_slot):
    """Billed usage of a piece and its cost, rounded as its rate says: (billed, whole, num, den, paid slot).

    A price for the call is paid once for each slot start, however many pieces follow. Billed -1: too large.
    """
    num, den = t.slots[slot, tb.SLOT_NUM], t.slots[slot, tb.SLOT_DEN]
    if num < 0:
        return np.int64(-1), 0, 0, 1, paid_slot
    if t.slots[slot, tb.SLOT_KIND] == tb.KIND_CALL:
        billed, whole, rest = raw, 0, 0
        if t.slots[slot, tb.SLOT_START] > paid_slot:
            whole, rest = mul_div(num, 1, den)
        paid_slot = max(paid_slot, t.slots[slot, tb.SLOT_START])
    else:
        step = t.slots[slot, tb.SLOT_INCREMENT]
        billed = (raw + step - 1) // step * step
        if billed >= FAR:
            return np.int64(-1), 0, 0, 1, paid_slot
        whole, rest = mul_div(num, billed, den)
        if whole < 0:
            return np.int64(-1), 0, 0, 1, paid_slot
    method = t.pricing[pricing, tb.PR_ROUNDING]
    if method != tb.ROUND_NONE:
        whole, rest, den = round_piece(whole, rest, den, method, t.pricing[pricing, tb.PR_DECIMALS])
    return billed, whole, rest, den, paid_slot


@compiled_once
def note_piece(trace, kept, values):
    """Write down a piece; values in the order of the P_ columns."""
    n = kept[0]
    kept[0] += 1
    if n < trace.shape[0]:
        trace[n, 0] = tb.TRACE_PIECE
        for column in range(len(values)):
            trace[n, column + 1] = values[column]


@inlined
def walk(t, key, prefix, start, usage, offset, timed, stack, trace, kept):
    """Usage cost of one call: (reason, nano, billed, pieces, first row, last row, first line, first prefix).

    Unrounded pieces are summed exactly (whole + num/den nano) and rounded once, half up, at the end.
    """
    whole, num, den = np.int64(0), np.int64(0), np.int64(1)
    billed_sum, pieces = np.int64(0), 0
    position, probe, paid_slot = np.int64(0), np.int64(0), np.int64(-1)
    row, first_row, first_line, first_prefix = np.int64(-1), np.int64(-1), np.int64(-1), np.int64(-1)
    called, used, pricing, slot, limit = np.int64(-1), np.int64(-1), np.int64(0), np.int64(0), np.int64(0)
    line, found = np.int64(-1), np.int64(-1)
    while True:
        at = start + probe if timed else start
        mark = kept[0]
        reason, by, through, on, era, match, until = find_line(t, key, prefix, start, at, offset, stack, trace, kept)
        here, change = np.int64(-1), FAR
        if reason == NONE:
            here, change = row_at(t, era, at, offset)
            if here < 0:
                reason = NO_RATE_NOW
        end = np.int64(-1)
        if probe == position:  # a piece begins
            if reason != NONE:
                return reason, 0, 0, 0, first_row, row, first_line, first_prefix
            row, called, used, line, found = here, by, through, on, match
            pricing = np.int64(t.rows[row, tb.ROW_PRICING])
            slot, next_slot = slot_at(t, pricing, position)
            limit = min(usage, next_slot)
            if first_row < 0:
                first_row, first_line, first_prefix = row, line, found
                if usage == 0:
                    return NONE, 0, 0, 0, row, row, line, found
        else:
            kept[0] = mark  # only where pieces begin is written down
            same = reason == NONE and by == called and through == used
            if not (same and t.rows[here, tb.ROW_ENTRY] == t.rows[row, tb.ROW_ENTRY]):
                end = probe
        if end < 0:
            ahead = min(until, change) - start
            if timed and ahead < limit:
                probe = ahead
                continue
            end = limit
        billed, cost, rest, of, paid_slot = piece_cost(t, pricing, slot, end - position, paid_slot)
        if billed < 0:
            return TOO_EXPENSIVE, 0, 0, 0, first_row, row, first_line, first_prefix
        before, before_num, before_den = whole, num, den
        carry, num, den = add_fractions(num, den, rest, of)
        whole += cost + carry
        cap, capped = t.pricing[pricing, tb.PR_CAP], 0
        if den == 0 or whole >= FAR:
            return TOO_EXPENSIVE, 0, 0, 0, first_row, row, first_line, first_prefix
        if cap < FAR and (whole > cap or (whole == cap and num > 0)):
            capped = 1
            if before >= cap:  # an earlier piece, under another rate, already cost more
                whole, num, den = before, before_num, before_den
            else:
                whole, num, den = cap, np.int64(0), np.int64(1)
        if trace.shape[0]:
            values = (position, billed, row, slot, called, used, found, line, cost, rest, of, whole, capped)
            note_piece(trace, kept, values)
        pieces += 1
        billed_sum += billed
        position += billed
        probe = position
        if position >= usage:
            break
        if pieces >= MAX_PIECES:
            return TOO_MANY_PIECES, 0, 0, 0, first_row, row, first_line, first_prefix
    if 2 * num >= den:
        whole += 1
    return NONE, whole, billed_sum, pieces, first_row, row, first_line, first_prefix


@inlined
def service_part(t, pricing, usage):
    """S part of a C+S call in nano, on its whole usage after the free part, rounded once half up; -1 too large."""
    beyond = usage - t.pricing[pricing, tb.PR_S_FREE]
    num, den = t.pricing[pricing, tb.PR_S_NUM], t.pricing[pricing, tb.PR_S_DEN]
    if beyond <= 0 or num == 0:
        return np.int64(0)
    if num < 0:
        return np.int64(-1)
    if t.pricing[pricing, tb.PR_S_KIND] == tb.KIND_CALL:
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


@compiled_once
def rate_all(t, calls, out, stack, trace, kept):
    """Price every call. The only entry of the compiled code."""
    for i in range(calls.key.size):
        out.status[i], out.reason[i] = calls.status[i], calls.reason[i]
        out.cost[i] = out.connect_fee[i] = out.service[i] = out.total[i] = out.billed[i] = 0
        out.pieces[i] = 0
        out.rate[i] = out.last_rate[i] = out.prefix[i] = out.destination[i] = out.plan[i] = -1
        if calls.status[i] != RATED:
            continue
        usage, timed, key = calls.usage[i], calls.timed[i] != 0, np.int64(calls.key[i])
        reason = unbelievable(calls.start[i], usage, calls.offset[i], timed)
        cost, billed, pieces = np.int64(0), np.int64(0), 0
        row, last, line, found = np.int64(-1), np.int64(-1), np.int64(-1), np.int64(-1)
        if reason == NONE and key < 0:
            reason = NO_PROFILE
        elif reason == NONE:
            prefix = np.int64(deepest_prefix(t, calls.dest_bytes, calls.dest_start[i], calls.dest_len[i]))
            reason, cost, billed, pieces, row, last, line, found = walk(
                t, key, prefix, calls.start[i], usage, calls.offset[i], timed, stack, trace, kept
            )
        if usage == 0 and reason < FIRST_REJECTION:
            reason = NONE  # nothing was used: it costs nothing whatever the plan says
        if reason == NONE and row >= 0:
            out.rate[i], out.last_rate[i] = t.rows[row, tb.ROW_RATE], t.rows[last, tb.ROW_RATE]
            out.prefix[i], out.plan[i] = found - 1, t.lines[line, tb.LINE_PLAN]
            out.destination[i] = t.lines[line, tb.LINE_DESTINATION]
        if reason == NONE and usage > 0:
            pricing = t.rows[row, tb.ROW_PRICING]
            fee, service = t.pricing[pricing, tb.PR_CONNECT], service_part(t, pricing, usage)
            cost = max(cost, t.pricing[pricing, tb.PR_MINIMUM] - fee)
            if service < 0 or fee >= FAR or cost >= FAR - fee or service >= FAR - fee - cost:
                reason = TOO_EXPENSIVE
                out.rate[i] = out.last_rate[i] = out.prefix[i] = out.destination[i] = out.plan[i] = -1
            else:
                out.cost[i], out.connect_fee[i], out.service[i] = cost, fee, service
                out.total[i] = cost + fee + service
                out.billed[i], out.pieces[i] = billed, pieces
        if reason != NONE:
            out.status[i] = UNRATED if reason < FIRST_REJECTION else REJECTED
            out.reason[i] = reason


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
    stack = np.empty((compiled.tables.max_levels + 1, 2), np.int64)
    answers = _answers(out, calls.key.size)
    rate_all(compiled.tables, _columns(calls), answers, stack, trace, kept)
