"""The invoice as it is issued: one frozen, complete value from which PDF, Factur-X, UBL, annex and journal are made.

Nothing outside this value is read when a document is drawn again: it carries a copy of the seller and of the buyer as
they were. Amounts are nano integers; on a line, a VAT row or a total they are whole cents (multiples of 10⁷).
A credit note has the same positive amounts with ``kind`` 381: the document's kind says the sign.
Fields follow EN 16931; the BT numbers stand beside them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from dataclasses import field as of
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

INVOICE, CREDIT_NOTE, CORRECTED = "380", "381", "384"
CENT = 10_000_000


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, structured."""

    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer as frozen in the document."""

    name: str
    address: Address
    number: str = ""  # customer number with the seller
    legal_form: str = ""  # "SAS au capital de 50 000 €"
    rcs: str = ""  # "RCS Lyon"
    siren: str = ""  # BT-30 / BT-47, scheme 0002
    siret: str = ""
    vat_number: str = ""  # BT-31 / BT-48
    electronic_address: str = ""  # BT-34 / BT-49, scheme 0225
    email: str = ""
    phone: str = ""
    is_company: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line (BG-25). ``net`` = quantity × price − discount, rounded once to the cent."""

    label: str
    net: int
    quantity: str = "1"  # decimal, ≤ 4 decimals
    unit: str = "C62"  # UN/ECE rec. 20: C62 one, MON month, MIN minute, E34 gigabyte
    price: int = 0  # nano for one unit
    discount: int = 0  # cents in nano, positive
    discount_label: str = ""
    section: str = "services"  # subscriptions, options, communications, one_off, third_party, services
    vat_category: str = "S"
    vat_rate: str = "20.00"
    period_from: dt.date | None = None
    period_to: dt.date | None = None
    note: str = ""
    line_number: str = ""  # extension or line it is for
    site: str = ""
    is_goods: bool = False  # a delivery of goods, not a service: see frames.py


@dataclass(frozen=True, slots=True)
class VatRow:
    """Total of one category and rate (BG-23)."""

    category: str  # S, E, AE, Z, G, O, K
    rate: str
    base: int
    tax: int
    reason: str = ""  # BT-120
    reason_code: str = ""  # BT-121


@dataclass(frozen=True, slots=True)
class CallGroup:
    """Communications of one line and one kind, as summed on the invoice."""

    line_number: str
    user: str
    kind: str  # national, mobile, sva, international, …
    label: str
    calls: int
    seconds: int
    net: int
    included: bool = False


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the detail, already masked where the holder has not asked for the digits."""

    line_number: str
    start: str  # local time of the customer, ISO without offset
    number: str
    label: str
    seconds: int
    net: int
    included: bool = False
    note: str = ""  # "appel du mois précédent"


@dataclass(frozen=True, slots=True)
class Month:
    """One point of the twelve-month charts."""

    month: str  # 2026-10
    net: int
    calls: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """All that an issued invoice says."""

    number: str
    kind: str
    issue_date: dt.date
    seller: Party
    buyer: Party
    currency: str = "EUR"
    language: str = "fr"
    frame: str = "S1"  # BT-23: S1 services, B1 goods, M1 both, S2 already paid: frames.py
    due_date: dt.date | None = None
    period_from: dt.date | None = None
    period_to: dt.date | None = None
    service_address: Address | None = None
    order_reference: str = ""  # BT-13
    buyer_reference: str = ""  # BT-10
    contract: str = ""  # BT-12
    preceding_number: str = ""  # BT-25
    preceding_date: dt.date | None = None  # BT-26
    reason: str = ""  # why a credit note
    lines: tuple[Line, ...] = ()
    vat: tuple[VatRow, ...] = ()
    net: int = 0  # BT-109
    tax: int = 0  # BT-110
    gross: int = 0  # BT-112
    paid: int = 0  # BT-113
    due: int = 0  # BT-115
    payment_means: str = "30"  # 30 transfer, 59 SEPA direct debit
    iban: str = ""  # of the seller (30) or debited, masked on paper (59)
    bic: str = ""
    mandate: str = ""  # BT-89
    creditor_id: str = ""  # BT-90
    terms: str = ""  # BT-20, a sentence
    notes: Mapping[str, str] = of(default_factory=dict)  # PMT, PMD, AAB, BAR, REG … → text
    mentions: tuple[str, ...] = ()  # sentences the law wants on paper
    groups: tuple[CallGroup, ...] = ()
    calls: tuple[CallRow, ...] = ()  # may be empty: the annex then carries them
    calls_total: int = 0  # how many calls the annex has
    history: tuple[Month, ...] = ()
    brand: str = ""  # slug of the layout
    vat_on_debits: bool = False  # BT-8: the seller opted for VAT on invoicing; otherwise it falls due on payment

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data: what is stored, hashed and chained."""
        return {name: _plain(getattr(self, name)) for name in _names(Document)}


def from_data(data: Mapping[str, Any]) -> Document:
    """The document back from its JSON; unknown keys are refused (TypeError), since a frozen document has none."""
    made = _build(Document, data)
    if not isinstance(made, Document):  # pragma: no cover
        raise TypeError(data)
    return made


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(row.name for row in fields(kind))


_SCALARS = frozenset({str, int, bool, type(None)})


def _plain(value: Any) -> Any:
    """Written out rather than ``dataclasses.asdict``, which copies every text: a month has tens of thousands of documents."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        named = ((name, getattr(value, name)) for name in _names(type(value)))
        return {name: item if type(item) in _SCALARS else _plain(item) for name, item in named}
    return value


def _build(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(kind) is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in value)
    for option in get_args(kind):
        if option is not type(None) and get_origin(kind) is not Mapping and not isinstance(None, option):
            return _build(option, value)
    if kind is dt.date:
        return dt.date.fromisoformat(value)
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        known = {row.name for row in fields(kind)}
        if unknown := set(value) - known:
            raise TypeError(f"{kind.__name__}: {', '.join(sorted(unknown))}")
        return kind(**{name: _build(hints[name], item) for name, item in value.items()})
    return dict(value) if isinstance(value, Mapping) else value
