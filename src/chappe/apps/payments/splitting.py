"""Pages that share money over invoices by hand: a payment that is there, or a movement of the bank that waits.

An amount of nothing takes the money back from an invoice. What is left stays in credit of the customer.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from chappe.apps.billing.crediting import typed
from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.payments import bank, matching, queries, services
from chappe.apps.payments.forms import CustomerForm
from chappe.apps.payments.models import Movement, Payment
from chappe.core.billing.document import CENT
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may_touch, require_on, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.forms import MoneyField
from chappe.kit.ui.formats import money


@dataclass
class Share:
    """An invoice on the page, what of it may be paid with this money, and what was typed."""

    invoice: Any
    most: int
    text: str = ""
    fault: str = ""

    @property
    def url(self) -> str:
        return registry.object_url(self.invoice)

    def read(self, data: Any) -> int:
        """Nano typed for this invoice, 0 for nothing. Raises ValidationError."""
        self.text = data.get(f"invoice-{self.invoice.pk}", "").strip()
        amount = MoneyField(required=False).clean(self.text) or 0
        if amount < 0 or amount % CENT or amount > self.most:
            raise ValidationError(_("Between 0 and %(most)s, to the cent.") % {"most": money(self.most)})
        return amount


def _shares(customer: Customer, held: dict[int, int]) -> list[Share]:
    """Open invoices of a customer, the oldest first, and those that this money pays already."""
    rows = queries.with_open(Invoice.objects.filter(customer=customer)).order_by("due_date", "issue_date", "pk")
    told = [(one, max(0, one.open) + held.get(one.pk, 0)) for one in rows if one.open > 0 or held.get(one.pk)]
    return [Share(one, most, typed(held[one.pk]) if held.get(one.pk) else "") for one, most in told]


def _read(request: HttpRequest, shares: list[Share], whole: int) -> tuple[list[tuple[Any, int]] | None, str]:
    """((invoice, nano) asked, or None when something is wrong; the sentence of what is wrong with the whole)."""
    parts: list[tuple[Any, int]] = []
    for share in shares:
        try:
            amount = share.read(request.POST)
        except ValidationError as error:
            share.fault = " ".join(error.messages)
            continue
        if amount:
            parts.append((share.invoice, amount))
    if any(share.fault for share in shares):
        return None, ""
    if sum(amount for _invoice, amount in parts) > whole:
        return None, _("The parts add up to more than %(whole)s.") % {"whole": money(whole)}
    return parts, ""


def split_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """What a payment pays, invoice by invoice."""
    payment = get_object_or_404(visible_to(request.user, Payment).select_related("customer__owner"), pk=pk)
    require_on(request.user, payment, Level.WRITE)
    url = registry.object_url(payment)
    why = services.why_not_spread(payment)
    if why:
        messages.error(request, why)
        return redirect(url)
    shares, problem = _shares(payment.customer, services.held_by(payment)), ""
    if request.method == "POST":
        parts, problem = _read(request, shares, payment.amount)
        if parts is not None:
            try:
                services.spread(actor=Actor.of(request), payment=payment, parts=parts)
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                messages.success(request, _("The payment is shared as you said."))
                return redirect(url)
    context = {
        "title": _("Share a payment"), "name": str(payment), "url": url, "list": registry.get("payments.payment"), "shares": shares,
        "whole": payment.amount, "customer": payment.customer, "day": payment.day, "problem": problem, "verb": _("Share over invoices"),
    }  # fmt: skip
    return render(request, "payments/split.html", context, status=422 if request.method == "POST" else 200)


def split_movement(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose money a movement is, and which of its invoices it pays."""
    rows = visible_to(request.user, Movement).select_related("statement__owner", "customer")
    movement = get_object_or_404(rows, pk=pk)
    require_on(request.user, movement, Level.WRITE)
    if movement.amount <= 0 or movement.state == Movement.State.APPLIED:
        raise Http404
    url = registry.object_url(movement)
    chosen = CustomerForm(request.GET if "customer" in request.GET else None, user=request.user, initial={"customer": movement.customer})  # fmt: skip
    customer = chosen.cleaned_data["customer"] if chosen.is_bound and chosen.is_valid() else movement.customer
    planned = {invoice.pk: amount for invoice, amount in matching.invoices_of(movement)}
    shares, problem = _offered(customer, movement, planned) if customer else [], ""
    if request.method == "POST" and customer is not None:
        parts, problem = _read(request, shares, movement.amount)
        if parts is not None:
            try:
                bank.choose(actor=Actor.of(request), movement=movement, customer=customer, plan=parts)
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                messages.success(request, _("Accepted as you said: apply the statement once everything is decided."))
                return redirect(registry.object_url(movement.statement))
    context = {
        "title": _("Share a movement"), "name": str(movement), "url": url, "list": registry.get("payments.movement"), "shares": shares,
        "whole": movement.amount, "customer": customer, "day": movement.day, "problem": problem, "verb": _("Accept"),
        "chosen": chosen, "text": movement.text, "payer": movement.name,
    }  # fmt: skip
    return render(request, "payments/split.html", context, status=422 if request.method == "POST" else 200)


def _offered(customer: Customer, movement: Movement, planned: dict[int, int]) -> list[Share]:
    """The open invoices with the plan of the movement, or, without one, the oldest first."""
    shares, left = _shares(customer, {}), movement.amount
    plan = planned if customer.pk == movement.customer_id else {}
    for share in shares:
        part = plan.get(share.invoice.pk, 0) if plan else min(left, share.most)
        share.text = typed(part) if part else ""
        left -= part
    return shares


def payment_button(payment: Payment, user: Any) -> str:
    """Where a payment is shared; "" when it may not be."""
    allowed = may_touch(user, payment, Level.WRITE) and not services.why_not_spread(payment)
    return registry.url("payments.split", pk=payment.pk) if allowed else ""


def movement_button(movement: Movement, user: Any) -> str:
    """Where a movement is shared; "" when it may not be."""
    allowed = (
        movement.amount > 0 and movement.state != Movement.State.APPLIED and may_touch(user, movement, Level.WRITE)
    )
    return registry.url("payments.split-movement", pk=movement.pk) if allowed else ""
