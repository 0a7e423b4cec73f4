"""Tiles kept on disk, one folder for each right to see: a tile is asked for again each time the map is moved.

The first line of a file is the version it was cut from; another version, or no file, is a miss. The folder may be emptied at any
time and never grows far beyond its bound. It never decides who sees what: its caller names the folder after the reader's rights.
"""

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from chappe.kit.ops.config import value

ASIDE = 0.8  # of the bound: how far a sweep goes down, so that it is not needed again at once


def folder() -> Path:
    """Where tiles are kept, under the data folder."""
    return Path(settings.DATA) / "cache" / "tiles"


def _path(scope: str, zoom: int, column: int, row: int) -> Path:
    return folder() / scope / str(zoom) / str(column) / f"{row}.mvt.gz"


def read(scope: str, place: tuple[int, int, int], version: str) -> bytes | None:
    """The compressed tile of that version, or None."""
    try:
        kept = _path(scope, *place).read_bytes()
    except OSError:
        return None
    told, _line, body = kept.partition(b"\n")
    return body if told == version.encode() else None


def write(scope: str, place: tuple[int, int, int], version: str, body: bytes) -> None:
    """Keep a tile; a full disk is no reason not to show the map."""
    path = _path(scope, *place)
    fresh = path.with_name(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(version.encode() + b"\n" + body)
        os.replace(fresh, path)  # noqa: PTH105 - one rename, also over an older tile
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def sweep(most: int | None = None) -> int:
    """Bring the folder under ``most`` bytes (the setting by default), the oldest first. Answers how many tiles went."""
    bound = value("MAP_CACHE_MB") * 1_000_000 if most is None else most
    found = []
    for path in folder().rglob("*"):
        with suppress(OSError):
            if path.is_file():
                found.append((path.stat().st_mtime, path.stat().st_size, path))
    size, gone = sum(each[1] for each in found), 0
    if size <= bound:
        return 0
    for _when, bytes_, path in sorted(found):
        if size <= bound * ASIDE:
            break
        with suppress(OSError):
            path.unlink()
            size, gone = size - bytes_, gone + 1
    return gone


def clear() -> None:
    """Forget every tile."""
    shutil.rmtree(folder(), ignore_errors=True)
