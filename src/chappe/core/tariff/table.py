"""Bytes of a table to rows of cells: encodings, separators, quotes, comments, damage.

Knows nothing of tariffs. Every fault is noted with its line and column and costs its line only; nothing
raises for what a file contains. A cell never spans lines: an unclosed quote must not swallow the file.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field

from chappe.core.tariff.faults import Faults

SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 65_536
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(slots=True)
class Line:
    """A line of text that survived: number from 1, text without its end, and whether it is a comment."""

    number: int
    text: str
    comment: bool = False


@dataclass(slots=True)
class Sheet:
    """A file as lines, not yet cut into cells; or as cells already (workbooks) in ``cells``."""

    file: str
    lines: list[Line] = field(default_factory=list)
    cells: dict[int, list[str]] | None = None

    def cut(self, line: Line, separator: str, faults: Faults | None) -> list[str] | None:
        """Cells of a line, stripped; None when its quotes are not closed (noted once in ``faults``)."""
        if self.cells is not None:
            return self.cells[line.number]
        text = line.text
        if line.comment:
            text = text.lstrip("# \t")
        if '"' not in text:
            return [cell.strip() for cell in text.split(separator)]
        if (column := _open_quote(text, separator)) >= 0:
            if faults is not None:
                faults.add("tariff-quote", self.file, line.number, column + 1)
            return None
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator, skipinitialspace=True))]


def _open_quote(text: str, separator: str) -> int:
    """Index of the cell whose quote never closes, or -1. A quote opens only where a cell begins."""
    place, cell = 0, 0
    while True:
        while text[place : place + 1].isspace() and text[place] != separator:
            place += 1
        if text[place : place + 1] == '"':
            place = text.find('"', place + 1)
            while place >= 0 and text[place + 1 : place + 2] == '"':
                place = text.find('"', place + 2)
            if place < 0:
                return cell
        place = text.find(separator, place)
        if place < 0:
            return -1
        place, cell = place + 1, cell + 1


def decode(data: bytes, file: str, faults: Faults) -> str:
    """Text of ``data``: a byte order mark decides, then UTF-16 without mark, UTF-8, Windows-1252, Latin-1."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if encoding := _bare_utf16(data):
        return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
    try:
        text, encoding = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "Latin-1"
    faults.warn("tariff-encoding", file, line, column, encoding=encoding)
    return text


def _bare_utf16(data: bytes) -> str:
    """UTF-16 saved without a mark: every other byte of the beginning is NUL."""
    head = data[:512]
    half = len(head) // 2
    if half < 4:
        return ""
    if head[1::2].count(0) > half * 0.8 and not head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.8 and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def open_sheet(file: str, data: bytes, faults: Faults) -> Sheet:
    """Decode and keep the lines that can be cut: no NUL byte, not too long, not blank."""
    sheet = Sheet(file)
    text = decode(data, file, faults)
    damaged = "\x00" in text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            faults.add("tariff-line-too-long", file, number, LONGEST_LINE, limit=LONGEST_LINE)
        elif damaged and "\x00" in line:
            faults.add("tariff-nul", file, number, line.index("\x00") + 1)
        elif line and not line.isspace():
            sheet.lines.append(Line(number, line, comment=line.lstrip().startswith("#")))
    return sheet


def sheet_of_cells(file: str, rows: Iterable[tuple[int, list[str]]]) -> Sheet:
    """A workbook's sheet: rows of text cells with their row number."""
    cells = {number: row for number, row in rows if any(row)}
    lines = [Line(number, "", comment=row[0].startswith("#")) for number, row in cells.items()]
    return Sheet(file, lines, cells)
