"""Pages beside the screens: every anomaly and every planned change of a file."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.exchange.words import shown
from chappe.apps.ipe import exports, queries, words
from chappe.apps.ipe.models import Intake
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry


def _file(request: HttpRequest, pk: int) -> tuple[ReceivedFile, Intake]:
    file = get_object_or_404(visible_to(request.user, ReceivedFile), pk=pk)
    found = (
        visible_to(request.user, Intake).select_related("issues", "plan", "changes", "rows").filter(file=file).first()
    )
    if found is None:
        raise Http404
    return file, found


def page_number(request: HttpRequest) -> int:
    """The page asked for; the first for anything else."""
    asked = request.GET.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


class Many:
    """As many rows as were counted, for a paginator that is never asked for them."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, _wanted: Any) -> list[Any]:
        return []


def pages_of(total: int, number: int) -> Any:
    """What the pager shows."""
    return Paginator(Many(total), queries.PAGE).get_page(number)


@require_safe
def anomalies(request: HttpRequest, pk: int) -> HttpResponse:
    """Every anomaly of a file, narrowed by kind, severity, line or value."""
    file, intake = _file(request, pk)
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("code", "severity", "q")}
    found = queries.Slice([], 0)
    if intake.issues is not None:
        lazy = queries.issues(intake, code=asked["code"], severity=asked["severity"], text=asked["q"])
        found = queries.page_of(lazy, page_number(request))
    labels = {name: (str(label), tone) for name, (label, tone) in words.SEVERITIES.items()}
    rows = [{**row, "sentence": words.remark_sentence(row), "label": labels[row["severity"]]} for row in found.rows]
    codes = [
        {"code": row.code, "number": row.number, "sentence": words.issue_sentence(row.code, row.sample), "on": row.code == asked["code"]}
        for row in intake.issue_counts.order_by("-number")
    ]  # fmt: skip
    context = {
        "file": file, "file_url": registry.object_url(file), "rows": rows, "asked": asked, "codes": codes, "page": pages_of(found.total, page_number(request)),
        "severities": [(name, label, name == asked["severity"]) for name, (label, _tone) in labels.items()], "archive": any(row["inner"] for row in rows),
        "export_url": registry.url("ipe.anomalies-csv", pk=file.pk) + "?" + request.GET.urlencode(), "narrowed": any(asked.values()),
    }  # fmt: skip
    return render(request, "ipe/anomalies.html", context)


@require_safe
def anomalies_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as a file, with the same filters."""
    file, _intake = _file(request, pk)
    asked = {
        "code": request.GET.get("code", ""),
        "severity": request.GET.get("severity", ""),
        "text": request.GET.get("q", ""),
    }
    return as_csv(exports.issues_csv(file, language(), **asked), f"{file.name.rsplit('.', 1)[0]}-{_('anomalies')}.csv")


def language() -> str:
    """Of the reader."""
    return (get_language() or "fr")[:2]


def as_csv(pieces: Any, name: str) -> HttpResponseBase:
    """A streamed download."""
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Every row that a file would change, with its values before and after."""
    file, intake = _file(request, pk)
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("kind", "thing", "q")}
    number = page_number(request)
    found = queries.plan_rows(intake, kind=asked["kind"], thing=asked["thing"], text=asked["q"], page=number)
    for row in found.rows:
        row["state"] = words.KINDS.get(row["kind"], (row["kind"], "new"))
        row["what"] = words.THINGS.get(row["thing"], row["thing"])
        names = dict.fromkeys([*row["before"], *row["after"]])
        row["values"] = [
            (queries.field_label(row["thing"], name), shown(row["before"].get(name)), shown(row["after"].get(name)))
            for name in names
        ]
    things = intake.counts.get("things", {})
    tabs = []
    for kind, (label, _tone) in words.KINDS.items():
        number_of = sum(
            counts.get(kind, 0) for thing, counts in things.items() if not asked["thing"] or thing == asked["thing"]
        )
        if number_of or kind == asked["kind"]:
            tabs.append((kind, label, number_of, kind == asked["kind"]))
    context = {
        "file": file, "file_url": registry.object_url(file), "rows": found.rows, "asked": asked, "tabs": tabs, "page": pages_of(found.total, number),
        "things": [(name, words.THINGS[name], name == asked["thing"]) for name in things if name in words.THINGS],
        "told": words.facts(things), "export_url": registry.url("exchange.export", pk=file.pk, what="plan"), "over": file.plan.get("over"),
    }  # fmt: skip
    return render(request, "ipe/plan.html", context)
