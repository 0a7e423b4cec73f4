"""A family of files as data: its columns, their other names, what each version carries, the values they take.

The packaged layouts are TOML; an operator may correct a copy. Nothing here knows a column by its position.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

KINDS = ("text", "code", "int", "decimal", "date", "bool", "enum")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NUMBER_SIGN = re.compile(r"n[°º]|n\?|n\u00c2\u00b0", re.IGNORECASE)


def fold(text: str) -> str:
    """``"NomModulePm N°1"`` and ``"nom_module_PM1"`` → ``"nommodulepm1"``; mojibake of UTF-8 read as cp1252 is mended first."""
    plain = _NUMBER_SIGN.sub("", _mended(text.strip().strip("\ufeff")))
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("", letters)


def _mended(text: str) -> str:
    """``"AccÃ¨s"`` → ``"Accès"``; anything else as it is."""
    if "Ã" not in text and "Â" not in text:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind``: text, code (text whose zeros count), int, decimal, date, bool or enum.

    ``need``: O mandatory, C conditional, F optional; ``essential``: without it the row cannot be used. ``of``: the thing
    it tells about when that is not the row's own (pm, manager): such values must be the same on all rows of a group.
    """

    name: str
    field: str
    kind: str = "text"
    length: int = 0
    exact: bool = False
    need: str = "F"
    essential: bool = False
    of: str = ""
    aliases: tuple[str, ...] = ()
    enum: str = ""
    open: bool = False
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A family of files. ``versions``: version → names in order; ``enums``: name → folded spelling → value written."""

    kind: str
    key: str
    group: str
    modified: str
    columns: tuple[Column, ...]
    versions: Mapping[str, tuple[str, ...]]
    history: tuple[str, ...]
    enums: Mapping[str, Mapping[str, str]]

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def by_fold(self) -> dict[str, Column]:
        """Every spelling, folded, to its column; a name goes before another column's alias."""
        found = {fold(alias): column for column in self.columns for alias in column.aliases}
        found.update({fold(column.name): column for column in self.columns})
        return found

    def names(self, version: str) -> tuple[str, ...]:
        """Header of a version. Raises KeyError for a version that the layout does not have."""
        return self.versions[version]


def layout_from_toml(text: str) -> Layout:
    """Raises ValueError with a sentence that names the faulty entry."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from error
    columns = tuple(_column(entry) for entry in data.get("columns", ()))
    known = [column.name for column in columns]
    _once("columns", known)
    _once("fields", [column.field for column in columns])
    for role in ("key", "group", "modified"):
        if data.get(role) not in known:
            raise ValueError(f"{role}: {data.get(role)!r} is not a column")
    enums = {name: _enum(values) for name, values in data.get("enums", {}).items()}
    for column in columns:
        if column.kind == "enum" and column.enum not in enums:
            raise ValueError(f"{column.name}: no list of values is called {column.enum!r}")
    versions = {name: _version(name, rule, known) for name, rule in data.get("versions", {}).items()}
    history = tuple(data.get("history", {}).get("columns", ()))
    return Layout(data.get("kind", ""), data["key"], data["group"], data["modified"], columns, versions, history, enums)


def _column(entry: Mapping[str, Any]) -> Column:
    known = {row.name for row in fields(Column)}
    given = {("kind" if key == "type" else key): value for key, value in entry.items()}
    if unknown := set(given) - known:
        raise ValueError(f"{entry.get('name', '?')}: unknown setting {', '.join(sorted(unknown))}")
    if not given.get("name") or not given.get("field"):
        raise ValueError(f"a column needs a name and a field: {dict(entry)}")
    made = Column(**{**given, "aliases": tuple(given.get("aliases", ()))})
    if made.kind not in KINDS or made.need not in "OCF":
        raise ValueError(f"{made.name}: type {made.kind!r}, need {made.need!r}")
    return made


def _once(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} written twice: {', '.join(twice)}")


def _enum(values: Mapping[str, list[str]]) -> dict[str, str]:
    spellings = {fold(other): value for value, others in values.items() for other in others}
    return {**spellings, **{fold(value): value for value in values}}


def _version(name: str, rule: Mapping[str, Any], known: list[str]) -> tuple[str, ...]:
    if "columns" in rule:
        listed = list(rule["columns"])
    elif rule.get("last") in known:
        listed = known[: known.index(rule["last"]) + 1]
    else:
        raise ValueError(f"version {name}: {rule.get('last')!r} is not a column")
    listed += [extra for extra in rule.get("and", ()) if extra not in listed]
    if strangers := [column for column in listed if column not in known]:
        raise ValueError(f"version {name}: {', '.join(strangers)} is not a column")
    return tuple(listed)


@cache
def packaged(kind: str) -> Layout:
    """The layout that comes with Chappe: ``ipe`` or ``cpn``. Raises FileNotFoundError for another."""
    text = resources.files("chappe.core.interop").joinpath(f"layouts/{kind}.toml").read_text("utf-8")
    return layout_from_toml(text)
