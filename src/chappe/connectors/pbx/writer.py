"""Writes the spool files of one source: whole batches, on disk before anyone is told, undone when there is no room.

One writer a source, in one process (the spool holds the lock), used by one thread at a time. It never changes a
byte that was acknowledged: it only appends, and cuts what it could not finish.
"""

import datetime as dt
import errno
import os
import time
from collections.abc import Sequence
from pathlib import Path

from chappe.connectors.pbx.errors import SpoolError, SpoolFull
from chappe.connectors.pbx.frames import HEAD, Arrival, begin, encode, scan
from chappe.connectors.reasons import reason_of

CLOSED, OPEN = ".spool", ".open"
COUNTER = "counter"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MAX_FILE_BYTES = 256 * 1024 * 1024


def name_of(number: int, when: dt.datetime) -> str:
    """``20260214T101500-000000000042``: moment of the first record, and its number."""
    return f"{when:%Y%m%dT%H%M%S}-{number:012d}"


def number_in(name: str) -> int:
    """The first number of a file, from its name; -1 for a file that is none of ours."""
    digits = name.partition(".")[0].rpartition("-")[2]
    return int(digits) if digits.isdigit() and name.endswith((CLOSED, OPEN)) else -1


def sync_folder(folder: Path) -> None:
    """Names made, changed and removed are on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def spool_error(error: OSError) -> SpoolError:
    reason = reason_of(error)
    return SpoolFull(reason) if error.errno in NO_ROOM else SpoolError(reason)


class Writer:
    """``append`` returns when the records are on disk; ``close_file`` ends the present file, for those who read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0  # records in the present file
        self.opened = 0.0  # monotonic
        self._handle = -1
        self._path = folder
        self._size = 0
        self._unnamed: list[tuple[Path, int]] = []
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        self.next = self._recover()

    @property
    def size(self) -> int:
        return self._size

    def append(self, arrivals: Sequence[Arrival]) -> int:
        """Keep them all or none; the number of the first. Raises SpoolFull or SpoolError."""
        try:
            if self._handle < 0:
                self._open()
            written = self._write(b"".join(encode(self.next, arrivals)))
            os.fdatasync(self._handle)
        except OSError as error:
            self._undo(len(arrivals))
            raise spool_error(error) from error
        first = self.next
        self.next += len(arrivals)
        self.count += len(arrivals)
        self._size += written
        if self._size >= MAX_FILE_BYTES:
            self.close_file()
        return first

    def close_file(self) -> Path | None:
        """End the present file and give it its final name; None when there is none, or when the disk refuses for now."""
        if self._handle < 0:
            return None
        os.close(self._handle)
        self._handle = -1
        return self._end_file()

    def _open(self) -> None:
        path = self.folder / (name_of(self.next, dt.datetime.now(dt.UTC)) + OPEN)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        self._handle, self._path = os.open(path, flags, 0o640), path
        self._size, self.count, self.opened = 0, 0, time.monotonic()
        self._size = self._write(HEAD)
        os.fsync(self._handle)
        sync_folder(self.folder)

    def _write(self, data: bytes) -> int:
        """All bytes, or OSError: the system takes a part only when room runs out, and says so at the next write."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._handle, rest) :]
        return len(data)

    def _undo(self, arrivals: int) -> None:
        """Back to what is acknowledged, and on with a new file: after a failed fsync the system may have forgotten what it did
        not write. Where even the cut is refused, the numbers that may stand there are not given again."""
        if self._handle < 0:
            return
        try:
            os.ftruncate(self._handle, self._size)
            os.fsync(self._handle)
        except OSError:
            self.next += arrivals
            self.count += arrivals
        os.close(self._handle)
        self._handle = -1
        self._end_file()

    def _end_file(self) -> Path | None:
        """The final name, now or at the next try: a full disk may refuse even that."""
        self._unnamed.append((self._path, self.count))
        self.count = self._size = 0
        path = None
        for item in list(self._unnamed):
            try:
                path = _finish(*item)
            except OSError:
                continue
            self._unnamed.remove(item)
        return path

    def _recover(self) -> int:
        """Cut torn tails, give files left open their final name; the next number."""
        following = _counter(self.folder)
        for path in sorted(self.folder.glob(f"*{OPEN}"), key=lambda p: number_in(p.name)):
            following = max(following, _recover_file(path))
        newest = max(self.folder.glob(f"*{CLOSED}"), key=lambda p: number_in(p.name), default=None)
        if newest is not None:
            following = max(following, last_number(newest) + 1, number_in(newest.name))
        return following


def _finish(path: Path, count: int) -> Path | None:
    """The final name; a file without a record is removed."""
    if count:
        path = path.rename(path.with_suffix(CLOSED))
    else:
        path.unlink()
    sync_folder(path.parent)
    return path if count else None


def _recover_file(path: Path) -> int:
    """One file left open by a process that died: its torn tail is cut; the number after its last record."""
    count, last = 0, number_in(path.name) - 1
    with path.open("r+b") as file:
        scanner = begin(file)
        for raw in scan(file, scanner):
            count, last = count + 1, raw.number
        file.truncate(scanner.offset)
        file.flush()
        os.fsync(file.fileno())
    _finish(path, count)
    return last + 1


def last_number(path: Path) -> int:
    """The number of the last record of a file; 0 when it holds none."""
    last = 0
    with path.open("rb") as file:
        for raw in scan(file, begin(file)):
            last = raw.number
    return last


def _counter(folder: Path) -> int:
    path = folder / COUNTER
    return int(path.read_text("ascii")) if path.exists() else 1


def keep_counter(folder: Path, following: int) -> None:
    """Numbers never come back, even when every file has been removed. Written before the removal."""
    if following <= _counter(folder):
        return
    draft = folder / f"{COUNTER}.new"
    with draft.open("w", encoding="ascii") as file:
        file.write(str(following))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / COUNTER)
    sync_folder(folder)
