"""Pages of reports: the menu of all of them, one with its answer, its files, and the page where an administrator writes."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.reports import charting, engine, exports, forms, params, present, services, tables
from chappe.apps.reports.access import AREA
from chappe.apps.reports.models import Report, ReportVersion, Section
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.screens import registry
from chappe.kit.screens.forms import add_refusal

PER_PAGE = 200
WIDE = 11  # columns from which a table is set closer, to stay on one screen
TRIAL_ROWS = 50
ICONS = {
    Section.BILLING: "file-invoice", Section.CALLS: "phone", Section.TOTALS: "chart-bar", Section.CUSTOMERS: "users",
    Section.CONTROL: "clipboard-check",
}  # fmt: skip
EXPORTED = "report.exported"
register_sentence(EXPORTED, N_("{actor} took {object} as {format}: {rows} rows"))


def home(request: HttpRequest) -> HttpResponse:
    """Every report by section, by the title that the house gave it in the menu."""
    reports = list(visible_to(request.user, Report).filter(active=True))
    sections = [
        {
            "label": section.label,
            "icon": ICONS[section],
            "reports": [(report, _url(report)) for report in reports if report.section == section],
        }
        for section in Section
    ]
    context = {
        "sections": [section for section in sections if section["reports"]],
        "may_write": services.may_write(request.user),
        "new_url": registry.url("reports.new"),
        "list_url": registry.url("reports.report"),
        "schedules_url": registry.url("reports.schedule"),
        "title": _("Reports"),
    }
    return render(request, "reports/home.html", context)


def _url(report: Report) -> str:
    return registry.url("reports.show", slug=report.slug)


def _report(request: HttpRequest, slug: str) -> Report:
    return get_object_or_404(visible_to(request.user, Report), slug=slug)


def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One report: what it asks, then its answer, page by page."""
    report = _report(request, slug)
    context: dict[str, Any] = {"report": report, "title": report.shown_title, "problem": "", "detail": ""}
    status = 200
    try:
        form, values = params.asked(report, request.user, request.GET)
        result = engine.run(
            report.sql, user=request.user, parameters=values.for_sql(), months=values.months_back(report.months)
        )
    except ValidationError as refusal:
        context |= {
            "problem": " ".join(refusal.messages),
            "form": params.AskForm(request.GET, report=report, user=request.user),
        }
        status = 422
    except engine.ReportError as error:
        context |= {"problem": f"{error.sentence} {error.where}".strip(), "detail": error.detail, "form": form}
        status = 422
    else:
        sheet = exports.Sheet.of(report, values, result)
        context |= {
            "form": form,
            "sheet": sheet,
            "result": result,
            "chart": charting.chart_of(sheet),
            **_answer(request, sheet),
        }
    return render(request, "reports/show.html", context | _around(request, report), status=status)


def _answer(request: HttpRequest, sheet: exports.Sheet) -> dict[str, Any]:
    page = Paginator(range(sheet.rows.num_rows), PER_PAGE).get_page(request.GET.get("page"))
    start = page.start_index() - 1 if sheet.rows.num_rows else 0
    part = sheet.rows.slice(start, PER_PAGE)
    values = zip(*(column.to_pylist() for column in part.columns), strict=True) if part.num_rows else []
    rows = [[(column, column.text(value)) for column, value in zip(sheet.columns, row, strict=True)] for row in values]
    totals = [
        (column, column.text(total) if total is not None else "")
        for column, total in zip(sheet.columns, sheet.totals, strict=False)
    ]
    return {"page": page, "rows": rows, "totals": totals, "is_wide": len(sheet.columns) > WIDE}


def _around(request: HttpRequest, report: Report) -> dict[str, Any]:
    given = {name: request.GET[name] for name in report.parameters if request.GET.get(name)}
    query = f"?{urlencode(given)}" if given else ""
    return {
        "exports": [
            (form.upper(), registry.url("reports.export", slug=report.slug, form=form) + query, icon)
            for form, icon in (("pdf", "file-type-pdf"), ("xlsx", "file-spreadsheet"), ("csv", "file-text"))
        ],
        "home_url": registry.url("reports.home"),
        "may_write": services.may_write(request.user),
        "edit_url": registry.url("reports.edit", slug=report.slug),
        "about_url": registry.object_url(report),
        "schedule_url": registry.url("reports.schedule", "create") + f"?report={report.pk}"
        if may(request.user, AREA, Level.WRITE)
        else "",
    }


def export(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The whole answer as a file; the journal says who took it."""
    if form not in exports.TYPES:
        raise Http404
    report = _report(request, slug)
    try:
        _form, values = params.asked(report, request.user, request.GET)
        result = engine.run(
            report.sql, user=request.user, parameters=values.for_sql(), months=values.months_back(report.months)
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except engine.ReportError as error:
        messages.error(request, error.sentence)
    else:
        sheet = exports.Sheet.of(report, values, result)
        data, content_type = exports.made(sheet, form)
        event(Actor.of(request), report, EXPORTED, format=form.upper(), rows=result.rows.num_rows)
        answer = HttpResponse(BytesIO(data), content_type=content_type)
        answer["Content-Disposition"] = f'attachment; filename="{sheet.file_name(form)}"'
        return answer
    return redirect(_url(report))


def write(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Where the query, the titles and the columns are written. “Try” shows the first rows and keeps nothing."""
    if not services.may_write(request.user):
        raise PermissionDenied(_("Only administrators of the house write the SQL of reports."))
    report = _report(request, slug) if slug else None
    form = forms.ReportForm(request.POST or None, instance=Report.objects.get(pk=report.pk) if report else Report())
    context: dict[str, Any] = {"report": report, "form": form, "tables": tables.described()}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if "try" in request.POST:
                context |= _trial(request, form.content())
                status = 200
            else:
                try:
                    return _kept(request, report, form)
                except ValidationError as error:
                    add_refusal(form, error)
    context |= {
        "title": _("Edit %(name)s") % {"name": report.shown_title} if report else _("New report"),
        "back_url": _url(report) if report else registry.url("reports.home"),
        "home_url": registry.url("reports.home"),
        "versions_url": registry.object_url(report) if report else "",
        "limits": engine.limits(),
    }
    return render(request, "reports/write.html", context, status=status)


def _kept(request: HttpRequest, report: Report | None, form: forms.ReportForm) -> HttpResponse:
    actor, note = Actor.of(request), form.cleaned_data["note"]
    if report is None:
        report = services.create_report(actor=actor, data=form.content(), note=note)
    else:
        report = services.update_report(actor=actor, report=report, data=form.content(), note=note)
    messages.success(
        request, _("“%(name)s” is kept, version %(n)d.") % {"name": report.shown_title, "n": report.version}
    )
    return redirect(_url(report))


def _trial(request: HttpRequest, content: dict[str, Any]) -> dict[str, Any]:
    """The first rows of a query that is not kept."""
    values = params.Values(params.last_month())
    within = engine.Limits(seconds=engine.limits().seconds, rows=TRIAL_ROWS)
    try:
        result = engine.run(
            content["sql"],
            user=request.user,
            parameters=values.for_sql(),
            months=values.months_back(content["months"]),
            within=within,
        )
    except engine.ReportError as error:
        return {"trial_problem": f"{error.sentence} {error.where}".strip(), "trial_detail": error.detail}
    columns = present.columns_of(result.rows.schema, content["columns"], values.month)
    values_of = (
        zip(*(column.to_pylist() for column in result.rows.columns), strict=True) if result.rows.num_rows else []
    )
    rows = [[(column, column.text(value)) for column, value in zip(columns, row, strict=True)] for row in values_of]
    return {
        "trial": True,
        "trial_columns": columns,
        "trial_rows": rows,
        "trial_ms": result.milliseconds,
        "trial_month": params.month_label(values.month),
    }


# -- cards of the screens ------------------------------------------------------------------------------------------
def about(report: Report, user: Any) -> dict[str, Any]:
    """Where it is opened and written."""
    return {
        "open_url": _url(report),
        "edit_url": registry.url("reports.edit", slug=report.slug) if services.may_write(user) else "",
        "report": report,
    }


def version_sql(version: ReportVersion, _user: Any) -> dict[str, Any]:
    """Its query, and what changed since the version before."""
    from difflib import unified_diff

    before = version.report.versions.filter(number__lt=version.number).order_by("-number").first()
    lines = []
    if before is not None:
        lines = list(unified_diff(before.sql.splitlines(), version.sql.splitlines(), lineterm="", n=2))[2:]
    return {"sql": version.sql, "before": before, "diff": [(_mark(line), line) for line in lines]}


def _mark(line: str) -> str:
    return {"+": "plus", "-": "minus", "@": "at"}.get(line[:1], "")


def home_link(_user: Any) -> tuple[str, str, str]:
    return _("Open the reports"), registry.url("reports.home"), "report"


def new_link(user: Any) -> tuple[str, str, str] | None:
    return (_("New report"), registry.url("reports.new"), "plus") if services.may_write(user) else None
