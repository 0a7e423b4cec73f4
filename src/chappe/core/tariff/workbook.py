"""Sheets of an XLSX workbook as rows of text.

Cells are asked for as text from the reader itself: a price must never pass through a float of ours. Uses
fastexcel; a workbook that it refuses is one issue.
"""

from chappe.core.tariff.faults import Faults
from chappe.core.tariff.source import safe_workbook
from chappe.core.tariff.table import Sheet, sheet_of_cells

MOST_SHEETS = 10


def open_workbook(name: str, data: bytes, faults: Faults) -> dict[str, Sheet]:
    """Sheet name → sheet, for the first sheets of the workbook; line numbers are those the spreadsheet shows."""
    if not safe_workbook(name, data, faults):
        return {}
    import fastexcel  # slow to import, needed by few

    sheets: dict[str, Sheet] = {}
    try:
        book = fastexcel.read_excel(data)
        for title in book.sheet_names[:MOST_SHEETS]:
            frame = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string").to_arrow()
            columns = [column.to_pylist() for column in frame.columns]
            rows = ((number, [_text(cell) for cell in row]) for number, row in enumerate(zip(*columns, strict=True), 1))
            label = name if not sheets else f"{name}#{title}"
            sheets[title] = sheet_of_cells(label, rows)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of the Rust reader is not an Exception
        faults.add("tariff-workbook-bad", name, detail=str(error).splitlines()[0][:120] if str(error) else "?")
    return sheets


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
