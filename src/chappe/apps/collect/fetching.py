"""Files of tickets fetched from a folder or a server, through the connectors: each once, and never half.

The connector tells what is there and brings the bytes; what was seen before is a row here. The same name with other bytes is
set apart until somebody confirms it, unless the source says that its files grow.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from chappe.apps.collect import alarms, intake, told
from chappe.apps.collect.models import Chunk, FetchedFile, Source, SourceAlarm, SourceState
from chappe.kit.access.actor import Actor

SYSTEM = Actor.system("collect")
MOST_FILES = 200  # a round


@dataclass
class Told:
    """What one look brought."""

    taken: int = 0
    known: int = 0
    quarantined: int = 0
    problem: str = ""


def fetch(source: Source) -> Told:
    """Look once; files that are new and no longer grow are taken in. A server that cannot be reached is an alarm."""
    found = Told()
    told.ensure(source)
    try:
        _look(source, found)
    except Exception as error:  # noqa: BLE001 - whatever a server does is told on the source, the others go on
        found.problem = _sentence(error)
        alarms.raise_alarm(source, SourceAlarm.Code.FETCH, reason=found.problem)
    else:
        alarms.end(source, SourceAlarm.Code.FETCH)
    SourceState.objects.filter(source=source).update(
        fetched_at=timezone.now(), told_at=timezone.now(), detail=found.problem[:500],
        state=SourceState.State.ERROR if found.problem else SourceState.State.CONNECTED,
    )  # fmt: skip
    return found


def _sentence(error: Exception) -> str:
    return str(error).strip()[:300] or type(error).__name__


def _look(source: Source, found: Told) -> None:
    raise NotImplementedError


def _known(source: Source, name: str, size: int, modified: float) -> bool:
    """Seen with this size and moment already: not fetched again."""
    return (
        FetchedFile.objects.filter(source=source, name=name, size=size, modified=modified)
        .exclude(state=FetchedFile.State.FAILED)
        .exists()
    )


def _take(source: Source, name: str, path: Path, size: int, modified: float, found: Told) -> None:
    import hashlib

    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    before = FetchedFile.objects.filter(source=source, name=name).exclude(state=FetchedFile.State.FAILED)
    if before.filter(sha256=sha256).exists():  # touched, not changed
        before.filter(sha256=sha256).update(size=size, modified=modified)
        found.known += 1
        return
    values: dict[str, Any] = {"size": size, "modified": modified, "problem": "", "chunk": None}
    apart = before.exists() and not source.files_grow
    try:
        chunk, is_new = intake.receive(
            actor=SYSTEM, source=source, file=path, name=name, kind=Chunk.Kind.FETCH, waits=apart
        )
    except ValidationError as error:
        values |= {"state": FetchedFile.State.FAILED, "problem": " ".join(error.messages)[:500]}
    else:
        state = FetchedFile.State.QUARANTINED if apart else FetchedFile.State.TAKEN
        values |= {"chunk": chunk, "state": state if is_new else FetchedFile.State.SAME}
        found.quarantined += is_new and apart
        found.taken += is_new and not apart
    FetchedFile.objects.update_or_create(source=source, name=name, sha256=sha256, defaults=values)
