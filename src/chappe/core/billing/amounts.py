"""Exact amounts: fractions of nano until the line, whole cents from there on. Rounding is here and nowhere else."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from chappe.core.billing.document import CENT

PRICE_DECIMALS = 6  # BR-FR-DEC: unit price 6 decimals, quantity 4, amounts 2
QUANTITY_DECIMALS = 4


def cents(nano: Fraction | int) -> int:
    """``nano`` rounded once to the cent, halves away from zero; the answer is nano, a multiple of CENT.

    >>> cents(12_344_999), cents(12_345_000_000 // 1000 * 1000 + 5_000_000)
    (10000000, 12350000000)
    """
    whole = Fraction(nano) / CENT
    size = (abs(whole) * 2 + 1) // 2
    return int(size if whole >= 0 else -size) * CENT


def share(total: int, part: int, whole: int) -> int:
    """``total × part ÷ whole`` in nano, halves away from zero. ``whole`` positive; exact for 64-bit amounts."""
    product = total * part
    size = (abs(product) * 2 + whole) // (whole * 2)
    return size if product >= 0 else -size


def spread(total: int, weights: Iterable[int]) -> list[int]:
    """``total`` (whole cents) split by weights, the cents left over going to the largest remainders: the parts sum up.

    Weights are never negative; when all are zero the first takes everything.
    """
    given = list(weights)
    if not given:
        return []
    whole = sum(given)
    if whole == 0:
        return [total, *[0] * (len(given) - 1)]
    sign, units = (-1 if total < 0 else 1), abs(total) // CENT
    parts = [units * weight // whole for weight in given]
    remainders = [units * weight % whole for weight in given]
    left = units - sum(parts)
    for index in sorted(range(len(given)), key=lambda row: (-remainders[row], row))[:left]:
        parts[index] += 1
    return [sign * part * CENT for part in parts]


def quantity_text(value: Decimal | Fraction | int) -> str:
    """A quantity as the line carries it: at most 4 decimals, no trailing zero."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{Decimal(value):.{QUANTITY_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0", "-"} else text
