"""Background work of publication: thin, safe to run twice. Each kind has its clock; what was missed is caught up."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.publication import handing, making, services
from chappe.apps.publication.access import AREA
from chappe.apps.publication.models import Flow, Kind, Recipient
from chappe.apps.publication.sheets import period
from chappe.kit.jobs.registry import BULK, job, schedule
from chappe.kit.screens import registry


def _recipients(keys: list[int] | None) -> list[Recipient]:
    rows = Recipient.objects.filter(active=True).select_related("operator").order_by("pk")
    return list(rows if keys is None else rows.filter(pk__in=keys))


@schedule("30 1 1 * *", "histo", params={"kind": "histo"})
@schedule("0 1 1 * *", "full", params={"kind": "full"})
@schedule("10 0 * * *", "delta", params={"kind": "delta"})
@job("publication.make", label=_("Make IPE and CPN files"), area=AREA, queue=BULK)
def make(
    ctx: Any, *, kind: str, day: str = "", recipients: list[int] | None = None, flows: list[str] | None = None, again: str = ""
) -> None:  # fmt: skip
    """The files of ``day``; by the clock those of yesterday, and the deltas of the days that were missed."""
    chosen = _recipients(recipients)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    if day:
        days = [dt.date.fromisoformat(day)]
    else:
        days = making.missing_days(chosen, yesterday) if kind == Kind.DELTA else [yesterday]
    counts = {"made": 0, "same": 0, "standing": 0, "failed": 0}
    for one in days:
        made = making.make(
            actor=ctx.actor, of=period(kind, one), recipients=chosen, flows=flows or list(Flow.values), again=again,
            progress=lambda rows, what: ctx.progress(rows, 0, what),
        )  # fmt: skip
        for name, count in (
            ("made", len(made.files)),
            ("same", made.same),
            ("standing", made.standing),
            ("failed", made.failed),
        ):
            counts[name] += count
        for row in made.files:
            ctx.log(f"{row.name}: {row.rows}")
        if made.lost:
            text = ngettext(
                "%(n)d row of %(day)s went without leaving its address: no file can tell it, and the next full one lacks it.",
                "%(n)d rows of %(day)s went without leaving their address: no file can tell them, and the next full one lacks them.",
                made.lost,
            )
            ctx.log(text % {"n": made.lost, "day": f"{one:%d/%m/%Y}"}, "warning")
    _told(ctx, counts)
    ctx.result(**counts)
    if days:
        ctx.result(url=_archive_url(kind, days))


def _told(ctx: Any, counts: dict[str, int]) -> None:
    """Why a file that was asked for is not among those made: a task that ends without a word looks broken."""
    if counts["standing"]:
        text = ngettext(
            "%(n)d file stood in the archive already: it is made again from its own page only.",
            "%(n)d files stood in the archive already: they are made again from their own pages only.",
            counts["standing"],
        )
        ctx.log(text % {"n": counts["standing"]})
    if counts["same"]:
        text = ngettext(
            "%(n)d file has the same bytes as before: nothing was added to the archive.",
            "%(n)d files have the same bytes as before: nothing was added to the archive.",
            counts["same"],
        )
        ctx.log(text % {"n": counts["same"]})
    if not any(counts.values()):
        ctx.log(_("No recipient is subscribed to these files: nothing was to be made."))


def _archive_url(kind: str, days: list[dt.date]) -> str:
    """The list of these files."""
    return f"{registry.url('publication.file')}?kind={kind}&day_from={min(days)}&day_to={max(days)}"


@schedule("*/15 * * * *")
@job("publication.hand-over", label=_("Hand published files over"), area=AREA, retries=0)
def hand_over(ctx: Any) -> None:
    """Every quarter of an hour: what is due, and what failed and is due again."""
    ctx.result(**handing.hand_over_due(progress=ctx.progress))


@schedule("40 4 * * *")
@job("publication.purge", label=_("Delete published files past their term"), area=AREA)
def purge(ctx: Any) -> None:
    """Every night, by the term of each recipient."""
    ctx.result(deleted=services.purge())
