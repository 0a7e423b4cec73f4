"""How one raw record lies in a spool file, and how to find the records again after anything that happens to a disk.

A file is a header then frames. A frame is 32 bytes (mark, flags, length, checksum, number, moment, connection) then
the bytes as they arrived. A frame whose checksum is wrong is never given out; what follows it is found again by its mark.
Pure bytes: opens no file, decides nothing about truncation.
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import BinaryIO, NamedTuple
from zlib import crc32

HEAD = b"chappe spool 1\r\n"  # 16 bytes; a text tool that changes line ends shows at once
MARK = b"\xc4\xa9"
FRAME = struct.Struct("<2sHIIQQI")  # mark, flags, length, checksum, number, received, connection
CHECKED = struct.Struct("<HIQQI")  # what the checksum covers, before the data: all of the frame but its mark and itself
BEFORE, BEHIND = 8, 12  # where the checksum stands in a frame
MAX_DATA = 16 * 1024 * 1024  # a longer record is damage, not data
READ_SIZE = 1 << 20


class Flag(IntFlag):
    """What happened to a record before it was whole."""

    NONE = 0
    HALF = 1  # the connection ended before the end of the record
    LONG = 2  # longer than allowed: a piece; the next record of the connection goes on with it


NO_FLAG = Flag.NONE


class Arrival(NamedTuple):
    """A record to be kept: ``received`` in microseconds since 1970 UTC, ``connection`` as the engine numbers them."""

    received: int
    connection: int
    data: bytes
    flags: int = 0


class Raw(NamedTuple):
    """A record as it was kept. ``number`` grows by source, for ever; ``received`` is UTC."""

    number: int
    received: dt.datetime
    connection: int
    data: bytes
    flags: Flag = Flag.NONE

    @property
    def half(self) -> bool:
        """The line was cut by a disconnection: shown, decoded only if it happens to be whole."""
        return bool(self.flags & Flag.HALF)

    @property
    def key(self) -> str:
        return record_key(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def record_key(data: bytes) -> str:
    """32 hexadecimal digits that are the same for the same bytes: what recognises a replayed buffer.

    Line ends and the NULs that some systems send first after a reconnection do not count. Two calls may rightly give
    the same line: count occurrences beside the key.
    """
    return record_print(data).hex()


def record_print(data: bytes) -> bytes:
    """The same as 16 bytes."""
    return hashlib.blake2b(data.strip(b"\0\r\n"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that are no record."""

    offset: int
    length: int


def encode(first: int, arrivals: Iterable[Arrival]) -> list[bytes]:
    """Pieces to be written one after the other; numbers from ``first`` up. Raises ValueError for oversized data."""
    pieces: list[bytes] = []
    number = first
    for received, connection, data, flags in arrivals:
        length = len(data)
        if length > MAX_DATA:
            raise ValueError(f"a record of {length} bytes")
        check = crc32(data, crc32(CHECKED.pack(flags, length, number, received, connection)))
        pieces += (FRAME.pack(MARK, flags, length, check, number, received, connection), data)
        number += 1
    return pieces


class Scanner:
    """Gives the records of bytes that are fed to it in pieces, and keeps account of what is no record.

    ``offset`` is the place, counted from the start given, after the last good record. ``damage`` is what lay before or between
    good records; bytes behind ``offset`` are a frame that is not whole yet or, once ``finish`` was called, a torn tail.
    """

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self.damage: list[Damage] = []
        self._rest = b""
        self._from = 0  # of the rest: no frame begins before it

    @property
    def tail(self) -> int:
        """Bytes behind the last good record."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Raw]:
        """The records that are whole now."""
        return self._scan(self._rest + data if self._rest else data, final=False)

    def finish(self) -> list[Raw]:
        """Nothing follows: records behind a frame whose length is wrong, if any."""
        return self._scan(self._rest, final=True)

    def _scan(self, buffer: bytes, *, final: bool) -> list[Raw]:
        found: list[Raw] = []
        settled, at, size = 0, self._from, len(buffer)
        while size - at >= FRAME.size:
            mark, flags, length, check, number, received, connection = FRAME.unpack_from(buffer, at)
            good = mark == MARK and length <= MAX_DATA
            end = at + FRAME.size + length
            if good and end > size and not final:
                break
            whole = good and end <= size
            if whole and check == crc32(buffer[at + BEHIND : end], crc32(buffer[at + len(MARK) : at + BEFORE])):
                if at > settled:
                    self.damage.append(Damage(self.offset + settled, at - settled))
                flag = Flag(flags) if flags else NO_FLAG
                found.append(Raw(number, moment(received), connection, buffer[end - length : end], flag))
                settled = at = end
                continue
            at = buffer.find(MARK, at + 1)
            if at < 0:
                at = size - 1 if buffer.endswith(MARK[:1]) else size
        self.offset += settled
        self._rest, self._from = buffer[settled:], at - settled
        return found


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moment(microseconds: int) -> dt.datetime:
    """Exact to the microsecond, which a float would not be."""
    return EPOCH + dt.timedelta(microseconds=microseconds)


def begin(file: BinaryIO) -> Scanner:
    """A scanner for a file just opened. A file whose header is spoilt is read from its first byte."""
    if file.read(len(HEAD)) == HEAD:
        return Scanner(len(HEAD))
    file.seek(0)
    return Scanner()


def scan(file: BinaryIO, scanner: Scanner) -> Iterator[Raw]:
    """Every record of an open file, from where it stands, to its end."""
    while piece := file.read(READ_SIZE):
        yield from scanner.feed(piece)
    yield from scanner.finish()
