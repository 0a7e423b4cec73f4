"""What purchases are due: one-off and recurring, pro-rated, for many customers in four queries."""

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.db.models import Q

from chappe.apps.billing.due.charge import Due, Trouble, Window
from chappe.apps.billing.models import ProductPrice, Purchase
from chappe.apps.customers.models import Assignment, Customer
from chappe.core.billing.charges import charge, tiers_from
from chappe.core.billing.periods import FOREVER, Period, add_months, due_share, periods

UNITS = {"once": "C62", "month": "MON", "quarter": "C62", "year": "ANN"}


class Prices:
    """Prices of products by day."""

    def __init__(self, product_ids: set[int]) -> None:
        self._days: dict[int, list[dt.date]] = defaultdict(list)
        self._rows: dict[int, list[ProductPrice]] = defaultdict(list)
        for price in ProductPrice.objects.filter(product__in=product_ids).order_by("product_id", "starts_on"):
            self._days[price.product_id].append(price.starts_on)
            self._rows[price.product_id].append(price)

    def on(self, product_id: int, day: dt.date) -> ProductPrice | None:
        """The price in force that day."""
        place = bisect_right(self._days[product_id], day)
        return self._rows[product_id][place - 1] if place else None


class Holdings:
    """Lines of customers: from when to when each is held."""

    def __init__(self, customer_ids: Sequence[int]) -> None:
        self.of_customer: dict[int, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
        self._ends: dict[tuple[int, int], dt.date] = {}
        rows = Assignment.objects.filter(customer__in=customer_ids)
        for line, customer, starts, ends in rows.values_list("line_id", "customer_id", "starts_on", "ends_on"):
            self.of_customer[customer].append((starts, ends))
            key = customer, line
            self._ends[key] = max(self._ends.get(key, dt.date.min), ends or FOREVER)

    def end(self, customer: int, line: int) -> dt.date | None:
        """Last day on which the customer holds the line; None: without end, or never held (the purchase then decides)."""
        found = self._ends.get((customer, line), FOREVER)
        return None if found == FOREVER else found


class PurchasesDue:
    """Dues of the purchases of some customers; ``troubles`` are those that could not be priced."""

    def __init__(self, customers: Sequence[Customer], window: Window) -> None:
        self.window = window
        self.customers = {customer.pk: customer for customer in customers}
        rows = Purchase.objects.filter(customer__in=self.customers).select_related("product", "line")
        self.rows = list(rows.filter(starts_on__lte=window.advance_until).order_by("pk"))
        self.prices = Prices({row.product_id for row in self.rows})
        self.holdings = Holdings(list(self.customers))
        self.troubles: dict[int, list[Trouble]] = defaultdict(list)

    def all(self) -> dict[int, list[Due]]:
        """Dues by customer."""
        dues: dict[int, list[Due]] = defaultdict(list)
        for row in self.rows:
            for due in self._of(row):
                dues[row.customer_id].append(due)
        return dues

    def end_of(self, row: Purchase) -> dt.date | None:
        """Last day of a purchase: its own, or the end of the line that it follows."""
        ends = row.ends_on
        if row.line_id and row.follows_line:
            held = self.holdings.end(row.customer_id, row.line_id)
            if held is not None:
                ends = held if ends is None else min(ends, held)
        return ends

    def _of(self, row: Purchase) -> list[Due]:
        product, window = row.product, self.window
        if product.period == "once":
            month = row.starts_on.replace(day=1)
            inside = window.first <= month <= window.month and not self._is_elsewhere(row, row.starts_on)
            return self._one(row, Period(row.starts_on, row.starts_on, 1, 1), Fraction(1), month) if inside else []
        ends, until = self.end_of(row), window.advance_until if product.in_advance else window.last_day
        since = window.first
        dues = []
        for period in periods(product.period, product.anchor_day, row.starts_on, until, since):
            month = _billed_with(period, product.in_advance)
            if month > window.month or self._is_elsewhere(row, max(period.first, row.starts_on)):
                continue
            share = due_share(period, row.starts_on, ends, product.prorata)
            if share:
                dues += self._one(row, period, share, month)
        return dues

    @staticmethod
    def _is_elsewhere(row: Purchase, first: dt.date) -> bool:
        return row.bills_from is not None and first < row.bills_from

    def _one(self, row: Purchase, period: Period, share: Fraction, month: dt.date) -> list[Due]:
        quantity = self._quantity(row, period)
        found = self._amount(row, period, quantity)
        if found is None:
            day = max(period.first, row.starts_on)
            self._trouble(row.customer_id, product=row.product.code, day=day.isoformat())
            return []
        customer, product = self.customers[row.customer_id], row.product
        english = customer.language == "en" and product.name_en
        first, last = max(period.first, row.starts_on), min(period.last, self.end_of(row) or FOREVER)
        exact = found * share
        whole = share == 1 and quantity > 0
        return [
            Due(
                key=f"purchase:{row.pk}:{period.first.isoformat()}",
                month=month,
                label=row.label or (product.name_en if english else product.name),
                section=product.section,
                exact=exact,
                until=period.last,
                quantity=quantity if quantity > 0 else Fraction(1),
                unit=UNITS[product.period],
                price=int(found / quantity) if whole and (found / quantity).denominator == 1 else None,
                nature=product.nature,
                rate_class=product.rate_class,
                period_from=first,
                period_to=first if product.period == "once" else last,
                line_number=row.line.number if row.line else "",
                product_id=product.pk,
                params={"share": str(share)},
            )
        ]

    def _trouble(self, customer: int, **params: Any) -> None:
        trouble = Trouble("price_missing", params)
        if trouble not in self.troubles[customer]:
            self.troubles[customer].append(trouble)

    def _quantity(self, row: Purchase, period: Period) -> Fraction:
        if row.counts == Purchase.Counts.FIXED:
            return Fraction(row.quantity)
        held = self.holdings.of_customer[row.customer_id]
        return sum((due_share(period, a, b, row.product.prorata) for a, b in held), Fraction(0)) * Fraction(
            row.quantity
        )

    def _amount(self, row: Purchase, period: Period, quantity: Fraction) -> Fraction | None:
        """Of a whole period, exact; None without a price."""
        if row.price is not None:
            return quantity * row.price
        price = self.prices.on(row.product_id, max(period.first, row.starts_on))
        if price is None:
            return None
        return charge(price.charge, quantity, price.price, tiers_from(price.tiers) if price.tiers else ()).total


def _billed_with(period: Period, in_advance: bool) -> dt.date:
    """First day of the month whose run bills the period first."""
    if in_advance:
        return add_months(period.first.replace(day=1), -1)
    return period.last.replace(day=1)


def active_between(rows: Any, first: dt.date, last: dt.date) -> Any:
    """Dated rows that stand on some day of a span."""
    return rows.filter(starts_on__lte=last).filter(Q(ends_on=None) | Q(ends_on__gte=first))
