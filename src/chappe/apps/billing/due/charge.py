"""One amount due, before anything is subtracted or rounded; and the facts of a run that every reader of dues shares."""

import datetime as dt
from dataclasses import dataclass
from dataclasses import field as of
from fractions import Fraction
from typing import Any

from chappe.apps.customers.models import Customer
from chappe.core.billing.periods import add_months, month_end


@dataclass(slots=True)
class Due:
    """``exact`` nano due for ``key`` of a customer, whatever was billed. ``month`` is that of the run that bills it first.

    ``quantity`` and ``price`` tell how the amount is made when nothing of it was billed yet.
    """

    key: str
    month: dt.date
    label: str
    section: str
    exact: Fraction
    until: dt.date  # end of what the key covers
    quantity: Fraction = Fraction(1)
    unit: str = "C62"
    price: int | None = None
    nature: str = "retail"
    rate_class: str = "standard"
    period_from: dt.date | None = None
    period_to: dt.date | None = None
    line_number: str = ""
    product_id: int | None = None
    calls: int = 0
    seconds: int = 0
    note: str = ""
    family: str = ""  # of communications
    params: dict[str, Any] = of(default_factory=dict)


@dataclass(slots=True)
class Trouble:
    """Why a customer is parked: a code of parking.SENTENCES, or of the remarks on customers."""

    code: str
    params: dict[str, Any] = of(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """Months of a run: ``first`` … ``month``. Late calls and corrections are looked for in the earlier ones."""

    month: dt.date
    lookback: int

    @property
    def first(self) -> dt.date:
        return add_months(self.month, -self.lookback)

    @property
    def last_day(self) -> dt.date:
        return month_end(self.month)

    @property
    def months(self) -> list[dt.date]:
        """Earliest first."""
        return [add_months(self.month, -back) for back in range(self.lookback, -1, -1)]

    @property
    def advance_until(self) -> dt.date:
        """A period paid in advance is billed with the run of the month before it begins."""
        return month_end(add_months(self.month, 1))


def is_wholesale(customer: Customer) -> bool:
    """Whether what this customer consumes is sold for resale."""
    return customer.kind == Customer.Kind.OPERATOR and customer.reseller
