"""What a rule may count, the unit of its thresholds and the words for both. Data only.

Counters follow the usual five of fraud detection on switches (calls per minute, length, total, at once, in a row), and those that
only a bill can tell: a new country, a day dearer than usual, a cap about to be reached.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NANO = 1_000_000_000


class Counter(models.TextChoices):
    """What is counted."""

    CALLS = "calls", _("Number of calls")
    MINUTES = "minutes", _("Minutes of calls")
    DURATION = "duration", _("Length of a call")
    CONCURRENT = "concurrent", _("Calls at the same time")
    SEQUENTIAL = "sequential", _("Calls in a row to the same number")
    SHORT = "short", _("Burst of short calls")
    COUNTRY = "country", _("Country never called before")
    SPREAD = "spread", _("Same range called by several customers")
    LISTED = "listed", _("Calls to a risky prefix of the list")
    COST = "cost", _("Cost of a day against its usual")
    SPEND = "spend", _("Spend cap, with forecast")


class Unit(models.TextChoices):
    """Thresholds are written in it; ``SCALES`` gives what one is in the whole numbers that are compared."""

    CALLS = "calls", _("calls")
    MINUTES = "minutes", pgettext_lazy("a unit", "minutes")
    CUSTOMERS = "customers", _("customers")
    TIMES = "times", _("times the usual")
    PERCENT = "percent", _("% of the cap")


SCALES: dict[str, int] = {
    Unit.CALLS: 1, Unit.MINUTES: 60, Unit.CUSTOMERS: 1, Unit.TIMES: 1000, Unit.PERCENT: 10,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a counter uses of a rule. ``windowed``: its window counts; ``amount``: needs an amount; ``past``: looks back days."""

    unit: str
    windowed: bool = False
    amount: bool = False
    past: bool = False


NEEDS: dict[str, Needs] = {
    Counter.CALLS: Needs(unit=Unit.CALLS, windowed=True),
    Counter.MINUTES: Needs(unit=Unit.MINUTES, windowed=True),
    Counter.DURATION: Needs(unit=Unit.MINUTES),
    Counter.CONCURRENT: Needs(unit=Unit.CALLS),
    Counter.SEQUENTIAL: Needs(unit=Unit.CALLS, windowed=True),
    Counter.SHORT: Needs(unit=Unit.CALLS, windowed=True),
    Counter.COUNTRY: Needs(unit=Unit.CALLS, past=True),
    Counter.SPREAD: Needs(unit=Unit.CUSTOMERS, windowed=True),
    Counter.LISTED: Needs(unit=Unit.CALLS, windowed=True),
    Counter.COST: Needs(unit=Unit.TIMES, amount=True, past=True),
    Counter.SPEND: Needs(unit=Unit.PERCENT, amount=True),
}


def base(unit: str, threshold: Decimal | None) -> int | None:
    """A threshold as the whole number that is compared: seconds, calls, thousandths; None when there is none."""
    return None if threshold is None else int((threshold * SCALES[unit]).to_integral_value())


def written(unit: str, value: int) -> Decimal:
    """The way back: 5400 seconds are 90 minutes."""
    return Decimal(value) / SCALES[unit]


def unit_label(unit: str) -> Any:
    """The word of a unit."""
    return Unit(unit).label
