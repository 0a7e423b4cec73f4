"""Pages beside the screens: sending a file, saying what it is, its live state, its downloads."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chappe.apps.exchange import exports, formats, services
from chappe.apps.exchange.access import AREA
from chappe.apps.exchange.forms import KindForm, UploadForm, options_form
from chappe.apps.exchange.models import ReceivedFile
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, may_touch, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.screens import registry


def _file(request: HttpRequest, pk: int) -> ReceivedFile:
    rows = visible_to(request.user, ReceivedFile).select_related("stored", "owner", "job")
    return get_object_or_404(rows, pk=pk)


def upload_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Send a file”, for who may."""
    if not may(user, AREA, Level.WRITE) or not formats.formats_for(user):
        return None
    return _("Send a file"), registry.url("exchange.upload"), "upload"


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in, then show its page; or ask there what is still missing."""
    mends = _mended(request)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        mends=mends,
        initial={"kind": request.GET.get("kind", "")},
    )
    kind = request.POST.get("kind", request.GET.get("kind", "")) if mends is None else ""
    asked = options_form(kind, request.user, request.POST if request.method == "POST" else None) if kind else None
    if request.method == "POST" and form.is_valid() and (asked is None or asked.is_valid()):
        given = form.cleaned_data["file"]
        try:
            file = services.receive(
                actor=Actor.of(request), source=given.file, name=given.name, kind=form.cleaned_data.get("kind", ""),
                options=asked.as_options() if asked is not None else None, owner=form.cleaned_data.get("owner"), mends=mends,
            )  # fmt: skip
        except ValidationError as error:
            form.add_error("file", error)
        else:
            messages.success(request, _("The file has arrived."))
            if file.state == "received":
                return redirect("screens:exchange.kind", pk=file.pk)
            return redirect(registry.object_url(file))
    context = {"form": form, "asked": asked, "kinds": formats.formats_for(request.user), "mends": mends, "kind": kind}
    return render(request, "exchange/upload.html", context, status=422 if request.method == "POST" else 200)


def _mended(request: HttpRequest) -> ReceivedFile | None:
    asked = request.GET.get("mends", "")
    if not asked:
        return None
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    file = _file(request, int(asked))
    if not may_touch(request.user, file, Level.WRITE):
        raise Http404
    return file


@require_safe
def upload_options(request: HttpRequest) -> HttpResponse:
    """The questions of a kind, brought into the page when it is chosen."""
    kind = request.GET.get("kind", "")
    return render(
        request, "exchange/options.html", {"asked": options_form(kind, request.user), "form_kind": formats.get(kind)}
    )


def kind(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file is, and how to take it in; it is then read."""
    file = _file(request, pk)
    why = services.why_not_read(file)
    if why or not may_touch(request.user, file, Level.WRITE):
        messages.error(request, why or _("Your rights do not allow this here."))
        return redirect(registry.object_url(file))
    chosen = request.POST.get("kind", request.GET.get("kind", file.kind))
    form = KindForm(request.POST or None, user=request.user, initial={"kind": chosen})
    initial = file.options if chosen == file.kind else None
    asked = options_form(chosen, request.user, request.POST if request.method == "POST" else None, initial)
    if request.method == "POST" and form.is_valid() and (asked is None or asked.is_valid()):
        options = asked.as_options() if asked is not None else {}
        try:
            services.choose_kind(actor=Actor.of(request), file=file, kind=form.cleaned_data["kind"], options=options)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(registry.object_url(file))
    context = {"file": file, "form": form, "asked": asked, "kinds": formats.formats_for(request.user)}
    return render(request, "exchange/kind.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@never_cache
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress of a file at work; once it has ended the whole page is loaded anew."""
    file = _file(request, pk)
    response = render(request, "exchange/live.html", {"object": file})
    if not file.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as it came."""
    file = _file(request, pk)
    return download_response(request.user, file.stored, through=file)


@require_safe
def export(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    """``what``: issues, plan or rejects, as CSV."""
    file = _file(request, pk)
    makers = {"issues": exports.issues_csv, "plan": exports.plan_csv, "rejects": exports.rejects_csv}
    if what not in makers:
        raise Http404
    stem = file.name.rsplit(".", 1)[0]
    return _csv(makers[what](file, (get_language() or "fr")[:2]), f"{stem}-{_suffix(what)}.csv")


def _suffix(what: str) -> str:
    return {"issues": _("anomalies"), "plan": _("plan"), "rejects": _("to-mend")}[what]


def _csv(pieces: Iterator[bytes], name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = _attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(True, name) or "attachment"
