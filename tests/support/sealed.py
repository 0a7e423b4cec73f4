"""Lift the triggers of append-only tables on SQLite, for the time of emptying a test database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def lifted(connection: Any) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            yield
        finally:
            for _, sql in triggers:
                cursor.execute(sql)
