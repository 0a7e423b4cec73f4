"""The calls that an invoice bills, one by one, as they were masked when it was computed: for its annex and its page.

Read from the files of the run; nothing of the lake is needed, so that it tells the same for as long as it is kept.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import translation

from chappe.apps.billing.documents import call_row
from chappe.apps.billing.due import sql, store
from chappe.apps.billing.models import Invoice
from chappe.core.billing.document import CallRow

PAGE = 5000
COLUMNS = (
    "line_number", "user_name", "local", "number", "label", "seconds", "free", "amount", "part_s", "note", "family",
    "batch", "root", "line", "key",
)  # fmt: skip


def files_of(invoice: Invoice) -> list[str]:
    """Files in which the calls of an invoice stand."""
    run = invoice.run
    if run is None:
        return []
    return sorted(str(path) for path in store.folder().glob(f"month=*/run-{run.pk}-{run.attempt}-*.parquet"))


def removed_keys(invoice: Invoice) -> list[str]:
    """Keys of the lines of communications that were taken out."""
    return list(invoice.lines.filter(is_removed=True, key__startswith="calls:").values_list("key", flat=True))


def raw_rows(invoice: Invoice, *, offset: int = 0, limit: int | None = None) -> Iterator[list[dict[str, Any]]]:
    """Pages of plain rows (COLUMNS), in the order of line and time."""
    files = files_of(invoice)
    if not files:
        return
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    statement = sql.DETAIL.format(columns=", ".join(COLUMNS), files=listed)
    if limit is not None:
        statement += f" LIMIT {int(limit)} OFFSET {int(offset)}"
    database = store.engine()
    try:
        keys = removed_keys(invoice) or [""]
        reader = database.execute(statement, {"customer": invoice.customer_id, "removed": keys})
        while page := reader.fetchmany(PAGE):
            yield [dict(zip(COLUMNS, row, strict=True)) for row in page]
    finally:
        database.close()


def groups(invoice: Invoice) -> list[dict[str, Any]]:
    """Its communications summed by line and family, those that are never listed included."""
    files = files_of(invoice)
    if not files:
        return []
    listed_files = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    database = store.engine()
    try:
        keys = removed_keys(invoice) or [""]
        asked = {"customer": invoice.customer_id, "removed": keys}
        cursor = database.execute(sql.GROUPS_OF.format(files=listed_files), asked)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        database.close()


def count(invoice: Invoice) -> int:
    """How many calls the detail has."""
    return int(invoice.document.get("calls_total") or 0)


def rows(invoice: Invoice) -> Iterator[CallRow]:
    """The detail as the annex carries it, notes in the customer's language. Nothing for a customer without detail."""
    if not invoice.customer.call_detail:
        return
    for page in raw_rows(invoice):
        with translation.override(invoice.customer.language):
            made = [call_row(row) for row in page]
        yield from made


def listed(invoice: Invoice, limit: int) -> Sequence[dict[str, Any]]:
    """The first rows, when there are at most ``limit``; nothing otherwise."""
    found: list[dict[str, Any]] = []
    for page in raw_rows(invoice, limit=limit + 1):
        found += page
    return found if len(found) <= limit else []
