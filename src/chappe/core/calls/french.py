"""The French numbering plan as a dated table, looked up by length and longest prefix. Reads its packaged file once.

Why not ``phonenumbers`` alone: it takes overseas numbers dialled in national form as invalid, knows four emergency numbers,
and nothing of verified, extended and C + S ranges (vno-pbx-orange §5.5).
"""

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from chappe.core.calls.kinds import SHORT_CODE, Number, NumberKind
from chappe.core.calls.zones import zone_of

#: Country code of each territory, and what its national form has before the subscriber's own number.
CODES = {"FR": "33", "RE": "262", "YT": "262", "GP": "590", "GF": "594", "MQ": "596", "PM": "508"}
_TRUNK = {"PM": "0508"}
SHORT_LENGTH = 6  # digits: what is not longer has no international form


@dataclass(frozen=True, slots=True)
class Row:
    """A line of ``fr_numbers.csv``: numbers of ``length`` digits that begin with ``prefix``.

    ``service_per_minute`` and ``service_per_call`` are ceilings of the S part in euros with VAT, as text; "" = none known.
    """

    prefix: str
    length: int
    kind: NumberKind
    country: str
    label: str
    tags: tuple[str, ...]
    service_per_minute: str
    service_per_call: str
    begins: dt.date
    ends: dt.date
    source: str

    @classmethod
    def read(cls, cells: dict[str, str]) -> "Row":
        """A line of the file."""
        return cls(
            cells["prefix"],
            int(cells["length"]),
            NumberKind(cells["kind"]),
            cells["country"],
            cells["label"],
            tuple(cells["tags"].split()),
            cells["service_per_minute"],
            cells["service_per_call"],
            dt.date.fromisoformat(cells["from"]) if cells["from"] else dt.date.min,
            dt.date.fromisoformat(cells["to"]) if cells["to"] else dt.date.max,
            cells["source"],
        )


@cache
def table() -> dict[tuple[int, str], list[Row]]:
    """Rows by length and prefix, latest first."""
    rows: dict[tuple[int, str], list[Row]] = {}
    with resources.files("chappe.core.calls").joinpath("data/fr_numbers.csv").open(encoding="utf-8") as lines:
        for cells in csv.DictReader(lines, delimiter=";"):
            row = Row.read(cells)
            rows.setdefault((row.length, row.prefix), []).append(row)
    for found in rows.values():
        found.sort(key=lambda row: row.begins, reverse=True)
    return rows


@cache
def longest() -> dict[int, int]:
    """Length of a number → length of the longest prefix that the table has for it."""
    found: dict[int, int] = {}
    for length, prefix in table():
        found[length] = max(found.get(length, 0), len(prefix))
    return found


def row_of(digits: str, on: dt.date | None = None) -> Row | None:
    """The row of a number in national form or of a short number, on a day (today's rows by default)."""
    most = longest().get(len(digits), 0)
    return _row(len(digits), digits[:most], on) if most else None


@lru_cache(maxsize=50_000)
def _row(length: int, head: str, on: dt.date | None) -> Row | None:
    rows = table()
    for end in range(len(head), 0, -1):
        for row in rows.get((length, head[:end]), ()):
            if row.begins <= (on or dt.date.max - dt.timedelta(1)) < row.ends:
                return row
    return None


def french(digits: str, on: dt.date | None = None) -> Number | None:
    """A number of the French plan, or None for what the plan does not have."""
    row = row_of(digits, on)
    if row is None:
        return None
    zone = zone_of(row.country, on)
    if row.length <= SHORT_LENGTH:
        return Number(digits, "", f"{SHORT_CODE}{digits}", row.kind, row.country, row.label, zone, row.tags)
    trunk = _TRUNK.get(row.country, "0")
    e164 = f"+{CODES[row.country]}{digits.removeprefix(trunk)}"
    return Number(digits, e164, e164[1:], row.kind, row.country, row.label, zone, row.tags)


def overseas_national(e164: str) -> str:
    """``+262692…`` → ``0692…``: the national form of a number of France or of a territory, "" for others."""
    for code in ("33", "262", "590", "594", "596", "508"):
        if e164.startswith(f"+{code}"):
            return ("0508" if code == "508" else "0") + e164[1 + len(code) :]
    return ""
