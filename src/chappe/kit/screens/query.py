"""The rows of a screen: what a reader may see, narrowed by scope, chips and search, ordered, counted.

Every page, export, search and API answer begins with :func:`queryset_for`, hence with the one door. Nothing
here reads a request or makes text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q, QuerySet

from chappe.kit.access.door import visible_to

from .declare import Column, Kind, Related, Screen
from .registry import screens
from .values import column_source, find_column, orm_path, source_of


@dataclass(frozen=True)
class Count:
    """A number of rows; ``capped`` when counting stopped at ``number`` and there are more."""

    number: int
    capped: bool = False


def queryset_for(screen: Screen, user: Any, columns: Sequence[Column] | None = None) -> QuerySet:
    """Rows of ``screen`` that ``user`` may see, with what ``columns`` (all by default) need joined in advance."""
    rows = visible_to(user, screen.model)
    if screen.rows is not None:
        rows = screen.rows(rows, user)
    related: set[str] = set()
    prefetch: set[str] = set()
    for path in _paths(screen, columns):
        source = source_of(screen.model, path)
        related.update({source.related} - {""})
        prefetch.update({source.prefetch} - {""})
    if related:
        rows = rows.select_related(*sorted(related))
    return rows.prefetch_related(*sorted(prefetch)) if prefetch else rows


def _paths(screen: Screen, columns: Sequence[Column] | None) -> Iterable[str]:
    for column in screen.columns if columns is None else columns:
        yield column.source or column.name
        if column.second:
            yield column.second


def apply_scope(screen: Screen, qs: QuerySet, name: str) -> QuerySet:
    """Rows of the tab ``name``; the first tab when the name is empty or unknown; all rows without tabs."""
    if not screen.scopes:
        return qs
    scope = next((scope for scope in screen.scopes if scope.name == name), screen.scopes[0])
    return qs.filter(scope.where) if scope.where else qs


def apply_chips(screen: Screen, qs: QuerySet, names: Iterable[str], user: Any) -> QuerySet:
    """Rows that pass every named quick filter; an unknown name is passed over."""
    chosen = set(names)
    for chip in screen.chips:
        if chip.name in chosen:
            qs = qs.filter(chip.where(user))
    return qs


def apply_search(screen: Screen, qs: QuerySet, text: str) -> QuerySet:
    """Rows in which every word of ``text`` is contained in one of the screen's search paths."""
    words = text.replace("\x00", "").split()
    if words and screen.seek is not None:
        return qs.filter(screen.seek(" ".join(words)))
    if not words or not screen.search:
        return qs
    wanted = Q()
    for word in words[:8]:
        anywhere = Q()
        for path in screen.search:
            anywhere |= Q(**{f"{path}__icontains": word})
        wanted &= anywhere
    if any(source_of(screen.model, path).many for path in screen.search):
        return qs.filter(pk__in=screen.model._default_manager.filter(wanted).values("pk"))
    return qs.filter(wanted)


def sortable(screen: Screen, column: Column) -> bool:
    """Whether the list may be ordered by ``column``."""
    source = column_source(screen, column)
    return column.sortable and column.kind is not Kind.SECRET and not source.many and bool(orm_path(screen, column))


def apply_order(screen: Screen, qs: QuerySet, sort: str = "") -> QuerySet:
    """Order by ``sort`` (a column's name, "-" for descending, several with commas), else as the screen says.

    The primary key always ends the order, so that a page never shows a row twice or skips one.
    """
    order: list[str] = []
    for part in sort.split(","):
        column = find_column(screen, part.removeprefix("-"))
        if column is not None and sortable(screen, column):
            path = column.order_by or orm_path(screen, column)
            descending = part.startswith("-") != path.startswith("-")
            order.append(("-" if descending else "") + path.removeprefix("-"))
    order = order or list(screen.ordering)
    if not order or order[-1].lstrip("-") not in {"pk", screen.model._meta.pk.name}:
        order.append("-pk" if order and order[0].startswith("-") else "pk")
    return qs.order_by(*order)


def counted(qs: QuerySet, limit: int) -> Count:
    """How many rows, looking at ``limit`` + 1 of them at the most: a million rows cost no more than the limit."""
    return of_found(qs.order_by().values("pk")[: limit + 1].count(), limit)


def of_found(found: int, limit: int) -> Count:
    """The count that ``found`` rows tell, of ``limit`` + 1 looked at."""
    return Count(limit, capped=True) if found > limit else Count(found)


def counted_all(rows: list[QuerySet], limit: int) -> list[Count]:
    """:func:`counted` of each; rows that know how (``counted_together``) are counted in one reading."""
    together = getattr(rows[0], "counted_together", None) if rows else None
    if together is None:
        return [counted(qs, limit) for qs in rows]
    return [of_found(found, limit) for found in together(rows)]


def apply_of(screen: Screen, qs: QuerySet, text: str) -> QuerySet:
    """Rows that belong to one object, ``path:pk``, by a path that some screen's ``related`` declares.

    Any other path gives no row: an address must not be a way to ask the database what one likes.
    """
    path, _, key = text.partition(":")
    related = declared_relation(screen, path)
    if related is None:
        return qs.none()
    field = source_of(screen.model, path).field
    try:
        key = field.target_field.to_python(key) if field is not None and field.is_relation else key
        return qs.filter(**{path: key})
    except (ValidationError, ValueError, TypeError, AttributeError, FieldDoesNotExist):
        return qs.none()


def declared_relation(screen: Screen, path: str) -> tuple[Screen, Related] | None:
    """The screen and its ``related`` entry that lists ``screen`` by ``path``, or None."""
    for parent in screens():
        for related in parent.related:
            if related.screen == screen.slug and related.path == path:
                return parent, related
    return None
