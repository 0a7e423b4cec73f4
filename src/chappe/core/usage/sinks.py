"""Files that appear whole or not at all.

Everything is written under a temporary name in the folder of the target, flushed to the disk and renamed at
the end. A run that is killed leaves the earlier file as it was; the next one in that folder sweeps up behind it.
"""

import contextlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

STANDARD = "-"
_LEFT = re.compile(r"\.chappe-(\d+)-.*")


def own_prefix() -> str:
    """What the names of our temporary files and folders begin with: whose they are can be told from it."""
    return f".chappe-{os.getpid()}-"


def sweep(folder: Path) -> None:
    """Remove what runs that were killed have left in ``folder``; files of a process that lives stay."""
    for path in folder.glob(".chappe-*"):
        found = _LEFT.fullmatch(path.name)
        if found is None or _lives(int(found[1])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):  # someone else's, or gone by now
                path.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # there is one, of another person; or no number of a process at all
    return True


class WholeFile:
    """A binary file that replaces ``target`` on :meth:`keep`; ``-`` is standard output, spooled the same way."""

    def __init__(self, target: str | Path) -> None:
        self.target = str(target)
        folder = None if self.target == STANDARD else Path(target).resolve().parent
        handle, name = tempfile.mkstemp(prefix=own_prefix(), suffix=".part", dir=folder)
        self.path = Path(name)
        self.file: BinaryIO = os.fdopen(handle, "w+b", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        """All of ``data``: an unbuffered file may take only a part at a time."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.file.write(rest) :]

    def keep(self) -> None:
        """Make the file appear under its name."""
        if self.target == STANDARD:
            self.file.seek(0)
            shutil.copyfileobj(self.file, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()
            self.drop()
            return
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        target = Path(self.target).resolve()
        self.path.chmod(_mode_of(target))
        self.path.replace(target)
        _sync_folder(target.parent)

    def drop(self) -> None:
        """Leave no trace."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "WholeFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.file.closed:
            self.drop()


def _mode_of(target: Path) -> int:
    """The rights of the file that is replaced; a temporary file's own are too narrow for a new one."""
    return target.stat().st_mode & 0o777 if target.exists() else 0o644


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
