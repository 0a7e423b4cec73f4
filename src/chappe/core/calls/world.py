"""Numbers of other countries, by the plans that ``phonenumbers`` keeps; countries named in French. Never raises."""

import datetime as dt
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType

from chappe.core.calls.kinds import Number, NumberKind
from chappe.core.calls.zones import WORLD, zone_of

#: Codes that belong to no country (ITU-T E.164), and how lists name them.
NETWORKS = {
    870: (NumberKind.SATELLITE, "Inmarsat"),
    881: (NumberKind.SATELLITE, "Satellite mondial"),
    882: (NumberKind.SATELLITE, "Réseaux internationaux (882)"),
    883: (NumberKind.SATELLITE, "Réseaux internationaux (883)"),
    878: (NumberKind.INTERNATIONAL, "Numéro personnel universel"),
    800: (NumberKind.INTERNATIONAL, "Numéro vert international"),
    808: (NumberKind.INTERNATIONAL, "Coûts partagés internationaux"),
    979: (NumberKind.INTERNATIONAL, "Service surtaxé international"),
}
_MOBILE = frozenset({PhoneNumberType.MOBILE})


@cache
def country_name(country: str) -> str:
    """A country in French, as CLDR has it; the code itself for one that it does not have."""
    from babel import Locale  # only where countries are named

    return str(Locale("fr").territories.get(country, country))


def abroad(e164: str, on: dt.date | None = None) -> Number:
    """``+49…`` understood; UNKNOWN for a code that no country has, a warning for a number its country does not have."""
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return Number(e164, kind=NumberKind.UNKNOWN, warnings=("no-country",))
    if not phonenumbers.is_possible_number(parsed):
        return Number(e164, kind=NumberKind.UNKNOWN, warnings=("no-such-number",))
    return _of(e164, parsed, on)


def emergency(digits: str, country: str) -> Number | None:
    """An emergency number of that country."""
    if not phonenumbers.is_emergency_number(digits, country):
        return None
    return Number(digits, "", "", NumberKind.EMERGENCY, country, country_name(country), zone_of(country))


def local(digits: str, country: str, area: str) -> Number | None:
    """A number dialled inside another country than France; local numbers are completed by ``area``."""
    if urgent := emergency(digits, country):
        return urgent
    for text in (digits, area + digits) if area else (digits,):
        try:
            parsed = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return _of(digits, parsed, None)
    return None


def _of(raw: str, parsed: phonenumbers.PhoneNumber, on: dt.date | None) -> Number:
    whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    sort = phonenumbers.number_type(parsed)  # UNKNOWN exactly where is_valid_number says no
    valid = sort != PhoneNumberType.UNKNOWN
    warnings = () if valid else ("not-valid",)
    code = parsed.country_code or 0
    if code in NETWORKS:
        kind, label = NETWORKS[code]
        return Number(raw, whole, whole[1:], kind, "", label, WORLD, (), warnings)
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(code)
    mobile = sort in _MOBILE
    kind = NumberKind.INTERNATIONAL_MOBILE if mobile else NumberKind.INTERNATIONAL
    return Number(raw, whole, whole[1:], kind, country, country_name(country), zone_of(country, on), (), warnings)
