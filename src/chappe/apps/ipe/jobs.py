"""Work on IPE and CPN files in the background: thin, safe to repeat."""

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.ipe import comparison, quality
from chappe.apps.ipe.access import AREA
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.registry import job, schedule
from chappe.kit.screens import registry


@schedule("30 3 * * *", "nightly")
@job("ipe.quality", label=_("Check the quality of the network"), area=AREA, queue="bulk")
def check_quality(ctx: JobContext) -> None:
    """Every row check over every building; the scores take the place of the last ones."""
    comparison.sweep()
    look = quality.look(actor=ctx.actor, progress=lambda done, total: ctx.progress(done, total, _g("checking")))
    ctx.result(url=registry.url("ipe.quality"), label=_g("Quality"))
    ctx.log(_g("%(faulty)d of %(buildings)d buildings to mend.") % {"faulty": look.faulty, "buildings": look.buildings})


@job("ipe.compare", label=_("Compare two IPE or CPN files"), area=AREA, queue="bulk")
def compare(ctx: JobContext, before: int, after: int) -> None:
    """Two large files; the page finds the result."""
    comparison.run(before, after)
    ctx.result(url=comparison.url(before, after), label=_g("Comparison"))
