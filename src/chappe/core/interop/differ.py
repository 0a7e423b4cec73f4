"""What changed from one spooled file to another: found by fingerprints, so that only the rows that differ are ever held whole."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from chappe.core.interop.checks import KEYS
from chappe.core.interop.compare import CREATED, DELETED, changes
from chappe.core.interop.reader import UNREAD
from chappe.core.interop.spool import EXTRA, INNER, ROW, blocks

KEY, MODIFIED = "key", "modified_on"
_NOT_COMPARED = {ROW, "line", INNER, EXTRA, UNREAD}
SCHEMA = {KEY: pl.String, "event": pl.String, "field": pl.String, "old": pl.String, "new": pl.String, MODIFIED: pl.Date}


def compare_piles(before: Path, after: Path, flow: str) -> pl.DataFrame:
    """One row a change, as :func:`compare.changes`, with the day on which the later file says the row was modified.

    Only columns that both files have are compared; of a key that stands twice in a file the first row counts.
    """
    first, second = _names(before), _names(after)
    wanted = [name for name in KEYS.get(flow, ("reference",)) if name in first and name in second]
    fields = [name for name in second if name in first and name not in _NOT_COMPARED and name not in wanted]
    old, new = _marks(before, wanted, fields), _marks(after, wanted, fields)
    gone = old.join(new, on=KEY, how="anti").select(KEY, pl.lit(DELETED).alias("event"))
    come = new.join(old, on=KEY, how="anti").select(KEY, pl.lit(CREATED).alias("event"))
    both = old.join(new, on=KEY, suffix="#").filter(pl.col("mark") != pl.col("mark#"))
    told = _whole(before, after, both, fields)
    found = pl.concat([gone, come, told], how="diagonal").with_columns(
        pl.col("event").cast(pl.String), *(pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in told.columns and name not in {KEY, "event"})
    )  # fmt: skip
    return found.with_columns(pl.col("field").fill_null("")).select(pl.col(n).cast(k) for n, k in SCHEMA.items()).sort(KEY, "event", "field")  # fmt: skip


def _names(path: Path) -> list[str]:
    return list(pq.read_schema(path).names)


def _key(wanted: Sequence[str]) -> pl.Expr:
    return pl.concat_str([pl.col(name).fill_null("") for name in wanted], separator=" ").str.strip_chars().alias(KEY)


def _marks(path: Path, wanted: Sequence[str], fields: Sequence[str]) -> pl.DataFrame:
    made = [pl.DataFrame(schema={ROW: pl.Int64, KEY: pl.String, "mark": pl.UInt64})]
    made += [
        block.select(pl.col(ROW), _key(wanted), _mark(block, fields)) for block in blocks(path, [ROW, *wanted, *fields])
    ]
    return pl.concat(made).unique(KEY, keep="first", maintain_order=True)


def _mark(block: pl.DataFrame, fields: Sequence[str]) -> pl.Series:
    if not fields:
        return pl.Series("mark", [0] * len(block), pl.UInt64)
    return block.select(fields).hash_rows(1793).alias("mark")


def _whole(before: Path, after: Path, both: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    if not len(both):
        return pl.DataFrame(schema={KEY: pl.String, "event": pl.String, "field": pl.String, "old": pl.String, "new": pl.String, MODIFIED: pl.Date})  # fmt: skip
    old = _rows(before, both.select(KEY, ROW), fields)
    new = _rows(after, both.select(KEY, pl.col(f"{ROW}#").alias(ROW)), fields)
    told = changes(old, new, KEY)
    day = (
        new.select(KEY, pl.col(MODIFIED))
        if MODIFIED in fields
        else new.select(KEY, pl.lit(None, pl.Date).alias(MODIFIED))
    )
    return told.join(day, on=KEY, how="left")


def _rows(path: Path, wanted: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    found = [block.join(wanted, on=ROW).select(KEY, *fields) for block in blocks(path, [ROW, *fields])]
    return pl.concat(found)
