"""The price of a product as the list and its page tell it."""

import pytest
from django.utils import translation

from chappe.apps.billing import cells
from chappe.apps.billing.models import ProductPrice

TIERS = [{"up_to": "10", "price": "5"}, {"up_to": None, "price": "3", "flat": "1.5"}]


@pytest.mark.parametrize(
    ("charge", "tiers", "said"),
    [
        ("unit", [], "9,90 €"),
        ("graduated", TIERS, "5,00 € jusqu’à 10 · 3,00 € + 1,50 € au-delà"),
        ("package", [{"up_to": "100", "price": "0"}, {"up_to": None, "price": "0"}], "9,90 € par lot de 100"),
    ],
)
def test_tiers_are_said(charge, tiers, said) -> None:
    with translation.override("fr"):
        text = cells.price(ProductPrice(charge=charge, price=9_900_000_000, tiers=tiers))
    assert text.replace("\u202f", " ").replace("\xa0", " ") == said
