"""The page “Totals”: the calls of a list added up, drawn, linked back to the list, exported."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import xlsxwriter
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.usage import queries, totals
from chappe.apps.usage.access import AREA
from chappe.apps.usage.choices import WAYS
from chappe.apps.usage.dashboard import rounded_money
from chappe.apps.usage.totals import Dimension, Total
from chappe.core.base.money import plain
from chappe.kit.access.door import Level, may
from chappe.kit.screens import registry
from chappe.kit.screens.exports import BOM, XLSX_MAX_TEXT, disarmed
from chappe.kit.screens.listing import Listing
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape, Unit

DRAWN = 20  # rows of a chart that are not times
KEPT = ("by", "order", "export", "bom")  # parameters of this page, not of the list
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def listing_of(request: HttpRequest) -> Listing:
    """The list whose calls are added up: the parameters of the page are those of the list."""
    params = request.GET.copy()
    for name in KEPT:
        params.pop(name, None)
    if "scope" not in params:
        # A period that was chosen is the scope; without one, the last month that has calls.
        chosen = any(params.get(name) for name in ("month", "start_from", "start_to"))
        params["scope"] = "all" if chosen else "month"
    return Listing(registry.get("usage.call"), request.user, params)


def page(request: HttpRequest) -> HttpResponse:
    """Totals by one dimension."""
    listing = listing_of(request)
    by = totals.dimension(request.GET.get("by", ""))
    order = request.GET.get("order", "")
    if request.GET.get("export") in {"csv", "xlsx"} and not listing.errors:
        return export(request, listing, by)
    rows, whole, groups = ([], None, 0) if listing.errors else totals.whole(listing.rows, by, order=order)
    told = {
        "errors": listing.errors,
        "by": by,
        "tabs": [(one.label, _link(request.GET, by=one.slug, order=None), one is by) for one in totals.DIMENSIONS],
        "rows": [(row, list_url(request.GET, by, row), _amounts(row)) for row in rows],
        "whole": whole,
        "whole_amounts": _amounts(whole) if whole else [],
        "groups": groups,
        "hidden": max(0, groups - len(rows)),
        "chart": chart(by, rows, request.GET) if rows else None,
        "tiles": tiles(whole) if whole and whole.calls else [],
        "asked": [(one.label, one.value, _back(one.clear, request.GET)) for one in listing.asked],
        "orders": [(label, _link(request.GET, order=slug), (order or _usual(by)) == slug) for slug, label in _orders(by)],
        "exports": [("CSV", _link(request.GET, export="csv", bom="1")), ("XLSX", _link(request.GET, export="xlsx"))],
        "list_url": registry.url("usage.call") + "?" + _list_query(request.GET, {}),
        "months": [(month, listing.params.get("month") == month) for month in queries.months_of(request.user)],
        "ways": [(way, label, listing.params.get("way") == way) for way, label in WAYS],
        "values": {name: request.GET.get(name, "") for name in ("start_from", "start_to", "ext", "customer", "destination", "trunk")},
        "kept": [(name, value) for name, values in request.GET.lists() for value in values if name not in _FORM],
        "has_buy": bool(whole and whole.bought),
        "can_size": may(request.user, AREA, Level.READ),
    }  # fmt: skip
    return render(request, "usage/totals.html", told)


#: Fields of the form of this page: the other filters of the address go along hidden.
_FORM = {"month", "start_from", "start_to", "ext", "customer", "destination", "trunk", "way", "scope", "export", "bom"}


def _amounts(row: Total) -> list[tuple[str, int | None]]:
    """Sold, bought, margin: to the cent, with the exact amount beside. Figures of a column end alike."""
    amounts = (row.total, row.buy if row.bought else None, row.margin)
    return [(rounded_money(nano) if nano is not None else "", nano) for nano in amounts]


def _usual(by: Dimension) -> str:
    return "value" if by.in_order else "total"


def _orders(by: Dimension) -> list[tuple[str, Any]]:
    found = [("total", _("Amount")), ("calls", _("Calls")), ("seconds", _("Duration"))]
    return [("value", by.label), *found] if by.in_order else found


def _link(params: QueryDict, **changes: Any) -> str:
    query = params.copy()
    for name in ("export", "bom"):
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()


def _back(cleared: str, params: QueryDict) -> str:
    """The address of this page without one filter: that of the list, with what belongs to the page."""
    own = {name: params[name] for name in ("by", "order") if params.get(name)}
    return f"{cleared}&{urlencode(own)}" if own else cleared


def _list_query(params: QueryDict, more: dict[str, Any]) -> str:
    query = params.copy()
    for name in KEPT:
        query.pop(name, None)
    if "scope" not in query:
        chosen = any(query.get(name) for name in ("month", "start_from", "start_to"))
        query["scope"] = "all" if chosen else "month"
    for name, value in more.items():
        query[name] = str(value)
    return str(query.urlencode())


def list_url(params: QueryDict, by: Dimension, row: Total) -> str:
    """The list of the calls behind a row; "" where no filter says it."""
    more = by.filter(row.value)
    return registry.url("usage.call") + "?" + _list_query(params, more) if more else ""


def chart(by: Dimension, rows: Sequence[Total], params: QueryDict) -> Chart:
    """Calls and amounts, over time or for the first rows."""
    drawn = list(rows) if by.is_time else list(rows[:DRAWN])
    calls = Series(label=_("Calls"), values=[row.calls for row in drawn], tone="brand")
    amount = Series(
        label=_("Amount"), values=[row.total for row in drawn], unit=Unit.MONEY, tone="signal", axis=2, shape=Shape.LINE,
    )  # fmt: skip
    if not by.is_time:
        biggest = any(row.total for row in drawn)
        amount = Series(label=_("Amount"), values=[row.total for row in drawn], unit=Unit.MONEY, tone="brand")
        return Chart(
            slug=f"totals-{by.slug}", title=_("Largest totals"), shape=Shape.ROWS, labels=[row.name for row in drawn],
            series=[amount if biggest else calls], urls=[list_url(params, by, row) for row in drawn],
        )  # fmt: skip
    return Chart(
        slug=f"totals-{by.slug}", title=_("Calls and amounts"), labels=[row.name for row in drawn],
        series=[calls, amount], urls=[list_url(params, by, row) for row in drawn],
    )  # fmt: skip


def tiles(whole: Total) -> list[tuple[Any, str, str]]:
    """The figures of everything together: label, value, a line below."""
    lost = formats.percent(Decimal(whole.lost) / whole.calls) if whole.calls else ""
    found = [
        (_("Calls"), formats.number(whole.calls), _("%(number)s answered") % {"number": formats.number(whole.answered)}),
        (_("Duration"), _at_a_glance(whole.seconds), _("%(mean)s on average") % {"mean": formats.duration(whole.mean)}),
        (_("Amount"), rounded_money(whole.total), _("without tax")),
        (_("Lost calls"), formats.number(whole.lost), lost),
    ]  # fmt: skip
    if whole.bought:
        found.append(
            (
                _("Margin"),
                rounded_money(whole.margin or 0),
                _("on %(cost)s bought") % {"cost": rounded_money(whole.buy)},
            )
        )
    return found  # fmt: skip


def _at_a_glance(seconds: int) -> str:
    """A duration without its seconds from an hour on."""
    text = formats.duration(seconds)
    head, minutes, _seconds = text.partition("min")
    return head + minutes if seconds >= 3600 else text


# -- exports ------------------------------------------------------------------------------------------------------
def _columns(by: Dimension) -> list[Any]:
    return [
        by.label, _("Calls"), _("Answered"), _("Lost"), _("Unrated"), _("Duration (s)"), _("Mean duration (s)"),
        _("Mean ring (s)"), _("Amount"), _("Purchase cost"), _("Margin"),
    ]  # fmt: skip


def _cells(row: Total) -> list[Any]:
    amounts = [row.total, row.buy if row.bought else None, row.margin]
    return [
        row.name, row.calls, row.answered, row.lost, row.unrated, row.seconds, row.mean, row.mean_ring,
        *(None if nano is None else Decimal(plain(nano)) for nano in amounts),
    ]  # fmt: skip


def export(request: HttpRequest, listing: Listing, by: Dimension) -> HttpResponse:
    """Every row and the total, as CSV or as a workbook."""
    rows = totals.totals(listing.rows, by, order=request.GET.get("order", ""), limit=None)
    whole, _groups = totals.grand_total(listing.rows, by)
    table = [_cells(row) for row in [*rows, whole]]
    stem = f"totals-{by.slug}-{timezone.localtime():%Y%m%d-%H%M}"
    if request.GET["export"] == "xlsx":
        return _file(_workbook(str(by.label), _columns(by), table), f"{stem}.xlsx", XLSX)
    return _file(
        _text(_columns(by), table, excel=request.GET.get("bom") == "1"), f"{stem}.csv", "text/csv; charset=utf-8"
    )


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _text(columns: Iterable[Any], table: Iterable[Sequence[Any]], *, excel: bool) -> bytes:
    comma = excel and (get_language() or "fr").startswith("fr")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerow([disarmed(str(column)) for column in columns])
    for cells in table:
        writer.writerow([_written(cell, comma) for cell in cells])
    return ((BOM if excel else "") + out.getvalue()).encode()


def _written(cell: Any, comma: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",") if comma else f"{cell:f}"
    return str(cell) if isinstance(cell, int) else disarmed(str(cell))


def _workbook(title: str, columns: Sequence[Any], table: Iterable[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#E8EEFC", "bottom": 1})
    money = book.add_format({"num_format": "#,##0.00#######"})
    sheet = book.add_worksheet("".join(char for char in title if char not in "[]:*?/\\'")[:31] or "Totals")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 18)
    sheet.write_row(0, 0, [str(column) for column in columns], head)
    for line, cells in enumerate(table, 1):
        for place, cell in enumerate(cells):
            if isinstance(cell, Decimal | int):
                sheet.write_number(line, place, cell, money if isinstance(cell, Decimal) else None)
            elif cell is not None:
                sheet.write_string(line, place, str(cell)[:XLSX_MAX_TEXT])
    book.close()
    return out.getvalue()
