"""Every way in which one line of a file of calls can be wrong, as a table.

The scanner and the parser say which fault a line has with one small number; this table gives the contract's
Reason, the field to point at and the sentence. Nothing here reads a file.
"""

from enum import IntEnum
from typing import NamedTuple

from chappe.core.base.issue import declare
from chappe.core.base.lang import N_
from chappe.core.rating.contract import FIRST_YEAR, LAST_YEAR, Reason


class Fault(IntEnum):
    """What is wrong with a line, in the order in which it is noticed. Values live only inside one run."""

    NONE = 0
    TOO_FEW_FIELDS = 1
    TOO_MANY_FIELDS = 2
    UNCLOSED_QUOTE = 3
    STRAY_QUOTE = 4
    NUL_BYTE = 5
    LINE_TOO_LONG = 6
    MISSING_ID = 10
    MISSING_TENANT = 11
    MISSING_SUBJECT = 12
    MISSING_DESTINATION = 13
    MISSING_START = 14
    MISSING_END = 15
    UNKNOWN_TENANT = 16
    BAD_DIRECTION = 17
    BAD_START = 20
    BAD_END = 21
    START_OUT_OF_RANGE = 22
    END_OUT_OF_RANGE = 23
    END_BEFORE_START = 24
    BAD_USAGE = 30
    NEGATIVE_USAGE = 31
    USAGE_TOO_LARGE = 32
    LETTERS_IN_NUMBER = 40
    NUMBER_TOO_LONG = 41
    DUPLICATE_ID = 50


class Meaning(NamedTuple):
    """What the rest of Chappe is told about a fault. An empty ``field`` points at the whole line."""

    reason: Reason
    field: str
    code: str


MEANINGS: dict[Fault, Meaning] = {
    Fault.TOO_FEW_FIELDS: Meaning(Reason.BAD_LINE, "", "usage.too-few-fields"),
    Fault.TOO_MANY_FIELDS: Meaning(Reason.BAD_LINE, "", "usage.too-many-fields"),
    Fault.UNCLOSED_QUOTE: Meaning(Reason.BAD_LINE, "", "usage.unclosed-quote"),
    Fault.STRAY_QUOTE: Meaning(Reason.BAD_LINE, "", "usage.stray-quote"),
    Fault.NUL_BYTE: Meaning(Reason.BAD_ENCODING, "", "usage.nul-byte"),
    Fault.LINE_TOO_LONG: Meaning(Reason.BAD_LINE, "", "usage.line-too-long"),
    Fault.MISSING_ID: Meaning(Reason.MISSING_FIELD, "id", "usage.missing-field"),
    Fault.MISSING_TENANT: Meaning(Reason.MISSING_FIELD, "tenant", "usage.missing-field"),
    Fault.MISSING_SUBJECT: Meaning(Reason.MISSING_FIELD, "subject", "usage.missing-field"),
    Fault.MISSING_DESTINATION: Meaning(Reason.MISSING_FIELD, "destination", "usage.missing-field"),
    Fault.MISSING_START: Meaning(Reason.MISSING_FIELD, "start", "usage.missing-field"),
    Fault.MISSING_END: Meaning(Reason.MISSING_FIELD, "end", "usage.missing-usage"),
    Fault.UNKNOWN_TENANT: Meaning(Reason.UNKNOWN_TENANT, "tenant", "usage.unknown-tenant"),
    Fault.BAD_DIRECTION: Meaning(Reason.BAD_LINE, "direction", "usage.bad-direction"),
    Fault.BAD_START: Meaning(Reason.BAD_TIME, "start", "usage.bad-time"),
    Fault.BAD_END: Meaning(Reason.BAD_TIME, "end", "usage.bad-time"),
    Fault.START_OUT_OF_RANGE: Meaning(Reason.OUT_OF_RANGE_TIME, "start", "usage.time-out-of-range"),
    Fault.END_OUT_OF_RANGE: Meaning(Reason.OUT_OF_RANGE_TIME, "end", "usage.time-out-of-range"),
    Fault.END_BEFORE_START: Meaning(Reason.END_BEFORE_START, "end", "usage.end-before-start"),
    Fault.BAD_USAGE: Meaning(Reason.BAD_USAGE, "usage", "usage.bad-usage"),
    Fault.NEGATIVE_USAGE: Meaning(Reason.NEGATIVE_USAGE, "usage", "usage.negative-usage"),
    Fault.USAGE_TOO_LARGE: Meaning(Reason.BAD_USAGE, "usage", "usage.usage-too-large"),
    Fault.LETTERS_IN_NUMBER: Meaning(Reason.BAD_DESTINATION, "destination", "usage.letters-in-number"),
    Fault.NUMBER_TOO_LONG: Meaning(Reason.BAD_DESTINATION, "destination", "usage.number-too-long"),
    Fault.DUPLICATE_ID: Meaning(Reason.DUPLICATE_ID, "id", "usage.duplicate-id"),
}

#: Reasons that come from pricing rather than from reading: which field a person should look at first.
PRICING: dict[Reason, Meaning] = {
    Reason.NO_PROFILE: Meaning(Reason.NO_PROFILE, "subject", "usage.no-profile"),
    Reason.NOT_YET_ACTIVE: Meaning(Reason.NOT_YET_ACTIVE, "start", "usage.not-yet-active"),
    Reason.NO_DESTINATION: Meaning(Reason.NO_DESTINATION, "destination", "usage.no-destination"),
    Reason.NO_RATE_NOW: Meaning(Reason.NO_RATE_NOW, "start", "usage.no-rate-now"),
    Reason.PLAN_MISSING: Meaning(Reason.PLAN_MISSING, "subject", "usage.plan-missing"),
    Reason.TOO_LONG: Meaning(Reason.TOO_LONG, "usage", "usage.too-long"),
    Reason.TOO_EXPENSIVE: Meaning(Reason.TOO_EXPENSIVE, "usage", "usage.too-expensive"),
    Reason.TOO_MANY_PIECES: Meaning(Reason.TOO_MANY_PIECES, "usage", "usage.too-many-pieces"),
}

MAX_LINE = 1 << 20  # bytes; a longer line is a fault of its own and is never held in memory whole
MOST_DIGITS = 32  # E.164 stops at 15; carrier selection and routing prefixes come in front of it

declare(
    {
        # the whole file
        "usage.empty-file": N_("The file is empty. Expected a header line such as {header}."),
        "usage.no-calls": N_("The file has a header but no call."),
        "usage.column-missing": N_("The header has no column “{name}”. Columns are found by name, in any order."),
        "usage.column-twice": N_("The header has the column “{name}” twice."),
        "usage.not-a-header": N_("The first line is not a header: no known column in it. Expected {header}."),
        "usage.not-parquet": N_("This is not a readable Parquet file: {why}."),
        "usage.converted": N_("Bytes that are not UTF-8 were read as Windows-1252 and written as UTF-8."),
        # one line
        "usage.too-few-fields": N_("{found} fields instead of {expected}: the line is cut short."),
        "usage.too-many-fields": N_("{found} fields instead of {expected}: a separator too many, or missing quotes."),
        "usage.unclosed-quote": N_("A quote is opened and never closed on this line."),
        "usage.stray-quote": N_("Text follows a closed quote: a separator or a doubled quote is missing."),
        "usage.nul-byte": N_("The line holds a NUL byte."),
        "usage.line-too-long": N_("The line is longer than {limit} bytes; it was not read."),
        "usage.missing-field": N_("“{field}” is empty."),
        "usage.missing-usage": N_("Neither “end” nor “usage” says how much was used."),
        "usage.unknown-tenant": N_("The tariff knows no tenant “{value}”."),
        "usage.bad-direction": N_("The direction is “{value}”; expected OUT or IN."),
        "usage.bad-time": N_(
            "“{value}” is not a moment. Expected RFC 3339, such as 2026-03-07T10:00:00Z or 2026-03-07T11:00:00+01:00."
        ),
        "usage.time-out-of-range": N_("“{value}” lies outside of the years {first} to {last}."),
        "usage.end-before-start": N_("The call ends (“{value}”) before it starts."),
        "usage.bad-usage": N_("“{value}” is not a quantity. Expected seconds, bytes or a count, as plain digits."),
        "usage.negative-usage": N_("The usage “{value}” is negative."),
        "usage.usage-too-large": N_("The usage “{value}” is too large to be true."),
        "usage.letters-in-number": N_("The number called, “{value}”, holds something else than digits, +, * and #."),
        "usage.number-too-long": N_("The number called has more than {most} characters."),
        "usage.duplicate-id": N_("The id “{value}” stands earlier in this file: a call is priced once."),
        # pricing
        "usage.no-profile": N_("No rating profile for the subject “{value}”, nor one for *any."),
        "usage.not-yet-active": N_("The tariff is not active yet on “{value}”."),
        "usage.no-destination": N_("Neither the plan nor its fallbacks price the number “{value}”."),
        "usage.no-rate-now": N_("The destination is priced, but no timing covers “{value}”, or all of the call."),
        "usage.plan-missing": N_("The rating profile of “{value}” names a plan that has no entries."),
        "usage.too-long": N_("The usage “{value}” is longer than a call may be."),
        "usage.too-expensive": N_("The price of this usage (“{value}”) does not fit: check the call and its rate."),
        "usage.too-many-pieces": N_("The usage “{value}” would be cut into too many pieces: check the call."),
    }
)


#: Numbers that sentences quote, handed to every Issue of this package.
LIMITS = {"first": FIRST_YEAR, "last": LAST_YEAR, "most": MOST_DIGITS, "limit": MAX_LINE}


def reason_word(reason: int) -> str:
    """``Reason.NO_PROFILE`` → ``no-profile``, the word of files and pages; NONE is empty."""
    return "" if reason == Reason.NONE else Reason(reason).name.lower().replace("_", "-")
