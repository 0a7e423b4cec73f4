"""A document survives its journey to JSON and back, and refuses what it does not know."""

import datetime as dt
import json

import pytest

from chappe.core.billing.document import CENT, Address, Document, Line, Month, Party, VatRow, from_data

WHOLE = Document(
    number="F-2026-000001",
    kind="380",
    issue_date=dt.date(2026, 11, 2),
    due_date=dt.date(2026, 12, 2),
    seller=Party("Vendeur", Address("1 rue des Signaux", city="Lille")),
    buyer=Party("Acheteur", Address(city="Brest"), siren="732829320"),
    service_address=Address(city="Quimper"),
    lines=(Line("Abonnement", 30 * 100 * CENT, period_from=dt.date(2026, 10, 1)),),
    vat=(VatRow("S", "20.00", 30 * 100 * CENT, 6 * 100 * CENT),),
    net=30 * 100 * CENT,
    notes={"PMT": "40 €"},
    mentions=("un", "deux"),
    history=(Month("2026-10", 30 * 100 * CENT),),
)


def test_a_document_comes_back_whole_from_json():
    assert from_data(json.loads(json.dumps(WHOLE.as_data()))) == WHOLE


def test_an_unknown_key_is_refused():
    with pytest.raises(TypeError, match="colour"):
        from_data({**WHOLE.as_data(), "colour": "blue"})
