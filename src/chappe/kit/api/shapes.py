"""From columns and forms to JSON Schema: the types that the description of the API names. No request, no rows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from chappe.kit.api.entry import names_of
from chappe.kit.api.values import api_columns
from chappe.kit.screens.declare import Column, Kind, Screen
from chappe.kit.screens.filters import filterset_for
from chappe.kit.screens.forms import MoneyField, build_form, secret_fields
from chappe.kit.screens.values import choices_of, column_source

LINK = {"$ref": "#/components/schemas/Link"}
_KINDS: dict[Kind, dict[str, Any]] = {
    Kind.MONEY: {"type": "string", "format": "decimal", "example": "12.50"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.BOOL: {"type": "boolean"},
    Kind.SIZE: {"type": "integer"},
    Kind.DURATION: {"type": "number"},
    Kind.NUMBER: {},  # whole, decimal text or fraction, as the entity holds it
    Kind.TEXT: {},
    Kind.REF: {},
    Kind.STATE: {},
}
_TYPED = {str: "string", bool: "boolean", int: "integer"}


def component(screen: Screen, suffix: str = "") -> str:
    """“parties.operator” → “PartiesOperator”."""
    return "".join(part.capitalize() for part in screen.slug.replace(".", "_").replace("-", "_").split("_")) + suffix


def ref(screen: Screen, suffix: str = "") -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{component(screen, suffix)}"}


def row_schema(screen: Screen) -> dict[str, Any]:
    """One row as it is read."""
    members: dict[str, Any] = {
        "id": {"description": _("Key of the row."), "oneOf": [{"type": "integer"}, {"type": "string"}]},
        "label": {"type": "string", "description": _("How a person names it.")},
        "url": {"type": "string", "description": _("Its address in the API.")},
    }
    members |= {column.name: column_schema(screen, column) for column in api_columns(screen)}
    return {"type": "object", "description": str(screen.label_one), "properties": members}


def column_schema(screen: Screen, column: Column) -> dict[str, Any]:
    """One value of a row. Anything may be null: what is empty is told as such."""
    text = " ".join(str(part) for part in (column.label, column.help) if part)
    source = column_source(screen, column)
    if column.kind is Kind.LINK or source.target is not None:
        one: dict[str, Any] = {"type": "array", "items": LINK} if source.many else {"allOf": [LINK]}
        return {**one, "nullable": True, "description": text}
    if source.many:
        return {"type": "array", "items": {}, "description": text}
    choices = choices_of(screen, column)
    if choices:
        keys = [key for key, _label in choices]
        listed = "\n".join(f"* `{_code(key)}`: {label}" for key, label in choices)
        found: dict[str, Any] = {"enum": [*keys, *([] if None in keys else [None])], "nullable": True}
        types = {type(key) for key in keys if key is not None}
        if len(types) == 1 and (named := _TYPED.get(_plain(next(iter(types))))):
            found["type"] = named
        return {**found, "description": f"{text}\n\n{listed}"}
    return {**_KINDS.get(column.kind, {}), "nullable": True, "description": text}


def _plain(kind: type) -> type:
    return next((base for base in (bool, int, str) if issubclass(kind, base)), kind)


def _code(key: Any) -> str:
    return {True: "true", False: "false", None: "null"}[key] if isinstance(key, bool) or key is None else str(key)


def list_schema(screen: Screen) -> dict[str, Any]:
    """A page of rows."""
    address = {"type": "string", "nullable": True}
    return {
        "type": "object",
        "required": ["count", "count_capped", "page", "page_size", "next", "previous", "results"],
        "properties": {
            "count": {"type": "integer", "description": _("Rows found.")},
            "count_capped": {
                "type": "boolean",
                "description": _(
                    "Counting stopped at `count`: there are more. Narrow the filters, or read it all as CSV."
                ),
            },
            "page": {"type": "integer"},
            "page_size": {"type": "integer"},
            "next": address,
            "previous": address,
            "results": {"type": "array", "items": ref(screen)},
        },
    }


def writable(screen: Screen, user: Any) -> dict[str, Any]:
    """What POST and PUT take: the fields of the page's form."""
    return form_schema(build_form(screen, user), secret_fields(screen))


def form_schema(form: forms.BaseForm, secrets: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """A form's fields as an object."""
    members = {}
    for name in names_of(form):
        members[name] = field_schema(form.fields[name])
        if name in secrets:
            members[name] |= {"writeOnly": True, "format": "password"}
    required = [
        name
        for name in members
        if form.fields[name].required and form.get_initial_for_field(form.fields[name], name) is None
    ]
    return {"type": "object", "properties": members, **({"required": required} if required else {})}


def field_schema(field: forms.Field) -> dict[str, Any]:
    """One value that may be written."""
    found = _field_type(field)
    words = ". ".join(str(part).rstrip(".") for part in (field.label, field.help_text) if part)
    if words:
        found["description"] = words
    if not field.required:
        found["nullable"] = True
    if isinstance(field, forms.CharField) and field.max_length and not isinstance(field, MoneyField):
        found["maxLength"] = field.max_length
    return found


def _field_type(field: forms.Field) -> dict[str, Any]:
    match field:
        case MoneyField():
            return {"type": "string", "format": "decimal", "example": "12.50"}
        case forms.ModelMultipleChoiceField():
            return {"type": "array", "items": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}
        case forms.ModelChoiceField():
            return {"oneOf": [{"type": "integer"}, {"type": "string"}]}
        case forms.MultipleChoiceField():
            return {"type": "array", "items": {"type": "string", **_enum(field.choices)}}
        case forms.TypedChoiceField() | forms.ChoiceField():
            return {"type": "string", **_enum(field.choices)}
        case forms.JSONField():
            return {}
        case forms.NullBooleanField() | forms.BooleanField():
            return {"type": "boolean"}
        case forms.DecimalField() | forms.FloatField():
            return {"type": "string", "format": "decimal"}
        case forms.IntegerField():
            return {"type": "integer"}
        case forms.DateTimeField():
            return {"type": "string", "format": "date-time"}
        case forms.DateField():
            return {"type": "string", "format": "date"}
        case forms.FileField():
            return {"type": "string", "format": "binary"}
    return {"type": "string"}


def _enum(choices: Any) -> dict[str, Any]:
    keys = [str(key) for key, label in choices if not isinstance(label, list | tuple)]
    return {"enum": keys} if keys and len(keys) <= 100 else {}


def filter_parameters(screen: Screen) -> list[dict[str, Any]]:
    """The query of a list: search, scope, chips, order, then each filter."""
    scopes = [scope.name for scope in screen.scopes]
    chips = [chip.name for chip in screen.chips]
    found = (
        [_query("q", _("Words searched in: %(paths)s.") % {"paths": ", ".join(screen.search)})] if screen.search else []
    )
    if scopes:
        words = "\n".join(f"* `{scope.name}`: {scope.label}" for scope in screen.scopes)
        found.append(
            _query("scope", _("Which rows; the first by default, as on the page.") + f"\n\n{words}", enum=scopes)
        )
    if chips:
        words = "\n".join(f"* `{chip.name}`: {chip.label}" for chip in screen.chips)
        found.append(_several("chip", _("Quick filters; rows must pass all of them.") + f"\n\n{words}", chips))
    found += [
        _query("sort", _("Column to order by, with - in front for descending; several with commas.")),
        _query("cols", _("Only these columns, with commas.")),
    ]
    seen: set[str] = set()
    filterset = filterset_for(screen)
    for column in screen.columns:
        for name, one in filterset.base_filters.items():
            if name not in seen and name in {column.name + end for end in ("", "_min", "_max", "_from", "_to")}:
                seen.add(name)
                found.append(_filter(screen, column, name, one))
    return found


_BOUNDS = {"_min": "≥", "_max": "≤", "_from": "≥", "_to": "≤"}


def _filter(screen: Screen, column: Column, name: str, one: Any) -> dict[str, Any]:
    sign = next((sign for end, sign in _BOUNDS.items() if name == column.name + end), "")
    words = f"{column.label} {sign}".strip()
    kind = type(one).__name__
    if kind == "ChoiceFilter":
        return _several(name, words, [_code(key) for key, _label in choices_of(screen, column)])
    schema = {
        "BooleanFilter": {"type": "boolean"},
        "NumberFilter": {"type": "number"},
        "DayFilter": {"type": "string", "format": "date"},
        "AmountFilter": {"type": "string", "format": "decimal"},
    }.get(kind, {"type": "string"})
    return _query(name, words, **schema)


def _query(name: str, words: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": {"type": "string", **schema}}


def _several(name: str, words: str, keys: Sequence[str]) -> dict[str, Any]:
    items = {"type": "string", "enum": list(keys)} if 0 < len(keys) <= 100 else {"type": "string"}
    return {
        "name": name, "in": "query", "description": words, "explode": True, "style": "form",
        "schema": {"type": "array", "items": items},
    }  # fmt: skip
