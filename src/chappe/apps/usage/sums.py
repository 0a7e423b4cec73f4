"""Sums of the large files of the lake, kept beside it, so that totals of a month need not read its calls.

A file of the lake never changes, so its sums are a pure function of it: they are right whatever is committed twice, rated again,
compacted, erased or purged, because what is asked is always the files that the table names now. A file whose sums are missing (small,
just written, or a kill -9 came before) is read itself: the answer is the same. Writes only its own files, and no reader waits for them.
"""

import datetime as dt
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
from django.conf import settings

from chappe.apps.usage import lake
from chappe.apps.usage.columns import SCHEMA

LARGE = 50_000  # rows of a file worth having sums
WORTH = 2  # sums with more than half the rows of their file are not kept
HOUR, QUARTER = 3_600_000_000, 900_000_000  # microseconds


@dataclass(frozen=True)
class Cube:
    """Sums by ``columns`` (of the lake) and the batch and month that every cube has."""

    name: str
    columns: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Of its own for each length of time that moments are cut to."""
        return location() / (f"{self.name}-{grain() // 1_000_000}" if "start" in self.columns else self.name)

    @property
    def keys(self) -> tuple[str, ...]:
        return ("batch", "month", *self.columns)


#: Smallest first: a question is put to the first that has what it needs.
CUBES = (
    Cube("where", ("source", "way", "status", "kind", "matched_destination")),
    Cube("who", ("source", "way", "customer", "line_id", "ext", "subject", "cost_centre")),
    Cube("when", ("source", "way", "status", "trunk", "start")),
)
#: What is added up of each call. ``micro`` is timed usage in millionths of a second, amounts are nano.
MEASURES = {
    "calls": "count(*)",
    "answered": "count(*) FILTER (WHERE answered IS NOT FALSE)",
    "lost": "count(*) FILTER (WHERE way = 'in' AND answered = FALSE)",
    "unrated": "count(*) FILTER (WHERE status = 'UNRATED')",
    "micro": "coalesce(sum(CASE WHEN tor IN ('', '0', '*voice', 'voice') THEN usage END), 0)",
    "ring": "coalesce(sum(ring), 0)",
    "rung": "count(ring)",
    "total": "coalesce(sum(total), 0)",
    "buy": "coalesce(sum(buy), 0)",
    "bought": "count(buy)",
}
#: Prefixed, so that no filter on a column can meet a sum of the same name.
STORED = ", ".join(f"CAST({sql} AS BIGINT) AS m_{name}" for name, sql in MEASURES.items())
ADDED = ", ".join(f"CAST(coalesce(sum(m_{name}), 0) AS BIGINT) AS {name}" for name in MEASURES)
#: Texts over ``start`` whose value is the same for every moment of an hour.
HOUR_OF = "epoch_us(start) // 3600000000"  # whole hours of UTC since 1970
_HOURLY = ("isodow(CAST(start AS DATE))", "date_part('hour', start)", "CAST(start AS DATE)", HOUR_OF)
_BOUNDS = re.compile(r"start (?:>=|<) \?::TIMESTAMPTZ")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_WORD = re.compile(r"[a-z_]+")


def grain() -> int:
    """What moments are cut to: hours of UTC, which are those of the house unless its zone has half hours; microseconds."""
    zone = ZoneInfo(settings.TIME_ZONE)
    year = dt.datetime.now(zone).year
    offsets = [dt.datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    return HOUR if all(offset is not None and offset.seconds % 3600 == 0 for offset in offsets) else QUARTER


def location() -> Path:
    """Folder of all sums, beside the table."""
    return lake.location().with_name("usage-sums")


# -- writing ------------------------------------------------------------------------------------------------------
def keep(paths: Iterable[str]) -> int:
    """Make the sums that these files of the lake lack; how many files got some. Safe to repeat and to interrupt."""
    made = 0
    for path in paths:
        lacking = [cube for cube in CUBES if not (_of(cube, path).exists() or _not_worth(cube, path).exists())]
        if not lacking or not Path(path).exists():
            continue
        rows = pq.read_metadata(path).num_rows
        if rows >= LARGE:
            for cube in lacking:
                _make(cube, path, rows)
            made += 1
    return made


def _make(cube: Cube, path: str, rows: int) -> None:
    cut = f"make_timestamptz(epoch_us(start) // {grain()} * {grain()}) AS start"
    keys = [cut if key == "start" else key for key in cube.keys]
    groups = ", ".join(str(place) for place in range(1, len(keys) + 1))
    found = lake.query(f"SELECT {', '.join(keys)}, {STORED} FROM calls GROUP BY {groups}", paths=[path])
    cube.folder.mkdir(parents=True, exist_ok=True)
    if found.num_rows * WORTH > rows:
        _not_worth(cube, path).touch()
        return
    draft = cube.folder / f"draft-{os.urandom(6).hex()}"
    pq.write_table(found, draft)
    draft.replace(_of(cube, path))


def sweep() -> None:
    """Remove sums of files that are no longer on the disk: they live exactly as long."""
    present = {Path(path).name for path in lake.location().rglob("*.parquet")}
    for path in location().glob("*/*"):
        if path.name.removesuffix(".none") not in present and not path.name.startswith("draft-"):
            path.unlink(missing_ok=True)


def _of(cube: Cube, path: str) -> Path:
    return cube.folder / Path(path).name


def _not_worth(cube: Cube, path: str) -> Path:
    return cube.folder / f"{Path(path).name}.none"


# -- reading ------------------------------------------------------------------------------------------------------
def cube_for(test: str, values: Sequence[Any], *expressions: str) -> Cube | None:
    """The cube that answers a test and expressions over ``calls`` exactly, or None when only the calls can."""
    text = " ".join((test, *expressions))
    for hourly in _HOURLY:
        text = text.replace(hourly, " hourly ")
    if "start" in set(_WORD.findall(text)):
        if not all(_at_the_hour(value) for value in values):
            return None
        text = _BOUNDS.sub(" hourly ", text)
        if "start" in set(_WORD.findall(text)):
            return None
    words = set(_WORD.findall(text))
    needed = (words & set(SCHEMA.names)) - {"batch", "month"}
    if "hourly" in words:
        needed.add("start")
    return next((cube for cube in CUBES if needed <= set(cube.columns)), None)


def _at_the_hour(value: Any) -> bool:
    """Whether a value of a filter, where it is a moment, stands between two of the pieces that time is cut into."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        return True
    return round(dt.datetime.fromisoformat(value).timestamp() * 1_000_000) % grain() == 0


def added(sql: str, expression: str, *, test: str, values: Sequence[Any], batches: Sequence[int]) -> Any:
    """``sql`` over ``added``: the calls of a test as rows of ``value`` (the expression) and the sums ``m_…``.

    Remembered while the lake does not change, like any sum.
    """
    cube = cube_for(test, values, expression)
    paths = lake.files(())
    kept = [str(_of(cube, path)) for path in paths if _of(cube, path).exists()] if cube else []
    names = {Path(path).name for path in kept}
    rest = [path for path in paths if Path(path).name not in names]
    parts, given = [], []
    if kept:
        where = f"batch IN ({', '.join(map(str, batches))})" if batches else "FALSE"
        sums = ", ".join(f"m_{name}" for name in MEASURES)
        quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in kept)
        # Not hive partitioned: the month is a column of the sums.
        parts.append(
            f"SELECT {expression} AS value, {sums} FROM read_parquet([{quoted}], hive_partitioning=false) WHERE {where} AND {test}"
        )
        given += list(values)
    if rest or not kept:
        parts.append(f"SELECT {expression} AS value, {STORED} FROM calls WHERE {test} GROUP BY 1")
        given += list(values)
    whole = f"SELECT * FROM (WITH added AS ({' UNION ALL '.join(parts)}) {sql})"
    return lake.remembered(whole, given, batches, paths=rest)
