"""The dues of one part of the customers of a run, all kinds together: purchases, communications, discounts, minimums."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as of
from fractions import Fraction
from typing import Any

from django.utils import translation

from chappe.apps.billing.due.calls import CallsOfMonth, Reader
from chappe.apps.billing.due.charge import Due, Trouble, Window, is_wholesale
from chappe.apps.billing.due.extras import Extras
from chappe.apps.billing.due.grants import grants_of
from chappe.apps.billing.due.purchases import PurchasesDue
from chappe.apps.billing.kinds import LABELS, ORDER, THIRD_PARTY
from chappe.apps.billing.words import calls_and_time, month_name
from chappe.apps.customers.models import Customer
from chappe.core.billing.periods import month_end


@dataclass(slots=True)
class Gathered:
    """Of one customer: what is due, why it may be parked, and the calls that this run bills."""

    customer: Customer
    dues: list[Due] = of(default_factory=list)
    troubles: list[Trouble] = of(default_factory=list)
    groups: list[dict[str, Any]] = of(default_factory=list)
    detail: list[dict[str, Any]] = of(default_factory=list)
    listed: int = 0


def gather(
    reader: Reader, customers: Sequence[Customer], window: Window, months: Sequence[dt.date], part: int
) -> dict[int, Gathered]:
    """Everything due from ``customers`` (rising pk). ``months``: those in which some of them have, or had, calls."""
    ids = [customer.pk for customer in customers]
    found = {customer.pk: Gathered(customer) for customer in customers}
    purchases = PurchasesDue(customers, window)
    for customer, dues in purchases.all().items():
        found[customer].dues += dues
    for customer, troubles in purchases.troubles.items():
        found[customer].troubles += troubles
    for month in months:
        calls = reader.month(month, ids, grants_of(purchases, month), part)
        _communications(found, calls, window)
    extras = Extras(ids, window)
    for customer, one in found.items():
        extras.add(customer, one.dues)
    return found


def _communications(found: dict[int, Gathered], calls: CallsOfMonth, window: Window) -> None:
    for customer, rows in calls.charges.items():
        one = found[customer]
        with translation.override(one.customer.language):
            for row in sorted(rows, key=lambda row: ORDER[row["family"]]):
                one.dues += _dues_of(one.customer, row, calls.month, window)
    for customer, rows in calls.groups.items():
        found[customer].groups += rows
    for customer, rows in calls.detail.items():
        found[customer].detail += rows
    for customer, count in calls.listed.items():
        found[customer].listed += count


def _dues_of(customer: Customer, row: dict[str, Any], month: dt.date, window: Window) -> list[Due]:
    """One due for the communications of a family, one for the services of third parties behind them."""
    family, is_late = row["family"], month < window.month
    common: dict[str, Any] = {
        "month": month,
        "until": month_end(month),
        "period_from": month,
        "period_to": month_end(month),
        "note": calls_and_time(row["calls"], row["seconds"]),
        "calls": row["calls"],
        "seconds": row["seconds"],
        "family": family,
        "params": {"free": row["free"], "late": is_late},
    }
    late = f" ({month_name(month)})" if is_late else ""
    dues = [
        Due(
            key=f"calls:{month:%Y-%m}:{family}",
            label=f"{LABELS[family]}{late}",
            section="communications",
            exact=Fraction(int(row["due_c"])),
            nature="wholesale" if is_wholesale(customer) else "retail",
            **common,
        )
    ]
    if row["part_s"]:
        dues.append(
            Due(
                key=f"service:{month:%Y-%m}:{family}",
                label=f"{THIRD_PARTY}{late}",
                section="third_party",
                exact=Fraction(int(row["part_s"])),
                nature="other",
                **(common | {"calls": row["calls_s"], "family": ""}),
            )
        )
    return dues


def months_with_calls(counts: dict[dt.date, dict[int, tuple[int, int]]]) -> dict[int, int]:
    """Calls of each customer over the window: what parts are cut by."""
    sums: dict[int, int] = defaultdict(int)
    for by_customer in counts.values():
        for customer, (calls, _unrated) in by_customer.items():
            sums[customer] += calls
    return sums
