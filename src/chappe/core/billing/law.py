"""Dated tables of the law, packaged as CSV with their source: a rule is a row, a change of the law is a new row.

Cells hold words separated by spaces, ``*`` means any. ``from`` and ``to`` are days, both included.
"""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

TABLES = ("vat_rates", "vat_rules", "vat_allowed", "mentions")


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """Rows of a packaged table, in their order. Raises FileNotFoundError for an unknown one."""
    text = files(__package__).joinpath(f"data/{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def in_force(name: str, day: dt.date) -> Iterator[Mapping[str, str]]:
    """Rows of a table that stand on ``day``."""
    for row in table(name):
        if row["from"] and dt.date.fromisoformat(row["from"]) > day:
            continue
        if row["to"] and dt.date.fromisoformat(row["to"]) < day:
            continue
        yield row


def holds(cell: str, value: str) -> bool:
    """Whether a cell admits a value."""
    return cell == "*" or value in cell.split()
