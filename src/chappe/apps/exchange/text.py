"""Lines of text out of bytes that nobody vouches for: encoding, separator, records with their line numbers.

Never raises for what a file contains and never holds more than one record in memory. A quote left open costs its own line,
not the rest of the file.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from chappe.kit.screens.exports import disarmed

SEPARATORS = (";", ",", "\t", "|")
CHUNK_BYTES = 1 << 20
MOST_RECORD_LINES = 20  # a quoted cell over more lines is a quote left open
MOST_LINE_CHARS = 1_000_000
EXCERPT_CHARS = 200
SECRET = re.compile(r"pass|secret|mot de passe|mdp|token|jeton", re.IGNORECASE)
HIDDEN = "••••"

#: What the file of refused rows appends; dropped when such a file is sent again.
REJECT_COLUMNS = ("reject_line", "reject_column", "reject_code", "reject_sentence")
_OURS = frozenset((*REJECT_COLUMNS, "reject_text"))


@dataclass(frozen=True, slots=True)
class Look:
    """What a text file is made of. ``header`` are its first line's cells; ``converted``: not UTF-8."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    converted: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is a file of refused rows that we wrote ourselves."""
        return any(name in _OURS for name in self.header)

    def secret_columns(self) -> set[int]:
        """Numbers, from 1, of the columns that may hold a secret."""
        return {number for number, name in enumerate(self.header, 1) if SECRET.search(plain(name))}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on, its cells, and the code of a fault of its shape, or ""."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


def plain(text: str) -> str:
    """A header's name without accents, case or punctuation: “Code_Interop ” → “code interop”."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in bare if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^0-9a-z]+", " ", bare).split())


def is_binary(head: bytes) -> bool:
    """Whether the first bytes are no text: archives, Parquet, PDF, many NULs (which UTF-16 has by nature)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return head.startswith((b"PK\x03\x04", b"PAR1", b"%PDF", b"\x1f\x8b", b"\xd0\xcf")) or head[:4096].count(0) > 8


def look(path: Path, *, whole: bool = True) -> Look | None:
    """Encoding, separator and header of the file; None when it is no text or is empty.

    ``whole`` reads every byte to be sure of the encoding; else only the beginning.
    """
    with path.open("rb") as stream:
        head = stream.read(CHUNK_BYTES)
        if not head.strip() or is_binary(head):
            return None
        encoding = _encoding(head, stream if whole else None)
    if encoding is None:
        return None
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = _separator(first)
    return Look(encoding, separator, tuple(cell.strip() for cell in _split(first, separator)), encoding == "cp1252")


def look_at(head: bytes) -> Look | None:
    """The same from the first bytes alone, for recognising a file."""
    if not head.strip() or is_binary(head):
        return None
    encoding = _encoding(head, None) or "utf-8-sig"
    first = next((line for line in head.decode(encoding, "replace").splitlines() if line.strip()), "")
    separator = _separator(first)
    return Look(encoding, separator, tuple(cell.strip() for cell in _split(first, separator)))


def _encoding(head: bytes, stream: Any) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
        while stream is not None and (piece := stream.read(CHUNK_BYTES)):
            decoder.decode(piece)
        if stream is not None:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _separator(line: str) -> str:
    return max(SEPARATORS, key=lambda mark: len(_split(line, mark)))


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def physical_lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines without their ends; only LF, CRLF and CR end a line. A line over the limit is cut there."""
    with io.TextIOWrapper(path.open("rb"), encoding=encoding, errors="replace", newline=None) as stream:
        while line := stream.readline(MOST_LINE_CHARS):
            cut = len(line) == MOST_LINE_CHARS and not line.endswith("\n")
            yield line.rstrip("\n") + ("\x00" if cut else "")
            while cut and (rest := stream.readline(MOST_LINE_CHARS)) and not rest.endswith("\n"):
                continue


def records(path: Path, seen: Look) -> Iterator[Record]:
    """Every record after the header; blank lines are passed over. Faults of shape are told, never raised."""
    lines = _Lines(physical_lines(path, seen.encoding))
    expected = len(seen.header)
    header_done = False
    for number, line in lines:
        if not line.strip():
            continue
        if not header_done:
            header_done = True
            continue
        yield _record(lines, number, line, seen, expected)


class _Lines:
    """Numbered lines that may be looked at ahead and given back."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = enumerate(source, 1)
        self.waiting: list[tuple[int, str]] = []

    def __iter__(self) -> "Iterator[tuple[int, str]]":
        return self

    def __next__(self) -> tuple[int, str]:
        return self.waiting.pop(0) if self.waiting else next(self.source)

    def ahead(self, most: int) -> list[tuple[int, str]]:
        self.waiting += islice(self.source, max(0, most - len(self.waiting)))
        return self.waiting[:most]

    def drop(self, count: int) -> None:
        del self.waiting[:count]


def _record(lines: _Lines, number: int, line: str, seen: Look, expected: int) -> Record:
    if "\x00" in line:
        return Record(number, tuple(_split(line.replace("\x00", ""), seen.separator)), "table.nul-byte")
    text, extra = line, 0
    # only a quote that begins a cell can hold lines together: 12" wide is a plain cell
    if line.count('"') % 2 and any(cell.lstrip().startswith('"') for cell in line.split(seen.separator)):
        for _n, more in lines.ahead(MOST_RECORD_LINES):
            text, extra = text + "\n" + more, extra + 1
            if text.count('"') % 2 == 0:
                break
        cells = _split_record(text, seen.separator, strict=True)
        if text.count('"') % 2 or len(cells) != expected:
            return Record(number, tuple(_split(line.replace('"', ""), seen.separator)), "table.unclosed-quote")
        lines.drop(extra)
    else:
        cells = _split_record(text, seen.separator)
    fault = "" if len(cells) == expected else ("table.too-few" if len(cells) < expected else "table.too-many")
    return Record(number, tuple(armed(c) for c in cells) if seen.ours else tuple(cells), fault)


def _split_record(text: str, separator: str, *, strict: bool = False) -> list[str]:
    """Cells of one record. ``strict``: [] unless the quotes do hold the lines together, each closed before a separator."""
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict))
        return read[0] if len(read) == 1 else []
    except csv.Error:
        return [] if strict else text.split(separator)


def armed(cell: str) -> str:
    """A cell of a file that we wrote, as it stood before :func:`disarmed` put a quote in front."""
    return cell[1:] if cell.startswith("'") and disarmed(cell[1:]) == cell else cell


def excerpt(text: str) -> str:
    """At most 200 characters without control marks: what a page quotes of a file."""
    shown = "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " for c in text)
    return shown if len(shown) <= EXCERPT_CHARS else shown[: EXCERPT_CHARS - 1] + "…"


def hide_long_numbers(text: str) -> str:
    """Digits within a number of eight or more are hidden: enough is left to find it, not to call it."""
    return re.sub(r"\d{8,}", lambda m: f"{m.group()[:4]}{HIDDEN}{m.group()[-2:]}", text)


def csv_line(cells: Sequence[Any], separator: str = ";") -> str:
    """One line of an export; what a spreadsheet could run is disarmed."""
    page = io.StringIO()
    csv.writer(page, delimiter=separator, lineterminator="\r\n").writerow([disarmed(str(c)) for c in cells])
    return page.getvalue()
