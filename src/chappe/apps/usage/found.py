"""Calls that a narrow test has found, kept in memory for a moment with the few columns that tabs, chips and orders ask about.

A list page puts many questions about the same few calls (of a customer, of a number): the lake is read once for all of them. What
is kept is a pure function of a version of the lake, a set of batches and a test; it is forgotten with the next version. More calls than
:data:`MOST` are never kept: sums answer for those. Reads only.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from chappe.apps.usage import lake
from chappe.apps.usage.shelf import Among

MOST = 50_000  # calls of one test
TESTS = 6  # tests remembered, a process
#: What is kept of each call: keys, and what scopes, chips and most orders look at.
COLUMNS = (
    "batch", "line", "start", "month", "status", "way", "answered", "transferred", "total", "service", "usage", "tor", "kind",
    "source", "trunk", "customer", "cost_centre", "ext", "buy",
)  # fmt: skip
_WORD = re.compile(r"[a-z_]+")
_known: "OrderedDict[tuple[Any, ...], pa.Table | None]" = OrderedDict()
_lock = threading.Lock()


def is_easy(sql: str) -> bool:
    """Whether a piece of SQL over ``calls`` only looks at columns that are kept."""
    return not (set(_WORD.findall(sql)) & set(lake.SCHEMA.names)) - set(COLUMNS)


def is_hard(sql: str) -> bool:
    """Whether a test can be expected to choose few calls: it looks at more than the columns that sums know."""
    return bool(set(_WORD.findall(sql)) & HARD)


#: Columns with so many values that a test on them chooses few calls.
HARD = {
    "line", "call_id", "subject", "account", "destination", "customer", "line_id", "cost_centre", "ext", "caller", "asked", "reached",
    "user_name", "account_code", "raw_ref", "reason", "buy_reason", "rate", "matched_prefix", "matched_destination",
}  # fmt: skip


def calls(sql: str, values: Sequence[Any], batches: Sequence[int], among: Among | None = None) -> pa.Table | None:
    """The calls of a test (:data:`COLUMNS`, and their places), or None when there are more than :data:`MOST`."""
    present = lake.table()
    state = (str(lake.location()), present.version() if present is not None else -1)
    key = (*state, sql, repr(list(values)), tuple(batches))
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    asked = f"SELECT {', '.join(COLUMNS)}, copy, row FROM calls WHERE {sql} LIMIT {MOST + 1}"
    table = lake.query(asked, parameters=values, batches=batches, among=among, is_placed=True)
    kept = table if table.num_rows <= MOST else None
    with _lock:
        for old in [one for one in _known if one[:2] != state]:
            del _known[old]
        _known[key] = kept
        while len(_known) > TESTS:
            _known.popitem(last=False)
    return kept


def forget() -> None:
    """Nothing is known any more: for measurements."""
    with _lock:
        _known.clear()
