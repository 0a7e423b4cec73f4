"""Background work of the watch: thin, safe to run twice."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.watch import mailing, raising
from chappe.apps.watch.access import AREA
from chappe.kit.jobs.registry import job, schedule


@schedule("*/5 * * * *")
@job("watch.new", label=_("Watch the calls that came in"), area=AREA, retries=2)
def new(ctx: Any) -> None:
    """Rules over the days whose calls changed, then the mails that are due."""
    raised = raising.look_at_new(check=ctx.check, tell=lambda said: ctx.log(said, "warning"))
    ctx.result(raised=raised, mails=mailing.mail())


@schedule("7 * * * *")
@job("watch.hourly", label=_("Watch yesterday and today again"), area=AREA, retries=2)
def hourly(ctx: Any) -> None:
    """What time alone changes: the pace of a cap, a window that straddles midnight; then the days that slow rules owe."""
    now = timezone.now()
    today = timezone.localdate(now)

    def tell(said: str) -> None:
        ctx.log(said, "warning")

    raised = raising.look_at(today - dt.timedelta(days=1), today, now=now, check=ctx.check, tell=tell)
    raised += raising.look_at_owed(now=now, check=ctx.check, tell=tell)
    ctx.result(raised=raised, mails=mailing.mail())
