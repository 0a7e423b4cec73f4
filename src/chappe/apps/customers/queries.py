"""Reads on customers that other apps share: who is above whom, who holds what, who asked for the digits, which brand."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from chappe.apps.customers.models import Assignment, Brand, Customer, DetailConsent, Line


def held_between(customer: Customer, first: dt.date, last: dt.date) -> QuerySet[Assignment]:
    """Assignments of a customer that touch a period (both days included), by line and day."""
    rows = Assignment.objects.filter(customer=customer, starts_on__lte=last)
    return rows.filter(Q(ends_on=None) | Q(ends_on__gte=first)).select_related("line", "cost_centre")


def lines_on(customer: Customer, day: dt.date) -> QuerySet[Line]:
    """Lines that a customer holds on a day."""
    return Line.objects.filter(pk__in=held_between(customer, day, day).values("line"))


def family(customer: Customer) -> list[Customer]:
    """The customer and everything that belongs to it, parents before children; one query a level."""
    found, level = [customer], [customer]
    while level:
        level = list(Customer.objects.filter(parent__in=[row.pk for row in level]).order_by("name"))
        found += [row for row in level if row.pk not in {known.pk for known in found}]
    return found


def brand_of(customer: Customer) -> Brand | None:
    """Its brand, that of the nearest customer above it, else its owner's usual one, else the house's."""
    row: Customer | None = customer
    seen: set[int] = set()
    while row is not None and row.pk not in seen:
        if row.brand_id is not None:
            return row.brand
        seen.add(row.pk)
        row = row.parent
    usual = Brand.objects.filter(is_default=True).filter(Q(owner=customer.owner_id) | Q(owner=None))
    return max(usual, key=lambda brand: brand.owner_id is not None, default=None)


def digits_asked(customers: Iterable[int], day: dt.date) -> set[tuple[int, int | None]]:
    """(customer, line) pairs whose last digits may be shown on ``day``; line None: all the lines of that customer."""
    rows = DetailConsent.objects.filter(customer__in=list(customers), asked_on__lte=day)
    rows = rows.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=day))
    return set(rows.values_list("customer", "line"))


def digits_shown(customer_id: int, line_id: int | None, day: dt.date) -> bool:
    """Whether the holder of this line expressly asked for the last digits."""
    asked = digits_asked([customer_id], day)
    return (customer_id, None) in asked or (line_id is not None and (customer_id, line_id) in asked)
