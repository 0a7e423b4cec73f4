"""The columns of a file of calls, and how a header is bound to them.

Columns are bound by name, never by position; what we do not know is kept and given back. This module is
names and defaults only: it reads no rows.
"""

from dataclasses import dataclass, field

from chappe.core.base.issue import Issue

#: The fields the reader knows, in the order of every per-field array of this package.
FIELDS = (
    "id",
    "tenant",
    "tor",
    "category",
    "direction",
    "subject",
    "account",
    "destination",
    "start",
    "end",
    "usage",
)
ID, TENANT, TOR, CATEGORY, DIRECTION, SUBJECT, ACCOUNT, DESTINATION, START, END, USAGE = range(len(FIELDS))

#: What an absent column, or an empty cell, stands for. ``account`` is never needed to price a call.
DEFAULTS = {"tor": "0", "category": "call", "direction": "OUT"}

#: Without these there is nothing to price. ``tenant`` may be absent when the tariff has only one, and
#: either ``end`` or ``usage`` must be there.
MANDATORY = ("id", "subject", "destination", "start")

#: What rating appends, in order; the last three only when the tariff has service (S) parts.
RESULT_COLUMNS = (
    "status",
    "reason",
    "cost",
    "connect_fee",
    "total",
    "billed",
    "pieces",
    "rate",
    "matched_prefix",
    "matched_destination",
    "plan_version",
)
SERVICE_COLUMNS = ("service_cost", "vat", "service_vat")

#: What the file of rejected rows appends. Both families are dropped when such a file is sent again.
REJECT_COLUMNS = ("reject_line", "reject_column", "reject_code", "reject_sentence", "reject_text")
OURS = frozenset(RESULT_COLUMNS + SERVICE_COLUMNS + REJECT_COLUMNS)

SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Header:
    """A bound header. ``position[f]`` is the column of field ``f`` or -1; ``kept`` the columns given back."""

    names: tuple[str, ...]
    separator: str
    position: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def keeps_all(self) -> bool:
        """True when the input's own bytes can be copied whole: no column of ours stands in it."""
        return len(self.kept) == len(self.names)


@dataclass(slots=True)
class Bound:
    """Either a header or the reasons why there is none."""

    header: Header | None = None
    issues: list[Issue] = field(default_factory=list)


def bind_names(names: list[str], separator: str, *, tenant_known: bool) -> Bound:
    """Bind column names (any case, any order). ``tenant_known``: the tariff itself says whose calls these are.

    A missing mandatory column or a known column written twice leaves no header, with one issue each.
    """
    plain = [name.strip().lower() for name in names]
    issues = [
        Issue("usage.column-twice", line=1, column=i + 1, field=name, params={"name": name})
        for i, name in enumerate(plain)
        if name in FIELDS and name in plain[:i]
    ]
    needed = [*MANDATORY, *(() if tenant_known else ("tenant",))]
    missing = [name for name in needed if name not in plain]
    if "end" not in plain and "usage" not in plain:
        missing.append("end")
    issues += [Issue("usage.column-missing", line=1, field=name, params={"name": name}) for name in missing]
    if issues:
        return Bound(None, issues)
    position = tuple(plain.index(name) if name in plain else -1 for name in FIELDS)
    kept = tuple(i for i, name in enumerate(plain) if name not in OURS)
    return Bound(Header(tuple(name.strip() for name in names), separator, position, kept))


def split_header(line: str) -> tuple[list[str], str]:
    """Split a header line with the separator that gives the most columns we know (a tie: the most columns)."""
    best: tuple[int, int, str] = (-1, -1, ",")
    for separator in SEPARATORS:
        names = _cells(line, separator)
        known = sum(name.strip().lower() in FIELDS for name in names)
        if (known, len(names)) > best[:2]:
            best = (known, len(names), separator)
    return _cells(line, best[2]), best[2]


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]
