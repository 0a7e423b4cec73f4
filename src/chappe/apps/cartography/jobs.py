"""Counting again what changed, every minute, and keeping the folder of tiles small. Thin, safe to repeat."""

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.cartography import cache, tallies
from chappe.apps.network.access import AREA
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.registry import BULK, job, schedule


@schedule("* * * * *")
@job("cartography.refresh", label=_("Count the buildings of the map again where they changed"), area=AREA, retries=0)
def refresh(ctx: JobContext) -> None:
    """Squares that changed since the last minute; what was counted stays counted when it is stopped."""
    _counted(ctx, tallies.refresh)


@job("cartography.count-all", label=_("Count all buildings of the map anew"), area=AREA, queue=BULK)
def count_all(ctx: JobContext) -> None:
    """The whole network, as after a restore."""
    _counted(ctx, tallies.count_all)


@schedule("17 * * * *")
@job("cartography.sweep", label=_("Keep the folder of map tiles small"), area=AREA, retries=0)
def sweep(ctx: JobContext) -> None:
    """Tiles that were not asked for the longest go first."""
    gone = cache.sweep()
    if gone:
        ctx.log(_g("%(count)d tiles were dropped.") % {"count": gone})


def _counted(ctx: JobContext, count: object) -> None:
    def tell(done: int, total: int) -> None:
        ctx.check()
        ctx.progress(done, total)

    squares = count(tell)  # type: ignore[operator]
    if squares:
        ctx.log(_g("%(count)d squares were counted.") % {"count": squares})
