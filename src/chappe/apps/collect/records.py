"""The raw records of a batch, whatever it is made of: a spool file with its moments, or a file as it came. Reads only."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from chappe.apps.collect import profiles
from chappe.apps.collect.models import Chunk
from chappe.connectors.pbx.frames import HEAD, Arrival, Flag, Raw, Scanner, encode, scan
from chappe.core.tickets.contract import Profile

PIECE = 1 << 20
FILE_CONNECTION = 0xFFFFFFFF  # no socket has this number: the records of a file


class Record(NamedTuple):
    """One raw record: ``number`` in its batch, when it came, by which connection, whether it was cut."""

    number: int
    received: dt.datetime
    connection: int
    data: bytes
    cut: str = ""  # "half": the connection ended before it; "long": a piece of too long a line


def of_spool(load: Callable[[], Iterable[Raw]]) -> Iterator[Record]:
    """Records of the collector."""
    for number, received, connection, data, flags in load():
        cut = "" if not flags else "half" if flags & Flag.HALF else "long" if flags & Flag.LONG else ""
        yield Record(number, received, connection, data, cut)


def records_of(chunk: Chunk, profile: Profile | None = None) -> Iterator[Record]:
    """Every record of a batch, in order. Raises FileNotFoundError when its file is gone from the store."""
    if chunk.stored is None:
        return
    with chunk.stored.open() as file:
        if file.read(len(HEAD)) == HEAD:
            yield from of_spool(lambda: scan(file, Scanner(len(HEAD))))
            return
        file.seek(0)
        profile = profile or profiles.find(chunk.profile or chunk.source.profile)
        yield from of_file(file, profile, chunk.created_at)


def of_file(file: BinaryIO, profile: Profile | None, received: dt.datetime) -> Iterator[Record]:
    """Records of a file as it came, cut as its format says; lines when nobody knows the format."""
    pieces = iter(lambda: file.read(PIECE), b"")
    if profile is None:
        found: Iterable[tuple[int, bytes]] = enumerate(_lines(pieces))
    else:
        from chappe.core.tickets.records import split

        found = split(profile, pieces)
    for number, (_offset, data) in enumerate(found, 1):
        yield Record(number, received, FILE_CONNECTION, data)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.rstrip(b"\r") for line in whole)
    if rest:
        yield rest.rstrip(b"\r")


def kept(records: Iterable[tuple[dt.datetime, bytes]]) -> bytes:
    """Records with their moments as the bytes of a spool file, to be read again by :func:`records_of`."""
    arrivals = [Arrival(int(received.timestamp() * 1_000_000), 0, bytes(data)) for received, data in records]
    return HEAD + b"".join(encode(1, arrivals))


def sample_of(data: bytes, most: int = 60) -> list[bytes]:
    """The first records of pasted or uploaded bytes for detection: lines, or the whole where it is one document."""
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in {b"{", b"[", b"<"} and not _is_lines(head):
        return [data]
    return data.splitlines()[:most]


def _is_lines(head: bytes) -> bool:
    """One document a line, as JSON logs and some XML feeds are."""
    lines = [line.strip() for line in head.splitlines()[:5] if line.strip()]
    ends = {b"{": b"}", b"[": b"]", b"<": b">"}
    return len(lines) > 1 and all(line[:1] in ends and line[-1:] == ends[line[:1]] for line in lines)
