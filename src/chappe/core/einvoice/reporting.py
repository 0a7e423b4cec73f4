"""E-reporting (flux 10): what the tax office must be told that no electronic invoice tells it.

Sales to private persons, per day and rate (10.3), goods apart from services; sales to companies abroad, invoice by invoice (10.1); payments of these
sales when they are services (10.4, 10.2), unless VAT falls due on invoicing (débits), the buyer owes it, or there is none.
A sale between French companies is told by its electronic invoice, and its payment by the status 212 of that invoice:
neither stands here. Names, codes, periods and days of deposit are data (reporting_layout.py). Sources: CGI 290, 290 A;
XP Z12-012; billing-and-peers §1.4.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from decimal import Decimal

from lxml import etree

from chappe.core.base.money import rounded
from chappe.core.billing.document import CREDIT_NOTE, Document
from chappe.core.einvoice.collected import cents, is_wanted, parts
from chappe.core.einvoice.reporting_layout import PAYMENTS, TRANSACTIONS, Layout, packaged
from chappe.core.einvoice.terms import FRENCH

__all__ = ["PAYMENTS", "TRANSACTIONS", "Payment", "Period", "Report", "Row", "as_csv", "as_xml", "payments", "period_of", "transactions"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """Days reported together and the last day to deposit them."""

    what: str
    first: dt.date
    last: dt.date
    due: dt.date


def period_of(day: dt.date, what: str, regime: str = "monthly", layout: Layout | None = None) -> Period:
    """The period in which ``day`` is reported. Raises KeyError for an unknown regime or kind."""
    for slot in (layout or packaged()).regimes[regime][what]:
        start = _months_on(day, -((day.month - 1) % slot.months))
        end_month = _months_on(start, slot.months - 1)
        first = start.replace(day=slot.first_day)
        last = _month_end(end_month) if slot.last_day == 0 else end_month.replace(day=slot.last_day)
        if first <= day <= last:
            month = _months_on(end_month, slot.due_month)
            due = _month_end(month) if slot.due_day == 0 else min(_month_end(month), _day(month, slot.due_day))
            return Period(what, first, last, due)
    raise KeyError(what)  # pragma: no cover - the slots of a checked layout cover every day


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
    """“person” or “abroad”: to whom a sale is that must be told here; "" when its electronic invoice says it already."""
    if not document.buyer.is_company:
        return "person"
    return "abroad" if document.buyer.address.country not in FRENCH else ""


def transactions(documents: Iterable[Document], layout: Layout | None = None) -> tuple[Row, ...]:
    """Sales to tell: one row a day, currency, category and rate; an invoice abroad stands alone. Credit notes subtract."""
    law = layout or packaged()
    rows: list[Row] = []
    for document in documents:
        whom = must_report(document)
        sign = -1 if document.kind == CREDIT_NOTE else 1
        for part in parts(document) if whom else ():
            vat = part.row
            category = law.category["B" if part.is_goods else "S"] if vat.category == "S" else law.category["untaxed"]
            invoice = document.number if whom == "abroad" else ""
            rows.append(
                Row(law.flux[f"{whom}_sale"], document.issue_date, document.currency, category, vat.rate, sign * vat.base, sign * vat.tax, 1, invoice)
            )  # fmt: skip
    return _summed(rows)


def payments(received: Iterable[Payment], *, on_debits: bool = False, layout: Layout | None = None) -> tuple[Row, ...]:
    """Payments to tell, shared over the rates of their invoice; only of sales that stand in :func:`transactions`.

    None when VAT falls due on invoicing (the seller's option now, or the option as the invoice was issued), is owed by the
    buyer, or on goods. The last rate takes what rounding leaves, so that the shares add up to what was received.
    """
    law = layout or packaged()
    rows: list[Row] = []
    for payment in () if on_debits else received:
        document, whom = payment.document, must_report(payment.document)
        taxed = [part.row for part in parts(document) if part.row.category == "S" and not part.is_goods]
        if not whom or not is_wanted(document):
            continue
        invoice = document.number if whom == "abroad" else ""
        flux, category = law.flux[f"{whom}_payment"], law.category["payment"]
        left = cents(Decimal(payment.amount) * sum(vat.base + vat.tax for vat in taxed) / document.gross)
        for at, vat in enumerate(taxed, 1):
            share = cents(Decimal(payment.amount) * (vat.base + vat.tax) / document.gross)
            whole = left if at == len(taxed) else share
            left -= whole
            base = cents(Decimal(whole) * vat.base / (vat.base + vat.tax)) if vat.base + vat.tax else 0
            rows.append(Row(flux, payment.day, document.currency, category, vat.rate, base, whole - base, 1, invoice))
    return _summed(rows)


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


def cells(row: Row, layout: Layout) -> list[str]:
    """Texts of a row in the order of the layout's columns."""
    told = {
        "flux": row.flux, "day": layout.told(row.day), "currency": row.currency, "category": row.category, "rate": row.rate,
        "base": _amount(row.base, layout), "tax": _amount(row.tax, layout), "gross": _amount(row.base + row.tax, layout),
        "count": str(row.count), "invoice": row.invoice,
    }  # fmt: skip
    return [_said(column.value, told) for column in layout.columns]


def _amount(nano: int, layout: Layout) -> str:
    return f"{rounded(nano, layout.decimals):f}"


def _said(value: str, told: dict[str, str]) -> str:
    return value[1:] if value.startswith("=") else told[value]


def as_xml(report: Report, layout: Layout | None = None) -> bytes:
    """The report in a layout; an element of nothing is left out."""
    law = layout or packaged()
    mark = f"{{{law.namespace}}}" if law.namespace else ""
    root = etree.Element(f"{mark}{law.root}", nsmap={law.prefix: law.namespace} if mark and law.prefix else None)
    period = report.period
    head = {
        "what": law.words[period.what], "first": law.told(period.first), "last": law.told(period.last), "due": law.told(period.due),
        "siren": report.siren, "name": report.name, "currency": "EUR",
    }  # fmt: skip
    for column in law.head:
        etree.SubElement(root, f"{mark}{column.name}").text = _said(column.value, head)
    around = etree.SubElement(root, f"{mark}{law.rows}") if law.rows else root
    for row in report.rows:
        element = etree.SubElement(around, f"{mark}{law.row}")
        for column, text in zip(law.columns, cells(row, law), strict=True):
            if text:
                etree.SubElement(element, f"{mark}{column.name}").text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def as_csv(report: Report, layout: Layout | None = None) -> bytes:
    """The same rows as a table, for whoever checks them."""
    law = layout or packaged()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=law.separator, lineterminator="\r\n")
    writer.writerow([column.name for column in law.columns])
    writer.writerows(cells(row, law) for row in report.rows)
    return out.getvalue().encode("utf-8-sig")
