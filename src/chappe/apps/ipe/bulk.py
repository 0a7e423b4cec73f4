"""Many rows of the database read as columns, changed or deleted at once. Insertion stands in ``kit.bulk``.

Writers here ask no right and write no journal: only applying.py and undoing.py call them, inside their transaction.
Frames are named by the columns of the table.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from chappe.apps.ipe.tables import Target, from_rows

CHUNK = 20_000
FEW = 5_000  # keys in one question


def read(target: Target, rows: models.QuerySet, *, chunk: int = CHUNK) -> Iterator[pl.DataFrame]:
    """(pk, key, binds) of the rows of a queryset, chunk by chunk."""
    paths = ["pk", *(one.path for one in target.key), *(one.path for one in target.binds)]
    try:
        sql, params = rows.order_by().values_list(*paths).query.sql_with_params()
    except EmptyResultSet:  # “in nothing”
        return
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
            statement = f"COPY ipe_new ({listed}) FROM STDIN (FORMAT csv)"
            with connection.wrap_database_errors, cursor.copy(statement) as copy:
                for piece in frame.iter_slices(100_000):
                    copy.write(piece.write_csv(include_header=False, quote_style="non_numeric"))
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
