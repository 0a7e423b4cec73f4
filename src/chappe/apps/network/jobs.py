"""Work on the network in the background: thin, safe to repeat."""

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.network import walking
from chappe.apps.network.access import AREA
from chappe.apps.network.models import Pm
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.registry import job


@job("network.walk", label=_("Walk the optical routes of the whole network"), area=AREA)
def walk(ctx: JobContext, pms: list[int] | None = None) -> None:
    """Each PM that has modules (or these), one after the other; what was done stays done when it is stopped."""
    rows = Pm.objects.filter(modules__isnull=False).distinct().order_by("pk")
    if pms is not None:
        rows = rows.filter(pk__in=pms)
    total, routes = rows.count(), 0
    for done, pm in enumerate(rows.iterator(chunk_size=200), 1):
        ctx.check()
        routes += walking.rewalk(pm)
        if done % 20 == 0 or done == total:
            ctx.progress(done, total, _g("PM %(pm)s") % {"pm": pm})
    ctx.log(_g("%(routes)d routes of %(count)d PM.") % {"routes": routes, "count": total})
