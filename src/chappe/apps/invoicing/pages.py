"""Pages beside the lists: the PDF of an invoice, its files, its mail, and the layout of a brand with its preview."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chappe.apps.billing.documents import seller_of
from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Brand
from chappe.apps.customers.services import update_brand
from chappe.apps.invoicing import depositing, mailing, producing, queries
from chappe.apps.invoicing.forms import LayoutForm, SendForm
from chappe.apps.invoicing.models import Deposit, IssuedFile
from chappe.connectors.einvoice import typst
from chappe.connectors.einvoice.look import Look
from chappe.connectors.einvoice.typst import DrawingError
from chappe.core.einvoice.samples import SAMPLES
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, require_on, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.screens import registry

PDF_POLICY = "default-src 'none'; object-src 'self'; plugin-types application/pdf"


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    rows = visible_to(request.user, Invoice).select_related("customer__brand", "owner", "run", "series")
    return get_object_or_404(rows, pk=pk)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF, in the browser: the checked file, or a draft drawn now."""
    invoice = _invoice(request, pk)
    if not invoice.document:
        raise Http404
    try:
        data = producing.preview(invoice)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(registry.object_url(invoice))
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{invoice.number or "draft"}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One file of an invoice; UBL and the workbook are made the first time that they are asked for."""
    invoice = _invoice(request, pk)
    if kind not in IssuedFile.Kind.values:
        raise Http404
    try:
        kept = producing.extra(actor=Actor.of(request), invoice=invoice, kind=kind)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(registry.object_url(invoice))
    return download_response(request.user, kept.stored, through=kept)


def send(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it would leave, to be changed before it does."""
    invoice = _invoice(request, pk)
    require_on(request.user, invoice, Level.WRITE)
    if not invoice.number:
        messages.error(request, str(mailing.why_not(invoice)))
        return redirect(registry.object_url(invoice))
    subject, text = mailing.written(invoice)
    first = {"to": ", ".join(invoice.customer.emails), "subject": subject, "text": text}
    form = SendForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            mailing.send(actor=Actor.of(request), invoice=invoice, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The mail is in the outbox: this page says when it has left."))
            return redirect(registry.object_url(invoice))
    told = {
        "form": form, "invoice": invoice, "back": registry.object_url(invoice), "why_not": mailing.why_not(invoice),
        "files": IssuedFile.objects.filter(invoice=invoice, kind__in=mailing.ATTACHED).select_related("stored"),
    }  # fmt: skip
    return render(request, "invoicing/send.html", told)


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One verb on an invoice: make its files again, deposit it, ask for its statuses."""
    invoice = _invoice(request, pk)
    require_on(request.user, invoice, Level.WRITE)
    actor = Actor.of(request)
    try:
        match verb:
            case "produce":
                producing.ask(actor=actor, invoice=invoice)
                messages.success(request, _("The files are being made and checked."))
            case "deposit":
                row = depositing.deposit(actor=actor, invoice=invoice)
                messages.success(request, _("The platform has it: %(status)s.") % {"status": row.status_label()})
            case "poll":
                last = Deposit.objects.filter(invoice=invoice).order_by("-pk").first()
                new = depositing.poll(actor=actor, deposit=last) if last else 0
                messages.info(request, _("%(count)s new statuses.") % {"count": new})
            case _other:
                raise Http404
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(registry.object_url(invoice))


def _brands(user: Any) -> Any:
    return visible_to(user, Brand).select_related("logo").order_by("-is_default", "name")


def layout(request: HttpRequest) -> HttpResponse:
    """Colours and texts of a brand's documents, with a sample that follows."""
    brands = list(_brands(request.user))
    if not brands:
        return render(request, "invoicing/layout.html", {"brands": [], "create": _create_url(request.user)})
    chosen = request.GET.get("brand", "")
    brand = next((one for one in brands if str(one.pk) == chosen), brands[0])
    form = LayoutForm(request.POST or None, instance=brand, initial={"sample": request.GET.get("sample", "company")})
    if request.method == "POST" and form.is_valid():
        require_on(request.user, brand, Level.WRITE)
        data = {name: form.cleaned_data[name] for name in LayoutForm.Meta.fields}
        data["layout"] = {**(brand.layout or {}), queries.LAYOUT_CODE: form.cleaned_data["transfer_code"]}
        brand.refresh_from_db()
        update_brand(actor=Actor.of(request), object=brand, data=data)
        messages.success(request, _("The layout is kept: the next documents have it. Those issued stay as they are."))
        return redirect(
            f"{registry.url('invoicing.layout')}?brand={brand.pk}&sample={form.cleaned_data['sample'] or 'company'}"
        )
    told = {
        "brands": brands, "brand": brand, "form": form, "picture": registry.url("invoicing.picture"),
        "brand_url": registry.object_url(brand), "may_write": may(request.user, "clients", Level.WRITE),
    }  # fmt: skip
    return render(request, "invoicing/layout.html", told)


def _create_url(user: Any) -> str:
    return (
        registry.url("customers.brand", "create")
        if registry.has("customers.brand") and may(user, "clients", Level.WRITE)
        else ""
    )


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """A page of a sample as PNG, in the look that the form says, kept or not."""
    brands = list(_brands(request.user))
    chosen = request.GET.get("brand", "")
    brand = next((one for one in brands if str(one.pk) == chosen), brands[0] if brands else None)
    look = queries.look_of(brand)
    look = replace(
        look,
        colour=request.GET.get("colour", look.colour),
        accent=request.GET.get("accent", look.accent),
        header=request.GET.get("header_text", look.header)[:600],
        footer=request.GET.get("footer_text", look.footer)[:600],
        code=request.GET.get("transfer_code", "on" if look.code else "") not in {"", "false"},
    )
    sample = request.GET.get("sample", "company")
    try:
        pages = _pages(
            sample if sample in SAMPLES else "company", look, seller_of(brand) if brand and brand.siren else None
        )
    except DrawingError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    number = request.GET.get("page", "1")
    at = min(max(int(number) if number.isdecimal() else 1, 1), len(pages))
    response = HttpResponse(pages[at - 1], content_type="image/png")
    response["X-Pages"] = str(len(pages))
    response["Cache-Control"] = "private, no-store"
    return response


@lru_cache(maxsize=12)
def _pages(sample: str, look: Look, seller: Any) -> tuple[bytes, ...]:
    document = SAMPLES[sample]()
    if seller is not None:
        document = replace(document, seller=seller)
    return tuple(typst.preview(document, look, ppi=110))
