"""The endpoints: rows, one row, its acts, its history, its relations. What may happen is asked of the one door.

Each endpoint serves every screen whose ``api`` is set; the screen is in the address. Nothing here knows the trade.
"""

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require
from chappe.kit.api import entry
from chappe.kit.api.asking import Asked
from chappe.kit.api.errors import BadValues, Refused
from chappe.kit.api.models import ApiKey
from chappe.kit.api.values import in_api, row_as_json, url_of
from chappe.kit.audit.services import history
from chappe.kit.screens import registry, rights
from chappe.kit.screens.declare import Action, Done, Related, Screen
from chappe.kit.screens.exports import csv_chunks
from chappe.kit.screens.forms import version_of
from chappe.kit.screens.views.base import object_or_404, refuse_unless


class CsvRenderer(BaseRenderer):
    """Only tells that CSV is offered: the rows are streamed by the view."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return JSONRenderer().render(data)


class Negotiation(DefaultContentNegotiation):
    """A refusal must be readable whatever was asked for: what nobody offers gets JSON's 406, not a 404."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise exceptions.NotAcceptable
        return found


class ApiView(APIView):
    """What every endpoint shares: language, limits told in headers, Vary."""

    content_negotiation_class = Negotiation
    screen: Screen

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiKey) and "Accept-Language" not in request.headers:
            translation.activate(request.user.language)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        allowance = getattr(request._request, "api_allowance", None)
        if allowance is not None:
            response["X-RateLimit-Limit"] = str(allowance.limit)
            response["X-RateLimit-Remaining"] = str(allowance.left)
            response["X-RateLimit-Reset"] = str(allowance.wait)
        patch_vary_headers(response, ["Accept", "Accept-Language", "Authorization", "X-API-Key", "Cookie"])
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    @property
    def actor(self) -> Actor:
        key = self.request.auth
        return Actor.of(
            self.request, via="api", detail=f"{key.name} ({key.shown_prefix})" if isinstance(key, ApiKey) else ""
        )


class OnScreen(ApiView):
    """An endpoint of one screen: 404 when the API does not offer it, 403 without the right to read it."""

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        screen = in_api(str(kwargs.get("slug", "")))
        if screen is not None:
            self.screen = screen

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        screen = getattr(self, "screen", None)
        if screen is None:
            raise Http404
        require(request.user, screen.area, Level.READ)
        if request.method not in {*self.methods(screen), "HEAD", "OPTIONS"}:
            raise exceptions.MethodNotAllowed(str(request.method))

    def methods(self, screen: Screen) -> list[str]:
        """The methods that this screen has here."""
        return ["GET"]

    @property
    def allowed_methods(self) -> list[str]:
        screen = getattr(self, "screen", None)
        return [*self.methods(screen), "OPTIONS"] if screen is not None else super().allowed_methods

    def fresh(self, pk: Any) -> Any:
        return object_or_404(self.screen, self.request.user, str(pk))


class Rows(OnScreen):
    """GET: the list, filtered, searched, sorted, page by page. POST: a new row."""

    renderer_classes = [JSONRenderer, CsvRenderer]

    def methods(self, screen: Screen) -> list[str]:
        return ["GET", "POST"] if screen.create else ["GET"]

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        return listed(self, self.screen, request.query_params)

    def post(self, request: Request, **kwargs: Any) -> Response:
        screen, user = self.screen, request.user
        require(user, screen.area, Level.WRITE)
        refuse_unless(rights.may_create(screen, user))
        values = entry.read(screen, user, request.data, files=request.FILES or None)
        assert screen.create is not None
        with transaction.atomic():
            made = screen.create(actor=self.actor, data=values)
        row = self.fresh(made.pk)
        answer = Response(row_as_json(screen, row), status=status.HTTP_201_CREATED)
        answer["Location"] = url_of(screen, "row", pk=row.pk)
        return with_etag(answer, row)


def listed(view: ApiView, screen: Screen, params: Any) -> HttpResponseBase:
    """A page of rows as JSON, or all of them as CSV."""
    asked = Asked(screen, view.request.user, params)
    asked.check()
    if view.request.accepted_renderer.format == "csv":
        return _csv(asked)
    page = asked.slice()
    return Response(
        {
            "count": page.count.number,
            "count_capped": page.count.capped,
            "page": page.number,
            "page_size": page.per_page,
            "next": _link(view, page.number + 1) if page.more else None,
            "previous": _link(view, page.number - 1) if page.number > 1 else None,
            "results": [row_as_json(screen, row, asked.columns) for row in page.rows],
        }
    )


def _link(view: ApiView, number: int) -> str:
    query = view.request.query_params.copy()
    query["page"] = str(number)
    return f"{view.request.path}?{query.urlencode()}"


def _csv(asked: Asked) -> StreamingHttpResponse:
    columns = [column for column in asked.columns if column.exported]
    language = translation.get_language() or "en"
    pieces = csv_chunks(asked.screen, columns, asked.listing.rows, excel=False, language=language)
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{asked.screen.slug.replace(".", "-")}.csv"'
    return answer


class Row(OnScreen):
    """GET, PUT, PATCH, DELETE of one row, with ETag and If-Match when the entity says when it was changed."""

    def methods(self, screen: Screen) -> list[str]:
        return ["GET", *(["PUT", "PATCH"] if screen.update else []), *(["DELETE"] if screen.delete else [])]

    def get(self, request: Request, pk: str, **kwargs: Any) -> HttpResponseBase:
        row = self.fresh(pk)
        tag = etag_of(row)
        if tag and _listed(request.headers.get("If-None-Match", ""), tag):
            return HttpResponse(status=304, headers={"ETag": tag})
        return with_etag(Response(row_as_json(self.screen, row)), row)

    def put(self, request: Request, pk: str, **kwargs: Any) -> Response:
        return self._write(request, pk, partial=False)

    def patch(self, request: Request, pk: str, **kwargs: Any) -> Response:
        return self._write(request, pk, partial=True)

    def _write(self, request: Request, pk: str, *, partial: bool) -> Response:
        screen, user = self.screen, request.user
        obj = self.fresh(pk)
        refuse_unless(rights.may_change(screen, user, obj))
        _match(request, obj)
        values = entry.read(screen, user, request.data, obj=obj, files=request.FILES or None, partial=partial)
        if partial:  # a value that was not given is not written: somebody else may have changed it meanwhile
            given = {*entry.body_of(request.data), *request.FILES}
            values = {name: value for name, value in values.items() if name in given}
        assert screen.update is not None
        with transaction.atomic():
            row = object_or_404(screen, user, pk, lock=True)
            _match(request, row)
            screen.update(actor=self.actor, object=row, data=values)
        row = self.fresh(pk)
        return with_etag(Response(row_as_json(screen, row)), row)

    def delete(self, request: Request, pk: str, **kwargs: Any) -> Response:
        screen, user = self.screen, request.user
        obj = self.fresh(pk)
        refuse_unless(rights.may_delete(screen, user, obj))
        assert screen.delete is not None
        with transaction.atomic():
            row = object_or_404(screen, user, pk, lock=True)
            _match(request, row)
            screen.delete(actor=self.actor, object=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


def etag_of(row: Any) -> str:
    """A mark of this state of the row; "" when the entity does not say when it was changed."""
    version = version_of(row)
    return f'"{hashlib.sha256(f"{row.pk}|{version}".encode()).hexdigest()[:20]}"' if version else ""


def with_etag(answer: Response, row: Any) -> Response:
    tag = etag_of(row)
    if tag:
        answer["ETag"] = tag
    return answer


def _listed(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in header.split(",")]


def _match(request: Request, row: Any) -> None:
    asked = request.headers.get("If-Match", "")
    if asked and etag_of(row) and not _listed(asked, etag_of(row)):
        raise Refused(
            _("Somebody changed this meanwhile. Read it again, then make your change."), "changed_meanwhile", 412
        )


class Act(OnScreen):
    """POST: one act on one row."""

    def methods(self, screen: Screen) -> list[str]:
        return ["POST"]

    def post(self, request: Request, pk: str, name: str, **kwargs: Any) -> HttpResponseBase:
        screen, user = self.screen, request.user
        act = action_named(screen, name)
        obj = self.fresh(pk)
        refuse_unless(rights.may_perform(screen, act, user, obj))
        why = act.why_not(obj, user) if act.why_not else None
        if why:
            raise Refused(str(why), "not_now")
        if act.form is None and entry.body_of(request.data):
            raise BadValues({name: [_("This act asks for nothing.")] for name in entry.body_of(request.data)})
        values = entry.read_action(act.form, user, request.data, request.FILES) if act.form else {}
        with transaction.atomic():
            row = object_or_404(screen, user, pk, lock=True)
            done = act.perform(actor=self.actor, objects=[row], **values)
        return self._answer(done or Done(_("Done.")), pk)

    def _answer(self, done: Done, pk: str) -> HttpResponseBase:
        if isinstance(done.download, HttpResponseBase):
            return done.download
        if done.download is not None:
            from chappe.kit.documents.views import hand_over

            return hand_over(self.request.user, done.download)
        try:
            row = row_as_json(self.screen, self.fresh(pk))
        except Http404:
            row = None
        return Response({"message": str(done.message), "page": done.url or None, "object": row})


def action_named(screen: Screen, name: str) -> Action:
    """The declared action of that name on one row."""
    found = next((act for act in screen.actions if act.name == name and act.single), None)
    if found is None:
        raise Http404(_("There is no such act here."))
    return found


class History(OnScreen):
    """GET: what happened to one row, newest first."""

    def get(self, request: Request, pk: str, **kwargs: Any) -> Response:
        obj = self.fresh(pk)
        if not self.screen.history:
            raise Http404
        page = Paginator(history(obj), 50).get_page(request.query_params.get("page"))
        lines = [
            {
                "at": entry.at.isoformat(), "who": entry.actor_label, "via": entry.via, "detail": entry.detail,
                "verb": entry.verb, "sentence": entry.sentence(), "changes": entry.changes,
            }
            for entry in page.object_list
        ]  # fmt: skip
        following = _link(self, page.number + 1) if page.has_next() else None
        previous = _link(self, page.number - 1) if page.has_previous() else None
        return Response({"count": page.paginator.count, "next": following, "previous": previous, "results": lines})


class RelatedRows(OnScreen):
    """GET: rows of another screen that belong to one row, with the filters of that screen."""

    renderer_classes = [JSONRenderer, CsvRenderer]

    def get(self, request: Request, pk: str, name: str, **kwargs: Any) -> HttpResponseBase:
        obj = self.fresh(pk)
        related = relations(self.screen).get(name)
        if related is None:
            raise Http404(_("There is no such list here."))
        other = registry.get(related.screen)
        require(request.user, other.area, Level.READ)
        params = request.query_params.copy()
        if "of" in params:
            raise BadValues({"of": [_("The rows are already those of one object.")]})
        params["of"] = f"{related.path}:{obj.pk}"
        return listed(self, other, params)


def relations(screen: Screen) -> dict[str, Related]:
    """The related lists of a screen by their name in addresses: the other screen's slug, then its path if need be."""
    found: dict[str, Related] = {}
    for related in screen.related:
        if in_api(related.screen) is not None:
            name = related.screen if related.screen not in found else f"{related.screen}-{related.path}"
            found[name] = related
    return found
