"""Verbs over stored files: keep one, sweep what nothing names, check that nothing rotted."""

import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.actor import Actor
from chappe.kit.documents import blobs
from chappe.kit.documents.models import StoredFile
from chappe.kit.ops.config import value

mimetypes.add_type("application/vnd.apache.parquet", ".parquet")
mimetypes.add_type("text/csv", ".csv")


def store(
    source: IO[bytes] | Path, *, name: str, actor: Actor, owner: Any = None, content_type: str = ""
) -> StoredFile:
    """Keep a file whole and return its row; the same bytes twice take their place on the disk once.

    ``name`` is made safe; ``content_type`` is guessed from it unless given. ``owner`` None means the house.
    Raises ValidationError (code "too_large") past CHAPPE_MAX_UPLOAD_MB: then nothing is kept.
    """
    limit = int(value("MAX_UPLOAD_MB"))
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                blob = blobs.write(stream, limit=limit * 1_000_000)
        else:
            blob = blobs.write(source, limit=limit * 1_000_000)
    except blobs.TooLarge as error:
        raise ValidationError(
            _(
                "“%(name)s” is larger than %(limit)s MB, the limit of this installation. "
                "Split the file, or raise CHAPPE_MAX_UPLOAD_MB."
            ),
            code="too_large",
            params={"name": blobs.safe_name(name), "limit": limit},
        ) from error
    return keep(blob, name=name, actor=actor, owner=owner, content_type=content_type)


def keep(blob: blobs.Blob, *, name: str, actor: Actor, owner: Any = None, content_type: str = "") -> StoredFile:
    """The row of a blob that was just written, or that another row names: the bytes are not read again."""
    safe = blobs.safe_name(name)
    return StoredFile.objects.create(
        sha256=blob.sha256,
        size=blob.size,
        name=safe,
        content_type=content_type or mimetypes.guess_type(safe)[0] or "application/octet-stream",
        owner=owner,
        created_by=actor.user,
    )


def sweep(*, older_than_seconds: float = blobs.ORPHAN_SECONDS) -> int:
    """Remove blobs that no row names and that are older than a day; answer how many."""
    removed = blobs.remove_old_temporaries(older_than_seconds=older_than_seconds)
    batch: list[str] = []
    for sha256, _path in blobs.every():
        batch.append(sha256)
        if len(batch) == 500:
            removed += _sweep(batch, older_than_seconds)
            batch = []
    return removed + _sweep(batch, older_than_seconds)


def _sweep(batch: list[str], older_than_seconds: float) -> int:
    kept = set(StoredFile.objects.filter(sha256__in=batch).values_list("sha256", flat=True))
    return sum(blobs.remove_if_old(s, older_than_seconds=older_than_seconds) for s in batch if s not in kept)


@dataclass(frozen=True)
class Fault:
    """A blob that is not what its row says. ``kind``: missing, size or altered."""

    kind: str
    sha256: str
    name: str


def check(*, progress: Callable[[int, int], None] | None = None) -> Iterator[Fault]:
    """Read every blob again and yield each fault: missing, of another size, of another fingerprint."""
    rows = StoredFile.objects.order_by("sha256").values_list("sha256", "size", "name")
    total, seen = rows.count(), ""
    for done, (sha256, size, name) in enumerate(rows.iterator(), 1):
        if progress:
            progress(done, total)
        if sha256 == seen:
            continue
        seen = sha256
        path = blobs.blob_path(sha256)
        if not path.is_file():
            yield Fault("missing", sha256, name)
        elif path.stat().st_size != size:
            yield Fault("size", sha256, name)
        elif blobs.fingerprint(path) != sha256:
            yield Fault("altered", sha256, name)
