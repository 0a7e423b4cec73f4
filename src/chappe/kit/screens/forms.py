"""The form of a screen, derived from its fields: choices that the reader may see, amounts, secrets, the lock.

A form only reads and checks; the verbs of the app write. What a verb refuses comes back as sentences in the form.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from chappe.core.base.money import plain, to_nano
from chappe.kit.access.door import SELF, Access, may, visible_to

from .declare import Column, Kind, Screen

VERSION = "ch_version"  # hidden field: when the row was last changed, as the reader saw it


def capitals(fields: Iterable[forms.Field]) -> None:
    """Labels begin with a capital: the names of a model's fields are written small, for sentences."""
    for field in fields:
        if field.label:
            field.label = str(field.label)[:1].upper() + str(field.label)[1:]


class InParts:
    """A long form, shown in parts. ``groups``: titles, and the names of the fields under each."""

    groups: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()

    @property
    def field_groups(self) -> list[tuple[Any, list[Any]]]:
        """The fields as they are shown: a title and those under it that this form has (a change of many rows has but some)."""
        fields: Any = self
        shown = [(title, [fields[name] for name in names if name in fields.fields]) for title, names in self.groups]
        return [(title, some) for title, some in shown if some]


class MoneyField(forms.CharField):
    """An amount typed as 12.50 or 12,50, kept as integer nano."""

    default_error_messages = {
        "amount": _("“%(value)s” is not an amount. Write it like 12.50, with nine decimals at most.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, int):
            return value
        text = "".join(str(value or "").split())
        if not text:
            return None
        try:
            return to_nano(text)
        except ValueError:
            raise ValidationError(self.error_messages["amount"], "amount", {"value": text}) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


def form_class(screen: Screen, fields: Sequence[str] | None = None) -> type[forms.BaseForm]:
    """The form's class: the screen's own, else a ModelForm of ``fields`` (its ``fields`` by default)."""
    if screen.form is not None and fields is None:
        return screen.form
    kinds = {column.source or column.name: column for column in screen.columns}
    names = list(fields if fields is not None else screen.fields)

    def build(field: models.Field, **kwargs: Any) -> forms.Field | None:
        return _field(field, kinds.get(field.name), kwargs)

    return forms.modelform_factory(screen.model, fields=names, formfield_callback=build)


def _field(field: models.Field, column: Column | None, kwargs: dict[str, Any]) -> forms.Field | None:
    if column is not None and column.kind is Kind.MONEY and not field.choices:
        return MoneyField(
            label=field.verbose_name, help_text=field.help_text, required=not field.blank, initial=_initial(field)
        )
    if column is not None and column.kind is Kind.SECRET:
        kwargs["widget"] = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
    elif isinstance(field, models.DateTimeField):
        kwargs["widget"] = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
    elif isinstance(field, models.DateField):
        kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif isinstance(field, models.ManyToManyField):
        kwargs["widget"] = forms.CheckboxSelectMultiple
    elif isinstance(field, models.TextField) and "widget" not in kwargs:
        kwargs["widget"] = forms.Textarea(attrs={"rows": 4})
    made = field.formfield(**kwargs)
    if made is not None:
        capitals([made])
    return made


def _initial(field: models.Field) -> Any:
    return field.get_default() if field.has_default() else None


def build_form(
    screen: Screen,
    user: Any,
    *,
    obj: Any = None,
    data: Any = None,
    files: Any = None,
    fields: Sequence[str] | None = None,
    initial: Any = None,
) -> forms.BaseForm:
    """The form for a new row, or for ``obj``, bound when ``data`` is given; choices are what ``user`` may see."""
    cls = form_class(screen, fields)
    kwargs: dict[str, Any] = {"data": data, "files": files, "initial": dict(initial or {})}
    if issubclass(cls, forms.ModelForm):
        kwargs["instance"] = obj
    elif obj is not None:
        kwargs["initial"] = {name: getattr(obj, name, None) for name in cls.base_fields} | kwargs["initial"]
    accepted = inspect.signature(cls.__init__).parameters
    offered = {"user": user, "screen": screen, "object": obj}
    kwargs |= {name: value for name, value in offered.items() if name in accepted}
    form = cls(**kwargs)
    _dress(screen, form, user, obj)
    return form


def asked_form(form_class: Any, user: Any, data: Any = None, files: Any = None) -> forms.BaseForm:
    """The form of the values that an act asks, told who fills it in when it wants to know; bound with ``data``."""
    known = {"user": user} if "user" in inspect.signature(form_class.__init__).parameters else {}
    return form_class(data, files, **known)


def _dress(screen: Screen, form: forms.BaseForm, user: Any, obj: Any) -> None:
    secrets = secret_fields(screen)
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField) and isinstance(
            getattr(field.queryset.model, "access", None), Access
        ):
            field.queryset = _pickable(field.queryset, user, obj, name)
        if name in secrets and obj is not None:
            field.required = False
            field.help_text = field.help_text or _("Leave empty to keep the present one.")
    if obj is not None and version_of(obj):
        form.fields[VERSION] = forms.CharField(required=False, widget=forms.HiddenInput, initial=version_of(obj))
    if form.is_bound and form.errors:
        first = next((name for name in form.fields if name in form.errors), None)
    else:
        first = next((n for n, f in form.fields.items() if not f.widget.is_hidden), None) if obj is None else None
    if first is not None and not form.fields[first].widget.is_hidden:
        form.fields[first].widget.attrs["autofocus"] = True


def _pickable(queryset: Any, user: Any, obj: Any, name: str) -> Any:
    """Rows that may be picked: those the user may see, or, without the right to that list, the present one."""
    model = queryset.model
    if may(user, model.access.area):
        return visible_to(user, queryset)
    if model.access.owner in {name, SELF}:
        own = [key for key in (getattr(obj, f"{name}_id", None), user.organisation_id) if key]
        return queryset.filter(pk__in=own)
    return queryset.filter(pk=getattr(obj, f"{name}_id", None))


def secret_fields(screen: Screen) -> set[str]:
    """Names of the form's fields that are secrets."""
    return {column.source or column.name for column in screen.columns if column.kind is Kind.SECRET}


def values_of(screen: Screen, form: forms.BaseForm, *, updating: bool) -> dict[str, Any]:
    """What a verb is given: the cleaned values, without the lock and without secrets left empty on an update."""
    secrets = secret_fields(screen)
    return {
        name: value
        for name, value in form.cleaned_data.items()
        if name != VERSION and not (updating and name in secrets and value in (None, ""))
    }


def version_of(obj: Any) -> str:
    """When the row was last changed, as text; "" when its model does not say."""
    stamp = getattr(obj, "updated_at", None)
    return stamp.isoformat() if stamp is not None else ""


def add_refusal(form: forms.BaseForm, error: ValidationError) -> None:
    """Put the sentences of a refused verb in the form, under their field when the form has it."""
    known: dict[str | None, list[Any]] = {}
    groups: Mapping[str, Any] = (
        error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    )
    for name, errors in groups.items():
        place = name if name in form.fields else None
        known.setdefault(place, []).extend(errors)
    for place, errors in known.items():
        said = {str(text) for text in form.errors.get(place or NON_FIELD_ERRORS, [])}
        for one in errors:
            if str(one.messages[0]) not in said:
                form.add_error(place, one)
