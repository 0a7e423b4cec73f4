"""The layout of the e-reporting files, read from TOML: names of elements, codes, rhythm. Checked whole before it is used.

``packaged()`` is what comes with Chappe (data/e-reporting.toml, PROPOSED); an operator's corrected copy is read by
:func:`read`. Decides nothing of what is reported: reporting.py does.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from chappe.core.base.lang import N_, translate

TRANSACTIONS, PAYMENTS = "transactions", "payments"
REGIMES = ("monthly", "quarterly", "franchise")
HEAD_VALUES = frozenset({"what", "first", "last", "due", "siren", "name", "currency"})
ROW_VALUES = frozenset({"flux", "day", "currency", "category", "rate", "base", "tax", "gross", "count", "invoice"})
FLUXES = ("abroad_sale", "abroad_payment", "person_sale", "person_payment")
CATEGORIES = ("S", "B", "M", "untaxed", "payment")
#: Without these a row tells nothing that can be checked.
ESSENTIAL = frozenset({"flux", "day", "rate", "base", "tax"})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # what no XML can hold
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


FAULTS = {
    "toml": N_("Line {line}, column {column}: this is not TOML."),
    "unknown": N_("[{name}] is no part of a layout."),
    "missing": N_("[{name}] is missing."),
    "text": N_("{name} must be a text, without control characters."),
    "element": N_("{name} = “{value}” cannot be the name of an element."),
    "number": N_("{name} = {value}: it must be a whole number from {least} to {most}."),
    "date": N_("date = “{value}” does not tell one day from another: write it with %Y, %m and %d."),
    "separator": N_("separator = “{value}”: it must be ; , | or a tab."),
    "value": N_("{name}: “{value}” is none of {values}."),
    "twice": N_("[[{name}]]: “{value}” stands there twice."),
    "essential": N_("No column says: {values}."),
    "days": N_("{where}: the days of a month must follow each other, each of them once ({what} = {value})."),
}


class LayoutFault(ValueError):  # noqa: N818 - says what it is
    """What is wrong in a layout: a code of FAULTS and what its sentence needs."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def sentence(self, language: str = "en") -> str:
        """For whoever corrects the layout."""
        return translate(FAULTS[self.code], language).format_map(self.params)

    def __str__(self) -> str:
        return self.sentence()


@dataclass(frozen=True, slots=True)
class Slot:
    """Days of a month that are reported together, and when: ``due_month`` months after, ``due_day`` 0 is the last."""

    first_day: int
    last_day: int  # 0: the last of the month
    due_month: int
    due_day: int
    months: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One element: its name and what it says (a value of HEAD_VALUES or ROW_VALUES, or “=text”)."""

    name: str
    value: str


@dataclass(frozen=True)
class Layout:
    """A layout that was checked. ``regimes``: regime → kind of report → slots."""

    namespace: str
    prefix: str
    root: str
    rows: str
    row: str
    date: str
    decimals: int
    separator: str
    head: tuple[Column, ...]
    columns: tuple[Column, ...]
    words: Mapping[str, str]
    flux: Mapping[str, str]
    category: Mapping[str, str]
    regimes: Mapping[str, Mapping[str, tuple[Slot, ...]]]

    def told(self, day: dt.date) -> str:
        """A day as the files write it."""
        return day.strftime(self.date)


def packaged_text() -> str:
    """The layout that comes with Chappe, as it is edited."""
    return resources.files("chappe.core.einvoice").joinpath("data/e-reporting.toml").read_text("utf-8")


@cache
def packaged() -> Layout:
    return read(packaged_text())


def read(text: str) -> Layout:
    """A layout from its TOML. Raises LayoutFault with what is wrong, nothing being taken for granted."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = place.groups() if place else (text.count("\n") + 1, 1)
        raise LayoutFault("toml", line=line, column=column) from error
    unknown = set(data) - {"file", "head", "column", "words", "flux", "category", "regime"}
    if unknown:
        raise LayoutFault("unknown", name=sorted(unknown)[0])
    file = _table(data, "file")
    columns = _columns(data, "column", ROW_VALUES)
    if missing := ESSENTIAL - {column.value for column in columns}:
        raise LayoutFault("essential", values=", ".join(sorted(missing)))
    return Layout(
        namespace=_text(file, "namespace", empty=True),
        prefix=_element(file, "prefix", empty=True),
        root=_element(file, "root"),
        rows=_element(file, "rows", empty=True),
        row=_element(file, "row"),
        date=_date(file),
        decimals=_number(file, "decimals", 0, 9),
        separator=_separator(file),
        head=_columns(data, "head", HEAD_VALUES),
        columns=columns,
        words=_words(data, "words", (TRANSACTIONS, PAYMENTS)),
        flux=_words(data, "flux", FLUXES),
        category=_words(data, "category", CATEGORIES),
        regimes=_regimes(data),
    )


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    if not isinstance(found, dict):
        raise LayoutFault("missing", name=name)
    return found


def _text(table: Mapping[str, Any], name: str, *, empty: bool = False) -> str:
    found = table.get(name)
    if not isinstance(found, str) or not (found.strip() or empty) or _CONTROL.search(found):
        raise LayoutFault("text", name=name)
    return found


def _element(table: Mapping[str, Any], name: str, *, empty: bool = False) -> str:
    found = _text(table, name, empty=empty)
    if found and (not _NAME.match(found) or found.lower().startswith("xml")):  # XML keeps those for itself
        raise LayoutFault("element", name=name, value=found)
    return found


def _number(table: Mapping[str, Any], name: str, least: int, most: int) -> int:
    found = table.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise LayoutFault("number", name=name, value=found, least=least, most=most)
    return found


def _date(table: Mapping[str, Any]) -> str:
    """A notation that tells one day from another."""
    found = _text(table, "date")
    days = (dt.date(2026, 10, 9), dt.date(2026, 9, 10), dt.date(2025, 10, 9), dt.date(2026, 10, 10))
    if len({day.strftime(found) for day in days}) < len(days):
        raise LayoutFault("date", value=found)
    return found


def _separator(table: Mapping[str, Any]) -> str:
    found = table.get("separator")
    if found not in {";", ",", "\t", "|"}:
        raise LayoutFault("separator", value=found)
    return str(found)


def _columns(data: Mapping[str, Any], name: str, values: frozenset[str]) -> tuple[Column, ...]:
    rows = data.get(name)
    if not isinstance(rows, list) or not rows:
        raise LayoutFault("missing", name=f"[{name}]")
    made = []
    for row in rows:
        if not isinstance(row, dict):
            raise LayoutFault("missing", name=f"[{name}]")
        column = Column(_element(row, "name"), _text(row, "value"))
        if column.value not in values and not column.value.startswith("="):
            raise LayoutFault("value", name=column.name, value=column.value, values=", ".join(sorted(values)))
        made.append(column)
    names = [column.name for column in made]
    if twice := [one for one in names if names.count(one) > 1]:
        raise LayoutFault("twice", name=name, value=twice[0])
    return tuple(made)


def _words(data: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> Mapping[str, str]:
    table = _table(data, name)
    return {key: _text(table, key) for key in keys}


def _regimes(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, tuple[Slot, ...]]]:
    table = _table(data, "regime")
    made = {}
    for regime in REGIMES:
        kinds = _table(table, regime)
        made[regime] = {what: _slots(kinds, regime, what) for what in (TRANSACTIONS, PAYMENTS)}
    return made


def _slots(kinds: Mapping[str, Any], regime: str, what: str) -> tuple[Slot, ...]:
    """Slots that follow each other from the first to the last day of a month: each day stands in exactly one."""
    name, rows = f"regime.{regime}.{what}", kinds.get(what)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise LayoutFault("missing", name=f"[{name}]")
    slots = tuple(
        Slot(
            _number(row, "first_day", 1, 28),
            _number(row, "last_day", 0, 28),
            _number(row, "due_month", 0, 6),
            _number(row, "due_day", 0, 31),
            _number({"months": 1} | row, "months", 1, 12),
        )
        for row in rows
    )
    expected = 1
    for slot in slots:
        if slot.first_day != expected or (slot.months > 1 and len(slots) > 1) or 12 % slot.months:
            raise LayoutFault("days", where=name, what="first_day", value=slot.first_day)
        expected = slot.last_day + 1
    if slots[-1].last_day != 0 or any(slot.last_day == 0 for slot in slots[:-1]):
        raise LayoutFault("days", where=name, what="last_day", value=slots[-1].last_day)
    return slots
