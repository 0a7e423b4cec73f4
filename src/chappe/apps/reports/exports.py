"""A report's answer as a file: CSV, XLSX, PDF. The same columns, labels and totals as on the page."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.customers.models import Customer
from chappe.apps.reports import engine, params, present
from chappe.kit.screens.exports import BOM, disarmed

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
PDF_ROWS = 5_000
XLSX_ROWS = 1_000_000
MOST_DIGITS = 15  # a spreadsheet's number holds no more


@dataclass(frozen=True)
class Sheet:
    """An answer with all that its files say around it."""

    title: str
    subtitle: str
    slug: str
    columns: list[present.Shown]
    rows: pa.Table
    totals: list[Any]
    truncated: bool
    landscape: bool
    month: str

    @classmethod
    def of(cls, report: Any, values: params.Values, result: engine.Result) -> "Sheet":
        columns = present.columns_of(result.rows.schema, report.columns, values.month)
        said = []
        if "month" in report.parameters:
            said.append(params.month_label(values.month))
        if values.customer:
            customer = Customer.objects.filter(pk=values.customer).first()
            said += [customer.name] if customer else []
        totals = [] if result.truncated else present.totals(result.rows, columns)
        return cls(
            report.shown_title, " · ".join(said), report.slug, columns, result.rows, totals, result.truncated,
            report.is_landscape, values.month,
        )  # fmt: skip

    @property
    def title_line(self) -> str:
        return f"{self.title} – {self.subtitle}" if self.subtitle else self.title

    def file_name(self, form: str) -> str:
        return f"{self.slug}-{self.month}.{form}"

    def lines(self, most: int | None = None) -> Iterator[list[Any]]:
        """Rows of values."""
        for batch in self.rows.slice(0, most).to_batches():
            yield from (list(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def total_words(self) -> list[tuple[str, str]]:
        """(label, written sum) of the columns that have one."""
        if not self.totals:
            return []
        return [
            (column.label, column.text(total))
            for column, total in zip(self.columns, self.totals, strict=True)
            if column.total
        ]


def made(sheet: Sheet, form: str) -> tuple[bytes, str]:
    """The file and its content type. Raises KeyError for another format."""
    if form == "pdf":
        from chappe.apps.reports import paper

        return paper.pdf(sheet), TYPES["pdf"]
    return {"csv": _csv, "xlsx": _xlsx}[form](sheet), TYPES[form]


def _csv(sheet: Sheet) -> bytes:
    comma = (get_language() or "fr").startswith("fr")
    page = io.StringIO()
    writer = csv.writer(page, delimiter=";", lineterminator="\r\n")
    writer.writerow([disarmed(column.label) for column in sheet.columns])
    for row in sheet.lines():
        writer.writerow([_csv_cell(value, comma=comma) for value in row])
    return (BOM + page.getvalue()).encode()


def _csv_cell(value: Any, *, comma: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            text = f"{value.normalize():f}" if value else "0"
            return text.replace(".", ",") if comma else text
        case float():
            return repr(value).replace(".", ",") if comma else repr(value)
        case dt.datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case dt.date():
            return value.isoformat()
        case int():
            return str(value)
    return disarmed(str(value))


def _xlsx(sheet: Sheet) -> bytes:
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(target, options)
    looks = _looks(book)
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet.title)[:31].strip() or "Rapport")
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, max(9, column.width + 2))
        page.write_string(0, place, column.label, looks["head"])
    line = 0
    for line, row in enumerate(sheet.lines(XLSX_ROWS), 1):
        for place, value in enumerate(row):
            _xlsx_cell(page, (line, place), value, looks, sheet.columns[place])
    if sheet.totals:
        for place, total in enumerate(sheet.totals):
            if total is not None:
                _xlsx_cell(page, (line + 1, place), total, looks, sheet.columns[place], bold=True)
        if sheet.totals[0] is None:
            page.write_string(line + 1, 0, _("Total"), looks["head"])
    page.autofilter(0, 0, max(1, line), max(0, len(sheet.columns) - 1))
    book.close()
    return target.getvalue()


def _looks(book: Any) -> dict[str, Any]:
    forms = {
        "day": "dd/mm/yyyy",
        "moment": "dd/mm/yyyy hh:mm:ss",
        "money": "#,##0.00 €",
        "duration": "[h]:mm:ss",
        "percent": "0.0 %",
    }
    looks = {name: book.add_format({"num_format": form}) for name, form in forms.items()}
    looks |= {
        f"bold {name}": book.add_format({"num_format": form, "bold": True, "top": 1}) for name, form in forms.items()
    }
    return looks | {
        "head": book.add_format({"bold": True, "bg_color": "#E8EEFC", "bottom": 1}),
        "bold": book.add_format({"bold": True, "top": 1}),
    }


def _xlsx_cell(
    page: Any, at: tuple[int, int], value: Any, looks: dict[str, Any], column: present.Shown, *, bold: bool = False
) -> None:
    look = looks.get(f"bold {column.kind}" if bold else column.kind, looks["bold"] if bold else None)
    match value:
        case None:
            return
        case bool():
            page.write_string(*at, _("yes") if value else _("no"))
        case dt.datetime():
            page.write_datetime(*at, value.replace(tzinfo=None), looks["moment"])
        case dt.date():
            page.write_datetime(*at, dt.datetime.combine(value, dt.time()), looks["day"])
        case int() | Decimal() | float() if len(Decimal(str(value)).normalize().as_tuple().digits) <= MOST_DIGITS:
            exact = value.normalize() if isinstance(value, Decimal) else value
            page.write_number(*at, exact / 86_400 if column.kind == "duration" else exact, look)
        case _:
            page.write_string(*at, column.text(value))
