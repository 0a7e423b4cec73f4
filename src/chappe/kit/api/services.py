"""The verbs on keys: the only writers. Nobody makes a key that may more than they may themselves."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import areas
from chappe.kit.access.door import Level, may, require, require_on
from chappe.kit.access.models import User
from chappe.kit.api import secret
from chappe.kit.api.models import ACTIVE, REVOKED, ApiKey
from chappe.kit.audit.deletion import delete_with_reasons

AREA = "api"
FIELDS = ("name", "expires_at", "read_only", "networks", "rate_per_minute")


def create_key(*, actor: Actor, data: Mapping[str, Any]) -> tuple[ApiKey, str]:
    """Make a key. Answers its row and its text, which nobody can read again.

    ``data``: FIELDS, ``scopes`` (area → level; empty: all) and ``user`` (the actor by default). A key on somebody
    else's account holds no more than the actor's own rights, fixed now: that account may gain rights later.
    """
    user = _account(actor, data.get("user"))
    scopes = _scopes(actor, user, dict(data.get("scopes") or {}))
    prefix, text = secret.make()
    key = ApiKey(
        **{name: data[name] for name in FIELDS if name in data},
        user=user, organisation_id=user.organisation_id, scopes=scopes, prefix=prefix, digest=secret.digest(text),
    )  # fmt: skip
    _check_expiry(key)
    _check_name(key)
    key.full_clean()
    with transaction.atomic():
        key.save()
        audit.created(actor, key)
        audit.event(actor, key, "api.made", prefix=key.shown_prefix, account=str(user))
    return key, text


def _account(actor: Actor, user: User | None) -> User:
    """The account that the key will act as, if the actor may give it one."""
    maker = actor.user
    if maker is None:
        if user is None:
            raise ValidationError({"user": _("Say which account the key acts as.")})
        return user
    require(maker, AREA, Level.ADMIN)
    user = User.objects.get(pk=(user or maker).pk)
    if maker.organisation_id is not None and user.organisation_id != maker.organisation_id:
        raise PermissionDenied(_("You make keys for the accounts of your own organisation only."))
    if not user.is_active:
        raise ValidationError({"user": _("This account is closed: open it first.")})
    return user


def _scopes(actor: Actor, user: User, asked: dict[str, Any]) -> dict[str, int]:
    """The scopes to write: known areas, levels held by the account and by the maker."""
    unknown = [area for area in asked if area not in areas()]
    if unknown:
        raise ValidationError({"scopes": _("There is no area of right “%(area)s”.") % {"area": ", ".join(unknown)}})
    maker = actor.user
    scopes = {area: int(level) for area, level in asked.items() if int(level) > 0}
    if maker is not None and not scopes and maker.pk != user.pk:
        scopes = {area: level for area in areas() if (level := _held(user, area))}
    over = [area for area, level in scopes.items() if level not in list(Level) or not may(user, area, level)]
    if over:
        names = ", ".join(str(areas()[area].label) for area in over)
        raise ValidationError({"scopes": _("The account does not hold this right: %(areas)s.") % {"areas": names}})
    beyond = [area for area, level in scopes.items() if maker is not None and not may(maker, area, level)]
    if beyond:
        raise PermissionDenied(_("You cannot give a right that you do not hold."))
    narrow = maker is not None and getattr(maker, "_key", None) is not None and maker._key.limited
    if narrow and not scopes:
        raise PermissionDenied(_("You cannot give a right that you do not hold."))
    return scopes


def _held(user: User, area: str) -> int:
    return max((int(level) for level in Level if may(user, area, level)), default=0)


def update_key(*, actor: Actor, object: ApiKey, data: Mapping[str, Any]) -> ApiKey:
    """Rename, or change expiry, addresses and limit. A revoked key is changed no more.

    With the level “write” a key may only be renamed and its expiry brought nearer; the rest asks “administrator”.
    """
    key = ApiKey.objects.get(pk=object.pk)
    changes = {name: data[name] for name in FIELDS if name in data and data[name] != getattr(key, name)}
    if key.revoked_at is not None:
        raise ValidationError(_("This key is revoked: it is changed no more. Make another one."))
    if actor.user is not None:
        require_on(actor.user, key, Level.WRITE if _only_tightens(key, changes) else Level.ADMIN)
    if "expires_at" in changes:
        _check_expiry(ApiKey(expires_at=changes["expires_at"]))
    if "name" in changes:
        _check_name(ApiKey(pk=key.pk, name=changes["name"], organisation_id=key.organisation_id))
    audit.saved(actor, key, changes)
    return key


def _only_tightens(key: ApiKey, changes: Mapping[str, Any]) -> bool:
    if set(changes) - {"name", "expires_at"}:
        return False
    new = changes.get("expires_at", key.expires_at)
    return key.expires_at == new or (new is not None and (key.expires_at is None or new < key.expires_at))


def _check_expiry(key: ApiKey) -> None:
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("This moment is past. To stop a key now, revoke it.")})


def _check_name(key: ApiKey) -> None:
    same = ApiKey.objects.filter(organisation_id=key.organisation_id, revoked_at=None, name__iexact=key.name.strip())
    if same.exclude(pk=key.pk).exists():
        raise ValidationError({"name": _("Another key has this name. Revoke it first, or choose another name.")})


def revoke_keys(*, actor: Actor, objects: list[ApiKey]) -> int:
    """Stop keys at once and for ever. Answers how many were still in use; those already revoked are passed over."""
    stopped = 0
    with transaction.atomic():
        for key in ApiKey.objects.filter(pk__in=[key.pk for key in objects]).select_for_update(of=("self",)):
            if actor.user is not None:
                require_on(actor.user, key, Level.ADMIN)
            if key.revoked_at is None:
                audit.saved(actor, key, {"revoked_at": timezone.now()})
                audit.event(actor, key, "api.revoked", prefix=key.shown_prefix)
                stopped += 1
    return stopped


def delete_key(*, actor: Actor, object: ApiKey) -> None:
    """Delete a key; its line in the journal stays. Revoking is usually better: the name and the last use stay."""
    key = ApiKey.objects.get(pk=object.pk)
    if actor.user is not None:
        require_on(actor.user, key, Level.ADMIN)
    delete_with_reasons(actor, key)


def recognise(text: str) -> ApiKey | None:
    """The key of that text, with its account, whatever its state; None when no key has it. Constant time."""
    prefix = secret.prefix_of(text)
    key = ApiKey.objects.select_related("user__organisation").filter(prefix=prefix).first() if prefix else None
    same = secret.matches(text, key.digest if key else "0" * 64)
    return key if same else None


def usable(key: ApiKey) -> bool:
    """Whether the key opens the door at this moment, its account apart."""
    return key.state_at(timezone.now()) == ACTIVE


__all__ = [
    "ACTIVE", "AREA", "FIELDS", "REVOKED", "create_key", "delete_key", "recognise", "revoke_keys", "update_key", "usable",
]  # fmt: skip
