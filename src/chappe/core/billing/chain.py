"""The hash chain of the journal, and the fingerprint of the code that makes it. Source: CGI 286, I, 3° bis (inalterability).

Canonical JSON: keys sorted, no space, UTF-8. The hash of an entry covers all of it and the hash of the entry before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

START = "0" * 64


def canonical(data: Any) -> bytes:
    """The one spelling of ``data`` that is hashed. Raises ValueError for what JSON cannot say exactly (NaN)."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def fingerprint(data: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(data)).hexdigest()


def link(entry: Mapping[str, Any], previous: str) -> str:
    """Hash of an entry that follows ``previous``. ``entry`` has neither ``previous`` nor ``sha256``."""
    return fingerprint({**entry, "previous": previous})


def broken(entries: Iterable[tuple[Mapping[str, Any], str, str]], start: str = START) -> Iterable[tuple[int, str]]:
    """Faults of a chain of ``(entry, previous, sha256)`` in order: ``(position, "gap"|"link"|"hash")``. Empty: it holds."""
    before, expected = start, None
    for entry, previous, sha256 in entries:
        position = int(entry["position"])
        if expected is not None and position != expected:
            yield position, "gap"
        if previous != before:
            yield position, "link"
        if link(entry, previous) != sha256:
            yield position, "hash"
        before, expected = sha256, position + 1


def code_fingerprint(files: Iterable[Path], root: Path) -> str:
    """SHA-256 over the names and bytes of ``files``: which fiscal code ran, whoever changed it."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
