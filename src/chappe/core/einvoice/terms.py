"""A document as the business terms (BT) and groups (BG) of EN 16931: the one table that CII and UBL are written from.

Amounts become decimal text, dates stay dates. The French rules (XP Z12-012, BR-FR) ask for more than the standard:
electronic addresses (BT-34, BT-49), the frame (BT-23), the notes PMT, PMD, AAB and BAR. They are taken from the
document; only BAR (what the platform is to do with the invoice) and the notes that cannot concern a private person
are filled in here. Must never invent a legal sentence for a company.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chappe.core.base.lang import N_, translate
from chappe.core.base.money import NANO, plain, rounded
from chappe.core.billing.document import CREDIT_NOTE, Address, Document, Line, Party, VatRow

Terms = dict[str, Any]

SIREN_SCHEME, SIRET_SCHEME = "0002", "0009"
PLATFORM_SCHEME = "0225"  # electronic addresses of the French directory
MAIL_SCHEME = "EM"
DISCOUNT = "95"  # UNTDID 5189
PRICE_DECIMALS, QUANTITY_DECIMALS = 6, 4  # BR-FR-DEC-03 and -04
ANNEX_KIND = "DOCUMENT_ANNEXE"  # BR-FR-17: the closed list of kinds of attachments
TRANSFER, DIRECT_DEBIT = "30", "59"

#: Notes that BR-FR-05 wants on every invoice and that concern professionals alone.
BUSINESS_NOTES = ("PMT", "PMD", "AAB")
NOT_CONCERNED = N_("Not applicable: private customer.")
#: Countries of the directory: overseas parts of France have codes of their own and are French all the same.
FRENCH = frozenset({"FR", "GP", "MQ", "RE", "GF", "YT", "BL", "MF", "PM", "NC", "PF", "WF", "TF"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the invoice (BG-24). ``data`` whole; ``kind`` from the closed list of BR-FR-17."""

    name: str
    data: bytes
    content_type: str = "text/csv"
    kind: str = ANNEX_KIND
    description: str = ""


def terms(document: Document, attachments: Sequence[Attachment] = ()) -> Terms:
    """Business terms of a document, as the writers want them: BT → text, date or list of groups."""
    found: Terms = {
        "BT-1": document.number,
        "BT-2": document.issue_date,
        "BT-3": document.kind,
        "BT-5": document.currency,
        "BT-8": "invoice" if document.vat_on_debits else "",
        "BT-9": document.due_date,
        "BT-10": document.buyer_reference,
        "BT-12": document.contract,
        "BT-13": document.order_reference,
        "BT-20": document.terms,
        "BT-23": document.frame,
        "BT-72": _supplied_on(document),
        "BT-73": document.period_from,
        "BT-74": document.period_to,
        "BG-1": list(_notes(document)),
        "BG-4": _seller(document.seller),
        "BG-7": _party(document.buyer),
        "BG-13": _place(_delivered_to(document), document.buyer.name),
        "BG-23": [_vat(row) for row in document.vat],
        "BG-25": [_line(at, line) for at, line in enumerate(document.lines, 1)],
        **_payment(document),
        **_totals(document),
    }
    if document.preceding_number:
        found["BG-3"] = [_filled({"BT-25": document.preceding_number, "BT-26": document.preceding_date})]
    if attachments:
        found["BG-24"] = [_attached(at, file) for at, file in enumerate(attachments, 1)]
    return _filled(found)


def _filled(found: Terms) -> Terms:
    """Without the terms that say nothing: an empty element is a fault of its own."""
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}


def amount(nano: int) -> str:
    """Whole cents as text: ``12.50``."""
    return f"{rounded(nano, 2):f}"


def _supplied_on(document: Document) -> dt.date:
    """BT-72, always given: a CII header without a delivery date is not valid against its schema."""
    return document.period_to or document.issue_date


def treatment(document: Document) -> str:
    """What a platform does with the invoice (note BAR, BR-FR-20), when the document does not say it."""
    abroad = document.buyer.address.country not in FRENCH
    if document.buyer.is_company:
        return "B2BINT" if abroad else "B2B"
    return "B2CINT" if abroad else "B2C"


def _notes(document: Document) -> Iterator[Terms]:
    told = {code: text for code, text in document.notes.items() if text}
    if not document.buyer.is_company:
        for code in BUSINESS_NOTES:
            told.setdefault(code, translate(NOT_CONCERNED, document.language))
    told.setdefault("BAR", treatment(document))
    for code, text in told.items():
        yield {"BT-21": code, "BT-22": text}
    for text in (document.reason, *document.mentions):
        if text and text not in told.values():
            yield {"BT-22": text}


def _party(party: Party) -> Terms:
    address, scheme = electronic_address(party)
    found: Terms = {
        "name": party.name,
        "identifiers": {SIRET_SCHEME: party.siret} if party.siret else {},
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": SIREN_SCHEME if party.siren else "",
        "vat_identifier": party.vat_number,
        "einvoicing_addr": address,
        "einvoicing_addr_schemeid": scheme,
        "contacts": [_filled({"name": party.name, "phone": party.phone, "email": party.email})]
        if party.email or party.phone
        else [],
        **_address(party.address),
    }
    return _filled(found)


def _seller(party: Party) -> Terms:
    legal = " – ".join(part for part in (party.legal_form, party.rcs) if part)
    return _filled({**_party(party), "legal_info": legal})


def electronic_address(party: Party) -> tuple[str, str]:
    """BT-34 or BT-49 with its scheme: the directory's address, else the SIREN, else the e-mail of a private person."""
    if party.electronic_address:
        return party.electronic_address, MAIL_SCHEME if "@" in party.electronic_address else PLATFORM_SCHEME
    if party.siren:
        return party.siren, PLATFORM_SCHEME
    return (party.email, MAIL_SCHEME) if party.email else ("", "")


def _address(address: Address) -> Terms:
    return _filled(
        {
            "addr_l1": address.line1,
            "addr_l2": address.line2,
            "postcode": address.postal_code,
            "city": address.city,
            "country_code": address.country,
        }
    )


def _delivered_to(document: Document) -> Address | None:
    """Where the service is; goods sent to another state of the Union always tell their country (BR-IC-12)."""
    sent = any(row.category == "K" for row in document.vat)
    return document.service_address or (document.buyer.address if sent else None)


def _place(address: Address | None, name: str) -> Terms:
    return {"name": name, **_address(address)} if address is not None else {}


def _payment(document: Document) -> Terms:
    """BG-16. A credit note is paid back on nobody's account here: it names the means and the reference alone."""
    found: Terms = {"BT-81": document.payment_means, "BT-83": document.number}
    if document.payment_means == DIRECT_DEBIT:
        found |= {"BT-89": document.mandate, "BT-90": document.creditor_id, "BT-91": _told(document.iban)}
    else:
        found |= {"BT-84": _packed(document.iban), "BT-86": document.bic if document.iban else ""}
        if document.iban:
            found["BT-85"] = document.seller.name
    return found


def _told(iban: str) -> str:
    """The debited account, unless it was masked before the document was frozen."""
    packed = _packed(iban)
    return packed if packed.isascii() and packed.isalnum() else ""


def _packed(iban: str) -> str:
    return "".join(iban.split())


def _totals(document: Document) -> Terms:
    lines = sum(line.net for line in document.lines)
    found = {
        "BT-106": amount(lines),
        "BT-109": amount(document.net),
        "BT-110": amount(document.tax),
        "BT-112": amount(document.gross),
        "BT-115": amount(document.due),
    }
    if document.paid:
        found["BT-113"] = amount(document.paid)
    return found


def _vat(row: VatRow) -> Terms:
    return _filled(
        {
            "BT-116": amount(row.base),
            "BT-117": amount(row.tax),
            "BT-118": row.category,
            "BT-119": _rate(row.category, row.rate),
            "BT-120": row.reason,
            "BT-121": row.reason_code,
        }
    )


def _rate(category: str, rate: str) -> str:
    """The rate as text; out of scope (O) has none at all (BR-O-05)."""
    return "" if category == "O" else f"{Decimal(rate or '0'):.2f}"


def _line(at: int, line: Line) -> Terms:
    quantity, unit, price, base = _priced(line)
    found: Terms = {
        "BT-126": str(at),
        "BT-127-00": [{"BT-127": text}] if (text := _line_note(line)) else [],
        "BT-129": quantity,
        "BT-130": unit,
        "BT-131": amount(line.net),
        "BT-134": line.period_from,
        "BT-135": line.period_to,
        "BT-146": price,
        "BT-149": base,
        "BT-151": line.vat_category,
        "BT-152": _rate(line.vat_category, line.vat_rate),
        "BT-153": line.label,
        "BT-154": " – ".join(part for part in (line.line_number, line.site) if part),
    }
    if line.discount:
        reason = {"reason": line.discount_label} if line.discount_label else {}
        found["BG-27"] = [{"amount": amount(line.discount), "reason_code": DISCOUNT, **reason}]
    return _filled(found)


def _line_note(line: Line) -> str:
    if not _coherent(line) and line.quantity != "1":
        return " – ".join(part for part in (line.note, f"{line.quantity} {line.unit}") if part)
    return line.note


def _coherent(line: Line) -> bool:
    """Whether quantity × price − discount gives the amount of the line to the cent."""
    whole = Decimal(line.quantity) * line.price - line.discount
    return abs(whole - line.net) <= NANO // 200


def _priced(line: Line) -> tuple[str, str, str, str]:
    """Quantity, unit, price and price base that give the amount again.

    A price is never negative (BR-27): the sign goes to the quantity. A price finer than six decimals is told for a
    thousand units. A line summed from many prices is one unit at its amount; its quantity then stands in its note.
    """
    if not _coherent(line):
        whole = line.net + line.discount
        return ("-1" if whole < 0 else "1"), "C62", plain(abs(whole)), ""
    quantity = Decimal(line.quantity)
    price = line.price
    if price < 0:
        quantity, price = -quantity, -price
    told = f"{quantity.normalize():f}"
    if price % 10 ** (9 - PRICE_DECIMALS):
        return told, line.unit, plain(price * 1000), "1000"
    return told, line.unit, plain(price), ""


def _attached(at: int, file: Attachment) -> Terms:
    return {
        "BT-122": f"{at:03d}-{file.name}",
        "BT-123": file.kind,
        "BT-125": file.data,
        "BT-125-1": file.content_type,
        "BT-125-2": file.name,
    }


def is_credit(document: Document) -> bool:
    """Whether the document gives money back: UBL then has another root."""
    return document.kind == CREDIT_NOTE
