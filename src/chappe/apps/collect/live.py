"""The live page and its stream of server-sent events: tickets in the browser as they come, decoded, with what was wrong.

The web server lends few threads: a stream lives some seconds and then asks to be opened again, from the last ticket seen;
few streams are held at a time in a process, and past that each answers at once with what there is. Nothing is counted here.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chappe.apps.collect import decoding, queries
from chappe.apps.collect.models import Chunk, Source
from chappe.apps.collect.records import Record, of_spool, records_of
from chappe.apps.collect.services import with_zone
from chappe.connectors.pbx.follow import Follower
from chappe.core.tickets.registry import make_decoder
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry

SECONDS = 20.0  # a stream lives
QUIET_SECONDS = 8.0  # between two signs of life
LOOK_SECONDS = 0.3
HELD = threading.BoundedSemaphore(2)  # of the four threads of a web process
AGAIN_MS, BUSY_MS = 300, 2500
FIRST_SHOWN = 40
MOST_A_LOOK = 200
READ_BYTES = 8_000_000


def _sources(request: HttpRequest) -> list[Source]:
    rows = visible_to(request.user, Source).filter(active=True).select_related("live")
    chosen = request.GET.get("source", "")
    return list(rows.filter(slug=chosen) if chosen else rows)


class Tail:
    """The tickets of one source from a number on, decoded with its profile."""

    def __init__(self, source: Source, after: int, hidden: int) -> None:
        spool = queries.spool()
        self.source, self.hidden, self.after = source, hidden, after
        self.follower = Follower(partial(spool.files, source.slug), spool.folder / source.slug, after)
        self.decoder = make_decoder(with_zone(source.profile, source))
        self.decoder.restore((source.told.decoder or {}).get(source.profile) or {})

    def look(self) -> list[dict[str, Any]]:
        """What came since the last look."""
        told = []
        for record in of_spool(self.follower.look):
            self.after = record.number
            told += self.told(record)
        return told[-MOST_A_LOOK:]

    def told(self, record: Record) -> list[dict[str, Any]]:
        """One ticket as the page shows it: a row for each of its calls, a page of calls being one ticket of some formats."""
        found = self.decoder.decode(record.data, received=record.received)
        shown = decoding.show(record.number, record.data, found, hidden=self.hidden, cut=record.cut)
        common = {
            "source": self.source.name, "number": record.number,
            "received": f"{timezone.localtime(record.received):%H:%M:%S}",
            "url": f"{registry.url('collect.raw-line')}?source={self.source.slug}&number={record.number}",
        }  # fmt: skip
        return [row | common for row in decoding.briefs(shown, self.hidden)[-MOST_A_LOOK:]]


def _place(text: str) -> dict[int, int]:
    """``3:120.5:8`` → {3: 120, 5: 8}: the last ticket seen of each source."""
    found = {}
    for pair in text.split("."):
        key, _colon, number = pair.partition(":")
        if key.isdigit() and number.isdigit():
            found[int(key)] = int(number)
    return found


def place_of(numbers: dict[int, int]) -> str:
    """The reverse of it: the id of an event."""
    return ".".join(f"{key}:{number}" for key, number in sorted(numbers.items()))


@require_safe
@never_cache
def stream(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: one a ticket. ``Last-Event-ID``, else ``after``, says what was seen already."""
    seen = _place(request.headers.get("Last-Event-ID", "") or request.GET.get("after", ""))
    hidden = decoding.hidden_digits(request.user)
    tails = [_tail(source, seen, hidden) for source in _sources(request)]
    language = translation.get_language() or "fr"
    response = StreamingHttpResponse(
        _events([tail for tail in tails if tail is not None], language), content_type="text/event-stream; charset=utf-8"
    )
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _tail(source: Source, seen: dict[int, int], hidden: int) -> Tail | None:
    try:
        return Tail(source, seen.get(source.pk, last_number(source)), hidden)
    except Exception:  # noqa: BLE001 - a profile that was broken meanwhile must not take the others away
        return None


def last_number(source: Source) -> int:
    """The number of the last ticket of a source: in the spool, else in what was taken in."""
    last = queries.spool().last(source.slug, 1)
    if last:
        return last[-1].number
    row = source.chunks.filter(kind="spool").order_by("-last_number").values_list("last_number", flat=True).first()
    return row or 0


def _events(tails: list[Tail], language: str) -> Iterator[bytes]:
    held = HELD.acquire(blocking=False)
    try:
        with translation.override(language):
            yield b"retry: %d\n\n" % (AGAIN_MS if held else BUSY_MS)
            until = time.monotonic() + (SECONDS if held else 0.0)
            quiet = time.monotonic()
            while True:
                for piece in _news(tails):
                    quiet = time.monotonic()
                    yield piece
                now = time.monotonic()
                if now >= until:
                    break
                if now - quiet >= QUIET_SECONDS:
                    quiet = now
                    yield b": quiet\n\n"
                time.sleep(LOOK_SECONDS)
    finally:
        for tail in tails:
            tail.follower.close()
        if held:
            HELD.release()


def _news(tails: list[Tail]) -> Iterator[bytes]:
    for tail in tails:
        for told in tail.look():
            place = place_of({each.source.pk: each.after for each in tails} | {tail.source.pk: told["number"]})
            data = json.dumps(told, ensure_ascii=False)
            yield f"id: {place}\ndata: {data}\n\n".encode()


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The page: what came last, then the stream from there on."""
    chosen = request.GET.get("source", "")
    sources = _sources(request)
    hidden = decoding.hidden_digits(request.user)
    rows, numbers = _first(sources, hidden)
    query = f"?source={chosen}&" if chosen else "?"
    context = {
        "sources": visible_to(request.user, Source).filter(active=True).order_by("name"), "chosen": chosen, "rows": rows,
        "stream_url": f"{registry.url('collect.stream')}{query}after={place_of(numbers)}", "hidden": hidden,
        "source": sources[0] if chosen and sources else None,
    }  # fmt: skip
    return render(request, "collect/live.html", context)


def _first(sources: list[Source], hidden: int) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """The last tickets of all sources together, newest first, and from where the stream goes on."""
    found: list[tuple[Any, dict[str, Any]]] = []
    numbers: dict[int, int] = {}
    for source in sources:
        live = list(of_spool(partial(queries.spool().last, source.slug, FIRST_SHOWN)))
        if len(live) < FIRST_SHOWN:
            live = _taken(source, FIRST_SHOWN - len(live)) + live
        numbers[source.pk] = max((record.number for record in live), default=last_number(source))
        tail = _tail(source, {source.pk: numbers[source.pk]}, hidden)
        if tail is not None:
            found += [(record.received, row) for record in live for row in tail.told(record)]
            tail.follower.close()
    found.reverse()  # of tickets that came at once, the last one is on top too
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [told for _moment, told in found[:FIRST_SHOWN]], numbers


def _taken(source: Source, count: int) -> list[Record]:
    """The last tickets that were already taken in, oldest first; only small batches are read for it."""
    last = (
        source.chunks.filter(kind=Chunk.Kind.SPOOL, size__lt=READ_BYTES)
        .select_related("stored")
        .order_by("-pk")
        .first()
    )
    return list(deque(records_of(last), count)) if last is not None else []
