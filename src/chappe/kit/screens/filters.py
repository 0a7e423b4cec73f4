"""From the columns of a screen to one django-filter set, the same for page, export, bulk acts and API.

A filter's parameter is the column's name; a range adds ``_min`` and ``_max``, a range of dates ``_from`` and
``_to`` (both included). A wrong value makes the set invalid: who uses it must then show no row, never all.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Field, GenericIPAddressField, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.core.base.money import to_nano

from .declare import Column, FilterKind, Kind, Screen
from .values import choices_of, column_source, orm_path

_USUAL = {
    Kind.TEXT: FilterKind.CONTAINS,
    Kind.REF: FilterKind.CONTAINS,
    Kind.STATE: FilterKind.CHOICE,
    Kind.MONEY: FilterKind.RANGE,
    Kind.NUMBER: FilterKind.RANGE,
    Kind.DURATION: FilterKind.RANGE,
    Kind.SIZE: FilterKind.RANGE,
    Kind.DATE: FilterKind.DATE_RANGE,
    Kind.DATETIME: FilterKind.DATE_RANGE,
    Kind.BOOL: FilterKind.BOOL,
    Kind.LINK: FilterKind.CHOICE,
    Kind.SECRET: FilterKind.NONE,
}
_SUFFIXES = {FilterKind.RANGE: ("_min", "_max"), FilterKind.DATE_RANGE: ("_from", "_to")}
_LOOKUPS = {FilterKind.CONTAINS: "icontains", FilterKind.EXACT: "exact", FilterKind.STARTS: "istartswith"}


def filter_kind(screen: Screen, column: Column) -> FilterKind:
    """The kind of filter a column has: what it says, else the usual one of its kind."""
    if column.where is not None:  # its own meaning; the kind only says how a text is compared
        return column.filter if column.filter in {FilterKind.STARTS, FilterKind.EXACT} else FilterKind.CONTAINS
    if column.kind is Kind.SECRET or not orm_path(screen, column):
        return FilterKind.NONE
    kind = column.filter or _USUAL[column.kind]
    if column.filter is None and kind is FilterKind.CONTAINS and choices_of(screen, column):
        return FilterKind.CHOICE
    if kind is FilterKind.CHOICE and not choices_of(screen, column) and points_to(screen, column) is None:
        return FilterKind.CONTAINS
    if kind is FilterKind.CONTAINS and points_to(screen, column) is not None:
        return FilterKind.CHOICE
    return kind


def points_to(screen: Screen, column: Column) -> type[Model] | None:
    """The model a column's value is an object of, or None for a plain value."""
    return None if column.order_by else column_source(screen, column).target


def parameters(screen: Screen, column: Column) -> tuple[str, ...]:
    """Names of the query parameters that filter ``column``."""
    kind = filter_kind(screen, column)
    if kind is FilterKind.NONE:
        return ()
    return tuple(column.name + suffix for suffix in _SUFFIXES.get(kind, ("",)))


class TextFilter(django_filters.CharFilter):
    """A text looked up in one or two paths (a value and the one shown under it)."""

    def __init__(self, *args: Any, second: str = "", column: Field | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.second, self.column = second, column

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if value in (None, ""):
            return qs
        value = value.replace("\x00", "")
        if self.lookup_expr == "exact" and not self._possible(value):
            return qs.none()
        wanted = Q(**{f"{self.field_name}__{self.lookup_expr}": value})
        if self.second:
            wanted |= Q(**{f"{self.second}__{self.lookup_expr}": value})
        qs = qs.filter(wanted)
        return qs.distinct() if self.distinct else qs

    def _possible(self, value: str) -> bool:
        """Whether a row could hold this value: PostgreSQL refuses to compare an address with what is none."""
        if not isinstance(self.column, GenericIPAddressField):
            return True
        try:
            self.column.clean(value, None)
        except forms.ValidationError:
            return False
        return True


class _AmountField(forms.CharField):
    default_error_messages = {"amount": _("“%(value)s” is not an amount. Write it like 12.50.")}

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return to_nano("".join(text.split()))
        except ValueError:
            raise forms.ValidationError(self.error_messages["amount"], "amount", {"value": text}) from None


class AmountFilter(django_filters.Filter):
    """A bound in units of the currency (12.50 or 12,50) over a column of nano integers."""

    field_class = _AmountField


class DayFilter(django_filters.DateFilter):
    """A day, included, as a bound over dates or over moments (whole local days)."""

    def __init__(self, *args: Any, moments: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moments = moments

    def filter(self, qs: QuerySet, value: date | None) -> QuerySet:
        if value is None or not self.moments:
            return super().filter(qs, value)
        upper = self.lookup_expr == "lte"
        start = timezone.make_aware(datetime.combine(value + timedelta(days=1) if upper else value, time.min))
        return qs.filter(**{f"{self.field_name}__{'lt' if upper else 'gte'}": start})


class _ChoicesField(forms.TypedMultipleChoiceField):
    def to_python(self, value: Any) -> list[str]:
        return [key for key in super().to_python(value) if key != ""]  # a form without JavaScript sends "all" as ""


class WhereFilter(django_filters.CharFilter):
    """A text whose meaning the column says."""

    def __init__(self, *args: Any, where: Callable[[str], Q], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.where = where

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        text = str(value or "").replace("\x00", "").strip()
        return qs.filter(self.where(text)) if text else qs


class ChoiceFilter(django_filters.TypedMultipleChoiceFilter):
    """One or several keys of a list of choices."""

    field_class = _ChoicesField


class RelatedFilter(django_filters.CharFilter):
    """An object: its key, or a part of its name.

    A key is what the page's list of choices sends; a name is what a person types where there are too many.
    """

    def __init__(self, *args: Any, target: type[Model], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if value in (None, ""):
            return qs
        wanted = Q()
        with suppress(forms.ValidationError):
            wanted |= Q(**{self.field_name: self.target._meta.pk.to_python(value)})
        if not wanted or not str(value).isdigit():
            for name in names_of(self.target):
                wanted |= Q(**{f"{self.field_name}__{name}__icontains": value.replace("\x00", "")})
        qs = qs.filter(wanted) if wanted else qs.none()
        return qs.distinct() if self.distinct else qs


def names_of(model: type[Model]) -> Sequence[str]:
    """Fields by which a person names an object of ``model``: its screen's search, else its first text field."""
    from .registry import for_model

    screen = for_model(model)
    if screen is not None and screen.search:
        return screen.search
    texts = [f.name for f in model._meta.concrete_fields if f.get_internal_type() == "CharField"]
    return texts[:1]


def _choice(screen: Screen, column: Column, options: dict[str, Any]) -> dict[str, django_filters.Filter]:
    target = points_to(screen, column)
    if target is not None:
        return {column.name: RelatedFilter(target=target, **options)}
    field = column_source(screen, column).field
    coerce: Callable[[Any], Any] = str
    if isinstance(field, Field):
        coerce = field.to_python
    return {column.name: ChoiceFilter(choices=lambda: choices_of(screen, column), coerce=coerce, **options)}


def _filters(screen: Screen, column: Column) -> dict[str, django_filters.Filter]:
    kind, source, path = filter_kind(screen, column), column_source(screen, column), orm_path(screen, column)
    options: dict[str, Any] = {"field_name": path, "label": column.label, "distinct": source.many}
    if column.where is not None:
        return {column.name: WhereFilter(where=column.where, label=column.label)}
    match kind:
        case FilterKind.NONE:
            return {}
        case FilterKind.CHOICE:
            return _choice(screen, column, options)
        case FilterKind.BOOL:
            return {column.name: django_filters.BooleanFilter(**options)}
        case FilterKind.RANGE:
            bound: type[django_filters.Filter] = (
                AmountFilter if column.kind is Kind.MONEY else django_filters.NumberFilter
            )
            return {
                f"{column.name}_min": bound(lookup_expr="gte", **options),
                f"{column.name}_max": bound(lookup_expr="lte", **options),
            }
        case FilterKind.DATE_RANGE:
            moments = column.kind is Kind.DATETIME
            return {
                f"{column.name}_from": DayFilter(lookup_expr="gte", moments=moments, **options),
                f"{column.name}_to": DayFilter(lookup_expr="lte", moments=moments, **options),
            }
    second = source_of_second(screen, column) if kind is FilterKind.CONTAINS else ""
    return {column.name: TextFilter(lookup_expr=_LOOKUPS[kind], second=second, column=source.field, **options)}


def source_of_second(screen: Screen, column: Column) -> str:
    """ORM path of the value shown under a cell, when the database may look into it."""
    from .values import source_of

    return source_of(screen.model, column.second).orm if column.second else ""


_built: dict[int, tuple[Screen, type[django_filters.FilterSet]]] = {}


def filterset_for(screen: Screen) -> type[django_filters.FilterSet]:
    """The FilterSet class of ``screen``, built once: ``filterset_for(s)(data, queryset=qs)``.

    Use its ``qs`` only when ``is_valid()``.
    """
    known = _built.get(id(screen))
    if known is not None and known[0] is screen:
        return known[1]
    members: dict[str, Any] = {}
    for column in screen.columns:
        members.update(_filters(screen, column))
    members["Meta"] = type("Meta", (), {"model": screen.model, "fields": []})
    name = "".join(part.capitalize() for part in screen.slug.replace(".", "_").split("_")) + "Filters"
    built = type(name, (django_filters.FilterSet,), members)
    _built[id(screen)] = (screen, built)
    return built
