"""Pages beside the screens: sending a file and saying what it is, trying a profile, raw lines, mending refused lines."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chappe.apps.collect import decoding, intake, profiles, queries, services, tracing
from chappe.apps.collect.access import AREA
from chappe.apps.collect.forms import ConfirmForm, MendForm, RawForm, TestForm, UploadForm
from chappe.apps.collect.models import Chunk, Source, TicketIssue
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, may_touch, require, visible_to
from chappe.kit.screens import registry

SHOWN_LINES = 60
UTF8 = b"\xef\xbb\xbf"


# -- sending a file ---------------------------------------------------------------------------------------------------
def upload_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Send a file”, for who may."""
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Send a file of tickets"), registry.url("collect.upload"), "upload"


def test_link(_user: Any) -> tuple[Any, str, str]:
    """The button “Try a profile”."""
    return _("Try a profile"), registry.url("collect.test"), "flask"


def live_link(_user: Any) -> tuple[Any, str, str]:
    """The button “Live”."""
    return _("Live"), registry.url("collect.live"), "broadcast"


def mend_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Mend lines”, for who may."""
    return (_("Mend lines"), registry.url("collect.mend"), "tool") if may(user, AREA, Level.WRITE) else None


def export_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Refused lines, to mend”, for who may."""
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Refused lines as CSV"), registry.url("collect.issues-export"), "download"


def packaged_link(_user: Any) -> tuple[Any, str, str]:
    """The way to the profiles that are no rows."""
    return _("Those that come with Chappe"), registry.url("collect.packaged"), "package"


def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file whole, then ask what it is."""
    initial = {"source": visible_to(request.user, Source).filter(slug=request.GET.get("source", "")).first()}
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            chunk, is_new = intake.receive(
                actor=Actor.of(request), source=form.cleaned_data["source"], file=given.file, name=given.name
            )
        except ValidationError as error:
            form.add_error("file", error)
        else:
            if not is_new:
                messages.info(request, _("This very file came before: here it is. Nothing is counted twice."))
                return redirect(registry.object_url(chunk))
            return redirect("screens:collect.confirm", pk=chunk.pk)
    context = {"form": form, "has_sources": form.fields["source"].queryset.exists()}
    return render(request, "collect/upload.html", context, status=422 if request.method == "POST" else 200)


def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The scores of the profiles on this file and its first lines read; then it is taken in."""
    rows = visible_to(request.user, Chunk).select_related("source", "stored")
    chunk = get_object_or_404(rows, pk=pk)
    if chunk.state != Chunk.State.TO_CONFIRM or not may_touch(request.user, chunk, Level.WRITE):
        return redirect(registry.object_url(chunk))
    chosen = request.GET.get("profile", "") or chunk.profile
    form = ConfirmForm(request.POST or None, user=request.user, initial={"profile": chosen})
    if request.method == "POST" and form.is_valid():
        try:
            intake.confirm(actor=Actor.of(request), chunk=chunk, profile=form.cleaned_data["profile"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The tickets are being read."))
            return redirect(registry.object_url(chunk))
    profile = profiles.find(chosen)
    with chunk.stored.open() as stream:
        head = stream.read(intake.HEAD_BYTES)
    shown = decoding.show_all(profile, decoding.split_sample(profile, head, SHOWN_LINES)) if profile else []
    context = {
        "chunk": chunk, "form": form, "scores": scores_shown(chunk.detection, chosen), "shown": shown, "chosen": chosen,
        "label": profiles.label_of(chosen), "tally": tally(shown), "own": chunk.source.profile == chosen,
        "own_label": profiles.label_of(chunk.source.profile),
    }  # fmt: skip
    return render(request, "collect/confirm.html", context)


def scores_shown(scores: list[dict[str, Any]], chosen: str) -> list[dict[str, Any]]:
    """Scores with names in the reader's language."""
    return [
        {
            **score, "label": profiles.label_of(score["slug"]), "chosen": chosen in {score["slug"], *score["variants"]},
            "others": [(slug, profiles.label_of(slug)) for slug in score["variants"]],
        }
        for score in scores
    ]  # fmt: skip


def tally(shown: list[decoding.Shown]) -> dict[str, int]:
    """How many of each fate among the lines shown."""
    return {
        "lines": len(shown), "read": sum(one.tone in {"ok", "warn"} for one in shown),
        "refused": sum(one.tone == "bad" for one in shown), "skipped": sum(one.tone == "new" for one in shown),
        "remarks": sum(one.tone == "warn" for one in shown),
    }  # fmt: skip


# -- trying a profile --------------------------------------------------------------------------------------------------
def test(request: HttpRequest) -> HttpResponse:
    """Pasted lines through a profile, or through all of them to find out which fits. Keeps nothing."""
    asked = request.GET.get("profile", "")
    saved = queries.profile_row(request.user, asked)
    initial = {"profile": asked, "lines": saved.sample if saved else ""}
    form = TestForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    context: dict[str, Any] = {"form": form, "asked": False}
    if request.method == "POST" and form.is_valid():
        data = form.sample()
        slug = form.cleaned_data["profile"]
        best, scores = intake.scores_of(
            decoding.split_sample(profiles.find(slug) if slug else None, data), request.user
        )
        chosen = slug or best or (scores[0]["slug"] if scores else "")
        profile = profiles.find(chosen) if chosen else None
        shown = decoding.show_all(profile, decoding.split_sample(profile, data, SHOWN_LINES)) if profile else []
        context |= {
            "asked": True, "scores": scores_shown(scores, chosen), "best": best, "chosen": chosen, "shown": shown,
            "label": profiles.label_of(chosen) if chosen else "", "tally": tally(shown), "found_out": not slug,
        }  # fmt: skip
    return render(request, "collect/test.html", context, status=422 if form.errors else 200)


# -- raw lines ------------------------------------------------------------------------------------------------------
@require_safe
def raw(request: HttpRequest) -> HttpResponse:
    """Raw lines of a source, newest first."""
    form = RawForm(request.GET or None, user=request.user)
    context: dict[str, Any] = {"form": form, "rows": None}
    chunk = _chunk_asked(request)
    if form.is_bound and form.is_valid():
        source = form.cleaned_data["source"] or (chunk.source if chunk else None)
        if source is not None:
            rows, whole = tracing.search_raw(
                source, text=form.cleaned_data["q"], since=_midnight(form.cleaned_data["since"]),
                until=_midnight(form.cleaned_data["until"], 1), only=str(chunk.pk) if chunk else "", limit=300,
            )  # fmt: skip
            context |= {"rows": _lines(request, source, rows), "all": whole, "source": source, "chunk": chunk}
    context["has_sources"] = form.fields["source"].queryset.exists()
    return render(request, "collect/raw.html", context)


def _chunk_asked(request: HttpRequest) -> Chunk | None:
    asked = request.GET.get("chunk", "")
    if not asked.isdigit():
        return None
    return get_object_or_404(visible_to(request.user, Chunk).select_related("source"), pk=int(asked))


def _midnight(day: dt.date | None, later: int = 0) -> dt.datetime | None:
    if day is None:
        return None
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=later), dt.time()))


def _lines(request: HttpRequest, source: Source, rows: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    hidden = decoding.hidden_digits(request.user)
    base = registry.url("collect.raw-line")
    return [
        {
            "number": record.number, "received": record.received, "cut": record.cut, "chunk": chunk,
            "text": decoding.masked(decoding.readable(record.data[:400]), hidden),
            "url": f"{base}?chunk={chunk.pk}&number={record.number}" if chunk else f"{base}?source={source.slug}&number={record.number}",
        }
        for chunk, record in rows
    ]  # fmt: skip


@require_safe
def raw_line(request: HttpRequest) -> HttpResponse:
    """One raw line: its bytes, its decoding field by field, the calls made of it."""
    chunk, source, number = _line_asked(request)
    if number is None or source is None:
        return redirect("screens:collect.raw")
    record = tracing.raw_of(request.user, chunk, number) if chunk else tracing.spooled(source, number)
    if record is None:
        raise Http404(_("This line is not there any more."))
    hidden = decoding.hidden_digits(request.user)
    slug = (chunk.profile if chunk else "") or source.profile
    profile = services.with_zone(slug, source)
    decoded = tracing.decoded_in_place(chunk, record, profile)
    context = {
        "chunk": chunk, "source": source, "record": record, "hidden": hidden, "label": profiles.label_of(slug),
        "shown": decoding.show(number, record.data, decoded, hidden=hidden, cut=record.cut),
        "hex": list(hex_lines(record.data)) if not hidden else [], "calls": tracing.calls_of(request.user, chunk, number, decoded),
        "issues": visible_to(request.user, TicketIssue.objects.filter(chunk=chunk, number=number)) if chunk else [],
    }  # fmt: skip
    return render(request, "collect/raw_line.html", context)


def _line_asked(request: HttpRequest) -> tuple[Chunk | None, Source | None, int | None]:
    """By batch and number, by source and number, or by the reference of a call (``batch:number``)."""
    ref_chunk, _colon, ref_number = request.GET.get("ref", "").split(" ")[0].partition(":")
    number, key = request.GET.get("number", ref_number), request.GET.get("chunk", ref_chunk)
    if not number.isdigit():
        return None, None, None
    chunks = visible_to(request.user, Chunk).select_related("source", "stored")
    if key.isdigit():
        chunk = get_object_or_404(chunks, pk=int(key))
        return chunk, chunk.source, int(number)
    source = get_object_or_404(visible_to(request.user, Source), slug=request.GET.get("source", ""))
    found = chunks.filter(
        source=source, kind=Chunk.Kind.SPOOL, first_number__lte=number, last_number__gte=number
    ).first()
    return found, source, int(number)


def hex_lines(data: bytes, most: int = 4096) -> Iterator[tuple[str, str, str]]:
    """Offset, sixteen bytes in hexadecimal, and their text."""
    for offset in range(0, min(len(data), most), 16):
        piece = data[offset : offset + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        yield f"{offset:06x}", piece.hex(" "), text


# -- refused lines --------------------------------------------------------------------------------------------------
@require_safe
def export_issues(request: HttpRequest) -> HttpResponseBase:
    """Refused lines: ``csv`` with what is wrong, or ``txt`` as they came, to be mended and sent back."""
    require(request.user, AREA, Level.WRITE)
    rows = queries.issues_to_handle(request.user).select_related("source").order_by("chunk", "number", "pk")
    source = visible_to(request.user, Source).filter(slug=request.GET.get("source", "")).first()
    if source is not None:
        rows = rows.filter(source=source)
    kind = "txt" if request.GET.get("as") == "txt" else "csv"
    name = f"{source.slug if source else _('sources')}-{_('to-mend')}.{kind}"
    pieces = _as_text(rows) if kind == "txt" else _as_csv(rows)
    response = StreamingHttpResponse(pieces, content_type="text/plain" if kind == "txt" else "text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _as_text(rows: Any) -> Iterator[bytes]:
    last = None
    for row in rows.iterator(500):
        if (row.chunk_id, row.number) != last:
            yield bytes(row.raw).strip(b"\x00\r\n") + b"\n"
        last = (row.chunk_id, row.number)


def _as_csv(rows: Any) -> Iterator[bytes]:
    yield UTF8 + _csv_line(["source", "received", "line", "severity", "code", "sentence", "raw"])
    for row in rows.iterator(500):
        moment = f"{timezone.localtime(row.received):%Y-%m-%d %H:%M:%S}" if row.received else ""
        raw_text = decoding.readable(bytes(row.raw))
        yield _csv_line([row.source.slug, moment, row.number, row.severity, row.code, row.sentence(), raw_text])


def _csv_line(cells: list[Any]) -> bytes:
    out = io.StringIO()
    safe = [f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell for cell in cells]
    csv.writer(out, delimiter=";").writerow(safe)
    return out.getvalue().encode()


def mend(request: HttpRequest) -> HttpResponse:
    """Refused lines in a box to be mended, then read again."""
    source = visible_to(request.user, Source).filter(slug=request.GET.get("source", "")).first()
    groups = _waiting(request, source) if source else {}
    chosen_profile = request.GET.get("profile", "")
    profile = chosen_profile if chosen_profile in groups else next(iter(groups), "")
    waiting = groups.get(profile, [])
    initial = {"source": source, "lines": "\n".join(decoding.readable(bytes(row.raw)).strip() for row in waiting)}
    form = MendForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["source"]
        mended = waiting if source == chosen else []
        try:
            chunk = intake.send_mended(actor=Actor.of(request), source=chosen, data=form.content(), issues=mended)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The mended lines are being read."))
            return redirect(registry.object_url(chunk))
    others = [(slug, profiles.label_of(slug), len(rows)) for slug, rows in groups.items() if slug != profile]
    context = {
        "form": form, "source": source, "waiting": waiting, "others": others, "read_as": profiles.label_of(profile) if profile else "",
    }  # fmt: skip
    return render(request, "collect/mend.html", context, status=422 if form.errors else 200)


def _waiting(request: HttpRequest, source: Source) -> dict[str, list[TicketIssue]]:
    """One anomaly a refused line, the oldest two hundred, by the profile that their files are read as."""
    seen: set[tuple[int, int]] = set()
    read_as: dict[int, str] = {}
    found: dict[str, list[TicketIssue]] = {}
    rows = queries.issues_to_handle(request.user).filter(source=source).select_related("chunk__source")
    for row in rows.order_by("chunk", "number", "pk")[:600]:
        key = (row.chunk_id, row.number)
        if key not in seen and len(seen) < 200:
            seen.add(key)
            if row.chunk_id not in read_as:
                read_as[row.chunk_id] = intake.profile_of(row.chunk)
            found.setdefault(read_as[row.chunk_id], []).append(row)
    return found


# -- packaged profiles ----------------------------------------------------------------------------------------------
@require_safe
def packaged(request: HttpRequest) -> HttpResponse:
    """Profiles that come with Chappe, each to be tried or copied."""
    rows = []
    for slug, profile in profiles.packaged().items():
        rows.append(
            {
                "slug": slug, "label": profiles.said(profile.label), "decoder": profile.decoder, "zone": profile.timezone,
                "help": profiles.said(profile.help), "port": profile.transport.get("port", ""),
                "family": profile.variant_of, "used": visible_to(request.user, Source).filter(profile=slug).count(),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: row["label"].lower())
    return render(request, "collect/packaged.html", {"rows": rows, "may_copy": may(request.user, AREA, Level.WRITE)})


@require_POST
def copy(request: HttpRequest, profile: str) -> HttpResponse:
    """Copy a profile so that it can be corrected, and open the copy's form."""
    user = request.user
    owner = user.organisation  # type: ignore[union-attr]  # a page of signed-in users
    row = services.copy_profile(actor=Actor.of(request), slug=profile, owner=owner)
    messages.success(request, _("Here is your copy. Correct it, try it, then choose it on the source."))
    return redirect(registry.url("collect.profile", "update", pk=row.pk))
