"""Background work of tariffs: thin, safe to run twice (the same content is the same version)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.tariffs import services
from chappe.apps.tariffs.access import AREA
from chappe.apps.tariffs.models import TariffPlan
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.registry import BULK, job


@job("tariffs.load", label=_("Load a version of a tariff plan"), area=AREA, queue=BULK)
def load(ctx: Any, *, plan: int, stored: int, form: str = "", zone: str = "") -> None:
    """Keep one large file as the next version of its plan."""
    version = services.load_version(
        actor=ctx.actor,
        plan=TariffPlan.objects.get(pk=plan),
        stored=StoredFile.objects.get(pk=stored),
        form=form,
        zone=zone or None,
        progress=ctx.progress,
    )
    ctx.result(version=version.pk, number=version.number, errors=version.errors, warnings=version.warnings)
