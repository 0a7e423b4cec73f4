"""How far the applying (or undoing) of a file is, seen while its one transaction is still open.

SQLite lets nobody else write meanwhile, not even a progress bar: so it stands in a small file of the data folder. Nothing
depends on it: a file that is lost, or left by a killed job, costs a bar and nothing else.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

Told = Callable[[int, int], None]
OFTEN = 0.5  # seconds between two writes
_telling: ContextVar[Told | None] = ContextVar("exchange.progress", default=None)


def tell(done: int, total: int) -> None:
    """For formats, inside ``apply`` and ``undo``: so many of so many rows. May raise to stop the work."""
    told = _telling.get()
    if told is not None:
        told(done, total)


@dataclass(slots=True)
class Tally:
    """How many of the rows of a file are written, or put back; told after each block of them."""

    total: int
    rows: int = 0

    def more(self, count: int) -> None:
        """So many rows more. May raise to stop the work."""
        self.rows = min(self.rows + count, self.total)
        tell(self.rows, self.total)


@contextmanager
def telling(file: int, job: int, also: Told) -> Iterator[None]:
    """What ``tell`` says in this block is kept for :func:`seen`, and given to ``also``."""
    path, last = _path(file), 0.0

    def kept(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= OFTEN or done >= total:
            last = time.monotonic()
            _write(path, {"job": job, "done": done, "total": total})
        also(done, total)

    token = _telling.set(kept)
    try:
        yield
    finally:
        _telling.reset(token)
        with suppress(OSError):
            path.unlink(missing_ok=True)


def seen(file: Any) -> tuple[int, int]:
    """(done, total) of the work on a file; (0, 0) when nothing is known."""
    job = file.job
    if job is None:
        return 0, 0
    try:
        told = json.loads(_path(file.pk).read_text("utf-8"))
        if told["job"] == job.pk:
            return int(told["done"]), int(told["total"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return job.progress_done, job.progress_total


def _path(file: int) -> Path:
    return Path(settings.DATA) / "run" / f"exchange-{file}.json"


def _write(path: Path, told: dict[str, int]) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(told), "utf-8")
        fresh.replace(path)
