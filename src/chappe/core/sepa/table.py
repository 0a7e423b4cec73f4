"""Bank statements as tables (CSV): each bank has its own columns, so that what is where is data (:class:`Columns`).

Columns are bound by their name, never by their place; lines before the header (account, balance) are passed over. Amounts
are French or English decimals, signed in one column or parted into debit and credit. What is wrong is an Issue with the
line of the file; nothing is guessed once the columns are known.
"""

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.lang import N_
from chappe.core.base.money import to_nano
from chappe.core.billing.document import CENT
from chappe.core.sepa.statement import Movement, Reading, Statement

declare(
    {
        "bank-table": N_("This is no table: no line with the columns {names} was found."),
        "bank-table-date": N_("The date “{value}” cannot be read as {format}: the line was left aside."),
        "bank-table-amount": N_("The amount “{value}” cannot be read: the line was left aside."),
        "bank-table-quote": N_(
            "A quotation mark is opened on line {at} and not closed as it should be: mend that line and send the file again."
        ),
        "bank-table-long": N_("The table has more than {most} lines: send it in parts."),
        "bank-known": N_("Movements that an earlier file of this account gave already, left aside: {number}."),
        "bank-twins": N_(
            "Movements that another file of this account probably told already, to be looked at: {number}."
        ),
        "bank-table-no-amount": N_("A line of {day} has no amount: it was left aside."),
    }
)

ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = (";", "\t", ",", "|")
#: notation of days → how strptime reads it
DATES = {
    "dd/mm/yyyy": "%d/%m/%Y", "dd/mm/yy": "%d/%m/%y", "dd-mm-yyyy": "%d-%m-%Y", "dd.mm.yyyy": "%d.%m.%Y",
    "yyyy-mm-dd": "%Y-%m-%d", "yyyymmdd": "%Y%m%d", "mm/dd/yyyy": "%m/%d/%Y",
}  # fmt: skip
HEAD_LINES = 30  # a header stands within the first lines
MOST_LINES = 200_000
_SPACES = re.compile(r"[\s\u00a0\u202f’']")
_CURRENCY = re.compile(r"(?i)(eur|€)")
_SIGNED = re.compile(r"\((?P<inside>[^()+-]+)\)|[+-]?(?P<bare>[^()+-]+)|(?P<after>[^()+-]+)[+-]")
_DIGITS = re.compile(r"\d+([.,]\d+)*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Columns:
    """What is where in the tables of a bank: names of columns, "" for none. ``day`` and an amount are needed.

    ``amount`` is signed; otherwise ``debit`` and ``credit``, whatever their signs. ``date`` is a key of DATES,
    ``decimal`` "," or ".".
    """

    day: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    text: str = ""
    more: str = ""
    name: str = ""
    reference: str = ""
    iban: str = ""
    date: str = "dd/mm/yyyy"
    decimal: str = ","

    def named(self) -> list[str]:
        """The columns that must be there."""
        settings = {"date", "decimal"}
        return [value for row in fields(self) if row.name not in settings and (value := getattr(self, row.name))]


@dataclass
class Table:
    """A file cut into lines. ``first``: number of the line of the header in the file; ``fault``: why the lines are not all there."""

    names: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    first: int = 0
    fault: Issue | None = None

    def shape(self) -> frozenset[str]:
        """The header, whatever the accents, the case and the order."""
        return frozenset(bare(name) for name in self.names)


#: words that a header has, by what they say; the first that fits, in this order
WORDS: Mapping[str, tuple[str, ...]] = {
    "day": ("date operation", "date d operation", "date comptable", "date de comptabilisation", "booking date", "date"),
    "debit": ("debit", "debit euros", "montant debit"),
    "credit": ("credit", "credit euros", "montant credit"),
    "amount": ("montant", "montant de l operation", "montant eur", "amount"),
    "text": ("libelle", "libelle operation", "libelle simplifie", "nature de l operation", "description", "label"),
    "more": ("informations complementaires", "detail", "details", "libelle complementaire", "libelle interne"),
    "name": ("nom du tiers", "contrepartie", "donneur d ordre", "emetteur", "counterparty", "tiers", "nom"),
    "reference": ("reference", "reference client", "end to end", "reference de bout en bout", "numero d operation"),
    "iban": ("iban tiers", "iban contrepartie", "iban du tiers", "counterparty iban"),
}


def bare(name: str) -> str:
    """A column’s name without accents, signs and case: “Date opération” = “DATE OPERATION”."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def is_table(data: bytes) -> bool:
    """Whether the bytes may be a table of text: neither XML nor a binary file."""
    return bool(data.strip()) and not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"\0" not in data[:4096]


def decoded(data: bytes) -> str:
    """The text, in the first encoding that reads all of it."""
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def cut(data: bytes, needed: Sequence[str] = ()) -> Table | None:
    """The table of a file: the first line that has the columns ``needed``, else the first line that looks like a header."""
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    wanted = {bare(name) for name in needed}
    for delimiter in DELIMITERS:
        lines, fault = _lines(text, delimiter)
        for place, (number, line) in enumerate(lines[:HEAD_LINES]):
            names = [bare(cell) for cell in line]
            if wanted <= set(names) if wanted else _is_head(names):
                rows = [(at, tuple(row)) for at, row in lines[place + 1 :] if any(map(str.strip, row))]
                return Table(tuple(cell.strip() for cell in line), rows, number, fault)
    return None


def _lines(text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], Issue | None]:
    """(number in the file, cells) of each line, and what ended them too soon.

    Read strictly: a quotation mark that is not closed would swallow the lines after it, and their money, without a word.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    read = 0
    try:
        for row in reader:
            if len(lines) == MOST_LINES + HEAD_LINES:
                return lines, Issue("bank-table-long", params={"most": MOST_LINES})
            lines.append((read + 1, row))
            read = reader.line_num
    except csv.Error:
        return lines, Issue("bank-table-quote", line=read + 1, params={"at": read + 1})
    return lines, None


def _is_head(names: Sequence[str]) -> bool:
    """A day and an amount are named."""
    return any(_fits(name, "day") for name in names) and any(
        _fits(name, of) for name in names for of in ("amount", "debit", "credit")
    )


def _fits(name: str, of: str) -> bool:
    return bool(name) and (name in WORDS[of] or any(name.startswith(f"{word} ") for word in WORDS[of]))


def guess(table: Table) -> Columns:
    """What the columns seem to be, to be looked at by a person."""
    left = list(table.names)
    found: dict[str, str] = {}
    for of, words in WORDS.items():
        if of == "amount" and ("debit" in found or "credit" in found):
            continue
        exact = [name for word in words for name in left if bare(name) == word]
        near = [name for name in left if _fits(bare(name), of)]
        if exact or near:
            found[of] = (exact or near)[0]
            left.remove(found[of])
    days = [row[table.names.index(found["day"])] for _at, row in table.rows[:50] if _has(row, table, found.get("day"))]
    amounts = [
        row[table.names.index(found[of])]
        for _at, row in table.rows[:50]
        for of in ("amount", "debit", "credit")
        if _has(row, table, found.get(of))
    ]
    return Columns(**found, date=_notation(days), decimal=_decimal(amounts))


def _has(row: Sequence[str], table: Table, name: str | None) -> bool:
    return name is not None and len(row) > table.names.index(name) and bool(row[table.names.index(name)].strip())


def _notation(days: Sequence[str]) -> str:
    """The notation that reads most of the days; the French one when they say nothing."""
    return max(DATES, key=lambda name: (sum(_day(day, name) is not None for day in days), -list(DATES).index(name)))


def _decimal(amounts: Sequence[str]) -> str:
    """The sign that stands last before one or two digits."""
    points = sum(bool(re.search(r"\.\d{1,2}\D*\Z", amount)) for amount in amounts)
    commas = sum(bool(re.search(r",\d{1,2}\D*\Z", amount)) for amount in amounts)
    return "." if points > commas else ","


def _day(text: str, notation: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text.strip()[:10], DATES[notation]).replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None


def amount(text: str, decimal: str = ",") -> int:
    """``"1 234,56 €"``, ``"-12,5"``, ``"1.234,56"``, ``"45,00-"``, ``"(7,00)"`` → nano. Raises ValueError; never guesses."""
    bared = _SPACES.sub("", _CURRENCY.sub("", text)).replace("\u2212", "-")
    found = _SIGNED.fullmatch(bared)
    if found is None:
        raise ValueError(text)
    negative = bool(found["inside"]) or "-" in bared
    digits = found["inside"] or found["bare"] or found["after"]
    thousands = "." if decimal == "," else ","
    whole, mark, part = digits.partition(decimal)
    if not _DIGITS.match(digits) or decimal in part or thousands in part or (mark and not part):
        raise ValueError(text)
    if thousands in whole and not re.fullmatch(rf"\d{{1,3}}({re.escape(thousands)}\d{{3}})+", whole):
        raise ValueError(text)
    nano = to_nano(whole.replace(thousands, "") + (f".{part}" if part else ""))
    if nano % CENT:
        raise ValueError(text)
    return -nano if negative else nano


def read(data: bytes, columns: Columns, *, iban: str = "") -> Reading:
    """The statement that a table is. ``iban``: our account, which tables seldom say. Never raises for what the file contains."""
    reading = Reading(version="csv")
    table = cut(data, columns.named())
    if table is None or not columns.day:
        reading.issues.append(Issue("bank-table", params={"names": ", ".join(columns.named())}))
        return reading
    if table.fault is not None:
        reading.issues.append(table.fault)
        return reading
    places = {bare(name): at for at, name in reversed(list(enumerate(table.names)))}
    movements: list[Movement] = []
    for line, row in table.rows:
        cells = {
            of: row[place].strip() if (place := places.get(bare(getattr(columns, of)), -1)) in range(len(row)) else ""
            for of in WORDS
        }
        if not cells["day"] and not any(cells[of] for of in ("amount", "debit", "credit")):
            continue  # a total, a remark
        made = _movement(cells, columns, line, len(movements) + 1, reading.issues)
        if made is not None:
            movements.append(made)
    days = [move.booked for move in movements]
    if not days:
        reading.issues.append(Issue("bank-no-entry", Severity.WARNING))
        return reading
    first, last = min(days), max(days)
    reading.statements.append(
        Statement(f"{first:%Y%m%d}-{last:%Y%m%d}", iban, "EUR", first, last, None, None, tuple(movements))
    )
    return reading


def _movement(
    cells: Mapping[str, str], columns: Columns, line: int, position: int, issues: list[Issue]
) -> Movement | None:
    day = _day(cells["day"], columns.date)
    if day is None:
        told = {"value": cells["day"][:40], "format": columns.date}
        issues.append(Issue("bank-table-date", Severity.WARNING, line=line, params=told))
        return None
    try:
        nano = _signed(cells, columns.decimal)
    except ValueError as error:
        issues.append(Issue("bank-table-amount", Severity.WARNING, line=line, params={"value": str(error)[:40]}))
        return None
    if not nano:
        told = {"day": day.isoformat()}
        issues.append(Issue("bank-table-no-amount", Severity.WARNING, line=line, params=told))
        return None
    words = [cells["text"], cells["more"]]
    return Movement(
        position, day, None, nano, "EUR", name=cells["name"], iban=cells["iban"], end_to_end=cells["reference"],
        text=" · ".join(dict.fromkeys(filter(None, words))),
    )  # fmt: skip


def _signed(cells: Mapping[str, str], decimal: str) -> int:
    """What came in, negative for what went out; 0 for a line without any amount. Raises ValueError."""
    if cells["amount"]:
        return amount(cells["amount"], decimal)
    out = abs(amount(cells["debit"], decimal)) if cells["debit"] else 0
    came = abs(amount(cells["credit"], decimal)) if cells["credit"] else 0
    if out and came:
        raise ValueError(f"{cells['debit']} / {cells['credit']}")
    return came - out
