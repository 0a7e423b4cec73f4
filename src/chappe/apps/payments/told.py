"""What payments tell the apps below: which money paid an invoice (e-reporting), whether it is paid (status 212), which file goes with a reminder. Reads only."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing.depositing import Encashment
from chappe.apps.invoicing.models import Deposit, IssuedFile, Report
from chappe.apps.invoicing.queries import production_of
from chappe.apps.payments import queries
from chappe.apps.payments.models import Allocation, Payment
from chappe.core.einvoice.statuses import REFUSED, REJECTED
from chappe.kit.documents.models import StoredFile

CHUNK_ROWS = 500


def received(owner: Any, first: dt.date, last: dt.date) -> Iterator[tuple[Invoice, dt.date, int]]:
    """(invoice, day, nano) of what paid an invoice of ``owner`` in a period; what was taken back is negative.

    The day is that of the money; of a top-up, that on which it paid the invoice: before, neither the operation nor its rate
    is known, and no VAT falls due (CGI 269, 2, c is about a service that is identified). What was allocated after the report of that day had left is told on the day on which it
    was allocated: no payment is told twice, none is forgotten.
    """
    left = list(Report.objects.filter(owner=owner, what=Report.What.PAYMENTS, state=Report.State.DEPOSITED))
    of_days = Q(payment__day__range=(first, last)) | Q(payment__day__lt=first, recorded_at__date__range=(first, last))
    rows = Allocation.objects.filter(of_days, payment__owner=owner).select_related("payment", "invoice").order_by("pk")
    for row in rows.iterator(chunk_size=CHUNK_ROWS):
        day = _day(row, left)
        if first <= day <= last:
            yield row.invoice, day, row.amount


def _day(row: Allocation, left: list[Report]) -> dt.date:
    day = _fell_due(row)
    if any(one.first <= day <= one.last and one.deposited_at < row.recorded_at for one in left):
        return timezone.localtime(row.recorded_at).date()
    return day


def _fell_due(row: Allocation) -> dt.date:
    if row.payment.kind == Payment.Kind.TOP_UP:
        return max(row.payment.day, timezone.localtime(row.recorded_at).date())
    return row.payment.day


def is_paid(invoice: Invoice) -> bool:
    """Whether money has paid an issued invoice whole (not a credit note alone)."""
    row = queries.with_open(Invoice.objects.filter(pk=invoice.pk)).first()
    return row is not None and row.kind != queries.CREDIT and row.paid > 0 and row.open <= 0


def money_of(invoice: Invoice) -> Iterator[Encashment]:
    """Every allocation on an invoice, negative ones too, in the order in which they were recorded."""
    rows = Allocation.objects.filter(invoice=invoice).select_related("payment").order_by("pk")
    for row in rows:
        day = _fell_due(row) if row.amount > 0 else timezone.localtime(row.recorded_at).date()
        yield Encashment(f"allocation:{row.pk}", day, row.amount)


def untold() -> QuerySet[Deposit]:
    """The last deposit of each invoice of which more money was recorded than the platform has been told of."""
    count = Allocation.objects.filter(invoice=OuterRef("invoice")).order_by().values("invoice")
    money = Subquery(count.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    rows = Deposit.objects.exclude(status__in=[REFUSED, REJECTED]).annotate(money=money)
    return rows.filter(money__gt=F("encashments")).select_related("invoice__owner").order_by("pk")


def pdf_of(invoice: Invoice) -> StoredFile | None:
    """The checked PDF of an invoice, to go with a reminder; None before it is there."""
    made = production_of(invoice)
    if made is None or not made.is_ready:
        return None
    kept = IssuedFile.objects.filter(invoice=invoice, kind=IssuedFile.Kind.PDF).select_related("stored").first()
    return kept.stored if kept is not None else None
