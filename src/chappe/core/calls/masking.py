"""The one rule that hides the end of a number, and the policies of where it applies.

Three places, three settings (arrêté of 16/12/1996, NS 47, arrêté of 31/12/2013): the screen, what is printed or sent, what is
stored. Consent and exclusion of a line are answered by whoever keeps them; here they only change the count of digits.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chappe.core.calls.kinds import LEFT_OUT_OF_BILLS, NumberKind

HIDDEN = "*"
WHOLE = 0  # digits hidden
LEGAL_DIGITS = 4  # the last digits that an itemised bill leaves out unless its holder asks
#: Numbers that are nobody's: masking them would hide a service, not a person.
PUBLIC = frozenset(
    {NumberKind.EMERGENCY, NumberKind.SHORT, NumberKind.DIRECTORY, NumberKind.INTERNAL, NumberKind.SERVICE}
)


def mask(number: str, digits: int = LEGAL_DIGITS) -> str:
    """``number`` with its last ``digits`` digits hidden; what is not a digit stays. 0 hides nothing.

    An address (``user@host``) loses its user part: hiding four letters of it hides nobody.
    """
    if digits <= 0:
        return number
    if "@" in number:
        return HIDDEN * 4 + number[number.index("@") :]
    left, out = digits, []
    for sign in reversed(number):
        hide = left > 0 and sign.isdigit()
        out.append(HIDDEN if hide else sign)
        left -= hide
    return "".join(reversed(out))


@dataclass(frozen=True, slots=True)
class Policy:
    """How many digits each place hides. ``no_detail`` are ids of lines whose calls are never listed one by one
    (representatives of the staff…), ``consents`` ids of lines whose holder asked for whole numbers."""

    screen: int = LEGAL_DIGITS
    printed: int = LEGAL_DIGITS
    stored: int = 0
    consents: frozenset[int] = frozenset()
    no_detail: frozenset[int] = frozenset()

    def on_screen(self, number: str, kind: str = "") -> str:
        """As pages, exports and the API show it."""
        return shown(number, kind, self.screen)

    def on_paper(self, number: str, kind: str = "", line: int | None = None) -> str:
        """As a bill, its annex and its mail show it; whole for a line whose holder asked."""
        return shown(number, kind, WHOLE if line in self.consents else self.printed)

    def in_store(self, number: str, kind: str = "") -> str:
        """As it is kept."""
        return shown(number, kind, self.stored)

    def has_detail(self, line: int | None) -> bool:
        """Whether the calls of this line may be listed one by one."""
        return line not in self.no_detail

    def lists(self, kind: str, total: int | None) -> bool:
        """Whether a bill lists a call: free and emergency numbers are left out as long as they cost nothing."""
        return bool(total) or kind not in LEFT_OUT_OF_BILLS


def shown(number: str, kind: str, digits: int) -> str:
    """``number`` under a rule of ``digits``: public services stay readable, helplines are hidden whole."""
    if digits <= 0 or not number:
        return number
    if kind == NumberKind.HELPLINE:
        return mask(number, len(number))
    return number if kind in PUBLIC else mask(number, digits)


def masked_all(numbers: Iterable[str], kinds: Iterable[str], digits: int) -> list[str]:
    """:func:`shown` for columns."""
    return [shown(number, kind, digits) for number, kind in zip(numbers, kinds, strict=True)]
