"""Rows of a table → frames of text columns, in parts of bounded memory, in one statement: the fast way out of the database.

PostgreSQL copies; SQLite joins the values of a row into one text by itself, so that a row costs one object and not fifty.
One statement sees one state of the table, whatever others write meanwhile. An empty text is a null.
"""

from collections.abc import Iterator, Mapping

import polars as pl
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BinaryField, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

FIELD, ROW = "\x1f", "\x1e"
PART = 25_000
#: what COPY writes for characters that would break its lines
_ESCAPED = ["\\\\", "\\n", "\\r", "\\t", "\\b", "\\f", "\\v"]
_PLAIN = ["\\", "\n", "\r", "\t", " ", " ", " "]


def frames(rows: QuerySet, paths: Mapping[str, str], *, size: int = PART) -> Iterator[pl.DataFrame]:
    """``paths``: name of a column → ORM path. Frames of at most ``size`` rows, all columns texts, in the queryset's order.

    Raises ValidationError when a value holds one of the two control characters that part fields and rows.
    """
    names = list(paths)
    parts = _copied(rows, list(paths.values()), size) if _is_postgres() else _joined(rows, list(paths.values()), size)
    end = "\n" if _is_postgres() else ROW
    for data, count in parts:
        broken = data.count(FIELD.encode()) != count * (len(names) - 1) or data.count(end.encode()) not in {
            count,
            count - 1,
        }
        if broken:
            raise ValidationError(
                _("A value of %(table)s holds a control character, which no file may carry: mend it first.")
                % {"table": rows.model._meta.verbose_name_plural}
            )
        yield _parsed(data, names, end)


def whole(rows: QuerySet, paths: Mapping[str, str]) -> pl.DataFrame:
    """The same as one frame, for what is small."""
    found = list(frames(rows, paths))
    return pl.concat(found) if found else pl.DataFrame(schema=dict.fromkeys(paths, pl.String))


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _parsed(data: bytes, names: list[str], end: str) -> pl.DataFrame:
    frame = pl.read_csv(
        data,
        has_header=False,
        new_columns=names,
        schema=dict.fromkeys(names, pl.String),
        separator=FIELD,
        eol_char=end,
        quote_char=None,
    )
    if end == "\n" and b"\\" in data:
        frame = frame.with_columns(pl.all().str.replace_many(_ESCAPED, _PLAIN))
    return frame


def _joined(rows: QuerySet, paths: list[str], size: int) -> Iterator[tuple[bytes, int]]:
    line = Func(Value(FIELD.join(["%s"] * len(paths))), *paths, function="printf", output_field=TextField())
    line = Cast(line, BinaryField())  # bytes: they are parsed as they are
    sql, params = rows.annotate(line_=line).values_list("line_").query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while part := cursor.fetchmany(size):
            yield b"\x1e".join([row[0] for row in part]), len(part)


def _copied(rows: QuerySet, paths: list[str], size: int) -> Iterator[tuple[bytes, int]]:
    import psycopg

    sql, params = rows.values_list(*paths).query.sql_with_params()
    connection.ensure_connection()
    plain = psycopg.ClientCursor(connection.connection).mogrify(sql, params)
    part: list[bytes] = []
    with connection.cursor() as cursor, cursor.cursor.copy(
        f"COPY ({plain}) TO STDOUT (FORMAT text, DELIMITER E'\\x1f', NULL '')"
    ) as copy:  # fmt: skip
        for row in copy:
            part.append(bytes(row))
            if len(part) == size:
                yield b"".join(part), len(part)
                part = []
    if part:
        yield b"".join(part), len(part)


KINDS = {"int": pl.Int64, "decimal": pl.Float64}


def typed(name: str, kind: str) -> pl.Expr:
    """A text column as the kind that layouts speak of; what cannot be read is null."""
    column = pl.col(name)
    if kind == "date":
        return column.str.to_date("%Y-%m-%d", strict=False)
    if kind == "bool":
        return column.is_in(["1", "t", "true", "True"])
    return column.cast(KINDS[kind], strict=False) if kind in KINDS else column
