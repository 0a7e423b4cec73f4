"""Columns as data, and the binding of a file's cells to them.

A :class:`Layout` says what a table's columns are called (and were called); :func:`bind` finds the header and
the separator and hands every row over in the layout's order. Formats after 2012 are bound by name only;
the two 2012 formats may also come without header, bound by position.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from chappe.core.base.issue import Severity
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.table import SEPARATORS, Line, Sheet


@dataclass(frozen=True, slots=True)
class Column:
    """``needed``: the column must exist; ``filled``: no cell of it may be empty."""

    name: str
    aliases: tuple[str, ...] = ()
    needed: bool = True
    filled: bool = False
    old: tuple[str, ...] = ()  # accepted with a warning

    def plain_names(self) -> set[str]:
        return {plain_name(name) for name in (self.name, *self.aliases, *self.old)}


@dataclass(frozen=True)
class Layout:
    """One table of a format. ``stems``: file names (plain, see :func:`plain_name`) that hold it."""

    table: str
    columns: tuple[Column, ...]
    stems: tuple[str, ...] = ()
    required: bool = False
    positional: bool = False
    free: bool = False  # any other column is welcome (tables kept as they are)
    list_column: str = ""  # where "6,7" was written for "6;7" (cgrates-semantics §8.16)

    @cached_property
    def by_key(self) -> dict[str, int]:
        return {key: index for index, column in enumerate(self.columns) for key in column.plain_names()}

    @cached_property
    def index(self) -> dict[str, int]:
        return {column.name: index for index, column in enumerate(self.columns)}


@dataclass(slots=True)
class Bound:
    """A file bound to a layout. ``places[i]`` is the file column (from 0) of layout column i, or -1."""

    file: str
    layout: Layout
    places: list[int]
    extra: list[tuple[str, int]] = field(default_factory=list)
    rows: list["Row"] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return self.places[self.layout.index[name]] >= 0


@dataclass(frozen=True, slots=True)
class Cut:
    """How the lines of a file are cut: separator and number of cells."""

    separator: str
    width: int


@dataclass(slots=True)
class Row:
    """A row in the order of its layout; ``more`` holds the cells of unknown columns."""

    bound: Bound
    line: int
    cells: list[str]
    more: list[str]

    def get(self, name: str) -> str:
        return self.cells[self.bound.layout.index[name]]

    @property
    def file(self) -> str:
        return self.bound.file

    def column(self, name: str) -> int:
        """File column of ``name`` from 1, 0 when the file lacks it."""
        return self.bound.places[self.bound.layout.index[name]] + 1

    def as_dict(self) -> dict[str, str]:
        known = {column.name: cell for column, cell in zip(self.bound.layout.columns, self.cells, strict=True)}
        return known | {name: cell for (name, _), cell in zip(self.bound.extra, self.more, strict=True)}


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """A header or file name reduced to what people agree on: no case, accents, spaces, signs or index."""
    text = re.sub(r"\[\d+\]", "", text)
    text = unicodedata.normalize("NFKD", text)
    return "".join(char for char in text.lower() if char.isascii() and char.isalnum())


def known_columns(layout: Layout, cells: list[str]) -> int:
    """How many of ``cells`` name a column of ``layout``."""
    return sum(1 for cell in cells if plain_name(cell) in layout.by_key)


def find_header(sheet: Sheet, layout: Layout) -> tuple[Line | None, str]:
    """The header line and the separator. (None, separator) when no line names the columns.

    A header may be a comment (``#Tag,Prefix``). Only the leading comments and the first row are candidates:
    half of the needed columns, and at least two names (one for tables of a single column), must be there.
    """
    best: tuple[int, Line | None, str] = (0, None, ",")
    for line in _candidates(sheet):
        for separator in SEPARATORS:
            cells = sheet.cut(line, separator, None) or []
            known = known_columns(layout, cells)
            if known > best[0] and known >= min(2, len(layout.columns)) and known * 2 >= len(cells) * (not layout.free):
                best = (known, line, separator)
    if best[1] is not None:
        return best[1], best[2]
    return None, _separator_by_count(sheet, layout)


def _candidates(sheet: Sheet) -> Iterator[Line]:
    for line in sheet.lines[:50]:
        yield line
        if not line.comment:
            return


def _separator_by_count(sheet: Sheet, layout: Layout) -> str:
    rows = [line for line in sheet.lines[:40] if not line.comment][:20]
    widths = {len(layout.columns), sum(column.needed for column in layout.columns)}

    def fit(separator: str) -> int:
        return sum(len(_trimmed(sheet.cut(line, separator, None) or [])) in widths for line in rows)

    return max(SEPARATORS, key=fit)  # on a tie the first: a comma


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cell that a trailing separator makes."""
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def bind(sheet: Sheet, layout: Layout, faults: Faults) -> Bound | None:
    """Bind ``sheet`` to ``layout``; None when its header cannot serve. Faults of header and rows are noted."""
    if not sheet.lines:
        faults.add("tariff-file-empty", sheet.file, severity=Severity.WARNING)
        return None
    header, separator = find_header(sheet, layout)
    if header is None:
        if not layout.positional:
            line = next((line.number for line in sheet.lines if not line.comment), 1)
            faults.add("tariff-no-header", sheet.file, line, table=layout.table)
            return None
        bound = Bound(sheet.file, layout, list(range(len(layout.columns))))
        skip = 1 if _old_header(sheet, separator, faults) else 0
        lines = [line for line in sheet.lines if not line.comment][skip:]
        _take(sheet, bound, lines, Cut(separator, len(layout.columns)), faults)
        return bound
    cells = sheet.cut(header, separator, faults) or []
    cells = _trimmed(cells)
    bound = _bind_header(sheet.file, layout, header.number, cells, faults)
    if any(place < 0 and column.needed for place, column in zip(bound.places, layout.columns, strict=True)):
        return None
    lines = [line for line in sheet.lines if line.number > header.number and not line.comment]
    if not lines:
        faults.warn("tariff-no-rows", sheet.file, header.number)
    _take(sheet, bound, lines, Cut(separator, len(cells)), faults)
    return bound


def _old_header(sheet: Sheet, separator: str, faults: Faults) -> bool:
    """A first row the 2012 loader skipped by its first cell, though its other names are unknown."""
    first = next((line for line in sheet.lines if not line.comment), None)
    cells = sheet.cut(first, separator, None) if first else None
    return bool(cells) and plain_name((cells or [""])[0]) in {"tag", "tenant", "timingtag"}


def _bind_header(file: str, layout: Layout, line: int, cells: list[str], faults: Faults) -> Bound:
    bound = Bound(file, layout, [-1] * len(layout.columns))
    for place, cell in enumerate(cells):
        key = plain_name(cell)
        index = layout.by_key.get(key, -1)
        if index < 0:
            if not key:
                continue
            bound.extra.append((cell, place))
            if not layout.free:
                faults.add("tariff-column-unknown", file, line, place + 1, cell, Severity.INFO)
        elif bound.places[index] >= 0:
            faults.warn("tariff-column-twice", file, line, place + 1, cell)
        else:
            bound.places[index] = place
            column = layout.columns[index]
            if key in {plain_name(name) for name in column.old}:
                faults.warn("tariff-header-old", file, line, place + 1, column.name, name=cell, meant=column.name)
    for place, column in zip(bound.places, layout.columns, strict=True):
        if place < 0 and column.needed:
            faults.add("tariff-column-missing", file, line, 0, column.name)
    return bound


def _take(sheet: Sheet, bound: Bound, lines: list[Line], cut: Cut, faults: Faults) -> None:
    separator, width = cut.separator, cut.width
    places = bound.places
    straight = places == list(range(len(places))) and width == len(places)
    extra = [place for _, place in bound.extra]
    filled = [index for index, column in enumerate(bound.layout.columns) if column.filled]
    for line in lines:
        cells = sheet.cut(line, separator, faults)
        if cells is None:
            continue
        if len(cells) != width:
            cells = _mend(bound, line, cells, cut, faults)
            if cells is None:
                continue
        ordered = cells if straight else [cells[place] if place >= 0 else "" for place in places]
        row = Row(bound, line.number, ordered, [cells[place] for place in extra])
        empty = [index for index in filled if not ordered[index]]
        if empty:
            name = bound.layout.columns[empty[0]].name
            faults.add("tariff-empty-cell", bound.file, line.number, row.column(name), name)
            continue
        bound.rows.append(row)


def _mend(bound: Bound, line: Line, cells: list[str], cut: Cut, faults: Faults) -> list[str] | None:
    """A row that is too short or too long: cells of the right number when it can still be read, else None."""
    layout, found, separator, width = bound.layout, len(cells), cut.separator, cut.width
    if found > width:
        if not any(cells[width:]):  # a trailing separator, or a workbook's empty columns
            return cells[:width]
        merged = _comma_list(bound, line, cells, width, faults)
        if merged is None:
            faults.add("tariff-long-row", bound.file, line.number, width + 1, found=found, expected=width)
        return merged
    if found == 1:
        for other in SEPARATORS:
            if other != separator and len(_trimmed(line.text.split(other))) == width:
                faults.add("tariff-separator", bound.file, line.number, 1, found=other, expected=separator)
                return None
    needs = [
        place for place, column in zip(bound.places, layout.columns, strict=True) if column.needed or column.filled
    ]
    lost = any(place >= found for place in needs)
    optional_tail = layout.columns[-1].name == "Weight" and not layout.columns[-1].needed and not lost
    if optional_tail and found == width - 1 and layout.positional and layout.table == "RatesTimings":
        return [*cells, ""]  # the seed's own three columns (§3.2)
    severity = Severity.ERROR if lost else Severity.WARNING
    faults.add("tariff-short-row", bound.file, line.number, found + 1, "", severity, found=found, expected=width)
    return None if lost else cells + [""] * (width - found)


def _comma_list(bound: Bound, line: Line, cells: list[str], width: int, faults: Faults) -> list[str] | None:
    """``6,7`` written for ``6;7`` makes a row too long: join the numbers again."""
    name = bound.layout.list_column
    if not name:
        return None
    place, extra = bound.places[bound.layout.index[name]], len(cells) - width
    part = cells[place : place + extra + 1]
    if place < 0 or not all(cell.isascii() and cell.replace(";", "").isdigit() and len(cell) < 20 for cell in part):
        return None
    joined = ";".join(part)
    faults.warn("tariff-comma-list", bound.file, line.number, place + 1, name, value=",".join(part), meant=joined)
    return [*cells[:place], joined, *cells[place + extra + 1 :]]
