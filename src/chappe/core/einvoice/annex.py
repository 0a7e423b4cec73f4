"""The detail of the communications as a table that other programs read: one row a call, CSV or rows of a workbook.

What is masked in the document is masked here. Semicolons, decimal comma and UTF-8 with its mark in French, because that
is what French spreadsheets open at once; commas and points in English.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from chappe.core.base.lang import N_, translate
from chappe.core.base.money import rounded
from chappe.core.billing.document import CallRow, Document

COLUMNS = (
    N_("Line"), N_("Date"), N_("Time"), N_("Number called"), N_("Destination"), N_("Duration in seconds"),
    N_("Amount excl. VAT"), N_("In the plan"), N_("Remark"),
)  # fmt: skip
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def heads(language: str) -> list[str]:
    """Names of the columns in the customer's language."""
    return [translate(text, language) for text in COLUMNS]


def rows(document: Document, calls: Iterable[CallRow] | None = None) -> Iterator[list[object]]:
    """Typed cells of each call: text, integers of seconds, Decimal euros. ``calls`` None takes the document's."""
    yes, no = translate(N_("yes"), document.language), translate(N_("no"), document.language)
    for call in document.calls if calls is None else calls:
        yield [
            call.line_number,
            call.start[:10],
            call.start[11:19],
            call.number,
            call.label,
            call.seconds,
            rounded(call.net, 4),
            yes if call.included else no,
            call.note,
        ]


def as_csv(document: Document, calls: Iterable[CallRow] | None = None) -> bytes:
    """The annex as CSV bytes. A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    french = document.language != "en"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if french else ",", lineterminator="\r\n")
    writer.writerow(heads(document.language))
    for row in rows(document, calls):
        cells = [f"{cell}" for cell in row]
        cells[6] = cells[6].replace(".", ",") if french else cells[6]
        writer.writerow([_safe(cell, at) for at, cell in enumerate(cells)])
    return out.getvalue().encode("utf-8-sig")


def _safe(cell: str, at: int) -> str:
    """Amounts may be negative; a telephone number may begin with + and is text for every spreadsheet with the mark."""
    return f"'{cell}" if at not in (5, 6) and cell.startswith(DANGEROUS) else cell
