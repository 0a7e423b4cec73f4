"""Who sends this request: the key in its header, recognised in constant time. It decides nothing about rights.

A key that does not open the door is a 401 that says why, also when a session would have opened it.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from chappe.kit.access.signing_in import client_address
from chappe.kit.api.models import EXPIRED, REVOKED, ApiKey, KeyHolder
from chappe.kit.api.services import recognise


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <key>`` or ``X-API-Key: <key>``."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        text = given_key(request)
        if text is None:
            return None
        key = recognise(text)
        refuse_unless_usable(key, client_address(request._request))
        assert key is not None
        holder = KeyHolder.of(key)
        request._request._cached_user = holder  # the log of the request then says who it was
        return holder, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Chappe"'


def given_key(request: Request) -> str | None:
    """The key of the headers; None when there is none. Never from the address: addresses are logged."""
    plain = request.headers.get("X-API-Key")
    if plain is not None:
        return plain.strip()
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None


def refuse_unless_usable(key: ApiKey | None, address: str | None) -> None:
    """Raise AuthenticationFailed with a code and a sentence."""
    if key is None:
        raise AuthenticationFailed(_("This key is not known. Check that it was copied whole."), "key_unknown")
    state = key.state_at(timezone.now())
    if state == REVOKED:
        raise AuthenticationFailed(_("This key was revoked. Ask for another one."), "key_revoked")
    if state == EXPIRED:
        raise AuthenticationFailed(_("This key has expired. Ask for another one."), "key_expired")
    if not key.user.is_active:
        raise AuthenticationFailed(_("The account of this key is closed."), "account_closed")
    if key.user.organisation_id != key.organisation_id:
        raise AuthenticationFailed(
            _("The account of this key has changed organisation. Ask for another key."), "account_moved"
        )
    if not key.lets_in(address):
        raise AuthenticationFailed(_("This key may not be used from this address."), "address_refused")
