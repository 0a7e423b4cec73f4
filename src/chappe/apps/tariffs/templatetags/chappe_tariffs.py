"""Filters of the tariff pages: ``{% load chappe_tariffs %}``. They write values out and decide nothing."""

from typing import Any

from django import template

from chappe.apps.tariffs import words

register = template.Library()


@register.filter
def explained(explanation: Any) -> dict[str, Any]:
    """An Explanation laid out for ``tariffs/explanation.html``."""
    from chappe.apps.tariffs.explaining import told  # the kernel is only needed where a price is explained

    return told(explanation)


@register.filter
def row_price(row: Any) -> str:
    """``0,024 €/min`` of a TariffRow."""
    return words.price_of(row.price, row.unit, measure=row.measure, kind=row.kind, currency=row.version.currency)


@register.filter
def row_fee(row: Any) -> str:
    """The connect fee of a TariffRow, a dash when there is none."""
    from chappe.kit.ui.formats import DASH

    return DASH if row.connect_fee in {"", "0"} else words.amount(row.connect_fee, row.version.currency)


@register.filter
def row_step(row: Any) -> str:
    """The step of a TariffRow in its unit, and from where on it holds."""
    return words.quantity(row.increment, row.measure) if row.kind == "usage" else "–"


@register.filter
def row_start(row: Any) -> str:
    """From which moment of the call this price holds."""
    return words.quantity(row.start, row.measure)


@register.filter
def timing_name(tag: str) -> str:
    """The tag of a timing; ``*any`` in words."""
    return words.timing_name(tag)


@register.filter
def format_name(slug: str) -> str:
    """The name of a format of tariff files."""
    from chappe.core.base.lang import translate
    from chappe.core.tariff.door import FORMATS

    return translate(FORMATS[slug].label, words.language()) if slug in FORMATS else slug
