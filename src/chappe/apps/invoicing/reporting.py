"""E-reporting: which periods are over, what they hold, and their deposit. Payments come from the app above by a hook."""

import datetime as dt
import io
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Brand
from chappe.apps.invoicing import queries, report_layouts
from chappe.apps.invoicing.models import Report
from chappe.connectors.einvoice.platform import PlatformError
from chappe.core.einvoice import reporting as core
from chappe.core.einvoice.reporting_layout import Layout
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit
from chappe.kit.documents.services import store

#: (owner, first, last) → (invoice, day, nano) of each payment received: given by the payments app
PaymentSource = Callable[[Any, dt.date, dt.date], Iterable[tuple[Invoice, dt.date, int]]]
_sources: list[PaymentSource] = []


def payments_with(source: PaymentSource) -> PaymentSource:
    """Tell where payments of invoices are read. Called in ``ready()`` of the payments app."""
    if source not in _sources:
        _sources.append(source)
    return source


def seller_of(owner: Any) -> Brand | None:
    """The brand that speaks for a seller."""
    return Brand.objects.filter(queries.owner_where(owner)).order_by("-is_default", "pk").first()


def open_periods(*, owner: Any, today: dt.date) -> list[Report]:
    """The rows of the periods that are over and not yet there, made from the first invoice on."""
    first = Invoice.objects.filter(queries.owner_where(owner)).exclude(number=None).order_by("issue_date").first()
    if first is None:
        return []
    brand = seller_of(owner)
    regime = brand.vat_regime if brand else Brand.Regime.MONTHLY
    made, layout = [], report_layouts.in_force()
    for what in (core.TRANSACTIONS, core.PAYMENTS):
        day = max(first.issue_date, today - dt.timedelta(days=400))
        while True:
            period = core.period_of(day, what, regime, layout)
            if period.last >= today:
                break
            row, is_new = Report.objects.get_or_create(
                owner=owner, what=what, first=period.first, defaults={"last": period.last, "due": period.due}
            )
            if is_new:
                made.append(row)
            day = period.last + dt.timedelta(days=1)
    return made


def unfinished(*, owner: Any, today: dt.date) -> list[Report]:
    """Reports that have not left and are not late: what is recorded meanwhile still belongs in them."""
    rows = Report.objects.filter(owner=owner, due__gte=today).exclude(state=Report.State.DEPOSITED)
    return list(rows.order_by("first", "pk"))


def make(*, actor: Actor, report: Report) -> Report:
    """Gather the period and write its files. Raises ValidationError once deposited, or without a SIREN."""
    if report.state == Report.State.DEPOSITED:
        raise ValidationError(_("This report has been deposited: it is not made again."))
    brand = seller_of(report.owner)
    if brand is None or not brand.siren:
        raise ValidationError(_("The seller has no SIREN: fill it in on the brand."))
    period = core.Period(report.what, report.first, report.last, report.due)
    layout = report_layouts.in_force()
    rows = _sales(report, layout) if report.what == core.TRANSACTIONS else _payments(report, brand, layout)
    told = core.Report(period, brand.siren, brand.legal_name or brand.name, rows)
    name = f"e-reporting-{report.what}-{report.first:%Y%m%d}"
    with transaction.atomic():
        report.xml = store(io.BytesIO(core.as_xml(told, layout)), name=f"{name}.xml", actor=actor, owner=report.owner)
        report.table = store(io.BytesIO(core.as_csv(told, layout)), name=f"{name}.csv", actor=actor, owner=report.owner)
        report.rows, report.base, report.tax = len(rows), sum(r.base for r in rows), sum(r.tax for r in rows)
        report.state = Report.State.MADE if rows else Report.State.EMPTY
        report.made_at = timezone.now()
        report.save()
    return report


def _sales(report: Report, layout: Layout) -> tuple[core.Row, ...]:
    found = Invoice.objects.filter(
        queries.owner_where(report.owner), issue_date__gte=report.first, issue_date__lte=report.last
    ).exclude(number=None)
    documents = (invoice.read_document() for invoice in found.order_by("pk").iterator(chunk_size=200))
    return core.transactions(documents, layout)


def _payments(report: Report, brand: Brand, layout: Layout) -> tuple[core.Row, ...]:
    on_debits = brand.debits_since is not None and brand.debits_since <= report.first
    received = (
        core.Payment(invoice.read_document(), day, nano)
        for source in _sources
        for invoice, day, nano in source(report.owner, report.first, report.last)
    )
    return core.payments(received, on_debits=on_debits, layout=layout)


def deposit(*, actor: Actor, report: Report) -> Report:
    """Hand the file to the platform. Raises ValidationError: not made, nothing to tell, the platform refuses."""
    if report.state != Report.State.MADE or report.xml is None:
        raise ValidationError(_("Make the report first; one without a line need not be deposited."))
    try:
        with report.xml.open() as file:
            reference = queries.platform().report(report.xml.name, file.read())
    except PlatformError as error:
        raise ValidationError(_("The platform did not take the report: %(detail)s") % {"detail": error}) from error
    report.state, report.reference, report.deposited_at = Report.State.DEPOSITED, reference, timezone.now()
    report.save(update_fields=["state", "reference", "deposited_at"])
    audit.event(actor, report, "invoicing.reported", reference=reference)
    return report
