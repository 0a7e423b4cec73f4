"""A workbook as a file of text, so that the same reading serves CSV and XLSX: its first sheet with rows, cells as text."""

import csv
import tempfile
from pathlib import Path

from chappe.core.tariff.faults import Faults
from chappe.core.tariff.workbook import open_workbook

WORKBOOK = b"PK\x03\x04"


def is_workbook(path: Path) -> bool:
    """Whether the first bytes are an archive's, as those of an XLSX file."""
    with path.open("rb") as stream:
        return stream.read(4) == WORKBOOK


def as_text(path: Path, name: str) -> Path | None:
    """A temporary CSV of the first sheet that has rows; the caller removes it. None when the workbook cannot be read."""
    sheets = open_workbook(name, path.read_bytes(), Faults())
    filled = next((sheet for sheet in sheets.values() if sheet.cells), None)
    if filled is None or filled.cells is None:
        return None
    width = max(len(cells) for cells in filled.cells.values())
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="", delete=False) as made:
        writer = csv.writer(made, delimiter=";", lineterminator="\n")
        for cells in filled.cells.values():
            writer.writerow([_plain(cell) for cell in [*cells, *[""] * (width - len(cells))]])
    return Path(made.name)


def _plain(cell: str) -> str:
    """One line a cell; a whole number that the workbook kept as 123.0 is 123; a midnight is a day."""
    text = " ".join(cell.split())
    if text.endswith(".0") and text[:-2].isdigit():
        return text[:-2]
    return text.removesuffix(" 00:00:00")
