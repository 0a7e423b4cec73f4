"""The arrays the kernel reads, writes and traces into, and what their columns mean.

Named tuples of numpy arrays, because that is what a compiled kernel can take whole. Only data stands here:
``compile.py`` fills the tables, ``kernel.py`` walks them. Never import numba here: pages and commands that
only look at a plan must not pay for the compiler.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chappe.core.rating.contract import I32, I64, U8

U64 = npt.NDArray[np.uint64]

MICRO = 1_000_000
DAY = 86_400 * MICRO
FAR = 2**62  # later than any instant, larger than any usage; also the first amount that is too large

MAX_PIECES = 100_000
MAX_TIMED_USAGE = 400 * DAY
MAX_LEVELS = 64  # of fallbacks, whatever a plan says
MAX_VISITS = 10_000  # of profiles for one look-up: several lists that name each other grow fast

# rounding methods in Tables.pricing
ROUND_NONE, ROUND_UP, ROUND_DOWN, ROUND_MIDDLE = 0, 1, 2, 3
KIND_USAGE, KIND_CALL = 0, 1
UNPRICEABLE = -1  # in SLOT_NUM: an amount that is negative or does not fit, refused when a call meets it

# columns of Tables.lines: what one plan says of one destination
LINE_ERA, LINE_ERAS, LINE_DESTINATION, LINE_PLAN = 0, 1, 2, 3
# columns of Tables.eras
ERA_SHAPE, ERA_ROW = 0, 1
# columns of Tables.rows
ROW_PRICING, ROW_RATE, ROW_ENTRY, ROW_WEIGHT = 0, 1, 2, 3
# columns of Tables.pricing
PR_SLOT, PR_SLOTS, PR_ROUNDING, PR_DECIMALS, PR_CAP, PR_MINIMUM, PR_CONNECT = 0, 1, 2, 3, 4, 5, 6
PR_S_NUM, PR_S_DEN, PR_S_FREE, PR_S_KIND = 7, 8, 9, 10
PRICING_COLUMNS = 11
# columns of Tables.slots: cost in nano = num × billed / den, for the whole call num / den
SLOT_START, SLOT_NUM, SLOT_DEN, SLOT_INCREMENT, SLOT_KIND = 0, 1, 2, 3, 4
SLOT_COLUMNS = 5

# columns of a trace row; the first says which of the two kinds it is
TRACE_COLUMNS = 14
TRACE_VISIT, TRACE_PIECE = 1, 2
# visit: kind, position, level, fallback (index of Tables.fallback_key, -1 the called subject), key, activation, outcome
V_POSITION, V_LEVEL, V_FALLBACK, V_KEY, V_ACTIVATION, V_OUTCOME = 1, 2, 3, 4, 5, 6
FOUND, NOT_IN_PLAN, NO_VALID_ROW, NO_PLAN, NOT_ACTIVE, NO_SUCH_PROFILE, TOO_DEEP = 0, 1, 2, 3, 4, 5, 6
# piece: kind, position, billed, row, slot, called activation, used activation, prefix, line, whole nano, fraction
# numerator, fraction denominator (after rounding), sum so far (whole nano), 1 when max cost cut it
P_POSITION, P_BILLED, P_ROW, P_SLOT, P_CALLED, P_USED, P_PREFIX, P_LINE = 1, 2, 3, 4, 5, 6, 7, 8
P_WHOLE, P_NUM, P_DEN, P_SUM, P_CAPPED = 9, 10, 11, 12, 13


class Tables(NamedTuple):
    """A compiled tariff plan. "CSR" columns give where a row's part begins; its end is the next row's begin."""

    key_act: I32  # CSR: profile key → its activations
    key_any: I32  # profile key → key of subject *any of the same direction, tenant, category; -1
    act_at: I64  # activations of each key by time, microseconds UTC
    act_plan: I32  # -1: the plan is missing or empty
    act_fallback: I32  # CSR: activation → fallbacks
    fallback_key: I32  # -1: no such profile
    symbol: U8  # byte → column of trie, 0: no prefix contains it
    trie: I32  # [nodes, symbols] → node, 0 none
    node_prefix: I32  # deepest prefix that ends at or above the node
    prefix_parent: I32  # next shorter prefix; 0 is destination *any, whose parent is -1
    cell_bits: U64  # [plans, words]: bit p of a plan's row is set where the plan prices prefix p
    cell_rank: I32  # [plans, words]: bits set before this word, counted from the first plan on
    cell_set: I32  # bit number → line, or lines.shape[0] + set
    set_start: I32  # CSR: set → lines, for a prefix that several destinations of one plan hold
    set_line: I32  # by destination name
    lines: I32  # [lines, 4]
    era_at: I64  # when an era of a line begins; the first of each line is -FAR
    eras: I32  # [eras, 2]: shape (-1: no row is valid), first row
    rows: I32  # [rows, 4]: plan entries, era by era
    shape_steady: U8  # 1: one entry holds at every moment
    day_break: I32  # CSR: shape × date classes + date class → breaks
    break_at: I64  # microsecond of the day, the first of each day is 0
    break_ordinal: I32  # row of the era from then on, -1 a hole
    date_class: I32  # day since first_day → date class
    zone_at: I64  # clock changes, microseconds UTC, the first is -FAR; empty: each call brings its own offset
    zone_offset: I64  # microseconds to add to UTC from then on
    pricing: I64  # [pricings, PRICING_COLUMNS]
    slots: I64  # [slots, SLOT_COLUMNS]
    first_day: int  # days since 1970-01-01
    date_classes: int
    max_levels: int


class CallColumns(NamedTuple):
    """contract.Calls as the kernel takes it."""

    key: I32
    dest_bytes: U8
    dest_start: I64
    dest_len: I32
    start: I64
    usage: I64
    offset: I32
    timed: U8
    status: U8
    reason: U8


class PricedColumns(NamedTuple):
    """contract.Priced as the kernel takes it."""

    status: U8
    reason: U8
    cost: I64
    connect_fee: I64
    service: I64
    total: I64
    billed: I64
    pieces: I32
    rate: I32
    last_rate: I32
    prefix: I32
    destination: I32
    plan: I32


def new_trace(rows: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """A trace of so many rows (0: none is kept) and the one-element count of rows the kernel wanted."""
    return np.zeros((rows, TRACE_COLUMNS), np.int64), np.zeros(1, np.int64)
