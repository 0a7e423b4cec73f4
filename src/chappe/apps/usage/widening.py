"""Tables of the lake that were begun before some columns existed: widened when written to, read with nulls.

The files of such a table are listed once in ``usage-narrow.json`` beside it; compaction rewrites them with every column, and the
list then matches nothing. A table begun with today's columns has no list, and costs nothing.
"""

import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema

from chappe.apps.usage.columns import SCHEMA
from chappe.apps.usage.parts import PARTITION


def _list(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-narrow.json")


def widened(folder: Path, table: DeltaTable) -> DeltaTable:
    """The table with every column of :data:`SCHEMA`; its files of before are noted first."""
    known = {field.name for field in table.schema().fields}
    missing = [field for field in SCHEMA if field.name not in known]
    if not missing:
        return table
    before = _noted(folder) | {Path(path).name for path in table.file_uris()}
    draft = _list(folder).with_suffix(f".{os.urandom(4).hex()}")
    draft.write_text(json.dumps(sorted(before)), "utf-8")
    draft.replace(_list(folder))
    table.alter.add_columns(list(Schema.from_arrow(pa.schema(missing)).fields))
    return DeltaTable(str(folder))


def any_narrow(folder: Path, paths: Iterable[str]) -> bool:
    """Whether one of these files lacks a column."""
    listed = list(paths)
    if _is_old(str(folder), os.fspath(_list(folder))):
        return bool(listed) and not _has_all(listed[0])
    noted = _noted(folder)
    return bool(noted) and any(Path(path).name in noted for path in listed)


def _is_old(folder: str, noted: str) -> bool:
    """Whether nothing was written to the table since columns were added, so that no list of its files exists."""
    return not Path(noted).exists() and _may_be_old(folder)


@lru_cache(maxsize=16)
def _may_be_old(folder: str) -> bool:
    """Whether the table was begun without some column: said by its log, once a process."""
    return any(field.name not in {f.name for f in DeltaTable(folder).schema().fields} for field in SCHEMA)


@lru_cache(maxsize=4096)
def _has_all(path: str) -> bool:
    return set(SCHEMA.names) - {PARTITION} <= set(pq.read_schema(path).names)


def _noted(folder: Path) -> set[str]:
    path = _list(folder)
    return _read(str(path), path.stat().st_mtime_ns) if path.exists() else set()


@lru_cache(maxsize=4)
def _read(path: str, _written: int) -> set[str]:
    return set(json.loads(Path(path).read_text("utf-8")))


def empty_file(folder: Path) -> str:
    """A file of no row that has every column: it lends them to the files beside it."""
    path = folder.with_name(f"{folder.name}-columns") / f"{PARTITION}=none" / "columns.parquet"
    if not path.exists() or set(pq.read_schema(path).names) != set(SCHEMA.names) - {PARTITION}:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.urandom(4).hex()}")
        pq.write_table(pa.schema([field for field in SCHEMA if field.name != PARTITION]).empty_table(), draft)
        draft.replace(path)
    return str(path)
