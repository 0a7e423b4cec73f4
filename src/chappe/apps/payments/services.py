"""Verbs on money: record a payment or a top-up, allocate it, take an allocation back, cancel, reject, refund. The only writers of
payments and allocations.

A row is never changed. Each verb locks the customer, then its invoices, then the journal, and writes the journal's line first:
no payment exists without it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import journal, locks
from chappe.apps.billing.models import Invoice, JournalEntry
from chappe.apps.customers.models import Customer
from chappe.apps.payments import queries
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Allocation, Payment
from chappe.core.billing.document import CENT
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("payments.recorded", gettext_noop("{actor} recorded a payment of {amount} from {customer}"))
register_sentence("payments.topped_up", gettext_noop("{actor} recorded a top-up of {amount} from {customer}"))
register_sentence("payments.allocated", gettext_noop("{actor} allocated {amount} to invoice {invoice}"))
register_sentence("payments.freed", gettext_noop("{actor} took {amount} back from invoice {invoice}"))
register_sentence("payments.cancelled", gettext_noop("{actor} cancelled the payment: {why}"))
register_sentence("payments.rejected", gettext_noop("{actor} recorded that the bank rejected the payment: {why}"))
register_sentence("payments.refunded", gettext_noop("{actor} refunded {amount} to {customer}"))

Part = tuple[Invoice, int]
RECORDED = {Payment.Kind.PAYMENT: "payments.recorded", Payment.Kind.TOP_UP: "payments.topped_up"}
KINDS = {
    Payment.Kind.PAYMENT: JournalEntry.Kind.PAYMENT,
    Payment.Kind.TOP_UP: JournalEntry.Kind.TOP_UP,
    Payment.Kind.REFUND: JournalEntry.Kind.REFUND,
    Payment.Kind.REJECTION: JournalEntry.Kind.REJECTION,
    Payment.Kind.REVERSAL: JournalEntry.Kind.CORRECTION,
}


def record(
    *,
    actor: Actor,
    customer: Customer,
    amount: int,
    day: dt.date,
    means: str = Payment.Means.TRANSFER,
    reference: str = "",
    label: str = "",
    parts: Sequence[Part] | None = None,
    key: str = "",
) -> Payment:
    """Money that came in. ``parts``: (invoice, amount) it pays; None: the oldest invoices first; what is left stays in credit.

    ``key``: the same key twice is one payment, the first is returned. Raises ValidationError: amount not whole cents above
    zero, a part larger than what is open or than the payment, an invoice of somebody else.
    """
    return _came(
        actor, customer, amount, day, kind=Payment.Kind.PAYMENT, means=means, reference=reference, label=label, key=key,
        parts=parts,
    )  # fmt: skip


def top_up(
    *,
    actor: Actor,
    customer: Customer,
    amount: int,
    day: dt.date,
    means: str = Payment.Means.CARD,
    reference: str = "",
    label: str = "",
    key: str = "",
) -> Payment:
    """Money paid in advance: it pays nothing that is open, stays in credit, and pays the next invoices (:func:`use_top_ups`).

    ``key``: the same key twice is one top-up. Raises ValidationError: amount not whole cents above zero.
    """
    return _came(
        actor, customer, amount, day, kind=Payment.Kind.TOP_UP, means=means, reference=reference, label=label, key=key,
        parts=(),
    )  # fmt: skip


def _came(
    actor: Actor, customer: Customer, amount: int, day: dt.date, *, kind: str, key: str, parts: Sequence[Part] | None, **told: str
) -> Payment:  # fmt: skip
    """Money that came in, whatever for. The same key twice is one payment."""
    if amount <= 0 or amount % CENT:
        raise ValidationError({"amount": _("An amount is a number of whole cents above zero.")})
    with transaction.atomic():
        customer = _hold(customer, actor)
        twin = Payment.objects.filter(key=key).first() if key else None
        if twin is not None:
            return twin
        chosen = _oldest_first(customer, amount) if parts is None else _checked(customer, amount, parts)
        payment = _write(actor, customer, amount, day, kind=kind, key=key, parts=chosen, **told)
        event(actor, payment, RECORDED[kind], amount=_euros(amount), customer=customer.name)
    return payment


def use_top_ups(*, actor: Actor, customer: Customer) -> int:
    """Let what a customer topped up pay its open invoices, the oldest first; answers the nano paid. Twice is once."""
    paid = 0
    with transaction.atomic():
        customer = _hold(customer, actor)
        for payment in queries.top_ups_of(customer):
            left = min(queries.unallocated(payment), queries.credit_of(customer))
            for invoice, part in _checked(customer, max(left, 0), _oldest_first(customer, left)):
                _pay(actor, customer, payment, invoice, part)
                paid += part
    return paid


def hold_top_ups(drafts: Sequence[int]) -> dict[int, int]:
    """What may be set against drafts about to be issued: nano by customer, whose row is locked until the transaction ends.

    What is open on older invoices is kept for them. Writes nothing: :func:`spend_top_ups` does, once they are issued.
    """
    topped = Payment.objects.filter(kind=Payment.Kind.TOP_UP, cancelled_by=None, customer__invoices__in=drafts)
    held = Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=topped.values("customer"))
    return {row.pk: queries.spendable(row, drafts) for row in held.order_by("pk")}


def spend_top_ups(*, actor: Actor, invoice: Invoice, amount: int) -> None:
    """Let top-ups pay ``amount`` of an invoice just issued, the oldest first. Called in the transaction that issues it, whose
    right is that of issuing. Raises ValidationError when they have not as much left: the invoice is then not issued.
    """
    customer, left = invoice.customer, amount
    _checked(customer, amount, [(invoice, amount)])
    for payment in queries.top_ups_of(customer):
        part = min(left, queries.unallocated(payment), queries.credit_of(customer))
        if part > 0:
            _pay(actor, customer, payment, invoice, part)
            left -= part
    if left:
        raise ValidationError(_("What %(customer)s paid in advance has been used meanwhile.") % {"customer": customer})


def give_back_top_ups(*, actor: Actor, invoice: Invoice) -> int:
    """Put in credit again what top-ups paid too much of an invoice that was credited or replaced; answers the nano given back.

    Called in the transaction that issues the credit note.
    """
    over = back = max(0, -queries.open_of(invoice))
    for payment in reversed(queries.top_ups_of(invoice.customer)):
        part = min(over, held_by(payment).get(invoice.pk, 0))
        if part > 0:
            _pay(actor, invoice.customer, payment, invoice, -part)
            over -= part
    return back - over


def allocate(*, actor: Actor, payment: Payment, invoice: Invoice, amount: int) -> Allocation:
    """Let a part of a payment pay an invoice. Raises ValidationError when more than is left or open."""
    with transaction.atomic():
        customer = _hold(payment.customer, actor)
        left = queries.unallocated(payment)
        if amount <= 0 or amount % CENT or amount > left:
            raise ValidationError(
                {"amount": _("%(left)s of this payment are left to allocate.") % {"left": _euros(left)}}
            )
        [(row, part)] = _checked(customer, amount, [(invoice, amount)])
        return _pay(actor, customer, payment, row, part)


def free(*, actor: Actor, payment: Payment, invoice: Invoice) -> Allocation:
    """Take back all that a payment paid of an invoice; it is in credit again. Raises ValidationError when nothing was."""
    with transaction.atomic():
        customer = _hold(payment.customer, actor)
        held = payment.allocations.filter(invoice=invoice).aggregate(total=Sum("amount"))["total"] or 0
        if not held:
            raise ValidationError(_("Nothing of this payment pays that invoice."))
        return _pay(actor, customer, payment, invoice, -held)


def held_by(payment: Payment) -> dict[int, int]:
    """What a payment pays of each invoice: nano by key of invoice, without those it pays nothing of any more."""
    rows = payment.allocations.values("invoice").annotate(total=Sum("amount")).exclude(total=0).order_by("invoice")
    return {row["invoice"]: row["total"] for row in rows}


def why_not_spread(payment: Payment) -> Any:
    """Why a payment cannot be shared over invoices; None when it can."""
    if payment.kind not in {Payment.Kind.PAYMENT, Payment.Kind.TOP_UP}:
        return _("Only money that came in pays invoices.")
    if payment.cancelled_by.exists():
        return _("It is cancelled already.")
    return None


def spread(*, actor: Actor, payment: Payment, parts: Sequence[Part]) -> None:
    """Let a payment pay exactly these parts: what it paid beside them is taken back first. Written as differences.

    Raises ValidationError: a cancelled payment, parts larger than it, more than what is open on an invoice.
    """
    with transaction.atomic():
        customer = _hold(payment.customer, actor)
        reason = why_not_spread(payment)
        if reason:
            raise ValidationError(reason)
        held, wanted = held_by(payment), {invoice.pk: part for invoice, part in parts}
        rows = {row.pk: row for row in locks.invoices({*held, *wanted})}
        kept = sum(min(held.get(pk, 0), part) for pk, part in wanted.items())
        more = [(rows[pk], part - held.get(pk, 0)) for pk, part in wanted.items() if part > held.get(pk, 0)]
        less = [(rows[pk], wanted.get(pk, 0) - part) for pk, part in held.items() if wanted.get(pk, 0) < part]
        checked = _checked(customer, payment.amount - kept, more)
        for invoice, part in [*less, *checked]:
            _pay(actor, customer, payment, invoice, part)


def why_not_cancel(payment: Payment) -> Any:
    """Why a payment cannot be cancelled; None when it can."""
    if payment.kind == Payment.Kind.REVERSAL:
        return _("A cancellation is not cancelled: record the payment again.")
    if payment.cancelled_by.exists():
        return _("It is cancelled already.")
    return None


def cancel(*, actor: Actor, payment: Payment, why: str, day: dt.date | None = None) -> Payment:
    """Undo a payment typed by mistake by a second row of the opposite amount; its invoices are open again.

    Asks the administrator level of a person. Raises ValidationError when it is cancelled already.
    """
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)
    return _oppose(actor, payment, Payment.Kind.REVERSAL, why, day)


def undo(*, actor: Actor, payment: Payment, why: str) -> Payment:
    """As :func:`cancel`, for the undoing of a statement or of a collection by whoever may write."""
    return _oppose(actor, payment, Payment.Kind.REVERSAL, why, None)


def reject(*, actor: Actor, payment: Payment, reason: str, day: dt.date) -> Payment:
    """The bank took a payment back (a returned debit, a bad cheque): the opposite row, on the day of the bank."""
    return _oppose(actor, payment, Payment.Kind.REJECTION, reason, day)


def _oppose(actor: Actor, payment: Payment, kind: str, why: str, day: dt.date | None) -> Payment:
    if not why.strip():
        raise ValidationError({"why": _("Say why: it stays in the journal.")})
    with transaction.atomic():
        customer = _hold(payment.customer, actor)
        reason = why_not_cancel(payment)
        if reason:
            raise ValidationError(reason)
        held = held_by(payment)
        parts = [(invoice, -held[invoice.pk]) for invoice in locks.invoices(held)]
        made = _write(
            actor, customer, -payment.amount, day or payment.day, kind=kind, means=payment.means,
            reference=payment.reference, label=why.strip()[:200], parts=parts, cancels=payment,
        )  # fmt: skip
        verb = "payments.rejected" if kind == Payment.Kind.REJECTION else "payments.cancelled"
        event(actor, payment, verb, why=why.strip())
    return made


def refund(
    *, actor: Actor, customer: Customer, amount: int, day: dt.date, means: str, reference: str = "", label: str = ""
) -> Payment:
    """Money given back to a customer in credit: first on overpaid invoices, then on what pays none.

    Asks the administrator level of a person. Raises ValidationError when it is more than the customer is owed.
    """
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)
    with transaction.atomic():
        customer = _hold(customer, actor)
        owed = -queries.balance_of(customer)
        if amount <= 0 or amount % CENT or amount > owed:
            raise ValidationError({"amount": _("This customer is owed %(owed)s.") % {"owed": _euros(max(0, owed))}})
        over = queries.with_open(Invoice.objects.filter(customer=customer)).filter(open__lt=0).order_by("pk")
        parts, left = [], amount
        for invoice in over:
            part = min(left, -invoice.open)
            if part:
                parts.append((invoice, -part))
                left -= part
        made = _write(
            actor,
            customer,
            -amount,
            day,
            kind=Payment.Kind.REFUND,
            means=means,
            reference=reference,
            label=label,
            parts=parts,
        )
        event(actor, made, "payments.refunded", amount=_euros(amount), customer=customer.name)
    return made


def _hold(customer: Customer, actor: Actor) -> Customer:
    """The customer's row locked until the end of the transaction: one payment of a customer at a time."""
    row = Customer.objects.select_for_update(of=("self",), no_key=True).select_related("owner").get(pk=customer.pk)
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        require_on(actor.user, Payment(owner_id=row.owner_id), Level.WRITE)
    return row


def _oldest_first(customer: Customer, amount: int) -> list[Part]:
    parts: list[Part] = []
    for invoice in queries.open_invoices([customer.pk]):
        part = min(amount, invoice.open)
        if part <= 0:
            break
        parts.append((invoice, part))
        amount -= part
    return parts


def _checked(customer: Customer, amount: int, parts: Sequence[Part]) -> list[Part]:
    """The parts, each of an issued invoice of the customer, none larger than what is open there, within the amount."""
    asked: dict[int, int] = {}
    for invoice, part in parts:
        if part <= 0 or part % CENT:
            raise ValidationError(_("A part is a number of whole cents above zero."))
        asked[invoice.pk] = asked.get(invoice.pk, 0) + part
    if sum(asked.values()) > amount:
        raise ValidationError(_("The parts are larger than the payment."))
    locks.invoices(asked)
    rows = {row.pk: row for row in queries.with_open(Invoice.objects.filter(pk__in=asked, customer=customer))}
    for pk, part in asked.items():
        row = rows.get(pk)
        if row is None:
            raise ValidationError(_("An invoice is not an issued one of this customer."))
        if part > row.open:
            raise ValidationError(
                _("Invoice %(number)s is open for %(open)s only.") % {"number": row, "open": _euros(max(0, row.open))}
            )
    return [(rows[pk], part) for pk, part in asked.items()]


def _write(
    actor: Actor, customer: Customer, amount: int, day: dt.date, *, kind: str, means: str, reference: str, label: str,
    parts: Iterable[Part], key: str = "", cancels: Payment | None = None,
) -> Payment:  # fmt: skip
    parts = list(parts)
    entry = _journal(
        actor, customer, KINDS[Payment.Kind(kind)], parts, amount=amount, reference=reference,
        day=day.isoformat(), means=means, label=label, cancels=cancels.pk if cancels else None,
    )  # fmt: skip
    payment = Payment.objects.create(
        owner=customer.owner, customer=customer, kind=kind, means=means, day=day, amount=amount, reference=reference[:60],
        label=label[:200], key=key, cancels=cancels, entry=entry, recorded_by=actor.user,
    )  # fmt: skip
    Allocation.objects.bulk_create(
        [Allocation(payment=payment, invoice=invoice, amount=part, recorded_by=actor.user) for invoice, part in parts]
    )
    return payment


def _pay(actor: Actor, customer: Customer, payment: Payment, invoice: Invoice, part: int) -> Allocation:
    """One allocation (negative: taken back), its line in the journal first."""
    parts = [(invoice, part)]
    kind = JournalEntry.Kind.ALLOCATION
    _journal(actor, customer, kind, parts, amount=0, reference=payment.reference, payment=payment.pk)
    made = Allocation.objects.create(payment=payment, invoice=invoice, amount=part, recorded_by=actor.user)
    verb = "payments.allocated" if part > 0 else "payments.freed"
    event(actor, payment, verb, amount=_euros(abs(part)), invoice=str(invoice))
    return made


def _journal(
    actor: Actor, customer: Customer, kind: str, parts: Sequence[Part], *, amount: int, reference: str, **data: Any
) -> JournalEntry:
    told = {name: value for name, value in data.items() if value not in ("", None)}
    told["allocations"] = [{"invoice": invoice.number, "amount_nano": part} for invoice, part in parts]
    return journal.append(
        kind,
        actor=actor,
        owner=customer.owner,
        reference=reference[:60],
        customer_number=customer.number,
        amount=amount,
        data=told,
    )


def _euros(nano: int) -> str:
    from chappe.kit.ui.formats import money

    return money(nano)
