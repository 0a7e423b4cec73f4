"""The page “Traffic of lines”: busy hour, lines held at once, lines needed. The calls are those of the list's filters."""

import datetime as dt
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chappe.apps.usage import traffic
from chappe.apps.usage.models import UsageBatch, UsageDay
from chappe.apps.usage.totals_page import listing_of
from chappe.core.calls import erlang
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape

NEIGHBOURS = 31  # days offered around the chosen one


def page(request: HttpRequest) -> HttpResponse:
    """One day of lines, the busiest of the last month at first."""
    streams = UsageBatch.objects.filter(state=UsageBatch.State.READY, source=None)
    days = visible_to(request.user, UsageDay.objects.filter(batch__in=streams, day__isnull=False))
    day = _asked(request.GET.get("day", "")) or busiest(days)
    listing = listing_of(request)
    trunk = request.GET.get("trunk", "")
    found = traffic.day_of(_calls(listing), day) if day and not listing.errors else []
    whole = found[0] if found else None
    around = days.filter(day__range=(day - dt.timedelta(days=15), day + dt.timedelta(days=15))) if day else days.none()
    told: dict[str, Any] = {
        "errors": listing.errors, "day": day, "whole": whole, "trunks": [_row(one) for one in found[1:]], "trunk": trunk,
        "days": [(row["day"], row["calls"], row["day"] == day) for row in _per_day(around)][:NEIGHBOURS],
    }  # fmt: skip
    if whole:
        busy = whole.busy
        told |= {
            "busy": _span(busy.at), "tiles": _tiles(whole), "chart": _chart(whole),
            "grades": [(formats.percent(grade), whole.lines(grade)) for grade in erlang.GRADES],
            "sizing": _sizing(whole),
            "calls_url": registry.url("usage.call") + f"?scope=all&start_from={day}&start_to={day}&hour_min={busy.at.hour}&hour_max={busy.at.hour}",
        }  # fmt: skip
    return render(request, "usage/traffic.html", told)


def _calls(listing: Any) -> Any:
    """The calls of the filters, whatever the period: the day is chosen on this page."""
    from chappe.kit.screens.query import apply_chips

    return apply_chips(listing.screen, listing.searched, listing.chips, listing.user)


def _asked(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def busiest(days: Any) -> dt.date | None:
    """The day with the most calls of the last month that has any."""
    last = days.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return None
    month = days.filter(day__year=last.year, day__month=last.month)
    row = month.values("day").annotate(sum=Sum("calls")).order_by("-sum", "-day").first()
    return row["day"] if row else None


def _per_day(days: Any) -> list[dict[str, Any]]:
    return list(days.values("day").annotate(calls=Sum("calls")).order_by("day"))


def _span(at: dt.datetime) -> str:
    return f"{at.hour:02d}–{at.hour + 1:02d} h"


def _tiles(whole: traffic.Day) -> list[tuple[Any, str, str]]:
    busy = whole.busy
    return [
        (_("Busy hour"), _span(busy.at), _("%(number)s calls begun") % {"number": formats.number(busy.calls)}),
        (_("Traffic"), _("%(erlangs)s erlangs") % {"erlangs": formats.number(round(busy.erlangs, 2))}, _("lines held on average in that hour")),
        (_("Most lines at once"), formats.number(whole.peak), _("at any moment of the day")),
        (_("Lines needed"), formats.number(whole.lines(0.01)), _("to lose one call in a hundred in the busy hour")),
    ]  # fmt: skip


def _chart(whole: traffic.Day) -> Chart:
    return Chart(
        slug="traffic-hours", title=_("Lines held, hour by hour"), labels=[_span(hour.at) for hour in whole.hours],
        series=[
            Series(label=_("Most at once"), values=[hour.peak for hour in whole.hours], tone="brand"),
            Series(label=_("Traffic (erlangs)"), values=[round(hour.erlangs, 2) for hour in whole.hours], tone="signal", shape=Shape.LINE),
        ],
    )  # fmt: skip


def _sizing(whole: traffic.Day) -> list[tuple[int, str, bool]]:
    needed = whole.lines(0.01)
    if needed is None:
        return []
    rows = erlang.sizing(whole.busy.erlangs, needed)
    return [(row.lines, formats.percent(round(row.lost, 5), 2), row.lines == needed) for row in rows]


def _row(one: traffic.Day) -> dict[str, Any]:
    return {
        "trunk": one.trunk or _("not told"), "calls": one.calls, "busy": _span(one.busy.at),
        "erlangs": round(one.busy.erlangs, 2), "peak": one.peak, "lines": one.lines(0.01),
    }  # fmt: skip
