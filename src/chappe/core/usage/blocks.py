"""Cut a file of calls into blocks of whole lines, in bounded memory whatever the file holds.

Knows bytes only: the header is read here, the lines are not. A line without end is cut, never gathered.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import numpy as np

from chappe.core.rating.contract import U8
from chappe.core.usage.fast import PADDING
from chappe.core.usage.faults import MAX_LINE

BLOCK = 8 << 20  # bytes: large enough to hide the cost of a block, small enough for four of them at once


class Readable(Protocol):
    """What we ask of a source."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(slots=True)
class Block:
    """Whole lines behind ``lo`` bytes of preamble; ``first_line`` is the number of the first, from 1."""

    buf: U8
    lo: int
    first_line: int
    end_offset: int  # bytes of the source consumed so far, for progress
    line_ends: int


class _Utf16:
    """A UTF-16 source read as UTF-8; half a character at the very end becomes a replacement mark."""

    def __init__(self, source: Readable) -> None:
        self.source = source
        self.decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int = -1, /) -> bytes:
        while True:
            raw = self.source.read(size)
            text = self.decoder.decode(raw, final=not raw)
            if text or not raw:
                return text.encode("utf-8", "replace")


class LineSource:
    """The lines of a byte stream: the header line first, then blocks."""

    def __init__(self, source: BinaryIO, block: int = BLOCK) -> None:
        self.block = block
        head = source.read(4)
        self.consumed = len(head)
        self.source: Readable = source
        self.line = 1
        self.pending = b""
        self.at_end = not head
        self.crlf = False
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            self.source = _Utf16(_Pushed(head, source))
        else:
            self.pending = head

    def header(self) -> str | None:
        """The first line that is not blank, without its byte order mark; None when there is none."""
        while True:
            end = self.pending.find(b"\n")
            while end < 0 and not self.at_end and len(self.pending) <= MAX_LINE:
                self._more(1 << 16)
                end = self.pending.find(b"\n")
            end = len(self.pending) if end < 0 else end
            raw, self.pending = self.pending[:end], self.pending[end + 1 :]
            raw = raw.removeprefix(codecs.BOM_UTF8)
            self.crlf = raw.endswith(b"\r")
            self.line += 1
            if raw.strip():
                return _decoded(raw.rstrip(b"\r"))
            if not self.pending and self.at_end:
                return None

    def blocks(self, preamble: bytes) -> Iterator[Block]:
        """Blocks of whole lines; the last one may end without a line end."""
        tail = self.pending
        while tail or not self.at_end:
            parts, size = [tail], len(tail)
            cut = -1
            while cut < 0 and not self.at_end:
                chunk = self._read(max(self.block - size, 1 << 16))
                cut = chunk.rfind(b"\n")
                if cut < 0 and size > MAX_LINE:
                    chunk = b""  # the line is already too long to be read: drop what follows of it
                parts.append(chunk)
                size += len(chunk)
            if self.at_end or cut < 0:
                tail, rest = b"", 0
            else:
                rest = len(parts[-1]) - cut - 1
                tail = parts[-1][cut + 1 :]
            if size:
                yield self._block(preamble, parts, rest)

    def _block(self, preamble: bytes, parts: list[bytes], rest: int) -> Block:
        whole = bytearray().join(
            [preamble, *parts, bytes(PADDING)]
        )  # writable, as all arrays of the compiled passes are
        size = len(whole) - PADDING - rest
        ends = whole.count(b"\n", 0, size)
        block = Block(np.frombuffer(whole, np.uint8)[:size], len(preamble), self.line, self.consumed, ends)
        self.line += ends
        return block

    def _more(self, size: int) -> None:
        self.pending += self._read(size)

    def _read(self, size: int) -> bytes:
        chunk = self.source.read(size)
        self.consumed += len(chunk)
        self.at_end = not chunk
        return chunk


class _Pushed:
    """A source with some bytes put back in front."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self.head, self.source = head, source

    def read(self, size: int = -1, /) -> bytes:
        head, self.head = self.head, b""
        return head or self.source.read(size)


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
