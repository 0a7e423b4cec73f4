"""Who may manage whom. Nobody gives a right that they do not hold; a partner's administrator stays at home."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, house_only, may, require
from chappe.kit.access.models import Role, RoleRight, User

AREA = "utilisateurs"


def unlimited(actor: Actor) -> bool:
    """The system itself, or whoever administers the whole house."""
    user = actor.user
    return user is None or (user.is_active and user.is_superuser and user.organisation_id is None)


def beyond(user: User, roles: Iterable[Role]) -> list[Role]:
    """Those of ``roles`` that give some right which ``user`` does not hold."""
    roles = list(roles)
    held = user.rights
    rights = RoleRight.objects.filter(role__in=roles).values_list("role_id", "area", "level")
    over = {role for role, area, level in rights if held.get(area, 0) < level}
    return [role for role in roles if role.pk in over]


def grantable_roles(user: User) -> list[Role]:
    """The roles that ``user`` may give to others."""
    roles = list(Role.objects.all())
    if user.is_superuser:
        return roles
    over = {role.pk for role in beyond(user, roles)}
    return [role for role in roles if role.pk not in over]


def check_roles(actor: Actor, roles: Iterable[Role]) -> None:
    """Raise PermissionDenied, naming the roles, when the actor would give away more than they hold."""
    if unlimited(actor):
        return
    over = beyond(actor.user, roles)
    if over:
        names = ", ".join(_("“%(text)s”") % {"text": role} for role in over)
        raise PermissionDenied(_("You cannot give %(roles)s: it holds rights that you do not have.") % {"roles": names})


def check_manages(actor: Actor, user: User) -> None:
    """Raise PermissionDenied unless the actor may change this account (or create it, when it has no key yet)."""
    if unlimited(actor):
        return
    manager = actor.user
    require(manager, AREA, Level.ADMIN)
    if manager.organisation_id is not None and user.organisation_id != manager.organisation_id:
        raise PermissionDenied(_("You manage the accounts of your own organisation only."))
    if user.is_superuser:
        raise PermissionDenied(_("Only someone who administers the whole house may do this."))
    if user.pk and user.pk != manager.pk and beyond(manager, user.roles.all()):
        raise PermissionDenied(_("%(user)s holds rights that you do not have.") % {"user": user})


def check_rights(actor: Actor, levels: dict[str, int]) -> None:
    """Raise PermissionDenied unless the actor may write a role with these levels. Roles belong to the house."""
    if unlimited(actor):
        return
    house_only(actor.user)
    require(actor.user, AREA, Level.ADMIN)
    if any(not may(actor.user, area, level) for area, level in levels.items() if level):
        raise PermissionDenied(_("You cannot give a right that you do not hold."))
