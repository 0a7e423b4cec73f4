"""CSV and XLSX of exactly what a list shows, row by row, whatever their number.

A cell that a spreadsheet could take for a formula is disarmed. Money is written in full, exactly. A secret is
never exported.
"""

import csv
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils import timezone, translation

from chappe.core.base.money import plain

from . import words
from .declare import Column, Kind, Screen
from .values import cell_value, choice_label, choices_of

CHUNK_ROWS = 2_000
XLSX_MAX_ROWS = 1_048_576  # of one sheet, header included
XLSX_MAX_TEXT = 32_767
BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9 .,]*\Z")


def disarmed(text: str) -> str:
    """``text`` with a quote in front when a spreadsheet would run it; a number with its sign stays as it is."""
    return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN_NUMBER.match(text) else text


def exported(screen: Screen, column: Column, obj: Any) -> Any:
    """A cell for a program: None, bool, int, Decimal, date, local datetime or text."""
    value = cell_value(screen, column, obj)
    if column.kind is Kind.SECRET:
        return words.MASK
    if value is None or value == "":
        return None
    if column.kind is Kind.MONEY and isinstance(value, int):
        return Decimal(plain(value))
    if choices_of(screen, column):
        return choice_label(screen, column, value)
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, timedelta):
        return Decimal(value // timedelta(microseconds=1)).scaleb(-6)
    if isinstance(value, (bool, int, float, Decimal, date)):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(qs: QuerySet) -> Iterator[Any]:
    return qs.iterator(chunk_size=CHUNK_ROWS)


def csv_chunks(screen: Screen, columns: Sequence[Column], qs: QuerySet, *, excel: bool, language: str) -> Iterator[str]:
    """The file piece by piece. ``excel``: byte order mark, semicolons, and the decimal sign of ``language``."""
    comma = excel and language.startswith("fr")
    page = StringIO()
    writer = csv.writer(page, delimiter=";" if excel else ",", lineterminator="\r\n")
    with translation.override(language):
        writer.writerow([disarmed(str(column.label)) for column in columns])
        if excel:
            yield BOM
        for number, obj in enumerate(_rows(qs), 1):
            writer.writerow([_csv_cell(exported(screen, column, obj), comma) for column in columns])
            if number % 500 == 0:
                yield page.getvalue()
                page.seek(0)
                page.truncate()
    yield page.getvalue()


def _csv_cell(value: Any, comma: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return words.yes_no(value)
        case Decimal() | float():
            text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
            return text.replace(".", ",") if comma else text
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case int():
            return str(value)
    return disarmed(str(value))


def xlsx_file(screen: Screen, columns: Sequence[Column], qs: QuerySet) -> IO[bytes]:
    """A temporary file with the workbook, at its start; closing it removes it. Memory does not grow with the rows."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - handed over, open, to the response that streams it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(target, options)
    looks = {
        "head": book.add_format({"bold": True, "bg_color": "#E8EEFC", "bottom": 1}),
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
        "moment": book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
        "money": book.add_format({"num_format": "#,##0.00#######"}),
    }
    title = re.sub(r"[\[\]:*?/\\']", " ", str(screen.label))[:25].strip() or "Export"
    sheet, line = _sheet(book, title, columns, looks), 1
    for obj in _rows(qs):
        if line == XLSX_MAX_ROWS:
            sheet, line = _sheet(book, f"{title} {len(book.worksheets()) + 1}", columns, looks), 1
        for place, column in enumerate(columns):
            look = looks["money"] if column.kind is Kind.MONEY else None
            _xlsx_cell(sheet, (line, place), exported(screen, column, obj), look, looks)
        line += 1
    book.close()
    target.seek(0)
    return target


def _sheet(book: Any, title: str, columns: Sequence[Column], looks: dict[str, Any]) -> Any:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 20)
        sheet.write_string(0, place, str(column.label), looks["head"])
    return sheet


def _xlsx_cell(sheet: Any, at: tuple[int, int], value: Any, number_look: Any, looks: dict[str, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_string(*at, words.yes_no(value))
        case datetime() if value.year >= 1900:
            sheet.write_datetime(*at, value, looks["moment"])
        case date() if value.year >= 1900:
            sheet.write_datetime(*at, value, looks["day"])
        case int() | Decimal() | float() if _fits(value):
            sheet.write_number(*at, value, number_look)
        case _:
            sheet.write_string(*at, str(value)[:XLSX_MAX_TEXT])


def _fits(value: Any) -> bool:
    """Whether a spreadsheet's number holds it exactly (fifteen digits); a longer one is written as text."""
    return len(Decimal(str(value)).as_tuple().digits) <= 15
