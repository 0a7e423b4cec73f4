"""Panels and pages of billing that are not lists: the face of an invoice, its calls, a run, the checklist, the margin, the law."""

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from chappe.apps.billing import (
    anomalies,
    archives,
    arrivals,
    checklist,
    detail,
    editing,
    forms,
    journal,
    law_words,
    margin,
    panels,
    services,
)
from chappe.apps.billing.access import AREA
from chappe.apps.billing.history import MONTHS, history_of
from chappe.apps.billing.models import Archive, CheckTick, Invoice, JournalEntry, Run
from chappe.apps.billing.models.words import Section
from chappe.apps.billing.words import month_name
from chappe.apps.usage import lake
from chappe.core.billing import law
from chappe.core.billing.amounts import cents
from chappe.core.billing.document import Document, Line
from chappe.core.billing.periods import add_months
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, require, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape, Unit

CALLS_A_PAGE = 100


# -- an invoice ----------------------------------------------------------------------------------------------------
def face(invoice: Invoice, user: Any) -> dict[str, Any]:
    """The document as people read it, and the lines as they may be edited."""
    document = invoice.read_document() if invoice.document else None
    draft = invoice.state == Invoice.State.DRAFT
    return {
        "invoice": invoice,
        "document": document,
        "sections": _sections(document) if document else [],
        "rows": list(invoice.lines.all()) if draft else [],
        "line_url": [(line, registry.object_url(line)) for line in invoice.lines.all()] if draft else [],
        "may_edit": draft and may(user, AREA, Level.WRITE),
        "preceding": invoice.preceding,
        "preceding_url": registry.object_url(invoice.preceding) if invoice.preceding else "",
        "amended": [(one, registry.object_url(one)) for one in invoice.amended_by.all()],
        "customer_url": registry.object_url(invoice.customer),
        "buttons": [made for made in (ask(invoice, user) for ask in panels.buttons) if made],
    }


def _sections(document: Document) -> list[tuple[Any, list[Line], int]]:
    found = []
    for code, label in Section.choices:
        lines = [line for line in document.lines if line.section == code]
        if lines:
            found.append((label, lines, sum(line.net for line in lines)))
    return found


def totals(invoice: Invoice, _user: Any) -> dict[str, Any]:
    """VAT rows and totals."""
    return {"document": invoice.read_document() if invoice.document else None, "invoice": invoice}


def communications(invoice: Invoice, user: Any) -> dict[str, Any]:
    """Sums by line and family, the first calls, and the way to all of them."""
    document = invoice.read_document() if invoice.document else None
    groups = document.groups if document else ()
    return {
        "groups": [replace(group, net=cents(group.net)) for group in groups[:60]],
        "more": max(len(groups) - 60, 0),
        "total": document.calls_total if document else 0,
        "calls_url": registry.url("billing.invoice-calls", pk=invoice.pk),
        "lake_url": registry.url("usage.call")
        + "?"
        + urlencode(
            {
                "scope": "all",
                "customer": invoice.customer.name,
                "month": f"{invoice.month:%Y-%m}" if invoice.month else "",
            }
        ),
    }


def year(invoice: Invoice, _user: Any) -> dict[str, Any]:
    """The last twelve months of the customer, this one at the end."""
    document = invoice.read_document() if invoice.document else None
    own = f"{invoice.month:%Y-%m}" if invoice.month else ""
    months = [row for row in document.history if row.month != own] if document else []
    labels = [row.month for row in months] + ([own] if own else [])
    values = [row.net for row in months] + ([invoice.sign * invoice.net] if own else [])
    return {"chart": _year_chart(f"invoice-{invoice.pk}", labels[-MONTHS:], values[-MONTHS:])}


def _year_chart(slug: str, labels: list[str], values: list[int]) -> Chart:
    named = [month_name(dt.date.fromisoformat(f"{label}-01")) for label in labels]
    series = Series(label=_("Amount excl. VAT"), values=values, unit=Unit.MONEY, tone="brand")
    return Chart(slug=slug, title=_("Amounts of the last twelve months"), labels=named, series=[series])


def entry(invoice: Invoice, user: Any) -> dict[str, Any]:
    """The entry of the journal that tells this invoice."""
    found = visible_to(user, JournalEntry).filter(data__uid=str(invoice.uid)).first() if invoice.number else None
    return {"entry": found, "url": registry.object_url(found) if found else "", "sha256": invoice.sha256}


def of_customer(customer: Any, user: Any) -> dict[str, Any]:
    """On the page of a customer: twelve months as bars."""
    month = add_months(timezone.localdate().replace(day=1), 1)
    rows = history_of([customer.pk], month).get(customer.pk, []) if may(user, AREA, Level.READ) else []
    chart = _year_chart(f"customer-{customer.pk}", [row.month for row in rows], [row.net for row in rows])
    return {"chart": chart}


def invoice_calls(request: HttpRequest, pk: int) -> HttpResponse:
    """The calls of one invoice, masked as they were billed."""
    invoice = get_object_or_404(visible_to(request.user, Invoice).select_related("customer", "run"), pk=pk)
    total = detail.count(invoice)
    page = Paginator(range(total), CALLS_A_PAGE).get_page(request.GET.get("page"))
    rows = (
        [
            row
            for part in detail.raw_rows(invoice, offset=page.start_index() - 1 if total else 0, limit=CALLS_A_PAGE)
            for row in part
        ]
        if total
        else []
    )
    for row in rows:
        row["url"] = registry.url("usage.call", "detail", pk=f"{row['batch']}-{row['line']}") if row["batch"] else ""
        row["at"] = dt.datetime.fromisoformat(row["local"])
    context = {"invoice": invoice, "rows": rows, "page": page, "total": total, "url": registry.object_url(invoice)}
    return render(request, "billing/calls.html", context)


# -- runs ----------------------------------------------------------------------------------------------------------
def state(run: Run, _user: Any) -> dict[str, Any]:
    """What the run is doing, and its figures."""
    running = run.state in {Run.State.COMPUTING, Run.State.FREEZING}
    before = anomalies.amounts(run.owner_id, add_months(run.month, -1))
    was = sum(row["net"] for row in before.values())
    share = (run.net - was) / was if was else None
    invoices = registry.url("billing.invoice") + "?" + urlencode({"scope": "all", "run": run.pk})
    tiles = [
        {"label": _("Invoices"), "value": formats.number(run.invoices_count), "url": invoices, "icon": "file-invoice"},
        {
            "label": _("Excl. VAT"), "value": formats.money(run.net), "icon": "coin-euro",
            "delta": formats.percent(share) if share is not None else "", "hint": _("against the month before") if was else "",
        },
        {"label": _("Incl. VAT"), "value": formats.money(run.gross), "icon": "cash"},
        {"label": pgettext("customers", "Parked"), "value": formats.number(run.parked_count), "icon": "player-pause"},
    ]  # fmt: skip
    return {
        "run": run, "running": running, "job": run.job, "tiles": tiles, "url": registry.object_url(run),
        "checklist_url": registry.url("billing.checklist") + f"?month={run.month:%Y-%m}", "arrived": arrivals.since(run),
    }  # fmt: skip


def findings(run: Run, _user: Any) -> dict[str, Any]:
    """What is strange, heaviest first."""
    rows = []
    for one in run.findings[:60]:
        slug, pk = ("billing.invoice", one["invoice"]) if one["invoice"] else ("customers.customer", one["customer"])
        rows.append(
            {
                "name": one["name"],
                "sentence": anomalies.sentence_of(one),
                "url": registry.url(slug, "detail", pk=pk),
                "tone": anomalies.TONES.get(one["code"], "new"),
                "word": FINDINGS[one["code"]],
            }
        )
    return {"rows": rows, "more": max(len(run.findings) - 60, 0), "computed": run.computed_at}


FINDINGS = {
    "rise": gettext_lazy("rise"),
    "fall": gettext_lazy("fall"),
    "missing": gettext_lazy("missing"),
    "no_calls": gettext_lazy("no calls"),
    "no_subscription": gettext_lazy("no subscription"),
    "first": gettext_lazy("first"),
    "credit": gettext_lazy("credit note"),
    "late_calls": gettext_lazy("late calls"),
    "parked": gettext_lazy("parked"),
}


def waiting(run: Run, _user: Any) -> dict[str, Any]:
    """Parked customers with their sentences."""
    rows = run.parked.select_related("customer").order_by("-net", "pk")
    found = [(row, registry.object_url(row.customer)) for row in rows[:60]]
    return {"rows": found, "more": max(run.parked.count() - 60, 0)}


def new_run(request: HttpRequest) -> HttpResponse:
    """Prepare a run."""
    require(request.user, AREA, Level.WRITE)
    form = forms.RunForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            run = services.create_run(actor=Actor.of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else _add_errors(form, error)
        else:
            messages.success(request, _("The run is being computed: nothing is issued before you say so."))
            return redirect(registry.object_url(run))
    return render(request, "billing/form.html", _asked(form, _("Prepare a run"), "billing.run", _("Prepare"), RUN_HELP))


def _add_errors(form: Any, error: ValidationError) -> None:
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)


RUN_HELP = (
    gettext_lazy("The drafts are computed: what each customer owes, minus what was billed."),
    gettext_lazy("You look at the anomalies, correct the drafts, leave some out."),
    gettext_lazy("You check, then issue: each invoice takes its number and no longer changes."),
)
ARCHIVE_HELP = (
    gettext_lazy("The file holds the entries in their order, the documents they name, and how to check them."),
    gettext_lazy("It is kept here and may be downloaded at any time."),
)
SINGLE_HELP = (gettext_lazy("An empty draft is made: add its lines, then issue it."),)


def _asked(form: Any, title: Any, back: str, verb: Any, helps: tuple = ()) -> dict[str, Any]:
    return {
        "form": form,
        "title": title,
        "back": registry.url(back),
        "back_label": registry.get(back).label,
        "verb": verb,
        "helps": helps,
    }


def new_invoice(request: HttpRequest) -> HttpResponse:
    """An invoice out of any run."""
    require(request.user, AREA, Level.WRITE)
    form = forms.SingleForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        customer = form.cleaned_data["customer"]
        try:
            series = services.default_series(customer.owner_id)
            made = editing.single(
                actor=Actor.of(request), customer=customer, series=series, issue_date=form.cleaned_data["issue_date"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(registry.object_url(made))
    return render(
        request, "billing/form.html", _asked(form, _("New invoice"), "billing.invoice", _("Begin"), SINGLE_HELP)
    )


def new_archive(request: HttpRequest) -> HttpResponse:
    """Archive a period of the journal."""
    require(request.user, AREA, Level.ADMIN)
    form = forms.ArchiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = archives.request(actor=Actor.of(request), **form.cleaned_data)
        except ValidationError as error:
            _add_errors(form, error) if hasattr(error, "error_dict") else form.add_error(None, error)
        else:
            messages.success(request, _("The archive is being made."))
            return redirect(registry.object_url(made))
    return render(
        request, "billing/form.html", _asked(form, _("Archive a period"), "billing.archive", _("Archive"), ARCHIVE_HELP)
    )


# -- control -------------------------------------------------------------------------------------------------------
def control(request: HttpRequest) -> HttpResponse:
    """The checklist of a month, opening on what is strange."""
    month = _month(request.GET.get("month"), add_months(timezone.localdate().replace(day=1), -1))
    if request.method == "POST":
        return _tick(request, month)
    steps = checklist.steps(request.user, month)
    context = {
        "title": checklist.title(month),
        "month": month,
        "steps": steps,
        "before": f"{add_months(month, -1):%Y-%m}",
        "after": f"{add_months(month, 1):%Y-%m}",
        "may_write": may(request.user, AREA, Level.WRITE),
        "strange": sum(len(step.rows) + step.more for step in steps),
    }
    return render(request, "billing/checklist.html", context)


def _tick(request: HttpRequest, month: dt.date) -> HttpResponse:
    require(request.user, AREA, Level.WRITE)
    step = request.POST.get("step", "")
    if step in checklist.STEPS:
        own = {"owner_id": request.user.organisation_id, "month": month, "step": step}
        if request.POST.get("undo"):
            CheckTick.objects.filter(**own).delete()
        else:
            note = request.POST.get("note", "")[:300]
            CheckTick.objects.update_or_create(**own, defaults={"done_by": Actor.of(request).user, "note": note})
    return redirect(f"{registry.url('billing.checklist')}?month={month:%Y-%m}#{step}")


def _month(text: str | None, usual: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return usual


def margins(request: HttpRequest) -> HttpResponse:
    """Sell minus buy of a month, worst first."""
    months = lake.months()
    month = request.GET.get("month", "")
    month = month if month in months else (months[0] if months else "")
    way = request.GET.get("by", "customer")
    way = way if way in margin.WAYS else "customer"
    rows = margin.rows(request.user, month, way) if month else []
    for_urls = [(row, registry.url("customers.customer", "detail", pk=row.pk) if row.pk else "") for row in rows]
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("calls", "sell", "buy", "margin", "unknown")}
    loss = [row for row in rows if row.margin < 0]
    worst = rows[:12]
    chart = Chart(
        slug="margin", title=_("Smallest margins"), shape=Shape.ROWS, labels=[row.name for row in worst],
        series=[Series(label=_("Margin"), values=[row.margin for row in worst], unit=Unit.MONEY, tone="brand")],
    )  # fmt: skip
    share = sums["margin"] / sums["sell"] if sums["sell"] else None
    tiles = [
        {"label": _("Sold"), "value": formats.money(sums["sell"])},
        {"label": _("Bought"), "value": formats.money(sums["buy"])},
        {
            "label": _("Margin"),
            "value": formats.money(sums["margin"]),
            "hint": formats.percent(share) if share is not None else "",
        },
        {"label": _("Sold at a loss"), "value": formats.number(len(loss)), "tone": "bad"},
    ]
    context = {
        "months": [(one, month_name(dt.date.fromisoformat(f"{one}-01"))) for one in months],
        "month": month,
        "way": way,
        "rows": for_urls,
        "chart": chart,
        "tiles": tiles,
        "unknown": sums["unknown"],
    }
    return render(request, "billing/margin.html", context)


def rules(request: HttpRequest) -> HttpResponse:
    """The law as Chappe has it: rates, cases of VAT and mentions, dated, with their source; the fiscal module."""
    shown = timezone.localdate()
    context = {
        "rates": [law_words.said(row) for row in law.in_force("vat_rates", shown)],
        "cases": [law_words.said(row) for row in law.in_force("vat_rules", shown) if row["category"]],
        "mentions": [law_words.said(row) for row in law.in_force("mentions", shown)],
        "version": journal.version(),
        "module": journal.fiscal_fingerprint(),
        "files": [path.relative_to(journal.ROOT).as_posix() for path in journal.fiscal_files()],
    }
    return render(request, "billing/law.html", context)


def verified(request: HttpRequest) -> HttpResponse:
    """Read again, now, the whole chain of the seller (for the house: every chain), and say whether it holds."""
    own = request.user.organisation_id
    count, faults = 0, []
    for chain in journal.chains() if own is None else [journal.chain_of(own)]:
        read, wrong = journal.verify(chain)
        count, faults = count + read, faults + wrong
    context = {
        "count": count,
        "faults": faults[:50],
        "version": journal.version(),
        "module": journal.fiscal_fingerprint(),
    }
    return render(request, "billing/verify.html", context)


# -- archives ------------------------------------------------------------------------------------------------------
def archive_panel(row: Archive, _user: Any) -> dict[str, Any]:
    """The file of an archive, or the work that makes it."""
    return {
        "row": row,
        "job": row.job,
        "url": registry.object_url(row),
        "running": row.stored is None and row.job is not None,
    }


@require_safe
def archive_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The archive as it is kept."""
    row = get_object_or_404(visible_to(request.user, Archive), pk=pk)
    if row.stored is None:
        raise Http404
    return download_response(request.user, row.stored, through=row)


# -- links at the head of lists ------------------------------------------------------------------------------------
def run_link(user: Any) -> tuple[Any, str, str] | None:
    return (
        (_("Prepare a run"), registry.url("billing.new-run"), "player-play") if may(user, AREA, Level.WRITE) else None
    )


def control_link(_user: Any) -> tuple[Any, str, str] | None:
    return _("Control"), registry.url("billing.checklist"), "checklist"


def invoice_link(user: Any) -> tuple[Any, str, str] | None:
    return (_("New invoice"), registry.url("billing.new-invoice"), "plus") if may(user, AREA, Level.WRITE) else None


def archive_link(user: Any) -> tuple[Any, str, str] | None:
    return (
        (_("Archive a period"), registry.url("billing.new-archive"), "archive")
        if may(user, AREA, Level.ADMIN)
        else None
    )


def verify_link(_user: Any) -> tuple[Any, str, str] | None:
    return _("Verify"), registry.url("billing.verify"), "shield-check"
