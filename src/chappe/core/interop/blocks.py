"""The bytes of a file as lines: encoding found out, cut into blocks of bounded size, rows of the wrong width set aside.

Encodings met in the field: UTF-8 with or without a mark, Windows-1252, Latin-1. There is no quoting in these files; a
line that only fits when quotes are honoured is read so, with a remark.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

BLOCK = 32 * 1024 * 1024
FEW = 3  # lines below which nothing is usual
LONGEST = 1024 * 1024  # a line above this is not a line


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, without their ends; the first of them is line ``first`` of the file (counted from 1)."""

    first: int
    lines: list[str]


def find_encoding(path: Path) -> str:
    """``utf-8-sig`` when every byte of the file reads as UTF-8, else ``cp1252``, else ``latin-1`` (which always reads)."""
    for encoding in ("utf-8-sig", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as source:
            try:
                while chunk := source.read(4 * 1024 * 1024):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return encoding
    return "latin-1"


def read_blocks(source: BinaryIO, encoding: str, *, size: int = BLOCK) -> Iterator[Block]:
    """Lines of a file in bounded memory. A line end is LF, CRLF, or a CR alone when the file has no LF at all."""
    rest, first = b"", 1
    only_cr: bool | None = None
    while chunk := source.read(size):
        if only_cr is None:
            only_cr = b"\n" not in chunk and b"\r" in chunk
        piece = rest + chunk
        end = b"\r" if only_cr else b"\n"
        cut = piece.rfind(end)
        if cut < 0 and len(piece) < LONGEST:
            rest = piece
            continue
        cut = len(piece) - 1 if cut < 0 else cut
        lines = _lines(piece[: cut + 1], encoding, end)
        rest = piece[cut + 1 :]
        yield Block(first, lines)
        first += len(lines)
    if rest:
        yield Block(first, _lines(rest, encoding, b"\r" if only_cr else b"\n"))


def _lines(data: bytes, encoding: str, end: bytes) -> list[str]:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = data.decode(name, "replace").lstrip("\ufeff").replace("\x00", "")
    lines = text.split(end.decode())
    if lines and not lines[-1]:
        lines.pop()
    return [line.rstrip("\r") for line in lines]


def split_line(line: str, separator: str, width: int, tail: int = 0) -> tuple[list[str] | None, str]:
    """Fields of a line that does not have ``width - 1`` separators: ``(fields, remark)``, or ``(None, remark)``.

    Mended: quotes, and the ``tail`` of empty fields that every line of the file ends with. A surplus on one line alone
    is a separator inside a value, even when the row happens to end with empty fields: it is refused.
    """
    fields = line.split(separator)
    if '"' in line:
        quoted = next(csv.reader([line], delimiter=separator), [])
        if len(quoted) in {width, width + tail} and len(quoted) != len(fields):
            return quoted[:width], "interop.quoted"
    if tail and len(fields) == width + tail and not any(field.strip() for field in fields[width:]):
        return fields[:width], ""
    return None, "interop.short-row" if len(fields) < width else "interop.long-row"


def usual_tail(lines: list[str], separator: str, width: int) -> int:
    """How many empty fields most lines have after the last column: 0 in a tidy file."""
    counts = Counter(line.count(separator) for line in lines if line.strip())
    usual, number = counts.most_common(1)[0] if counts else (width - 1, 0)
    tail = usual - (width - 1)
    ends = sum(1 for line in lines if tail > 0 and line.endswith(separator * tail))
    return tail if tail > 0 and ends >= number >= FEW else 0
