"""Cards of the home page: the last month of calls, what it brought, what has no price."""

import datetime as dt
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Sum
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.usage import queries
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import UsageBatch, UsageDay
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape, Unit
from chappe.kit.ui.dashboard import DashboardCard, Size, register


def calls_url(**filters: Any) -> str:
    """Address of the list of calls, filtered."""
    return registry.url("usage.call") + "?" + urlencode({"scope": "all", **filters})


def rounded_money(nano: int) -> str:
    """To the cent, for a figure read at a glance; the lists show every decimal."""
    cent = 10_000_000
    half = cent // 2
    return formats.money((nano + half) // cent * cent)


def _month(user: Any) -> str:
    months = queries.months_of(user)
    return months[0] if months else ""


def _before(month: str) -> str:
    first = dt.date.fromisoformat(f"{month}-01")
    return f"{first - dt.timedelta(days=1):%Y-%m}"


def _sum(user: Any, month: str, field: str, status: str = "", until: int = 31) -> int:
    """Of a month, up to its day ``until``: a month that has just begun is compared with as many days."""
    days = UsageDay.objects.filter(batch__state=UsageBatch.State.READY, day__startswith=month, day__day__lte=until)
    if status:
        days = days.filter(status=status)
    return visible_to(user, days).aggregate(sum=Sum(field))["sum"] or 0


def _last_day(user: Any, month: str) -> int:
    days = UsageDay.objects.filter(batch__state=UsageBatch.State.READY, day__startswith=month)
    last = visible_to(user, days).aggregate(last=Max("day"))["last"]
    return last.day if last else 31


def _change(now: int, before: int) -> dict[str, str]:
    """How a figure moved since the month before; nothing when there was none."""
    if not before:
        return {}
    share = (now - before) / before
    return {
        "delta": ("+" if share > 0 else "") + formats.percent(share),
        "hint": _g("against the same days of the month before"),
    }


def tile(
    user: Any, *, label: Any, field: str, status: str = "", icon: str, money: bool = False, alarm: bool = False
) -> dict[str, Any] | None:
    """One figure of the last month. An ``alarm`` figure is good at zero."""
    month = _month(user)
    if not month:
        return None
    value, filters = _sum(user, month, field, status), {"month": month}
    if status:
        filters["status"] = status
    told: dict[str, Any] = {
        "label": label,
        "value": rounded_money(value) if money else formats.number(value),
        "url": calls_url(**filters),
        "icon": icon,
    }
    if alarm:
        told |= {"tone": "bad" if value else "ok", "hint": _g("to look at") if value else _g("nothing to do")}
    else:
        told |= _change(value, _sum(user, _before(month), field, status, _last_day(user, month)))
    return told


def per_day(user: Any) -> dict[str, Any] | None:
    """Calls and revenue per day of the last month."""
    month = _month(user)
    if not month:
        return {"chart": None, "empty": _g("No call yet. Drop a file of calls to see them here.")}
    return {"chart": daily_chart(user, month)}


def daily_chart(user: Any, month: str) -> Chart:
    """Bars for calls, a line for the amount, one label a day."""
    rows = queries.per_day(user, month)
    return Chart(
        slug=f"usage-days-{month}",
        title=_g("Calls and revenue per day"),
        labels=[formats.day(row["day"]) for row in rows],
        series=[
            Series(label=_g("Calls"), values=[row["calls"] for row in rows], tone="brand"),
            Series(
                label=_g("Revenue"),
                values=[row["total"] for row in rows],
                unit=Unit.MONEY,
                tone="signal",
                axis=2,
                shape=Shape.LINE,
            ),
        ],
        urls=[calls_url(month=month, start_from=row["day"], start_to=row["day"]) for row in rows],
    )


def top_destinations(user: Any) -> dict[str, Any] | None:
    """Where the money goes: the ten destinations that cost most."""
    month = _month(user)
    if not month:
        return {"chart": None, "empty": _g("The dearest destinations will stand here.")}
    selection = queries.Selection((month,)).and_("status = 'RATED'")
    rows = queries.top(user, selection, "matched_destination", 10)
    return {
        "chart": Chart(
            slug="usage-top",
            title=_g("Dearest destinations"),
            shape=Shape.ROWS,
            labels=[row["value"] or "–" for row in rows],
            series=[Series(label=_g("Amount"), values=[row["total"] for row in rows], unit=Unit.MONEY, tone="brand")],
            urls=[calls_url(month=month, matched_destination=row["value"] or "") for row in rows],
        )
    }


def last_files(user: Any) -> dict[str, Any] | None:
    """The files of calls received last, worst first to the eye."""
    rows = visible_to(user, UsageBatch.objects.all())[:6]
    tones = {"ready": "ok", "failed": "bad", "replaced": "new", "rating": "run", "waiting": "wait"}
    return {
        "rows": [
            {
                "title": batch.name,
                "url": registry.object_url(batch),
                "second": _g("%(calls)s calls, %(bad)s without a price or rejected")
                % {"calls": formats.number(batch.calls), "bad": formats.number(batch.unrated + batch.rejected)},
                "value": rounded_money(batch.total),
                "state": batch.get_state_display(),
                "tone": tones[batch.state],
            }
            for batch in rows
        ],
        "empty": _g("No file of calls yet."),
    }


_TILES = (
    ("usage.calls", partial(tile, label=_("Calls this month"), field="calls", icon="phone")),
    ("usage.revenue", partial(tile, label=_("Revenue this month"), field="total", icon="coin-euro", money=True)),
    (
        "usage.unrated",
        partial(tile, label=_("Without a price"), field="calls", status="UNRATED", icon="help-circle", alarm=True),
    ),
    ("usage.rejected", partial(tile, label=_("Rejected"), field="calls", status="REJECTED", icon="ban", alarm=True)),
)
for rank, (slug, context) in enumerate(_TILES):
    register(DashboardCard(slug=slug, area=AREA, context=context, order=rank, size=Size.TILE))
register(
    DashboardCard(
        slug="usage.days", area=AREA, context=per_day, order=20, size=Size.WIDE, title=_("Calls and revenue per day"),
        icon="chart-bar", template="usage/card_chart.html",
    )
)  # fmt: skip
register(
    DashboardCard(
        slug="usage.top", area=AREA, context=top_destinations, order=21, size=Size.THIRD, title=_("Dearest destinations"),
        icon="world", template="usage/card_chart.html",
    )
)  # fmt: skip
register(
    DashboardCard(
        slug="usage.files", area=AREA, context=last_files, order=30, size=Size.HALF, title=_("Last files of calls"), icon="files",
    )
)  # fmt: skip
