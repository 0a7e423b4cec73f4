"""Reading copies of the large files of the lake: the same calls, clustered by day and holder, in DuckDB's own format.

The lake stays the truth and is written in the order of arrival. A copy is a pure function of one of its files, which never changes, and
is named after it: whatever is committed, compacted, erased or purged, readers ask for the files that the table names now and take the
copy of each where there is one, else the file. A copy is written under another name and renamed once it is on the disk: a kill -9 leaves
a draft that the next sweep removes. Nothing but this file writes there; a copy never answers for a file that the table no longer names.
Two lists stand in a copy: its words in order, and its dearest calls. They only say which rows are worth reading: what is read there is put to
the same test as any call.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import structlog
from django.conf import settings

from chappe.apps.usage import lake
from chappe.apps.usage.columns import SCHEMA
from chappe.apps.usage.parts import synced

LARGE = 50_000  # rows of a file worth a copy
ROW_GROUP = 16_384  # rows with statistics of their own: the calls of a day of one customer stand in one or two
MEMORY = "1GB"  # to sort; beyond it the disk is used
ATTACHED = 96  # copies that an engine keeps open
IDLE = 300  # seconds without a question after which a copy may be let go
COLUMNS = ", ".join(SCHEMA.names)
#: Days are those of the house; whoever bears the call comes next, so that a person's calls of a day stand together.
ORDER = "CAST(start AS DATE) NULLS LAST, customer NULLS LAST, coalesce(ext, subject), start"
FEW = 50_000  # calls of a copy that are looked up one by one: of more, all are read
LOWEST = -(1 << 63)
DEAREST = 10_000  # dearest calls of a copy that are listed: pages ordered by amount
#: What stands in a copy beside its calls, with their places (rowid): words that a search may begin, in order; the dearest calls, whole.
LISTS = {
    "words": "SELECT word, row FROM ("
    + " UNION ALL ".join(
        f"SELECT lower({column}) AS word, rowid AS row FROM made.calls WHERE {test}"
        for column, test in (
            ("call_id", "call_id <> ''"),
            ("subject", "subject <> ''"),
            ("ext", "ext <> '' AND ext IS DISTINCT FROM subject"),
            ("destination", "destination <> ''"),
        )
    )
    + ") ORDER BY word, row",
    "dearest": f"SELECT {COLUMNS}, rowid AS row FROM made.calls WHERE rowid IN "
    f"(SELECT rowid FROM made.calls WHERE total IS NOT NULL ORDER BY total DESC, rowid LIMIT {DEAREST})",
}
WORDS = ("call_id", "subject", "ext", "destination")  # columns whose beginnings the words tell
_DRAFT = "draft-"
log = structlog.get_logger("chappe.usage")


@cache
def _layout(version: str, columns: str, order: str, size: int) -> str:
    return f"{version}-{hashlib.sha256(f'{columns}|{order}|{size}'.encode()).hexdigest()[:8]}"


def folder() -> Path:
    """Where the copies of this layout stand; those of another are never read and go with the next sweep."""
    return root() / _layout(duckdb.__version__, COLUMNS, f"{ORDER}|{LISTS}", ROW_GROUP)


def root() -> Path:
    """Folder of all copies, beside the table."""
    return lake.location().with_name("usage-shelf")


# -- writing ------------------------------------------------------------------------------------------------------
def keep(paths: Iterable[str]) -> int:
    """Make the copies that these files of the lake lack; how many were made. Safe to repeat and to interrupt."""
    made = 0
    for path in paths:
        if not _of(path).exists() and Path(path).exists() and pq.read_metadata(path).num_rows >= LARGE:
            _make(path)
            made += 1
    return made


def _make(path: str) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    draft = folder() / f"{_DRAFT}{os.urandom(6).hex()}"
    spill = draft.with_suffix(".spill")
    try:
        with duckdb.connect(":memory:") as engine:
            engine.execute(
                f"SET threads={lake.THREADS}; SET memory_limit='{MEMORY}'; SET TimeZone='{settings.TIME_ZONE}'"
            )
            engine.execute(f"SET temp_directory='{_quoted(spill)}'")
            engine.execute(f"ATTACH '{_quoted(draft)}' AS made (ROW_GROUP_SIZE {ROW_GROUP})")
            engine.execute(
                f"CREATE TABLE made.calls AS SELECT {COLUMNS} FROM {lake.source_of([path])} ORDER BY {ORDER}"
            )
            for name, rows in LISTS.items():
                engine.execute(f"CREATE TABLE made.{name} AS {rows}")
            engine.execute("CHECKPOINT made; DETACH made")
        synced(draft)
        draft.replace(_of(path))
    finally:
        for left in (draft, draft.with_name(f"{draft.name}.wal")):
            left.unlink(missing_ok=True)
        if spill.exists():
            for left in spill.iterdir():
                left.unlink(missing_ok=True)
            spill.rmdir()


def has(path: str) -> bool:
    """Whether a file of the lake has its copy."""
    return _of(path).exists()


def present() -> set[Path]:
    """Every copy there is, of this layout or of another; drafts are not copies."""
    return {path for path in root().glob("*/*.duckdb") if not path.name.startswith(_DRAFT)}


def sweep(among: Iterable[Path], current: Iterable[str]) -> None:
    """Remove the copies ``among`` these of files that are not in ``current``: a purged call must not live on in a copy."""
    wanted = {_of(path) for path in current}
    for path in present() & set(among) - wanted:
        path.unlink(missing_ok=True)
    for place in root().glob("*"):
        if place != folder() and not any(place.iterdir()):
            place.rmdir()


def sweep_drafts() -> None:
    """Remove what a kill left half written: only whoever alone may write calls this."""
    for path in root().glob(f"*/{_DRAFT}*"):
        if path.is_dir():
            for left in path.iterdir():
                left.unlink(missing_ok=True)
            path.rmdir()
        else:
            path.unlink(missing_ok=True)


def _of(path: str) -> Path:
    return folder() / f"{Path(path).name}.duckdb"


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


# -- reading ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Among:
    """Which calls of a copy are worth reading: a query of the places (``row``) of them in ``{copy}``, and the values of its question
    marks. All that pass the test it goes with are there; others may be."""

    sql: str
    values: tuple[Any, ...] = ()


#: Beginnings of a word: the values are the beginning twice. No text of ours has the last code point there is.
BEGINS = "word >= lower(?) AND word < lower(?) || chr(1114111)"


def beginning(*tests: tuple[str, tuple[Any, ...]]) -> Among:
    """The calls with a word that passes one of these tests on ``word``."""
    asked = " UNION ALL ".join(f"SELECT row FROM {{copy}}.words WHERE {test}" for test, _values in tests)
    return Among(asked, tuple(value for _test, values in tests for value in values))


class Shelves:
    """The copies that one engine has open. Not safe for threads by itself: its owner holds a lock."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self.engine = engine
        self.open: dict[
            str, tuple[str, float]
        ] = {}  # path of a copy → its name in the engine, when it was asked for last
        self.floors: dict[str, int] = {}  # name of a copy → see floor

    def source(self, paths: Sequence[str]) -> str:
        """SQL (in brackets) that reads the columns of the lake from these files, or from their copies."""
        return self.placed(paths)[0]

    def placed(
        self, paths: Sequence[str], among: Among | None = None, *, is_placed: bool = False, dearer: int | None = None
    ) -> tuple[str, tuple[Any, ...]]:
        """The same, with its values: of copies, only the calls that are worth reading, or at least those ``dearer`` than an amount. ``is_placed`` rows also
        tell their table and their place (``row``) in it; null for those of files."""
        now = time.monotonic()
        names = [self._name(path, now) for path in paths]
        rest = [path for path, name in zip(paths, names, strict=True) if not name]
        parts, values = [], []
        for name in filter(None, names):
            is_listed = dearer is not None and self._floor_of(name) <= dearer
            table, place = (f"{name}.dearest", "row") if is_listed else (f"{name}.calls", "rowid")
            told = f", '{table}' AS copy, {place} AS row" if is_placed else ""
            few = among is not None and self._few(name, among)
            where = f" WHERE rowid IN ({among.sql.format(copy=name)})" if among and few else ""
            values += among.values if among and few else ()
            parts.append(f"SELECT {COLUMNS}{told} FROM {table}{where}")
        if rest:
            told = ", NULL::VARCHAR AS copy, NULL::BIGINT AS row" if is_placed else ""
            parts.append(f"SELECT {COLUMNS}{told} FROM {lake.source_of(rest)}")
        self._close(now)
        return f"({' UNION ALL '.join(parts)})", tuple(values)

    def _few(self, name: str, among: Among) -> bool:
        """Whether looking these calls up is worth it: many are found sooner by reading all."""
        sql = f"SELECT count(*) FROM ({among.sql.format(copy=name)} LIMIT {FEW + 1})"
        [(count,)] = self.engine.execute(sql, list(among.values)).fetchall()
        return int(count) <= FEW

    def floor(self, paths: Sequence[str]) -> int | None:
        """An amount: every dearer call of these copies is in their lists of the dearest. None without a copy."""
        now = time.monotonic()
        names = [name for path in paths if (name := self._name(path, now))]
        return max((self._floor_of(name) for name in names), default=None)

    def _floor_of(self, name: str) -> int:
        if name not in self.floors:
            [(count, least)] = self.engine.execute(f"SELECT count(*), min(total) FROM {name}.dearest").fetchall()
            self.floors[name] = least if count >= DEAREST else LOWEST
        return self.floors[name]

    def at(self, paths: Sequence[str], places: dict[str, list[int]]) -> str:
        """SQL that reads whole calls by their places in the copies of these files; "" when none of the copies can be read."""
        now = time.monotonic()
        names = {name for path in paths if (name := self._name(path, now))}
        parts = []
        for table, rows in places.items():
            name, _dot, kind = table.partition(".")
            listed = ", ".join(map(str, map(int, rows)))
            place = "row" if kind == "dearest" else "rowid"
            if name in names:
                parts.append(f"SELECT {COLUMNS} FROM {table} WHERE {place} IN (SELECT unnest([{listed}]))")
        return " UNION ALL ".join(parts)

    def _name(self, path: str, now: float) -> str:
        copy = str(_of(path))
        if copy not in self.open:
            if not os.path.exists(copy):  # noqa: PTH110 - asked of every file of every query
                return ""
            name = f"shelf_{hashlib.sha256(copy.encode()).hexdigest()[:16]}"
            try:
                self.engine.execute(f"ATTACH IF NOT EXISTS '{_quoted(copy)}' AS {name} (READ_ONLY)")
            except duckdb.Error:  # swept this very moment, or hurt: the file itself is read
                log.warning("a reading copy of the lake cannot be opened", copy=copy, exc_info=True)
                return ""
            self.open[copy] = name, now
        name = self.open[copy][0]
        self.open[copy] = name, now
        return name

    def _close(self, now: float) -> None:
        """Let go of copies that are gone, and of some when there are many: those that no query under way can be reading."""
        idle = sorted((used, copy) for copy, (_name, used) in self.open.items() if now - used > IDLE)
        over = len(self.open) - ATTACHED
        for place, (_used, copy) in enumerate(idle):
            if place < over or not os.path.exists(copy):  # noqa: PTH110 - as above
                self.engine.execute(f"DETACH DATABASE IF EXISTS {self.open.pop(copy)[0]}")
