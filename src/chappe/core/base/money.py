"""Money as an integer of 10⁻⁹ of the currency ("nano"), and plain decimals in and out. No float, ever."""

import re
from decimal import ROUND_HALF_UP, Decimal

NANO = 1_000_000_000
MAX_NANO = 2**62  # a sum of two stays inside 64 bits
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)


def exact(text: str) -> tuple[int, int]:
    """``"0.0125"`` → ``(125, 4)``: the digits as an integer and how many of them stand after the point.

    Accepts a decimal comma. Raises ValueError for anything that is not a plain decimal (no exponent, no
    "nan", no spaces inside) or that has more than 30 digits.
    """
    plain = text.strip().replace(",", ".", 1)
    if not _DECIMAL.match(plain) or len(plain) > 32:
        raise ValueError(text)
    whole, _, part = plain.partition(".")
    part = part.rstrip("0")
    return int(whole + part) if whole + part not in {"", "-", "+"} else 0, len(part)


def to_nano(text: str) -> int:
    """Exact nano amount of a plain decimal. Raises ValueError when it has more than nine decimals."""
    digits, scale = exact(text)
    if scale > 9:
        raise ValueError(text)
    nano = digits * int(10 ** (9 - scale))
    if abs(nano) >= MAX_NANO:
        raise ValueError(text)
    return nano


def plain(nano: int) -> str:
    """``1_250_000_000`` → ``"1.25"``: full precision, no exponent, no trailing zero."""
    sign = "-" if nano < 0 else ""
    whole, part = divmod(abs(nano), NANO)
    return f"{sign}{whole}.{part:09d}".rstrip("0").rstrip(".")


def rounded(nano: int, decimals: int) -> Decimal:
    """``nano`` as a Decimal with ``decimals`` places, halves away from zero: for display, not for sums."""
    return (Decimal(nano) / NANO).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
