"""The control procedure before invoices leave, as the trade does it, for one month: each step says what is strange first.

Steps: every source has calls to the last day; each customer is coherent over twelve months; each has communications and a
subscription; dry run compared with the month before; real run; sent by mail. Reads only.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as of
from statistics import median
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chappe.apps.billing import anomalies
from chappe.apps.billing.history import history_of
from chappe.apps.billing.models import CheckTick, Invoice, Run
from chappe.apps.billing.words import month_name
from chappe.apps.usage.models import UsageBatch, UsageDay
from chappe.core.billing.periods import month_end
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats

SHOWN = 25
SHARE = 3  # a third: an amount under a third of the median, or above three times it, is told
STEPS = ("sources", "coherence", "costs", "dry_run", "issue", "send")
LABELS = {
    "sources": gettext_lazy("Every source has calls up to the last day of the month"),
    "coherence": gettext_lazy("Each customer is coherent with its last twelve months"),
    "costs": gettext_lazy("Each customer has communications and a subscription"),
    "dry_run": gettext_lazy("The draft run is compared with last month"),
    "issue": gettext_lazy("The invoices are issued"),
    "send": gettext_lazy("The invoices are sent"),
}


@dataclass(slots=True)
class Step:
    """One step: ``rows`` are (title, url, sentence, tone) of what is strange; ``done`` when nothing is left to look at."""

    slug: str
    label: Any
    tone: str = "wait"
    text: str = ""
    rows: list[tuple[str, str, str, str]] = of(default_factory=list)
    more: int = 0
    tick: CheckTick | None = None
    urls: list[tuple[str, str]] = of(default_factory=list)


@dataclass(slots=True)
class Sending:
    """How far the invoices of a run are on their way: ``troubles`` are (customer, address of the page, why)."""

    sent: int = 0
    by_hand: int = 0
    waiting: int = 0
    troubles: list[tuple[str, str, str]] = of(default_factory=list)


_senders: list[Callable[[Run], Sending]] = []


def sent_by(function: Callable[[Run], Sending]) -> Callable[[Run], Sending]:
    """The app that sends invoices says here how far those of a run are."""
    if function not in _senders:
        _senders.append(function)
    return function


def run_of(owner_id: int | None, month: dt.date) -> Run | None:
    """The run of a month: the latest that was not undone."""
    return Run.objects.filter(owner=owner_id, month=month).exclude(state=Run.State.CANCELLED).order_by("-pk").first()


def steps(user: Any, month: dt.date) -> list[Step]:
    """All the steps of a month, as ``user`` may see them."""
    owner_id = user.organisation_id
    run = run_of(owner_id, month)
    ticks = {
        tick.step: tick for tick in CheckTick.objects.filter(owner=owner_id, month=month).select_related("done_by")
    }
    drafts = [] if run is None else list(_invoices(run))
    made = [_sources(user, month), _coherence(month, drafts), _costs(drafts), _dry(run), _issue(run), _send(run)]
    for step in made:
        step.tick = ticks.get(step.slug)
        step.more = max(len(step.rows) - SHOWN, 0)
        step.rows = step.rows[:SHOWN]
    return made


def _invoices(run: Run) -> Any:
    rows = run.invoices.exclude(state=Invoice.State.EXCLUDED).select_related("customer")
    return rows.defer("document").order_by("-net")


def _step(slug: str) -> Step:
    return Step(slug, LABELS[slug])


def _sources(user: Any, month: dt.date) -> Step:
    """Last day with calls of each source: what came by streams and by files in the month, or the month before."""
    step, last = _step("sources"), month_end(month)
    days = UsageDay.objects.filter(
        batch__state=UsageBatch.State.READY, day__lte=last, day__gte=month - dt.timedelta(days=62)
    )
    found: dict[str, dt.date] = {}
    for key, name, owner, day in (
        visible_to(user, days)
        .values_list("batch__replay_key", "batch__name", "batch__owner__name")
        .annotate(last=Max("day"))
        .values_list("batch__replay_key", "batch__name", "batch__owner__name", "last")
    ):
        # A file holds a week or a day: only all the files of an operator together reach the end of a month.
        is_stream = key.startswith("stream:")
        label = name if is_stream else _("files of calls of %(owner)s") % {"owner": owner or _("the house")}
        if is_stream or day >= month:
            found[label] = max(found.get(label, day), day)
    for label, day in sorted(found.items(), key=lambda row: row[1]):
        if day < last:
            missing = (last - day).days
            step.rows.append(
                (
                    label,
                    registry.url("usage.call"),
                    ngettext(
                        "last call on %(day)s: %(n)d day is missing",
                        "last call on %(day)s: %(n)d days are missing",
                        missing,
                    )
                    % {"day": formats.day(day), "n": missing},
                    "bad" if missing > 1 else "warn",
                )
            )
    step.tone = "warn" if step.rows else ("ok" if found else "bad")
    step.text = _("%(n)d sources have calls this month.") % {"n": len(found)} if found else _("No call this month.")
    return step


def _coherence(month: dt.date, drafts: list[Invoice]) -> Step:
    step = _step("coherence")
    if not drafts:
        step.text = _("Compute the draft run first.")
        return step
    history = history_of([one.customer_id for one in drafts], month)
    for one in drafts:
        known = [row.net for row in history.get(one.customer_id, []) if row.net]
        if len(known) < SHARE:
            continue
        usual, now = int(median(known)), one.sign * one.net
        if now * SHARE < usual or now > usual * SHARE:
            step.rows.append(
                (
                    one.customer.name,
                    registry.object_url(one),
                    _("%(now)s, usually %(usual)s") % {"now": formats.money(now), "usual": formats.money(usual)},
                    "warn",
                )
            )
    step.tone = "warn" if step.rows else "ok"
    step.text = _("%(n)d customers compared with their median of twelve months.") % {"n": len(drafts)}
    return step


def _costs(drafts: list[Invoice]) -> Step:
    step = _step("costs")
    if not drafts:
        step.text = _("Compute the draft run first.")
        return step
    for one in drafts:
        lacks = [
            word for word, amount in ((_("no communication"), one.communications or one.calls), (_("no subscription"), one.subscriptions)) if not amount
        ]  # fmt: skip
        if lacks:
            step.rows.append((one.customer.name, registry.object_url(one), ", ".join(lacks), "warn"))
    step.tone = "warn" if step.rows else "ok"
    step.text = _("%(n)d invoices read.") % {"n": len(drafts)}
    return step


def _dry(run: Run | None) -> Step:
    step = _step("dry_run")
    if run is None:
        step.text, step.urls = (
            _("No run for this month yet."),
            [(registry.url("billing.new-run"), _("Prepare the run"))],
        )
        return step
    step.urls = [(registry.object_url(run), run.name)]
    for finding in run.findings:
        url = _finding_url(finding, run)
        step.rows.append(
            (finding["name"], url, anomalies.sentence_of(finding), anomalies.TONES.get(finding["code"], "new"))
        )
    step.tone = "warn" if step.rows else "ok"
    step.text = _("%(n)d invoices, %(parked)d customers parked, %(net)s excl. VAT.") % {
        "n": run.invoices_count, "parked": run.parked_count, "net": formats.money(run.net),
    }  # fmt: skip
    return step


def _finding_url(finding: dict[str, Any], run: Run) -> str:
    if finding["invoice"]:
        return registry.url("billing.invoice", "detail", pk=finding["invoice"])
    return registry.url("customers.customer", "detail", pk=finding["customer"])


def _issue(run: Run | None) -> Step:
    step = _step("issue")
    if run is None:
        return step
    issued = run.invoices.filter(state=Invoice.State.ISSUED)
    count, left = issued.count(), run.invoices.filter(state=Invoice.State.DRAFT).count()
    step.tone = "ok" if count and not left else "wait"
    first = issued.order_by("number").values_list("number", flat=True).first()
    last = issued.order_by("-number").values_list("number", flat=True).first()
    step.text = (
        _("%(n)d issued, from %(first)s to %(last)s.") % {"n": count, "first": first, "last": last}
        if count
        else _("None is issued yet.")
    )
    if run.problem:
        step.rows, step.tone = [(run.name, registry.object_url(run), run.problem, "bad")], "bad"
    return step


def _send(run: Run | None) -> Step:
    step = _step("send")
    if run is None or not _senders:
        step.text = _("Sending follows the issue.")
        return step
    told = _senders[0](run)
    if not (told.sent or told.by_hand or told.waiting or told.troubles):
        step.text = _("Sending follows the issue.")
        return step
    step.rows = [(name, url, why, "bad") for name, url, why in told.troubles]
    step.tone = "bad" if told.troubles else ("wait" if told.waiting else "ok")
    step.text = _("%(sent)d sent, %(by_hand)d to hand over yourself, %(waiting)d waiting, %(failed)d held back.") % {
        "sent": told.sent, "by_hand": told.by_hand, "waiting": told.waiting, "failed": len(told.troubles),
    }  # fmt: skip
    return step


def title(month: dt.date) -> str:
    """“Control of October 2026”."""
    return str(_("Control of %(month)s") % {"month": month_name(month)})
