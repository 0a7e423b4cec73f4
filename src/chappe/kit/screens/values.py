"""From a column's declaration to the value of one row: where it is in the database, and how it reads.

Paths are resolved on the models, once. Nothing here makes HTML (see ``cells``) or knows a request; nothing
here runs a query of its own, so that a list costs the same at one row and at a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from chappe.kit.ui import formats

from . import words
from .declare import Column, Kind, Screen, Text


@dataclass(frozen=True)
class Source:
    """Where a value stands. ``orm`` is "" when it is computed in Python, so cannot be ordered or filtered."""

    path: str
    orm: str
    field: Field | None = None
    related: str = ""  # for select_related
    prefetch: str = ""  # for prefetch_related, when the path goes through many rows
    target: type[Model] | None = None  # the model it points to, when the value is an object

    @property
    def many(self) -> bool:
        return bool(self.prefetch)


@cache
def source_of(model: type[Model], path: str) -> Source:
    """Resolve ``path`` (``operator__name``) on ``model``.

    A name that is neither a field nor an attribute is taken for an annotation made by ``Screen.rows``.
    """
    here: type[Model] = model
    walked: list[str] = []
    field: Any = None
    many = False
    for part in _parts(path):
        if field is not None and not field.is_relation:
            return Source(path, path, field, _join(walked, many), _many(walked, many))  # a transform: date__year
        try:
            field = here._meta.pk if part == "pk" else here._meta.get_field(part)
        except FieldDoesNotExist:
            annotation = here is model and not walked and not hasattr(model, part)
            return Source(path, path if annotation else "", None, _join(walked, many), _many(walked, many))
        if (field.is_relation and getattr(field, "attname", part) != part) or (
            field.is_relation and not hasattr(field, "attname")
        ):
            many = many or bool(field.many_to_many or field.one_to_many)
            walked.append(part)
            here = field.related_model
        elif field.is_relation:  # operator_id: the bare key
            return Source(path, path, field, _join(walked, many), _many(walked, many))
    target = here if field is not None and field.is_relation else None
    return Source(path, path, field, _join(walked, many), _many(walked, many), target)


def _parts(path: str) -> list[str]:
    return [path] if path.startswith("__") else path.split("__")  # __str__ is one name


def _join(walked: list[str], many: bool) -> str:
    return "" if many else "__".join(walked)


def _many(walked: list[str], many: bool) -> str:
    return "__".join(walked) if many else ""


def column_source(screen: Screen, column: Column) -> Source:
    """Where the value of ``column`` stands."""
    return source_of(screen.model, column.source or column.name)


def orm_path(screen: Screen, column: Column) -> str:
    """Path by which the database may order and filter ``column``; "" when it cannot."""
    return column.order_by.lstrip("-") or column_source(screen, column).orm


def find_column(screen: Screen, name: str) -> Column | None:
    """The column of that name, or None."""
    return next((column for column in screen.columns if column.name == name), None)


def read(obj: Any, path: str) -> Any:
    """The value at ``path`` from ``obj``; None where the way stops. A method without arguments is called."""
    value = obj
    for part in _parts(path):
        if value is None:
            return None
        value = getattr(value, part, None)
        if hasattr(value, "all") and hasattr(value, "model"):
            return list(value.all())
        if callable(value):
            value = value()
    return value


def cell_value(screen: Screen, column: Column, obj: Any) -> Any:
    """The plain value of a cell: int nano for MONEY, seconds for DURATION, the key of a choice, an object for LINK.

    The value of a SECRET is given too: who shows it masks it.
    """
    return read(obj, column.source or column.name)


def choices_of(screen: Screen, column: Column) -> Sequence[tuple[Any, Text]]:
    """The (key, label) pairs of a column: said by the declaration, else by the model's field."""
    if column.choices is not None:
        return list(column.choices)
    field = column_source(screen, column).field
    return list(getattr(field, "flatchoices", None) or ())


def choice_label(screen: Screen, column: Column, value: Any) -> str:
    """The word for a choice, in the reader's language."""
    for key, label in choices_of(screen, column):
        if key == value:
            return str(label)
    return "" if value is None else str(value)


def cell_text(screen: Screen, column: Column, obj: Any) -> str:
    """A cell as a person reads it, in the active language, without HTML. A secret is always masked."""
    value = cell_value(screen, column, obj)
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    match column.kind:
        case Kind.SECRET:
            return words.MASK
        case Kind.STATE:
            return choice_label(screen, column, value)
        case Kind.MONEY:
            return formats.money(value, currency_of(obj))
        case Kind.NUMBER:
            return formats.number(value)
        case Kind.DURATION:
            return formats.duration(value)
        case Kind.SIZE:
            return formats.size(value)
        case Kind.DATE:
            return formats.day(value)
        case Kind.DATETIME:
            return formats.moment(value)
        case Kind.BOOL:
            return words.yes_no(value)
    return choice_label(screen, column, value) if choices_of(screen, column) else str(value)


def currency_of(obj: Any) -> str:
    """The ISO code of a row's money: its own ``currency``, else the euro."""
    return str(getattr(obj, "currency", "") or "EUR")
