"""What is strange in a run, ranked: compared with the month before, and in itself. People look at these first.

A finding is plain data: {"code", "customer", "name", "invoice", "weight", "params"}; its sentence is made when read.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.billing import parking
from chappe.apps.billing.models import BilledLine, Invoice, Parked, Run
from chappe.core.base.money import NANO
from chappe.core.billing.periods import add_months
from chappe.kit.ui import formats

RISE_PERCENT = 50  # a change of more than this …
FLOOR = 20 * NANO  # … and of more than this amount is told
KEPT = 500
SENTENCES = {
    "rise": _("%(now)s instead of %(before)s last month: %(change)s"),
    "fall": _("%(now)s instead of %(before)s last month: %(change)s"),
    "missing": _("Invoiced %(before)s last month, nothing this month"),
    "no_calls": _("No communication, %(before)s last month"),
    "no_subscription": _("No subscription, %(before)s last month"),
    "first": _("First invoice: %(now)s"),
    "credit": _("The total is a credit note of %(now)s"),
    "late_calls": _("%(count)s calls of earlier months"),
    "parked": _("Parked: %(now)s wait"),
}
TONES = {
    "parked": "bad",
    "missing": "bad",
    "no_calls": "warn",
    "no_subscription": "warn",
    "rise": "warn",
    "fall": "warn",
}


def sentence_of(finding: dict[str, Any]) -> str:
    """The finding in the reader's language: amounts in their notation."""
    params = finding["params"]
    told = {
        name: formats.money(value) if name in {"now", "before"} else value
        for name, value in params.items()
        if name != "why"
    }
    if params.get("before"):
        share = (params.get("now", 0) - params["before"]) / params["before"]
        told["change"] = ("+" if share > 0 else "") + formats.percent(share)
    sentence = str(SENTENCES[finding["code"]]) % told
    why = params.get("why")
    return f"{parking.sentence_of(why['code'], why['params'])} {sentence}" if why else sentence


def findings_of(run: Run) -> list[dict[str, Any]]:
    """Heaviest first: the weight is the amount in question."""
    before = amounts(run.owner_id, add_months(run.month, -1))
    found = list(_of_drafts(run, before))
    found.sort(key=lambda finding: -finding["weight"])
    return found[:KEPT]


def amounts(owner_id: int | None, month: dt.date) -> dict[int, dict[str, Any]]:
    """Issued amounts of a month by customer: net, subscriptions, communications, calls."""
    sums: dict[int, dict[str, Any]] = {}
    fields = ("net", "subscriptions", "communications", "calls")
    rows = Invoice.objects.filter(owner=owner_id, state=Invoice.State.ISSUED, month=month)
    for customer, name, kind, *values in rows.values_list("customer_id", "customer__name", "kind", *fields):
        held = sums.setdefault(customer, {**dict.fromkeys(fields, 0), "name": name})
        sign = -1 if kind == Invoice.Kind.CREDIT_NOTE else 1
        for field, value in zip(fields, values, strict=True):
            held[field] += sign * value if field in {"net", "calls"} else value  # parts carry their own sign
    return sums


def _of_drafts(run: Run, before: dict[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = set()
    parked: dict[int, int] = {}
    for row in Parked.objects.filter(run=run).select_related("customer"):
        if row.customer_id not in parked:
            parked[row.customer_id] = row.net
            why = {} if row.sentence_by_hand else {"why": {"code": row.code, "params": row.params}}
            weight = max(abs(row.net), NANO) * 4
            yield _finding("parked", row.customer_id, row.customer.name, None, weight, now=row.net, **why)
    drafts = (
        Invoice.objects.filter(run=run)
        .exclude(state=Invoice.State.EXCLUDED)
        .select_related("customer")
        .defer("document")
    )
    late = _late(run)
    for draft in drafts:
        seen.add(draft.customer_id)
        yield from _of_draft(draft, before.get(draft.customer_id), late.get(draft.customer_id, 0))
    if not run.only.exists():
        for customer, was in before.items():
            if customer not in seen and customer not in parked and was["net"] > 0:
                yield _finding("missing", customer, str(was["name"]), None, was["net"] * 2, before=was["net"])


def _of_draft(draft: Invoice, was: dict[str, Any] | None, late: int) -> Iterator[dict[str, Any]]:
    now = draft.sign * draft.net
    about = draft.customer_id, draft.customer.name, draft.pk
    if draft.sign < 0:
        yield _finding("credit", *about, draft.net * 2, now=draft.net)
    if late:
        yield _finding("late_calls", *about, NANO, count=late)
    if was is None:
        yield _finding("first", *about, abs(now) // 2, now=now)
        return
    moved = abs(now - was["net"])
    if moved > FLOOR and moved * 100 > RISE_PERCENT * abs(was["net"]):
        yield _finding("rise" if now > was["net"] else "fall", *about, moved, now=now, before=was["net"])
    for code, field in (("no_calls", "communications"), ("no_subscription", "subscriptions")):
        if was[field] > 0 and getattr(draft, field) == 0:
            yield _finding(code, *about, was[field], before=was[field])


def _late(run: Run) -> dict[int, int]:
    rows = BilledLine.objects.filter(invoice__run=run, key__startswith="calls:", month__lt=run.month, is_removed=False)
    found: dict[int, int] = {}
    for customer, calls in rows.values_list("customer_id", "calls"):
        found[customer] = found.get(customer, 0) + calls
    return found


def _finding(code: str, customer: int, name: str, invoice: int | None, weight: int, **params: Any) -> dict[str, Any]:
    return {"code": code, "customer": customer, "name": name, "invoice": invoice, "weight": weight, "params": params}
