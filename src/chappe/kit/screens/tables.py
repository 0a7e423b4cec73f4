"""A screen's list as a django-tables2 table: header with its order, second filter row, cells by kind.

The table is given rows already narrowed, ordered and cut; it asks the database nothing.
"""

from typing import Any

import django_tables2
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from .cells import RIGHT, Painter
from .controls import HeaderFilter
from .declare import Column, FilterKind, Kind, Screen
from .filters import filter_kind
from .listing import Listing
from .query import sortable


class ScreenColumn(django_tables2.Column):
    """One declared column. The painter makes the cell; the listing says how it is ordered."""

    def __init__(self, declared: Column, painter: Painter, *, first: bool, listing: Listing | None) -> None:
        css = "num" if declared.kind in RIGHT else ""
        attrs = {"td": {"class": css}, "th": {"class": css}}
        super().__init__(verbose_name=str(declared.label), accessor="pk", empty_values=(), orderable=False, attrs=attrs)
        self.declared, self.painter, self.first, self.listing = declared, painter, first, listing

    def render(self, record: Any) -> SafeString:
        return self.painter.cell(self.declared, record, link=self.first)

    @property
    def sort_state(self) -> str:
        """``ascending``, ``descending`` or "" : the value of aria-sort."""
        sort = self.listing.sort.split(",")[0] if self.listing else ""
        if sort.removeprefix("-") != self.declared.name:
            return ""
        return "descending" if sort.startswith("-") else "ascending"

    @property
    def sort_link(self) -> str:
        """Address that orders by this column, then the other way round; "" when it cannot."""
        if self.listing is None or not sortable(self.listing.screen, self.declared):
            return ""
        return self.listing.link(sort=("-" if self.sort_state == "ascending" else "") + self.declared.name)

    @property
    def filter(self) -> HeaderFilter | None:
        return header_filter(self.listing, self.declared) if self.listing else None


def header_filter(listing: Listing, column: Column) -> HeaderFilter | None:
    """What stands under the header of ``column``; None when it cannot be filtered."""
    kind = filter_kind(listing.screen, column)
    label = str(column.label)
    given = listing.params
    match kind:
        case FilterKind.NONE:
            return None
        case FilterKind.RANGE | FilterKind.DATE_RANGE:
            ends = ("_min", "_max") if kind is FilterKind.RANGE else ("_from", "_to")
            bad = any(column.name + end in listing.filterset.form.errors for end in ends)
            values = tuple(given.get(column.name + end, "") for end in ends)
            return HeaderFilter("range" if kind is FilterKind.RANGE else "dates", column.name, label, values, bad=bad)
        case FilterKind.BOOL:
            options = (("true", _("yes")), ("false", _("no")))
            return HeaderFilter("choice", column.name, label, tuple(given.getlist(column.name)), options)
        case FilterKind.CHOICE if options := listing.options(column):
            shown = tuple((str(key), text) for key, text in options)
            return HeaderFilter("choice", column.name, label, tuple(given.getlist(column.name)), shown)
    bad = column.name in listing.filterset.form.errors
    written = kind.value if kind in {FilterKind.STARTS, FilterKind.EXACT} else "text"
    return HeaderFilter(written, column.name, label, (given.get(column.name, ""),), bad=bad)


class SelectColumn(django_tables2.Column):
    """The tick box that chooses a row for a bulk act."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="",
            accessor="pk",
            empty_values=(),
            orderable=False,
            attrs={"td": {"class": "ch-pick"}, "th": {"class": "ch-pick"}},
        )

    def render(self, record: Any) -> SafeString:
        label = _("Choose %(name)s") % {"name": record}
        return format_html(
            '<input type="checkbox" class="form-check-input" form="ch-bulk" name="pk" data-choose value="{}" aria-label="{}">',
            record.pk,
            label,
        )


class ScreenTable(django_tables2.Table):
    """A table whose rows are written here rather than by a template: a cell is drawn by its column, and by nothing else."""

    def body(self) -> SafeString:
        """The rows, as HTML."""
        drawn = [
            (f'<td class="{own.attrs["td"]["class"]}">', own.render) for own in (bound.column for bound in self.columns)
        ]
        rows = (
            "".join(f"{open_tag}{conditional_escape(render(record=row))}</td>" for open_tag, render in drawn)
            for row in self.data
        )
        return mark_safe("\n".join(f"<tr>{cells}</tr>" for cells in rows))  # noqa: S308 - cells are escaped


def table_for(
    screen: Screen, rows: Any, *, user: Any, columns: Any, listing: Listing | None = None, pick: bool = False
) -> django_tables2.Table:
    """The table of ``rows`` with ``columns``. With ``listing`` headers order and filter; ``pick`` adds tick boxes."""
    painter = Painter(screen, user)
    extra: list[tuple[str, Any]] = [("ch_pick", SelectColumn())] if pick else []
    for index, column in enumerate(columns):
        first = index == 0 and column.kind is not Kind.SECRET
        extra.append((column.name, ScreenColumn(column, painter, first=first, listing=listing)))
    return ScreenTable(rows, extra_columns=extra, order_by=(), template_name="screens/table.html", orderable=False)
