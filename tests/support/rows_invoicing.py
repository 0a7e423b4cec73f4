"""Rows of the invoicing app for the contract tests, and issued invoices from the samples for its own."""

import datetime as dt
import itertools
from typing import Any

from django.utils import timezone

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.invoicing.models import Deposit, DepositStatus, IssuedFile, Production, Report, ReportLayout
from chappe.core.billing.document import Document
from chappe.core.einvoice.reporting_layout import packaged_text
from tests.support import rows_billing, rows_customers

_serial = itertools.count(1)
DAY = dt.date(2026, 10, 1)


def issued(document: Document, owner: Any = None, **more: Any) -> Invoice:
    """An issued invoice that carries ``document``; ``more`` are values of its customer."""
    values = {"invoice_emails": "compta@client.example", "delivery": Customer.Delivery.HAND} | more
    customer = rows_customers.customer(owner, document.buyer.name, **values)
    return Invoice.objects.create(
        owner=owner, customer=customer, series=rows_billing.series(owner, "f"), number=document.number or None,
        kind=document.kind, state=Invoice.State.ISSUED if document.number else Invoice.State.DRAFT, issue_date=document.issue_date, due_date=document.due_date,
        net=document.net, tax=document.tax, gross=document.gross, document=document.as_data(), issued_at=timezone.now(),
    )  # fmt: skip


def production(owner: Any, mark: str) -> Production:
    return Production.objects.create(invoice=rows_billing.invoice(owner, mark), state=Production.State.READY)


def issued_file(owner: Any, mark: str) -> IssuedFile:
    from tests.support.rows import stored_file

    return IssuedFile.objects.create(
        invoice=rows_billing.invoice(owner, mark), kind="pdf", stored=stored_file(owner, mark)
    )


def deposit(owner: Any, mark: str) -> Deposit:
    reference = f"{mark}-{next(_serial)}"
    return Deposit.objects.create(invoice=rows_billing.invoice(owner, mark), platform="folder", reference=reference)


def deposit_status(owner: Any, mark: str) -> DepositStatus:
    return DepositStatus.objects.create(deposit=deposit(owner, mark), code=200, at=timezone.now(), reason=mark)


def report(owner: Any, mark: str) -> Report:
    first = DAY + dt.timedelta(days=next(_serial))
    return Report.objects.create(
        owner=owner, what="transactions", first=first, last=first, due=first + dt.timedelta(days=10), reference=mark
    )


def report_layout(_owner: Any, mark: str) -> ReportLayout:
    return ReportLayout.objects.create(note=mark, text=packaged_text())


FACTORIES = {
    Deposit: deposit,
    DepositStatus: deposit_status,
    IssuedFile: issued_file,
    Production: production,
    Report: report,
    ReportLayout: report_layout,
}
