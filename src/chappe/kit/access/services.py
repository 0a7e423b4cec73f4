"""The verbs on accounts and roles: the only writers. Each checks the actor's authority and leaves a line in the journal."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from chappe.kit import audit
from chappe.kit.access import lockout, totp
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level, areas
from chappe.kit.access.authority import check_manages, check_rights, check_roles, unlimited
from chappe.kit.access.models import Role, RoleRight, User
from chappe.kit.access.passwords import check_password_rules
from chappe.kit.access.signing_in import close_sessions
from chappe.kit.audit.deletion import delete_with_reasons

USER_FIELDS = (
    "username", "email", "first_name", "last_name", "language", "organisation", "is_active", "is_superuser",
    "must_change_password",
)  # fmt: skip
OWN_FIELDS = ("first_name", "last_name", "language")


def create_user(*, actor: Actor, data: Mapping[str, Any]) -> User:
    """Open an account. ``data``: USER_FIELDS, ``roles``, and ``password`` (none: the account waits for its link).

    A partner's administrator opens accounts in their own organisation, whatever ``data`` says of it.
    """
    user = User(**{name: data[name] for name in USER_FIELDS if name in data})
    if actor.user is not None and actor.user.organisation_id is not None:
        if user.organisation_id not in {None, actor.user.organisation_id}:
            raise PermissionDenied(_("You manage the accounts of your own organisation only."))
        user.organisation = actor.user.organisation
    roles = list(data.get("roles") or [])
    check_manages(actor, user)
    check_roles(actor, roles)
    password = data.get("password") or None
    if password:
        check_password_rules(password, user)
    user.set_password(password)
    user.password_changed_at = timezone.now() if password else None
    user.full_clean()
    with transaction.atomic():
        user.save()
        user.roles.set(roles)
        audit.created(actor, user)
    return user


def update_user(*, actor: Actor, object: User, data: Mapping[str, Any]) -> User:
    """Change an account: any of USER_FIELDS and ``roles``. Closing it closes its sessions."""
    user = User.objects.get(pk=object.pk)  # a form has already changed its own instance
    check_manages(actor, user)
    changes = {name: data[name] for name in USER_FIELDS if name in data}
    _check_reach(actor, user, changes)
    if "roles" in data:
        given = list(data["roles"])
        held = set(user.roles.values_list("pk", flat=True))
        check_roles(actor, [role for role in given if role.pk not in held])
        changes["roles"] = given
    with transaction.atomic():
        audit.saved(actor, user, changes)
        if not user.is_active:
            close_sessions(actor=actor, user=user)
    user.forget_rights()
    return user


def _check_reach(actor: Actor, user: User, changes: Mapping[str, Any]) -> None:
    """Refuse what would lock the last way in, or reach beyond the actor's own house."""
    if "organisation" in changes and actor.organisation_id is not None:
        organisation = changes["organisation"]
        if organisation is None or organisation.pk != actor.organisation_id:
            raise PermissionDenied(_("You manage the accounts of your own organisation only."))
    if changes.get("is_superuser") and not unlimited(actor):
        raise PermissionDenied(_("Only someone who administers the whole house may do this."))
    closing = changes.get("is_active") is False or (user.is_superuser and changes.get("is_superuser") is False)
    if closing and actor.user is not None and actor.user.pk == user.pk:
        raise ValidationError(_("You cannot close your own account: ask another administrator."))
    if closing:
        _keep_one_administrator(user)


def _keep_one_administrator(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and user.is_active and not others.exists():
        raise ValidationError(_("%(user)s is the last one who administers the whole house.") % {"user": user})


def delete_user(*, actor: Actor, object: User) -> None:
    """Delete an account that nothing refers to; the journal keeps its name. Closing it is usually better."""
    user = User.objects.get(pk=object.pk)
    check_manages(actor, user)
    if actor.user is not None and actor.user.pk == user.pk:
        raise ValidationError(_("You cannot delete your own account: ask another administrator."))
    _keep_one_administrator(user)
    with transaction.atomic():
        close_sessions(actor=actor, user=user)
        delete_with_reasons(actor, user)


def set_password(*, actor: Actor, user: User, password: str, must_change: bool = False) -> None:
    """Give a new password. Its owner may; someone else only with authority. Other sessions end by themselves."""
    if actor.user is None or actor.user.pk != user.pk:
        check_manages(actor, user)
    check_password_rules(password, user)
    user.set_password(password)
    user.must_change_password = must_change
    user.password_changed_at = timezone.now()
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password", "password_changed_at"])
        audit.event(actor, user, "access.password")


def change_own_password(*, actor: Actor, user: User, old: str, new: str, session_key: str) -> None:
    """The owner changes their password, proving that they know the old one. Other sessions are closed."""
    key = lockout.account_key("", user)
    if not lockout.reserve(lockout.Kind.ACCOUNT, key):  # whoever found an open session must not guess here
        raise ValidationError({"old": _("Too many tries. Wait a few minutes.")})
    if not user.check_password(old):
        raise ValidationError({"old": _("This is not your present password.")})
    lockout.give_back(lockout.Kind.ACCOUNT, key)
    if old == new:
        raise ValidationError({"new": _("Choose a password that differs from the present one.")})
    try:
        set_password(actor=actor, user=user, password=new)
    except ValidationError as error:
        raise ValidationError({"new": error.messages}) from error
    close_sessions(actor=actor, user=user, keep=session_key)


def update_own_profile(*, actor: Actor, user: User, data: Mapping[str, Any]) -> bool:
    """Name and language, by the person themselves. True when something changed."""
    return audit.saved(actor, user, {name: data[name] for name in OWN_FIELDS if name in data})


def invitation_link(*, actor: Actor, user: User) -> str:
    """A link by which the person chooses a password, once, within three days. It is shown here and kept nowhere."""
    check_manages(actor, user)
    if not user.is_active:
        raise ValidationError(_("This account is closed: open it first."))
    token = default_token_generator.make_token(user)
    address = reverse("access:welcome", args=[urlsafe_base64_encode(force_bytes(user.pk)), token])
    audit.event(actor, user, "access.invited")
    origin = settings.CSRF_TRUSTED_ORIGINS[0] if settings.CSRF_TRUSTED_ORIGINS else ""
    return origin + address


def unlock(*, actor: Actor, user: User) -> bool:
    """Open an account that failures have locked. True when it was counting failures."""
    check_manages(actor, user)
    with transaction.atomic():
        opened = lockout.clear(lockout.Kind.ACCOUNT, lockout.account_key("", user))
        if opened:
            audit.event(actor, user, "access.unlocked")
    return opened


def enrol_totp(*, actor: Actor, user: User, secret: str, code: str) -> list[str]:
    """Turn on the second factor once a code proves that the phone has the secret. Answers the recovery codes."""
    step = totp.matching_step(secret, code)
    if step is None:
        raise ValidationError(
            {"code": _("This code is not right. Check the clock of your phone and try the next code.")}
        )
    user.totp_secret, user.totp_since, user.totp_last_step = secret, timezone.now(), step
    with transaction.atomic():
        user.save(update_fields=["totp_secret", "totp_since", "totp_last_step"])
        audit.event(actor, user, "access.totp_on")
        return totp.new_recovery_codes(user)


def new_recovery_codes(*, actor: Actor, user: User) -> list[str]:
    """Replace the recovery codes; the former ones no longer open."""
    with transaction.atomic():
        audit.event(actor, user, "access.recovery_new")
        return totp.new_recovery_codes(user)


def disable_totp(*, actor: Actor, user: User) -> None:
    """Turn off the second factor: its owner (who has just given their password), or an administrator for a lost phone."""
    if actor.user is None or actor.user.pk != user.pk:
        check_manages(actor, user)
    user.totp_secret, user.totp_since = "", None
    with transaction.atomic():
        user.save(update_fields=["totp_secret", "totp_since"])
        user.recovery_codes.all().delete()
        audit.event(actor, user, "access.totp_off")


def create_role(*, actor: Actor, data: Mapping[str, Any]) -> Role:
    """Make a role. ``data``: name, description, requires_totp, ``rights`` (area → level, 0 for none)."""
    levels = _levels(data.get("rights") or {})
    check_rights(actor, levels)
    role = Role(**{name: data[name] for name in ("name", "description", "requires_totp") if name in data})
    role.full_clean()
    with transaction.atomic():
        role.save()
        _set_levels(role, levels)
        audit.created(actor, role)
    return role


def update_role(*, actor: Actor, object: Role, data: Mapping[str, Any]) -> Role:
    """Change a role; without ``rights`` its matrix stays. Only cells that change need to be held by the actor."""
    role = Role.objects.get(pk=object.pk)
    before = audit.snapshot(role)
    held = dict(role.rights.values_list("area", "level"))
    check_rights(actor, {})
    for name in ("name", "description", "requires_totp"):
        if name in data:
            setattr(role, name, data[name])
    role.full_clean()
    with transaction.atomic():
        role.save()
        if data.get("rights") is not None:
            levels = held | _levels(data["rights"])
            check_rights(actor, {area: level for area, level in levels.items() if level != held.get(area, 0)})
            _set_levels(role, levels)
        audit.changed(actor, role, before)
    return role


def delete_role(*, actor: Actor, object: Role) -> None:
    """Delete a role that nobody holds."""
    check_rights(actor, {})
    holders = object.users.count()
    if holders:
        raise ValidationError(
            _("%(count)d users hold the role “%(role)s”: give them another one first.")
            % {"count": holders, "role": object}
        )
    delete_with_reasons(actor, object)


def _levels(rights: Mapping[str, Any]) -> dict[str, int]:
    unknown = sorted(set(rights) - set(areas()))
    if unknown:
        raise ValidationError(_("Unknown area of rights: %(areas)s.") % {"areas": ", ".join(unknown)})
    levels = {area: int(level or 0) for area, level in rights.items()}
    if any(level not in {0, *Level} for level in levels.values()):
        raise ValidationError(_("A level is 0 (none), 1 (read), 2 (write) or 3 (administrator)."))
    return levels


def _set_levels(role: Role, levels: Mapping[str, int]) -> None:
    role.rights.all().delete()
    RoleRight.objects.bulk_create(
        [RoleRight(role=role, area=area, level=level) for area, level in levels.items() if level]
    )


def ensure_admin(
    *, username: str = "admin", password: str, email: str = "", must_change: bool = False
) -> tuple[User, bool]:
    """The first account, from the command line: made when missing, else given this password. Answers (user, made)."""
    actor = Actor.system("chappe", via="cli")
    user = User.objects.by_login(username)
    if user is None:
        data = {
            "username": username, "email": email, "password": password, "is_superuser": True,
            "must_change_password": must_change,
        }  # fmt: skip
        return create_user(actor=actor, data=data), True
    if user.organisation_id is not None:
        raise ValidationError(_("%(user)s works for a partner and cannot administer the house.") % {"user": user})
    set_password(actor=actor, user=user, password=password, must_change=must_change)
    update_user(actor=actor, object=user, data={"is_superuser": True, "is_active": True})
    unlock(actor=actor, user=user)
    return user, False
