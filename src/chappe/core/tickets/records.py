"""Cutting a file or a stream of bytes into the records its decoder takes, with the offset of each.

Nothing is lost: the bytes between two records are line ends and spaces only, and a last record without its line end
is a record. Memory is bounded by the longest record.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from chappe.core.tickets.contract import Profile
from chappe.core.tickets.decoders.oxe import FRAME, TICKET_LABEL
from chappe.core.tickets.registry import DECODERS

Record = tuple[int, bytes]
LONGEST_LINE = 1 << 20  # a longer line is cut and told by its decoder as too long
LONGEST_DOCUMENT = 1 << 24
MOST_LINES_QUOTED = 20  # lines one quoted field may span; a stray quote must not swallow the file
_XML_END = b"</cdr>"


def split(profile: Profile, chunks: Iterable[bytes]) -> Iterator[Record]:
    """The records of a file given as pieces of any size: (offset of its first byte, bytes without the line end).

    How they are cut comes from ``transport.framing``, else from the decoder: lines, csv (a quoted field may hold line
    ends), json (objects or lists, one a line or not), xml (``</cdr>``), oxe (frames of 772 bytes, or lines).
    """
    framing = str(profile.transport.get("framing") or DECODERS[profile.decoder].framing)
    if framing == "json" or DECODERS[profile.decoder].framing == "json":
        return _documents(chunks)
    return _CUTTERS.get(framing, _lines)(chunks)


def _lines(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Lines ended by LF, CRLF or CR LF LF; empty ones are left out."""
    rest, offset = b"", 0
    for chunk in chunks:
        rest += chunk
        pieces = rest.split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            line = piece.rstrip(b"\r")
            if line.strip():
                yield offset, line
            offset += len(piece) + 1
        while len(rest) > LONGEST_LINE:
            yield offset, rest[:LONGEST_LINE]
            rest, offset = rest[LONGEST_LINE:], offset + LONGEST_LINE
    if rest.strip():
        yield offset, rest.rstrip(b"\r")


def _csv(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Lines, joined while a quote stays open, up to a bound after which each stands for itself."""
    held: list[Record] = []
    for offset, line in _lines(chunks):
        held.append((offset, line))
        if sum(part.count(b'"') for _, part in held) % 2 == 0:
            yield held[0][0], b"\n".join(part for _, part in held)
            held = []
        elif len(held) >= MOST_LINES_QUOTED:
            yield held[0]
            again, held = held[1:], []
            for each in again:  # the rest is looked at again, without the line whose quote was a stray one
                held.append(each)
                if sum(part.count(b'"') for _, part in held) % 2 == 0:
                    yield held[0][0], b"\n".join(part for _, part in held)
                    held = []
    yield from held


def _documents(chunks: Iterable[bytes]) -> Iterator[Record]:
    """JSON objects or lists, XML calls, or plain lines: told by the first byte that is no space."""
    stream = iter(chunks)
    head = b""
    for chunk in stream:
        head += chunk
        if head.strip():
            break
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    pieces = _again(head, stream)
    if first == b"<":
        return _xml(pieces)
    return _json(pieces) if first in {b"{", b"["} else _csv(pieces)


def _again(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


_JSON_MARKS = re.compile(rb'["\\{}\[\]]')


def _json(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Each outermost object or list. Text between them is a record of its own, for the decoder to refuse."""
    rest, offset, at, begun, depth, quoted = b"", 0, 0, 0, 0, False
    for chunk in chunks:
        rest += chunk
        cut = 0  # up to here, everything has been given
        while (found := _JSON_MARKS.search(rest, at)) is not None:
            mark, where = found.group(), found.start()
            at = where + 1
            if mark == b"\\":
                at += quoted
            elif mark == b'"':
                quoted = not quoted and depth > 0
            elif quoted:
                continue
            elif mark in {b"{", b"["}:
                if depth == 0:
                    yield from _between(rest[cut:where], offset + cut)
                    begun = where
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0:
                    cut = at
                    yield offset + begun, rest[begun:cut]
        at = max(at, len(rest))
        if depth and len(rest) - cut > LONGEST_DOCUMENT:
            yield offset + cut, rest[cut:]
            cut, depth, quoted = len(rest), 0, False
        elif depth:
            cut = begun
        rest, offset, at, begun = rest[cut:], offset + cut, at - cut, begun - cut
    yield from _between(rest, offset)


def _between(piece: bytes, offset: int) -> Iterator[Record]:
    plain = piece.strip(b" \t\r\n,\xef\xbb\xbf")
    if plain:
        yield offset + piece.index(plain), plain


def _xml(chunks: Iterable[bytes]) -> Iterator[Record]:
    """One call each, up to ``</cdr>``."""
    rest, offset = b"", 0
    for chunk in chunks:
        rest += chunk
        *pieces, rest = rest.split(_XML_END)
        for piece in pieces:
            yield offset + len(piece) - len(piece.lstrip()), piece.strip() + _XML_END
            offset += len(piece) + len(_XML_END)
        if len(rest) > LONGEST_DOCUMENT:
            yield offset, rest
            rest, offset = b"", offset + len(rest)
    if rest.strip():
        yield offset + len(rest) - len(rest.lstrip()), rest.strip()


def _oxe(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Frames of 772 bytes when the file begins with a ticket's label, else lines."""
    stream = iter(chunks)
    head = b""
    while len(head) < 4:
        piece = next(stream, b"")
        if not piece:
            break
        head += piece
    pieces = _again(head, stream)
    return _frames(pieces) if head[:2] == TICKET_LABEL[:2] else _lines(pieces)


def _frames(chunks: Iterable[bytes]) -> Iterator[Record]:
    rest, offset = b"", 0
    for chunk in chunks:
        rest += chunk
        whole = len(rest) - len(rest) % FRAME
        for at in range(0, whole, FRAME):
            yield offset + at, rest[at : at + FRAME]
        rest, offset = rest[whole:], offset + whole
    if rest:
        yield offset, rest


_CUTTERS: Mapping[str, Callable[[Iterable[bytes]], Iterator[Record]]] = MappingProxyType(
    {"lines": _lines, "csv": _csv, "json": _documents, "xml": _documents, "oxe": _oxe}
)
