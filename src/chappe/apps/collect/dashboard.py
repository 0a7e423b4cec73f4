"""Cards of the home page: sources and how they are doing, refused lines that wait."""

from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.collect import queries
from chappe.apps.collect.access import AREA
from chappe.apps.collect.models import Chunk, Source
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.dashboard import DashboardCard, Size, register

SHOWN = 8
RANK = {"bad": 0, "warn": 1, "wait": 2, "new": 3, "ok": 4}


def sources(user: Any) -> dict[str, Any] | None:
    """Active sources, those in trouble first, each with its last ticket and its calls of today."""
    rows = list(queries.with_health(visible_to(user, Source).filter(active=True)))
    if not rows:
        return {"rows": [], "empty": _g("No source of tickets yet.")}
    told = [(source, source.verdict) for source in rows]
    told.sort(key=lambda pair: (RANK.get(str(pair[1].tone), 9), pair[0].name))
    return {
        "rows": [
            {
                "title": source.name, "url": registry.object_url(source), "second": str(verdict.why or _last(source)),
                "value": ngettext("%(count)s call today", "%(count)s calls today", source.today or 0)
                % {"count": formats.number(source.today or 0)},
                "state": verdict.label, "tone": str(verdict.tone),
            }
            for source, verdict in told[:SHOWN]
        ],
        "empty": "",
    }  # fmt: skip


def _last(source: Source) -> str:
    last = source.told.last_ticket
    return _g("Last ticket %(when)s") % {"when": formats.ago(last)} if last else _g("No ticket yet")


def refused(user: Any) -> dict[str, Any] | None:
    """Refused lines that nobody has dealt with; nothing where there is no source."""
    if not visible_to(user, Source).exists():
        return None
    count = queries.issues_to_handle(user).values("chunk", "number").distinct().count()
    confirm = visible_to(user, Chunk).filter(state__in=[Chunk.State.TO_CONFIRM, Chunk.State.FAILED]).count()
    url = registry.url("collect.issue")
    hint = _g("nothing to do") if not count else _g("to mend or to read again")
    if confirm:
        url, hint = (
            registry.url("collect.chunk"),
            ngettext("%(count)s batch waits for somebody", "%(count)s batches wait for somebody", confirm)
            % {"count": formats.number(confirm)},
        )
    return {
        "label": _g("Refused tickets"), "value": formats.number(count), "url": url, "icon": "ticket-off",
        "tone": "bad" if count or confirm else "ok", "hint": hint,
    }  # fmt: skip


register(DashboardCard(slug="collect.refused", area=AREA, context=refused, order=4, size=Size.TILE))
register(
    DashboardCard(
        slug="collect.sources", area=AREA, context=sources, order=29, size=Size.HALF, title=_("Sources of tickets"),
        icon="building-broadcast-tower", url="/collect/source/",
    )
)  # fmt: skip
