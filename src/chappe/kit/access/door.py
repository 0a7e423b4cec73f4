"""The only door: who may see which rows, and who may do what.

Page, API, export, map, file and job all ask here; nothing else decides. A right is *area × level*, held through
roles; a partner's user (one with an organisation) sees only the rows of that organisation. This file must
never know what the rows are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _g

from chappe.kit.access.areas import Area, Level, area_label, areas, register_area

__all__ = [
    "EVERYONE", "HOUSE", "SELF", "Access", "Area", "Level", "ScopedManager", "ScopedModel", "ScopedQuerySet",
    "area_label", "areas", "claim", "explain_access", "house_only", "is_house", "may", "may_touch", "owner_of",
    "register_area", "require", "require_on", "scoped_models", "visible_to",
]  # fmt: skip

#: Reference data: whoever may read the area reads every row; only the house writes.
EVERYONE = "*everyone"
#: Rows that partners never see, whatever their roles say.
HOUSE = "*house"
#: The model is the organisation itself: a partner sees its own row.
SELF = "self"

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Access:
    """Declared on a model as ``access``. ``owner``: ORM path to the organisation, or one of the constants."""

    area: str
    owner: str

    @property
    def path(self) -> str | None:
        """ORM path whose value is the organisation's pk; None for EVERYONE and HOUSE."""
        if self.owner in {EVERYONE, HOUSE}:
            return None
        return "pk" if self.owner == SELF else self.owner


class ScopedQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        """The rows that ``user`` may read. See :func:`visible_to`."""
        return visible_to(user, self)


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """``Model.objects`` of every model of the house."""

    use_in_migrations = False


class ScopedModel(models.Model):
    """Base of every model: ``access`` says who sees its rows; a model never read by people says ``no_access``."""

    access: Access
    #: Reason why the model needs no access (technical table, read by nobody); instead of ``access``.
    no_access = ""

    objects = ScopedManager()

    class Meta:
        abstract = True


def _signed_in(user: Any) -> bool:
    return bool(user is not None and user.is_authenticated and user.is_active)


def is_house(user: Any) -> bool:
    """Whether ``user`` is staff of the house, not of a partner."""
    return _signed_in(user) and user.organisation_id is None


def may(user: Any, area: str, level: int = Level.READ) -> bool:
    """Whether ``user`` holds ``level`` on ``area``. One query a user instance, then none."""
    if not _signed_in(user):
        return False
    if user.is_superuser and user.organisation_id is None:
        return True
    return user.rights.get(area, 0) >= level


def require(user: Any, area: str, level: int = Level.READ) -> None:
    """Raise PermissionDenied, with a sentence, unless :func:`may`."""
    if not may(user, area, level):
        raise PermissionDenied(
            _g("You need the right “%(area)s | %(level)s” for this.")
            % {"area": area_label(area), "level": Level(level).label}
        )


def declared(model: type[models.Model]) -> Access:
    """The ``access`` of a model. Raises ImproperlyConfigured when it has none: no row is shown by accident."""
    access = getattr(model, "access", None)
    if not isinstance(access, Access):
        raise ImproperlyConfigured(f"{model.__name__} declares no access: who may see it?")
    return access


def visible_to(user: Any, rows: "type[M] | QuerySet[M]") -> "QuerySet[M]":
    """Narrow a model or a queryset to the rows that ``user`` may read.

    Anonymous, inactive, or without READ on the area: none. Staff of the house: all. A partner's user: the rows of
    that organisation; rows that belong to nobody stay with the house.
    """
    queryset = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    access = declared(queryset.model)
    if not may(user, access.area, Level.READ):
        return queryset.none()
    if user.organisation_id is None or access.owner == EVERYONE:
        return queryset
    if access.owner == HOUSE:
        return queryset.none()
    return queryset.filter(**{str(access.path): user.organisation_id})


def owner_of(obj: models.Model) -> int | None:
    """pk of the organisation that owns a row; None when it belongs to the house or to everyone."""
    access = getattr(type(obj), "access", None)
    if not isinstance(access, Access) or access.path is None:
        return None
    if access.owner == SELF:
        return obj.pk
    value: Any = obj
    *way, last = access.owner.split("__")
    for name in way:
        value = getattr(value, name, None)
        if value is None:
            return None
    return getattr(value, value._meta.get_field(last).attname)


def may_touch(user: Any, obj: models.Model, level: int = Level.WRITE) -> bool:
    """Whether ``user`` may act on this very row: level on its area, and the row is theirs.

    A partner never writes reference data shown to everyone: it would change it for the others.
    """
    access = declared(type(obj))
    if not may(user, access.area, level):
        return False
    if user.organisation_id is None:
        return True
    if access.owner == HOUSE:
        return False
    if access.owner == EVERYONE:
        return level <= Level.READ
    return owner_of(obj) == user.organisation_id


def require_on(user: Any, obj: models.Model, level: int = Level.WRITE) -> None:
    """Raise PermissionDenied unless :func:`may_touch`."""
    if not may_touch(user, obj, level):
        raise PermissionDenied(explain_access(user, obj, level))


def house_only(user: Any) -> None:
    """Refuse a partner's user; the system itself (``None``) passes."""
    if user is not None and not is_house(user):
        raise PermissionDenied(_g("Only staff of the house may do this."))


def claim(user: Any, obj: models.Model) -> None:
    """Before a partner's user creates ``obj``: put it in their organisation, refuse another's.

    Does nothing for the house, nor for a path that crosses another object (that object was checked already).
    """
    if user is None or user.organisation_id is None:
        return
    access = declared(type(obj))
    if access.path is None or access.owner == SELF:
        raise PermissionDenied(_g("Only staff of the house may do this."))
    if "__" in access.owner:
        if owner_of(obj) != user.organisation_id:
            raise PermissionDenied(_g("This belongs to another organisation."))
        return
    field = obj._meta.get_field(access.owner)
    given = getattr(obj, field.attname)
    if given not in {None, user.organisation_id}:
        raise PermissionDenied(_g("This belongs to another organisation."))
    setattr(obj, field.attname, user.organisation_id)


def scoped_models() -> Iterator[tuple[type[models.Model], Access]]:
    """Every concrete model that declares its access, with it, in the order of installation."""
    for model in apps.get_models():
        access = getattr(model, "access", None)
        if isinstance(access, Access):
            yield model, access


def explain_access(user: Any, obj: models.Model, level: int = Level.READ) -> str:
    """“May X see this, and why?” as one sentence in the reader's language."""
    if not _signed_in(user):
        return _g("No: nobody is signed in, or the account is closed.")
    access = declared(type(obj))
    names = {"user": str(user), "area": area_label(access.area), "level": str(Level(level).label)}
    if user.is_superuser and user.organisation_id is None:
        return _g("Yes: %(user)s administers the whole house.") % names
    roles = user.roles_giving(access.area, level)
    if not roles:
        return _g("No: none of the roles of %(user)s gives “%(area)s | %(level)s”.") % names
    names["roles"] = ", ".join(f"“{role}”" for role in roles)
    if user.organisation_id is None:
        return _g("Yes: %(user)s is staff of the house and holds “%(area)s | %(level)s” through %(roles)s.") % names
    names["organisation"] = str(user.organisation)
    if access.owner == EVERYONE and level <= Level.READ:
        return _g("Yes: this is reference data, and %(user)s holds “%(area)s | %(level)s” through %(roles)s.") % names
    if may_touch(user, obj, level):
        return (
            _g("Yes: it belongs to %(organisation)s, and %(user)s holds “%(area)s | %(level)s” through %(roles)s.")
            % names
        )
    if access.owner in {HOUSE, EVERYONE}:
        return _g("No: this belongs to the house, and %(user)s works for %(organisation)s.") % names
    return _g("No: it does not belong to %(organisation)s, for which %(user)s works.") % names


def organisation_model() -> str:
    """``app.Model`` of the organisations that partners' users belong to."""
    return settings.CHAPPE_ORGANISATION_MODEL
