"""Money received for an invoice, shared over its rates of VAT: what the status 212 tells and what e-reporting sums.

VAT on services falls due on payment (CGI 269, 2, c), so the tax office wants each encashment with its amounts by rate;
not when the seller opted for débits, on goods, under the reverse charge or where there is no VAT.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chappe.core.billing.document import CENT, CREDIT_NOTE, Document, VatRow


@dataclass(frozen=True, slots=True)
class Share:
    """What of an amount (nano, VAT included, signed) belongs to a rate."""

    rate: str
    amount: int


@dataclass(frozen=True, slots=True)
class Collected:
    """One encashment of an invoice, or the undoing of one (negative). ``key``: the same fact once."""

    key: str
    day: dt.date
    shares: tuple[Share, ...]

    @property
    def amount(self) -> int:
        return sum(share.amount for share in self.shares)

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data."""
        shares = [{"rate": share.rate, "amount_nano": share.amount} for share in self.shares]
        return {"key": self.key, "day": self.day.isoformat(), "shares": shares}


def collected_from(data: dict[str, Any]) -> Collected:
    """Back from :meth:`Collected.as_data`. Raises KeyError or ValueError for anything else."""
    shares = tuple(Share(str(row["rate"]), int(row["amount_nano"])) for row in data["shares"])
    return Collected(str(data["key"]), dt.date.fromisoformat(data["day"]), shares)


@dataclass(frozen=True, slots=True)
class Part:
    """The goods or the services of one row of VAT."""

    is_goods: bool
    row: VatRow

    @property
    def gross(self) -> int:
        return self.row.base + self.row.tax


def parts(document: Document) -> Iterator[Part]:
    """Rows of VAT, cut in goods and services where the invoice has both; the two halves add up to the row."""
    for row in document.vat:
        base = _goods(document, row)
        tax = cents(Decimal(row.tax) * base / row.base) if row.base else 0
        if base:
            yield Part(True, _of(row, base, tax))
        if base != row.base or not base:
            yield Part(False, _of(row, row.base - base, row.tax - tax))


def _goods(document: Document, row: VatRow) -> int:
    category = document.frame[:1]
    if category == "M":
        rows = [line for line in document.lines if (line.vat_category, line.vat_rate) == (row.category, row.rate)]
        return sum(line.net for line in rows if line.is_goods)
    return row.base if category == "B" else 0


def _of(row: VatRow, base: int, tax: int) -> VatRow:
    return VatRow(row.category, row.rate, base, tax, row.reason, row.reason_code)


def is_wanted(document: Document) -> bool:
    """Whether the tax office wants the encashments of a document: taxed services whose VAT falls due on payment."""
    if document.kind == CREDIT_NOTE or document.gross <= 0 or document.vat_on_debits:
        return False
    return any(part.row.category == "S" and not part.is_goods for part in parts(document))


def shares(document: Document, amount: int, before: int = 0) -> tuple[Share, ...]:
    """``amount`` by rate, when ``before`` had been received already: so shared, what pays an invoice whole in several
    times gives the very amounts of its rows of VAT. The shares add up to ``amount``. Raises ValueError for a total of nothing.
    """
    if document.gross <= 0:
        raise ValueError("nothing to share")
    earlier, now = _spread(document, before), _spread(document, before + amount)
    return tuple(Share(rate, now[rate] - earlier[rate]) for rate in now if now[rate] != earlier[rate])


def _spread(document: Document, amount: int) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in document.vat:
        totals[row.rate] = totals.get(row.rate, 0) + row.base + row.tax
    spread = {rate: cents(Decimal(amount) * whole / document.gross) for rate, whole in totals.items()}
    if spread:
        last = list(spread)[-1]
        spread[last] += amount - sum(spread.values())  # what rounding leaves
    return spread


def cents(amount: Decimal) -> int:
    """Nano to whole cents, halves away from zero."""
    return int((amount / CENT).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * CENT
