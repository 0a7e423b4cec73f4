"""Calls as a collector hands them to usage, for tests: one call a line, the rest usual."""

import datetime as dt
import io
import zipfile
from typing import Any

import pyarrow as pa

from chappe.apps.tariffs.services import load_version
from chappe.apps.usage import streams
from chappe.apps.usage.counts import Counts
from chappe.apps.usage.models import UsageBatch
from chappe.kit.documents.services import store
from tests.support import rows

TEN = dt.datetime(2026, 10, 5, 10, tzinfo=dt.UTC)
MINUTE_PRICES = [
    ("33", "France", "0.06"),
    ("336", "Mobile", "0.12"),
    ("33899", "SVA", "0.6"),
    ("3303949", "Court", "0.3"),
]


def row(n: int = 1, **fields: Any) -> dict[str, Any]:
    """An outgoing call of a minute to a French fixed number from extension 201."""
    usual = {
        "call_id": f"1000{n}", "start": TEN + dt.timedelta(minutes=n), "utc_offset": 7200, "seconds": 60,
        "number": "33144553311", "shown": "33144553311", "source": 1, "kind": "national", "way": "out", "ext": "201",
        "caller": "201", "answered": True, "transferred": False, "ring": 5, "talk": 60, "hold": 0, "trunk": "T9001",
        "raw_ref": f"r{n}",
    }  # fmt: skip
    return {**usual, **fields}


def incoming(n: int = 1, **fields: Any) -> dict[str, Any]:
    """A call from a mobile to the DDI of extension 201, answered by it."""
    return row(
        n, **{"way": "in", "number": "33144553300", "shown": "33144553300", "caller": "33612345678", "kind": "mobile",
              "asked": "201", "reached": "201", **fields},
    )  # fmt: skip


def batch(owner: Any = None, *, key: str = "source-1", month: str = "2026-10") -> UsageBatch:
    return streams.stream_batch(key=key, name="Standard", owner=owner, month=month)


def commit(into: UsageBatch, uid: str, *calls: dict[str, Any]) -> Counts:
    return streams.commit(actor=rows.SYSTEM, batch=into, uid=uid, calls=as_batch(*calls))


def as_batch(*calls: dict[str, Any]) -> pa.RecordBatch:
    return streams.batch_of(list(calls))


def version_of(owner: Any, tables: dict[str, str]) -> Any:
    """A tariff version of these tables (0.9.1)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, text)
    stored = store(io.BytesIO(out.getvalue()), name="tables.zip", actor=rows.SYSTEM, owner=owner)
    return load_version(actor=rows.SYSTEM, plan=rows.plan(owner, rows.new_mark()), stored=stored)
