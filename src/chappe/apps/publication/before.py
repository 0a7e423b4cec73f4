"""The network as it stood at the end of a day: today's rows with what was changed since put back.

``Change`` rows are append-only and say field by field what a value was before, so the oldest change after the day tells the value
of that day. A thing that went is put together again from the values that its suppression wrote down. Reads only.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from chappe.apps.network.models import Change
from chappe.apps.publication.transport import frames, whole
from chappe.core.interop.compare import CREATED, DELETED

_PATHS = {"reference": "reference", "event": "event", "field": "field", "old": "old", "day": "day"}


def changes(thing: str, where: Mapping[str, Any]) -> pl.DataFrame:
    """Changes in the order in which they were made: reference, event, field, old, day (as texts)."""
    return whole(Change.objects.filter(thing=thing, **where).order_by("pk"), _PATHS)


def since(thing: str, day: dt.date, **where: Any) -> pl.DataFrame:
    """What was changed after ``day``: the first change of each field, and the first event of each thing."""
    rows = Change.objects.filter(thing=thing, day__gt=day, **where).order_by("pk")
    parts = [
        part.unique(["reference", "event", "field"], keep="first", maintain_order=True) for part in frames(rows, _PATHS)
    ]
    if not parts:
        return pl.DataFrame(schema=dict.fromkeys(_PATHS, pl.String))
    return pl.concat(parts).unique(["reference", "event", "field"], keep="first", maintain_order=True)


def rewind(rows: pl.DataFrame, later: pl.DataFrame, *, key: str = "reference", names: Mapping[str, str] | None = None) -> pl.DataFrame:  # fmt: skip
    """``rows`` as they stood before ``later``. Things that came later, or went and came back, are left out (see :func:`revived`).

    ``names``: field of a change → column, where they differ.
    """
    if not len(later):
        return rows
    first = later.unique("reference", keep="first", maintain_order=True)
    out = pl.concat(
        [first.filter(pl.col("event") == CREATED)["reference"], later.filter(pl.col("event") == DELETED)["reference"]]
    )
    rows = rows.filter(~pl.col(key).is_in(out.unique().implode()))
    told = later.filter(pl.col("field").is_not_null()).unique(["reference", "field"], keep="first", maintain_order=True)
    told = told.join(rows.select(pl.col(key).alias("reference")).unique(), on="reference", how="semi")
    for (field,), part in told.group_by("field", maintain_order=True):
        column = (names or {}).get(str(field), str(field))
        if column in rows.columns and column != key:
            was = part.select(pl.col("reference").alias(key), pl.col("old").alias("#old"), pl.lit(True).alias("#told"))
            value = pl.when(pl.col("#told").fill_null(False)).then(pl.col("#old")).otherwise(pl.col(column))
            rows = (
                rows.join(was, on=key, how="left", maintain_order="left")
                .with_columns(value.alias(column))
                .drop("#old", "#told")
            )
    return rows


def revived(later: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """Things that stood on the day and went later, with the columns that their changes tell; one row a reference."""
    first = later.unique("reference", keep="first", maintain_order=True).filter(pl.col("event") != CREATED)["reference"]
    gone = later.filter(pl.col("event") == DELETED)["reference"].unique()
    kept = later.filter(pl.col("reference").is_in(first.implode()) & pl.col("reference").is_in(gone.implode()))
    return _put_together(kept, columns)


def tombs(told: pl.DataFrame, columns: Collection[str], *, new: bool = False) -> pl.DataFrame:
    """Things whose last event in ``told`` is that they went, as they were then; with ``new``, also what had come within."""
    last = told.unique("reference", keep="last", maintain_order=True).filter(pl.col("event") == DELETED)
    if not new:
        first = told.unique("reference", keep="first", maintain_order=True).filter(pl.col("event") == CREATED)
        last = last.join(first, on="reference", how="anti")
    kept = pl.col("reference").is_in(last["reference"].implode()) & (pl.col("event") == DELETED)
    return _put_together(told.filter(kept), columns)


def _put_together(told: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    references = told.select("reference").unique(maintain_order=True)
    fields = told.filter(pl.col("field").is_in(list(columns))).unique(
        ["reference", "field"], keep="first", maintain_order=True
    )
    for (field,), part in fields.group_by("field", maintain_order=True):
        references = references.join(
            part.select("reference", pl.col("old").alias(str(field))), on="reference", how="left", maintain_order="left"
        )
    missing = [pl.lit(None, pl.String).alias(name) for name in columns if name not in references.columns]
    return references.with_columns(missing).select("reference", *columns).sort("reference")


def last_days(thing: str, day: dt.date, references: pl.Series) -> pl.DataFrame:
    """reference → the last day, up to ``day``, on which it was changed (text)."""
    if not len(references):
        return pl.DataFrame(schema={"reference": pl.String, "day": pl.String})
    rows = Change.objects.filter(thing=thing, day__lte=day, reference__in=references.to_list()).order_by("pk")
    parts = [
        part.group_by("reference").agg(pl.col("day").max())
        for part in frames(rows, {"reference": "reference", "day": "day"})
    ]
    found = pl.concat(parts) if parts else pl.DataFrame(schema={"reference": pl.String, "day": pl.String})
    return found.group_by("reference").agg(pl.col("day").max())
