"""What a profile may hold, checked value by value; says everything that is wrong at once, in sentences."""

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Any

from chappe.core.base.issue import Issue, declare
from chappe.core.base.lang import N_
from chappe.core.tickets.base import DecoderInfo, Option
from chappe.core.tickets.clock import is_zone

_RANGE = re.compile(r"\s*\d{1,10}(-\d{1,10})?\s*\Z", re.ASCII)
_WIDTH = re.compile(r"[1-9]\d{0,2}\Z", re.ASCII)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z", re.ASCII)
#: Settings of a profile and the type of each.
KEYS: Mapping[str, type | tuple[type, ...]] = {
    "slug": str,
    "label": str,
    "decoder": str,
    "timezone": str,
    "encoding": str,
    "help": str,
    "variant_of": str,
    "options": Mapping,
    "columns": (list, tuple),
    "transport": Mapping,
}
REQUIRED = ("slug", "label", "decoder")
#: How tickets arrive, as a hint for the collector.
WAYS = ("listen", "connect", "http", "file", "pull")
FRAMINGS = ("lines", "csv", "json", "xml", "oxe")
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "char": lambda value: isinstance(value, str) and len(value) <= 1 and (not value or value not in "\r\n\0"),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "choice": lambda value: isinstance(value, str),
    "ranges": lambda value: isinstance(value, list | tuple) and all(_matches(_RANGE, each) for each in value),
    "widths": lambda value: isinstance(value, list | tuple) and all(_matches(_WIDTH, each) for each in value),
    "places": lambda value: isinstance(value, Mapping) and all(_is_place(each) for each in value.values()),
    "list": lambda value: isinstance(value, list | tuple) and all(isinstance(each, str) for each in value),
    "table": lambda value: (
        isinstance(value, Mapping) and all(isinstance(each, str | int | bool | list) for each in value.values())
    ),
}

#: Encodings of Python's that are no encodings of a file of text.
_NO_FILES = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf_7", "undefined"})


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _is_place(value: Any) -> bool:
    """``[position from 0, width]``."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each < 1000 for each in value)
    )


declare(
    {
        "tickets.profile-not-toml": N_("The profile is not readable TOML: {why}."),
        "tickets.profile-unknown-key": N_("The profile has no setting “{name}”. Known: {known}."),
        "tickets.profile-missing": N_("The profile lacks “{name}”."),
        "tickets.profile-type": N_("“{name}” of the profile has a value of the wrong kind; expected {expected}."),
        "tickets.profile-slug": N_(
            "The profile’s short name “{value}” may hold small letters, digits and hyphens only."
        ),
        "tickets.profile-decoder": N_("There is no decoder “{value}”. Known: {known}."),
        "tickets.profile-timezone": N_("“{value}” is not a time zone; expected one such as Europe/Paris."),
        "tickets.profile-encoding": N_("“{value}” is not an encoding; expected one such as utf-8 or cp1252."),
        "tickets.profile-option": N_("The decoder {decoder} has no option “{name}”. Known: {known}."),
        "tickets.profile-choice": N_("“{value}” is not possible for {name}. Possible: {known}."),
        "tickets.profile-field": N_("There is no field “{name}”. Known: {known}."),
        "tickets.profile-time-needed": N_("A mapping needs a column for the start, the date or the end of the call."),
        "tickets.profile-column": N_("The decoder {decoder} has no column “{name}”. Known: {known}."),
        "tickets.profile-no-columns": N_("The decoder {decoder} takes no order of columns."),
        "tickets.profile-columns-needed": N_("The decoder {decoder} needs the order of the columns."),
        "tickets.profile-column-twice": N_("The column “{name}” stands twice."),
    }
)


def _fault(code: str, field: str, **params: Any) -> Issue:
    return Issue(f"tickets.profile-{code}", field=field, params=params)


def check_values(values: Mapping[str, Any], decoders: Mapping[str, DecoderInfo]) -> list[Issue]:
    """Every fault of a profile given as plain values (from TOML, a form or a row)."""
    faults = [_fault("unknown-key", key, name=key, known=", ".join(KEYS)) for key in values if key not in KEYS]
    faults += [_fault("missing", key, name=key) for key in REQUIRED if not values.get(key)]
    for key, kind in KEYS.items():
        if key in values and not isinstance(values[key], kind):
            expected = "text" if kind is str else "table" if kind is Mapping else "list"
            faults.append(_fault("type", key, name=key, expected=expected))
    if faults:
        return faults
    if not _SLUG.match(values["slug"]):
        faults.append(_fault("slug", "slug", value=values["slug"]))
    if not is_zone(values.get("timezone", "UTC")):
        faults.append(_fault("timezone", "timezone", value=values["timezone"]))
    if not _is_encoding(values.get("encoding", "utf-8")):
        faults.append(_fault("encoding", "encoding", value=values["encoding"]))
    faults += _transport(values.get("transport", {}))
    info = decoders.get(values["decoder"])
    if info is None:
        return [*faults, _fault("decoder", "decoder", value=values["decoder"], known=", ".join(sorted(decoders)))]
    faults += _options(info, values.get("options", {}))
    if info.checked and not faults:
        faults += _fields(info, values.get("options", {}).get("fields", {}))
    return [*faults, *_columns(info, values.get("columns", ()))]


def _fields(info: DecoderInfo, fields: Mapping[str, Any]) -> list[Issue]:
    known = ", ".join(info.checked)
    faults = [_fault("field", "options", name=name, known=known) for name in fields if name not in info.checked]
    if not {"start", "date", "end"} & fields.keys():
        faults.append(_fault("time-needed", "options"))
    return faults


def _is_encoding(name: str) -> bool:
    """A text encoding of Python's; "hex" and the like turn bytes into bytes and are none."""
    try:
        return codecs.lookup(name).name.replace("-", "_") not in _NO_FILES and b"a".decode(name) == "a"
    except (LookupError, UnicodeError, ValueError):
        return False


def _transport(transport: Mapping[str, Any]) -> list[Issue]:
    faults = []
    for name, choices in (("way", WAYS), ("framing", FRAMINGS)):
        if name in transport and transport[name] not in choices:
            known = ", ".join(choices)
            faults.append(_fault("choice", "transport", name=name, value=str(transport[name]), known=known))
    port = transport.get("port", 1)
    if not _KINDS["int"](port) or not 1 <= port <= 65535:
        faults.append(_fault("type", "transport", name="port", expected="1–65535"))
    return faults


def _options(info: DecoderInfo, options: Mapping[str, Any]) -> list[Issue]:
    known: dict[str, Option] = {option.name: option for option in info.options}
    faults = []
    for name, value in options.items():
        option = known.get(name)
        if option is None:
            names = ", ".join(known) or "—"
            faults.append(_fault("option", "options", decoder=info.name, name=name, known=names))
        elif not _KINDS[option.kind](value):
            faults.append(_fault("type", "options", name=name, expected=option.kind))
        elif option.choices:
            given = list(value.values()) if option.kind == "table" else [value]
            known_values = ", ".join(option.choices)
            wrong = [each for each in given if each not in option.choices]
            faults += [_fault("choice", "options", name=name, value=str(each), known=known_values) for each in wrong]
    return faults


def _columns(info: DecoderInfo, columns: Any) -> list[Issue]:
    if not columns:
        return [_fault("columns-needed", "columns", decoder=info.name)] if info.needs_columns else []
    if not info.takes_columns:
        return [_fault("no-columns", "columns", decoder=info.name)]
    if not all(isinstance(name, str) for name in columns):
        return [_fault("type", "columns", name="columns", expected="text")]
    faults = []
    if info.columns:
        known = ", ".join(info.columns)
        unknown = [name for name in columns if name and name not in info.columns]
        faults = [_fault("column", "columns", decoder=info.name, name=name, known=known) for name in unknown]
    twice = {name for name in columns if name and list(columns).count(name) > 1}
    return faults + [_fault("column-twice", "columns", name=name) for name in sorted(twice)]
