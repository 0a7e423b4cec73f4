"""Nightly housekeeping of the store."""

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from chappe.kit.documents import services
from chappe.kit.jobs.registry import job, schedule


@schedule("40 3 * * *")
@job("documents.sweep", label=_("Remove files that nothing names"), area="documents")
def sweep(ctx) -> None:
    """Take away the blobs of a day ago or older that no row names."""
    removed = services.sweep()
    ctx.result(removed=removed)
    ctx.log(translate("%(n)s orphan files removed.") % {"n": removed})
