"""Background work of reports: thin, safe to run twice."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.reports import scheduling
from chappe.apps.reports.access import AREA
from chappe.apps.reports.models import ReportSchedule
from chappe.kit.jobs.registry import job, schedule


@schedule("*/5 * * * *")
@job("reports.due", label=_("Queue the reports that are due"), area=AREA, retries=0)
def due(ctx: Any) -> None:
    """Look at the clock; what is due is queued."""
    ctx.result(queued=scheduling.enqueue_due())


@job("reports.send", label=_("Run a report and mail it"), area=AREA)
def send(ctx: Any, *, schedule: int, due: str) -> None:
    """One scheduled report, once for its time."""
    row = ReportSchedule.objects.select_related("report", "owner", "runs_as", "customer").filter(pk=schedule).first()
    if row is None:
        return
    moment = dt.datetime.fromisoformat(due)
    try:
        run = scheduling.deliver(row, moment)
    except Exception as error:
        if ctx.job.attempt > ctx.job.retries:
            scheduling.gave_up(row, moment, str(error) or type(error).__name__)
        raise
    if run is not None:
        ctx.result(rows=run.rows, state=run.state)
