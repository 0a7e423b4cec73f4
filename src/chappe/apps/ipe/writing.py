"""Frames of a file → rows of the database: references become keys, points are placed, addresses folded, changes told.

Called inside the transaction of an application or of its undoing, never elsewhere.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from django.db import connection, models
from django.db.models.functions import Substr
from django.utils import timezone

from chappe.apps.ipe import aside, bulk
from chappe.apps.ipe.models import Intake
from chappe.apps.ipe.points import placed, searched
from chappe.apps.ipe.tables import Target
from chappe.apps.network.changes import SILENT
from chappe.apps.network.models import Building, Change
from chappe.apps.network.models.located import Located
from chappe.kit.bulk import insert

TEXT_KINDS = {models.CharField: pl.String, models.TextField: pl.String}


def as_columns(target: Target, frame: pl.DataFrame) -> pl.DataFrame:
    """Key and binds under the names of the table's columns, with what follows from them."""
    made = []
    for one in (*target.key, *target.binds):
        field: Any = target.model._meta.get_field(one.field)
        if one.kind == "fk":
            made.append(_keys(field.related_model, frame[one.source]).alias(field.column))
        else:
            made.append(frame[one.source].alias(field.column))
    columns = pl.DataFrame(made)
    if issubclass(target.model, Located) and {"x", "y"} <= set(columns.columns):
        columns = placed(columns)
    return searched(columns) if target.model is Building else columns


def _keys(model: type[models.Model], references: pl.Series) -> pl.Series:
    """Reference → key; null for no reference."""
    wanted = [text for text in references.unique().to_list() if text]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), bulk.FEW):
        rows = model._base_manager.filter(reference__in=wanted[start : start + bulk.FEW])
        found |= dict(rows.values_list("reference", "pk"))
    if not found:
        return pl.Series(references.name, [None] * len(references), pl.Int64)
    return references.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.Int64)


def touched_columns(target: Target) -> list[str]:
    """Columns of the table that writing this target sets, beside its key."""
    names = [target.model._meta.get_field(one.field).column for one in target.binds]  # type: ignore[union-attr]
    if issubclass(target.model, Located) and {"x", "y"} <= {one.field for one in target.binds}:
        names += ["longitude", "latitude", "cell"]
    if target.model is Building:
        names.append("search")
    return names


def tell(changes: pl.DataFrame, by: str) -> int:
    """Write rows of the journal of changes: thing, name, event, field, old, new."""
    if not len(changes):
        return 0
    rows = changes.select(
        pl.col("thing"), pl.col("name").str.slice(0, 60).alias("reference"), pl.lit(timezone.localdate()).alias("day"), pl.col("event"),
        pl.col("field"), pl.col("old").fill_null(""), pl.col("new").fill_null(""), pl.lit(by[:150]).alias("by"),
    )  # fmt: skip
    return insert(Change, rows)


def tell_come(come: pl.DataFrame, by: str) -> None:
    """The journal of rows that came: thing and name."""
    blank = [pl.lit("").alias(name) for name in ("field", "old", "new")]
    tell(come.select("thing", "name").with_columns(pl.lit(Change.Event.CREATION.value).alias("event"), *blank), by)


def tell_made(target: Target, above: int, by: str) -> None:
    """The same of all rows of a table whose key is above ``above``, in one statement: the database knows their names already."""
    own = "pm__reference" if target.thing == "link" else "reference"
    names = target.model._base_manager.filter(pk__gt=above).order_by("pk").annotate(told=Substr(own, 1, 60))
    sql, params = names.values_list("told").query.sql_with_params()
    said = {
        "thing": target.thing, "day": timezone.localdate(), "event": Change.Event.CREATION.value,
        "field": "", "old": "", "new": "", "by": by[:150], "at": timezone.now(),
    }  # fmt: skip
    adapted = [Change._meta.get_field(name).get_db_prep_value(value, connection) for name, value in said.items()]  # type: ignore[union-attr]
    table, listed = connection.ops.quote_name(Change._meta.db_table), ", ".join(map(connection.ops.quote_name, said))
    places = ", ".join("%s" for _ in said)
    with connection.cursor() as cursor:
        statement = f"INSERT INTO {table} (reference, {listed}) SELECT made.told, {places} FROM ({sql}) made"  # noqa: S608
        cursor.execute(statement, [*adapted, *params])


def tell_changed(intake: Intake, target: Target, by: str, *, back: bool = False) -> None:
    """The journal of what a file changed in one table. ``back``: what an undoing puts back, told as changes of its own, because
    the journal is never cut."""
    told = pl.scan_parquet(aside.path(intake.changes)).filter(
        (pl.col("thing") == target.thing) & ~pl.col("field").is_in(silent(target.thing))
    )
    if back:
        told = told.with_columns(pl.col("new").alias("old"), pl.col("old").alias("new"))
    tell(told.with_columns(pl.lit(Change.Event.MODIFICATION.value).alias("event")).collect(), by)


def tell_gone(target: Target, keys: Sequence[int], by: str, fields: Collection[str] = ()) -> None:
    """Write down what is about to be deleted, after the values it leaves (all that are published, or ``fields`` alone).

    Later files have nothing else to say of it: :func:`chappe.apps.network.changes.rows_for` does the same for one thing.
    """
    quiet = silent(target.thing)
    told = [f for f in target.model._meta.concrete_fields if f.name not in quiet and (not fields or f.name in fields)]
    name = "pm__reference" if target.thing == "link" else "reference"
    paths = [f"{field.name}__reference" if field.is_relation else field.name for field in told]
    for start in range(0, len(keys), bulk.FEW):
        rows = target.model._base_manager.filter(pk__in=keys[start : start + bulk.FEW]).order_by("pk")
        left: list[tuple[str, str, str]] = []
        for reference, *values in rows.values_list(name, *paths):
            left += [(reference, f.name, _text(v)) for f, v in zip(told, values, strict=True) if v not in (None, "")]
            left.append((reference, "", ""))
        frame = pl.DataFrame(left, schema=dict.fromkeys(["name", "field", "old"], pl.String), orient="row")
        more = {"thing": target.thing, "event": Change.Event.SUPPRESSION.value, "new": ""}
        tell(frame.with_columns(pl.lit(value).alias(column) for column, value in more.items()), by)


def _text(value: Any) -> str:
    """As the files would write it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def silent(target_thing: str) -> list[str]:
    """Fields whose change nobody is told about."""
    return sorted(SILENT - ({"agreement_needed"} if target_thing == "building" else set()))


def types_of(model: type[models.Model]) -> dict[str, Any]:
    """Column → type, of every column of a table."""
    kinds: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        match field:
            case models.BooleanField():
                kind: Any = pl.Boolean
            case models.DateTimeField():
                kind = pl.String
            case models.DateField():
                kind = pl.Date
            case models.FloatField():
                kind = pl.Float64
            case models.ForeignKey() | models.IntegerField() | models.AutoField():
                kind = pl.Int64
            case _:
                kind = pl.String
        kinds[field.column] = kind
    return kinds
