"""A mapping of the columns of any CSV to the fields of a ticket: guessed from a sample, corrected by a person.

The guess looks at the headings first and at what the columns hold then. It says how sure it is of each column, and it
never invents a column: what it does not know stays unmapped.
"""

import re
from collections.abc import Mapping as AbcMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as of
from typing import Any

from chappe.core.base.issue import Issue
from chappe.core.tickets.contract import Profile
from chappe.core.tickets.faults import Refused
from chappe.core.tickets.registry import check_profile
from chappe.core.tickets.rows import flat, loads, objects_with
from chappe.core.tickets.text import cells_of, text_of
from chappe.core.tickets.words import HEADING_OF, WAY_WORDS, squeezed

SAMPLE = 50  # records looked at
DELIMITERS = (";", ",", "\t", "|")
IGNORE_MARK = "|"  # between the beginnings of the lines to be ignored
_MOMENT = re.compile(r"(\d{4}[-/.]?\d\d[-/.]?\d\d|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})[ T]+\d{1,2}:?\d\d", re.ASCII)
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4})\Z", re.ASCII)
_FIRST_TWO = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}", re.ASCII)
_CLOCK = re.compile(r"\d{1,4}:\d\d(:\d\d)?\Z", re.ASCII)
_PHONE = re.compile(r"(?:\+|00)?\d[\d .*x-]{5,18}\Z", re.ASCII)
_SHORT = re.compile(r"\d{2,6}\Z", re.ASCII)
_TITLE = re.compile(r"[^\d;,\t|]+")
_WHOLE = re.compile(r"\d{1,6}\Z", re.ASCII)
_EPOCHS = ((re.compile(r"1\d{9}\Z", re.ASCII), "epoch"), (re.compile(r"1\d{12}\Z", re.ASCII), "epoch-ms"))


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds what. ``columns`` are the headings (or ``#1``, ``#2``…), ``fields`` maps a field of a ticket to
    a column, ``sure`` says how sure the guess is (1 heading, less by contents), ``sample`` are the first rows."""

    columns: tuple[str, ...] = ()
    fields: AbcMapping[str, str] = of(default_factory=dict)
    header: bool = True
    form: str = "csv"
    delimiter: str = ","
    quote: str = '"'
    options: AbcMapping[str, Any] = of(default_factory=dict)  # time_form, date_order, ways, outcomes…
    sure: AbcMapping[str, float] = of(default_factory=dict)
    sample: tuple[tuple[str, ...], ...] = ()

    def to_profile(self, slug: str, label: str, timezone: str = "Europe/Paris") -> Profile:
        """The profile that reads such a file; check it with ``registry.check_profile`` before saving."""
        options = {
            **self.options, "form": self.form, "delimiter": self.delimiter, "quote": self.quote,
            "header": self.header, "fields": dict(self.fields),
        }  # fmt: skip
        columns = self.columns if self.header and self.form == "csv" else ()
        framing = "json" if self.form == "json" else "csv"
        return Profile(slug, label, "mapped", timezone, "utf-8", options, columns, {"way": "file", "framing": framing})

    @classmethod
    def of_profile(cls, profile: Profile) -> "ColumnMapping":
        """The mapping inside a profile of the decoder ``mapped``. Raises ValueError for another decoder."""
        if profile.decoder != "mapped":
            raise ValueError(profile.decoder)
        options = dict(profile.options)
        return cls(
            columns=tuple(profile.columns),
            fields=dict(options.pop("fields", {})),
            header=bool(options.pop("header", True)),
            form=str(options.pop("form", "csv")),
            delimiter=str(options.pop("delimiter", ",")),
            quote=str(options.pop("quote", '"')),
            options=options,
        )

    def with_fields(self, fields: AbcMapping[str, str]) -> "ColumnMapping":
        """The same with another choice of columns; empty choices are left out."""
        return replace(self, fields={field: column for field, column in fields.items() if column})

    def check(self) -> list[Issue]:
        """What is wrong with it, in sentences; empty when it may be used."""
        return check_profile(self.to_profile("mapping", "mapping"))


#: The name by which the other parts know it.
Mapping = ColumnMapping


def propose(lines: Sequence[bytes], *, delimiter: str = "", header: bool | None = None) -> ColumnMapping:
    """Guess the separator, the header, and which column holds what, from the first records of a file.

    ``delimiter`` and ``header`` are said by a person, else guessed. Titles above the headings are lines to be ignored.
    """
    remarks: list[Issue] = []
    texts = [_text(line, remarks) for line in lines[: SAMPLE * 2] if line.strip()][:SAMPLE]
    if not texts:
        return ColumnMapping()
    if texts[0].lstrip()[:1] in {"{", "["}:
        return _from_json(texts)
    delimiter = delimiter or _delimiter(texts)
    cut = [(text, row) for text, row in ((text, _cells(text, delimiter)) for text in texts) if row]
    if not cut:
        return ColumnMapping()
    rows = [row for _text_, row in cut]
    width = _width(rows)
    at = _header_at(rows, width) if header is not False else None
    if at is None and header:
        at = next(place for place, row in enumerate(rows) if len(row) == width)
    begins = at if at is not None else next(place for place, row in enumerate(rows) if len(row) == width)
    titles = [text for text, row in cut[:begins] if len(row) != width]
    body = [row for place, row in enumerate(rows) if place != at and (place > begins or len(row) == width)]
    columns = (
        tuple(cell.strip() for cell in rows[at]) if at is not None else tuple(f"#{n}" for n in range(1, width + 1))
    )
    found = _guessed(ColumnMapping(columns=columns, header=at is not None, delimiter=delimiter), body)
    if ignored := _beginnings(titles, [text for text, _row in cut[begins:]]):
        found = replace(found, options={**found.options, "ignore": IGNORE_MARK.join(ignored)})
    return found


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The number of columns of most lines; the larger when as many have another."""
    widths = [len(row) for row in rows]
    return max(set(widths), key=lambda width: (widths.count(width), width))


def _header_at(rows: Sequence[Sequence[str]], width: int) -> int | None:
    """The line of the headings: the first, one below titles, or one among the calls when its headings are known ones."""
    calls_above = False
    for place, row in enumerate(rows):
        known = sum(squeezed(cell.strip()) in HEADING_OF for cell in row)
        if known >= 2 or (len(row) == width and not calls_above):
            if _has_header(rows[place:]):
                return place
        calls_above = calls_above or len(row) == width
    return None


def _beginnings(titles: Sequence[str], others: Sequence[str]) -> list[str]:
    """How the lines above the headings begin, without what changes from a file to the next (numbers, dates)."""
    found: dict[str, None] = {}
    for title in titles:
        begins = _TITLE.match(title.lstrip())
        words = begins.group().rstrip() if begins else ""
        if sum(letter.isalpha() for letter in words) >= 3 and not any(
            text.lstrip().startswith(words) for text in others
        ):
            found[words] = None
    return list(found)


def _from_json(texts: Sequence[str]) -> ColumnMapping:
    rows: list[dict[str, str]] = []
    for text in texts:
        try:
            document = loads(text)
        except Refused:
            continue
        names = {str(name) for node in _objects(document) for name in node}
        rows += [flat(node) for node in objects_with(document, *names)][:SAMPLE]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    body = [[row.get(name, "") for name in columns] for row in rows]
    return _guessed(ColumnMapping(columns=columns, form="json", header=False), body)


def _objects(document: Any) -> list[dict[str, Any]]:
    """The objects that look like rows: of the list, or of the list inside the object, or the object."""
    if isinstance(document, list):
        return [node for node in document if isinstance(node, dict)]
    if isinstance(document, dict):
        for value in document.values():
            if isinstance(value, list) and value and all(isinstance(node, dict) for node in value):
                return value
        return [document]
    return []


def _guessed(mapping: ColumnMapping, body: Sequence[Sequence[str]]) -> ColumnMapping:
    fields: dict[str, str] = {}
    sure: dict[str, float] = {}
    cells = {
        column: [row[at].strip() for row in body if at < len(row) and row[at].strip()]
        for at, column in enumerate(mapping.columns)
    }
    for column in mapping.columns:
        field = HEADING_OF.get(squeezed(column)) if not column.startswith("#") else None
        if field == "start" and field in fields:
            continue
        if field and field not in fields and _fits(field, cells[column]):
            fields[field], sure[field] = column, 1.0
    _by_contents(mapping.columns, cells, fields, sure)
    if "start" in fields:
        fields.pop("time", None), fields.pop("date", None)
    sure = {field: sure[field] for field in fields}
    return replace(
        mapping,
        fields=fields,
        options=_options(fields, cells),
        sure=sure,
        sample=tuple(tuple(cell for cell in row) for row in body[:5]),
    )


def _fits(field: str, values: Sequence[str]) -> bool:
    """Whether what a column holds can be what its heading says."""
    if field in {"start", "end"}:
        return not values or _share(_MOMENT, values) > 0.5 or any(_share(each, values) > 0.5 for each, _ in _EPOCHS)
    if field == "date":
        return not values or _share(_DATE, values) > 0.5
    if field == "time":
        return not values or _share(_CLOCK, values) > 0.5
    if field in {"duration", "ring", "hold"}:
        return not values or sum(value[:1].isdigit() for value in values) * 2 > len(values)
    return True


def _by_contents(
    columns: Sequence[str], cells: AbcMapping[str, list[str]], fields: dict[str, str], sure: dict[str, float]
) -> None:
    """Columns that no heading told, by what they hold; the first that fits, left to right."""
    free = [column for column in columns if column not in fields.values() and cells[column]]

    def take(field: str, fits: Any, weight: float) -> None:
        if field in fields:
            return
        for column in free:
            if fits(cells[column]):
                fields[field], sure[field] = column, weight
                free.remove(column)
                return

    if "date" not in fields:
        take("start", lambda values: _share(_MOMENT, values) > 0.9, 0.8)
        for pattern, _ in _EPOCHS:
            take("start", lambda values, pattern=pattern: _share(pattern, values) > 0.9, 0.6)
    if "start" not in fields:
        take("date", lambda values: _share(_DATE, values) > 0.9, 0.8)
        take("time", lambda values: _share(_CLOCK, values) > 0.9, 0.7)
    take("way", lambda values: len(set(values)) <= 4 and all(squeezed(value) in WAY_WORDS for value in values), 0.7)
    take("duration", lambda values: _share(_CLOCK, values) > 0.9, 0.6)
    take("caller", lambda values: _share(_PHONE, values) + _share(_SHORT, values) > 0.9, 0.4)
    take("called", lambda values: _share(_PHONE, values) > 0.5, 0.4)
    take("duration", lambda values: _share(_WHOLE, values) > 0.9 and len(set(values)) > 1, 0.4)


def _options(fields: AbcMapping[str, str], cells: AbcMapping[str, list[str]]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    moments = [value for field in ("start", "date", "end") for value in cells.get(fields.get(field, ""), [])]
    for pattern, form in _EPOCHS:
        if moments and _share(pattern, moments) > 0.5:
            options["time_form"] = form
    firsts = [found.groups() for found in map(_FIRST_TWO.match, moments) if found]
    if any(int(second) > 12 for _, second in firsts) and not any(int(first) > 12 for first, _ in firsts):
        options["date_order"] = "mdy"
    if moments and all(value.endswith("Z") for value in moments):
        options["utc"] = True
    return options


def _share(pattern: re.Pattern[str], values: Sequence[str]) -> float:
    return sum(pattern.match(value) is not None for value in values) / len(values) if values else 0.0


def _text(line: bytes, remarks: list[Issue]) -> str:
    try:
        return text_of(line, "utf-8", remarks, limit=1 << 22)
    except Refused:
        return ""


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return cells_of(text, delimiter)
    except Refused:
        return []


def _delimiter(texts: Sequence[str]) -> str:
    """The separator that cuts most lines into the same, largest number of columns."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = [len(_cells(text, delimiter)) for text in texts]
        most = max(set(widths), key=widths.count)
        score = most * widths.count(most) / len(widths) if most > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line holds words where the others hold numbers and dates."""
    first = [cell.strip() for cell in rows[0]]
    if any(_MOMENT.match(cell) or _PHONE.match(cell) or _DATE.match(cell) for cell in first):
        return False
    known = sum(squeezed(cell) in HEADING_OF for cell in first)
    words = sum(bool(cell) and not cell[:1].isdigit() for cell in first)
    return known >= 2 or (words * 2 > len(first) and len(set(first)) == len(first) and len(rows) > 1)
