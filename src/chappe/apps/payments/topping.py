"""Money paid in advance: the page that records a top-up, its receipt, and what happens when an invoice is issued.

The verb is ``services.top_up``; a mistake is undone as any payment is, by an opposite row (``services.cancel``).
"""

from secrets import token_hex
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Brand
from chappe.apps.invoicing.queries import look_of
from chappe.apps.payments import queries, services
from chappe.apps.payments.forms import day_field
from chappe.apps.payments.models import Payment
from chappe.apps.payments.pages import customer_of
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry
from chappe.kit.screens.forms import MoneyField
from chappe.kit.ui import formats

RECEIPTS = {Payment.Kind.PAYMENT, Payment.Kind.TOP_UP, Payment.Kind.REVERSAL}


class TopUpForm(forms.Form):
    """Money paid in advance."""

    amount = MoneyField(label=gettext_lazy("Amount"))
    day = day_field(gettext_lazy("Day"))
    means = forms.ChoiceField(label=gettext_lazy("Means"), choices=Payment.Means.choices, initial=Payment.Means.CARD)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=60, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)


def issued(*, invoice: Invoice, actor: Actor) -> None:
    """An invoice is issued: what was paid in advance pays it, for as much as its document says. Called in the transaction that issues.

    A credit note or a corrected invoice first gives back what top-ups paid too much of the one that it amends. What is left
    in credit is let pay whatever is open by a job.
    """
    if invoice.preceding is not None:
        services.give_back_top_ups(actor=actor, invoice=invoice.preceding)
    if paid := invoice.document.get("paid", 0):
        services.spend_top_ups(actor=actor, invoice=invoice, amount=paid)
    if Payment.objects.filter(customer=invoice.customer_id, kind=Payment.Kind.TOP_UP).exists():
        enqueue(
            "payments.use-top-ups", actor=actor, owner=invoice.owner, unique=f"payments.use-top-ups:{invoice.customer_id}",
            customer=invoice.customer_id,
        )  # fmt: skip


def top_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Record money paid in advance; the button pressed twice records it once."""
    customer = customer_of(request, pk)
    form = TopUpForm(request.POST or None, initial={"key": token_hex(12)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        data["key"] = f"top-up:{customer.pk}:{data['key']}" if data["key"] else ""
        try:
            made = services.top_up(actor=Actor.of(request), customer=customer, **data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The top-up is recorded: its receipt can be given."))
            return redirect(registry.object_url(made))
    context = {"customer": customer, "form": form, "credit": queries.credit_of(customer)}
    return render(request, "payments/top_up.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt of money that came in, as a PDF in the customer's language."""
    payment = get_object_or_404(visible_to(request.user, Payment).select_related("customer__brand", "entry"), pk=pk)
    if payment.kind not in RECEIPTS or payment.entry is None:
        raise Http404
    from chappe.connectors.einvoice import receipt as drawing  # reads the fonts: only when one is drawn

    with translation.override(payment.customer.language):
        made = drawing.draw(told(payment), look_of(_brand(payment)))
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{number_of(payment)}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def number_of(payment: Payment) -> str:
    """A receipt bears the position of its entry in the journal: no second counter that could leave a gap."""
    return f"R-{payment.entry.position:06d}" if payment.entry else ""


def _brand(payment: Payment) -> Brand | None:
    return (
        payment.customer.brand
        or Brand.objects.filter(owner=payment.owner_id).order_by("-is_default", "pk").select_related("logo").first()
    )


TITLES = {
    Payment.Kind.TOP_UP: gettext_lazy("Receipt of a top-up"),
    Payment.Kind.PAYMENT: gettext_lazy("Receipt of a payment"),
    Payment.Kind.REVERSAL: gettext_lazy("Cancellation of a payment"),
}


def told(payment: Payment) -> dict[str, Any]:
    """What a receipt says, in the active language: plain texts, nothing to compute."""
    brand, customer, undone = _brand(payment), payment.customer, payment.cancelled_by.first()
    rows = [
        (_("Receipt"), number_of(payment)),
        (_("Date"), formats.day(payment.day)),
        (_("Customer"), f"{customer.name} ({customer.number})"),
        (_("Means"), str(payment.get_means_display())),
        (_("Reference"), payment.reference),
        (pgettext("a receipt", "Recorded on"), formats.moment(payment.recorded_at)),
    ]
    if payment.cancels is not None:
        rows.append((_("Cancels the receipt"), number_of(payment.cancels)))
    notes = [_("This receipt is not an invoice.")]
    if payment.kind == Payment.Kind.TOP_UP:
        notes.insert(0, _("Paid in advance: this money pays the next invoices by itself."))
    return {
        "title": str(TITLES[Payment.Kind(payment.kind)]),
        "language": customer.language,
        "day": payment.day.isoformat(),
        "seller": _address(brand),
        "buyer": [customer.name, customer.line1, customer.line2, f"{customer.postal_code} {customer.city}".strip()],
        "rows": [list(row) for row in rows if row[1]],
        "amount_label": _("Amount"),
        "amount": formats.money(payment.amount),
        "undone": _("Cancelled on %(day)s: %(why)s") % {"day": formats.day(undone.day), "why": undone.label} if undone else "",
        "notes": notes,
        "seal": _("Entry %(position)s of the journal, fingerprint %(seal)s")
        % {"position": payment.entry.position, "seal": payment.entry.sha256[:16]} if payment.entry else "",
    }  # fmt: skip


def _address(brand: Brand | None) -> list[str]:
    if brand is None:
        return []
    lines = [brand.legal_name or brand.name, brand.line1, brand.line2, f"{brand.postal_code} {brand.city}".strip()]
    return [*filter(None, lines), *([f"SIREN {brand.siren}"] if brand.siren else [])]
