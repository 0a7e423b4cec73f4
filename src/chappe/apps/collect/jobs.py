"""Background work of the collection: every minute the spool, then reading, watching, fetching. Thin, safe to run twice."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.collect import alarms, fetching, intake, pipeline, queries, seen, withdrawing
from chappe.apps.collect.access import AREA
from chappe.apps.collect.models import FETCH_WAYS, Chunk, Source, SourceAlarm, SourceHour
from chappe.kit.jobs.context import PermanentError
from chappe.kit.jobs.registry import BULK, job, schedule

SEEN_DAYS = 400
HOURS_DAYS = 500
OPEN = (Chunk.State.WAITING, Chunk.State.READING, Chunk.State.FAILED)


@schedule("* * * * *")
@job("collect.round", label=_("Take in the tickets of the collector"), area=AREA, retries=0)
def round_(ctx: Any) -> None:
    """Closed files of the spool become batches, batches that wait are queued, alarms are raised or ended."""
    taken = 0
    spooled = set(queries.spool().sources())
    for source in Source.objects.select_related("owner", "live"):
        ctx.check()
        if source.slug in spooled:
            taken += intake.take_spool(source)
        pipeline.close_old(source)
        intake.queue_reading(source)
        if source.active:
            alarms.watch(source)
    if taken:
        ctx.log(f"{taken} files taken in")
    alarms.mail()


@job("collect.read", label=_("Read tickets and count their calls"), area=AREA, retries=3)
def read(ctx: Any, *, source: int) -> None:
    """Batches of one source, one after the other: a call may begin in one and end in the next."""
    counted = 0
    while True:
        ctx.check()
        chunk = (
            Chunk.objects.filter(source=source, state__in=OPEN)
            .select_related("source", "stored")
            .order_by("pk")
            .first()
        )
        if chunk is None:
            break
        try:
            pipeline.process(actor=ctx.actor, chunk=chunk, progress=ctx.progress)
        except (ValidationError, FileNotFoundError, ValueError) as error:
            pipeline.fail(chunk, " ".join(getattr(error, "messages", None) or [str(error)]))
            raise PermanentError(str(error)) from error
        except Exception as error:
            if not _is_stop(error):
                pipeline.fail(chunk, f"{type(error).__name__}: {error}")
            raise
        counted += 1
    alarms.end(Source.objects.get(pk=source), SourceAlarm.Code.FAILED)
    ctx.result(batches=counted)


@job("collect.withdraw", label=_("Withdraw a file of tickets"), area=AREA, queue=BULK, retries=3)
def withdraw(ctx: Any, *, chunk: int) -> None:
    """Take back what a file counted: months are written anew, then counts and fingerprints follow. Run twice it does it once."""
    row = Chunk.objects.select_related("source", "stored").get(pk=chunk)
    calls = withdrawing.withdraw(actor=ctx.actor, chunk=row, progress=ctx.progress)
    ctx.result(calls=calls)


def _is_stop(error: Exception) -> bool:
    from chappe.kit.jobs.context import Cancelled, HandedBack, LeaseLost

    return isinstance(error, Cancelled | HandedBack | LeaseLost)


@schedule("*/5 * * * *")
@job("collect.fetch", label=_("Fetch files of tickets"), area=AREA, queue=BULK, retries=0)
def fetch(ctx: Any, *, source: int = 0) -> None:
    """Look at the folders and servers of the sources that have one; ``source`` names one alone."""
    rows = Source.objects.filter(active=True, way__in=FETCH_WAYS).select_related("owner", "live")
    for row in rows.filter(pk=source) if source else rows:
        ctx.check()
        told = fetching.fetch(row)
        if told.taken or told.quarantined:
            ctx.log(f"{row}: {told.taken} files taken in, {told.quarantined} set apart")
        intake.queue_reading(row)


@schedule("20 4 * * *")
@job("collect.purge", label=_("Forget old fingerprints of tickets"), area=AREA, queue=BULK)
def purge(ctx: Any) -> None:
    """Nightly: what no replay can need any more."""
    now = timezone.now()
    gone = seen.forget_before(now - dt.timedelta(days=SEEN_DAYS))
    hours, _details = SourceHour.objects.filter(hour__lt=now - dt.timedelta(days=HOURS_DAYS)).delete()
    ctx.log(f"{gone} rows of fingerprints and {hours} hours removed")
