"""Work on received files in the background: thin, ids in, one call of flow.py; safe to repeat."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.exchange import flow, purging
from chappe.apps.exchange.access import AREA
from chappe.apps.exchange.models import ReceivedFile, State
from chappe.apps.exchange.words import verdict
from chappe.kit.jobs.context import Cancelled, HandedBack, JobContext, LeaseLost
from chappe.kit.jobs.registry import job, schedule
from chappe.kit.screens import registry


@job("exchange.read", label=_("Read a received file"), area=AREA)
def read(ctx: JobContext, file: int) -> None:
    """Read and plan."""

    def progress(done: int, total: int) -> None:
        ctx.progress(done, total, _g("reading"))

    _run(ctx, file, State.READING, lambda: flow.run_read(actor=ctx.actor, file=file, job=ctx.job.pk, progress=progress))


@job("exchange.apply", label=_("Apply a received file"), area=AREA)
def apply(ctx: JobContext, file: int) -> None:
    """Make the planned changes."""

    def progress(done: int, total: int) -> None:
        ctx.progress(done, total, _g("applying"))

    _run(
        ctx, file, State.APPLYING, lambda: flow.run_apply(actor=ctx.actor, file=file, job=ctx.job.pk, progress=progress)
    )


@job("exchange.undo", label=_("Undo a received file"), area=AREA)
def undo(ctx: JobContext, file: int) -> None:
    """Put back what was changed."""

    def progress(done: int, total: int) -> None:
        ctx.progress(done, total, _g("undoing"))

    _run(ctx, file, State.UNDOING, lambda: flow.run_undo(actor=ctx.actor, file=file, job=ctx.job.pk, progress=progress))


@schedule("50 3 * * *")
@job("exchange.purge", label=_("Forget old received files"), area=AREA)
def purge(ctx: JobContext) -> None:
    """Nightly: what is older than the setting says and done with; what waits for somebody is told, and stays."""

    def progress(done: int, total: int) -> None:
        ctx.check()
        ctx.progress(done, total)

    done = purging.purge(actor=ctx.actor, progress=progress)
    ctx.result(files=done.files, waiting=done.waiting, held=done.held)
    ctx.log(_g("%(n)d old files forgotten.") % {"n": done.files})
    if done.waiting:
        ctx.log(_g("%(n)d files as old are kept: they wait to be handled.") % {"n": done.waiting}, level="warning")
    if done.held:
        ctx.log(_g("%(n)d files as old are kept: something hangs on them.") % {"n": done.held}, level="warning")


def _run(ctx: JobContext, file: int, state: str, work: Callable[[], Any]) -> None:
    where = {"file": file, "job": ctx.job.pk, "state": state}
    try:
        row = work()
    except (HandedBack, LeaseLost):
        raise
    except Cancelled:
        flow.stopped(**where)
        raise
    except (ValidationError, PermissionDenied) as error:
        flow.refused(**where, error=error)
        raise ValidationError(str(error) if isinstance(error, PermissionDenied) else error.messages) from error
    except Exception:
        if ctx.job.attempt > ctx.job.retries:
            flow.broken(**where)
        raise
    row = row or ReceivedFile.objects.filter(pk=file).first()
    if row is not None:
        ctx.result(url=registry.object_url(row), label=row.name, state=row.state)
        ctx.log(verdict(row))
