"""Cards of the home page: alerts that wait, the gravest first."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.watch.access import AREA
from chappe.apps.watch.models import Alert, Rule
from chappe.apps.watch.panels import SEVERITIES
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.dashboard import DashboardCard, Size, register

SHOWN = 6


def waiting(user: Any) -> dict[str, Any] | None:
    """How many alerts wait; nothing where nothing is watched."""
    rows = visible_to(user, Alert)
    if not rows.exists() and not visible_to(user, Rule).exists():
        return None
    open_ = _waiting(rows)
    count, grave = open_.count(), open_.filter(severity=Alert.Severity.CRITICAL).count()
    hint = ngettext("%(n)s of them critical", "%(n)s of them critical", grave) % {"n": grave} if grave else ""
    return {
        "label": _g("Alerts of the watch"), "value": formats.number(count), "url": registry.url("watch.alert"), "icon": "shield-exclamation",
        "tone": "bad" if grave else "muted", "hint": hint or (_g("none critical") if count else _g("nothing to do")),
    }  # fmt: skip


def _waiting(rows: QuerySet) -> QuerySet:
    """Those to handle now: neither closed nor muted for a time."""
    return rows.exclude(state=Alert.State.CLOSED).exclude(muted_until__gt=timezone.now())


def latest(user: Any) -> dict[str, Any] | None:
    """The open alerts, the gravest first."""
    if not visible_to(user, Alert).exists():
        return None
    rows = _waiting(visible_to(user, Alert)).select_related("rule", "customer", "line")
    return {
        "rows": [
            {
                "title": alert.who(), "url": registry.object_url(alert), "second": f"{alert.rule} · {alert.sentence()}",
                "state": alert.get_severity_display(), "tone": str(SEVERITIES[alert.severity]), "value": formats.day(alert.day),
            }
            for alert in rows.order_by("severity", "-raised_at")[:SHOWN]
        ],
        "empty": _g("Every alert has been dealt with."),
    }  # fmt: skip


register(DashboardCard(slug="watch.waiting", area=AREA, context=waiting, order=6, size=Size.TILE))
register(
    DashboardCard(
        slug="watch.latest", area=AREA, context=latest, order=31, size=Size.HALF, title=_("Alerts of the watch"),
        icon="shield-exclamation", url="/watch/alert/",
    )
)  # fmt: skip
