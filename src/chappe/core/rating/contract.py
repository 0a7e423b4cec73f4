"""What goes into the rating kernel and what comes out, as arrays.

Batch files, a single call, the charging engine and the explanation all hand the kernel these columns; there
is no second implementation. All arrays of one Calls have the same length n and are C-contiguous.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I16 = npt.NDArray[np.int16]
I8 = npt.NDArray[np.int8]
U8 = npt.NDArray[np.uint8]

MILLION = 1_000_000  # usage counts in millionths: microseconds, micro-bytes, micro-events


class Status(IntEnum):
    """What became of a call. UNRATED and REJECTED always come with a Reason; neither is ever priced."""

    RATED = 0
    UNRATED = 1
    REJECTED = 2


class Reason(IntEnum):
    """Why a call was not rated. Names are what files and pages show (lower case, hyphens), values are stable."""

    NONE = 0
    # UNRATED: the plan has no answer
    NO_PROFILE = 1  # no rating profile for this subject, nor *any
    NOT_YET_ACTIVE = 2  # the profile's first activation is later than the call
    NO_DESTINATION = 3  # neither the plan nor its fallbacks price this number
    NO_RATE_NOW = 4  # the destination is priced, but no timing covers a moment of the call
    PLAN_MISSING = 5  # the profile names a plan that has no entries
    # REJECTED: the call itself cannot be read or believed
    BAD_TIME = 20
    BAD_USAGE = 21
    NEGATIVE_USAGE = 22
    END_BEFORE_START = 23
    OUT_OF_RANGE_TIME = 24  # before FIRST_YEAR or after LAST_YEAR
    TOO_LONG = 25
    TOO_EXPENSIVE = 26  # an amount that does not fit 64 bits: a fault of the tariff or of the call
    DUPLICATE_ID = 27
    MISSING_FIELD = 28
    BAD_LINE = 29
    UNKNOWN_TENANT = 30
    BAD_ENCODING = 31
    TOO_MANY_PIECES = 32
    BAD_DESTINATION = 33


FIRST_YEAR = 1990
LAST_YEAR = 2099  # inclusive


#: types of record whose usage is time; anything else is a volume or a count
TIMED = frozenset({"", "0", "voice"})


def is_timed(tor: str) -> bool:
    """Whether usage is seconds: TOR 0 (2012), ``*voice``, or none given. Files are read by the same rule."""
    return tor.strip().removeprefix("*").lower() in TIMED


@dataclass(slots=True)
class Calls:
    """n calls. ``key`` is the row of CompiledTariff.key_index for (direction, tenant, category or tor, subject),
    -1 when unknown; ``destination`` bytes stand end to end in ``dest_bytes`` from ``dest_start[i]`` for
    ``dest_len[i]``. ``usage`` is in millionths. ``timed`` is 1 where usage is time (voice), 0 for volumes and
    events, which are never cut by clocks (§4.4). ``offset`` is the call's own UTC offset in seconds, used
    when the tariff has no time zone. ``status``/``reason`` come pre-filled: rows that are not RATED are
    left as they are.
    """

    key: I32
    dest_bytes: U8
    dest_start: I64
    dest_len: I32
    start: I64  # microseconds UTC
    usage: I64
    offset: I32
    timed: U8
    status: U8
    reason: U8


@dataclass(slots=True)
class Priced:
    """n answers. Amounts in nano. ``rate`` and ``last_rate`` index CompiledTariff.rates (first and last piece),
    ``prefix`` indexes CompiledTariff.prefixes, ``destination`` CompiledTariff.destinations; -1 is none."""

    status: U8
    reason: U8
    cost: I64
    connect_fee: I64
    service: I64
    total: I64
    billed: I64  # millionths
    pieces: I32
    rate: I32
    last_rate: I32
    prefix: I32
    destination: I32
    plan: I32

    @classmethod
    def empty(cls, n: int) -> "Priced":
        """Room for n answers; the kernel fills every element."""
        columns: list[Any] = [np.zeros(n, np.uint8) for _ in range(2)]
        columns += [np.zeros(n, np.int64) for _ in range(5)]
        columns += [np.zeros(n, np.int32) for _ in range(6)]
        return cls(*columns)
