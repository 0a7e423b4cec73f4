"""The document of an invoice, made from its lines, its customer and the seller as they are now. Frozen, it is never made again.

Amounts, VAT and mentions come from core/billing; here are only the copies of names and addresses, and the words.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as of
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chappe.apps.billing.history import MONTHS
from chappe.apps.billing.kinds import LABELS
from chappe.apps.billing.models import BilledLine, Invoice
from chappe.apps.customers import places
from chappe.apps.customers.checks import vat_ok
from chappe.apps.customers.models import Brand, Customer
from chappe.core.billing import mentions as law
from chappe.core.billing.amounts import quantity_text
from chappe.core.billing.document import Address, CallGroup, CallRow, Document, Line, Month, Party
from chappe.core.billing.frames import category_of
from chappe.core.billing.totals import reversed_line, with_totals
from chappe.core.billing.vat import Buyer, Decision, decide

TRANSFER, DEBIT = "30", "59"


@dataclass(frozen=True, slots=True)
class Debit:
    """How a customer is debited: as the payments app tells it."""

    iban: str  # masked
    mandate: str
    creditor_id: str


@dataclass(slots=True)
class Calls:
    """Communications of a document."""

    groups: list[dict[str, Any]] = of(default_factory=list)
    detail: list[dict[str, Any]] = of(default_factory=list)
    listed: int = 0


_debits: list[Callable[[Customer], Debit | None]] = []


def debit_with(function: Callable[[Customer], Debit | None]) -> Callable[[Customer], Debit | None]:
    """The payments app says here which mandate a customer is debited with; None: no valid one, it pays by transfer."""
    if function not in _debits:
        _debits.append(function)
    return function


def build(
    invoice: Invoice,
    lines: Sequence[BilledLine],
    *,
    brand: Brand,
    calls: Calls | None = None,
    history: Sequence[Month] = (),
    preceding: Document | None = None,
) -> Document:
    """The document; also writes category and rate on each line. Raises VatUnknownError when the law's tables have no answer.

    Lines taken out are left out. A credit note gets the lines with the opposite sign: its kind says that they give back.
    """
    customer = invoice.customer
    with translation.override(customer.language):
        made, decisions = [], []
        buyer = buyer_of(customer)
        for line in lines:
            if line.is_removed:
                continue
            decision = _as_billed(line) or _decision(line, buyer, brand, invoice)
            line.vat_category, line.vat_rate = decision.category, decision.rate
            decisions.append(decision)
            made.append(_line(line))
        given = calls or Calls()
        document = _frame(invoice, made, customer, brand, bool(given.groups or any(line.calls for line in lines)))
        document = replace(document, **calls_fields(given, customer), history=tuple(history))
        if preceding is not None:
            document = replace(
                document, preceding_number=preceding.number, preceding_date=preceding.issue_date, reason=invoice.reason
            )
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        made = [reversed_line(line) for line in made]
    return _with_this_month(with_totals(document, made, decisions), invoice, lines)


def _with_this_month(document: Document, invoice: Invoice, lines: Sequence[BilledLine]) -> Document:
    """The months before, then that of the invoice itself: the last bar of its charts. None for whoever has no past."""
    if not document.history or invoice.month is None:
        return document
    label = f"{invoice.month:%Y-%m}"
    before = [row for row in document.history if row.month != label]  # a draft made again has told it already
    own = [line for line in lines if line.key.startswith("calls:") and not line.is_removed]
    net = -document.net if invoice.kind == Invoice.Kind.CREDIT_NOTE else document.net
    now = Month(label, net, sum(line.calls for line in own), sum(line.seconds for line in own))
    return replace(document, history=(*before[1 - MONTHS :], now))


def buyer_of(customer: Customer) -> Buyer:
    """What decides the VAT of a customer."""
    return Buyer(
        territory=customer.territory,
        forced=customer.vat_case,
        is_operator=customer.kind == Customer.Kind.OPERATOR,
        is_company=customer.kind != Customer.Kind.PRIVATE,
        is_reseller_proved=customer.reseller and bool(customer.arcep_declaration),
        has_vat_number=bool(customer.vat_number) and vat_ok(customer.vat_number),
        exempt_reason=customer.vat_reason,
        delivered=_delivered(customer),
    )


def _delivered(customer: Customer) -> str:
    """The territory that goods are sent to, from the service address; empty when the customer has no other address."""
    address = service_address_of(customer)
    return places.territory_of(address.country, address.postal_code) if address and address.postal_code else ""


def vat_told(document: Document, line: BilledLine) -> list[str]:
    """VAT of a line as the issued ``document`` has it, for the ``params`` of a line that gives it back. Empty: not told."""
    for row in document.vat:
        if (row.category, row.rate) == (line.vat_category, line.vat_rate):
            return [row.category, row.rate, row.reason, row.reason_code]
    return []


def _as_billed(line: BilledLine) -> Decision | None:
    """VAT of a line that gives back what was billed: that of the invoice, whatever the customer became since.

    None for any other line, that of a corrected invoice among them: it is decided anew.
    """
    told = line.params.get("vat")
    return Decision(*told, case="as_billed") if told else None


def _decision(line: BilledLine, buyer: Buyer, brand: Brand, invoice: Invoice) -> Decision:
    """The law of the day of the service decides the rate."""
    day = min(line.period_to or invoice.issue_date, invoice.issue_date)
    return decide(
        buyer,
        nature=line.nature,
        rate_class=line.rate_class,
        day=day,
        is_seller_franchise=brand.franchise,
        seller=places.territory_of(brand.country, brand.postal_code),
        language=invoice.customer.language,
    )


def _line(line: BilledLine) -> Line:
    return Line(
        label=line.label,
        net=line.net,
        quantity=quantity_text(line.quantity),
        unit=line.unit,
        price=line.price,
        section=line.section,
        vat_category=line.vat_category,
        vat_rate=line.vat_rate,
        period_from=line.period_from,
        period_to=line.period_to,
        note=line.note,
        line_number=line.line_number,
        is_goods=line.nature == BilledLine.Nature.GOODS,
    )


def _frame(invoice: Invoice, lines: list[Line], customer: Customer, brand: Brand, has_calls: bool) -> Document:
    starts = [line.period_from for line in lines if line.period_from]
    ends = [line.period_to for line in lines if line.period_to]
    on_debits = brand.debits_since is not None and brand.debits_since <= invoice.issue_date
    when = law.situations(
        is_company=customer.kind != Customer.Kind.PRIVATE,
        is_on_debits=on_debits,
        frame=category_of(lines),
        has_calls=has_calls,
        has_third_party=any(line.section == "third_party" for line in lines),
    )
    instead = {"penalties": brand.late_rate, "discount": brand.discount_text, "recovery": brand.recovery_text}
    notes, sentences = law.mentions(invoice.issue_date, customer.language, when, instead)
    if invoice.note:
        notes["REG"] = invoice.note
    is_credit = invoice.kind == Invoice.Kind.CREDIT_NOTE
    due_date = None if is_credit else (invoice.due_date or customer.due_date(invoice.issue_date))
    return Document(
        number=invoice.number or "",
        kind=invoice.kind,
        issue_date=invoice.issue_date,
        seller=seller_of(brand),
        buyer=party_of(customer),
        language=customer.language,
        due_date=due_date,
        period_from=min(starts, default=None),
        period_to=max(ends, default=None),
        service_address=service_address_of(customer),
        order_reference=customer.order_reference,
        buyer_reference=customer.buyer_reference or customer.service_code,
        contract=customer.contract,
        notes=notes,
        mentions=sentences,
        brand=brand.slug,
        vat_on_debits=on_debits,
        **_payment(customer, brand, due_date),
    )


def _payment(customer: Customer, brand: Brand, due_date: dt.date | None) -> dict[str, Any]:
    told = date_format(due_date, "DATE_FORMAT") if due_date else ""
    if customer.payment_means == Customer.Means.SEPA:
        for ask in _debits:
            debit = ask(customer)
            if debit is not None:
                terms = _("Debited on %(day)s, mandate %(mandate)s.") % {"day": told, "mandate": debit.mandate}
                return {
                    "payment_means": DEBIT, "iban": debit.iban, "mandate": debit.mandate,
                    "creditor_id": debit.creditor_id, "terms": terms if due_date else "",
                }  # fmt: skip
    terms = _("Payable by transfer before %(day)s.") % {"day": told} if due_date else ""
    return {"payment_means": TRANSFER, "iban": brand.iban, "bic": brand.bic, "terms": terms}


def seller_of(brand: Brand) -> Party:
    """The copy of the seller."""
    return Party(
        name=brand.legal_name or brand.name,
        address=Address(brand.line1, brand.line2, brand.postal_code, brand.city, brand.country),
        legal_form=brand.legal_form,
        rcs=brand.rcs,
        siren=brand.siren,
        siret=brand.siret,
        vat_number=brand.vat_number,
        electronic_address=brand.electronic_address or brand.siren,
        email=brand.email,
        phone=brand.phone,
    )


def party_of(customer: Customer) -> Party:
    """The copy of the buyer."""
    return Party(
        name=customer.name,
        address=Address(customer.line1, customer.line2, customer.postal_code, customer.city, customer.country),
        number=customer.number,
        siren=customer.siren,
        siret=customer.siret,
        vat_number=customer.vat_number,
        electronic_address=customer.electronic_address or customer.siren,
        email=customer.emails[0] if customer.emails else "",
        phone=customer.phone,
        is_company=customer.kind != Customer.Kind.PRIVATE,
    )


def service_address_of(customer: Customer) -> Address | None:
    """Where the lines are, when it is not where the invoice goes."""
    if not (customer.service_line1 or customer.service_city or customer.service_postal_code):
        return None
    return Address(
        customer.service_line1, customer.service_line2, customer.service_postal_code, customer.service_city,
        customer.service_country or customer.country,
    )  # fmt: skip


def calls_fields(calls: Calls, customer: Customer) -> dict[str, Any]:
    """The fields of a document that tell its communications, in the active language."""
    groups = tuple(
        CallGroup(
            line_number=row["line_number"],
            user=row["user_name"],
            kind=row["family"],
            label=str(LABELS[row["family"]]),
            calls=row["calls"],
            seconds=row["seconds"],
            net=int(row["amount"]),
            included=row["free"] > 0 and int(row["amount"]) == 0,
        )
        for row in calls.groups
    )
    detail = tuple(call_row(row) for row in calls.detail) if customer.call_detail else ()
    return {"groups": groups, "calls": detail, "calls_total": calls.listed if customer.call_detail else 0}


def call_row(row: dict[str, Any]) -> CallRow:
    """One call of the detail, from a row of the store; the note in the active language."""
    return CallRow(
        line_number=row["line_number"],
        start=row["local"],
        number=row["number"],
        label=row["label"],
        seconds=row["seconds"],
        net=row["amount"],
        included=row["free"] > 0 and row["free"] == row["seconds"],
        note=_note(row["note"]) if row["note"] else "",
    )


def _note(code: str) -> str:
    """The words of a note. Few calls have one: a month of millions is not translated for the others."""
    notes = {
        "late": _("call of an earlier month"),
        "changed": _("price corrected"),
        "withdrawn": _("given back"),
    }
    return notes.get(code, "")
