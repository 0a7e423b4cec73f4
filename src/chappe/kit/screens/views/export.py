"""Hands over the exports. The rows are those of the list at the same address; the right is the list's."""

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from chappe.kit.screens import saved
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.exports import csv_chunks, xlsx_file
from chappe.kit.screens.listing import Listing, exported_columns
from chappe.kit.screens.models import ColumnChoice

from .base import on_screen

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@on_screen()
def export(request: HttpRequest, screen: Screen, kind: str) -> HttpResponse:
    """``kind`` is csv or xlsx. ``cols=*`` gives every column, ``bom=1`` a CSV for spreadsheets."""
    params = request.GET.copy()
    everything = params.get("cols") == "*"
    choice = saved.choice_of(screen, request.user)
    if everything:
        params.pop("cols")
        choice = ColumnChoice(columns=[column.name for column in screen.columns])
    listing = Listing(screen, request.user, params, choice)
    if listing.errors:
        page = render(request, "screens/export_refused.html", {"screen": screen, "errors": listing.errors})
        return HttpResponseBadRequest(page.content)
    columns, rows = exported_columns(listing), listing.rows
    name = f"{screen.slug.replace('.', '-')}-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    if kind == "xlsx":
        return FileResponse(xlsx_file(screen, columns, rows), as_attachment=True, filename=name, content_type=XLSX)
    chunks = csv_chunks(screen, columns, rows, excel=params.get("bom") == "1", language=get_language() or "fr")
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
