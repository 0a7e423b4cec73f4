"""Cells of the screens of billing that say more than one field. Reads nothing."""

from typing import Any

from django.utils.translation import gettext as _

from chappe.apps.billing.models import ProductPrice
from chappe.core.base.money import to_nano
from chappe.kit.ui import formats


def price(row: ProductPrice) -> str:
    """The price of one unit; of each tier, where there are tiers: “5,00 € jusqu’à 10 · 3,00 € au-delà”."""
    tiers = row.tiers or []
    if row.charge == ProductPrice.Charge.UNIT or not tiers:
        return formats.money(row.price)
    if row.charge == ProductPrice.Charge.PACKAGE:
        return _("%(price)s for %(units)s") % {"price": formats.money(row.price), "units": _count(tiers[0])}
    return " · ".join(_tier(tier) for tier in tiers)


def _tier(tier: dict[str, Any]) -> str:
    amount = formats.money(to_nano(str(tier["price"])))
    if tier.get("flat"):
        amount = f"{amount} + {formats.money(to_nano(str(tier['flat'])))}"
    if not tier.get("up_to"):
        return _("%(price)s beyond") % {"price": amount}
    return _("%(price)s up to %(units)s") % {"price": amount, "units": _count(tier)}


def _count(tier: dict[str, Any]) -> str:
    return formats.number(tier.get("up_to")) if tier.get("up_to") else "1"
