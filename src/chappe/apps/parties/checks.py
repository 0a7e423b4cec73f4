"""Validators of the fields of a party: pure functions that refuse with a sentence."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as NotAStandardNumber
from stdnum.fr import siren


def check_siren(value: str) -> None:
    """Nine digits with a right check digit (Luhn)."""
    try:
        siren.validate(value)
    except NotAStandardNumber as error:
        raise ValidationError(
            _("“%(value)s” is not a SIREN: nine digits, the last one checks the others."),
            params={"value": value},
        ) from error


def check_phone(value: str) -> None:
    """A French number, or an international one that begins with +."""
    try:
        number = phonenumbers.parse(value, "FR")
    except phonenumbers.NumberParseException as error:
        raise ValidationError(_("“%(value)s” is not a telephone number."), params={"value": value}) from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError(
            _("“%(value)s” is too short or too long for a telephone number."), params={"value": value}
        )
