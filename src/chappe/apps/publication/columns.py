"""What stands between the columns of a layout and the fields of the network: names, kinds, and how a value of the journal is written."""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from chappe.core.interop.layout import Column
from chappe.core.interop.writer import HISTORY

#: A PM stands under these words in the IPE, its own fields have no prefix.
PREFIX = "pm_"


def pm_field(column: Column) -> str:
    """``pm_state`` → ``state``; ``pm`` → ``reference``."""
    return "reference" if column.field == "pm" else column.field.removeprefix(PREFIX)


@dataclass(frozen=True)
class Told:
    """Fields of one kind of thing that a file publishes: field of a change → column of the layout."""

    thing: str
    columns: Mapping[str, Column]

    @property
    def fields(self) -> list[str]:
        """The same, with what tells that the thing itself came or went."""
        return ["", *self.columns]

    def events(self, told: pl.DataFrame, key: str = "reference") -> pl.DataFrame:
        """Changes as the columns of a history file, beside the reference of their thing under ``key``.

        ``told`` has reference, event, field, old, new and day as texts. The values that a suppression wrote down are no events.
        """
        told = told.filter(pl.col("field").is_null() | pl.col("field").is_in(list(self.columns)))
        told = told.filter((pl.col("event") != "SUPPRESSION") | pl.col("field").is_null())
        names = {field: column.name for field, column in self.columns.items()}
        return told.select(
            pl.col("reference").alias(key),
            pl.col("event"),
            pl.col("day").str.to_date("%Y-%m-%d").alias("event_on"),
            pl.col("field").replace_strict(names, default=None, return_dtype=pl.String).alias("changed_field"),
            self._written("old").alias("old_value"),
            self._written("new").alias("new_value"),
        )

    def _written(self, name: str) -> pl.Expr:
        value, field = pl.col(name), pl.col("field")
        return (
            pl.when(field.is_in(self._of("date"))).then(value.str.replace_all("-", "", literal=True))
            .when(field.is_in(self._of("bool"))).then(value.replace({"1": "O", "0": "N"}))
            .when(field.is_in(self._of("decimal"))).then(value.str.strip_suffix(".0"))
            .otherwise(value)
        )  # fmt: skip

    def _of(self, kind: str) -> list[str]:
        return [field for field, column in self.columns.items() if column.kind == kind]


def of_thing(columns: Iterable[Column], thing: str) -> dict[str, Column]:
    """Columns about the PM (``thing`` "pm"), or about the row itself, by the field of the network."""
    if thing == "pm":
        return {pm_field(column): column for column in columns if column.of == "pm" and column.field != "pm"}
    return {column.field: column for column in columns if column.of != "pm" or column.field == "pm"}


def with_history(rows: pl.DataFrame, events: pl.DataFrame, key: str) -> pl.DataFrame:
    """A row an event, in the order of the events; an event whose thing cannot be shown is left out."""
    return events.join(rows, on=key, how="inner", maintain_order="left").select(*rows.columns, *HISTORY)


def conform(rows: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """The same columns in the same order; what is missing is null."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in like.schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(like.columns)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
