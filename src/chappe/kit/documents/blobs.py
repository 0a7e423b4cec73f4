"""The store of bytes: named by their SHA-256, written once, whole or not at all.

A blob is written under ``tmp/``, forced to the disk, then renamed to ``ab/cdef…``: a crash leaves the earlier
state. Must never know a row, a user or a right; must never change a blob that stands.
"""

import fcntl
import hashlib
import os
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings

CHUNK_BYTES = 1 << 20
NAME_BYTES = 200  # every file system takes 255; the rest is room for a suffix of the reader's own
ORPHAN_SECONDS = 86_400  # a blob without row may belong to a transaction that is still open


class TooLarge(Exception):  # noqa: N818 - says what it is
    """The stream passed the limit; nothing was kept."""


@dataclass(frozen=True)
class Blob:
    """What was written: ``size`` in bytes."""

    sha256: str
    size: int


def root() -> Path:
    return Path(settings.DATA) / "files"


def blob_path(sha256: str) -> Path:
    return root() / sha256[:2] / sha256[2:]


def safe_name(name: str) -> str:
    """``name`` without folders, control or direction marks, at most 200 bytes, extension kept.

    Answers "file" when nothing is left.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    name = name.strip().lstrip(".").strip()
    if not name:
        return "file"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 20:
        stem, dot, suffix = name, "", ""
    room = NAME_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + suffix


@contextmanager
def _locked(mode: int) -> Iterator[None]:
    """Writers share the lock, the sweep has it alone: no blob goes that a writer has just found again."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / ".lock").open("a") as lock:
        fcntl.flock(lock, mode)
        yield


class Draft:
    """A blob being written piece by piece: it stands once :meth:`settle` has answered, or nothing of it is left.

    For whoever makes bytes, maybe several files at once; use it in a ``with``.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        folder = root() / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / uuid4().hex
        self._out = self._path.open("xb")
        self._digest, self._limit = hashlib.sha256(), limit
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises TooLarge past the limit."""
        self.size += len(chunk)
        if self._limit is not None and self.size > self._limit:
            raise TooLarge
        self._digest.update(chunk)
        self._out.write(chunk)

    def settle(self) -> Blob:
        """Force the bytes to the disk and give them their name."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        name = self._digest.hexdigest()
        _settle(self._path, blob_path(name), self.size)
        return Blob(name, self.size)

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, *_error: object) -> None:
        self._out.close()
        self._path.unlink(missing_ok=True)


def write(stream: IO[bytes], *, limit: int | None = None) -> Blob:
    """Copy ``stream`` into the store. Raises TooLarge past ``limit`` bytes; then nothing is left behind."""
    with Draft(limit=limit) as draft:
        while chunk := stream.read(CHUNK_BYTES):
            draft.write(chunk)
        return draft.settle()


def _settle(temporary: Path, final: Path, size: int) -> None:
    with _locked(fcntl.LOCK_SH):
        if final.exists() and final.stat().st_size == size:
            os.utime(final)  # young again: the sweep leaves it for a day
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o440)
        temporary.replace(final)
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def every() -> Iterator[tuple[str, Path]]:
    """(fingerprint by its name, path) of each blob, in order."""
    for folder in sorted(root().glob("[0-9a-f][0-9a-f]")):
        for path in sorted(folder.iterdir()):
            yield folder.name + path.name, path


def remove_if_old(sha256: str, *, older_than_seconds: float = ORPHAN_SECONDS) -> bool:
    """Remove a blob unless a writer has touched it lately. The caller knows that no row names it."""
    path = blob_path(sha256)
    with _locked(fcntl.LOCK_EX):
        if not path.exists() or time.time() - path.stat().st_mtime < older_than_seconds:
            return False
        path.unlink()
        return True


def remove_old_temporaries(*, older_than_seconds: float = ORPHAN_SECONDS) -> int:
    """Remove what a killed writer left under ``tmp/``."""
    removed = 0
    for path in (root() / "tmp").glob("*"):
        if time.time() - path.stat().st_mtime >= older_than_seconds:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
