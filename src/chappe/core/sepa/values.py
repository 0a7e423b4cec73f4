"""What a direct debit file is made of, and what may stand in it: accounts, identifiers, names in the letters of SEPA.

A value that may not leave is an :class:`Issue`, told before a file is made; nothing is cut or replaced in silence except
accents and signs that no bank takes (EPC217-08, the basic Latin set).
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError as BadNumber

from chappe.core.base.issue import Issue, declare
from chappe.core.base.lang import N_
from chappe.core.base.money import plain
from chappe.core.billing.document import CENT

SCHEMES = ("CORE", "B2B")
SEQUENCES = ("FRST", "RCUR", "FNAL", "OOFF")
MAX_NANO = 999_999_999_99 * CENT
#: Countries and territories of the single euro payments area, by the first letters of the IBAN.
SEPA_COUNTRIES = frozenset(
    [
        "AD",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
        "AL",
        "MD",
        "ME",
        "MK",
        "RS",
    ]
)

declare(
    {
        "sepa-iban": N_("“{value}” is not an IBAN: {why}."),
        "sepa-iban-area": N_("The account {value} stands outside the single euro payments area."),
        "sepa-bic": N_("“{value}” is not a BIC."),
        "sepa-ics": N_("“{value}” is not a SEPA creditor identifier (ICS)."),
        "sepa-ics-missing": N_("The creditor has no SEPA identifier (ICS): ask the bank for one."),
        "sepa-rum": N_(
            "The mandate reference “{value}” is not made of 1 to 35 letters, digits and - ? : ( ) . , ' + / signs."
        ),
        "sepa-name": N_("The name is missing."),
        "sepa-end-to-end": N_("The reference “{value}” is not made of 1 to 35 letters, digits and plain signs."),
        "sepa-amount": N_("The amount {value} is not a number of whole cents above zero."),
        "sepa-scheme": N_("The scheme “{value}” is neither CORE nor B2B."),
        "sepa-sequence": N_("The sequence “{value}” is none of FRST, RCUR, FNAL, OOFF."),
        "sepa-signed-later": N_("The mandate is signed on {signed}, after the collection of {day}."),
        "sepa-address": N_(
            "An address needs its town and its country in fields of their own (rule of 15 November 2026)."
        ),
        "sepa-twice": N_("The reference “{value}” stands twice in the file."),
        "sepa-empty": N_("There is nothing to collect."),
        "sepa-mixed": N_("One file holds debits of one scheme: “{value}” differs."),
    }
)

_PLAIN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*\Z")
_IDENTIFIER = re.compile(r"[A-Za-z0-9\-?:().,'+/ ]{1,35}\Z")
_LETTERS = {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
            "’": "'", "‘": "'", "“": "'", "”": "'", "«": "'", "»": "'", "–": "-", "—": "-", "&": "+", "€": "EUR", "\u00a0": " ",
            "\u202f": " "}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A structured address; free lines are not offered, banks refuse them since 15 November 2026."""

    street: str = ""
    number: str = ""
    postal_code: str = ""
    town: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        return not any((self.street, self.number, self.postal_code, self.town, self.country))


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who collects. ``ics`` is the SEPA creditor identifier; ``bic`` may be left out."""

    name: str
    iban: str
    ics: str
    bic: str = ""
    address: Address = Address()


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changed in a mandate since its last collection: it must travel with the next one. Empty: unchanged.

    ``other_bank`` says that the debtor's account is now elsewhere (SMNDA) without naming the former account.
    """

    rum: str = ""
    ics: str = ""
    creditor_name: str = ""
    iban: str = ""
    other_bank: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.rum or self.ics or self.creditor_name or self.iban or self.other_bank)


@dataclass(frozen=True, slots=True)
class Debit:
    """One collection. ``amount`` in nano, whole cents; ``text`` reaches the debtor's statement (140 signs)."""

    end_to_end: str
    amount: int
    name: str
    iban: str
    rum: str
    signed_on: dt.date
    sequence: str
    collected_on: dt.date
    text: str
    scheme: str = "CORE"
    bic: str = ""
    address: Address = Address()
    amendment: Amendment = Amendment()


def latin(text: str, limit: int) -> str:
    """``text`` in the letters that every SEPA bank takes: accents dropped, unknown signs as a point, at most ``limit``."""
    replaced = "".join(_LETTERS.get(char, char) for char in text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", replaced) if not unicodedata.combining(c))
    kept = "".join(char if _PLAIN.match(char) else "." for char in bare if char.isprintable())
    return " ".join(kept.split())[:limit].strip()


def tidy_iban(text: str) -> str:
    """Without spaces, in capitals. Not checked: see :func:`check_iban`."""
    return "".join(text.split()).upper()


def masked(iban: str) -> str:
    """Country and last four digits, as people recognise their account: FR76 •••• 0189."""
    bare = tidy_iban(iban)
    return f"{bare[:4]} •••• {bare[-4:]}" if len(bare) > 8 else "••••"


def bic_of(iban: str) -> str:
    """The BIC of a known bank from its IBAN, "" when the bank is not known here."""
    try:
        found = IBAN(tidy_iban(iban)).bic
    except (SchwiftyException, ValueError):
        return ""
    return str(found) if found else ""


def check_iban(text: str, field: str = "iban") -> Iterator[Issue]:
    """Issues of an account number: its shape, its check digits, its country."""
    bare = tidy_iban(text)
    try:
        IBAN(bare)
    except SchwiftyException as error:
        yield Issue(
            "sepa-iban", field=field, params={"value": masked(bare) if len(bare) > 8 else bare, "why": str(error)}
        )
        return
    if bare[:2] not in SEPA_COUNTRIES:
        yield Issue("sepa-iban-area", field=field, params={"value": masked(bare)})


def check_bic(text: str, field: str = "bic") -> Iterator[Issue]:
    """Issues of a BIC; an empty one is no fault, the bank finds it from the IBAN."""
    if not text:
        return
    try:
        BIC(text)
    except SchwiftyException:
        yield Issue("sepa-bic", field=field, params={"value": text})


def check_ics(text: str, field: str = "ics") -> Iterator[Issue]:
    """Issues of a creditor identifier: its check digits (ISO 7064, business code left out)."""
    if not text:
        yield Issue("sepa-ics-missing", field=field)
        return
    try:
        at_02.validate(text)
    except BadNumber:
        yield Issue("sepa-ics", field=field, params={"value": text})


def is_identifier(text: str) -> bool:
    """Whether a reference may travel: 1 to 35 plain signs, no slash at an end, no double slash (EPC217-08)."""
    return bool(_IDENTIFIER.match(text)) and not (text.startswith("/") or text.endswith("/") or "//" in text)


def check_rum(text: str, field: str = "rum") -> Iterator[Issue]:
    """Issues of a mandate reference."""
    if not is_identifier(text):
        yield Issue("sepa-rum", field=field, params={"value": text})


def check_creditor(creditor: Creditor) -> list[Issue]:
    """Everything that keeps ``creditor`` from collecting."""
    issues = [*check_iban(creditor.iban), *check_bic(creditor.bic), *check_ics(creditor.ics)]
    if not latin(creditor.name, 70):
        issues.append(Issue("sepa-name", field="name"))
    return issues + list(_check_address(creditor.address))


def check_debit(debit: Debit) -> list[Issue]:
    """Everything that keeps one debit out of a file."""
    issues = [*check_iban(debit.iban), *check_bic(debit.bic), *check_rum(debit.rum), *_check_address(debit.address)]
    if not latin(debit.name, 70):
        issues.append(Issue("sepa-name", field="name"))
    if not is_identifier(debit.end_to_end):
        issues.append(Issue("sepa-end-to-end", field="end_to_end", params={"value": debit.end_to_end}))
    if debit.amount <= 0 or debit.amount % CENT or debit.amount > MAX_NANO:
        issues.append(Issue("sepa-amount", field="amount", params={"value": plain(debit.amount)}))
    if debit.scheme not in SCHEMES:
        issues.append(Issue("sepa-scheme", field="scheme", params={"value": debit.scheme}))
    if debit.sequence not in SEQUENCES:
        issues.append(Issue("sepa-sequence", field="sequence", params={"value": debit.sequence}))
    if debit.signed_on > debit.collected_on:
        told = {"signed": debit.signed_on.isoformat(), "day": debit.collected_on.isoformat()}
        issues.append(Issue("sepa-signed-later", field="signed_on", params=told))
    return issues


def _check_address(address: Address) -> Iterator[Issue]:
    if not address.is_empty and not (latin(address.town, 35) and re.fullmatch(r"[A-Z]{2}", address.country)):
        yield Issue("sepa-address", field="address")
