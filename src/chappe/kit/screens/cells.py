"""A value as HTML: references, states, amounts, links. Everything is escaped; a secret is never written here.

A cell asks no query: links are made from what the list has joined, and rights are asked once a table.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chappe.kit.access.door import Level, may
from chappe.kit.ui import formats

from . import registry, words
from .declare import Column, Kind, Screen, Tone
from .values import cell_text, cell_value, choice_label, choices_of, currency_of, read

RIGHT = frozenset({Kind.MONEY, Kind.NUMBER, Kind.DURATION, Kind.SIZE, Kind.DATE, Kind.DATETIME})
SHORT = 24  # characters of a name that is not broken
_DASH = mark_safe('<span class="ch-dim">–</span>')


@dataclass
class Painter:
    """Makes the cells of one page for one reader."""

    screen: Screen
    user: Any
    _links: dict[type[Model], Screen | None] = field(default_factory=dict)

    def cell(self, column: Column, obj: Any, *, link: bool = False) -> SafeString:
        """HTML of one cell; ``link`` makes it the way to the row's own page."""
        if column.draw is not None:
            return self._linked(column, obj, conditional_escape(column.draw(obj)), link=link)
        value = cell_value(self.screen, column, obj)
        if column.template:
            context = {"value": value, "object": obj, "column": column, "screen": self.screen, "user": self.user}
            shown = mark_safe(render_to_string(column.template, context))  # noqa: S308 - the template escapes
        else:
            shown = self._plain(column, obj, value)
        return self._linked(column, obj, shown, link=link)

    def _linked(self, column: Column, obj: Any, shown: SafeString, *, link: bool) -> SafeString:
        if link and "<a " not in shown:
            text = _("(no name)") if shown is _DASH else shown
            shown = format_html('<a href="{}">{}</a>', registry.url(self.screen.slug, "detail", pk=obj.pk), text)
        return shown + self._second(column, obj) if column.second else shown

    def _second(self, column: Column, obj: Any) -> SafeString:
        second = read(obj, column.second) if column.second else None
        if second in (None, ""):
            return SafeString("")
        css = "ch-dim ch-ref" if column.kind is Kind.REF else "ch-dim"
        return format_html('<div class="{}">{}</div>', css, second)

    def _plain(self, column: Column, obj: Any, value: Any) -> SafeString:
        if value is None or value in ("", []):
            return _DASH
        match column.kind:
            case Kind.SECRET:
                return format_html('<span class="ch-dim" aria-label="{}">{}</span>', _("hidden"), words.MASK)
            case Kind.STATE:
                tone = column.tones.get(value, Tone.NEW)
                return format_html(
                    '<span class="ch-state s-{}">{}</span>', tone, choice_label(self.screen, column, value)
                )
            case Kind.MONEY:
                return format_html('<span class="ch-money">{}</span>', formats.money(value, currency_of(obj)))
            case Kind.DATE | Kind.DATETIME:
                stamp = value.isoformat() if hasattr(value, "isoformat") else str(value)
                return format_html('<time datetime="{}">{}</time>', stamp, cell_text(self.screen, column, obj))
            case Kind.REF:
                return format_html('<span class="ch-ref{}">{}</span>', _whole(value), value)
        if isinstance(value, list):
            return format_html_join(", ", "{}", ((self.object(item),) for item in value))
        if isinstance(value, Model) and not choices_of(self.screen, column):
            return self.object(value)
        return format_html("{}", cell_text(self.screen, column, obj))

    def object(self, obj: Any) -> SafeString:
        """A related object: a link to its page when it has one that the reader may open."""
        if not isinstance(obj, Model):
            return format_html("{}", obj)
        screen = self._screen_of(type(obj))
        if screen is None:
            return format_html("{}", obj)
        return format_html(
            '<a{} href="{}">{}</a>',
            SafeString(' class="ch-whole"' if _whole(obj) else ""),
            registry.url(screen.slug, "detail", pk=obj.pk),
            obj,
        )

    def _screen_of(self, model: type[Model]) -> Screen | None:
        if model not in self._links:
            screen = registry.for_model(model)
            self._links[model] = screen if screen and may(self.user, screen.area, Level.READ) else None
        return self._links[model]


def _whole(name: Any) -> str:
    """A class for a name of one short word, which no line breaks at its hyphens."""
    text = str(name)
    return " ch-whole" if len(text) <= SHORT and " " not in text else ""


def head_of(screen: Screen, obj: Any) -> str:
    """The title of an object's page."""
    return str((read(obj, screen.head) if screen.head else None) or obj)


def state_of(screen: Screen, obj: Any) -> SafeString:
    """The state pill beside the title; empty when the screen names no state, or the row has none."""
    column = next((column for column in screen.columns if column.name == screen.state), None)
    value = cell_value(screen, column, obj) if column else None
    return SafeString("") if column is None or value in (None, "") else Painter(screen, None)._plain(column, obj, value)
