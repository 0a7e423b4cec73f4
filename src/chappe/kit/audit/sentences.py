"""Entries told as sentences, in the reader's language: “Alice changed the name of “Boréal”: “A” → “B””.

A verb of the trade registers its own sentence; created, changed and deleted are derived from the model's words.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from chappe.core.base.lang import N_
from chappe.kit.access.secrets import MASK
from chappe.kit.audit.models import AuditEntry

#: verb → English sentence with {named} holes; {actor} and {object} are always there.
_sentences: dict[str, str] = {
    "created": N_("{actor} created {object}"),
    "deleted": N_("{actor} deleted {object}"),
    "audit.forgotten": N_("{actor} erased {values} personal values of {object}"),
}
SHOWN_CHANGES = 3


def register_sentence(verb_code: str, sentence: str) -> None:
    """Give a verb its sentence, marked with N_. Raises ValueError when another one has been given."""
    if _sentences.setdefault(verb_code, sentence) != sentence:
        raise ValueError(f"verb of the audit trail declared twice: {verb_code}")


def verbs() -> dict[str, str]:
    """Every verb known, with its English sentence."""
    return {"changed": N_("{actor} changed {object}"), **_sentences}


def say(entry: AuditEntry, language: str | None = None) -> str:
    """The sentence of an entry, in ``language`` or in the reader's."""
    if language:
        with override(language):
            return say(entry)
    who = entry.actor_label or _("Chappe")
    if entry.verb == "changed" and entry.changes:
        return _say_changes(entry, who)
    sentence = _sentences.get(entry.verb)
    text = _(sentence) if sentence else "{actor} · {object} · " + entry.verb
    holes = {name: _param(value) for name, value in entry.params.items()}
    return text.format_map(_Holes(holes | {"actor": who, "object": object_words(entry)}))


class _Holes(dict):
    """An old entry may lack a hole that a newer sentence has."""

    def __missing__(self, key: str) -> str:
        return "?"


def _param(value: Any) -> str:
    if isinstance(value, dict) and "label" in value:
        return quoted(str(value["label"]))
    if isinstance(value, list):
        return ", ".join(_param(item) for item in value)
    return _yes_no(value) if isinstance(value, bool) else str(value)


def quoted(text: str) -> str:
    """The text between the quotation marks of the language."""
    return _("“%(text)s”") % {"text": text}


def _yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def entity_words(entry: AuditEntry) -> str:
    """“operator”, “role”…: what kind of thing it was."""
    model = entry.content_type.model_class() if entry.content_type_id and entry.content_type else None
    return str(model._meta.verbose_name) if model else ""


def object_words(entry: AuditEntry) -> str:
    """“operator “Boréal””, or its number when its label was erased."""
    label = entry.object_label or next((value.after for value in entry.personal.all() if not value.field), "")
    if not label and not entry.object_pk:
        return ""
    name = quoted(label) if label else _("no. %(number)s") % {"number": entry.object_pk}
    return f"{entity_words(entry)} {name}".strip()


def _say_changes(entry: AuditEntry, who: str) -> str:
    told = list(lines(entry))
    label = entry.object_label or next((value.after for value in entry.personal.all() if not value.field), "")
    if len(told) == 1 and label:
        _label, before, after = told[0]
        with_article = _article(entry, next(iter(entry.changes)))
        if with_article:
            return _("%(actor)s changed %(the_field)s of %(object)s: %(before)s → %(after)s") % {
                "actor": who, "the_field": with_article, "object": quoted(label), "before": before, "after": after,
            }  # fmt: skip
    parts = [
        _("%(field)s: %(before)s → %(after)s") % {"field": field, "before": before, "after": after}
        for field, before, after in told[:SHOWN_CHANGES]
    ]
    if len(told) > SHOWN_CHANGES:
        parts.append(_("and %(count)d more") % {"count": len(told) - SHOWN_CHANGES})
    return _("%(actor)s changed %(object)s (%(changes)s)") % {
        "actor": who, "object": object_words(entry), "changes": _("; ").join(parts),
    }  # fmt: skip


def _article(entry: AuditEntry, name: str) -> str:
    """“the name”: in French the article follows the noun's gender, so a catalogue may give the whole group.

    Context "with its article", message id = the English label of the field. Without it the sentence is turned
    in a way that needs no article.
    """
    field = _field(entry, name)
    if field is None:
        return ""
    with override("en"):
        english = str(field.verbose_name)
    found = pgettext("with its article", english)
    if found != english:
        return found
    return f"the {english}" if english == str(field.verbose_name) else ""


def lines(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """(field, before, after) for each change, in the reader's words: the table on the entry's page."""
    personal = {value.field: value for value in entry.personal.all() if value.field}
    told = []
    model = entry.content_type.model_class() if entry.content_type_id and entry.content_type else None
    for name, (before, after) in _in_order(model, entry.changes):
        field = _field(entry, name)
        if field is None and hasattr(model, "audit_words"):
            told.append(model.audit_words(name, before, after))
            continue
        label = str(getattr(field, "verbose_name", name.replace("_", " ")))
        if name in personal:
            before, after = personal[name].before, personal[name].after
        elif field is not None and name in getattr(field.model, "audit_personal", ()):
            told.append((label, _("erased"), _("erased")))
            continue
        told.append((label, shown(field, before), shown(field, after)))
    return told


def _in_order(model: Any, changes: dict[str, Any]) -> list[tuple[str, Any]]:
    """In the order of the model's fields: PostgreSQL keeps the keys of a JSON object in an order of its own."""
    places = {field.name: place for place, field in enumerate(model._meta.get_fields())} if model else {}
    return sorted(changes.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))


def _field(entry: AuditEntry, name: str) -> Any:
    model = entry.content_type.model_class() if entry.content_type_id and entry.content_type else None
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def shown(field: Any, value: Any) -> str:
    """A stored value as the reader would write it: choice labels, dates and yes/no in their language."""
    if value in (None, "", [], {}):
        return _("empty")
    if value == MASK or isinstance(value, bool):
        return MASK if value == MASK else _yes_no(value)
    if isinstance(value, Mapping) and "label" in value:
        return quoted(str(value["label"]))
    if isinstance(value, list):
        return ", ".join(shown(None, item) for item in value)
    if field is not None and getattr(field, "flatchoices", None):
        return quoted(str(dict(field.flatchoices).get(value, value)))
    if isinstance(field, models.DateField):
        return _date(field, value)
    if isinstance(value, int | float):
        return formats.localize(value, use_l10n=True)
    return quoted(str(value))


def _date(field: models.DateField, value: Any) -> str:
    try:
        read = field.to_python(value)
    except ValidationError:
        return quoted(str(value))
    if isinstance(read, datetime):
        return formats.date_format(
            timezone.localtime(read) if timezone.is_aware(read) else read, "SHORT_DATETIME_FORMAT"
        )
    return formats.date_format(read, "SHORT_DATE_FORMAT") if isinstance(read, date) else str(value)
