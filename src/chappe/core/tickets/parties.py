"""Which side of a call is inside, for formats that do not say it: by extension numbers, trunks and contexts.

Only what an administrator can set and what the ticket shows; never a guess of an outside prefix. When both sides
look alike from outside, the direction stays unknown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chappe.core.base.lang import N_
from chappe.core.tickets.base import Option
from chappe.core.tickets.contract import Outcome, Profile, Way

_RANGE = re.compile(r"(\d{1,10})(?:-(\d{1,10}))?\Z", re.ASCII)
_NUMBERS = re.compile(r"(\+?\d{2,15})(?:-(\+?\d{2,15}))?\Z", re.ASCII)
#: Short numbers of the public network that no extension plan should shadow.
EMERGENCY = frozenset({"15", "17", "18", "112", "114", "115", "116000", "116117", "119", "191", "196", "197"})

EXTENSIONS = Option(
    "extensions",
    "ranges",
    (),
    N_("Internal numbers, as ranges such as 200-299; empty: any number short enough"),
)
MOST_DIGITS = Option("most_digits", "int", 6, N_("Longest internal number, in digits"))
OWN_NUMBERS = Option(
    "own_numbers",
    "list",
    (),
    N_("Own public numbers, such as +33384110000-+33384110099; empty: those of the source"),
)
OPTIONS = (EXTENSIONS, MOST_DIGITS, OWN_NUMBERS)


def international(number: str) -> str:
    """Digits from the country code on: ``+33384110055``, ``0033384110055`` and ``0384110055`` are one; "" for what is no number."""
    text = number.strip()
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        return ""
    if text.startswith("00"):
        return digits[2:]
    return f"33{digits[1:]}" if len(digits) == 10 and digits.startswith("0") else digits


@dataclass(frozen=True, slots=True)
class Inside:
    """The house's own numbers."""

    ranges: tuple[tuple[int, int, int], ...] = ()  # digits, first, last
    most: int = 6
    numbers: tuple[tuple[str, str], ...] = ()  # own public numbers: first, last, from the country code on

    @classmethod
    def of(cls, profile: Profile) -> "Inside":
        ranges = []
        for text in profile.options.get("extensions", ()):
            found = _RANGE.match(text.strip())
            if found:
                first, last = found.group(1), found.group(2) or found.group(1)
                ranges.append((len(first), int(first), int(last)))
        numbers = []
        for text in profile.options.get("own_numbers", ()):
            found = _NUMBERS.match(text.strip())
            if found:
                numbers.append((international(found.group(1)), international(found.group(2) or found.group(1))))
        return cls(tuple(ranges), int(profile.options.get("most_digits", 6)), tuple(numbers))

    def has(self, number: str) -> bool:
        """Whether a number is an extension of the house."""
        if not (number.isascii() and number.isdigit()) or len(number) > 12:
            return False
        if self.ranges:
            value = int(number)
            return any(len(number) == digits and first <= value <= last for digits, first, last in self.ranges)
        return 2 <= len(number) <= self.most and number not in EMERGENCY

    def owns(self, number: str) -> bool:
        """Whether a number is an extension of the house or one of its public numbers."""
        if self.has(number):
            return True
        digits = international(number) if self.numbers else ""
        return any(len(digits) == len(first) and first <= digits <= last for first, last in self.numbers)

    def way(self, caller: str, called: str, *, trunk_in: str = "", trunk_out: str = "") -> Way:
        """Direction by what is known: the trunks of the ticket first, then the numbers."""
        if trunk_in and trunk_out:
            return Way.TRANSIT
        if trunk_in:
            return Way.IN
        if trunk_out:
            return Way.OUT
        inside, target = self.has(caller), self.has(called)
        if inside and target:
            # Without a given plan, a shorter or longer number is a service of the public network (3949, 118712).
            return Way.INTERNAL if self.ranges or len(caller) == len(called) else Way.OUT
        if inside or self.owns(caller):
            if target and self.ranges:
                return Way.INTERNAL
            return Way.OUT if called else Way.UNKNOWN  # to a public number of the house too: it has a price
        return Way.IN if self.owns(called) else Way.UNKNOWN


#: SIP final answers that are not failures of the network.
_SIP_OUTCOMES: Mapping[int, Outcome] = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.MISSED,
    408: Outcome.MISSED,
    480: Outcome.MISSED,
    487: Outcome.MISSED,
}
#: Q.850 causes likewise.
_Q850_OUTCOMES: Mapping[int, Outcome] = {
    16: Outcome.MISSED,
    17: Outcome.BUSY,
    18: Outcome.MISSED,
    19: Outcome.MISSED,
    21: Outcome.MISSED,
    31: Outcome.MISSED,
}


def sip_outcome(code: str, talk: int) -> Outcome:
    """How a call ended by its final SIP answer."""
    if talk or code.startswith("2"):
        return Outcome.ANSWERED
    if not (code.isascii() and code.isdigit()):
        return Outcome.UNKNOWN
    return _SIP_OUTCOMES.get(int(code[:4]), Outcome.FAILED) if int(code[:4]) >= 300 else Outcome.UNKNOWN


def q850_outcome(cause: int, talk: int) -> Outcome:
    """How a call ended by its Q.850 cause; 0 says nothing."""
    if talk:
        return Outcome.ANSWERED
    return _Q850_OUTCOMES.get(cause, Outcome.FAILED) if cause else Outcome.MISSED


def plain_text(value: Any) -> str:
    """A value of JSON as the text a column would hold; tables and lists are nothing."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
