"""What a quantity costs: one small function a model, behind one map; discounts and minimum commitments.

Prices are nano for one unit; the answers are exact fractions of nano, which only the line rounds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from chappe.core.base.money import to_nano


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to ``up_to`` (included; None: without limit) at ``price`` each, plus ``flat`` when the tier is reached."""

    up_to: Fraction | None
    price: int
    flat: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the price, for whoever asks why."""

    quantity: Fraction
    price: int
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Charged:
    """``total`` is the sum of the parts."""

    total: Fraction
    parts: tuple[Part, ...]


def tiers_from(data: Sequence[Mapping[str, Any]]) -> tuple[Tier, ...]:
    """Tiers from ``[{"up_to": "10", "price": "2.5", "flat": "0"}, …, {"up_to": null, "price": "2"}]``, in order.

    Raises ValueError when there is none, when a bound does not rise, or when the last tier has one.
    """
    made = tuple(
        Tier(
            None if row.get("up_to") in {None, ""} else Fraction(str(row["up_to"])),
            to_nano(str(row.get("price") or "0")),
            to_nano(str(row.get("flat") or "0")),
        )
        for row in data
    )
    bounds = [tier.up_to for tier in made]
    if not made or bounds[-1] is not None or None in bounds[:-1]:
        raise ValueError("tiers")
    known = [bound for bound in bounds if bound is not None]
    if any(bound <= 0 for bound in known) or any(b <= a for a, b in pairwise(known)):
        raise ValueError("tiers")
    return made


def charge(model: str, quantity: Decimal | Fraction | int, price: int, tiers: Sequence[Tier] = ()) -> Charged:
    """Price of ``quantity`` units. Raises KeyError for an unknown model, ValueError for a model without its tiers."""
    return MODELS[model](Fraction(quantity), price, tiers)


def _charged(*parts: Part) -> Charged:
    return Charged(sum((part.amount for part in parts), Fraction(0)), parts)


def _unit(quantity: Fraction, price: int, _tiers: Sequence[Tier]) -> Charged:
    return _charged(Part(quantity, price, quantity * price))


def _graduated(quantity: Fraction, _price: int, tiers: Sequence[Tier]) -> Charged:
    """Each unit at the price of its own tier."""
    _need(tiers)
    parts, below = [], Fraction(0)
    for tier in tiers:
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        if top <= below:
            break
        parts.append(Part(top - below, tier.price, (top - below) * tier.price + tier.flat))
        below = top
    return _charged(*parts)


def _volume(quantity: Fraction, _price: int, tiers: Sequence[Tier]) -> Charged:
    """All units at the price of the tier that the quantity reaches."""
    _need(tiers)
    tier = next(row for row in tiers if row.up_to is None or quantity <= row.up_to)
    return _charged(Part(quantity, tier.price, quantity * tier.price + tier.flat))


def _package(quantity: Fraction, price: int, tiers: Sequence[Tier]) -> Charged:
    """Packages of as many units as the first tier says; each package begun is paid ``price``."""
    _need(tiers)
    size = tiers[0].up_to or Fraction(1)
    count = Fraction(-(-quantity // size))
    return _charged(Part(count, price, count * price))


def _need(tiers: Sequence[Tier]) -> None:
    if not tiers:
        raise ValueError("tiers")


#: The charge models, by the name that prices carry.
MODELS: dict[str, Callable[[Fraction, int, Sequence[Tier]], Charged]] = {
    "unit": _unit,
    "graduated": _graduated,
    "volume": _volume,
    "package": _package,
}


def discount(base: Fraction | int, *, percent: Decimal | None = None, amount: int | None = None) -> Fraction:
    """What is taken off ``base``: a percentage, or an amount that never exceeds it. Positive; 0 for a base of nothing."""
    positive = max(Fraction(base), Fraction(0))
    if percent is not None:
        return positive * Fraction(percent) / 100
    return min(Fraction(amount or 0), positive)


def shortfall(counted: Fraction | int, minimum: int) -> Fraction:
    """What is missing for ``counted`` to reach the minimum commitment."""
    return max(Fraction(minimum) - Fraction(counted), Fraction(0))
