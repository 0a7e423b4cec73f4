"""Every refusal of the API in one shape: ``{code, message, fields}``, in the reader's language."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import exceptions, status
from rest_framework.views import set_rollback


class Refused(exceptions.APIException):
    """A refusal with its own status and code."""

    def __init__(self, message: Any, code: str, status_code: int = status.HTTP_409_CONFLICT) -> None:
        super().__init__(message, code)
        self.status_code = status_code


class BadValues(Exception):  # noqa: N818 - a refusal
    """Values that cannot be used: name → sentences; ``""`` for those of no field."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(str(fields))
        self.fields = fields


def body(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The one shape of a refusal."""
    return {"code": code, "message": message, "fields": fields or {}}


def answer_for(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """EXCEPTION_HANDLER of the REST framework. None for a fault of ours: it is then raised and logged."""
    found = _told(error)
    if found is None:
        return None
    number, said = found
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None) is not None:
        headers["Retry-After"] = str(int(error.wait))
    return JsonResponse(said, status=number, headers=headers, json_dumps_params={"ensure_ascii": False})


def _told(error: Exception) -> tuple[int, dict[str, Any]] | None:
    match error:
        case BadValues():
            return 400, _invalid(error.fields)
        case ValidationError():
            return 400, _invalid(sentences(error))
        case Http404():
            text = str(error.args[0]) if error.args and isinstance(error.args[0], str) else ""
            return 404, body("not_found", text or _("There is nothing at this address."))
        case PermissionDenied():
            return 403, body("permission_denied", str(error) or _("Your rights do not allow this here."))
        case ProtectedError() | RestrictedError():
            return 409, body("in_use", _("Other rows still use it."))
        case exceptions.Throttled():
            text = ngettext(
                "Too many requests. Wait %(n)d second.", "Too many requests. Wait %(n)d seconds.", int(error.wait or 1)
            )
            return 429, body("rate_limited", text % {"n": int(error.wait or 1)})
        case exceptions.APIException():
            return error.status_code, _framework(error)
    return None


def _framework(error: exceptions.APIException) -> dict[str, Any]:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    known = {
        "not_authenticated": _("Send a key in the header Authorization: Bearer …"),
        "method_not_allowed": _("This act does not exist here."),
        "parse_error": _("The body of the request cannot be read."),
        "unsupported_media_type": _("This kind of content is not read here: send JSON."),
        "not_acceptable": _("This format is not offered here."),
        "not_found": _("There is nothing at this address."),
    }
    return body(code, known.get(code) or str(error.detail))


def _invalid(fields: dict[str, list[str]]) -> dict[str, Any]:
    general = fields.get("", [])
    rest = {name: texts for name, texts in fields.items() if name}
    message = " ".join(general) or ngettext(
        "%(n)d value cannot be used.", "%(n)d values cannot be used.", len(rest)
    ) % {"n": len(rest)}
    return body("invalid", message, rest)


def sentences(error: ValidationError) -> dict[str, list[str]]:
    """name → sentences of a refusal; ``""`` for what belongs to no field."""
    if not hasattr(error, "error_dict"):
        return {"": [str(text) for text in error.messages]}
    return {
        ("" if name == NON_FIELD_ERRORS else name): [str(t) for t in texts]
        for name, texts in error.message_dict.items()
    }
