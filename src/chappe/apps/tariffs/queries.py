"""Reads of tariffs: which version is in force when, and what a person may choose."""

import datetime as dt
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.kit.access.door import visible_to

ACTIVE = TariffVersion.State.ACTIVE


def version_at(plan: TariffPlan, moment: dt.datetime) -> TariffVersion | None:
    """The version that prices calls at ``moment``: the last activated by then, its own instant included."""
    active = TariffVersion.objects.filter(plan=plan, state=ACTIVE, active_from__lte=moment)
    return active.order_by("-active_from", "-number").first()


def next_version(plan: TariffPlan, moment: dt.datetime) -> TariffVersion | None:
    """The next version to come into force after ``moment``."""
    return TariffVersion.objects.filter(plan=plan, state=ACTIVE, active_from__gt=moment).order_by("active_from").first()


def usable_versions(user: Any) -> QuerySet[TariffVersion]:
    """Versions that this person may price calls with: readable, not withdrawn."""
    usable = TariffVersion.objects.filter(state__in=[TariffVersion.State.CHECKED, ACTIVE])
    return visible_to(user, usable).select_related("plan").order_by("plan__code", "-number")


def with_current(plans: QuerySet[TariffPlan]) -> QuerySet[TariffPlan]:
    """Plans with the number and the start of their version in force (``current``, ``since``) and the next one's."""
    now = timezone.now()
    mine = TariffVersion.objects.filter(plan=OuterRef("pk"), state=ACTIVE)
    present = mine.filter(active_from__lte=now).order_by("-active_from", "-number")
    coming = mine.filter(active_from__gt=now).order_by("active_from")
    return plans.annotate(
        current=Subquery(present.values("number")[:1]),
        since=Subquery(present.values("active_from")[:1]),
        next_from=Subquery(coming.values("active_from")[:1]),
    )


def with_faults(plans: QuerySet[TariffPlan]) -> QuerySet[TariffPlan]:
    """Plans with the number of errors of their newest version (``faults``), None without a version."""
    newest = TariffVersion.objects.filter(plan=OuterRef("pk")).order_by("-number")
    return plans.annotate(faults=Subquery(newest.values("errors")[:1]))
