"""What depends on the other dues of a month: discounts and minimum commitments, each with a line of its own."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from chappe.apps.billing.due.charge import Due, Window
from chappe.apps.billing.due.purchases import active_between
from chappe.apps.billing.models import Commitment, Discount
from chappe.core.billing.charges import discount, shortfall
from chappe.core.billing.periods import month_end

THIRD_PARTY = "third_party"


class Extras:
    """Discounts and commitments of some customers, read once."""

    def __init__(self, customer_ids: Sequence[int], window: Window) -> None:
        self.window = window
        self.discounts: dict[int, list[Discount]] = defaultdict(list)
        self.commitments: dict[int, list[Commitment]] = defaultdict(list)
        for model, into in ((Discount, self.discounts), (Commitment, self.commitments)):
            rows = model.objects.filter(customer__in=list(customer_ids)).order_by("pk")
            for row in active_between(rows, window.first, window.last_day):
                into[row.customer_id].append(row)

    def add(self, customer_id: int, dues: list[Due]) -> None:
        """Append to the dues of a customer its discounts, then what its commitments lack."""
        if customer_id not in self.discounts and customer_id not in self.commitments:
            return
        for month in self.window.months:
            own = [due for due in dues if due.month == month]
            for row in self.discounts.get(customer_id, ()):
                if _stands(row, month):
                    dues += (made := _discount(row, month, own))
                    own += made
            for minimum in self.commitments.get(customer_id, ()):
                if _stands(minimum, month):
                    dues += _commitment(minimum, month, own)


def _stands(row: Discount | Commitment, month: dt.date) -> bool:
    return row.starts_on <= month_end(month) and (row.ends_on is None or row.ends_on >= month)


def _matches(row: Discount, due: Due) -> bool:
    if due.section == THIRD_PARTY and row.section != THIRD_PARTY:
        return False  # collected for somebody else: a discount of ours does not touch it unless it says so
    if due.key.startswith(("discount:", "minimum:")):
        return False
    return {
        Discount.Target.ALL: True,
        Discount.Target.SECTION: due.section == row.section,
        Discount.Target.PRODUCT: due.product_id is not None and due.product_id == row.product_id,
        Discount.Target.CALLS: bool(due.family) and (not row.kinds or due.family in row.kinds),
    }[Discount.Target(row.target)]


def _discount(row: Discount, month: dt.date, dues: Iterable[Due]) -> list[Due]:
    """One due for each nature and rate that the discount touches: it follows the VAT of what it reduces."""
    bases: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for due in dues:
        if _matches(row, due):
            bases[due.nature, due.rate_class, due.section] += due.exact
    whole = sum(bases.values(), Fraction(0))
    taken = discount(whole, percent=row.percent, amount=row.amount)
    if whole <= 0 or taken == 0:
        return []
    return [
        Due(
            key=f"discount:{row.pk}:{month:%Y-%m}:{nature}:{rate_class}:{section}",
            month=month,
            label=row.name,
            section=section,
            exact=-taken * base / whole,
            until=month_end(month),
            nature=nature,
            rate_class=rate_class,
            period_from=month,
            period_to=month_end(month),
        )
        for (nature, rate_class, section), base in sorted(bases.items())
        if base
    ]


def _commitment(row: Commitment, month: dt.date, dues: Iterable[Due]) -> list[Due]:
    counted = sum(
        (due.exact for due in dues if due.section != THIRD_PARTY and (not row.sections or due.section in row.sections)),
        Fraction(0),
    )
    missing = shortfall(counted, row.amount)
    if not missing:
        return []
    return [
        Due(
            key=f"minimum:{row.pk}:{month:%Y-%m}",
            month=month,
            label=row.name,
            section=row.sections[0] if row.sections else "services",
            exact=missing,
            until=month_end(month),
            period_from=month,
            period_to=month_end(month),
        )
    ]
