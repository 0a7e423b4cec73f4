"""The root of the API, who the caller is, and the answer to an address where nothing is."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chappe.kit.access.areas import areas
from chappe.kit.access.door import Level, may
from chappe.kit.api.limits import limit_of
from chappe.kit.api.models import ApiKey
from chappe.kit.api.values import url_of
from chappe.kit.api.views import ApiView, Row, Rows
from chappe.kit.screens import registry, rights


class Root(ApiView):
    """GET: the endpoints that the caller may use."""

    def get(self, request: Request) -> Response:
        endpoints = [
            {
                "name": screen.slug, "label": str(screen.label), "url": url_of(screen), "area": screen.area,
                "methods": sorted({*Rows().methods(screen), *Row().methods(screen)}),
            }
            for screen in registry.screens()
            if screen.api and rights.may_read(screen, request.user)
        ]  # fmt: skip
        links = {name: reverse(f"api:{name}") for name in ("me", "schema", "docs")}
        return Response({**links, "endpoints": endpoints})


class Me(ApiView):
    """GET: the account, its rights here, and the key."""

    def get(self, request: Request) -> Response:
        user, key = request.user, request.auth
        held = {area: max(level for level in Level if may(user, area, level)) for area in areas() if may(user, area)}
        own = user.organisation
        return Response(
            {
                "account": {
                    "id": user.pk,
                    "username": user.username,
                    "name": user.get_full_name(),
                    "language": user.language,
                },
                "organisation": {"id": own.pk, "label": str(own)} if own else None,
                "rights": {area: level.name.lower() for area, level in held.items()},
                "key": self._key(key) if isinstance(key, ApiKey) else None,
            }
        )

    def _key(self, key: ApiKey) -> dict[str, Any]:
        allowance = getattr(self.request._request, "api_allowance", None)
        return {
            "name": key.name, "prefix": key.shown_prefix, "read_only": key.read_only,
            "expires": key.expires_at.isoformat() if key.expires_at else None,
            "rate": {"per_minute": limit_of(key), "left": allowance.left if allowance else None},
        }  # fmt: skip


class Nothing(ApiView):
    """Any method at an address where nothing is."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


class Schema(SpectacularAPIView):
    """GET: the description of the API, as YAML or JSON (``?format=json``), in French or English (``?lang=fr``)."""
