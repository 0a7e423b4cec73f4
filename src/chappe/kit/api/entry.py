"""From the body of a request to the screen's form: a program writes exactly what a person may type on the page."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from chappe.kit.api.errors import BadValues
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.forms import VERSION, asked_form, build_form, values_of

NOT_WRITTEN = frozenset({VERSION})


def names_of(form: forms.BaseForm) -> list[str]:
    """The names that a body may give."""
    return [name for name in form.fields if name not in NOT_WRITTEN]


def body_of(data: Any) -> dict[str, Any]:
    """The body as name → value. Raises BadValues when it is not an object."""
    if isinstance(data, QueryDict):
        return {name: values if len(values) > 1 else values[0] for name, values in data.lists()}
    if not isinstance(data, Mapping):
        raise BadValues({"": [_("The body must be a JSON object: names and values.")]})
    return dict(data)


def read(
    screen: Screen, user: Any, data: Any, *, obj: Any = None, files: Any = None, partial: bool = False
) -> dict[str, Any]:
    """Checked values for the screen's verb. Raises BadValues with sentences by name.

    What ``partial`` leaves out keeps its value; without it, it takes the value of an empty form.
    """
    blank = build_form(screen, user, obj=obj if partial else None)
    given = body_of(data)
    posted = as_form_data(blank, given, files)
    form = build_form(screen, user, obj=obj, data=posted, files=files)
    if not form.is_valid():
        raise BadValues(errors_of(form))
    return values_of(screen, form, updating=obj is not None)


def read_action(form_class: Any, user: Any, data: Any, files: Any) -> dict[str, Any]:
    """Checked values for an action's form, as ``user`` fills it in."""
    form = asked_form(form_class, user, as_form_data(asked_form(form_class, user), body_of(data), files), files)
    if not form.is_valid():
        raise BadValues(errors_of(form))
    return form.cleaned_data


def errors_of(form: forms.BaseForm) -> dict[str, list[str]]:
    """name → sentences; ``""`` for what belongs to no field."""
    return {("" if name == "__all__" else name): [str(t) for t in texts] for name, texts in form.errors.items()}


def as_form_data(form: forms.BaseForm, given: Mapping[str, Any], files: Any = None) -> QueryDict:
    """What a browser would have sent: the form's present values with ``given`` written over them."""
    known = names_of(form)
    unknown = sorted(str(name) for name in given if name not in known)
    wrong: dict[str, list[str]] = {
        name: [_("There is no such value here. Known: %(names)s.") % {"names": ", ".join(known) or _("none")}]
        for name in unknown
    }
    posted = QueryDict(mutable=True)
    for name in known:
        field = form.fields[name]
        if isinstance(field, forms.FileField):
            continue
        value = given[name] if name in given else field.prepare_value(form.get_initial_for_field(field, name))
        try:
            _put(posted, form, name, value, typed=name in given)
        except ValueError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise BadValues(wrong)
    return posted


def _put(posted: QueryDict, form: forms.BaseForm, name: str, value: Any, *, typed: bool) -> None:
    field, key = form.fields[name], form.add_prefix(name)
    if value is None:
        return
    if isinstance(field, forms.MultiValueField) or (isinstance(field.widget, forms.MultiWidget)):
        parts = value if isinstance(value, list) else field.widget.decompress(value)
        for number, part in enumerate(parts):
            if part is not None:
                posted[f"{key}_{number}"] = _text(part)
        return
    if isinstance(field, forms.JSONField):
        posted[key] = json.dumps(value) if typed else str(value)
        return
    several = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    if several:
        posted.setlist(key, [_text(item) for item in (value if isinstance(value, list | tuple | set) else [value])])
        return
    if isinstance(field, forms.BooleanField) and not isinstance(field, forms.NullBooleanField):
        if typed and not isinstance(value, bool) and str(value).lower() not in {"true", "false", "on", "1", "0", ""}:
            raise ValueError(_("Write true or false."))
        if str(value).lower() in {"true", "on", "1"}:
            posted[key] = "on"
        return
    posted[key] = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list | tuple | set):
        raise ValueError(_("One value is expected here, not a list nor an object."))
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if not hasattr(value, "isoformat") else value.isoformat()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(_("This text holds half a character (a lone surrogate).")) from None
    return text
