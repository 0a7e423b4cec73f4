"""What is revoked stays revoked: triggers of the database refuse to bring a key back or to give it to another account.

A migration that reshapes the table of keys on SQLite makes it anew, without its triggers: repeat the operation there.
"""

from typing import Any

from django.db.migrations.operations.base import Operation

SENTENCE = "a revoked key never comes back, and a key never changes its account"
_TURNED = (
    'NEW."prefix" <> OLD."prefix" OR NEW."user_id" <> OLD."user_id"'
    ' OR (OLD."revoked_at" IS NOT NULL AND (NEW."revoked_at" IS NULL OR NEW."revoked_at" <> OLD."revoked_at"))'
)


def install(connection: Any, table: str) -> None:
    """Put the trigger on ``table``."""
    remove(connection, table)
    if connection.vendor == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        statements = [
            f'CREATE TRIGGER "{table}_revoked" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN {_TURNED} {refuse}'
        ]
    else:
        refuse = f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation'; END $$"
        when = f'BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({_TURNED})'
        statements = [
            f"CREATE OR REPLACE FUNCTION chappe_key_refuse() RETURNS trigger LANGUAGE plpgsql AS {refuse}",
            f'CREATE TRIGGER "{table}_revoked" {when} EXECUTE FUNCTION chappe_key_refuse()',
        ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: Any, table: str) -> None:
    """Take the trigger off."""
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_revoked"{on}')


class KeepRevoked(Operation):
    """Migration operation: :func:`install` on the table of a model."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        install(schema_editor.connection, to_state.apps.get_model(app_label, self.model_name)._meta.db_table)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        remove(schema_editor.connection, to_state.apps.get_model(app_label, self.model_name)._meta.db_table)

    def describe(self) -> str:
        return f"Keep revoked rows of {self.model_name} revoked"
