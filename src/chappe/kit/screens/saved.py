"""Reads and writes of what a reader keeps of a list. Everything is for one user; sharing stops at colleagues."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor

from .declare import Screen
from .models import ColumnChoice, SavedView

_NEVER_KEPT = ("page", "view", "csrfmiddlewaretoken", "bom", "format")
PER_PAGE = (25, 50, 100)


def views_for(screen: Screen, user: Any) -> QuerySet[SavedView]:
    """Views of this list that ``user`` may open: their own, and those that colleagues share."""
    shared = Q(shared=True, user__organisation=user.organisation_id, user__is_active=True)
    return SavedView.objects.filter(Q(user_id=user.pk) | shared, screen=screen.slug).select_related("user")


def clean_query(query: str) -> str:
    """``query`` without what belongs to a moment: page, opened view, empty values."""
    data = QueryDict(query, mutable=True)
    for name in _NEVER_KEPT:
        data.pop(name, None)
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        kept.setlist(name, [value for value in values if value != ""])
    return kept.urlencode()


@transaction.atomic
def save_view(*, actor: Actor, screen: Screen, name: str, query: str, shared: bool, is_default: bool) -> SavedView:
    """Keep ``query`` under ``name``; the actor's own view of that name is replaced. Refuses an empty name."""
    name = " ".join(name.split())[:80]
    if not name:
        raise ValidationError(_("Give the view a name."))
    if is_default:
        SavedView.objects.filter(screen=screen.slug, user=actor.user).update(is_default=False)
    view, _made = SavedView.objects.update_or_create(
        screen=screen.slug,
        user=actor.user,
        name=name,
        defaults={"query": clean_query(query), "shared": shared, "is_default": is_default},
    )
    return view


@transaction.atomic
def rename_view(
    *, actor: Actor, screen: Screen, pk: int, name: str, shared: bool, is_default: bool
) -> SavedView | None:
    """Another name, sharing or first place for a view of one's own; its filters stay. None when there is none of one's own. Raises
    ValidationError for no name, or one that another view of theirs has."""
    name = " ".join(name.split())[:80]
    if not name:
        raise ValidationError(_("Give the view a name."))
    own = SavedView.objects.filter(screen=screen.slug, user=actor.user)
    view = own.filter(pk=pk).first()
    if view is None:
        return None
    if own.filter(name=name).exclude(pk=pk).exists():
        raise ValidationError(_("You have another view of that name."))
    if is_default:
        own.update(is_default=False)
    view.name, view.shared, view.is_default = name, shared, is_default
    view.save()
    return view


def delete_view(*, actor: Actor, screen: Screen, pk: int) -> bool:
    """Forget a view of one's own. False when there is none: a colleague's view stays."""
    assert actor.user is not None
    deleted, _rows = SavedView.objects.filter(pk=pk, screen=screen.slug, user_id=actor.user.pk).delete()
    return bool(deleted)


def save_columns(*, actor: Actor, screen: Screen, columns: Sequence[str]) -> None:
    """Remember the columns and their order; an empty choice goes back to the screen's own."""
    known = [column.name for column in screen.columns]
    chosen = [name for name in dict.fromkeys(columns) if name in known]
    ColumnChoice.objects.update_or_create(screen=screen.slug, user=actor.user, defaults={"columns": chosen})


def save_per_page(*, actor: Actor, screen: Screen, per_page: int) -> None:
    """Remember how many rows a page has."""
    if per_page in PER_PAGE:
        ColumnChoice.objects.update_or_create(screen=screen.slug, user=actor.user, defaults={"per_page": per_page})


def choice_of(screen: Screen, user: Any) -> ColumnChoice:
    """What the reader chose, or an unsaved choice with the usual values."""
    found = ColumnChoice.objects.filter(screen=screen.slug, user_id=user.pk).first()
    return found or ColumnChoice(screen=screen.slug, user_id=user.pk)
