"""E-reporting (flux 10): what the tax office must be told that no electronic invoice tells it.

Sales to private persons, per day and rate (10.3); sales to companies abroad, invoice by invoice (10.1); payments of
services, per day and rate (10.4, 10.2), unless VAT falls due on invoicing (débits) or the buyer owes it. Periods and days of
deposit are data. The XML is **a layout of our own** (``urn:chappe:e-reporting:proposed:1``) whose elements are named in
LAYOUT: the official schema was not at hand, so a platform's connector must translate it. Sources: CGI 290, 290 A; XP Z12-012.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from chappe.core.base.lang import N_
from chappe.core.base.money import rounded
from chappe.core.billing.document import CREDIT_NOTE, Document
from chappe.core.einvoice.terms import FRENCH

TRANSACTIONS, PAYMENTS = "transactions", "payments"
NAMESPACE = "urn:chappe:e-reporting:proposed:1"
CENT = 10_000_000
#: category of a day's sales, by the frame of the invoice's first letter
CATEGORIES = {"S": "TPS1", "B": "TLB1", "M": "TPS1"}
NOT_TAXED = "TNT1"


@dataclass(frozen=True, slots=True)
class Slot:
    """Days of a month that are reported together, and when: ``due_month`` months after, ``due_day`` 0 is the last."""

    first_day: int
    last_day: int  # 0: the last of the month
    due_month: int
    due_day: int
    months: int = 1


#: regime of the seller's VAT → what → slots (BOFiP on e-reporting: rhythm of transmission)
REGIMES: dict[str, dict[str, tuple[Slot, ...]]] = {
    "monthly": {
        TRANSACTIONS: (Slot(1, 10, 0, 20), Slot(11, 20, 0, 0), Slot(21, 0, 1, 10)),
        PAYMENTS: (Slot(1, 0, 1, 10),),
    },
    "quarterly": {TRANSACTIONS: (Slot(1, 0, 1, 10),), PAYMENTS: (Slot(1, 0, 1, 10),)},
    "franchise": {TRANSACTIONS: (Slot(1, 0, 1, 30, months=2),), PAYMENTS: (Slot(1, 0, 1, 30, months=2),)},
}
REGIME_LABELS = {
    "monthly": N_("Normal, monthly"),
    "quarterly": N_("Quarterly or simplified"),
    "franchise": N_("Franchise"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days reported together and the last day to deposit them."""

    what: str
    first: dt.date
    last: dt.date
    due: dt.date


def period_of(day: dt.date, what: str, regime: str = "monthly") -> Period:
    """The period in which ``day`` is reported. Raises KeyError for an unknown regime or kind."""
    for slot in REGIMES[regime][what]:
        start = _months_on(day, -((day.month - 1) % slot.months))
        end_month = _months_on(start, slot.months - 1)
        first = start.replace(day=slot.first_day)
        last = _month_end(end_month) if slot.last_day == 0 else end_month.replace(day=slot.last_day)
        if first <= day <= last:
            month = _months_on(end_month, slot.due_month)
            due = _month_end(month) if slot.due_day == 0 else min(_month_end(month), _day(month, slot.due_day))
            return Period(what, first, last, due)
    raise KeyError(what)  # pragma: no cover - the slots of REGIMES cover every day


def _day(month: dt.date, number: int) -> dt.date:
    return month.replace(day=min(number, _month_end(month).day))


def _months_on(day: dt.date, count: int) -> dt.date:
    at = day.year * 12 + day.month - 1 + count
    return dt.date(at // 12, at % 12 + 1, 1)


def _month_end(day: dt.date) -> dt.date:
    return _months_on(day, 1) - dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One aggregate: a day (and an invoice for a sale abroad), a category and a rate. Amounts nano, signed."""

    flux: str  # 10.1, 10.2, 10.3, 10.4
    day: dt.date
    currency: str
    category: str
    rate: str
    base: int
    tax: int
    count: int = 1
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for a document on a day, nano."""

    document: Document
    day: dt.date
    amount: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is deposited for one period."""

    period: Period
    siren: str
    name: str
    rows: tuple[Row, ...] = of(default_factory=tuple)


def must_report(document: Document) -> str:
    """The flux of a sale, "" when its electronic invoice says it already."""
    if not document.buyer.is_company:
        return "10.3"
    return "10.1" if document.buyer.address.country not in FRENCH else ""


def transactions(documents: Iterable[Document]) -> tuple[Row, ...]:
    """Sales to tell: one row a day, currency, category and rate; an invoice abroad stands alone. Credit notes subtract."""
    rows: list[Row] = []
    for document in documents:
        flux = must_report(document)
        sign = -1 if document.kind == CREDIT_NOTE else 1
        for vat in document.vat if flux else ():
            category = CATEGORIES.get(document.frame[:1], "TPS1") if vat.category == "S" else NOT_TAXED
            invoice = document.number if flux == "10.1" else ""
            rows.append(
                Row(flux, document.issue_date, document.currency, category, vat.rate, sign * vat.base, sign * vat.tax, 1, invoice)
            )  # fmt: skip
    return _summed(rows)


def payments(received: Iterable[Payment], *, on_debits: bool = False) -> tuple[Row, ...]:
    """Payments to tell, shared over the rates of their invoice; none when VAT falls due on invoicing or is owed by the buyer.

    The last rate takes what rounding leaves, so that the shares add up to what was received.
    """
    rows: list[Row] = []
    for payment in () if on_debits else received:
        document = payment.document
        taxed = [vat for vat in document.vat if vat.category == "S"]
        if not taxed or document.gross <= 0 or document.frame[:1] == "B":
            continue
        flux = "10.4" if not document.buyer.is_company else "10.2"
        invoice = document.number if flux == "10.2" else ""
        left = _cents(Decimal(payment.amount) * sum(vat.base + vat.tax for vat in taxed) / document.gross)
        for at, vat in enumerate(taxed, 1):
            share = _cents(Decimal(payment.amount) * (vat.base + vat.tax) / document.gross)
            whole = left if at == len(taxed) else share
            left -= whole
            base = _cents(Decimal(whole) * vat.base / (vat.base + vat.tax)) if vat.base + vat.tax else 0
            rows.append(Row(flux, payment.day, document.currency, "TPS1", vat.rate, base, whole - base, 1, invoice))
    return _summed(rows)


def _cents(amount: Decimal) -> int:
    return int((amount / CENT).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * CENT


def _summed(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows of the same key added up, in the order of their keys."""
    sums: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row.flux, row.day.isoformat(), row.currency, row.category, row.rate, row.invoice)
        had = sums.get(key)
        base, tax, count = (had.base, had.tax, had.count) if had else (0, 0, 0)
        sums[key] = Row(
            row.flux,
            row.day,
            row.currency,
            row.category,
            row.rate,
            base + row.base,
            tax + row.tax,
            count + row.count,
            row.invoice,
        )
    return tuple(sums[key] for key in sorted(sums))


#: element of the proposed XML → how its text is told from a row; also the columns of the CSV
LAYOUT = ("Flux", "Date", "Currency", "Category", "Rate", "Base", "Tax", "Count", "Invoice")


def cells(row: Row) -> list[str]:
    """Texts of a row in the order of LAYOUT."""
    base, tax = f"{rounded(row.base, 2):f}", f"{rounded(row.tax, 2):f}"
    return [row.flux, row.day.isoformat(), row.currency, row.category, row.rate, base, tax, str(row.count), row.invoice]


def as_xml(report: Report) -> bytes:
    """The report in the proposed layout."""
    root = etree.Element(f"{{{NAMESPACE}}}Report", nsmap={"r": NAMESPACE})
    head = (
        ("Kind", report.period.what), ("From", report.period.first.isoformat()), ("To", report.period.last.isoformat()),
        ("Due", report.period.due.isoformat()), ("Siren", report.siren), ("Name", report.name),
    )  # fmt: skip
    for name, text in head:
        etree.SubElement(root, f"{{{NAMESPACE}}}{name}").text = text
    for row in report.rows:
        element = etree.SubElement(root, f"{{{NAMESPACE}}}Row")
        for name, text in zip(LAYOUT, cells(row), strict=True):
            if text:
                etree.SubElement(element, f"{{{NAMESPACE}}}{name}").text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def as_csv(report: Report) -> bytes:
    """The same rows as a table, for whoever checks them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(LAYOUT)
    writer.writerows(cells(row) for row in report.rows)
    return out.getvalue().encode("utf-8-sig")
