"""One file that holds an installation: a tar, compressed, whose last entry is a manifest of fingerprints.

Knows names, bytes and hashes; nothing of databases. A cut archive has no manifest and is refused. Must never
write outside of the folder that it is given.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyarrow as pa

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK_BYTES = 1 << 20


class ArchiveError(Exception):
    """Not an archive of Chappe, or a damaged one; ``code`` names the sentence, ``name`` the entry."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code} {name}".strip())
        self.code, self.name = code, name


def compression(path: Path) -> str:
    """ "zstd" or "gzip", by the name. Raises ArchiveError for another ending."""
    if path.name.endswith((".tar.zst", ".tzst")):
        return "zstd"
    if path.name.endswith((".tar.gz", ".tgz")):
        return "gzip"
    raise ArchiveError("ending", path.name)


class _Hashing(io.RawIOBase):
    """Passes bytes through and remembers their fingerprint and their number."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest, self.size = stream, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        chunk = self.stream.read(size)
        self.digest.update(chunk)
        self.size += len(chunk)
        return chunk


@dataclass
class Writer:
    """Adds files one after the other; ``close`` writes the manifest."""

    tar: tarfile.TarFile
    about: dict[str, Any]
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, path: Path, name: str) -> None:
        """A file as it is now: one that grows is kept up to its size at the start. OSError if it shrinks."""
        with path.open("rb") as stream:
            state = os.fstat(stream.fileno())
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = state.st_size, int(state.st_mtime), state.st_mode & 0o777
            passing = _Hashing(stream)
            self.tar.addfile(info, passing)  # type: ignore[arg-type]
        self.entries[name] = {"sha256": passing.digest.hexdigest(), "size": passing.size}

    def finish(self) -> None:
        text = json.dumps({"format": FORMAT, **self.about, "entries": self.entries}, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o644
        self.tar.addfile(info, io.BytesIO(text))


@contextmanager
def writing(path: Path, about: dict[str, Any]) -> Iterator[Writer]:
    """Write an archive under another name, force it to the disk, rename it: it is there whole or not at all."""
    kind = compression(path)
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)  # it holds passwords' hashes and keys
    try:
        with (
            pa.CompressedOutputStream(pa.OSFile(str(partial), "wb"), kind) as out,
            tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            writer = Writer(tar, about)
            yield writer
            writer.finish()
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name and "\0" not in name


def extract(path: Path, folder: Path) -> dict[str, Any]:
    """Unpack into ``folder`` (new and empty) and verify every fingerprint; answer the manifest.

    Raises ArchiveError, with nothing to be trusted in ``folder``, when anything differs.
    """
    manifest: dict[str, Any] | None = None
    found: dict[str, dict[str, Any]] = {}
    kind = compression(path)
    try:
        with (
            pa.CompressedInputStream(pa.OSFile(str(path), "rb"), kind) as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for info in tar:
                content = tar.extractfile(info) if info.isreg() else None
                if content is None or not _safe(info.name):
                    raise ArchiveError("unsafe", info.name)
                if info.name == MANIFEST:
                    manifest = json.load(content)
                    continue
                found[info.name] = _copy(content, folder / info.name, info.mode & 0o777)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise ArchiveError("damaged", path.name) from error
    if manifest is None:
        raise ArchiveError("cut", path.name)
    if manifest.get("format") != FORMAT:
        raise ArchiveError("format", str(manifest.get("format")))
    for name in manifest["entries"].keys() | found.keys():
        if manifest["entries"].get(name) != found.get(name):
            raise ArchiveError("altered", name)
    return manifest


def _copy(content: IO[bytes], target: Path, mode: int) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    target.chmod(mode or 0o600)
    return {"sha256": digest.hexdigest(), "size": size}
