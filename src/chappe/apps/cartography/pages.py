"""Addresses of the map: the page, its tiles, what a click shows. Thin: what is seen is decided by the door, in what they call."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from chappe.apps.cartography import cache, tiles

MVT = "application/vnd.mapbox-vector-tile"


@require_safe
def tile(request: HttpRequest, zoom: int, column: int, row: int) -> HttpResponse:
    """A tile as far as the reader may see it: 304 when they have it, 204 where nothing stands."""
    if zoom > tiles.DEEPEST or max(column, row) >= 1 << zoom:
        raise Http404
    scope, version = tiles.scope_of(request.user), tiles.version(zoom, column, row)
    etag = f'"{hashlib.sha256(f"{scope} {version}".encode()).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        return _said(HttpResponse(status=304), etag)
    body = cache.read(scope, (zoom, column, row), version)
    if body is None:
        cut = tiles.cut(zoom, column, row, request.user)
        body = tiles.compressed(cut) if cut else b""
        cache.write(scope, (zoom, column, row), version, body)
    if not body:
        return _said(HttpResponse(status=204), etag)
    response = HttpResponse(body, content_type=MVT)
    response["Content-Encoding"] = "gzip"
    return _said(response, etag)


def _said(response: HttpResponse, etag: str) -> HttpResponse:
    """Kept by the reader's own browser alone, and asked about each time."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response
