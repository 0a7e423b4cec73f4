"""A report as PDF, drawn by typst: title, parameters, the table with its head on each page, totals."""

import json
from importlib.resources import files
from typing import Any

import typst
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.reports.exports import PDF_ROWS, Sheet
from chappe.kit.ui import formats


def pdf(sheet: Sheet) -> bytes:
    """The bytes of the PDF; beyond PDF_ROWS rows it says that the rest is in the spreadsheet."""
    source = files(__package__).joinpath("layout/report.typ").read_bytes()
    made = typst.compile(source, format="pdf", sys_inputs={"data": json.dumps(_data(sheet), ensure_ascii=False)})
    return made if isinstance(made, bytes) else b"".join(made or [])


def _data(sheet: Sheet) -> dict[str, Any]:
    columns = sheet.columns
    rows = [[column.text(value) for column, value in zip(columns, row, strict=True)] for row in sheet.lines(PDF_ROWS)]
    totals = (
        [column.text(total) if total is not None else "" for column, total in zip(columns, sheet.totals, strict=True)]
        if sheet.totals
        else []
    )
    if totals and not totals[0]:
        totals[0] = _("Total")
    return {
        "title": sheet.title,
        "subtitle": sheet.subtitle,
        "landscape": sheet.landscape,
        "language": (get_language() or "fr")[:2],
        "made": _("Made on %(when)s") % {"when": formats.moment(timezone.now())},
        "page": _("page"),
        "columns": [{"label": column.label, "right": column.right, "width": column.width} for column in columns],
        "rows": rows,
        "totals": totals,
        "empty": _("No row for these parameters."),
        "more": _said_more(sheet),
    }


def _said_more(sheet: Sheet) -> str:
    left = sheet.rows.num_rows - PDF_ROWS
    if sheet.truncated or left > 0:
        shown = formats.number(min(sheet.rows.num_rows, PDF_ROWS))
        return _("Only the first %(n)s rows are here: ask for the spreadsheet.") % {"n": shown}
    return ""
