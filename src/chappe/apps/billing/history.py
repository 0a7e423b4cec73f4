"""The twelve months before: what each customer was invoiced, for charts, for coherence and for what changed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from chappe.apps.billing.models import Invoice
from chappe.core.billing.document import Month
from chappe.core.billing.periods import add_months

MONTHS = 12


def history_of(customer_ids: Sequence[int], month: dt.date, months: int = MONTHS) -> dict[int, list[Month]]:
    """Issued amounts excl. VAT of the ``months`` before ``month``, credit notes taken off, months without an invoice at zero.

    Nothing for a customer who was never invoiced in them.
    """
    sums: dict[int, dict[dt.date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    first = add_months(month, -months)
    rows = Invoice.objects.filter(
        customer__in=list(customer_ids), state=Invoice.State.ISSUED, month__gte=first, month__lt=month
    )
    rows = rows.exclude(amended_by__kind=Invoice.Kind.CORRECTED, amended_by__state=Invoice.State.ISSUED)
    for customer, at, kind, net, calls, seconds in rows.values_list(
        "customer_id", "month", "kind", "net", "calls", "seconds"
    ):
        held = sums[customer][at]
        held[0] += -net if kind == Invoice.Kind.CREDIT_NOTE else net
        held[1] += calls
        held[2] += seconds
    every = [add_months(month, -back) for back in range(months, 0, -1)]
    return {
        customer: [Month(f"{at:%Y-%m}", *by_month.get(at, [0, 0, 0])) for at in every]
        for customer, by_month in sums.items()
    }
