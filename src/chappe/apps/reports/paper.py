"""A report as PDF, drawn by typst: title, parameters, the drawing of its page, the table with its head on each page, totals."""

import json
from decimal import Decimal
from importlib.resources import files
from typing import Any

import typst
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.reports import charting
from chappe.apps.reports.exports import PDF_ROWS, Sheet
from chappe.apps.reports.present import Shown
from chappe.connectors.einvoice.look import FONTS, faces
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Shape

TAGGED = 1_000  # rows: beyond, the marks that screen readers follow make the file four times larger
CROWDED = 11  # columns from which letters are smaller
MOST_BARS = 31


def pdf(sheet: Sheet) -> bytes:
    """The bytes of the PDF; beyond PDF_ROWS rows it says that the rest is in the spreadsheet."""
    source = files(__package__).joinpath("layout/report.typ").read_bytes()
    made = typst.compile(
        source, format="pdf", sys_inputs={"data": json.dumps(_data(sheet), ensure_ascii=False)}, font_paths=[str(FONTS)],
        ignore_system_fonts=True, pdf_tags=sheet.rows.num_rows <= TAGGED,
    )  # fmt: skip
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
        "fonts": list(faces()),
        "size": 8 if len(columns) < CROWDED else 7,
        "columns": [{"label": column.label, "right": column.right, "width": _width(column)} for column in columns],
        **_drawing(sheet),
        "rows": rows,
        "totals": totals,
        "empty": _("No row for these parameters."),
        "more": _said_more(sheet),
    }


def _width(column: Shown) -> float:
    """A column is at least as wide as the longest word of its title."""
    return max(column.width, max((len(word) for word in column.label.split()), default=0))


def _drawing(sheet: Sheet) -> dict[str, Any]:
    """The drawing of the page as bars: names, written values, shares of the longest in per cent."""
    chart = charting.chart_of(sheet)
    values = [max(0, value or 0) for value in chart.series[0].values] if chart else []
    longest = max(values, default=0)
    if chart is None or not longest or len(values) > MOST_BARS:
        return {"bars": [], "drawn": "", "standing": False}
    written = chart.series[0].written()
    bars = [
        {"label": str(label), "value": text, "share": float(Decimal(value) * 100 / Decimal(longest))}
        for label, text, value in zip(chart.labels, written, values, strict=True)
    ]
    return {"bars": bars, "drawn": str(chart.series[0].label), "standing": chart.shape is Shape.BARS}


def _said_more(sheet: Sheet) -> str:
    left = sheet.rows.num_rows - PDF_ROWS
    if sheet.truncated or left > 0:
        shown = formats.number(min(sheet.rows.num_rows, PDF_ROWS))
        return _("Only the first %(n)s rows are here: ask for the spreadsheet.") % {"n": shown}
    return ""
