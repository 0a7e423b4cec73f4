"""The controls of a list that stand on it by the dozen: filters under and beside the headers, the choice of columns.

Written here rather than by a template: a screen of sixty columns has a hundred of them, which a template draws ten times slower
than all the rows of the page. They decide nothing and ask the database nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .declare import Column

Half = Callable[[str, str, str, str], SafeString]
SELECTED, CHECKED, NOTHING = mark_safe(" selected"), mark_safe(" checked"), mark_safe("")


@dataclass(frozen=True)
class HeaderFilter:
    """The control of one column. ``values`` are those of the address, ``options`` of a choice. Its inputs belong to the list's own
    form, by its id.
    """

    kind: str
    name: str
    label: str
    values: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    bad: bool = False

    def __html__(self) -> SafeString:
        match self.kind:
            case "choice":
                return self._choice()
            case "range":
                return self._two(self._number, ("min", pgettext("number", "from"), _("%(label)s: at least")), ("max", pgettext("number", "to"), _("%(label)s: at most")))  # fmt: skip
            case "dates":
                return self._two(self._day, ("from", "", _("%(label)s: from")), ("to", "", _("%(label)s: to")))
            case "starts":
                return self._text(_("begins with…"), _("%(label)s begins with"))
            case "exact":
                return self._text(_("is…"), _("%(label)s is exactly"))
        return self._text(_("contains…"), _("%(label)s contains"))

    __str__ = __html__

    def _choice(self) -> SafeString:
        told = ((key, SELECTED if key in self.values else NOTHING, text) for key, text in self.options)
        return format_html(
            '<select class="form-select ch-fi" form="ch-filter" name="{}" id="f-{}" aria-label="{}"><option value="">{}</option>{}</select>',
            self.name, self.name, self.label, pgettext("filter", "all"), format_html_join("", '<option value="{}"{}>{}</option>', told),
        )  # fmt: skip

    def _text(self, prompt: str, label: str) -> SafeString:
        return format_html(
            '<input class="form-control ch-ft{}" form="ch-filter" name="{}" id="f-{}" value="{}" placeholder="{}" aria-label="{}" autocomplete="off">',
            self._fault, self.name, self.name, self.values[0], prompt, label % {"label": self.label},
        )  # fmt: skip

    def _two(self, one: Half, *ends: tuple[str, str, str]) -> SafeString:
        first, last = (
            one(end, value, prompt, label) for value, (end, prompt, label) in zip(self.values, ends, strict=True)
        )
        return format_html('<div class="range">{}{}</div>', first, last)

    def _number(self, end: str, value: str, prompt: str, label: str) -> SafeString:
        return format_html(
            '<input class="form-control ch-ft{}" form="ch-filter" inputmode="decimal" name="{}_{}" id="f-{}-{}" value="{}" placeholder="{}" aria-label="{}">',
            self._fault, self.name, end, self.name, end, value, prompt, label % {"label": self.label},
        )  # fmt: skip

    def _day(self, end: str, value: str, _prompt: str, label: str) -> SafeString:
        return format_html(
            '<input type="date" class="form-control ch-fi{}" form="ch-filter" name="{}_{}" id="f-{}-{}" value="{}" aria-label="{}">',
            self._fault, self.name, end, self.name, end, value, label % {"label": self.label},
        )  # fmt: skip

    @property
    def _fault(self) -> str:
        return " is-invalid" if self.bad else ""


def column_boxes(choice: Sequence[tuple[Column, bool]]) -> SafeString:
    """A box and a place for each column that may be shown, those shown first."""
    place = _("Place of %(label)s")
    return format_html_join(
        "",
        '<div class="ch-column"><label class="ch-check"><input type="checkbox" class="form-check-input" form="ch-columns" name="column" value="{}"{}> {}</label>'
        '<input class="form-control" type="number" min="1" max="999" form="ch-columns" name="order-{}" value="{}" aria-label="{}"></div>',
        (
            (
                column.name,
                CHECKED if on else NOTHING,
                column.label,
                column.name,
                number,
                place % {"label": column.label},
            )
            for number, (column, on) in enumerate(choice, 1)
        ),
    )
