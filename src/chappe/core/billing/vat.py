"""VAT of a line and of a document, from dated tables (law.py). Sources: billing-and-peers §1.2; EN 16931 BG-23, BR-FR-16.

The tax is counted once for each category and rate on the document, half-up to the cent, and the totals are sums of those
rows. Nothing here knows a rate: a rate or a case that the tables do not have is refused with VatUnknownError.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from chappe.core.billing.amounts import cents
from chappe.core.billing.document import Line, VatRow
from chappe.core.billing.law import holds, in_force, table

ZERO_RATE = "0.00"
GOODS = "goods"


class VatUnknownError(ValueError):
    """No row of the tables fits. ``code`` is "no_rate" or "unproved"; ``what`` says of what."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}")
        self.code, self.what = code, what


@dataclass(frozen=True, slots=True)
class Buyer:
    """What decides the VAT of a customer. ``forced``: auto, standard, reverse, exempt, franchise, intra, export.

    ``territory``: FR, GP, MQ, RE, GF, YT, other French territories by code, EU or XX; ``delivered``: the one that goods
    are sent to, empty when it is the same. ``is_reseller_proved``: declares itself a reseller, with the ARCEP
    declaration noted.
    """

    territory: str = "FR"
    forced: str = "auto"
    is_operator: bool = False
    is_company: bool = True
    is_reseller_proved: bool = False
    has_vat_number: bool = False
    exempt_reason: str = ""
    delivered: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Category and rate of a line (BT-151, BT-152), and why no VAT is charged (BT-120, BT-121). ``source``: the law."""

    category: str
    rate: str
    reason: str = ""
    reason_code: str = ""
    case: str = "normal"
    source: str = ""


@lru_cache(maxsize=4096)
def decide(
    buyer: Buyer,
    *,
    nature: str,
    rate_class: str,
    day: dt.date,
    is_seller_franchise: bool = False,
    seller: str = "FR",
    language: str = "fr",
) -> Decision:
    """The first rule in force that fits. ``nature``: retail, wholesale, other or goods. Raises VatUnknownError.

    ``seller``: the territory that goods leave from. They are judged by where they go, services by where the buyer is:
    between the mainland and Guadeloupe, Martinique or Réunion goods are exported (CGI 294, 2), services are not.
    """
    territory = (buyer.delivered if nature == GOODS else "") or buyer.territory
    facts = {
        "forced": buyer.forced,
        "seller_franchise": _yes(is_seller_franchise),
        "nature": nature,
        "operator": _yes(buyer.is_operator),
        "reseller_proved": _yes(buyer.is_reseller_proved),
        "company": _yes(buyer.is_company),
        "vat_number": _yes(buyer.has_vat_number),
        "seller": seller,
        "territories": territory,
    }
    for row in in_force("vat_rules", day):
        if not all(holds(row[name], value) for name, value in facts.items()):
            continue
        if not row["category"]:
            raise VatUnknownError("unproved", row["source"])
        charged = row["category"] == "S"
        rate = rate_of(rate_class, territory, day) if charged else ZERO_RATE
        text = row["reason_en" if language == "en" else "reason_fr"].replace("{reason}", buyer.exempt_reason)
        return Decision(row["category"], rate, text, row["reason_code"], row["case"], row["source"])
    raise VatUnknownError("no_rate", territory)


def rate_of(rate_class: str, territory: str, day: dt.date) -> str:
    """Rate in force, as "20.00". A territory without a row of its own is refused, never given the mainland's."""
    for row in in_force("vat_rates", day):
        if row["rate_class"] == rate_class and holds(row["territories"], territory):
            return row["rate"]
    raise VatUnknownError("no_rate", f"{rate_class} {territory} {day.isoformat()}")


def is_allowed(rate: str) -> bool:
    """Whether the rate stands in the closed list that invoices may carry (BR-FR-16)."""
    return any(Decimal(row["rate"]) == Decimal(rate) for row in table("vat_allowed"))


def rows(lines: Iterable[Line], reasons: Iterable[Decision] = ()) -> tuple[VatRow, ...]:
    """One row for each category and rate of the lines, in the order of falling rates.

    ``reasons`` are the decisions the lines were made from: their texts go on the rows of no VAT.
    """
    bases: dict[tuple[str, str], int] = {}
    for line in lines:
        key = line.vat_category, line.vat_rate
        bases[key] = bases.get(key, 0) + line.net
    said: dict[tuple[str, str], list[Decision]] = {}
    for decision in reasons:
        told = said.setdefault((decision.category, decision.rate), [])
        if decision.reason and decision.reason not in [one.reason for one in told]:
            told.append(decision)
    made = []
    for (category, rate), base in sorted(bases.items(), key=lambda item: (-Decimal(item[0][1]), item[0][0])):
        why = said.get((category, rate), [])
        text = " ; ".join(one.reason for one in why)
        code = why[0].reason_code if len({one.reason_code for one in why}) == 1 else ""
        made.append(VatRow(category, rate, base, tax_of(base, rate), text, code))
    return tuple(made)


def tax_of(base: int, rate: str) -> int:
    """Tax of a base in nano, half-up to the cent."""
    return cents(Fraction(base) * Fraction(rate) / 100)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
