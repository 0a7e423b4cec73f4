"""Invoices handed to a platform, the statuses that it tells, and the one that is ours to tell: paid. The port does the talking.

Whether an invoice is paid comes from the app above by a hook (``paid_with``).
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import mailing, queries
from chappe.apps.invoicing.models import Deposit, DepositStatus, IssuedFile, Production
from chappe.connectors.einvoice.platform import PlatformError
from chappe.connectors.einvoice.production import PDF
from chappe.core.einvoice.statuses import PAID, REFUSED, REJECTED, STATUSES
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit

_paid: list[Callable[[Invoice], bool]] = []


def paid_with(function: Callable[[Invoice], bool]) -> Callable[[Invoice], bool]:
    """The payments app says here whether money has paid an invoice whole. Called in its ``ready()``."""
    if function not in _paid:
        _paid.append(function)
    return function


def deposit(*, actor: Actor, invoice: Invoice, platform: str = queries.FOLDER) -> Deposit:
    """Hand a checked invoice to the platform. Raises ValidationError: refused by the rules, unknown in the directory, already there."""
    if reason := mailing.why_not(invoice):
        raise ValidationError(reason)
    before = Deposit.objects.filter(invoice=invoice).order_by("-pk").first()
    if before is not None and before.status not in {REFUSED, REJECTED}:
        raise ValidationError(
            _("This invoice is with the platform already: %(status)s.") % {"status": before.status_label()}
        )
    document = invoice.read_document()
    if not document.buyer.siren:
        raise ValidationError(_("The customer has no SIREN: a platform takes invoices between companies alone."))
    file = IssuedFile.objects.select_related("stored").get(invoice=invoice, kind=PDF)
    port = queries.platform(platform)
    try:
        entry = port.lookup(document.buyer.siren)
        if entry is None:
            raise ValidationError(
                _("The directory has no entry for the SIREN %(siren)s.") % {"siren": document.buyer.siren}
            )
        with file.stored.open() as content:
            reference = port.deposit(file.stored.name, content.read())
    except PlatformError as error:
        raise ValidationError(_("The platform did not take the invoice: %(detail)s") % {"detail": error}) from error
    with transaction.atomic():
        row, is_new = Deposit.objects.get_or_create(
            platform=platform, reference=reference, defaults={"invoice": invoice, "address": entry.address}
        )
        Production.objects.filter(invoice=invoice).update(deposit=row)
        if is_new:
            audit.event(actor, invoice, "invoicing.deposited", reference=reference)
    poll(actor=actor, deposit=row)
    return row


def poll(*, actor: Actor, deposit: Deposit) -> int:
    """Ask the platform; answers how many statuses are new. What the platform cannot say is kept as the deposit's problem."""
    try:
        told = queries.platform(deposit.platform).statuses(deposit.reference)
    except PlatformError as error:
        Deposit.objects.filter(pk=deposit.pk).update(problem=str(error), asked_at=timezone.now())
        deposit.refresh_from_db()
        return 0
    new = 0
    with transaction.atomic():
        for status in told:
            if status.code not in STATUSES:
                continue
            _row, is_new = DepositStatus.objects.get_or_create(
                deposit=deposit, code=status.code, at=status.at, defaults={"reason": status.reason[:500]}
            )
            new += is_new
        last = deposit.statuses.order_by("at", "pk").last()
        if last is not None:
            deposit.status = last.code
        deposit.problem, deposit.asked_at = "", timezone.now()
        deposit.save(update_fields=["status", "problem", "asked_at"])
        if new:
            audit.event(
                actor, deposit.invoice, "invoicing.status", status=f"{deposit.status} {STATUSES[deposit.status].label}"
            )
    return new


def tell_paid(*, actor: Actor, deposit: Deposit) -> bool:
    """Say 212 of a deposit whose invoice is paid: compulsory, and between French companies it takes the place of the
    e-reporting of the payment. Answers whether it was said now; a platform that does not answer is asked again later.
    """
    if deposit.is_over or not any(paid(deposit.invoice) for paid in _paid):
        return False
    try:
        queries.platform(deposit.platform).say(deposit.reference, PAID, timezone.now())
    except PlatformError as error:
        Deposit.objects.filter(pk=deposit.pk).update(problem=str(error))
        return False
    poll(actor=actor, deposit=deposit)
    return True


def still_open() -> list[Deposit]:
    """Deposits of which something more is expected."""
    return list(Deposit.objects.exclude(status__in=[REFUSED, REJECTED, PAID]).select_related("invoice__owner"))
