"""Which zone a country is in, on a day: surcharges by origin depend on it. Reads its packaged file once."""

import csv
import datetime as dt
from functools import cache, lru_cache
from importlib import resources

WORLD = "world"


@cache
def _rows() -> dict[str, list[tuple[str, dt.date, dt.date]]]:
    rows: dict[str, list[tuple[str, dt.date, dt.date]]] = {}
    with resources.files("chappe.core.calls").joinpath("data/zones.csv").open(encoding="utf-8") as lines:
        for cells in csv.DictReader(lines, delimiter=";"):
            begins = dt.date.fromisoformat(cells["from"]) if cells["from"] else dt.date.min
            ends = dt.date.fromisoformat(cells["to"]) if cells["to"] else dt.date.max
            rows.setdefault(cells["country"], []).append((cells["zone"], begins, ends))
    return rows


@lru_cache(maxsize=4096)
def zone_of(country: str, on: dt.date | None = None) -> str:
    """``france``, ``overseas``, ``eea`` or ``world``; "" for no country."""
    if not country:
        return ""
    day = on or dt.date.max - dt.timedelta(1)
    return next((zone for zone, begins, ends in _rows().get(country, ()) if begins <= day < ends), WORLD)
