"""Cards of the detail pages of payments, and those hung on the pages of customers and of invoices."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.billing import panels as billing
from chappe.apps.billing.models import Invoice
from chappe.apps.customers import panels as customers
from chappe.apps.customers.models import Customer
from chappe.apps.payments import matching, queries, reminding, splitting, topping
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import (
    Allocation,
    BankStatement,
    Collection,
    Debit,
    Mandate,
    Movement,
    Payment,
    Reminder,
    ReminderLevel,
)
from chappe.kit.access.door import Level, may, may_touch, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Panel


def left_of(payment: Payment) -> int:
    """What of a payment may still pay an invoice."""
    return queries.unallocated(payment) if payment.amount > 0 else 0


def parts(payment: Payment, user: Any) -> dict[str, Any]:
    totals: dict[int, int] = {}
    rows = payment.allocations.select_related("invoice")
    for row in rows:
        totals[row.invoice_id] = totals.get(row.invoice_id, 0) + row.amount
    seen = {row.invoice_id: row.invoice for row in rows}
    return {
        "parts": [(seen[pk], amount, registry.object_url(seen[pk])) for pk, amount in totals.items() if amount],
        "left": queries.unallocated(payment),
        "cancelled_by": payment.cancelled_by.first(),
        "account_url": registry.url("payments.account", pk=payment.customer_id),
        "split_url": splitting.payment_button(payment, user),
        "receipt_url": registry.url("payments.receipt", pk=payment.pk) if payment.kind in topping.RECEIPTS else "",
    }


def mandate(row: Mandate, _user: Any) -> dict[str, Any]:
    from django.utils import timezone

    return {
        "lapses": mandates_end(row),
        "lapsed": row.state == "active" and mandates_end(row) is not None and mandates_end(row) < timezone.localdate(),
        "amended": bool(row.first_used) and (row.sent_iban != row.iban or row.sent_rum != row.rum),
    }


def mandates_end(row: Mandate) -> Any:
    """The day after which an unused mandate may not serve any more."""
    from chappe.apps.payments.mandates import LAPSE_MONTHS, months_before

    last = row.last_used or row.signed_on
    return months_before(last, -LAPSE_MONTHS) if last else None


def collection(row: Collection, user: Any) -> dict[str, Any]:
    states: dict[str, list[int]] = {}
    for state, amount in row.debits.values_list("state", "amount"):
        states.setdefault(state, []).append(amount)
    return {
        "sums": [(Debit.State(state).label, len(found), sum(found)) for state, found in states.items()],
        "may_download": row.stored_id is not None and may_touch(user, row, Level.WRITE),
        "amended": any(
            debit.mandate.version > 1 for debit in row.debits.filter(state="planned").select_related("mandate")
        ),
    }


def statement(row: BankStatement, _user: Any) -> dict[str, Any]:
    counts: dict[str, list[int]] = {}
    for state, amount in row.movements.values_list("state", "amount"):
        counts.setdefault(state, []).append(amount)
    return {
        "sums": [(Movement.State(state).label, len(found), sum(found)) for state, found in counts.items()],
        "waiting": len(counts.get("waiting", ())), "accepted": len(counts.get("accepted", ())),
        "movements_url": registry.url("payments.movement", "list"),
    }  # fmt: skip


def movement(row: Movement, user: Any) -> dict[str, Any]:
    plan = matching.invoices_of(row)
    taken = sum(amount for _invoice, amount in plan)
    return {
        "plan": [(invoice, amount, registry.object_url(invoice)) for invoice, amount in plan],
        "left": row.amount - taken if row.kind == "in" else 0,
        "because": row.because(),
        "split_url": splitting.movement_button(row, user),
        "twin": row.twin,
        "twin_url": registry.object_url(row.twin) if row.twin else "",
        "twin_statement_url": registry.object_url(row.twin.statement) if row.twin else "",
    }


def reminder(row: Reminder, _user: Any) -> dict[str, Any]:
    subject, text = reminding.text_of(row)
    return {"subject": subject, "text": text, "why": reminding.why_not_send(row)}


def level_fr(row: ReminderLevel, _user: Any) -> dict[str, Any]:
    return {"subject": row.subject_fr, "text": row.text_fr}


def level_en(row: ReminderLevel, _user: Any) -> dict[str, Any]:
    return {"subject": row.subject_en, "text": row.text_en}


def of_customer(customer: Customer, user: Any) -> dict[str, Any]:
    """Balance, credit, mandate; empty for whoever may not read payments."""
    if not may(user, AREA):
        return {"allowed": False}
    rows, _whole = queries.ageing(queries.open_invoices([customer.pk]).select_related("customer"))
    mandates = visible_to(user, Mandate).filter(customer=customer, state="active")
    return {
        "allowed": True, "balance": queries.balance_of(customer), "credit": queries.credit_of(customer),
        "owed": rows[0] if rows else None, "mandate": mandates.first(),
        "last": visible_to(user, Payment).filter(customer=customer).first(),
        "account_url": registry.url("payments.account", pk=customer.pk), "object_url": registry.object_url,
        "needs_mandate": customer.payment_means == "sepa",
    }  # fmt: skip


def of_invoice(invoice: Invoice, user: Any) -> dict[str, Any]:
    """What pays an invoice, its debits, its reminders."""
    if not may(user, AREA) or invoice.state != Invoice.State.ISSUED:
        return {"allowed": False}
    totals: dict[Payment, int] = {}
    for row in visible_to(user, Allocation).filter(invoice=invoice).select_related("payment"):
        totals[row.payment] = totals.get(row.payment, 0) + row.amount
    return {
        "allowed": True, "open": queries.open_of(invoice),
        "payments": [(one, amount, registry.object_url(one)) for one, amount in totals.items() if amount],
        "debits": [(one, registry.object_url(one)) for one in visible_to(user, Debit).filter(invoice=invoice).exclude(state="removed")],
        "account_url": registry.url("payments.account", pk=invoice.customer_id),
    }  # fmt: skip


def hang() -> None:
    """Hang the cards on the pages of the apps below."""
    customers.register(
        "payments.account",
        Panel(title=_("Account"), icon="scale", template="payments/of_customer.html", context=of_customer, aside=True),
        order=30,
    )
    billing.add(
        Panel(title=_("Payment"), icon="cash", template="payments/of_invoice.html", context=of_invoice, aside=True)
    )
