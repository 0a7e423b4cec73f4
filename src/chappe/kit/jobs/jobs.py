"""Housekeeping of the queue itself."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.kit.jobs.models import Job, ScheduleSlot, State, Worker
from chappe.kit.jobs.registry import job, schedule

KEEP_DONE = timedelta(days=90)
KEEP_OTHER = timedelta(days=365)
KEEP_SLOTS = timedelta(days=400)
BATCH = 500


@schedule("20 3 * * *")
@job("jobs.purge", label=_("Forget old jobs"))
def purge(ctx) -> None:
    """Done jobs go after 90 days, failed and cancelled ones after a year. Files stay: they have their own life."""
    now, removed = timezone.now(), 0
    old_done = Job.objects.filter(state=State.DONE, ended__lt=now - KEEP_DONE)
    old_other = Job.objects.filter(state__in=[State.FAILED, State.CANCELLED], ended__lt=now - KEEP_OTHER)
    for rows in (old_done, old_other):
        while pks := list(rows.values_list("pk", flat=True)[:BATCH]):
            Job.objects.filter(pk__in=pks).delete()
            removed += len(pks)
            ctx.check()
    ScheduleSlot.objects.filter(due__lt=now - KEEP_SLOTS).delete()
    Worker.objects.filter(seen__lt=now - timedelta(days=1)).delete()
    ctx.result(removed=removed)
    ctx.log(_g("%(n)s old jobs removed.") % {"n": removed})
