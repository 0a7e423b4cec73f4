"""An issued invoice is frozen by the database itself: triggers refuse any change of it or of its lines.

Drafts live in the same tables, so the whole table cannot be sealed as the journal is: a row is refused as soon as it
bears a number. Two columns stay free: ``is_rebilled`` of an invoice, and nothing of a line.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

SENTENCE = "append-only: an issued invoice is never changed nor deleted; make a credit note"
INVOICES, LINES = "billing_invoice", "billing_billedline"
FREE = ("is_rebilled",)


def statements(vendor: str, columns: Sequence[str]) -> list[str]:
    """What installs the triggers. ``columns``: all those of the table of invoices."""
    return _sqlite(columns) if vendor == "sqlite" else _postgresql(columns)


def _changed(columns: Sequence[str], different: str) -> str:
    return " OR ".join(f'NEW."{column}" {different} OLD."{column}"' for column in columns if column not in FREE)


def _sqlite(columns: Sequence[str]) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
    of_issued = 'EXISTS (SELECT 1 FROM "billing_invoice" WHERE "id" = {row}."invoice_id" AND "number" IS NOT NULL)'
    old, new = of_issued.format(row="OLD"), of_issued.format(row="NEW")
    return [
        (
            f'CREATE TRIGGER "{INVOICES}_no_update" BEFORE UPDATE ON "{INVOICES}" FOR EACH ROW'
            f' WHEN OLD."number" IS NOT NULL AND ({_changed(columns, "IS NOT")}) {refuse}'
        ),
        (
            f'CREATE TRIGGER "{INVOICES}_no_delete" BEFORE DELETE ON "{INVOICES}" FOR EACH ROW'
            f' WHEN OLD."number" IS NOT NULL {refuse}'
        ),
        f'CREATE TRIGGER "{LINES}_no_insert" BEFORE INSERT ON "{LINES}" FOR EACH ROW WHEN {new} {refuse}',
        f'CREATE TRIGGER "{LINES}_no_update" BEFORE UPDATE ON "{LINES}" FOR EACH ROW WHEN {old} OR {new} {refuse}',
        f'CREATE TRIGGER "{LINES}_no_delete" BEFORE DELETE ON "{LINES}" FOR EACH ROW WHEN {old} {refuse}',
    ]


def _postgresql(columns: Sequence[str]) -> list[str]:
    fail = f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation';"
    issued = 'EXISTS (SELECT 1 FROM "billing_invoice" WHERE "id" = {row}."invoice_id" AND "number" IS NOT NULL)'
    function = f"CREATE OR REPLACE FUNCTION billing_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {fail} END $$"
    of_lines = (
        "CREATE OR REPLACE FUNCTION billing_refuse_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' AND {issued.format(row='OLD')} THEN {fail} END IF; "
        f"IF TG_OP <> 'DELETE' AND {issued.format(row='NEW')} THEN {fail} END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    call = "FOR EACH ROW EXECUTE FUNCTION billing_refuse_line()"
    return [
        function,
        of_lines,
        (
            f'CREATE TRIGGER "{INVOICES}_no_update" BEFORE UPDATE ON "{INVOICES}" FOR EACH ROW'
            f' WHEN (OLD."number" IS NOT NULL AND ({_changed(columns, "IS DISTINCT FROM")}))'
            " EXECUTE FUNCTION billing_refuse()"
        ),
        (
            f'CREATE TRIGGER "{INVOICES}_no_delete" BEFORE DELETE ON "{INVOICES}" FOR EACH ROW'
            ' WHEN (OLD."number" IS NOT NULL) EXECUTE FUNCTION billing_refuse()'
        ),
        f'CREATE TRIGGER "{LINES}_no_insert" BEFORE INSERT ON "{LINES}" {call}',
        f'CREATE TRIGGER "{LINES}_no_update" BEFORE UPDATE ON "{LINES}" {call}',
        f'CREATE TRIGGER "{LINES}_no_delete" BEFORE DELETE ON "{LINES}" {call}',
    ]


class SealIssued(Operation):
    """Migration operation: install the triggers. Repeat it after any later change of the two tables."""

    reversible = True
    reduces_to_sql = False

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        meta = to_state.apps.get_model(app_label, "Invoice")._meta
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        with schema_editor.connection.cursor() as cursor:
            for statement in statements(
                schema_editor.connection.vendor, [field.column for field in meta.concrete_fields]
            ):
                cursor.execute(statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        postgresql = schema_editor.connection.vendor == "postgresql"
        with schema_editor.connection.cursor() as cursor:
            for table, acts in ((INVOICES, ("update", "delete")), (LINES, ("insert", "update", "delete"))):
                for act in acts:
                    on = f' ON "{table}"' if postgresql else ""
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{act}"{on}')

    def describe(self) -> str:
        return "Make issued invoices unchangeable"
