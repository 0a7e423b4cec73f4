"""Background work of billing. Each may run twice: a computation is made anew, an issue goes on with the drafts that are left."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing import archives, drafting, events, issuing, locks, retention, services
from chappe.apps.billing.access import AREA
from chappe.apps.billing.models import Archive, Invoice, Run
from chappe.kit.audit.services import event
from chappe.kit.jobs.registry import BULK, job, schedule


@job("billing.compute", label=_("Compute a billing run"), area=AREA, retries=1, queue=BULK)
def compute(ctx: Any, run: int) -> None:
    """Drafts of a run."""
    row = Run.objects.get(pk=run)
    if row.state != Run.State.COMPUTING:
        return
    try:
        drafting.compute(row, ctx.progress)
    except Exception as error:
        Run.objects.filter(pk=run).update(state=Run.State.FAILED, problem=str(error)[:2000])
        raise
    event(ctx.actor, row, "billing.computed", invoices=row.invoices_count, parked=row.parked_count)


@job("billing.freeze", label=_("Issue the invoices of a run"), area=AREA, retries=3, queue=BULK)
def freeze(ctx: Any, run: int) -> None:
    """Numbers for all the drafts of a run, a few at a time, each few in one transaction."""
    row = Run.objects.get(pk=run)
    if row.state != Run.State.FREEZING:
        return
    drafts = Invoice.objects.filter(run=row, state=Invoice.State.DRAFT)
    ids = list(drafts.order_by("customer__number", "pk").values_list("pk", flat=True))
    done = 0
    try:
        for few in issuing.batches(ids):
            issuing.issue_all(few, actor=ctx.actor)
            done += len(few)
            ctx.progress(done, len(ids))
    except ValidationError as error:
        problem = " ".join(error.messages)
        Run.objects.filter(pk=run).update(state=Run.State.CHECKED, problem=problem)
        raise
    _finish(row, ctx)


def _finish(row: Run, ctx: Any) -> None:
    with transaction.atomic():
        locked = locks.run(row.pk)
        drafting.total(locked)
        locked.state, locked.frozen_at = (
            Run.State.FROZEN,
            locked.invoices.order_by("-issued_at").values_list("issued_at", flat=True).first(),
        )
        locked.save()
        event(ctx.actor, locked, "billing.frozen", invoices=locked.invoices_count)
        events.tell("run_frozen", run=locked, actor=ctx.actor)


@job("billing.archive", label=_("Archive a period of the journal"), area=AREA, retries=2, queue=BULK)
def archive(ctx: Any, archive: int) -> None:
    """The file of a period."""
    archives.write(Archive.objects.get(pk=archive), actor=ctx.actor, progress=ctx.progress)


@schedule("40 2 * * *", "purge")
@job("billing.purge", label=_("Erase billed calls that nobody may contest any more"), area=AREA)
def purge(ctx: Any) -> None:
    """The billing clock: the detail of calls goes a year after payment at the latest term."""
    count = retention.purge(actor=ctx.actor)
    ctx.log(_g("%(count)s files of billed calls erased.") % {"count": count})


__all__ = ["archive", "compute", "freeze", "purge", "services"]
