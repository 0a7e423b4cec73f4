"""How tickets enter: closed files of the spool, files sent by hand, mended lines. Each becomes one Chunk, stored whole.

Nothing is decoded here. A spool file is removed only after its bytes and its row are kept; a file that came before is told
and not taken twice; a file sent by hand waits until somebody confirms what it is.
"""

import datetime as dt
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from chappe.apps.collect import profiles, told
from chappe.apps.collect.access import AREA
from chappe.apps.collect.models import Chunk, Source, TicketIssue
from chappe.apps.collect.queries import spool
from chappe.apps.collect.records import kept, sample_of
from chappe.connectors.pbx.spool import SpoolFile
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store
from chappe.kit.jobs.registry import BULK, QUICK
from chappe.kit.jobs.services import enqueue

register_sentence("collect.sent", gettext_noop("{actor} sent the file of tickets “{name}”"))
register_sentence("collect.confirmed", gettext_noop("{actor} had “{name}” read as {profile}"))
register_sentence("collect.replayed", gettext_noop("{actor} had {count} refused lines read again"))

HEAD_BYTES = 262_144
SMALL = 8_000_000  # bytes waiting that a quick worker takes on
SYSTEM = Actor.system("collect", said=gettext_lazy("The collection"))


# -- the spool -------------------------------------------------------------------------------------------------------
def take_spool(source: Source) -> int:
    """Every closed file of the spool becomes a batch; how many did. Safe to repeat at any point."""
    taken = 0
    for file in spool().closed(source.slug):
        chunk = Chunk.objects.filter(source=source, kind=Chunk.Kind.SPOOL, name=file.name).first()
        if chunk is None:
            chunk = _take(source, file)
            taken += 1
        file.remove(chunk.last_number)
    return taken


def _take(source: Source, file: SpoolFile) -> Chunk:
    first = last = 0
    begin = end = None
    for raw in file.read():
        first, last = first or raw.number, raw.number
        begin, end = begin or raw.received, raw.received
    with transaction.atomic():
        stored = store(file.path, name=f"{source.slug}-{file.name}", actor=SYSTEM, owner=source.owner)
        chunk = Chunk.objects.create(
            source=source, kind=Chunk.Kind.SPOOL, name=file.name, stored=stored, sha256=stored.sha256, size=stored.size,
            first_number=first, last_number=last, received_from=begin, received_to=end, problem=_damaged(file),
        )  # fmt: skip
        told.received(source, end)
    return chunk


def _damaged(file: SpoolFile) -> str:
    lost = sum(damage.length for damage in file.damage)
    return f"{lost} bytes of this file are no record" if lost else ""


def queue_reading(source: Source, actor: Actor = SYSTEM) -> Any:
    """Queue the decoding of what waits; one job a source at a time."""
    size = Chunk.objects.filter(source=source, state=Chunk.State.WAITING).aggregate(sum=Sum("size"))["sum"]
    if size is None:
        return None
    return enqueue(
        "collect.read", actor=actor, label=source.name, unique=f"collect.read:{source.pk}", owner=source.owner,
        queue=QUICK if size <= SMALL else BULK, source=source.pk,
    )  # fmt: skip


# -- files -----------------------------------------------------------------------------------------------------------
def receive(
    *,
    actor: Actor,
    source: Source,
    file: IO[bytes] | Path,
    name: str,
    kind: str = Chunk.Kind.UPLOAD,
    waits: bool = False,
) -> tuple[Chunk, bool]:
    """Keep a file of tickets whole; ``(batch, True)``, or the batch that has the same bytes and False.

    A file sent by hand then waits for :func:`confirm`, with the scores of what it may be; so does a fetched one when it
    ``waits``. Else a fetched file is read as its source says.
    """
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        require_on(actor.user, source, Level.WRITE)
    sha256, size = _fingerprint(file)
    if not size:
        raise ValidationError(_("The file is empty: it holds no ticket."))
    twin = (
        Chunk.objects.filter(source=source, sha256=sha256)
        .exclude(state__in=[Chunk.State.ASIDE, Chunk.State.UNDONE])
        .first()
    )
    if twin is not None:
        return twin, False
    with transaction.atomic():
        stored = store(file, name=name, actor=actor, owner=source.owner)
        chunk = Chunk(
            source=source, kind=kind, name=_free_name(source, kind, stored.name), stored=stored, sha256=stored.sha256,
            size=stored.size, created_by=actor.user, profile=source.profile,
        )  # fmt: skip
        if waits or kind == Chunk.Kind.UPLOAD:
            chunk.state = Chunk.State.TO_CONFIRM
            _guess(chunk, actor)
        chunk.save()
        audit.event(actor, chunk, "collect.sent", name=chunk.name)
    return chunk, True


def _fingerprint(file: IO[bytes] | Path) -> tuple[str, int]:
    """Of the bytes, before they are kept: a file that came before needs no second place."""
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), file.stat().st_size
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    file.seek(0)
    return digest.hexdigest(), size


def _free_name(source: Source, kind: str, name: str) -> str:
    """Two files of one name are two batches: the second is numbered."""
    stem, number, free = name[:240], 2, name[:240]
    while Chunk.objects.filter(source=source, kind=kind, name=free).exists():
        free, number = f"{stem} ({number})", number + 1
    return free


def _guess(chunk: Chunk, actor: Actor) -> None:
    """Scores of the profiles over the first lines; the source's own stands unless another is surely better."""
    with chunk.stored.open() as stream:
        lines = sample_of(stream.read(HEAD_BYTES))
    best, scores = scores_of(lines, actor.user)
    chunk.detection = scores
    own = next((row["share"] for row in scores if chunk.source.profile in {row["slug"], *row["variants"]}), 0.0)
    if best and own < 0.9:
        chunk.profile = best


def scores_of(lines: list[bytes], user: Any = None) -> tuple[str, list[dict[str, Any]]]:
    """The profile to propose ("" when a person must choose) and every score worth showing, best first."""
    from chappe.core.tickets.detect import detect

    known = profiles.known_to(user) if user is not None else profiles.packaged()
    found = detect(lines, received=timezone.now(), profiles=known)
    scores = [
        {
            "slug": score.slug, "share": score.share, "decoded": score.decoded, "total": score.total,
            "issues": score.issues, "variants": list(score.variants),
        }
        for score in found.scores
        if score.decoded
    ][:8]  # fmt: skip
    return found.best or "", scores


def confirm(*, actor: Actor, chunk: Chunk, profile: str) -> Chunk:
    """Say how a file is to be read; it is then decoded and counted."""
    if actor.user is not None:
        require_on(actor.user, chunk, Level.WRITE)
    if profiles.find(profile) is None:
        raise ValidationError(_("There is no such profile."))
    with transaction.atomic():
        moved = Chunk.objects.filter(pk=chunk.pk, state=Chunk.State.TO_CONFIRM).update(
            state=Chunk.State.WAITING, profile=profile
        )
        if not moved:
            raise ValidationError(_("This file is being read already."))
        chunk.refresh_from_db()
        audit.event(actor, chunk, "collect.confirmed", name=chunk.name, profile=profiles.label_of(profile))
        _queued(chunk, actor)
    return chunk


def again(*, actor: Actor, chunk: Chunk) -> Chunk:
    """Try again a batch that failed, was set aside or withdrawn."""
    if actor.user is not None:
        require_on(actor.user, chunk, Level.WRITE)
    with transaction.atomic():
        if not Chunk.objects.filter(
            pk=chunk.pk, state__in=[Chunk.State.FAILED, Chunk.State.ASIDE, Chunk.State.UNDONE]
        ).update(state=Chunk.State.WAITING, problem=""):
            raise ValidationError(_("Only a batch that failed, was set aside or withdrawn can be tried again."))
        chunk.refresh_from_db()
        _queued(chunk, actor)
    return chunk


def _queued(chunk: Chunk, actor: Actor) -> None:
    job = queue_reading(chunk.source, actor)
    if job is not None:
        Chunk.objects.filter(pk=chunk.pk).update(job=job)


# -- mended lines ----------------------------------------------------------------------------------------------------
def replay(*, actor: Actor, issues: Iterable[TicketIssue], profile: str = "") -> Chunk:
    """Read refused lines again as they are, with the profile as it is now: after it was corrected, or to count a cut line.

    All of one source, and read as one profile (:func:`profile_of`) unless ``profile`` says which. Raises ValidationError when none of them is still to handle.
    """
    wanted = [issue.pk for issue in issues]
    rows = list(
        TicketIssue.objects.filter(pk__in=wanted, severity="error", state=TicketIssue.State.OPEN)
        .select_related("source", "chunk").order_by("chunk", "number")
    )  # fmt: skip
    if not rows:
        raise ValidationError(_("None of these lines waits any more: they were read again, or left aside."))
    source = rows[0].source
    if any(row.source_id != source.pk for row in rows):
        raise ValidationError(_("Choose lines of one source at a time."))
    if actor.user is not None:
        require_on(actor.user, source, Level.WRITE)
    lines = {(row.chunk_id, row.number): (row.received or row.chunk.created_at, bytes(row.raw)) for row in rows}
    return _mended(actor, source, list(lines.values()), rows, profile or _one_profile(rows))


def send_mended(*, actor: Actor, source: Source, data: bytes, issues: Iterable[TicketIssue] = ()) -> Chunk:
    """Lines mended by hand, in the layout of the files that ``issues`` are of; of the source when they mend none."""
    if actor.user is not None:
        require_on(actor.user, source, Level.WRITE)
    lines = [line for line in data.splitlines() if line.strip()]
    if not lines:
        raise ValidationError(_("There is no line to read."))
    rows = [issue for issue in issues if issue.source_id == source.pk]
    if len(rows) == len(lines):  # line by line: each keeps the moment at which it came
        moments = [row.received or timezone.now() for row in rows]
    else:
        moments = [timezone.now()] * len(lines)
    return _mended(actor, source, list(zip(moments, lines, strict=True)), rows, _one_profile(rows))


def profile_of(chunk: Chunk) -> str:
    """As what the refused lines of a batch are read again: its own profile when a person confirmed it, else that of the source now.

    A batch of mended lines goes by the batch that they were refused in first.
    """
    known = {chunk.pk}
    while chunk.kind == Chunk.Kind.MENDED:
        origin = Chunk.objects.filter(issues__replay=chunk).exclude(pk__in=known).order_by("pk").first()
        if origin is None:
            break
        known.add(origin.pk)
        chunk = origin
    confirmed = chunk.kind == Chunk.Kind.UPLOAD or bool(chunk.detection)
    return (chunk.profile if confirmed else "") or chunk.source.profile


def _one_profile(issues: list[TicketIssue]) -> str:
    chunks = {issue.chunk_id: issue.chunk for issue in issues}
    found = {profile_of(chunk) for chunk in chunks.values()}
    if len(found) > 1:
        raise ValidationError(
            _("These lines came in files of several profiles (%(names)s): read those of one profile at a time.")
            % {"names": ", ".join(sorted(profiles.label_of(slug) for slug in found))}
        )
    return found.pop() if found else ""


def _mended(
    actor: Actor, source: Source, lines: list[tuple[dt.datetime, bytes]], issues: list[TicketIssue], profile: str
) -> Chunk:
    name = f"mended-{timezone.now():%Y%m%dT%H%M%S%f}.spool"
    with transaction.atomic():
        stored: StoredFile = store(io.BytesIO(kept(lines)), name=name, actor=actor, owner=source.owner)
        chunk = Chunk.objects.create(
            source=source, kind=Chunk.Kind.MENDED, name=name, stored=stored, sha256=stored.sha256, size=stored.size,
            profile=profile or source.profile, created_by=actor.user, first_number=1, last_number=len(lines),
            received_from=min(moment for moment, _line in lines), received_to=max(moment for moment, _line in lines),
        )  # fmt: skip
        # A line may have several faults: all of them are dealt with when it is read again.
        numbers = {(issue.chunk_id, issue.number) for issue in issues}
        for chunk_id in {key[0] for key in numbers}:
            TicketIssue.objects.filter(
                chunk=chunk_id, number__in=[number for batch, number in numbers if batch == chunk_id],
                state=TicketIssue.State.OPEN,
            ).update(state=TicketIssue.State.REPLAYED, replay=chunk)  # fmt: skip
        audit.event(actor, source, "collect.replayed", count=len(lines))
        _queued(chunk, actor)
    chunk.refresh_from_db()
    return chunk
