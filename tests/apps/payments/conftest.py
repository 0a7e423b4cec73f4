"""A creditor, a customer who owes, in the language of the code."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from tests.support import rows_payments as rows


@pytest.fixture(autouse=True)
def english(_fresh, settings, tmp_path):
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def world(db):
    """``brand`` collects; ``customer`` pays by debit under ``mandate``; ``payer`` pays by transfer."""
    brand = rows.creditor()
    customer = rows.billing.buyer(name="Boulangerie Denis", payment_means="sepa")
    payer = rows.billing.buyer(name="Garage Dupont SARL", siren="", vat_number="")
    return SimpleNamespace(
        brand=brand, customer=customer, payer=payer, mandate=rows.mandate(None, "Denis", customer=customer)
    )
