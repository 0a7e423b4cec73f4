"""What happens by itself when billing issues: the files are made in the background, a chunk of invoices a job.

Called inside the transaction that issues: only rows and jobs are written here.
"""

from typing import Any

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import producing
from chappe.apps.invoicing.models import Production
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.services import enqueue

CHUNK = 50  # invoices a job: every worker process takes chunks, so that all cores draw


def issued(*, invoice: Invoice, actor: Actor) -> None:
    """An invoice outside of a run is made at once; those of a run wait for its end."""
    if invoice.run_id is None:
        producing.ask(actor=actor, invoice=invoice)


def run_frozen(*, run: Any, actor: Actor) -> None:
    """All invoices of a run, in chunks."""
    produce_many(
        actor=actor, invoices=list(run.invoices.exclude(number=None).values_list("pk", flat=True)), owner=run.owner
    )


def produce_many(*, actor: Actor, invoices: list[int], owner: Any = None) -> int:
    """Queue the making of many invoices; answers how many jobs were queued."""
    Production.objects.bulk_create([Production(invoice_id=pk) for pk in invoices], ignore_conflicts=True)
    chunks = [invoices[at : at + CHUNK] for at in range(0, len(invoices), CHUNK)]
    for chunk in chunks:
        enqueue(
            "invoicing.produce_many", actor=actor, owner=owner, unique=f"invoicing.chunk:{chunk[0]}", invoices=chunk
        )
    return len(chunks)
