"""Tags of the templates of screens: a table, a panel's own template. They make no decision and no query."""

from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def draw_table(context: Context, table: Any, label: str = "", small: bool = False, filters: bool = False) -> SafeString:
    """A django-tables2 table in the hand of the face; ``filters`` draws the second filter row."""
    table.ch_label, table.ch_small, table.ch_filters = label, small, filters
    drawn = get_template("screens/table.html").render({"table": table}, context.get("request"))
    return mark_safe(drawn)  # noqa: S308 - the template escapes


@register.simple_tag(takes_context=True)
def panel_template(context: Context, item: dict[str, Any]) -> SafeString:
    """The template of a panel, with the values it declares."""
    drawn = get_template(item["panel"].template).render(item["context"], context.get("request"))
    return mark_safe(drawn)  # noqa: S308 - the template escapes
