"""Rows of a table → frames of text columns, in parts of bounded memory, in one statement: the fast way out of the database.

The database joins the values of a row into one text by itself, so that a row costs one object and not fifty. One statement
sees one state of the table, whatever others write meanwhile. An empty text is a null.

Between two parts the connection is free for other questions, which those who put rows together do ask: that is why PostgreSQL
reads through a cursor of the server and not by COPY, which holds the connection until its last row.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BinaryField, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

FIELD, ROW = "\x1f", "\x1e"
PART = 25_000
#: what fills a pattern with values, a null as nothing
_FILL = {"postgresql": "format", "sqlite": "printf"}


def frames(rows: QuerySet, paths: Mapping[str, str], *, size: int = PART) -> Iterator[pl.DataFrame]:
    """``paths``: name of a column → ORM path. Frames of at most ``size`` rows, all columns texts, in the queryset's order.

    Raises ValidationError when a value holds one of the two control characters that part fields and rows.
    """
    names = list(paths)
    for data, count in _joined(rows, list(paths.values()), size):
        if data.count(FIELD.encode()) != count * (len(names) - 1) or data.count(ROW.encode()) != count - 1:
            raise ValidationError(
                _("A value of %(table)s holds a control character, which no file may carry: mend it first.")
                % {"table": rows.model._meta.verbose_name_plural}
            )
        yield _parsed(data, names)


def whole(rows: QuerySet, paths: Mapping[str, str]) -> pl.DataFrame:
    """The same as one frame, for what is small."""
    found = list(frames(rows, paths))
    return pl.concat(found) if found else pl.DataFrame(schema=dict.fromkeys(paths, pl.String))


def _parsed(data: bytes, names: list[str]) -> pl.DataFrame:
    return pl.read_csv(
        data,
        has_header=False,
        new_columns=names,
        schema=dict.fromkeys(names, pl.String),
        separator=FIELD,
        eol_char=ROW,
        quote_char=None,
    )


def _joined(rows: QuerySet, paths: list[str], size: int) -> Iterator[tuple[bytes, int]]:
    line = Func(
        Value(FIELD.join(["%s"] * len(paths))), *paths, function=_FILL[connection.vendor], output_field=TextField()
    )
    if connection.vendor == "sqlite":
        line = Cast(line, BinaryField())  # bytes: they are parsed as they are
    sql, params = rows.annotate(line_=line).values_list("line_").query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while part := cursor.fetchmany(size):
            yield _bytes([row[0] for row in part]), len(part)


def _bytes(lines: list[Any]) -> bytes:
    return ROW.join(lines).encode() if isinstance(lines[0], str) else ROW.encode().join(lines)


KINDS = {"int": pl.Int64, "decimal": pl.Float64}


def typed(name: str, kind: str) -> pl.Expr:
    """A text column as the kind that layouts speak of; what cannot be read is null."""
    column = pl.col(name)
    if kind == "date":
        return column.str.to_date("%Y-%m-%d", strict=False)
    if kind == "bool":
        return column.is_in(["1", "t", "true", "True"])
    return column.cast(KINDS[kind], strict=False) if kind in KINDS else column
