"""Invoices handed to a platform, the statuses that it tells, and the one that is ours to tell: 212. The port does the talking.

What money came in comes from the app above by hooks (``paid_with``, ``money_with``).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import mailing, queries
from chappe.apps.invoicing.models import Deposit, DepositStatus, IssuedFile, Production
from chappe.connectors.einvoice.platform import PlatformError
from chappe.connectors.einvoice.production import PDF
from chappe.core.einvoice.collected import Collected, is_wanted, shares
from chappe.core.einvoice.statuses import PAID, REFUSED, REJECTED, STATUSES
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit


@dataclass(frozen=True, slots=True)
class Encashment:
    """Money that paid an invoice, or (negative) was taken back from it, nano. ``key``: the same fact once."""

    key: str
    day: dt.date
    amount: int


MoneySource = Callable[[Invoice], Iterable[Encashment]]
_money: list[MoneySource] = []
_paid: list[Callable[[Invoice], bool]] = []
_waiting: list[Callable[[], Iterable[Deposit]]] = []
AFTER_PAYMENT = dt.timedelta(days=60)


def paid_with(function: Callable[[Invoice], bool]) -> Callable[[Invoice], bool]:
    """The payments app says here whether money has paid an invoice whole. Called in its ``ready()``."""
    if function not in _paid:
        _paid.append(function)
    return function


def money_with(source: MoneySource) -> MoneySource:
    """The payments app tells here the money of an invoice, in the order in which it was recorded. Called in its ``ready()``."""
    if source not in _money:
        _money.append(source)
    return source


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
                deposit=deposit,
                code=status.code,
                at=status.at,
                defaults={
                    "reason": status.reason[:500],
                    "collected": status.collected.as_data() if status.collected else None,
                },
            )
            new += is_new
        last = deposit.statuses.order_by("at", "pk").last()
        if last is not None:
            deposit.status = last.code
        deposit.problem, deposit.asked_at = "", timezone.now()
        deposit.save(update_fields=["status", "problem", "asked_at"])
        if new:
            audit.event(actor, deposit.invoice, "invoicing.status", status=deposit.status_label())
    return new


def tell_money(*, actor: Actor, deposit: Deposit) -> int:
    """Say 212 of every encashment not said yet, with its amounts by rate of VAT; what was taken back is said by its opposite,
    unless its coming was not said either.

    Between French companies it takes the place of the e-reporting of the payment. An invoice whose encashments the tax
    office does not want (débits, goods, reverse charge) is said paid once, when it is paid whole. Answers how many were
    said; a platform that does not answer is told later.
    """
    if deposit.status in {REFUSED, REJECTED}:
        return 0
    document = deposit.invoice.read_document()
    money = [one for source in _money for one in source(deposit.invoice)]
    if not is_wanted(document):
        return _tell_paid(actor, deposit, len(money))
    if (said := _said(deposit)) is None:
        return 0
    told, before = 0, sum(one.amount for one in money[: deposit.encashments])
    for done, one in _to_say(money, deposit.encashments, said):
        if not _say(deposit, Collected(one.key, one.day, shares(document, one.amount, before))):
            break
        Deposit.objects.filter(pk=deposit.pk).update(encashments=done)
        before += one.amount
        told += 1
    else:
        Deposit.objects.filter(pk=deposit.pk).update(encashments=len(money))
    if told:
        poll(actor=actor, deposit=deposit)
    return told


def _said(deposit: Deposit) -> set[str] | None:
    """Keys of the encashments that the platform has, ours or not yet in our rows; None when it does not answer."""
    try:
        told = queries.platform(deposit.platform).statuses(deposit.reference)
    except PlatformError as error:
        Deposit.objects.filter(pk=deposit.pk).update(problem=str(error))
        return None
    return {status.collected.key for status in told if status.collected}


def _to_say(money: Sequence[Encashment], told: int, said: set[str]) -> list[tuple[int, Encashment]]:
    """What is to be said after the first ``told``, each with how many it makes told.

    Money taken back straight after it came, before the platform has it, is not said at all: it was a mistake of typing.
    """
    rows: list[tuple[int, Encashment]] = []
    for done, one in enumerate(money[told:], told + 1):
        if rows and one.amount < 0 and rows[-1][1].amount == -one.amount and rows[-1][1].key not in said:
            rows.pop()
        else:
            rows.append((done, one))
    return rows


def _tell_paid(actor: Actor, deposit: Deposit, count: int) -> int:
    is_paid = deposit.status != PAID and any(paid(deposit.invoice) for paid in _paid)
    if is_paid and not _say(deposit, None):
        return 0
    Deposit.objects.filter(pk=deposit.pk).update(encashments=count)
    if is_paid:
        poll(actor=actor, deposit=deposit)
    return int(is_paid)


def _say(deposit: Deposit, collected: Collected | None) -> bool:
    try:
        queries.platform(deposit.platform).say(deposit.reference, PAID, timezone.now(), collected)
    except PlatformError as error:
        Deposit.objects.filter(pk=deposit.pk).update(problem=str(error))
        return False
    return True


def still_open(now: dt.datetime | None = None) -> list[Deposit]:
    """Deposits of which something more is expected; what has been paid is asked for two months more."""
    old = Q(status=PAID, deposited_at__lt=(now or timezone.now()) - AFTER_PAYMENT)
    return list(Deposit.objects.exclude(status__in=[REFUSED, REJECTED]).exclude(old).select_related("invoice__owner"))


def waiting_with(function: Callable[[], Iterable[Deposit]]) -> Callable[[], Iterable[Deposit]]:
    """The payments app finds here the deposits whose money is not all told. Called in its ``ready()``."""
    if function not in _waiting:
        _waiting.append(function)
    return function


def to_tell() -> list[Deposit]:
    """Deposits of whose invoice money came in, or went back, that the platform does not know."""
    return [row for function in _waiting for row in function()]
