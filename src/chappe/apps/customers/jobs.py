"""Background work of customers. Safe to run twice: what is attached as it should be is left alone."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers import reattaching
from chappe.kit.jobs.registry import BULK, job


@job(reattaching.JOB, label=_("Give calls to who holds their line now"), area="clients", queue=BULK)
def attach(ctx: Any, *, operator: int | None, since: str, tries: int = 0) -> None:
    """Look at the calls since a month; those whose holder has changed are attached and priced again."""
    first = dt.date.fromisoformat(since)
    begun, refused = reattaching.run(actor=ctx.actor, owner_id=operator, since=first)
    for batch in begun:
        ctx.log(_g("%(stream)s is rated again.") % {"stream": batch.name})
    for sentence in refused:
        ctx.log(sentence, "warning")
    if refused and tries < reattaching.MOST_TRIES:
        reattaching.queue(operator, first, reattaching.LATER, tries=tries + 1)
    ctx.result(rated_again=len(begun), refused=len(refused))
