"""Addresses of the map: the page, its tiles, what is searched, clicked and drawn. Thin: the door decides, in what they call."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chappe.apps.cartography import cache, face, search, showing, strands, tiles
from chappe.kit.ops.config import value
from chappe.kit.screens import registry
from chappe.kit.ui.middleware import POLICY

MVT = "application/vnd.mapbox-vector-tile"
#: keys of the address that name a thing to open: ``?pm=FI-39198-0001`` or ``?building=pk:12``
NAMED = ("pm", "prdm", "pbo", "building", "cable")


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


@require_safe
def the_map(request: HttpRequest) -> HttpResponse:
    """The page. ``?pm=…`` opens a thing; ``#map=zoom/latitude/longitude`` a place."""
    missing = ""
    focus = None
    for layer in NAMED:
        asked = request.GET.get(layer, "")
        if asked:
            focus, missing = _focus(layer, asked, request.user), asked
    context = {
        "config": _config(request, focus), "legend": face.legend(request.user), "layers": face.layers(),
        "missing": "" if focus else missing, "is_empty": face.is_empty(request.user),
        "lists": [(registry.get(slug).label, registry.url(slug)) for slug in ("network.pm", "network.pbo", "network.building")],
    }  # fmt: skip
    response = render(request, "cartography/map.html", context)
    response["Content-Security-Policy"] = policy()
    return response


def _config(request: HttpRequest, focus: dict[str, Any] | None) -> dict[str, Any]:
    """What the page's script reads."""
    return {
        "tiles": face.template(request), "deepest": tiles.DEEPEST, "from": tiles.FROM, "focus": focus,
        "bounds": face.bounds(request.user), "base": value("MAP_BASE"), "attribution": value("MAP_ATTRIBUTION"),
        "show": registry.url("cartography.show", layer="layer", pk=0).removesuffix("layer/0/"),
        "area": registry.url("cartography.area"), "search": registry.url("cartography.search"),
        "list": registry.url("network.building"), "language": get_language() or "fr", "states": face.colours(), "words": face.words(),
        "systems": face.systems(), "draw": "draw" in request.GET,
    }  # fmt: skip


def _focus(layer: str, asked: str, user: Any) -> dict[str, Any] | None:
    """The thing that an address names, by reference or ``pk:``, with where it is; None when there is none to be seen."""
    key = asked.removeprefix("pk:")
    by = {"pk": int(key)} if asked.startswith("pk:") and key.isdecimal() and len(key) < 18 else {"reference": asked}
    rows = showing.visible_to(user, showing.LAYERS[layer]).filter(**by)
    if layer == "cable":
        cable = rows.first()
        at = strands.place(cable, user) if cable is not None else None
        return (
            {"layer": layer, "pk": cable.pk, "longitude": at[0], "latitude": at[1]}
            if cable is not None and at
            else None
        )
    row = rows.filter(cell__isnull=False).first()
    if row is None:
        return None
    return {"layer": layer, "pk": row.pk, "longitude": row.longitude, "latitude": row.latitude}


def policy() -> str:
    """What the page may load: what every page may, and the hosts of the base map."""
    hosts = [value("MAP_BASE"), *value("MAP_HOSTS")]
    origins = sorted(
        {f"{part.scheme}://{part.netloc}" for host in hosts if (part := urlsplit(host)).scheme in {"http", "https"}}
    )
    if not origins:
        return POLICY
    more = " ".join(origins).replace(";", "").replace(",", "")
    return POLICY.replace("img-src 'self'", f"img-src 'self' {more}").replace(
        "connect-src 'self'", f"connect-src 'self' {more}"
    )


@require_safe
def show(request: HttpRequest, layer: str, pk: int) -> HttpResponse:
    """What the panel says of a thing."""
    obj = showing.thing(layer, pk, request.user)
    if obj is None:
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return render(request, "cartography/thing.html", showing.told(obj, layer, request.user))


@require_safe
def area(request: HttpRequest) -> HttpResponse:
    """What the panel says of a shape that was drawn; how to draw one without a shape; 400 for what is none."""
    asked = request.GET.get("area", "")
    try:
        context = showing.within(asked, request.user)
    except ValueError:
        return render(request, "cartography/no_area.html", status=400 if asked else 200)
    return render(request, "cartography/area.html", context)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Places for a text."""
    response = JsonResponse({"found": search.find(request.GET.get("q", ""), request.user)})
    response["Cache-Control"] = "private, no-store"
    return response
