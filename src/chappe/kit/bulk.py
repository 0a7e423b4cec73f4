"""Many rows into a table at once: ``COPY`` on PostgreSQL, ``executemany`` on SQLite, behind one function.

For millions of rows that were checked before: nothing here calls ``save()``, signals, ``clean()`` or the audit, so whoever
calls it writes down what came. Never used for one row.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import polars as pl
from django.core.management.color import no_style
from django.db import connection, models, transaction

from chappe.core.base.ahead import ahead

M = TypeVar("M", bound=models.Model)
NULL = "\\N"
PART = 20_000
FEW = 100  # rows below which looking for constants costs more than binding them
SORTING = "256MB"  # of memory for making an index again
LOWEST = -(2**62)  # numbers below are not reckoned with
ENOUGH = 10_000  # rows written from which what PostgreSQL knows of a table is out of date
MANY = 5_000  # rows from which taking a trigger away and putting it back costs less than running it
_at_once: dict[str, tuple[str, str]] = {}


def at_once(table: str, trigger: str, statement: str) -> None:
    """For SQLite, whose triggers run row by row: ``statement`` does for all rows of ``table`` above a key (its only parameter) what the
    row ``trigger`` of inserts does for each. Many rows inserted here then cost one statement."""
    _at_once[table] = trigger, statement


def insert(model: type[models.Model], rows: pl.DataFrame) -> int:
    """Insert a frame whose columns are column names of the table (``pm_id``, not ``pm``); answers how many rows.

    What the frame lacks takes the default of its field; the key is left to the database when the frame has no ``id``.
    Dates and moments may be typed or ISO text, JSON is text. Raises IntegrityError as one ``INSERT`` would, ValueError for a
    column that the table does not have.
    """
    if rows.is_empty():
        return 0
    same = _defaults(model, rows)
    frame = rows.with_columns(
        pl.col(name).dt.strftime("%Y-%m-%d" if kind == pl.Date else "%Y-%m-%d %H:%M:%S%.6f")
        for name, kind in rows.schema.items()
        if kind == pl.Date or isinstance(kind, pl.Datetime)
    )
    if connection.vendor == "postgresql":
        _copy(model, frame.with_columns(pl.lit(value).alias(name) for name, value in same.items()))
    else:
        _execute(model, frame, same)
    return len(frame)


def _defaults(model: type[models.Model], rows: pl.DataFrame) -> dict[str, Any]:
    """What the columns that the frame lacks hold in every row."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    if strangers := [name for name in rows.columns if name not in fields]:
        raise ValueError(f"{model._meta.label}: no column {', '.join(strangers)}")
    found = {}
    for name, field in fields.items():
        if name not in rows.columns and not field.primary_key:
            value = field.pre_save(model(), add=True)
            found[name] = _plain(field.get_db_prep_save(value, connection))
    return found


def _plain(value: Any) -> Any:
    """A default as a scalar; the driver's wrapper of JSON becomes its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.dumps(value.obj) if hasattr(value, "obj") else str(value)


def _copy(model: type[models.Model], frame: pl.DataFrame) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in frame.columns)
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({names}) FROM STDIN (FORMAT csv, NULL '{NULL}')"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for text in ahead(map(_csv, frame.iter_slices(PART))):
                copy.write(text)
        if model._meta.pk is not None and model._meta.pk.column in frame.columns:
            for sql in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(sql)


def _csv(part: pl.DataFrame) -> str:
    return part.write_csv(include_header=False, null_value=NULL, quote_style="necessary")


def _execute(model: type[models.Model], frame: pl.DataFrame, same: Mapping[str, Any]) -> None:
    """What is the same in every row of a part is written once, in the statement: a large table is half of such columns, and
    binding them row by row costs as much as storing all the others."""
    table = connection.ops.quote_name(model._meta.db_table)
    connection.ensure_connection()
    with _triggered_at_once(model, frame), connection.wrap_database_errors:
        for part in frame.iter_slices(PART):
            fixed = {**same, **_constants(part)}
            bound, places = _without_none(part.drop(name for name in fixed if name in part.columns))
            names = ", ".join(connection.ops.quote_name(name) for name in (*bound.columns, *fixed))
            values = ", ".join([*places, *(_literal(value) for value in fixed.values())])
            connection.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", bound.rows())  # noqa: S608


def _constants(part: pl.DataFrame) -> dict[str, Any]:
    """Columns that hold one value, which a statement can say: no number that may be none, no text that would end it. One column
    is always left, so that there is something to bind."""
    if len(part) < FEW:
        return {}
    alike = part.select(pl.all().n_unique() == 1).row(0)
    found = {name: part[name][0] for name, one in zip(part.columns, alike, strict=True) if one}
    said = {name: value for name, value in found.items() if not isinstance(value, float) and "\0" not in str(value)}
    if len(said) == len(part.columns):
        said.popitem()
    return said


def _without_none(part: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The same rows, and the place of each column in the statement.

    The driver looks for an adapter of each None and each bool, which costs several times what binding a number does: a value
    that the column does not hold stands for “none” and the statement turns it back.
    """
    plain = part.with_columns(pl.col(pl.Boolean, pl.Int8, pl.Int16, pl.Int32).cast(pl.Int64))
    filled, places = [], []
    for column in plain.iter_columns():
        none = _nothing(column) if column.null_count() else None
        filled.append(column if none is None else column.fill_null(none))
        places.append("?" if none is None else f"NULLIF(?, {_literal(none)})")
    return pl.DataFrame(filled), places


def _nothing(column: pl.Series) -> Any:
    """A value that a column does not hold, of its type; None when none is at hand."""
    if column.dtype == pl.String:
        return None if (column == "").any() else ""
    lowest: Any = column.min() if column.dtype.is_numeric() else None
    below = lowest - 1 if lowest is not None else None
    return below if below is not None and LOWEST < below < lowest else None


@contextmanager
def _triggered_at_once(model: type[models.Model], frame: pl.DataFrame) -> Iterator[None]:
    """Rows that bring their own keys are left to the trigger: they may stand below keys that are already there."""
    trigger, statement = _at_once.get(model._meta.db_table, ("", ""))
    if not trigger or len(frame) < MANY or (model._meta.pk is not None and model._meta.pk.column in frame.columns):
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [trigger])
        found = cursor.fetchall()
        highest = model._base_manager.aggregate(most=models.Max("pk"))["most"] or 0
        cursor.execute(f"DROP TRIGGER IF EXISTS {connection.ops.quote_name(trigger)}")
        yield
        for (text,) in found:
            cursor.execute(statement, [highest])
            cursor.execute(text)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return repr(int(value) if isinstance(value, bool) else value)
    return "'" + str(value).replace("'", "''") + "'"


def create(objs: Iterable[M]) -> list[M]:
    """Like ``bulk_create``, several times faster: objects of one model, none of them saved, get their keys and are inserted.

    The keys follow the highest one that stands, so this is for a table that nobody else writes meanwhile: a first load.
    """
    rows = list(objs)
    if not rows:
        return rows
    model: Any = type(rows[0])
    first = (model._base_manager.aggregate(most=models.Max("pk"))["most"] or 0) + 1
    for number, obj in enumerate(rows, first):
        obj.pk, obj._state.adding = number, False
    fields = [
        f
        for f in model._meta.concrete_fields
        if not (getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False))
    ]
    columns = {field.column: _column(field, rows) for field in fields}
    insert(model, pl.DataFrame(columns, strict=False, infer_schema_length=None))
    return rows


def _column(field: Any, rows: list[Any]) -> list[Any]:
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(
        field,
        models.CharField
        | models.IntegerField
        | models.FloatField
        | models.BooleanField
        | models.ForeignKey
        | models.DateField,
    ):
        return values
    return [_plain(field.get_db_prep_save(value, connection)) for value in values]


@contextmanager
def without_indexes(*tables: type[models.Model]) -> Iterator[None]:
    """Inside, these tables have no index but those of their constraints; after, all are made again.

    For the first load of an empty table, where making an index at the end is several times faster than keeping it. Inside a
    transaction (its own if there is none), so that a load that fails leaves the indexes as they were. Foreign keys are
    checked before the indexes go and when all is made again, on PostgreSQL by one question a key instead of one a row.
    Raises IntegrityError then.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _settle(cursor)
        names = [model._meta.db_table for model in tables]
        indexes = [found for table in names for found in _indexes(cursor, table)]
        keys = [found for table in names for found in _foreign_keys(cursor, table)]
        for table, name, _sql in keys:
            cursor.execute(f"ALTER TABLE {_quoted(table)} DROP CONSTRAINT {_quoted(name)}")
        for name, _sql in indexes:
            cursor.execute(f"DROP INDEX {_quoted(name)}")
        yield
        _settle(cursor)
        for _name, sql in indexes:
            cursor.execute(sql)
        for table, name, sql in keys:
            cursor.execute(f"ALTER TABLE {_quoted(table)} ADD CONSTRAINT {_quoted(name)} {sql}")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _settle(cursor: Any) -> None:
    """Check now the foreign keys that would be checked when the transaction ends: PostgreSQL alters no table whose rows wait
    for a check. It may then sort in more memory, until the transaction ends. SQLite alters tables at any time."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, true)", [SORTING])


def _indexes(cursor: Any, table: str) -> list[tuple[str, str]]:
    """(name, statement that makes it) of the indexes that hold no constraint."""
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND NOT i.indisunique", [table],
        )  # fmt: skip
    else:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql NOT LIKE 'CREATE UNIQUE%%'",
            [table],
        )
    return [(str(name), str(sql)) for name, sql in cursor.fetchall()]


def _foreign_keys(cursor: Any, table: str) -> list[tuple[str, str, str]]:
    """(table, name, what it says) of the foreign keys that PostgreSQL would check row by row; SQLite checks as it writes."""
    if connection.vendor != "postgresql":
        return []
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        [table],
    )
    return [(table, str(name), str(sql)) for name, sql in cursor.fetchall()]


def analyse(tables: Iterable[type[models.Model]], *, after: int = ENOUGH) -> None:
    """Let PostgreSQL count what the tables hold, so that it picks the right index from the first question after a large load,
    and not once its own clock has come round. Nothing ``after`` fewer rows than :data:`ENOUGH`.

    SQLite is left with its rules of thumb: it counts averages alone, and a column that is mostly empty (an hexaclé, a RNB key)
    then looks as if no value of it were worth its index.
    """
    if connection.vendor != "postgresql" or after < ENOUGH:
        return
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
