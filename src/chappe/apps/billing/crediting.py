"""The page of a credit note line by line: what to give back of each line, the totals before anything is made, then the number."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.billing import actions, credits, forms, services
from chappe.apps.billing.models import BilledLine, Invoice
from chappe.core.base.money import rounded
from chappe.core.billing.amounts import cents
from chappe.core.billing.document import CENT, Document
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may_touch, require_on, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.forms import MoneyField

PREVIEW, DRAFT, ISSUE = "preview", "draft", "issue"


def typed(nano: int) -> str:
    """Whole cents as the reader types them: 14,50 in French."""
    text = f"{rounded(nano, 2):f}"
    return text.replace(".", ",") if (get_language() or "fr").startswith("fr") else text


@dataclass
class Row:
    """A line of the invoice on the page: what is left of it, what was asked, and what is wrong with it."""

    line: BilledLine
    left: int
    chosen: bool = False
    amount: str = ""
    quantity: str = ""
    fault: str = ""

    @property
    def credited(self) -> int:
        return self.line.net - self.left

    @property
    def may_count(self) -> bool:
        """Whether a quantity tells the amount: a whole line of several units at one price."""
        return (
            self.left == self.line.net == cents(Fraction(self.line.quantity) * self.line.price)
            and self.line.quantity > 1
        )

    def usual_quantity(self) -> str:
        return f"{self.line.quantity.normalize():f}" if self.may_count else ""

    def read(self, data: Any) -> tuple[int, Decimal | None]:
        """Nano and quantity asked by the form, kept as they were typed. Raises ValidationError."""
        pk = self.line.pk
        self.chosen = f"line-{pk}" in data
        self.amount, self.quantity = data.get(f"amount-{pk}", "").strip(), data.get(f"quantity-{pk}", "").strip()
        if not self.chosen:
            return 0, None
        asked = MoneyField(required=False).clean(self.amount)
        quantity = self._quantity()
        if quantity is not None and (asked is None or asked == self.left):
            asked = cents(Fraction(quantity) * self.line.price)
        if asked is None:
            raise ValidationError(_("Write an amount, or untick the line."))
        if asked % CENT or not 0 < abs(asked) <= abs(self.left) or (asked > 0) != (self.left > 0):
            raise ValidationError(_("More than what is left of a line cannot be credited."))
        whole = quantity is not None and cents(Fraction(quantity) * self.line.price) == asked
        return asked, quantity if whole else None

    def _quantity(self) -> Decimal | None:
        if not self.may_count or self.quantity in {"", self.usual_quantity()}:
            return None
        try:
            quantity = Decimal(self.quantity.replace(",", ".").replace("\u202f", "").replace(" ", ""))
        except InvalidOperation:
            raise ValidationError(_("“%(value)s” is not a number.") % {"value": self.quantity}) from None
        if not quantity.is_finite() or not 0 < quantity <= self.line.quantity or quantity != round(quantity, 4):
            raise ValidationError(_("Between 0 and %(most)s.") % {"most": self.usual_quantity()})
        return quantity


def credit_button(invoice: Invoice, user: Any) -> tuple[Any, str, str] | None:
    """On the page of an invoice that may be credited."""
    if not actions.may_credit(invoice, user) or not may_touch(user, invoice, Level.ADMIN):
        return None
    return _("Credit some lines"), registry.url("billing.credit-lines", pk=invoice.pk), "receipt-refund"


def credit_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose, look, make. Nothing is kept before the last button."""
    rows_seen = visible_to(request.user, Invoice).select_related("customer__brand", "owner", "series", "run")
    invoice = get_object_or_404(rows_seen, pk=pk)
    require_on(request.user, invoice, Level.ADMIN)
    if not actions.may_credit(invoice, request.user):
        messages.error(
            request, _("This invoice cannot be credited: it is a draft, a credit note, or cancelled already.")
        )
        return redirect(registry.object_url(invoice))
    left = credits.left_of(invoice)
    lines = invoice.lines.filter(is_removed=False).order_by("position", "pk")
    rows = [Row(line, left[line.pk]) for line in lines]
    form = forms.AmendForm(request.POST or None)
    preview: Document | None = None
    if request.method == "POST":
        made, preview = _asked(request, invoice, rows, form)
        if made is not None:
            return redirect(registry.object_url(made))
    else:
        for row in rows:
            row.amount, row.quantity = typed(row.left), row.usual_quantity()
    context = {
        "invoice": invoice, "rows": rows, "form": form, "preview": preview, "url": registry.object_url(invoice),
        "nothing_left": not any(left.values()),
    }  # fmt: skip
    failed = request.method == "POST" and preview is None
    return render(request, "billing/credit.html", context, status=422 if failed else 200)


def _asked(
    request: HttpRequest, invoice: Invoice, rows: list[Row], form: forms.AmendForm
) -> tuple[Invoice | None, Document | None]:
    """(the credit note made, or None; the document to look at, or None when something is wrong)."""
    amounts, quantities = {}, {}
    for row in rows:
        try:
            amount, quantity = row.read(request.POST)
        except ValidationError as error:
            row.fault = " ".join(error.messages)
            continue
        if amount:
            amounts[row.line.pk] = amount
        if quantity is not None:
            quantities[row.line.pk] = quantity
    is_right = form.is_valid()
    if is_right and not any(row.fault for row in rows) and not amounts:
        form.add_error(None, _("Tick at least one line."))
    if form.errors or any(row.fault for row in rows):
        return None, None
    act, actor = request.POST.get("act", PREVIEW), Actor.of(request)
    try:
        with transaction.atomic():
            made = credits.credit(
                actor=actor, invoice=invoice, amounts=amounts, quantities=quantities, **form.cleaned_data
            )
            if act == ISSUE:
                made = services.issue(actor=actor, invoice=made)
            elif act != DRAFT:
                transaction.set_rollback(True)
                return None, made.read_document()
    except ValidationError as error:
        form.add_error(None, error)
        return None, None
    told = _("The credit note %(number)s is issued.") if made.number else _("The credit note is drawn up: look at it, then issue it.")  # fmt: skip
    messages.success(request, told % {"number": made.number})
    return made, None
