"""A published file read back with the reader of the house."""

import datetime as dt
from typing import Any

import polars as pl

from chappe.apps.publication.making import Made, make
from chappe.apps.publication.models import PublishedFile
from chappe.apps.publication.sheets import period
from chappe.core.interop.layout import packaged
from chappe.core.interop.reader import Reader
from chappe.kit.access.actor import Actor

SYSTEM = Actor.system("test")


def made(kind: str, day: dt.date, *recipients: Any, **more: Any) -> Made:
    return make(actor=more.pop("actor", SYSTEM), of=period(kind, day), recipients=recipients, **more)


def read(row: PublishedFile) -> pl.DataFrame:
    """Every row; fails when the reader refuses one or says an error."""
    reader = Reader(packaged(row.flow), row.stored.path, row.name)
    assert reader.open(), reader.head
    parts = list(reader.parts())
    assert [len(part.refused) for part in parts] == [0] * len(parts)
    assert [part.issues.filter(pl.col("severity") == "error").to_dicts() for part in parts] == [[]] * len(parts)
    rows = pl.concat([part.rows for part in parts]) if parts else pl.DataFrame()
    assert len(rows) == row.rows
    return rows


def one(found: Made, **like: Any) -> PublishedFile:
    """The only file of those made that is like this."""
    [row] = [row for row in found.files if all(getattr(row, name) == value for name, value in like.items())]
    return row
