"""Rows of the collection for contract tests: a source and what hangs on it, for any owner."""

import io
import itertools
from typing import Any

from django.utils import timezone

from chappe.apps.collect.models import (
    Chunk,
    FetchedFile,
    OpenGroup,
    Source,
    SourceAlarm,
    SourceHour,
    SourceState,
    TicketIssue,
    TicketProfile,
)
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store

SYSTEM = Actor.system("test")
_serial = itertools.count(1)


def source(owner: Any, mark: str, **fields: Any) -> Source:
    usual = {
        "name": mark,
        "slug": mark.lower(),
        "owner": owner,
        "way": "listen",
        "port": 20_000 + next(_serial),
        "profile": "avaya-ip-office",
    }
    return Source.objects.create(**(usual | fields))


def _other(owner: Any) -> Source:
    return source(owner, f"source-{next(_serial)}")


def source_state(owner: Any, mark: str) -> SourceState:
    return SourceState.objects.create(source=_other(owner), detail=mark)


def profile(owner: Any, mark: str) -> TicketProfile:
    return TicketProfile.objects.create(slug=mark.lower(), label=mark, owner=owner, decoder="asterisk", base="asterisk")


def chunk(owner: Any, mark: str, **fields: Any) -> Chunk:
    of = fields.pop("source", None) or _other(owner)
    stored = store(io.BytesIO(mark.encode()), name=f"{mark}.csv", actor=SYSTEM, owner=owner)
    usual = {
        "source": of, "kind": Chunk.Kind.UPLOAD, "name": f"{mark}.csv", "stored": stored, "sha256": stored.sha256, "size": stored.size,
        "state": Chunk.State.DONE, "records": 1, "decoded": 1, "calls": 1, "segments": 1,
    }  # fmt: skip
    return Chunk.objects.create(**(usual | fields))


def issue(owner: Any, mark: str) -> TicketIssue:
    of = chunk(owner, f"chunk-{next(_serial)}")
    return TicketIssue.objects.create(
        source=of.source, chunk=of, number=1, received=timezone.now(), severity="error", code="tickets.too-few-fields",
        params={"found": 2, "expected": 17}, raw=mark.encode(), excerpt=mark,
    )  # fmt: skip


def open_group(owner: Any, mark: str) -> OpenGroup:
    return OpenGroup.objects.create(source=_other(owner), rank=0, key=mark, since=timezone.now(), data={"key": mark})


def hour(owner: Any, mark: str) -> SourceHour:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    return SourceHour.objects.create(source=source(owner, mark), hour=now, tickets=1, calls=1)


def fetched(owner: Any, mark: str) -> FetchedFile:
    return FetchedFile.objects.create(source=_other(owner), name=mark, size=3, sha256="a" * 64)


def alarm(owner: Any, mark: str) -> SourceAlarm:
    of = source(owner, mark)
    return SourceAlarm.objects.create(source=of, code="silence", since=timezone.now(), params={})


FACTORIES = {
    Source: source,
    SourceState: source_state,
    TicketProfile: profile,
    Chunk: chunk,
    TicketIssue: issue,
    OpenGroup: open_group,
    SourceHour: hour,
    FetchedFile: fetched,
    SourceAlarm: alarm,
}
