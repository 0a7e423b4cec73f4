"""Many rows at once, in or out of the database: COPY on PostgreSQL, executemany on SQLite, behind the same few functions.

Writers here ask no right and write no journal: only applying.py and undoing.py call them, inside their transaction.
Frames are named by the columns of the table.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from django.db import connection, models

from chappe.apps.ipe.tables import Target, from_rows

CHUNK = 20_000
FEW = 5_000  # keys in one question


def read(target: Target, rows: models.QuerySet, *, chunk: int = CHUNK) -> Iterator[pl.DataFrame]:
    """(pk, key, binds) of the rows of a queryset, chunk by chunk."""
    paths = ["pk", *(one.path for one in target.key), *(one.path for one in target.binds)]
    sql, params = rows.order_by().values_list(*paths).query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while found := cursor.fetchmany(chunk):
            yield from_rows(found, target)


def read_by(target: Target, rows: models.QuerySet, field: str, values: Sequence[Any]) -> pl.DataFrame:
    """The same for the rows whose ``field`` is one of ``values``."""
    found = [
        frame
        for start in range(0, len(values), FEW)
        for frame in read(target, rows.filter(**{f"{field}__in": values[start : start + FEW]}))
    ]
    return pl.concat(found) if found else from_rows((), target)


def hold(*tables: type[models.Model]) -> None:
    """Keep other writers off these tables until the transaction ends. SQLite has but one writer anyway."""
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(table._meta.db_table) for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


def insert(model: type[models.Model], frame: pl.DataFrame) -> int:
    """New rows. A column that is not given takes the field's usual value; keys are given by the database."""
    if not len(frame):
        return 0
    whole = frame.with_columns(_usual(model, frame))
    _write(model._meta.db_table, whole)
    return len(whole)


def _usual(model: type[models.Model], frame: pl.DataFrame) -> list[pl.Expr]:
    made = []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.column in frame.columns:
            continue
        value = field.get_default()
        made.append(pl.lit("{}" if isinstance(value, dict) else value).alias(field.column))
    return made


def update(model: type[models.Model], frame: pl.DataFrame) -> int:
    """New values of rows by their ``id``; every other column of the frame is set."""
    if not len(frame):
        return 0
    quote, table = connection.ops.quote_name, model._meta.db_table
    names = [name for name in frame.columns if name != "id"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            listed = ", ".join(quote(name) for name in frame.columns)
            cursor.execute(f"CREATE TEMP TABLE ipe_new AS SELECT {listed} FROM {quote(table)} WHERE false")  # noqa: S608
            _write("ipe_new", frame)
            settled = ", ".join(f"{quote(name)} = n.{quote(name)}" for name in names)
            cursor.execute(f"UPDATE {quote(table)} AS t SET {settled} FROM ipe_new n WHERE t.id = n.id")  # noqa: S608
            cursor.execute("DROP TABLE ipe_new")
        else:
            settled = ", ".join(f"{quote(name)} = %s" for name in names)
            sql = f"UPDATE {quote(table)} SET {settled} WHERE id = %s"  # noqa: S608 - names of our own tables
            cursor.executemany(sql, _sqlite(frame.select(*names, "id")).iter_rows())
    return len(frame)


def delete(model: type[models.Model], keys: Sequence[int]) -> int:
    """Rows by their keys. What hangs on them was asked before."""
    rows = model._base_manager
    return sum(rows.filter(pk__in=keys[s : s + FEW])._raw_delete(rows.db) for s in range(0, len(keys), FEW))  # type: ignore[attr-defined]


def _write(table: str, frame: pl.DataFrame) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in frame.columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN (FORMAT csv)") as copy:
                for piece in frame.iter_slices(100_000):
                    copy.write(piece.write_csv(include_header=False, quote_style="non_numeric"))
        else:
            holes = ", ".join(["%s"] * len(frame.columns))
            sql = f"INSERT INTO {quote(table)} ({names}) VALUES ({holes})"  # noqa: S608 - names of our own tables
            cursor.executemany(sql, _sqlite(frame).iter_rows(buffer_size=10_000))


def _sqlite(frame: pl.DataFrame) -> pl.DataFrame:
    """Dates and moments as the texts that SQLite keeps."""
    return frame.with_columns(
        pl.col(pl.Date).dt.strftime("%Y-%m-%d"), pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    )


def in_use(model: type[models.Model], keys: Sequence[int], ignore: Iterable[type[models.Model]] = ()) -> dict[int, str]:
    """Which of these rows something hangs on, and what: key → name of the thing."""
    found: dict[int, str] = {}
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if other in ignore or relation.on_delete is models.SET_NULL:
            continue
        name = relation.field.attname
        for start in range(0, len(keys), FEW):
            held = other._base_manager.filter(**{f"{name}__in": keys[start : start + FEW]}).values_list(name, flat=True)
            found |= dict.fromkeys(held.distinct(), str(other._meta.verbose_name_plural))
    return found
