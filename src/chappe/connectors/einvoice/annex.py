"""The annex as a workbook: typed cells, frozen head, filters, so that a customer may sum and sort."""

import io
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal

import xlsxwriter

from chappe.core.billing.document import CallRow, Document
from chappe.core.einvoice.annex import heads, rows

WIDTHS = (18, 12, 10, 20, 34, 12, 14, 12, 28)


def as_xlsx(document: Document, calls: Iterable[CallRow] | None = None) -> bytes:
    """The annex as XLSX bytes; strings are never read as formulas."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": document.number, "author": document.seller.name})
        sheet = book.add_worksheet(document.number.replace("/", "-")[:31])
        head = book.add_format({"bold": True, "bottom": 1})
        day, hour = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "hh:mm:ss"})
        money = book.add_format({"num_format": "#,##0.00##"})
        for at, (name, width) in enumerate(zip(heads(document.language), WIDTHS, strict=True)):
            sheet.write_string(0, at, name, head)
            sheet.set_column(at, at, width)
        last = 0
        for last, row in enumerate(rows(document, calls), 1):
            for at, cell in enumerate(row):
                if at == 1:
                    sheet.write_datetime(last, at, date.fromisoformat(str(cell)), day)
                elif at == 2:
                    sheet.write_datetime(last, at, time.fromisoformat(str(cell)), hour)
                elif isinstance(cell, Decimal):
                    sheet.write_number(last, at, cell, money)
                elif isinstance(cell, int):
                    sheet.write_number(last, at, cell)
                else:
                    sheet.write_string(last, at, str(cell))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(WIDTHS) - 1)
    return out.getvalue()
