"""The walk along one call: pieces, their prices, their sum (compiled; cgrates-semantics §4.4 to §4.8).

A call is walked from its start. At each position: which activation, plan, prefix, row and slot hold, and how
long; the piece is rounded up to its step and the surplus eats into what follows. A piece ends where the row, the
slot or an activation (of the called subject or of the one whose plan is used) changes. Moments that a surplus has
eaten are not looked at. For ``n``, ``w``, ``s`` and ``trace`` see find.py.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np

from chappe.core.base.machine import compiled, inlined
from chappe.core.rating import tables as tb
from chappe.core.rating.arithmetic import add_fractions, mul_div, round_piece, steps_in
from chappe.core.rating.contract import Reason
from chappe.core.rating.find import look
from chappe.core.rating.tables import FAR, MAX_PIECES

NONE = int(Reason.NONE)
TOO_EXPENSIVE, TOO_MANY_PIECES = int(Reason.TOO_EXPENSIVE), int(Reason.TOO_MANY_PIECES)
LONG_AGO = -FAR


@inlined
def pricing_of(n, w, row):
    """Where the pricing of a row begins in ``w``."""
    return w[tb.W_PRICING] + np.int64(n[w[tb.N_ROW] + tb.ROW_COLUMNS * row + tb.ROW_PRICING])


@inlined
def slot_at(w, pricing, position):
    """Slot in force after so much usage since the start of the call (§4.6), and the usage at which the next begins."""
    slots, last = pricing + tb.PR_HEAD + tb.SLOT_START, w[pricing + tb.PR_SLOTS]
    low, high = np.int64(1), last  # the first slot holds from the start whatever it says
    while low < high:
        middle = (low + high) >> 1
        if w[slots + tb.SLOT_COLUMNS * middle] <= position:
            low = middle + 1
        else:
            high = middle
    return low - 1, (w[slots + tb.SLOT_COLUMNS * low] if low < last else FAR)


@inlined
def piece_cost(w, s, pricing, slot, raw):
    """Billed usage of a piece and its cost, rounded as its rate says: (billed, whole, num, den).

    A price for the call is paid once for each slot start, however many pieces follow. Billed -1: too large.
    """
    here = pricing + tb.PR_HEAD + tb.SLOT_COLUMNS * slot
    num, den = w[here + tb.SLOT_NUM], w[here + tb.SLOT_DEN]
    billed, whole, rest = raw, np.int64(0), np.int64(0)
    step = w[here + tb.SLOT_INCREMENT]
    if step != tb.PER_CALL:
        count = steps_in(raw, step)
        billed, _ = mul_div(count, step, 1)
        if num < 0 or billed < 0:
            return np.int64(-1), whole, rest, den
        whole, rest = mul_div(num, billed, den)
    else:
        begin = w[here + tb.SLOT_START]
        if num >= 0 and begin > s[tb.S_PAID]:
            whole, rest = mul_div(num, 1, den)
        s[tb.S_PAID] = max(s[tb.S_PAID], begin)
    if num < 0 or whole < 0:
        return np.int64(-1), whole, rest, den
    rounding = w[pricing + tb.PR_ROUNDING]
    method = rounding // tb.METHOD
    if method != tb.ROUND_NONE:
        whole, rest, den = round_piece(whole, rest, den, method, rounding - method * tb.METHOD)
    return billed, whole, rest, den


@inlined
def add_cost(w, s, pricing, cost, rest, of):
    """Add a piece to the sum, up to the maximum cost of its rate: 1 when that cut it, -1 when it does not fit."""
    carry, num, den = add_fractions(s[tb.S_NUM], s[tb.S_DEN], rest, of)
    before = s[tb.S_WHOLE]
    whole = before + cost + carry
    if den == 0 or whole >= FAR:
        return -1
    cap = w[pricing + tb.PR_CAP]
    if whole < cap or cap == FAR or (whole == cap and num == 0):
        s[tb.S_WHOLE], s[tb.S_NUM], s[tb.S_DEN] = whole, num, den
        return 0
    if before < cap:  # else an earlier piece, under another rate, already cost more
        s[tb.S_WHOLE], s[tb.S_NUM], s[tb.S_DEN] = cap, 0, 1
    return 1


@compiled
def note_piece(s, trace, values):
    """Write down a piece; values in the order of the P_ columns."""
    kept = s[tb.S_KEPT]
    s[tb.S_KEPT] += 1
    if kept < trace.shape[0]:
        trace[kept, 0] = tb.TRACE_PIECE
        for column in range(len(values)):
            trace[kept, column + 1] = values[column]


@compiled
def next_change(n, w, s, trace, key, prefix, start, offset, limit):
    """How far what holds in ``s`` goes on holding, ``limit`` at most; ``s`` then tells what follows."""
    called, used, kept = s[tb.S_CALLED], s[tb.S_USED], s[tb.S_KEPT]
    rows = w[tb.N_ROW] + tb.ROW_ENTRY
    entry = n[rows + tb.ROW_COLUMNS * s[tb.S_ROW]]
    probe = s[tb.S_UNTIL] - start
    while probe < limit:
        reason = look(n, w, s, trace, key, prefix, start, start + probe, offset)
        s[tb.S_KEPT] = kept  # only where pieces begin is written down
        if reason != NONE:
            s[tb.S_UNTIL] = LONG_AGO  # a surplus may eat the moment: look again where the next piece begins
            return probe
        same = s[tb.S_CALLED] == called and s[tb.S_USED] == used
        if not same or n[rows + tb.ROW_COLUMNS * s[tb.S_ROW]] != entry:
            return probe
        probe = s[tb.S_UNTIL] - start
    return limit


@inlined
def begin(s):
    """A new call: nothing is paid."""
    s[tb.S_WHOLE], s[tb.S_NUM], s[tb.S_DEN] = 0, 0, 1
    s[tb.S_PIECES], s[tb.S_BILLED], s[tb.S_PAID] = 0, 0, -1


@inlined
def walk(n, w, s, trace, key, prefix, start, usage, offset, timed):
    """Usage cost of one call into ``s``: NONE, or why it has none. What holds at its start is in ``s`` already.

    Unrounded pieces are summed exactly (whole + num/den nano) and rounded once, half up, at the end. A call
    without usage is looked up and costs nothing.
    """
    position, pieces = np.int64(0), np.int64(0)
    begin(s)
    while True:
        at = start + position if timed else start
        if at >= s[tb.S_UNTIL] or (trace.shape[0] and pieces > 0):
            reason = look(n, w, s, trace, key, prefix, start, at, offset)
            if reason != NONE:
                return reason
        row, called, used, line, match = s[tb.S_ROW], s[tb.S_CALLED], s[tb.S_USED], s[tb.S_LINE], s[tb.S_PREFIX]
        if pieces == 0:
            s[tb.S_BEGIN_ROW], s[tb.S_BEGIN_LINE], s[tb.S_BEGIN_PREFIX], s[tb.S_END_ROW] = row, line, match, row
            if usage == 0:
                return NONE
        pricing = pricing_of(n, w, row)
        slot, end = slot_at(w, pricing, position)
        end = min(usage, end)
        if timed and end > s[tb.S_UNTIL] - start:
            end = next_change(n, w, s, trace, key, prefix, start, offset, end)
        billed, cost, rest, of = piece_cost(w, s, pricing, slot, end - position)
        if billed < 0:
            return TOO_EXPENSIVE
        capped = add_cost(w, s, pricing, cost, rest, of)
        if capped < 0:
            return TOO_EXPENSIVE
        if trace.shape[0]:
            sum_so_far = s[tb.S_WHOLE]
            values = (position, billed, row, slot, called, used, match, line, cost, rest, of, sum_so_far, capped)
            note_piece(s, trace, values)
        pieces += 1
        position += billed
        if position >= usage:
            s[tb.S_PIECES], s[tb.S_BILLED], s[tb.S_END_ROW] = pieces, position, row
            s[tb.S_WHOLE] += 2 * s[tb.S_NUM] >= s[tb.S_DEN]
            return NONE
        if pieces >= MAX_PIECES:
            return TOO_MANY_PIECES
