"""Pages beside the screens: a file of the bank sent in, unpaid invoices by age, the account of a customer, a refund."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chappe.apps.customers.models import Customer
from chappe.apps.payments import actions, bank, queries, reminding, table_pages, tables
from chappe.apps.payments.access import AREA
from chappe.apps.payments.forms import BankFileForm, RefundForm
from chappe.apps.payments.models import Collection, Mandate
from chappe.core.base.money import plain
from chappe.core.sepa.xml import MAX_BYTES
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, may_touch, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.screens import registry

SHOWN = 500


def upload_link(user: Any) -> tuple[Any, str, str] | None:
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Send a file of the bank in"), registry.url("payments.upload"), "upload"


def propose_link(user: Any) -> tuple[Any, str, str] | None:
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Propose now"), registry.url("payments.propose"), "bell-plus"


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file of the bank in: a statement is planned, rejections are taken in."""
    form = BankFileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            if given.size > MAX_BYTES:
                raise ValidationError(_("A file of the bank weighs less than 100 MB."))
            data, owner = given.read(), form.cleaned_data.get("owner")
            received = bank.receive(
                actor=Actor.of(request), data=data, name=given.name, owner=owner, layout=form.cleaned_data.get("layout")
            )
        except tables.UnknownColumns:
            return table_pages.keep(request, data, given.name, owner)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return _received(request, received)
    return render(request, "payments/upload.html", {"form": form}, status=422 if request.method == "POST" else 200)


def _received(request: HttpRequest, received: bank.Received) -> HttpResponse:
    if received.rejected:
        told = ngettext("%(n)d debit was rejected.", "%(n)d debits were rejected.", received.rejected) % {
            "n": received.rejected
        }
        if received.unknown:
            told += " " + _("Of no debit of ours: %(refs)s.") % {"refs": ", ".join(received.unknown[:10])}
        messages.warning(request, told)
        return redirect(registry.url("payments.debit", "list") + "?scope=trouble")
    messages.success(request, _("The statement is read. Look at its movements, then apply."))
    if len(received.statements) == 1:
        return redirect(registry.object_url(received.statements[0]))
    return redirect(registry.url("payments.statement", "list"))


def _label(slug: str) -> Any:
    return next(label for known, label, _first, _last in queries.BANDS if known == slug)


@require_safe
def unpaid(request: HttpRequest) -> HttpResponse:
    """Who owes what, since when. The first customers are those with most overdue."""
    rows, whole = queries.ageing(queries.unpaid(request.user))
    asked = request.GET.get("q", "").strip().lower()[:60]
    if asked:
        rows = [row for row in rows if asked in f"{row.customer.name} {row.customer.number}".lower()]
    context = {
        "rows": rows[:SHOWN], "whole": whole, "bands": [label for _slug, label, _first, _last in queries.BANDS], "q": asked,
        "more": max(0, len(rows) - SHOWN), "total": len(rows), "today": timezone.localdate(),
        "may_invoice": may(request.user, "facturation"), "may_remind": may(request.user, AREA, Level.WRITE),
    }  # fmt: skip
    return render(request, "payments/unpaid.html", context)


@require_safe
def unpaid_csv(request: HttpRequest) -> HttpResponse:
    """The same, an invoice a line."""
    rows, _whole = queries.ageing(queries.unpaid(request.user))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(
        [
            _("Number"),
            _("Customer"),
            _("Invoice"),
            _("Date"),
            _("Due date"),
            _("Incl. VAT"),
            _("Open"),
            _("Days overdue"),
            _("Age"),
        ]
    )
    for owed in rows:
        for invoice in owed.invoices:
            band = queries.band_of(invoice.due_date, timezone.localdate())
            name = owed.customer.name
            writer.writerow([
                owed.customer.number, f"'{name}" if name[:1] in "=+-@" else name, invoice.number, invoice.issue_date.isoformat(),
                invoice.due_date.isoformat() if invoice.due_date else "", plain(invoice.gross), plain(invoice.open),
                invoice.days_late, _label(band),
            ])  # fmt: skip
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="impayes-{timezone.localdate().isoformat()}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def customer_of(request: HttpRequest, pk: int) -> Customer:
    """A customer that the reader may see, in an organisation whose payments they may read."""
    customer = get_object_or_404(visible_to(request.user, Customer).select_related("owner", "brand"), pk=pk)
    organisation = request.user.organisation_id
    if organisation is not None and customer.owner_id != organisation:
        raise Http404
    return customer


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything billed and paid, with the running balance; what is open; what is in credit."""
    customer = customer_of(request, pk)
    steps = queries.account(customer, registry.object_url)
    today = timezone.localdate()
    rows, _whole = queries.ageing(queries.open_invoices([customer.pk]).select_related("customer"), today)
    context = {
        "customer": customer, "steps": steps[::-1], "balance": queries.balance_of(customer), "credit": queries.credit_of(customer),
        "owed": rows[0] if rows else None, "bands": [label for _slug, label, _first, _last in queries.BANDS],
        "mandate": queries.mandate_of(customer), "pay_url": registry.url("payments.payment", "create") + f"?customer={customer.pk}",
        "may_write": may(request.user, AREA, Level.WRITE), "may_refund": may(request.user, AREA, Level.ADMIN),
        "customer_url": registry.object_url(customer),
    }  # fmt: skip
    return render(request, "payments/account.html", context)


def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Give money back to a customer who is owed some."""
    customer = customer_of(request, pk)
    owed = -queries.balance_of(customer)
    form = RefundForm(request.POST or None, initial={"amount": owed if owed > 0 else None})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.refund(actor=Actor.of(request), customer=customer, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The refund is recorded."))
            return redirect(registry.object_url(made))
    context = {"customer": customer, "form": form, "owed": max(0, owed)}
    return render(request, "payments/refund.html", context, status=422 if request.method == "POST" else 200)


def propose(request: HttpRequest) -> HttpResponse:
    """Propose reminders at once, for the reader's organisation or for the house."""
    if request.method == "POST":
        made = reminding.propose(actor=Actor.of(request), owner=request.user.organisation)
        if made:
            told = ngettext("%(n)d reminder is proposed.", "%(n)d reminders are proposed.", len(made)) % {
                "n": len(made)
            }
            messages.success(request, told)
        else:
            messages.info(request, _("Nobody to remind: nobody is late enough, or it is proposed already."))
        return redirect(registry.url("payments.reminder", "list"))
    return render(request, "payments/propose.html", {"levels": reminding.levels_of(request.user.organisation)})


@require_safe
def collection_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The pain.008 file of a collection, to whoever may write there: it holds account numbers."""
    row = get_object_or_404(visible_to(request.user, Collection), pk=pk)
    if row.stored is None or not may_touch(request.user, row, Level.WRITE):
        raise Http404
    return download_response(request.user, row.stored, through=row)


@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The signed mandate."""
    row = get_object_or_404(visible_to(request.user, Mandate), pk=pk)
    if row.proof is None:
        raise Http404
    return download_response(request.user, row.proof, through=row)
