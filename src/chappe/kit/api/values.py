"""Rows as JSON, by the kind of their columns. A secret never leaves; an amount is an exact decimal text."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from chappe.core.base.money import plain
from chappe.kit.screens import registry
from chappe.kit.screens.cells import head_of
from chappe.kit.screens.declare import Column, Kind, Screen
from chappe.kit.screens.values import cell_value


def api_columns(screen: Screen) -> list[Column]:
    """The columns that programs may read: ``in_api``, and never a secret."""
    return [column for column in screen.columns if column.in_api and column.kind is not Kind.SECRET]


def in_api(slug: str) -> Screen | None:
    """The screen of that slug when the API offers it."""
    if not registry.has(slug):
        return None
    screen = registry.get(slug)
    return screen if screen.api else None


def url_of(screen: Screen, name: str = "rows", **kwargs: Any) -> str:
    """Address of a screen's rows, row, act… in the API."""
    return reverse(f"api:{name}", kwargs={"slug": screen.slug, **kwargs})


def row_as_json(screen: Screen, obj: Any, columns: Sequence[Column] | None = None) -> dict[str, Any]:
    """``id``, ``label``, ``url``, then the columns by name. A column of one of these names takes its place."""
    row = {"id": obj.pk, "label": head_of(screen, obj), "url": url_of(screen, "row", pk=obj.pk)}
    for column in api_columns(screen) if columns is None else columns:
        row[column.name] = as_json(column.kind, cell_value(screen, column, obj))
    return row


def as_json(kind: Kind, value: Any) -> Any:
    """One value. Money: decimal text. Moments: ISO 8601 with the offset of the house. Links: {id, label, url}."""
    if isinstance(value, list | tuple):
        return [as_json(kind, item) for item in value]
    if isinstance(value, Model) or kind is Kind.LINK:
        return _link(value)
    if kind is Kind.MONEY and isinstance(value, int):
        return plain(value)
    match value:
        case None | bool() | float() | dict():
            return value
        case int():
            return int(value)
        case str():
            return str(value)
        case datetime():
            return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat()
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return f"{value:f}"
    return str(value)


def _link(value: Any) -> dict[str, Any] | None:
    if value is None or value == "":
        return None
    if not isinstance(value, Model):
        return {"id": None, "label": str(value), "url": None}
    screen = registry.for_model(type(value))
    url = url_of(screen, "row", pk=value.pk) if screen is not None and screen.api else None
    return {"id": value.pk, "label": str(value), "url": url}
