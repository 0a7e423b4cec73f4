"""Sums of the large files of the lake, kept beside it, so that totals of a month need not read its calls.

A file of the lake never changes, so its sums are a pure function of it: they are right whatever is committed twice, rated again,
compacted, erased or purged, because what is asked is always the files that the table names now. A file whose sums are missing (small,
just written, or a kill -9 came before) is read itself: the answer is the same. Writes only its own files, and no reader waits for them.
"""

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
from django.conf import settings

from chappe.apps.usage import lake, policies
from chappe.apps.usage.columns import SCHEMA
from chappe.apps.usage.parts import synced

LARGE = 50_000  # rows of a file worth having sums
WORTH = 2  # sums with more than half the rows of their file are not kept
NUMBER = "shown_number"  # the column of sums by number: what the lake has is whole numbers
HOUR, QUARTER = 3_600_000_000, 900_000_000  # microseconds


@dataclass(frozen=True)
class Cube:
    """Sums by ``columns`` (of the lake) and the batch and month that every cube has. ``kept`` says how a column is kept where
    it is not as it is: by something that a test cannot tell from it (see :func:`cube_for`). ``text`` of numbers is their dimension.
    ``whole``: without the batches, for a reader of every batch of the file."""

    name: str
    columns: tuple[str, ...]
    kept: tuple[tuple[str, str], ...] = ()
    text: str = ""
    whole: bool = False

    @property
    def folder(self) -> Path:
        """Of its own for each thing that its rows depend on: columns and measures, length of the pieces of time."""
        return location() / f"{self.name}-{_mark(self, grain() if 'start' in self.columns else 0)}"

    @property
    def keys(self) -> tuple[str, ...]:
        return ("month", *self.columns) if self.whole else ("batch", "month", *self.columns)


@cache
def _mark(cube: Cube, grain_of: int) -> str:
    return hashlib.sha256(repr((cube, grain_of, MEASURES)).encode()).hexdigest()[:10]


def _steps(x: str, edges: Sequence[int], unit: int = 1) -> str:
    """The highest edge that a number reaches, below the first one less; a comparison with an edge cannot tell it from the number."""
    whens = " ".join(f"WHEN {x} >= {edge * unit} THEN {edge * unit}" for edge in sorted(edges, reverse=True))
    return f"CASE WHEN {x} IS NULL THEN NULL {whens} ELSE {(min(edges) - 1) * unit} END"


#: Amounts and lengths that filters compare with: those of the chips of the list. In nano; usage in whole seconds.
EDGES = {"total": (0, 1, 5_000_000_000), "service": (0, 1), "usage": (0, 1, 3600)}
_TOLD = "CASE WHEN customer IS NULL THEN NULL ELSE 0 END"
#: Smallest first: a question is put to the first that has what it needs.
CUBES = (
    Cube("where", ("source", "way", "status", "kind", "matched_destination", "customer"), kept=(("customer", _TOLD),)),
    Cube("code", ("source", "way", "status", "account_code")),
    Cube("when", ("source", "way", "status", "trunk", "start")),
    Cube(
        "what",
        ("source", "way", "status", "answered", "transferred", "total", "service", "usage", "tor", "start"),
        kept=(("total", _steps("total", EDGES["total"])), ("service", _steps("service", EDGES["service"])),
              ("usage", _steps("usage", EDGES["usage"], 1_000_000))),
    ),
    Cube("owed", ("status", "customer")),
    Cube("who", ("source", "way", "customer", "line_id", "ext", "subject", "cost_centre")),
)  # fmt: skip
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
    "used": "coalesce(sum(usage), 0)",
    "unbought": "count(*) FILTER (WHERE buy IS NULL AND total > 0)",
}
#: Prefixed, so that no filter on a column can meet a sum of the same name.
STORED = ", ".join(f"CAST({sql} AS BIGINT) AS m_{name}" for name, sql in MEASURES.items())
ADDED = ", ".join(f"CAST(coalesce(sum(m_{name}), 0) AS BIGINT) AS {name}" for name in MEASURES)
#: Texts over ``start`` whose value is the same for every moment of an hour.
HOUR_OF = "epoch_us(start) // 3600000000"  # whole hours of UTC since 1970
_HOURLY = ("isodow(CAST(start AS DATE))", "date_part('hour', start)", "CAST(start AS DATE)", HOUR_OF)
_BOUNDS = re.compile(r"start (?:>=|<) \?::TIMESTAMPTZ")
_COMPARED = re.compile(r"(\(usage // 1000000\)|\btotal|\bservice) (>=|<=|>|<|=) \?")
_HELD = re.compile(r"\bcustomer IS (?:NOT )?NULL")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_WORD = re.compile(r"[a-z_]+")
_BATCHES = b"batches"


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
def numbers() -> Cube:
    """Sums by the number that a call is listed under, as the policy of screens shows it now: a policy that changes has its own."""
    return Cube(
        "number",
        ("way", "kind", "status", "source", NUMBER),
        kept=((NUMBER, policies.number_sql()),),
        text=policies.number_sql(),
    )


def all_numbers() -> Cube:
    """The same by number alone: ten times fewer rows to add up."""
    return replace(numbers(), name="number-whole", columns=(NUMBER,), whole=True)


def kept_cubes() -> tuple[Cube, ...]:
    """Every cube that a file has."""
    return (*CUBES, numbers(), all_numbers())


def keep(paths: Iterable[str]) -> int:
    """Make the sums that these files of the lake lack; how many files got some. Safe to repeat and to interrupt."""
    made = 0
    sizes = {path: pq.read_metadata(path).num_rows for path in paths if Path(path).exists()}
    large = {path: rows for path, rows in sizes.items() if rows >= LARGE}
    cubes = kept_cubes() if large else ()
    for path, rows in large.items():
        lacking = [cube for cube in cubes if not (_of(cube, path).exists() or _not_worth(cube, path).exists())]
        for cube in lacking:
            _make(cube, path, rows)
        made += bool(lacking)
    return made


def _make(cube: Cube, path: str, rows: int) -> None:
    kept = {"start": f"make_timestamptz(epoch_us(start) // {grain()} * {grain()})"} | dict(cube.kept)
    keys = [f"{kept[key]} AS {key}" if key in kept else key for key in cube.keys]
    groups = ", ".join(str(place) for place in range(1, len(keys) + 1))
    found = lake.query(
        f"SELECT {', '.join(keys)}, {STORED} FROM calls GROUP BY {groups} ORDER BY {groups}", paths=[path]
    )
    cube.folder.mkdir(parents=True, exist_ok=True)
    if found.num_rows * WORTH > rows:
        _not_worth(cube, path).touch()
        return
    if cube.whole:
        batches = lake.query("SELECT DISTINCT batch FROM calls", paths=[path]).column(0).to_pylist()
        found = found.replace_schema_metadata({_BATCHES: ",".join(map(str, sorted(batches)))})
    draft = cube.folder / f"draft-{os.urandom(6).hex()}"
    pq.write_table(found, draft)
    synced(draft)
    draft.replace(_of(cube, path))


def present() -> set[Path]:
    """All that is kept, of cubes that are and that were; drafts are not kept."""
    return {path for path in location().glob("*/*") if not path.name.startswith("draft-")}


def sweep(among: Iterable[Path], current: Iterable[str]) -> None:
    """Remove the sums ``among`` these of files that are not in ``current``, and those of cubes that are no longer asked."""
    old = present() & set(among)
    if not old:
        return
    named = {Path(path).name for path in current}
    folders = {cube.folder for cube in kept_cubes()}
    for path in old:
        if path.parent not in folders or path.name.removesuffix(".none") not in named:
            path.unlink(missing_ok=True)


def _of(cube: Cube, path: str) -> Path:
    return cube.folder / Path(path).name


@lru_cache(maxsize=1000)
def _batches_of(path: str) -> frozenset[int]:
    """The batches whose calls sums without batches add up."""
    told = (pq.read_schema(path).metadata or {})[_BATCHES].decode()
    return frozenset(int(number) for number in told.split(",") if number)


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
    number = numbers() if "caller" in text else None  # asking for the policy costs: only where it may matter
    text = text.replace(number.text, f" {NUMBER} ") if number is not None else text
    text, stepped = _HELD.sub(" held ", text), _compared(test, values)
    if stepped:
        text = _COMPARED.sub(" ", text)
    words = set(_WORD.findall(text))
    needed = words & {*SCHEMA.names, NUMBER} - {"batch", "month"}
    if "hourly" in words:
        needed.add("start")
    candidates = (*CUBES, number) if number is not None else CUBES
    return next((cube for cube in candidates if _answers(cube, needed, stepped, is_held="held" in words)), None)


def _answers(cube: Cube, needed: set[str], stepped: set[str], *, is_held: bool) -> bool:
    """Whether a cube has these columns as they are, those of ``stepped`` as they are or in steps, and who has a customer."""
    whole = set(cube.columns) - ({name for name, _sql in cube.kept} - {NUMBER})
    return needed <= whole and stepped <= set(cube.columns) and (not is_held or "customer" in cube.columns)


def _compared(test: str, values: Sequence[Any]) -> set[str]:
    """The columns that a test compares with edges of theirs; none when it also compares one with something else."""
    found = set()
    for match in _COMPARED.finditer(test):
        name = next(name for name in EDGES if name in match[1])
        value, edges = values[test.count("?", 0, match.start())], EDGES[name]
        needed = {">=": (0,), "<": (0,), ">": (1,), "<=": (1,), "=": (0, 1)}[match[2]]
        if not isinstance(value, int) or not all(value + more in edges for more in needed):
            return set()
        found.add(name)
    return found


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
    cube = _whole(cube, test, batches)
    inner = expression.replace(cube.text, NUMBER) if cube is not None and cube.text else expression
    m_names = ", ".join(f"m_{name}" for name in MEASURES)
    parts, rest = kept_rows(cube, batches, f"SELECT {inner} AS value, {m_names}", test)
    if rest or not parts:
        parts.append(f"SELECT {expression} AS value, {STORED} FROM calls WHERE {test} GROUP BY 1")
    whole = f"SELECT * FROM (WITH added AS ({' UNION ALL '.join(parts)}) {sql})"
    return lake.remembered(whole, list(values) * len(parts), batches, paths=rest)


def _whole(cube: Cube | None, test: str, batches: Sequence[int]) -> Cube | None:
    """The sums without batches, where the test looks at nothing else and every file has only batches of the reader."""
    if cube is None or not cube.text or set(_WORD.findall(test)) & {*SCHEMA.names} - {"month"}:
        return cube
    whole, seen = all_numbers(), set(batches)
    made = [path for path in lake.files(()) if _of(cube, path).exists() or _of(whole, path).exists()]
    usable = all(_of(whole, path).exists() and _batches_of(str(_of(whole, path))) <= seen for path in made)
    return whole if usable and made else cube


def counted(
    tests: Sequence[tuple[str, Sequence[Any]]], batches: Sequence[int], common: tuple[str, Sequence[Any]] = ("TRUE", ())
) -> list[int] | None:
    """How many calls pass each test and the ``common`` one, all in one reading of one cube; None where no cube answers them all
    together."""
    joint = " AND ".join(f"({test})" for test, _values in (*tests, common))
    given = [value for _test, values in (*tests, common) for value in values]
    cube = cube_for(joint, given)
    if cube is None:
        return None
    sums = ", ".join(
        f"CAST(coalesce(sum(m_calls) FILTER (WHERE {test}), 0) AS BIGINT) AS n{n}" for n, (test, _v) in enumerate(tests)
    )
    counts = ", ".join(f"count(*) FILTER (WHERE {test}) AS n{n}" for n, (test, _values) in enumerate(tests))
    parts, rest = kept_rows(cube, batches, f"SELECT {sums}", f"({common[0]})")
    if rest or not parts:
        parts.append(f"SELECT {counts} FROM calls WHERE {common[0]}")
    together = ", ".join(f"CAST(sum(n{n}) AS BIGINT) AS n{n}" for n in range(len(tests)))
    whole = f"SELECT {together} FROM ({' UNION ALL '.join(parts)})"
    row = lake.remembered(whole, given * len(parts), batches, paths=rest).to_pylist()[0]
    return [row[f"n{n}"] or 0 for n in range(len(tests))]


def kept_rows(cube: Cube | None, batches: Sequence[int], select: str, test: str) -> tuple[list[str], list[str]]:
    """``select`` over what is kept of a cube ([] when nothing is), and the files of the lake that it does not cover."""
    paths = lake.files(())
    kept = {path: str(_of(cube, path)) for path in paths if _of(cube, path).exists()} if cube else {}
    if not kept:
        return [], paths
    where = f"batch IN ({', '.join(map(str, batches))})" if batches else "FALSE"
    where = "TRUE" if cube is not None and cube.whole else where
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in kept.values())
    # Not hive partitioned: the month is a column of the sums.
    whole = f"{select} FROM read_parquet([{quoted}], hive_partitioning=false) WHERE {where} AND {test}"
    return [whole], [path for path in paths if path not in kept]
