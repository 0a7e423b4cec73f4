"""Business terms of a document: what the rules want, and the arithmetic of the lines."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from chappe.core.billing.document import Line, Party
from chappe.core.einvoice.samples import COMPANY, PERSON, SAMPLES, company, line, made
from chappe.core.einvoice.terms import Attachment, electronic_address, terms, treatment
from chappe.core.einvoice.xml import check_schema, cii, ubl


def test_a_company_is_told_whole():
    told = terms(company())
    assert told["BT-1"] == "FA2026-00142"
    assert told["BT-3"] == "380"
    assert told["BT-23"] == "S1"
    assert told["BT-72"] == dt.date(2026, 10, 31)
    assert told["BG-4"]["legal_identifier"] == "812345676"
    assert told["BG-4"]["legal_info"] == "SAS au capital de 150 000 € – RCS Lyon 812 345 676"
    assert told["BG-7"]["einvoicing_addr"] == "502134687"
    assert told["BG-7"]["einvoicing_addr_schemeid"] == "0225"
    assert told["BG-13"]["city"] == "Lozanne"
    # 49.00 + (8.90 × 12 − 10.68) + 4.50 × 2 + 0 + 0.0425 × 318.5 = 13.54 + 17.64 + 55 + 9.60
    assert told["BT-109"] == "249.90"
    assert told["BT-110"] == "49.98"  # 20 %
    assert told["BT-112"] == told["BT-115"] == "299.88"


def test_the_notes_are_those_of_the_document_and_the_treatment():
    notes = {row.get("BT-21", ""): row["BT-22"] for row in terms(company())["BG-1"]}
    assert notes["BAR"] == "B2B"
    assert notes["PMT"].endswith("40 €.")
    assert set(notes) >= {"PMD", "PMT", "AAB", "BAR"}


def test_a_private_person_is_told_that_business_notes_do_not_concern_it():
    notes = {row.get("BT-21", ""): row["BT-22"] for row in terms(SAMPLES["person"]())["BG-1"]}
    assert notes["BAR"] == "B2C"
    assert "PMD" in notes and "40 €" not in notes["PMT"]


@pytest.mark.parametrize(
    ("country", "is_company", "expected"),
    [("FR", True, "B2B"), ("RE", True, "B2B"), ("BE", True, "B2BINT"), ("FR", False, "B2C"), ("CH", False, "B2CINT")],
)
def test_the_treatment_follows_the_buyer(country, is_company, expected):
    buyer = replace(COMPANY, address=replace(COMPANY.address, country=country), is_company=is_company)
    assert treatment(replace(company(), buyer=buyer)) == expected


def test_electronic_addresses():
    assert electronic_address(COMPANY) == ("502134687", "0225")
    assert electronic_address(replace(COMPANY, electronic_address="")) == ("502134687", "0225")
    assert electronic_address(PERSON) == ("claire.fontaine@courriel.example", "EM")
    assert electronic_address(Party("X", COMPANY.address)) == ("", "")


def _one(**more):
    return terms(made([Line(label="x", **more)]))["BG-25"][0]


def test_a_negative_price_becomes_a_negative_quantity():
    told = terms(SAMPLES["nothing-due"]())["BG-25"][1]
    assert (told["BT-129"], told["BT-146"], told["BT-131"]) == ("-1", "12.5", "-12.50")


def test_a_price_finer_than_six_decimals_is_told_for_a_thousand():
    told = _one(net=1_230_000_000, quantity="10", unit="MIN", price=123_456_789)
    assert (told["BT-146"], told["BT-149"]) == ("123.456789", "1000")
    assert Decimal(told["BT-129"]) * Decimal(told["BT-146"]) / Decimal(told["BT-149"]) == Decimal("1.23456789")


def test_a_line_that_is_a_sum_is_one_unit_at_its_amount():
    told = _one(net=17_640_000_000, quantity="112", unit="MIN", price=0)
    assert (told["BT-129"], told["BT-130"], told["BT-146"], told["BT-131"]) == ("1", "C62", "17.64", "17.64")
    assert told["BT-127-00"] == [{"BT-127": "112 MIN"}]


def test_a_discount_is_an_allowance_of_its_line():
    told = terms(company())["BG-25"][1]
    assert told["BG-27"] == [{"amount": "10.68", "reason_code": "95", "reason": "Remise de fidélité 10 %"}]
    assert told["BT-131"] == "96.12"  # 106.80 − 10.68


def test_no_rate_out_of_scope():
    document = made([line("x", "10", vat_category="O", vat_rate="0")])
    told = terms(document)
    assert "BT-152" not in told["BG-25"][0]
    assert "BT-119" not in told["BG-23"][0]


def test_direct_debit_has_mandate_and_no_account_to_pay_to():
    told = terms(SAMPLES["direct-debit"]())
    assert told["BT-81"] == "59"
    assert told["BT-89"] == "RUM-C000142-1"
    assert told["BT-91"] == "FR7630004008230001098765491"
    assert "BT-84" not in told


def test_a_masked_account_is_not_told_to_machines():
    told = terms(replace(SAMPLES["direct-debit"](), iban="FR76 •••• 491"))
    assert "BT-91" not in told


def test_an_attachment_is_of_the_closed_list():
    told = terms(company(), [Attachment("d.csv", b"a;b")])["BG-24"]
    assert told == [
        {"BT-122": "001-d.csv", "BT-123": "DOCUMENT_ANNEXE", "BT-125": b"a;b", "BT-125-1": "text/csv", "BT-125-2": "d.csv"}
    ]  # fmt: skip


def test_samples_add_up():
    for name, sample in SAMPLES.items():
        document = sample()
        assert document.net == sum(row.net for row in document.lines), name
        assert document.gross == document.net + document.tax, name
        assert document.due == document.gross - document.paid, name


@pytest.mark.parametrize(
    ("write", "told"), [(cii, b"DueDateTypeCode>5<"), (ubl, b"DescriptionCode>3<")], ids=["cii", "ubl"]
)
def test_vat_on_debits_is_told_to_machines(write, told):
    """BT-8: UNTDID 2475 code 5 in CII, UNTDID 2005 code 3 in UBL; nothing when VAT falls due on payment."""
    document = company()
    assert told in write(replace(document, vat_on_debits=True))
    assert told not in write(document)
    assert check_schema(write(replace(document, vat_on_debits=True))) == []
