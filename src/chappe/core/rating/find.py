"""What holds at a moment of a call: prefix, profile, plan, line, row (compiled; cgrates-semantics §4.1 to §4.5).

``n`` and ``w`` are the two arrays of tables.Tables, ``s`` the scratch of one thread (columns ``S_``), ``trace`` the
rows for an explanation. Nothing here prices. Whatever is looked at lowers ``s[S_UNTIL]`` to the first instant at
which it could be otherwise.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np

from chappe.core.base.machine import compiled, inlined
from chappe.core.rating import tables as tb
from chappe.core.rating.arithmetic import NOTHING, ONE, bits_set
from chappe.core.rating.contract import Reason
from chappe.core.rating.tables import DAY, FAR, MAX_VISITS, MICRO

NONE, NOT_YET_ACTIVE = int(Reason.NONE), int(Reason.NOT_YET_ACTIVE)
NO_DESTINATION, NO_RATE_NOW = int(Reason.NO_DESTINATION), int(Reason.NO_RATE_NOW)
PLAN_MISSING = int(Reason.PLAN_MISSING)
PLUS = 43  # dropped in front of a number, as compile does in front of a prefix


@inlined
def deepest_prefix(n, w, text, begin, length):
    """Id of the longest prefix of any plan that the destination begins with."""
    trie, symbol = w[tb.N_TRIE], w[tb.N_SYMBOL]
    end = begin + length
    if length > 0 and text[begin] == PLUS:
        begin += 1
    node = np.int64(0)
    for i in range(begin, end):
        node = np.int64(n[trie + node + n[symbol + text[i]]])
        if node <= 0:
            return -node
    return -np.int64(n[trie + node])


@inlined
def cell_of(n, w, plan, prefix):
    """Line (or set, from X_LINES on) with which the plan prices exactly this prefix; -1."""
    holder = np.int64(n[w[tb.N_HOLDER] + prefix])
    word = w[tb.W_WORD] + tb.WORD_COLUMNS * (plan * w[tb.X_WORDS] + (holder >> 6))
    bits, mask = np.uint64(w[word + tb.WORD_BITS]), ONE << np.uint64(holder & 63)
    if bits & mask == NOTHING:
        return np.int64(-1)
    return np.int64(n[w[tb.N_CELL] + w[word + tb.WORD_RANK] + bits_set(bits & (mask - ONE))])


@compiled
def later_era(n, w, line, at):
    """``era_of`` for a line whose rows have dates."""
    first = np.int64(n[line + tb.LINE_ERA])
    era, until = first + n[line + tb.LINE_ERAS] - 1, FAR
    while w[w[tb.W_ERA_AT] + era] > at:
        until = w[w[tb.W_ERA_AT] + era]
        era -= 1
    found = w[tb.N_ERA] + tb.ERA_COLUMNS * era
    return np.int64(n[found + tb.ERA_SHAPE]), np.int64(n[found + tb.ERA_ROW]), until


@inlined
def era_of(n, w, line, at):
    """Shape and first row of a line at an instant, and until when."""
    here = w[tb.N_LINE] + tb.LINE_COLUMNS * line
    if n[here + tb.LINE_ERAS] == 1:
        return np.int64(n[here + tb.LINE_SHAPE]), np.int64(n[here + tb.LINE_ROW]), FAR
    return later_era(n, w, here, at)


@inlined
def local_time(n, w, at, offset):
    """Wall clock of an instant in microseconds, and when the next clock change comes."""
    if w[tb.X_ZONED] == 0:
        return at + np.int64(offset) * MICRO, FAR
    zone_at = w[tb.W_ZONE_AT]
    day = min(max(at // DAY - w[tb.X_FIRST_DAY], 0), w[tb.X_DAYS] - 1)
    z = np.int64(n[w[tb.N_ZONE] + day])
    while w[zone_at + z + 1] <= at:
        z += 1
    return at + w[w[tb.W_ZONE_OFFSET] + z], w[zone_at + z + 1]


@inlined
def row_by_clock(n, w, shape, first, at, offset):
    """Row in force by the wall clock (-1: a hole in the timings), and until when at least (§4.5)."""
    always = np.int64(n[w[tb.N_SHAPE] + shape])
    if always != tb.BY_CLOCK:
        return (first + always if always >= 0 else np.int64(-1)), FAR
    local, turn = local_time(n, w, at, offset)
    day = local // DAY
    clock = local - day * DAY
    date = min(max(day - w[tb.X_FIRST_DAY], 0), w[tb.X_DAYS] - 1)
    cell = w[tb.N_DAY_BREAK] + shape * w[tb.X_DATE_CLASSES] + n[w[tb.N_DATE_CLASS] + date]
    high = np.int64(n[cell + 1])
    here, until, breaks = high - 1, DAY, w[tb.W_BREAK_AT]
    while w[breaks + here] > clock:
        until = w[breaks + here]
        here -= 1
    ordinal = np.int64(n[w[tb.N_BREAK_ROW] + here])
    return (first + ordinal if ordinal >= 0 else np.int64(-1)), min(at - clock + until, turn)


@compiled
def heaviest(n, w, s, number, start, at, offset):
    """Of the destinations that share a prefix: the one whose row is heaviest at the start of the call, then the
    first by name (§8.15), among those with a row that is valid at ``at``; its line goes to ``s``, or -1."""
    best_weight = -2
    s[tb.S_LINE] = -1
    sets, members = w[tb.N_SET] + number, w[tb.N_SET_LINE]
    for i in range(n[sets], n[sets + 1]):
        line = np.int64(n[members + i])
        shape, first, change = era_of(n, w, line, at)
        s[tb.S_UNTIL] = min(s[tb.S_UNTIL], change)
        if shape == tb.NO_SHAPE:
            continue
        weight = np.int64(-1)
        shape_then, first_then, _ = era_of(n, w, line, start)
        if shape_then != tb.NO_SHAPE:
            row, _ = row_by_clock(n, w, shape_then, first_then, start, offset)
            if row >= 0:
                weight = np.int64(n[w[tb.N_ROW] + tb.ROW_COLUMNS * row + tb.ROW_WEIGHT])
        if weight > best_weight:
            best_weight = weight
            s[tb.S_LINE], s[tb.S_SHAPE], s[tb.S_FIRST] = line, shape, first


@inlined
def find_in_plan(n, w, s, plan, prefix, start, at, offset):
    """Walk from the longest prefix to the shortest, then *any. FOUND, and the line in ``s``, or why not."""
    outcome, parent = tb.NOT_IN_PLAN, w[tb.N_PARENT]
    while prefix >= 0:
        cell = cell_of(n, w, plan, prefix)
        if cell >= 0:
            if cell < w[tb.X_LINES]:
                shape, first, change = era_of(n, w, cell, at)
                s[tb.S_LINE], s[tb.S_SHAPE], s[tb.S_FIRST] = cell, shape, first
                s[tb.S_UNTIL] = min(s[tb.S_UNTIL], change)
                if shape == tb.NO_SHAPE:
                    s[tb.S_LINE] = -1
            else:
                heaviest(n, w, s, cell - w[tb.X_LINES], start, at, offset)
            if s[tb.S_LINE] >= 0:
                s[tb.S_PREFIX] = prefix
                return tb.FOUND
            outcome = tb.NO_VALID_ROW  # all its rows are of other dates: as if it were not in the plan
        prefix = np.int64(n[parent + prefix])
    return outcome


@compiled
def note_visit(s, trace, position, level, fallback, key, activation, outcome):
    """Write down that a profile was asked for the destination."""
    kept = s[tb.S_KEPT]
    s[tb.S_KEPT] += 1
    if kept < trace.shape[0]:
        row = trace[kept]
        row[0], row[tb.V_POSITION], row[tb.V_LEVEL] = tb.TRACE_VISIT, position, level
        row[tb.V_FALLBACK], row[tb.V_KEY] = fallback, key
        row[tb.V_ACTIVATION], row[tb.V_OUTCOME] = activation, outcome


@inlined
def active(n, w, s, key, at):
    """The activation of a profile that holds at an instant; -1."""
    first, low = np.int64(n[w[tb.N_KEY_ACT] + key]), w[tb.W_ACT_AT]
    high = last = np.int64(n[w[tb.N_KEY_ACT] + key + 1])
    begin = first
    while begin < high:
        middle = (begin + high) >> 1
        if w[low + middle] <= at:
            begin = middle + 1
        else:
            high = middle
    if begin < last:
        s[tb.S_UNTIL] = min(s[tb.S_UNTIL], w[low + begin])
    return begin - 1 if begin > first else np.int64(-1)


@inlined
def ask(n, w, s, trace, act, level, fallback, key, prefix, start, at, offset):
    """Ask the plan of an activation for the destination: FOUND, or why not."""
    plan = np.int64(n[w[tb.N_ACT_PLAN] + act])
    outcome = tb.NO_PLAN
    if plan >= 0:
        outcome = find_in_plan(n, w, s, plan, prefix, start, at, offset)
    if trace.shape[0]:
        note_visit(s, trace, at - start, level, fallback, key, act, outcome)
    s[tb.S_USED] = act
    return outcome


@inlined
def push(n, w, s, trace, depth, act, position):
    """Put the fallbacks of an activation on the stack, unless they would lie too deep."""
    here, lists = tb.S_STACK + 2 * depth, w[tb.N_ACT_FALLBACK] + act
    s[here], s[here + 1] = n[lists], n[lists + 1]
    if depth + 1 >= w[tb.X_LEVELS] and s[here] < s[here + 1]:
        if trace.shape[0]:
            note_visit(s, trace, position, depth + 2, s[here], -1, -1, tb.TOO_DEEP)
        s[here] = s[here + 1]


@compiled
def ask_fallbacks(n, w, s, trace, act, reason, prefix, start, at, offset):
    """The fallbacks of an activation, depth first; a reason when none has a price (§4.1)."""
    depth, visits = np.int64(0), 0
    push(n, w, s, trace, depth, act, at - start)
    while depth >= 0 and visits < MAX_VISITS:
        here = tb.S_STACK + 2 * depth
        if s[here] >= s[here + 1]:
            depth -= 1
            continue
        fallback = s[here]
        s[here] += 1
        visits += 1
        key = np.int64(n[w[tb.N_FALLBACK_KEY] + fallback])
        act = active(n, w, s, key, at) if key >= 0 else np.int64(-1)
        if act < 0:
            if trace.shape[0]:
                outcome = tb.NOT_ACTIVE if key >= 0 else tb.NO_SUCH_PROFILE
                note_visit(s, trace, at - start, depth + 2, fallback, key, -1, outcome)
            continue
        depth += 1
        outcome = ask(n, w, s, trace, act, depth + 1, fallback, key, prefix, start, at, offset)
        if outcome == tb.FOUND:
            return NONE
        if outcome == tb.NO_VALID_ROW and reason == NO_DESTINATION:
            reason = NO_RATE_NOW
        push(n, w, s, trace, depth, act, at - start)
    return reason


@inlined
def look(n, w, s, trace, key, prefix, start, at, offset):
    """What prices the destination at ``at``: NONE and all of it in ``s``, or a reason."""
    s[tb.S_UNTIL] = FAR
    act = active(n, w, s, key, at)
    if act < 0:
        if trace.shape[0]:
            note_visit(s, trace, at - start, 1, -1, key, -1, tb.NOT_ACTIVE)
        key = np.int64(n[w[tb.N_KEY_ANY] + key])
        if key >= 0:
            act = active(n, w, s, key, at)
        if act < 0:
            return NOT_YET_ACTIVE
    s[tb.S_CALLED] = act
    outcome = ask(n, w, s, trace, act, 1, -1, key, prefix, start, at, offset)
    if outcome != tb.FOUND:
        reason = NO_DESTINATION
        if outcome == tb.NO_PLAN:
            reason = PLAN_MISSING
        elif outcome == tb.NO_VALID_ROW:
            reason = NO_RATE_NOW
        reason = ask_fallbacks(n, w, s, trace, act, reason, prefix, start, at, offset)
        if reason != NONE:
            return reason
    row, change = row_by_clock(n, w, s[tb.S_SHAPE], s[tb.S_FIRST], at, offset)
    s[tb.S_UNTIL] = min(s[tb.S_UNTIL], change)
    s[tb.S_ROW] = row
    return NONE if row >= 0 else NO_RATE_NOW
