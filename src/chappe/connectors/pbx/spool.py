"""The spool: every record of every PBX, on disk before anything looks at it. What the collector and the jobs share.

``<folder>/<source>/<YYYYMMDDThhmmss>-<number of the first record>.spool`` is closed and never changes again; the file being
written ends in ``.open``. One process writes (it holds a lock), any number read. Records are numbered by source, for
ever. Removing what has been taken in is the business of whoever took it in; nothing here decodes or deletes by itself.
"""

import asyncio
import contextlib
import datetime as dt
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from chappe.connectors.pbx.errors import SpoolError, SpoolFull, SpoolLocked
from chappe.connectors.pbx.frames import Arrival, Damage, Flag, Raw, begin, record_key, scan
from chappe.connectors.pbx.writer import (
    CLOSED,
    OPEN,
    Writer,
    keep_counter,
    last_number,
    number_in,
    spool_error,
    sync_folder,
)

__all__ = [
    "Arrival", "Damage", "Flag", "Raw", "Spool", "SpoolError", "SpoolFile", "SpoolFull", "SpoolLocked", "now", "record_key",
]  # fmt: skip

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
THREADS = 4
POLL_SECONDS = 0.25
IDLE_SECONDS = 10.0


T = TypeVar("T")


def now() -> int:
    """Microseconds since 1970 UTC: ``Arrival.received``."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class SpoolFile:
    """One file of a source. ``closed``: it has its final name and does not change any more.

    ``damage`` is filled by reading it to its end: bytes that are no record, which were skipped.
    """

    path: Path
    damage: list[Damage] = field(default_factory=list, repr=False, compare=False)

    @property
    def source(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def first(self) -> int:
        """Number of its first record."""
        return number_in(self.path.name)

    @property
    def opened(self) -> dt.datetime:
        """When its first record came, to the second."""
        return dt.datetime.strptime(self.path.name.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)

    @property
    def closed(self) -> bool:
        return self.path.suffix == CLOSED

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self) -> Iterator[Raw]:
        """Its records in order. Raises FileNotFoundError when it has been removed."""
        with self._open() as file:
            scanner = begin(file)
            yield from scan(file, scanner)
            tail = [Damage(scanner.offset, scanner.tail)] if scanner.tail and self.closed else []
            self.damage = [*scanner.damage, *tail]

    def _open(self) -> BinaryIO:
        """It may have been closed, and so renamed, since it was listed."""
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            if self.closed:
                raise
            return self.path.with_suffix(CLOSED).open("rb")

    def sha256(self) -> str:
        """Of the whole file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def remove(self, last: int = 0) -> None:
        """Once its records are kept elsewhere. Their numbers are not given again. Removing twice is harmless.

        ``last`` is the number of its last record, for who has just read them all: the file is not read again to find it.
        """
        if not self.closed:
            raise ValueError(f"{self.name} is being written")
        if self.path.exists():
            keep_counter(self.path.parent, (last or last_number(self.path)) + 1)
            self.path.unlink(missing_ok=True)
            sync_folder(self.path.parent)


class Spool:
    """A folder of sources. Reading needs nothing; ``append`` takes the lock and recovers what a crash left.

    Use it from one event loop when writing. ``close`` ends the open files, so that they can be taken in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._lines: dict[str, _Line] = {}
        self._lock: BinaryIO | None = None
        self._threads: ThreadPoolExecutor | None = None

    # -- writing

    def start(self) -> None:
        """Take the lock, recover every source. Raises SpoolLocked when another process writes here, SpoolError when the disk
        refuses."""
        if self._lock is not None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".writer").open("wb")
        except OSError as error:
            raise spool_error(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise SpoolLocked(str(self.folder)) from error
        self._lock = lock
        self._threads = ThreadPoolExecutor(THREADS, "spool")
        for source in self.sources():
            if any((self.folder / source).glob(f"*{OPEN}")):
                with contextlib.suppress(SpoolError):  # told when its next record comes
                    self._line(source)

    async def append(self, source: str, arrivals: Sequence[Arrival]) -> int:
        """Keep them, in this order, all or none; returns when they are on disk, with the number of the first.

        Calls that come while the disk is busy are written together. Raises SpoolFull when there is no room, SpoolError
        when the disk refuses otherwise: nothing was kept then, and the same may be given again.
        """
        if not arrivals:
            raise ValueError("no record to keep")
        self._folder(source)
        self.start()
        return await self._line(source).append(arrivals)

    async def rotate(self, source: str, max_age_s: float = 0.0, max_records: int = 1) -> SpoolFile | None:
        """Close the open file if it is that old or holds that many; the closed file, else None."""
        if self._lock is None or source not in self._lines:
            return None
        path = await self._line(source).rotate(max_age_s, max_records)
        return SpoolFile(path) if path else None

    async def close(self) -> None:
        """What is under way is written, every open file closed, the lock given back."""
        for line in self._lines.values():
            await line.rotate(0.0, 1)
        self._lines.clear()
        if self._threads:
            self._threads.shutdown()
        if self._lock:
            self._lock.close()
        self._lock = self._threads = None

    def _line(self, source: str) -> "_Line":
        line = self._lines.get(source)
        if line is None:
            if self._threads is None:
                raise SpoolError("not started")
            try:
                writer = Writer(self._folder(source))
            except OSError as error:
                raise spool_error(error) from error
            line = self._lines[source] = _Line(writer, self._threads)
        return line

    # -- reading

    def _folder(self, source: str) -> Path:
        if not SLUG.match(source):
            raise ValueError(f"not the name of a source: {source!r}")
        return self.folder / source

    def sources(self) -> list[str]:
        """Those that have a folder here."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and SLUG.match(path.name))

    def files(self, source: str) -> list[SpoolFile]:
        """All files, oldest first, the open one last."""
        folder = self._folder(source)
        if not folder.is_dir():
            return []
        names = sorted((number_in(name), name) for name in os.listdir(folder))  # noqa: PTH208 - polled often
        return [SpoolFile(folder / name) for number, name in names if number >= 0]

    def closed(self, source: str) -> list[SpoolFile]:
        """The files that will not change any more, oldest first."""
        return [file for file in self.files(source) if file.closed]

    def last(self, source: str, count: int) -> list[Raw]:
        """The last records, oldest first, closed or not: what a page shows before it follows."""
        found: list[Raw] = []
        for file in reversed(self.files(source)):
            try:
                found = list(file.read())[-count:] + found
            except FileNotFoundError:
                continue
            if len(found) >= count:
                break
        return found[-count:]

    def follow(
        self,
        source: str,
        after: int | None = None,
        *,
        poll: float = POLL_SECONDS,
        idle: float = IDLE_SECONDS,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[Raw | None]:
        """Records with a number above ``after`` (None: only those to come), as they are written by another process.

        Blocks between two looks; gives None after each ``idle`` seconds of silence, so that whoever reads can see that its
        own reader has left. Ends when ``stopped()``. For showing only: a record seen here may not be on disk yet.
        """
        from chappe.connectors.pbx.follow import Follower

        follower = Follower(partial(self.files, source), self._folder(source), after)
        quiet = time.monotonic()
        try:
            while not stopped():
                news = follower.look()
                if news:
                    yield from news
                    quiet = time.monotonic()
                    continue
                if time.monotonic() - quiet >= idle:
                    yield None
                    quiet = time.monotonic()
                time.sleep(poll)
        finally:
            follower.close()


class _Line:
    """Group commit of one source: while a batch is being written, what comes is gathered into the next.

    All work on the writer is done by one task, so that a caller who is cancelled leaves nothing half done.
    """

    def __init__(self, writer: Writer, threads: ThreadPoolExecutor) -> None:
        self.writer, self.threads = writer, threads
        self._waiting: list[tuple[Sequence[Arrival], asyncio.Future[int]]] = []
        self._closing: list[tuple[float, int, asyncio.Future[Path | None]]] = []
        self._pump: asyncio.Task[None] | None = None

    async def append(self, arrivals: Sequence[Arrival]) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrivals, answer))
        self._go()
        return await answer

    async def rotate(self, max_age_s: float, max_records: int) -> Path | None:
        answer: asyncio.Future[Path | None] = asyncio.get_running_loop().create_future()
        self._closing.append((max_age_s, max_records, answer))
        self._go()
        return await answer

    def _go(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting or self._closing:
            if self._waiting:
                await self._flush()
            closing, self._closing = self._closing, []
            for max_age_s, max_records, answer in closing:
                _settle(answer, await self._rotate(max_age_s, max_records))

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        together = [arrival for arrivals, _answer in batch for arrival in arrivals]
        try:
            first = await self._run(partial(self.writer.append, together))
        except (SpoolError, ValueError) as error:
            for _arrivals, answer in batch:
                _settle(answer, error)
            return
        for arrivals, answer in batch:
            _settle(answer, first)
            first += len(arrivals)

    async def _rotate(self, max_age_s: float, max_records: int) -> Path | None:
        writer = self.writer
        if not writer.count:
            return None
        if writer.count < max_records and time.monotonic() - writer.opened < max_age_s:
            return None
        return await self._run(writer.close_file)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def _settle(answer: "asyncio.Future[T]", result: "T | Exception") -> None:
    """A caller who has left is not told."""
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
