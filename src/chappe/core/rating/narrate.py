"""Sentences about a price, for a billing clerk: the steps of a call and why a call has no price.

A :class:`Phrase` is an English sentence with holes and what fills them; it is translated when it is read.
Nothing is computed here beyond writing numbers and instants out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from chappe.core.base.lang import N_, translate
from chappe.core.base.money import NANO
from chappe.core.rating.contract import Reason

REASONS: dict[Reason, str] = {
    Reason.NONE: N_("The call has a price."),
    Reason.NO_PROFILE: N_("No rating profile exists for this subject, and none for *any."),
    Reason.NOT_YET_ACTIVE: N_("The rating profile of this subject begins after the call."),
    Reason.NO_DESTINATION: N_("Neither the plan of the subject nor its fallbacks have a price for this number."),
    Reason.NO_RATE_NOW: N_("The destination has a price, but none is in force at a moment of the call."),
    Reason.PLAN_MISSING: N_("The rating profile names a plan that does not exist or is empty."),
    Reason.BAD_TIME: N_("The time of the call cannot be read."),
    Reason.BAD_USAGE: N_("The duration or volume cannot be read."),
    Reason.NEGATIVE_USAGE: N_("The duration or volume is negative."),
    Reason.END_BEFORE_START: N_("The call ends before it starts."),
    Reason.OUT_OF_RANGE_TIME: N_("The call starts before 1990 or after 2099."),
    Reason.TOO_LONG: N_("The call is longer than 400 days, or its volume is too large."),
    Reason.TOO_EXPENSIVE: N_("An amount is negative or too large to be true: look at the prices of this rate."),
    Reason.DUPLICATE_ID: N_("Another call of the file has the same identifier."),
    Reason.MISSING_FIELD: N_("A field that is needed is empty."),
    Reason.BAD_LINE: N_("The line cannot be read."),
    Reason.UNKNOWN_TENANT: N_("No rating profile belongs to this tenant."),
    Reason.BAD_ENCODING: N_("The line holds bytes that are not text."),
    Reason.TOO_MANY_PIECES: N_("The call would have more than 100,000 priced pieces: look at the slots of this rate."),
    Reason.BAD_DESTINATION: N_("The destination cannot be read."),
}


def reason_code(reason: Reason | int) -> str:
    """What files and pages show: lower case with hyphens, empty for NONE."""
    return "" if reason == Reason.NONE else Reason(reason).name.lower().replace("_", "-")


def reason_sentence(reason: Reason | int, language: str = "en") -> str:
    """Why a call was not rated, in a sentence."""
    return translate(REASONS[Reason(reason)], language)


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English sentence with ``{named}`` holes; a hole may be filled by another phrase."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """The sentence in ``language``."""
        filled = {
            name: value.sentence(language) if isinstance(value, Phrase) else _written(value, language)
            for name, value in self.params.items()
        }
        return translate(self.text, language).format_map(filled)


def _written(value: Any, language: str) -> str:
    """Decimals with the reader's separator; only amounts and quantities, which come as Fraction."""
    if isinstance(value, Fraction):
        text = exact_text(value)
        return text.replace(".", ",") if language == "fr" else text
    if isinstance(value, datetime):
        stamp = value.strftime("%d/%m/%Y %H:%M:%S" if language == "fr" else "%Y-%m-%d %H:%M:%S")
        return stamp + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "") + _zone(value)
    return str(value)


def _zone(value: datetime) -> str:
    """`` (UTC+02:00)``: says which of the two passes of a repeated hour is meant."""
    return f" (UTC{value.isoformat()[-6:]})" if value.tzinfo else ""


def exact_text(value: Fraction) -> str:
    """A fraction as a plain decimal when it ends within 18 places, else 18 places and an ellipsis."""
    scaled = value * 10**18
    digits = abs(scaled.numerator) // scaled.denominator
    whole, part = divmod(digits, 10**18)
    sign = "-" if value < 0 else ""
    text = f"{sign}{whole}.{part:018d}"
    return text.rstrip("0").rstrip(".") if scaled.denominator == 1 else text + "…"


def money(nano: int | Fraction) -> Fraction:
    """Nano as a fraction of the currency, for a hole."""
    return Fraction(nano) / NANO
