"""Triggers by which the database itself says where the map has changed: whoever writes, row by row or by the million.

A verb, a bulk apply, ``COPY`` or a hand with ``psql`` all leave the coarse squares they touched in ``cartography_stale``. On
PostgreSQL a statement appends the squares it touched (no row is ever updated there, so that two transactions never wait for
each other); SQLite has one writer, so one row a square counts how often.

A migration of the network may make a table of SQLite anew, which loses its triggers: :func:`ensure` runs after every migration.
"""

# ruff: noqa: S608 - every name here is a constant of this file

from typing import Any

from chappe.apps.cartography.models import CABLES, COARSE, LINKS
from chappe.kit import bulk

SHIFT = 2 * (20 - COARSE)
#: table → columns that a tile shows; a change of any other leaves the tile as it is (PostgreSQL looks at statements, not columns).
PLACED = {
    "network_building": ("cell", "longitude", "latitude", "state", "kind", "dwellings", "pm_id", "pbo_id"),
    "network_pm": ("cell", "longitude", "latitude", "state", "kind", "reference"),
    "network_prdm": ("cell", "longitude", "latitude", "state", "reference"),
    "network_pbo": ("cell", "longitude", "latitude", "kind", "pm_id", "reference"),
}
ENDS = ("network_pm", "network_prdm")  # of a link
#: tables of lines, and the square that stands for all of them
LINES = {"network_pmlink": LINKS, "network_cable": CABLES}
STALE = "cartography_stale"
EVENTS = ("insert", "update", "delete")


def names() -> set[str]:
    """Every trigger that must stand."""
    return {f"cartography_{table}_{event}" for table in (*PLACED, *LINES) for event in EVENTS}


def ensure(connection: Any) -> bool:
    """Put in the triggers that are missing; answers whether any was. Does nothing before the tables are there."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        missing = names() - {row[0] for row in cursor.fetchall()}
        if not missing or not {*PLACED, *LINES, STALE} <= set(connection.introspection.table_names(cursor)):
            return False
        for statement in statements(connection.vendor):
            cursor.execute(statement)
    return True


def statements(vendor: str) -> list[str]:
    """What puts them in; each may be said again."""
    return _sqlite() if vendor == "sqlite" else _postgresql()


# -- SQLite: a row at a time -------------------------------------------------------------------------------------------
def _hit(square: str, when: str) -> str:
    return (
        f'UPDATE "{STALE}" SET "hits" = "hits" + 1 WHERE "cell" = {square} AND {when}; '
        f'INSERT INTO "{STALE}" ("cell", "hits") SELECT {square}, 1 WHERE {when}'
        f' AND NOT EXISTS (SELECT 1 FROM "{STALE}" WHERE "cell" = {square}); '
    )


def _sqlite() -> list[str]:
    made = []
    for table in (*PLACED, *LINES):
        of = ", ".join(f'"{column}"' for column in PLACED.get(table, ()))
        for event in EVENTS:
            columns = f" OF {of}" if event == "update" and of else ""
            made.append(
                f'CREATE TRIGGER IF NOT EXISTS "cartography_{table}_{event}" AFTER {event.upper()}{columns}'
                f' ON "{table}" FOR EACH ROW BEGIN {_sqlite_body(table, event)}END'
            )
    return made


def _sqlite_body(table: str, event: str) -> str:
    if table in LINES:
        return _hit(str(LINES[table]), "1")
    body = ""
    if event != "delete":
        body += _hit(f'(NEW."cell" >> {SHIFT})', 'NEW."cell" IS NOT NULL')
    if event == "delete":
        body += _hit(f'(OLD."cell" >> {SHIFT})', 'OLD."cell" IS NOT NULL')
    if event == "update":
        body += _hit(f'(OLD."cell" >> {SHIFT})', 'OLD."cell" IS NOT NULL AND OLD."cell" IS NOT NEW."cell"')
        if table in ENDS:
            moved = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in ("longitude", "latitude"))
            body += _hit(str(LINKS), f"({moved})")
    return body


def at_once() -> None:
    """Tell the bulk loader what one statement says after many rows, instead of the trigger after each."""
    into = f'INSERT INTO "{STALE}" ("cell", "hits")'
    for table in PLACED:
        rows = f'SELECT "cell" >> {SHIFT}, count(*) FROM "{table}" WHERE "id" > %s AND "cell" IS NOT NULL GROUP BY 1'
        bulk.at_once(table, f"cartography_{table}_insert", f"{into} {rows}")
    for table, square in LINES.items():
        rows = f'SELECT {square}, 1 WHERE EXISTS (SELECT 1 FROM "{table}" WHERE "id" > %s)'
        bulk.at_once(table, f"cartography_{table}_insert", f"{into} {rows}")


# -- PostgreSQL: a statement at a time ---------------------------------------------------------------------------------
def _postgresql() -> list[str]:
    made = []
    for table in (*PLACED, *LINES):
        for event in EVENTS:
            name = f"cartography_{table}_{event}"
            seen = {"insert": "NEW TABLE AS after", "delete": "OLD TABLE AS before"}
            tables = seen.get(event, "OLD TABLE AS before NEW TABLE AS after")
            made += [
                (
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    f"{_postgresql_body(table, event)} RETURN NULL; END $$"
                ),
                f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
                (
                    f'CREATE TRIGGER "{name}" AFTER {event.upper()} ON "{table}" REFERENCING {tables}'
                    f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
                ),
            ]
    return made


def _postgresql_body(table: str, event: str) -> str:
    into = f'INSERT INTO "{STALE}" ("cell", "hits")'
    rows = {"insert": ("after",), "delete": ("before",), "update": ("before", "after")}[event]
    if table in LINES:
        return f"{into} SELECT {LINES[table]}, 1 WHERE EXISTS (SELECT 1 FROM {rows[-1]});"
    squares = " UNION ".join(f'SELECT "cell" >> {SHIFT} AS s FROM {row} WHERE "cell" IS NOT NULL' for row in rows)
    body = f"{into} SELECT s, 1 FROM ({squares}) AS squares;"
    if event == "update" and table in ENDS:
        moved = " OR ".join(f'b."{c}" IS DISTINCT FROM a."{c}"' for c in ("longitude", "latitude"))
        body += f" {into} SELECT {LINKS}, 1 WHERE EXISTS (SELECT 1 FROM before b JOIN after a ON a.id = b.id WHERE {moved});"
    return body
