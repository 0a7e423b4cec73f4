"""References between tables as data, and the check that each one leads somewhere.

Rows that lead nowhere are named; whether that is an error or (in the 2012 formats, whose own sample does it)
a warning is the format's to say. Never changes a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chappe.core.base.issue import Severity
from chappe.core.base.money import exact
from chappe.core.rating.model import Origin
from chappe.core.tariff.cells import shown
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.layout import Row

Tables = Mapping[str, Sequence[Row]]
Kept = dict[str, str | Origin]


@dataclass(frozen=True, slots=True)
class Link:
    """``table.field`` names a ``target.tag``. ``built_in``: words that need no row, beside empty and any."""

    table: str
    field: str
    target: str
    tag: str = "Tag"
    built_in: frozenset[str] = frozenset()
    many: bool = False  # a ``;`` list


@dataclass(frozen=True, slots=True)
class Words:
    """``table.field`` should be one of ``known``; ``unlisted`` words are accepted as another, with a warning."""

    table: str
    field: str
    known: frozenset[str]
    unlisted: Mapping[str, str]


ANYTHING = frozenset({"", "*any", "*all"})


def _column(tables: Tables, table: str, field: str) -> set[str]:
    rows = tables.get(table, ())
    return {row.get(field) for row in rows if field in row.bound.layout.index}


def check_links(tables: Tables, links: Iterable[Link], severity: Severity, faults: Faults) -> list[Row]:
    """Note every reference without target; returns the rows that hold one, once each."""
    lost: dict[tuple[str, int], Row] = {}
    for link in links:
        known = _column(tables, link.target, link.tag)
        for row in tables.get(link.table, ()):
            if link.field not in row.bound.layout.index:
                continue
            cell = row.get(link.field)
            if cell in known:
                continue
            for value in cell.split(";") if link.many else (cell,):
                value = value.strip()
                if value in known or value in ANYTHING or value in link.built_in:
                    continue
                where = (row.file, row.line, row.column(link.field), link.field)
                if value.startswith("*"):
                    faults.add("tariff-unknown-wildcard", *where, value=shown(value))
                else:
                    faults.add("tariff-dangling", *where, severity, value=shown(value), table=link.target)
                lost[row.file, row.line] = row
    return list(lost.values())


def check_words(tables: Tables, rules: Iterable[Words], faults: Faults) -> None:
    """Note words outside of a format's list (§8.16: accepted with a warning when their meaning is known)."""
    for rule in rules:
        for row in tables.get(rule.table, ()):
            if rule.field not in row.bound.layout.index:
                continue
            value = row.get(rule.field)
            if value in rule.known or (not value and "" in rule.known):
                continue
            where = (row.file, row.line, row.column(rule.field), rule.field)
            if meant := rule.unlisted.get(value):
                faults.warn("tariff-unlisted", *where, value=value, meant=meant)
            else:
                known = ", ".join(sorted(word for word in rule.known if word))
                faults.warn("tariff-bad-word", *where, value=shown(value), known=known)


def check_numbers(tables: Tables, fields: Iterable[tuple[str, str]], faults: Faults) -> None:
    """Note cells of the account and action tables that are neither empty nor a plain number."""
    for table, field in fields:
        for row in tables.get(table, ()):
            if field not in row.bound.layout.index:
                continue
            value = row.get(field)
            try:
                exact(value or "0")
            except ValueError:
                if not value.startswith(("*", "{")):  # later versions: *unlimited, formulas
                    faults.add("tariff-bad-number", row.file, row.line, row.column(field), field, value=shown(value))


def kept(rows: Iterable[Row]) -> list[Kept]:
    """Rows as they were read, for Tariff.other_tables."""
    return [{**row.as_dict(), "": Origin(row.file, row.line)} for row in rows]


def without_repeats(rows: Sequence[Row], faults: Faults) -> list[Row]:
    """Rows once each; a repeat is noted with the line it repeats."""
    seen: dict[tuple[str, ...], Row] = {}
    once: list[Row] = []
    for row in rows:
        key = tuple(row.cells) + tuple(row.more)
        first = seen.setdefault(key, row)
        if first is row:
            once.append(row)
        else:
            faults.warn("tariff-duplicate-row", row.file, row.line, first=first.line)
    return once
