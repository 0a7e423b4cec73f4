"""Panels of the tariff pages: what a version holds, its faults, its plan's other versions."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chappe.apps.tariffs.models import TariffFault, TariffPlan, TariffVersion
from chappe.apps.tariffs.queries import version_at
from chappe.kit.access.door import visible_to
from chappe.kit.jobs.models import OPEN_STATES, Job
from chappe.kit.screens import registry
from chappe.kit.ui import formats

FIRST_FAULTS = 12
TONES = {"error": "bad", "warning": "warn", "info": "new"}
STATE_TONES = {"faulty": "bad", "checked": "wait", "active": "ok", "withdrawn": "new"}


def holds(version: TariffVersion, user: Any) -> dict[str, Any]:
    """Figures of a version, and where its content is browsed."""
    rows = registry.url("tariffs.row") + "?" + urlencode({"version": version.pk})
    return {
        "figures": [
            (_("Profiles"), formats.number(version.profiles), ""),
            (_("Destinations"), formats.number(version.destinations), ""),
            (pgettext("tariff", "Prefixes"), formats.number(version.prefixes), ""),
            (_("Prices"), formats.number(version.prices), rows),
        ],
        "rows_url": rows,
        "search_url": registry.url("tariffs.search") + "?" + urlencode({"version": version.pk}),
        "number": _("Number, such as 33612345678"),
        "version": version,
    }


def faults(version: TariffVersion, user: Any) -> dict[str, Any]:
    """Faults by kind with their number, and the first ones with their place."""
    mine = visible_to(user, version.faults.all())
    address = registry.url("tariffs.fault")
    groups = []
    rank = {"error": 0, "warning": 1, "info": 2}
    labels = dict(TariffFault._meta.get_field("severity").flatchoices)
    counted = mine.order_by().values("severity", "code").annotate(n=Count("pk"))
    for row in sorted(counted, key=lambda one: (rank[one["severity"]], -one["n"])):
        query = urlencode({"version": version.pk, "severity": row["severity"], "code": row["code"]})
        groups.append(
            {**row, "tone": TONES[row["severity"]], "label": labels[row["severity"]], "url": f"{address}?{query}"}
        )
    first = sorted(mine[:200], key=lambda one: rank[one.severity])[:FIRST_FAULTS]
    return {
        "groups": groups,
        "first": [(fault, TONES[fault.severity]) for fault in first],
        "count": sum(row["n"] for row in groups),
        "all_url": f"{address}?{urlencode({'version': version.pk})}",
    }


def inside(version: TariffVersion, user: Any) -> dict[str, Any]:
    """Address of the fragment that needs the whole content read: fetched when the page stands."""
    return {"version": version, "url": registry.url("tariffs.inside") + "?" + urlencode({"version": version.pk})}


def turn(version: TariffVersion) -> str:
    """Whose turn it is, in a sentence."""
    match version.state:
        case TariffVersion.State.FAULTY:
            return _("To be mended by whoever sent the file: a version with errors never prices a call.")
        case TariffVersion.State.CHECKED:
            return _("To be activated by a tariff manager: it prices nothing by itself yet.")
        case TariffVersion.State.WITHDRAWN:
            return _("Withdrawn: nobody waits for anything.")
    moment = formats.moment(version.active_from)
    if version.active_from and version.active_from > timezone.now():
        return _("Waits for its hour: it takes over on %(moment)s.") % {"moment": moment}
    if version.in_force:
        return _("In force since %(moment)s.") % {"moment": moment}
    return _("Was in force from %(moment)s on; another version has taken over.") % {"moment": moment}


def line(plan: TariffPlan, user: Any, here: TariffVersion | None = None) -> dict[str, Any]:
    """All versions of a plan, newest first, and the loads that run."""
    now = version_at(plan, timezone.now())
    versions = visible_to(user, plan.versions.select_related("plan")).order_by("-number")
    running = visible_to(user, Job).filter(name="tariffs.load", state__in=OPEN_STATES, params__plan=plan.pk)
    return {
        "jobs": list(running[:5]),
        "plan": plan,
        "rows": [
            {
                "version": version,
                "url": registry.object_url(version),
                "label": _place_in_time(version, now),
                "tone": STATE_TONES[version.state] if version == now or version.state != "active" else "new",
                "here": here == version,
                "faults": _faults_words(version),
            }
            for version in versions
        ],
        "load_url": registry.url("tariffs.load") + "?" + urlencode({"plan": plan.pk}),
    }


def _place_in_time(version: TariffVersion, now: TariffVersion | None) -> str:
    """In force, coming, past; else its state."""
    if version == now:
        return _("In force")
    if version.state != TariffVersion.State.ACTIVE or version.active_from is None:
        return version.get_state_display()
    return _("Coming") if version.active_from > timezone.now() else _("Past")


def _faults_words(version: TariffVersion) -> str:
    if not version.errors and not version.warnings:
        return _("no fault")
    numbers = {"errors": formats.number(version.errors), "warnings": formats.number(version.warnings)}
    return _("errors: %(errors)s, warnings: %(warnings)s") % numbers


def siblings(version: TariffVersion, user: Any) -> dict[str, Any]:
    """The line of versions that a version stands in."""
    return line(version.plan, user, version)
