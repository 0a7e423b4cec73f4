"""Settings of the REST framework and of the description of the API, for ``web/settings.py``. No decision here."""

from typing import Any

from django.utils.translation import gettext_lazy as _

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chappe.kit.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["chappe.kit.api.limits.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
        "rest_framework.parsers.FormParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "chappe.kit.api.openapi.ApiSchema",
    "EXCEPTION_HANDLER": "chappe.kit.api.errors.answer_for",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Chappe",
    "VERSION": "1",
    "DESCRIPTION": _(
        "Everything that the pages of Chappe show and do, for programs. The rights, the filters and the refusals are those of"
        " the pages. Send your key in the header `Authorization: Bearer chp_…` or `X-API-Key: chp_…`:\n\n"
        "```sh\ncurl -H 'Authorization: Bearer chp_…' 'https://chappe.example/api/v1/me/'\n```\n\n"
        "Amounts are decimal texts, moments are ISO 8601, a link is `{id, label, url}`. Every refusal has one shape:"
        " `{code, message, fields}`; `message` is a sentence in the language of `Accept-Language`."
    ),
    "DEFAULT_GENERATOR_CLASS": "chappe.kit.api.openapi.ScreenGenerator",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATIONS": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "chp_…"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        }
    },
}
