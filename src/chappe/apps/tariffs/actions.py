"""Acts of the tariff screens: thin, the rules are in ``services``."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.tariffs import exports, services
from chappe.apps.tariffs.access import AREA
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.apps.tariffs.previewing import reference
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done
from chappe.kit.ui import formats

State = TariffVersion.State


def load_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Load a version”, for who may."""
    return (_("Load a version"), registry.url("tariffs.load"), "upload") if may(user, AREA, Level.WRITE) else None


def versions_link(user: Any) -> tuple[Any, str, str] | None:
    """From the plans to the list of all their versions."""
    return _("All versions"), registry.url("tariffs.version"), "versions"


def load_into(*, actor: Actor, objects: list[TariffPlan]) -> Done:
    """To the page that takes a file, with this plan chosen."""
    return Done("", registry.url("tariffs.load") + "?" + urlencode({"plan": objects[0].pk}))


def activate(*, actor: Actor, objects: list[TariffVersion], at: dt.datetime) -> Done:
    """See :func:`services.activate`."""
    version = services.activate(actor=actor, version=objects[0], at=at)
    told = {"version": version, "moment": formats.moment(at)}
    if at <= timezone.now():
        return Done(_g("%(version)s is the price of its plan since %(moment)s.") % told)
    return Done(_g("%(version)s becomes the price of its plan on %(moment)s.") % told)


def why_not_activate(version: TariffVersion, _user: Any) -> Any:
    """Why a version cannot be activated."""
    match version.state:
        case State.FAULTY:
            return _("It has errors: mend the file and load it again, as the next version.")
        case State.WITHDRAWN:
            return _("It was withdrawn: load it again to use it.")
    if version.active_from and version.active_from <= timezone.now():
        return _("It is or was in force: its beginning cannot be moved.")
    return None


def withdraw(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """See :func:`services.withdraw`."""
    version = services.withdraw(actor=actor, version=objects[0])
    return Done(_g("%(version)s is withdrawn: it will price nothing.") % {"version": version})


def why_not_withdraw(version: TariffVersion, _user: Any) -> Any:
    """Why a version cannot be withdrawn."""
    if version.state == State.WITHDRAWN:
        return _("It is withdrawn already.")
    if version.state == State.ACTIVE and version.active_from and version.active_from <= timezone.now():
        return _("It is or was in force: activate another version after it instead.")
    if services.used(version):
        return _("Calls were priced with it: it stays readable.")
    return None


def compare(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """To the comparison with the version in force; when that is this one, with the one before."""
    version = objects[0]
    other = reference(version.plan)
    if other is None or other == version:
        standing = version.plan.versions.exclude(pk=version.pk).exclude(state=State.WITHDRAWN)
        other = standing.filter(number__lt=version.number).order_by("-number").first() or standing.first()
    pair = {"b": version.pk, **({"a": other.pk} if other else {})}
    if other and other.number > version.number:
        pair = {"a": version.pk, "b": other.pk}
    return Done("", registry.url("tariffs.compare") + "?" + urlencode(pair))


def explain(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """To the explanation of one call with this version."""
    return Done("", registry.url("tariffs.explain") + "?" + urlencode({"version": objects[0].pk}))


def export_list(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """A price list that a salesperson can edit."""
    return Done("", download=exports.price_list(objects[0]))


def export_v091(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """Tables for another engine."""
    return Done("", download=exports.v091(objects[0]))


def export_rows(*, actor: Actor, objects: list[TariffVersion]) -> Done:
    """Every price on its line, as the list of prices exports it."""
    query = urlencode({"version": objects[0].pk})
    return Done("", registry.url("tariffs.row", "export-csv") + "?" + query)


def create_plan(*, actor: Actor, data: dict[str, Any]) -> TariffPlan:
    """See :func:`services.create_plan`."""
    return services.create_plan(actor=actor, data=data)
