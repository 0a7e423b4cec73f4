"""What a reader asked of a list, read from the address: scope, chips, filters, search, order, columns, page.

The page, the exports and the bulk acts all make their rows here, so that "what is filtered" is one thing.
An address with a wrong value gives no row and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from chappe.kit.ui import formats

from . import saved
from .declare import Column, FilterKind, Kind, Screen
from .filters import filter_kind, filterset_for, parameters, points_to
from .models import ColumnChoice
from .query import apply_chips, apply_of, apply_order, apply_scope, apply_search, declared_relation, queryset_for
from .values import choices_of, find_column

CHOICES_SHOWN = 200  # more choices than that are typed, not picked


@dataclass(frozen=True)
class Asked:
    """One active filter, as a chip: what it says, and the address without it."""

    label: str
    value: str
    clear: str


class Listing:
    """One list as one reader asked for it. ``params`` is the query of the address."""

    def __init__(self, screen: Screen, user: Any, params: QueryDict, choice: ColumnChoice | None = None) -> None:
        self.screen, self.user, self.params = screen, user, params
        self.choice = choice or ColumnChoice()
        self.scope = self._scope()
        self.chips = [chip.name for chip in screen.chips if chip.name in params.getlist("chip")]
        self.search = params.get("q", "").strip()
        self.sort = params.get("sort", "")
        self.of = params.get("of", "")

    def _scope(self) -> str:
        names = [scope.name for scope in self.screen.scopes]
        asked = self.params.get("scope", "")
        return asked if asked in names else (names[0] if names else "")

    @cached_property
    def columns(self) -> Sequence[Column]:
        """Columns to show, in order: those of the address, else the reader's choice, else the screen's."""
        names = [name for name in self.params.get("cols", "").split(",") if name] or list(self.choice.columns)
        chosen = [column for name in names if (column := find_column(self.screen, name)) is not None]
        return chosen or [column for column in self.screen.columns if column.shown] or list(self.screen.columns[:1])

    @cached_property
    def per_page(self) -> int:
        asked = self.params.get("per", "")
        wanted = int(asked) if asked.isdecimal() else self.choice.per_page
        return wanted if wanted in saved.PER_PAGE else 50

    @property
    def page(self) -> int:
        asked = self.params.get("page", "")
        return int(asked) if asked.isdecimal() and len(asked) < 10 else 1

    @cached_property
    def base(self) -> QuerySet:
        """Rows before scope, chips and filters: all that the reader may see, of one object when asked."""
        rows = queryset_for(self.screen, self.user, self.columns)
        return apply_of(self.screen, rows, self.of) if self.of else rows

    @cached_property
    def filterset(self) -> Any:
        return filterset_for(self.screen)(self.params, queryset=self.base)

    @cached_property
    def searched(self) -> QuerySet:
        """Rows after filters and search, before scope and chips: what the tabs count."""
        if not self.filterset.is_valid():
            return self.base.none()
        return apply_search(self.screen, self.filterset.qs, self.search)

    @cached_property
    def scoped(self) -> QuerySet:
        return apply_scope(self.screen, self.searched, self.scope)

    @cached_property
    def rows(self) -> QuerySet:
        """Exactly what the address asks for, in order."""
        return apply_order(self.screen, apply_chips(self.screen, self.scoped, self.chips, self.user), self.sort)

    @property
    def errors(self) -> list[str]:
        """Sentences about values of the address that cannot be used."""
        if self.filterset.is_valid():
            return []
        labels = {name: str(self.filterset.filters[name].label) for name in self.filterset.form.errors}
        return [f"{labels[name]} : {' '.join(map(str, texts))}" for name, texts in self.filterset.form.errors.items()]

    def link(self, **changes: Any) -> str:
        """The address with some parameters changed (None removes one), back on the first page."""
        query = self.params.copy()
        for name in ("page", "csrfmiddlewaretoken", "view"):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if isinstance(value, list):
                query.setlist(name, value)
            elif value is not None:
                query[name] = str(value)
        return "?" + query.urlencode()

    @property
    def query(self) -> str:
        """The address without what belongs to a moment, for saved views, exports and bulk acts."""
        return saved.clean_query(self.params.urlencode())

    @cached_property
    def asked(self) -> list[Asked]:
        """Active column filters (and the object whose rows are listed), as chips that can be taken off."""
        found: list[Asked] = []
        if self.of:
            found.append(Asked(*self._of_words(), clear=self.link(of=None)))
        for column in self.screen.columns:
            given = [(name, [v for v in self.params.getlist(name) if v]) for name in parameters(self.screen, column)]
            if any(values for _name, values in given):
                words = self._words(column, given)
                found.append(Asked(str(column.label), words, self.link(**{name: None for name, _v in given})))
        return found

    @property
    def narrowed(self) -> bool:
        """Whether anything but the scope leaves rows out."""
        return bool(self.asked or self.search or self.chips)

    def _of_words(self) -> tuple[str, str]:
        path, _colon, key = self.of.partition(":")
        related = declared_relation(self.screen, path)
        if related is None:
            return _("Of"), "?"
        parent = related[0]
        obj = queryset_for(parent, self.user, ()).filter(pk=key).first() if key.isdigit() else None
        return str(parent.label_one), str(obj) if obj else key

    def _words(self, column: Column, given: list[tuple[str, list[str]]]) -> str:
        kind = filter_kind(self.screen, column)
        if kind in {FilterKind.RANGE, FilterKind.DATE_RANGE}:
            low, high = (" ".join(values) for _name, values in given)
            if kind is FilterKind.DATE_RANGE:
                low, high = self._day(column, "_from", low), self._day(column, "_to", high)
            if low and high:
                return f"{low} – {high}"
            return f"≥ {low}" if low else f"≤ {high}"
        values = given[0][1]
        if column.said is not None:
            return ", ".join(column.said(self.user, value) for value in values)
        if kind is FilterKind.BOOL:
            return _("yes") if values[0] == "true" else _("no")
        labels = {str(key): str(label) for key, label in self.options(column)}
        return ", ".join(labels.get(value, value) for value in values)

    def _day(self, column: Column, suffix: str, text: str) -> str:
        value = self.filterset.form.cleaned_data.get(column.name + suffix) if self.filterset.is_valid() else None
        return formats.day(value) if value else text

    def options(self, column: Column) -> list[tuple[Any, str]]:
        """Choices of a filter; empty when there are too many to pick from."""
        if column.name not in self._options:
            self._options[column.name] = self._choices(column)
        return self._options[column.name]

    @cached_property
    def _options(self) -> dict[str, list[tuple[Any, str]]]:
        return {}

    def _choices(self, column: Column) -> list[tuple[Any, str]]:
        target = points_to(self.screen, column)
        if target is None:
            return [(key, str(label)) for key, label in choices_of(self.screen, column)]
        from chappe.kit.access.door import visible_to

        found = list(visible_to(self.user, target)[: CHOICES_SHOWN + 1])
        return (
            []
            if len(found) > CHOICES_SHOWN
            else sorted(((o.pk, str(o)) for o in found), key=lambda pair: pair[1].casefold())
        )


def exported_columns(listing: Listing) -> Sequence[Column]:
    """Columns of an export: those shown; never a secret, never one that says it stays home."""
    return [column for column in listing.columns if column.exported and column.kind is not Kind.SECRET]
