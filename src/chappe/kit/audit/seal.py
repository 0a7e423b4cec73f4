"""Append-only tables: the database itself refuses to change or delete a row.

A migration uses :class:`SealTable`. A sealed table may let named foreign keys become NULL (the account of a person
who has left), nothing else. TRUNCATE and DROP remain with whoever owns the database; they are not an application's act.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

SENTENCE = "append-only table: rows are never changed nor deleted"


def seal(connection: Any, table: str, columns: Sequence[str], may_null: Sequence[str] = ()) -> None:
    """Install the triggers on ``table``. ``columns``: all its columns; ``may_null``: those that may become NULL."""
    unseal(connection, table)
    make = {"sqlite": _sqlite, "postgresql": _postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        for statement in make(table, columns, may_null):
            cursor.execute(statement)


def unseal(connection: Any, table: str) -> None:
    """Remove the triggers: for a migration that reshapes the table, and for tests that empty the database."""
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for act in ("update", "delete"):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{act}"{on}')


def sealed_tables(connection: Any) -> set[str]:
    """Names of the tables whose triggers stand in the database now."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_no\\_delete' ESCAPE '\\'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_no\\_delete'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0].removesuffix("_no_delete") for row in cursor.fetchall()}


def _unchanged(column: str, free: bool, same: str) -> str:
    kept = f'NEW."{column}" {same} OLD."{column}"'
    return f'({kept} OR NEW."{column}" IS NULL)' if free else kept


def _sqlite(table: str, columns: Sequence[str], may_null: Sequence[str]) -> list[str]:
    same = " AND ".join(_unchanged(column, column in may_null, "IS") for column in columns)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
    return [
        f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN NOT ({same}) {refuse}',
        f'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" FOR EACH ROW {refuse}',
    ]


def _postgresql(table: str, columns: Sequence[str], may_null: Sequence[str]) -> list[str]:
    same = " AND ".join(_unchanged(column, column in may_null, "IS NOT DISTINCT FROM") for column in columns)
    call = "EXECUTE FUNCTION chappe_refuse()"
    function = (
        "CREATE OR REPLACE FUNCTION chappe_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    return [
        function,
        f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN (NOT ({same})) {call}',
        f'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" FOR EACH ROW {call}',
    ]


class SealTable(Operation):
    """Migration operation: seal the table of a model. Repeat it after any later change of the table's shape."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, model_name: str, may_null: Sequence[str] = ()) -> None:
        self.model_name = model_name
        self.may_null = tuple(may_null)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        meta = to_state.apps.get_model(app_label, self.model_name)._meta
        columns = [field.column for field in meta.concrete_fields]
        free = [meta.get_field(name).column for name in self.may_null]
        # Deferred constraints of PostgreSQL must be settled before a trigger may be added to the table.
        seal(schema_editor.connection, meta.db_table, columns, free)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        unseal(schema_editor.connection, to_state.apps.get_model(app_label, self.model_name)._meta.db_table)

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"
