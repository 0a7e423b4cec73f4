"""Values of a row as plain JSON, and the difference between two of them.

Secrets never enter: a secret becomes a fingerprint that lives only as long as the comparison.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from chappe.kit.access.secrets import MASK, EncryptedTextField, is_sensitive

Changes = dict[str, list[Any]]


class Secret(str):
    """The fingerprint of a secret, to see that it changed without knowing it."""

    __slots__ = ()


def secret_fields(model: type[models.Model]) -> set[str]:
    """Names of the fields whose value is never written down."""
    named = set(getattr(model, "audit_secret", ()))
    return named | {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
        or (isinstance(field, models.CharField | models.TextField) and is_sensitive(field.name))
    }


def personal_fields(model: type[models.Model]) -> set[str]:
    """Names of the fields that a person may have erased (``audit_personal`` of the model)."""
    return set(getattr(model, "audit_personal", ()))


def watched(model: type[models.Model]) -> list[models.Field]:
    """The fields that audit compares: not the key, not the automatic dates, not ``audit_ignore``."""
    ignored = set(getattr(model, "audit_ignore", ()))
    return [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key
        and not getattr(field, "auto_now", False)
        and not getattr(field, "auto_now_add", False)
        and field.name not in ignored
    ]


def plain(value: Any) -> Any:
    """A JSON value for anything a model field holds. Decimals and dates become text, files their name."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal() | UUID():
            return str(value)
        case dict():
            return {
                str(k): MASK if is_sensitive(str(k)) and v not in (None, "") else plain(v) for k, v in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case models.Model():
            return {"id": value.pk, "label": str(value)}
        case memoryview() | bytes() | bytearray():
            return f"sha256:{hashlib.sha256(bytes(value)).hexdigest()[:16]}"
        case _:
            return str(value)


def snapshot(obj: models.Model) -> dict[str, Any]:
    """field → plain value of a row, to be compared later. Related objects stand as their key.

    A model may add values that are not its columns: ``audit_extra() -> dict``, told by
    ``audit_words(name, before, after) -> (label, before, after)`` (a static method).
    """
    model = type(obj)
    secret = secret_fields(model)
    values: dict[str, Any] = {}
    for field in watched(model):
        value = plain(field.value_from_object(obj))
        if field.name in secret and value not in (None, ""):
            value = Secret(hashlib.sha256(str(value).encode()).hexdigest())
        values[field.name] = value
    for name in getattr(model, "audit_m2m", ()) if obj.pk else ():
        values[name] = sorted(getattr(obj, name).values_list("pk", flat=True))
    extra = getattr(obj, "audit_extra", None)
    return values | (plain(extra()) if extra and obj.pk else {})


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """field → [before, after] where they differ; secrets show only that they changed."""
    changes: Changes = {}
    for name, new in after.items():
        old = before.get(name)
        if name in before and old != new:
            changes[name] = [_hidden(old), _hidden(new)]
    return changes


def _hidden(value: Any) -> Any:
    return MASK if isinstance(value, Secret) else value


def with_labels(model: type[models.Model], rows: Iterable[Changes]) -> None:
    """Replace keys of related objects by {"id", "label"}, in place: one query a related field for all rows."""
    rows = list(rows)
    for name in {name for changes in rows for name in changes}:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:  # a caller's own key, such as a line of a related table
            continue
        if not field.is_relation:
            continue
        keys = {key for changes in rows for side in changes.get(name, ()) for key in _keys(side)}
        known = field.related_model._base_manager.in_bulk(list(keys))
        labels = {key: {"id": key, "label": str(known[key]) if key in known else f"#{key}"} for key in keys}
        for changes in rows:
            if name in changes:
                changes[name] = [_labelled(side, labels) for side in changes[name]]


def _keys(side: Any) -> list[Any]:
    return side if isinstance(side, list) else [] if side is None else [side]


def _labelled(side: Any, labels: Mapping[Any, Any]) -> Any:
    if isinstance(side, list):
        return [labels[key] for key in side]
    return None if side is None else labels[side]
