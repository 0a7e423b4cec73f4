"""The arrays the kernel reads, writes and traces into, and what their columns mean.

Only data stands here: ``compile.py`` fills the tables; ``find.py``, ``walk.py`` and ``kernel.py`` walk them. Never import numba here: pages and commands that
only look at a plan must not pay for the compiler.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chappe.core.rating.contract import I32, I64, U8

MICRO = 1_000_000
DAY = 86_400 * MICRO
FAR = 2**62  # later than any instant, larger than any usage; also the first amount that is too large

MAX_PIECES = 100_000
MAX_TIMED_USAGE = 400 * DAY
MAX_LEVELS = 64  # of fallbacks, whatever a plan says
MAX_VISITS = 10_000  # of profiles for one look-up: several lists that name each other grow fast

# rounding methods in PR_ROUNDING
ROUND_NONE, ROUND_UP, ROUND_DOWN, ROUND_MIDDLE = 0, 1, 2, 3
KIND_USAGE, KIND_CALL = 0, 1
UNPRICEABLE = -1  # in SLOT_NUM: an amount that is negative or does not fit, refused when a call meets it

# columns of the lines: what one plan says of one destination. The last two are of its first era
LINE_ERA, LINE_ERAS, LINE_DESTINATION, LINE_PLAN, LINE_SHAPE, LINE_ROW = 0, 1, 2, 3, 4, 5
LINE_COLUMNS = 6
# columns of the eras, between which other rows of a line are valid: shape (NO_SHAPE: no row is valid), first row
ERA_SHAPE, ERA_ROW = 0, 1
ERA_COLUMNS = 2
NO_SHAPE = -1
# columns of the rows: plan entries, era by era
ROW_PRICING, ROW_RATE, ROW_ENTRY, ROW_WEIGHT = 0, 1, 2, 3  # pricing: where it begins in W_PRICING
ROW_COLUMNS = 4
# in N_SHAPE: which row of the era holds when that never changes; else
BY_CLOCK = -2
# a pricing: its head, then its slots, end to end because they are read together
PR_SLOTS, PR_ROUNDING, PR_CAP, PR_MINIMUM, PR_CONNECT, PR_SERVICE = 0, 1, 2, 3, 4, 5
PR_HEAD = 6
METHOD = 32  # PR_ROUNDING is method × METHOD + decimals
# columns of the slots: cost in nano = num × billed / den; increment PER_CALL: num / den once for the whole call
SLOT_START, SLOT_NUM, SLOT_DEN, SLOT_INCREMENT = 0, 1, 2, 3
SLOT_COLUMNS = 4
PER_CALL = 0
# columns of the service parts; PR_SERVICE is the number of one, or -1
SV_NUM, SV_DEN, SV_FREE, SV_KIND = 0, 1, 2, 3
SERVICE_COLUMNS = 4
# columns of a word of 64 cells: bit h says that the plan prices holder h; bits set in all words before
WORD_BITS, WORD_RANK = 0, 1
WORD_COLUMNS = 2

# The directory at the head of Tables.wide: where each section begins. "CSR" sections give where a row's part
# begins; its end is the next row's begin. First the sections of Tables.narrow:
N_KEY_ACT = 0  # CSR: profile key → its activations
N_KEY_ANY = 1  # profile key → key of subject *any of the same direction, tenant, category; -1
N_ACT_PLAN = 2  # activation → plan; -1: the plan is missing or empty
N_ACT_FALLBACK = 3  # CSR: activation → fallbacks
N_FALLBACK_KEY = 4  # -1: no such profile
N_SYMBOL = 5  # byte → column of the trie, 0: no prefix contains it
N_TRIE = 6  # node + column → next node (above 0), or the deepest prefix, negated; column 0 is the end of the number
N_PARENT = 7  # prefix → next shorter prefix; 0 is destination *any, whose parent is -1
N_HOLDER = 8  # prefix → the destinations that hold it, as one number
N_CELL = 9  # set bit of a plan → line, or number of lines + set
N_SET = 10  # CSR: set → lines, for a prefix that several destinations of one plan hold
N_SET_LINE = 11  # by destination name
N_LINE = 12
N_ERA = 13
N_ROW = 14
N_SHAPE = 15  # shape → row of the era that always holds, -1 a hole; BY_CLOCK
N_DAY_BREAK = 16  # CSR: shape × date classes + date class → breaks
N_BREAK_ROW = 17  # row of the era from then on, -1 a hole
N_DATE_CLASS = 18  # day since FIRST_DAY → date class
N_ZONE = 19  # day since FIRST_DAY → the clock change that holds at its beginning in UTC
# then those of Tables.wide:
W_ACT_AT = 20  # activations of each key by time, microseconds UTC
W_ERA_AT = 21  # when an era of a line begins; the first of each line is -FAR
W_BREAK_AT = 22  # microsecond of the day, the first of each day is 0
W_ZONE_AT = 23  # clock changes, microseconds UTC, the first is -FAR, after the last comes FAR
W_ZONE_OFFSET = 24  # microseconds to add to UTC from then on
W_PRICING = 25
W_SERVICE = 26
W_WORD = 27  # plan × words + word → its WORD_ columns
# then plain numbers:
X_WORDS, X_LINES, X_DAYS, X_FIRST_DAY, X_DATE_CLASSES, X_LEVELS = 28, 29, 30, 31, 32, 33
X_ZONED = 34  # 0: each call brings its own offset
DIRECTORY = 40

# the kernel's scratch: what holds now (of the last look), the call so far, then the stack of fallbacks
S_KEPT = 0  # rows of trace wanted
S_UNTIL = 1  # instant before which nothing of this changes
S_CALLED, S_USED, S_PREFIX, S_LINE, S_SHAPE, S_FIRST, S_ROW = 2, 3, 4, 5, 6, 7, 8
S_WHOLE, S_NUM, S_DEN = 9, 10, 11  # usage cost so far: whole nano and a fraction
S_BILLED, S_PIECES, S_PAID = 12, 13, 14
S_BEGIN_ROW, S_BEGIN_LINE, S_BEGIN_PREFIX = 15, 16, 17  # of the first piece
S_END_ROW = 18  # of the last piece
S_AHEAD = 19  # the next AHEAD calls, looked up: prefix, reason, S_UNTIL to S_ROW, slots
A_PREFIX, A_REASON, A_FOUND, A_SLOTS = 0, 1, 2, 10
AHEAD, AHEAD_COLUMNS = 32, 11
S_STACK = S_AHEAD + AHEAD * AHEAD_COLUMNS

# columns of a trace row; the first says which of the two kinds it is
TRACE_COLUMNS = 14
TRACE_VISIT, TRACE_PIECE = 1, 2
# visit: kind, position, level, fallback (index of Tables.fallback_key, -1 the called subject), key, activation, outcome
V_POSITION, V_LEVEL, V_FALLBACK, V_KEY, V_ACTIVATION, V_OUTCOME = 1, 2, 3, 4, 5, 6
FOUND, NOT_IN_PLAN, NO_VALID_ROW, NO_PLAN, NOT_ACTIVE, NO_SUCH_PROFILE, TOO_DEEP = 0, 1, 2, 3, 4, 5, 6
# piece: kind, position, billed, row, ordinal of the slot, called activation, used activation, prefix, line, whole nano, fraction
# numerator, fraction denominator (after rounding), sum so far (whole nano), 1 when max cost cut it
P_POSITION, P_BILLED, P_ROW, P_SLOT, P_CALLED, P_USED, P_PREFIX, P_LINE = 1, 2, 3, 4, 5, 6, 7, 8
P_WHOLE, P_NUM, P_DEN, P_SUM, P_CAPPED = 9, 10, 11, 12, 13


@dataclass(frozen=True, slots=True)
class Tables:
    """A compiled tariff plan: two long arrays, because a compiled function takes those fast and is compiled fast.

    The directory at the head of ``wide`` says where each section begins. The matrices are views of sections, for
    Python.
    """

    narrow: I32
    wide: I64
    lines: I32  # [lines, LINE_COLUMNS]
    rows: I32  # [rows, ROW_COLUMNS]

    @property
    def max_levels(self) -> int:
        """Levels of profiles that are asked, the called subject included."""
        return int(self.wide[X_LEVELS])


def pack(sections: dict[int, npt.NDArray[Any]], numbers: dict[int, int]) -> Tables:
    """Tables of these sections and numbers, each under its place in the directory; sections begin on a cache line."""
    directory = np.zeros(DIRECTORY, np.int64)
    narrow = _joined(sections, directory, range(W_ACT_AT), 0, np.int32)
    wide = _joined(sections, directory, range(W_ACT_AT, X_WORDS), DIRECTORY, np.int64)
    directory[list(numbers)] = list(numbers.values())
    wide[:DIRECTORY] = directory

    def view(where: int, columns: int) -> npt.NDArray[Any]:
        begin = int(directory[where])
        return narrow[begin : begin + sections[where].size].reshape(-1, columns)

    return Tables(narrow, wide, lines=view(N_LINE, LINE_COLUMNS), rows=view(N_ROW, ROW_COLUMNS))


def _joined(
    sections: dict[int, npt.NDArray[Any]], directory: I64, places: range, head: int, kind: type
) -> npt.NDArray[Any]:
    """The sections of these places end to end, after ``head`` free elements; writes where each begins."""
    end = head
    for place in places:
        directory[place] = end
        end += (sections[place].size + 15) // 16 * 16
    joined: npt.NDArray[Any] = np.zeros(end + 16, kind)
    for place in places:
        begin = directory[place]
        joined[begin : begin + sections[place].size] = sections[place].reshape(-1)
    return joined


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
