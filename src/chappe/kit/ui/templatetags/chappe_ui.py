"""Tags and filters of every Chappe page: ``{% load chappe_ui %}``.

They dress values; they never query, never decide a right. Formats live in :mod:`chappe.kit.ui.formats`.
"""

from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

import chappe
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart

register = template.Library()

register.filter("duration", formats.duration)
register.filter("filesize_fr", formats.size)
register.filter("size", formats.size)
register.filter("percent", formats.percent)
register.filter("day", formats.day)
register.filter("ago", formats.ago)

_TONES = frozenset({"new", "run", "wait", "ok", "warn", "bad"})


@register.filter
def money(nano: int | None, currency: str = "EUR") -> str:
    """``{{ nano|money:"EUR" }}``: an amount in 10⁻⁹ of the currency, never rounded, two decimals at least."""
    return formats.money(nano, currency)


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    """``{{ n|number }}`` → 1 234; ``{{ n|number:2 }}`` → 1 234,00."""
    return formats.number(value, decimals)


@register.filter
def when(value: date | datetime | None, precision: str = "minute") -> SafeString | str:
    """A date or a moment in the reader's time zone, with how long ago as a tooltip."""
    if not isinstance(value, date):
        return formats.DASH
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.day(value))
    if timezone.is_naive(value):
        value = timezone.make_aware(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(timespec="seconds"),
        formats.ago(value),
        formats.moment(value, precision),
    )


@register.filter
def initials(user: Any) -> str:
    """Two letters for the avatar: of the full name, else of the user name."""
    names = [part for part in (getattr(user, "first_name", ""), getattr(user, "last_name", "")) if part]
    text = "".join(part[0] for part in names) if names else str(getattr(user, "username", user) or "?")[:2]
    return text[:2].upper()


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A Tabler icon by name. Hidden from screen readers unless a label says what it means."""
    name = str(name).removeprefix("ti-")
    if label:
        return format_html('<i class="ti ti-{} {}" role="img" aria-label="{}" title="{}"></i>', name, css, label, label)
    return format_html('<i class="ti ti-{} {}" aria-hidden="true"></i>', name, css)


@register.simple_tag
def state(label: Any, tone: str = "new") -> SafeString:
    """A state: one shape, six tones (new, run, wait, ok, warn, bad), always with its word."""
    tone = str(tone or "new")
    return format_html(
        '<span class="ch-state s-{}">{}</span>',
        tone if tone in _TONES else "new",
        formats.DASH if label in (None, "") else label,
    )


@register.simple_tag
def version() -> str:
    """The version of Chappe, for the footer."""
    return getattr(chappe, "__version__", "")


@register.filter
def is_check(field: BoundField) -> bool:
    """True for a single tick box: its label stands to its right."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    """True for a set of ticks or radio buttons: it needs a fieldset and a legend."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def widget(field: BoundField) -> SafeString:
    """The field's input with the theme's class, and ``is-invalid`` when it was refused."""
    kind = field.field.widget
    if isinstance(kind, RadioSelect | CheckboxSelectMultiple):
        return field.as_widget()  # its class would land on the box around the choices
    if isinstance(kind, CheckboxInput):
        css = "form-check-input"
    elif isinstance(kind, Select):
        css = "form-select"
    else:
        css = "form-control"
    css = " ".join(filter(None, [kind.attrs.get("class", ""), css, "is-invalid" if field.errors else ""]))
    attrs = {"class": css}
    if isinstance(kind, FileInput):
        attrs["data-file"] = ""
    return field.as_widget(attrs=attrs)


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, Any]:
    """One field of a form: label, input, help and error, tied together for screen readers."""
    return {"field": bound, "label": label or bound.label}


@register.inclusion_tag("ui/chart.html")
def chart(value: Chart, height: int = 260) -> dict[str, Any]:
    """A chart with its table of figures, which is what screen readers and printers get."""
    return {"chart": value, "height": height}


@register.inclusion_tag("ui/pager.html", takes_context=True)
def pager(context: Context, page: Page, total: str = "", name: str = "page") -> dict[str, Any]:
    """Pages under a list. ``total`` replaces the count ("plus de 200 000"), ``name`` the query parameter."""
    query = context["request"].GET.copy()

    def link(number_: int) -> str:
        query[name] = str(number_)
        return "?" + query.urlencode()

    around = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    pages = [{"number": n, "url": link(n) if isinstance(n, int) else "", "on": n == page.number} for n in around]
    return {
        "page": page,
        "pages": pages,
        "total": total or formats.number(page.paginator.count),
        "first": formats.number(page.start_index()),
        "last": formats.number(page.end_index()),
        "previous": link(page.previous_page_number()) if page.has_previous() else "",
        "next": link(page.next_page_number()) if page.has_next() else "",
    }
