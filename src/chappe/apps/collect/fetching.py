"""Files of tickets fetched from a folder or a server, through the connectors: each once, and never half.

The connector tells what is there and brings the bytes; what was seen before is a row here. The same name with other bytes is
set apart until somebody confirms it, unless the source says that its files grow.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from chappe.apps.collect import alarms, intake, told
from chappe.apps.collect.models import Chunk, FetchedFile, Source, SourceAlarm, SourceState
from chappe.connectors.files import FilesError, Place, Remote, open_fetcher, sentence, settled
from chappe.kit.ops.config import value

MOST_FILES = 200  # a round
SETTLE_SECONDS = 3.0
State = FetchedFile.State


@dataclass
class Told:
    """What one look brought."""

    taken: int = 0
    known: int = 0
    quarantined: int = 0
    problem: str = ""


def place_of(source: Source) -> Place:
    """Where the files of a source are, as its settings say."""
    return Place(
        folder=source.folder, pattern=source.pattern, host=source.host, port=source.port or 0, login=source.login,
        password=source.password, private_key=source.private_key, host_key=source.server_key,
    )  # fmt: skip


def fetch(source: Source, *, settle: float = SETTLE_SECONDS) -> Told:
    """Look once; files that are new and no longer grow are taken in. A server that cannot be reached is an alarm."""
    found = Told()
    told.ensure(source)
    try:
        _look(source, found, settle)
    except FilesError as error:
        found.problem = sentence(error, value("LANGUAGE"))
        alarms.raise_alarm(source, SourceAlarm.Code.FETCH, reason=found.problem, fault=[error.code, error.params])
    else:
        alarms.end(source, SourceAlarm.Code.FETCH)
    now = timezone.now()
    SourceState.objects.filter(source=source).update(
        fetched_at=now, told_at=now, detail=found.problem[:500],
        state=SourceState.State.ERROR if found.problem else SourceState.State.CONNECTED,
    )  # fmt: skip
    return found


def _look(source: Source, found: Told, settle: float) -> None:
    rows = FetchedFile.objects.filter(source=source).exclude(state=State.FAILED)
    seen = set(rows.values_list("name", "size", "modified"))

    def known(remote: Remote) -> bool:
        return (remote.name, remote.size, remote.modified) in seen

    with open_fetcher(source.way, place_of(source)) as fetcher, tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        for remote in settled(fetcher, known, wait=settle)[:MOST_FILES]:
            path = fetcher.fetch(remote, Path(folder))
            _take(source, remote, path, found)
            path.unlink()


def _take(source: Source, remote: Remote, path: Path, found: Told) -> None:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    before = FetchedFile.objects.filter(source=source, name=remote.name).exclude(state=State.FAILED)
    seen: dict[str, Any] = {"size": remote.size, "modified": remote.modified}
    if before.filter(sha256=sha256).exists():  # touched, not changed
        before.filter(sha256=sha256).update(**seen)
        found.known += 1
        return
    values = seen | {"problem": "", "chunk": None}
    apart = before.exists() and not source.files_grow
    try:
        chunk, is_new = intake.receive(
            actor=intake.SYSTEM, source=source, file=path, name=remote.name, kind=Chunk.Kind.FETCH, waits=apart
        )
    except ValidationError as error:
        values |= {"state": State.FAILED, "problem": " ".join(error.messages)[:500]}
    else:
        state = State.QUARANTINED if apart else State.TAKEN
        values |= {"chunk": chunk, "state": state if is_new else State.SAME}
        found.quarantined += is_new and apart
        found.taken += is_new and not apart
    FetchedFile.objects.update_or_create(source=source, name=remote.name, sha256=sha256, defaults=values)
