"""From a raw line to its calls and back: searching lines, finding one, decoding it in its place. Reads only."""

import datetime as dt
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch

from chappe.apps.collect.models import Chunk, Source
from chappe.apps.collect.queries import spool
from chappe.apps.collect.records import Record, of_spool, records_of
from chappe.apps.usage import lake
from chappe.apps.usage.queries import current_batches
from chappe.core.tickets.contract import Decoded, Profile
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.screens import registry

LEARNT = 40  # first records of a file, which may hold its header
FAR = 5_000


def raw_of(user: Any, chunk: Chunk, number: int) -> Any:
    """One record of a batch, or None."""
    if not visible_to(user, Chunk.objects.filter(pk=chunk.pk)).exists():
        return None
    return next((record for record in records_of(chunk) if record.number == number), None)


def search_raw(
    source: Source, *, text: str = "", since: dt.datetime | None = None, until: dt.datetime | None = None,
    only: str = "", limit: int = 200, budget: int = 2_000_000,
) -> tuple[list[tuple[Any, Any]], bool]:  # fmt: skip
    """Raw lines of a source, newest first, as (chunk or None while still in the spool, record); and whether all were looked at.

    ``text`` is looked for in the bytes, whatever the case. At most ``budget`` records are read.
    """
    needle = text.encode().lower()
    found: list[tuple[Any, Any]] = []
    for chunk, load in _places(source, since, until, only):
        part = []
        for record in load():
            budget -= 1
            if needle and needle not in record.data.lower():
                continue
            if (since and record.received < since) or (until and record.received >= until):
                continue
            part.append((chunk, record))
        found += part[::-1]
        if len(found) >= limit:
            return found[:limit], len(found) == limit
        if budget <= 0:
            return found, False
    return found, True


def _places(
    source: Source, since: dt.datetime | None, until: dt.datetime | None, only: str
) -> Iterator[tuple[Chunk | None, Any]]:
    """Where raw lines stand, newest first: the spool, then the batches."""
    if not only:
        taken = set(
            Chunk.objects.filter(source=source, kind=Chunk.Kind.SPOOL)
            .order_by("-pk")
            .values_list("name", flat=True)[:2000]
        )
        for file in reversed(spool().files(source.slug)):
            if file.name not in taken:
                yield None, partial(_safely, partial(of_spool, file.read))
    rows = Chunk.objects.filter(source=source, stored__isnull=False).select_related("stored")
    if only:
        rows = rows.filter(pk=only)
    if since:
        rows = rows.filter(Q(received_to__gte=since) | Q(received_to=None))
    if until:
        rows = rows.filter(Q(received_from__lt=until) | Q(received_from=None))
    for chunk in rows.order_by("-received_to", "-pk").iterator(100):
        yield chunk, partial(records_of, chunk)


def _safely(load: Any) -> Iterator[Any]:
    try:
        yield from load()
    except FileNotFoundError:  # taken in meanwhile
        return


def spooled(source: Source, number: int) -> Record | None:
    """A record that is still in the spool."""
    for file in spool().files(source.slug):
        for record in _safely(partial(of_spool, file.read)):
            if record.number == number:
                return record
    return None


def decoded_in_place(chunk: Chunk | None, record: Record, profile: Profile) -> Decoded:
    """One record decoded after those before it, from which a decoder may have learnt a header or a year."""
    from chappe.core.tickets.registry import make_decoder

    decoder = make_decoder(profile)
    if chunk is not None:
        before = record.number - chunk.first_number if chunk.first_number else record.number - 1
        for earlier in islice(records_of(chunk, profile), max(0, before if before < FAR else LEARNT)):
            decoder.decode(earlier.data, received=earlier.received)
    return decoder.decode(record.data, received=record.received)


def calls_of(user: Any, chunk: Chunk | None, number: int, decoded: Decoded) -> list[dict[str, Any]]:
    """The calls that this record is part of, as far as the reader may see calls."""
    if chunk is None or not decoded.segments or not may(user, "communications", Level.READ):
        return []
    starts = [segment.start.astimezone(dt.UTC) for segment in decoded.segments]
    months = sorted({f"{moment + dt.timedelta(days=near):%Y-%m}" for moment in starts for near in (-1, 0, 1)})
    rows = lake.query(
        "SELECT batch, line, call_id, start, way, ext, caller, destination, asked, reached, total, status, reason, "
        "CAST(usage // 1000000 AS BIGINT) AS seconds FROM calls WHERE list_contains(string_split(raw_ref, ' '), ?) LIMIT 20",
        months=months, parameters=[f"{chunk.pk}:{number}"], batches=current_batches(user),
    ).to_pylist()  # fmt: skip
    for row in rows:
        try:
            row["url"] = registry.url("usage.call", "detail", pk=f"{row['batch']}-{row['line']}")
        except (KeyError, NoReverseMatch):
            row["url"] = ""
    return rows
