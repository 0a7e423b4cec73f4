"""Rows of the customers app for the contract tests, and the usual ones for tests of apps above."""

import datetime as dt
import itertools
from typing import Any

from chappe.apps.customers.models import (
    Assignment,
    Brand,
    CostCentre,
    Customer,
    DetailConsent,
    Line,
)

_serial = itertools.count(1)
START = dt.date(2026, 1, 1)


def brand(owner: Any, mark: str) -> Brand:
    return Brand.objects.create(owner=owner, slug=mark, name=mark)


def customer(owner: Any, mark: str, **more: Any) -> Customer:
    made = Customer(owner=owner, number=f"T{next(_serial):06d}", name=mark, **more)
    made.full_clean()
    made.save()
    return made


def cost_centre(owner: Any, mark: str) -> CostCentre:
    return CostCentre.objects.create(customer=customer(owner, mark), code=mark)


def line(owner: Any, mark: str, **more: Any) -> Line:
    values = {"number": f"{next(_serial):010d}", "user_name": mark} | more
    return Line.objects.create(owner=owner, **values)


def assignment(owner: Any, mark: str, **more: Any) -> Assignment:
    values = {"starts_on": START} | more
    values.setdefault("customer", customer(owner, mark) if "customer" not in more else None)
    values.setdefault("line", line(owner, mark) if "line" not in more else None)
    return Assignment.objects.create(**values)


def consent(owner: Any, mark: str) -> DetailConsent:
    return DetailConsent.objects.create(customer=customer(owner, mark), asked_by=mark, asked_on=START)


FACTORIES = {
    Assignment: assignment,
    Brand: brand,
    CostCentre: cost_centre,
    Customer: customer,
    DetailConsent: consent,
    Line: line,
}
