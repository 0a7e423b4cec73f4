"""The pages of the comparison: two files or two days, filters, export; and of the quality: look again, rows to mend."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chappe.apps.exchange import text
from chappe.apps.ipe import comparison, quality, queries, words
from chappe.apps.ipe.access import AREA
from chappe.apps.ipe.exports import BOM, PIECE
from chappe.apps.ipe.models import Form, Intake, QualityLook, QualityScore
from chappe.apps.ipe.pages import as_csv, page_number, pages_of
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:80] for name in ("a", "b", "from", "to", "event", "field", "q")}


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def _pair(request: HttpRequest, asked: dict[str, str]) -> tuple[Intake, Intake] | None:
    if not (asked["a"].isdecimal() and asked["b"].isdecimal()):
        return None
    rows = visible_to(request.user, Intake).filter(rows__isnull=False).select_related("file", "rows")
    found = rows.in_bulk([int(asked["a"][:15]), int(asked["b"][:15])])
    if len({row.flow for row in found.values()}) > 1:
        return None
    first, second = found.get(int(asked["a"][:15])), found.get(int(asked["b"][:15]))
    return (first, second) if first is not None and second is not None else None


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two files, or two days of the journal: what changed, and why."""
    asked, number = _asked(request), page_number(request)
    pair, start, end = _pair(request, asked), _day(asked["from"]), _day(asked["to"])
    context: dict[str, Any] = {
        "asked": asked, "files": comparison.files(request.user), "rows": [], "events": [], "fields": [], "today": timezone.localdate(),
        "export_url": registry.url("ipe.compare-csv") + "?" + request.GET.urlencode(), "query": _kept(asked),
    }  # fmt: skip
    if pair is not None:
        context |= _two_files(request, pair, asked, number)
    elif start is not None or end is not None:
        context |= _two_days(request, start or end or timezone.localdate(), end or timezone.localdate(), asked, number)
    elif asked["a"] or asked["b"]:
        context["problem"] = _("Choose two files of the same kind.")
    return render(request, "ipe/compare.html", context)


def _kept(asked: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode({name: value for name, value in asked.items() if value and name not in {"event", "field"}})


def _two_files(request: HttpRequest, pair: tuple[Intake, Intake], asked: dict[str, str], number: int) -> dict[str, Any]:
    first, second = pair
    if not comparison.ready(first, second):
        if not comparison.small(first, second):
            job = enqueue(
                "ipe.compare", actor=Actor.of(request), label=f"{first} → {second}", unique=f"ipe.compare:{first.pk}:{second.pk}",
                before=first.pk, after=second.pk,
            )  # fmt: skip
            return {"job_url": job.get_absolute_url(), "pair": pair}
        comparison.run(first.pk, second.pk)
    events, fields = comparison.counts(first, second)
    lazy = comparison.result(first, second, event=asked["event"], field=asked["field"], text=asked["q"])
    found = queries.page_of(lazy, number)
    names = [row["key"].rpartition(" ")[2] for row in found.rows]
    causes = comparison.causes(request.user, second.flow, names)
    rows = [
        {
            "reference": name, "event": _event(row["event"]), "field": comparison.label(row["field"]) if row["field"] else "",
            "old": _said(row["old"]), "new": _said(row["new"]), "why": row["modified_on"],
            "by": causes.get((name, row["event"], row["field"] or ""), ""),
        }
        for name, row in zip(names, found.rows, strict=True)
    ]  # fmt: skip
    return {
        "rows": rows,
        "page": pages_of(found.total, number),
        "pair": pair,
        "shown": True,
        "partial": any(one.form != Form.FULL for one in pair),
        **_tabs(events, fields, asked),
    }


def _said(value: str | None) -> str:
    """A value as people read it: days in their own writing."""
    found = _day(value or "")
    return date_format(found, "SHORT_DATE_FORMAT") if found else value or ""


def _event(code: str) -> tuple[str, str]:
    label, tone = words.EVENTS.get(code, (code, "new"))
    return str(label), tone


def _tabs(events: dict[str, int], fields: dict[str, int], asked: dict[str, str]) -> dict[str, Any]:
    return {
        "events": [(code, _event(code)[0], events.get(code, 0), code == asked["event"]) for code in words.EVENTS],
        "fields": [(name, comparison.label(name), count, name == asked["field"]) for name, count in fields.items()],
    }


def _two_days(request: HttpRequest, start: dt.date, end: dt.date, asked: dict[str, str], number: int) -> dict[str, Any]:
    rows = comparison.journal(request.user, start, end, event=asked["event"], field=asked["field"], text=asked["q"])
    total = rows.count()
    first = (number - 1) * queries.PAGE
    shown = [
        {
            "thing": row.get_thing_display(), "reference": row.reference, "event": _event(row.event), "day": row.day, "old": row.old, "new": row.new,
            "field": queries.field_label(row.thing, row.field) if row.field else "", "by": row.by,
        }
        for row in rows[first : first + queries.PAGE]
    ]  # fmt: skip
    names = (
        comparison.journal(request.user, start, end)
        .exclude(field="")
        .order_by()
        .values_list("field", flat=True)
        .distinct()
    )
    fields = [(name, comparison.label(name), None, name == asked["field"]) for name in sorted(names)]
    events = [(code, _event(code)[0], None, code == asked["event"]) for code in words.EVENTS]
    return {
        "rows": shown,
        "page": pages_of(total, number),
        "days": (start, end),
        "shown": True,
        "events": events,
        "fields": fields,
    }


@require_safe
def compare_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file, with the same filters."""
    asked = _asked(request)
    pair, start, end = _pair(request, asked), _day(asked["from"]), _day(asked["to"])
    narrowed = {"event": asked["event"], "field": asked["field"], "text": asked["q"]}
    name = f"{_('comparison')}.csv"
    if pair is not None:
        if not comparison.ready(*pair):
            return redirect(comparison.url(pair[0].pk, pair[1].pk))
        return as_csv(_file_lines(comparison.result(*pair, **narrowed).collect()), name)
    if start is None and end is None:
        return redirect(registry.url("ipe.compare"))
    rows = comparison.journal(
        request.user, start or end or timezone.localdate(), end or timezone.localdate(), **narrowed
    )
    return as_csv(_day_lines(rows), name)


def _file_lines(found: pl.DataFrame) -> Iterator[bytes]:
    yield BOM + text.csv_line(["object", "event", "field", "before", "after", "modified"]).encode()
    for piece in found.iter_slices(PIECE):
        yield "".join(
            text.csv_line([cell if cell is not None else "" for cell in row]) for row in piece.iter_rows()
        ).encode()


def _day_lines(rows: Any) -> Iterator[bytes]:
    yield BOM + text.csv_line(["day", "thing", "object", "event", "field", "before", "after", "by"]).encode()
    columns = ("day", "thing", "reference", "event", "field", "old", "new", "by")
    for row in rows.values_list(*columns).iterator(chunk_size=PIECE):
        yield text.csv_line(row).encode()


def look_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Check again”, for who may."""
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Check again"), registry.url("ipe.look"), "refresh"


@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest) -> HttpResponse:
    """Ask for the checks to be run now."""
    if request.method == "POST":
        job = enqueue("ipe.quality", actor=Actor.of(request), label=_("Quality of the network"), unique="ipe.quality")
        return redirect(job.get_absolute_url())
    return render(
        request, "ipe/look.html", {"last": QualityLook.objects.first(), "list_url": registry.url("ipe.quality")}
    )


def mend(score: QualityScore, _user: Any) -> dict[str, Any]:
    """The rows behind a score, the first hundred of them."""
    rows = list(quality.faults_of(score, 100).iter_rows(named=True))
    shown = [
        {
            "reference": row["reference"], "sentence": words.remark_sentence(row), "field": row["field"], "severity": words.SEVERITIES[row["severity"]],
            "url": registry.url("network.building", "detail", pk=row["building"]),
        }
        for row in rows
    ]  # fmt: skip
    codes = [
        (words.check_label(code), number) for code, number in sorted(score.codes.items(), key=lambda pair: -pair[1])
    ]
    return {
        "rows": shown,
        "codes": codes,
        "more": sum(score.codes.values()) > len(rows),
        "export_url": registry.url("ipe.mend", pk=score.pk),
    }


@require_safe
def mend_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every row to mend behind a score."""
    score = get_object_or_404(visible_to(request.user, QualityScore).select_related("look__faults"), pk=pk)
    found = quality.faults_of(score)

    def lines() -> Iterator[bytes]:
        yield BOM + text.csv_line(["reference", "insee", "pm", "field", "severity", "code", "sentence"]).encode()
        for row in found.iter_rows(named=True):
            cells = [
                row["reference"],
                row["insee"] or "",
                row["pm"] or "",
                row["field"],
                row["severity"],
                row["code"],
                words.remark_sentence(row),
            ]
            yield text.csv_line(cells).encode()

    return as_csv(lines(), f"{_('quality')}-{score.reference}.csv")
