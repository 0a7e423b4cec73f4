"""Billing is a difference: what is due, minus what issued invoices have billed, posted as lines.

The sum of what was billed for a key is always the due amount rounded once: running a month again changes nothing, a late
call adds its price, a rate that falls or a subscription that ended gives back.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from chappe.apps.billing.documents import vat_told
from chappe.apps.billing.due.charge import Due, Window
from chappe.apps.billing.models import BilledLine, Invoice
from chappe.apps.billing.words import calls_and_time
from chappe.core.billing.amounts import PRICE_DECIMALS, QUANTITY_DECIMALS, cents

MICRO = 10 ** (9 - PRICE_DECIMALS)


@dataclass(slots=True)
class Before:
    """What was billed for a key, and the line that told it last."""

    net: int
    last: BilledLine
    calls: int = 0
    seconds: int = 0


def billed_before(customer_ids: Sequence[int], window: Window) -> dict[int, dict[str, Before]]:
    """By customer and key, over issued invoices, for what the dues of this window also tell."""
    rows = BilledLine.objects.filter(
        customer__in=list(customer_ids),
        invoice__state=Invoice.State.ISSUED,
        invoice__is_rebilled=False,
        is_manual=False,
        is_removed=False,
        until__gte=window.first,
        month__lte=window.month,
    )
    found: dict[int, dict[str, Before]] = defaultdict(dict)
    for line in rows.select_related("invoice").order_by("pk"):
        known = found[line.customer_id].get(line.key)
        if known is None:
            found[line.customer_id][line.key] = Before(line.net, line, line.calls, line.seconds)
        else:
            known.net += line.net
            known.last = line
            known.calls += line.calls
            known.seconds += line.seconds
    return found


def differences(dues: Iterable[Due], before: dict[str, Before]) -> list[BilledLine]:
    """Unsaved lines: new amounts, then corrections of what was billed. The language must be the customer's."""
    lines, seen = [], set()
    for due in dues:
        seen.add(due.key)
        known = before.get(due.key)
        net = cents(due.exact) - (known.net if known else 0)
        if net:
            lines.append(_line(due, net, known))
    for key, known in before.items():
        if key not in seen and known.net:
            lines.append(_given_back(known))
    return lines


def _line(due: Due, net: int, known: Before | None) -> BilledLine:
    line = BilledLine(
        key=due.key,
        label=due.label[:250],
        section=due.section,
        net=net,
        nature=due.nature,
        rate_class=due.rate_class,
        period_from=due.period_from,
        period_to=due.period_to,
        month=due.month,
        until=due.until,
        line_number=due.line_number[:40],
        product_id=due.product_id,
        calls=max(due.calls - (known.calls if known else 0), 0),
        seconds=max(due.seconds - (known.seconds if known else 0), 0),
        note=due.note[:200],
        params=due.params,
        unit=due.unit,
    )
    if known is not None:
        line.note = _adjustment(line, due)[:200]
        line.params = {**due.params, **_vat_of(known, net)}
        _as_one(line)
    elif due.price is None or due.price % MICRO or not _fits(due.quantity):
        _as_one(line)
    else:
        line.quantity, line.price = _decimal(due.quantity), due.price
    return line


def _adjustment(line: BilledLine, due: Due) -> str:
    """Of communications, how many more; of anything else, that it corrects what was billed."""
    if due.family and line.calls:
        return calls_and_time(line.calls, line.seconds)
    return str(_("Adjustment of what was billed"))


def _given_back(known: Before) -> BilledLine:
    """The whole of a key that is no longer due."""
    last = known.last
    line = BilledLine(
        key=last.key,
        label=last.label,
        section=last.section,
        net=-known.net,
        nature=last.nature,
        rate_class=last.rate_class,
        period_from=last.period_from,
        period_to=last.period_to,
        month=last.month,
        until=last.until,
        line_number=last.line_number,
        product_id=last.product_id,
        note=_("No longer due: given back"),
        params=_vat_of(known, -known.net),
    )
    _as_one(line)
    return line


def _vat_of(known: Before, net: int) -> dict[str, list[str]]:
    """What is given back has the VAT it was billed with; what is added, that of its day."""
    told = vat_told(known.last.invoice.read_document(), known.last) if net < 0 else []
    return {"vat": told} if told else {}


def _as_one(line: BilledLine) -> None:
    """One unit at the amount: negative quantity when it gives back, since a price is never negative (EN 16931)."""
    line.quantity, line.price, line.unit = Decimal(1 if line.net >= 0 else -1), abs(line.net), "C62"


def _fits(quantity: Fraction) -> bool:
    return (quantity * 10**QUANTITY_DECIMALS).denominator == 1


def _decimal(quantity: Fraction) -> Decimal:
    return Decimal(quantity.numerator) / Decimal(quantity.denominator)


def months_of(lines: Iterable[BilledLine]) -> tuple[dt.date | None, dt.date | None]:
    """First and last day that the lines cover."""
    firsts = [line.period_from for line in lines if line.period_from]
    lasts = [line.period_to for line in lines if line.period_to]
    return min(firsts, default=None), max(lasts, default=None)
