"""Two states of the same rows: what was created, what disappeared, what changed, field by field."""

from collections.abc import Sequence

import polars as pl

CREATED, CHANGED, DELETED = "CREATION", "MODIFICATION", "SUPPRESSION"
NEVER = ("line",)


def changes(before: pl.DataFrame, after: pl.DataFrame, key: str, ignore: Sequence[str] = NEVER) -> pl.DataFrame:
    """One row a change: key, ``event``, ``field`` ("" for a creation or a deletion), ``old``, ``new`` as text.

    Only fields that both sides have are compared: a file that lacks a column says nothing about it.
    """
    fields = [name for name in after.columns if name in before.columns and name != key and name not in ignore]
    old, new = _text(before, key, fields), _text(after, key, fields)
    created = new.join(old, on=key, how="anti").select(key, *_event(CREATED))
    deleted = old.join(new, on=key, how="anti").select(key, *_event(DELETED))
    both = old.join(new, on=key, how="inner", suffix="#")
    found = [created, deleted]
    for name in fields:
        other = f"{name}#"
        hit = both.filter(pl.col(name).ne_missing(pl.col(other)))
        if len(hit):
            found.append(
                hit.select(
                    key, pl.lit(CHANGED).alias("event"), pl.lit(name).alias("field"), pl.col(name).alias("old"), pl.col(other).alias("new")
                )
            )  # fmt: skip
    return pl.concat(found).sort(key, "event", "field")


def _event(word: str) -> list[pl.Expr]:
    return [
        pl.lit(word).alias("event"),
        pl.lit("").alias("field"),
        pl.lit(None, pl.String).alias("old"),
        pl.lit(None, pl.String).alias("new"),
    ]


def _text(frame: pl.DataFrame, key: str, fields: Sequence[str]) -> pl.DataFrame:
    return frame.select(pl.col(key).cast(pl.String), *(pl.col(name).cast(pl.String) for name in fields))
