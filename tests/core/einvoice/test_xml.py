"""CII and UBL bytes: valid by the official schemas, and the faults told as issues."""

import pytest
from lxml import etree

from chappe.core.einvoice.samples import SAMPLES, company
from chappe.core.einvoice.xml import check_schema, cii, ubl

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("write", [cii, ubl])
def test_every_sample_keeps_its_schema(write, name):
    assert check_schema(write(SAMPLES[name]())) == []


def test_a_credit_note_has_its_own_root_in_ubl():
    assert etree.QName(etree.fromstring(ubl(SAMPLES["credit-note"]()))).localname == "CreditNote"
    assert etree.QName(etree.fromstring(ubl(company()))).localname == "Invoice"


def test_a_credit_note_names_the_invoice_it_corrects():
    tree = etree.fromstring(cii(SAMPLES["credit-note"]()))
    found = tree.find(f".//{RAM}InvoiceReferencedDocument")
    assert found is not None
    assert found.findtext(f"{RAM}IssuerAssignedID") == "FA2026-00142"
    assert "20261103" in "".join(found.itertext())


def test_reverse_charge_carries_its_article_and_code():
    tree = etree.fromstring(cii(SAMPLES["wholesale"]()))
    assert (
        tree.findtext(f".//{RAM}ApplicableTradeTax/{RAM}ExemptionReason")
        == "Autoliquidation - article 283, 2 octies du CGI"
    )
    assert tree.findtext(f".//{RAM}ApplicableTradeTax/{RAM}ExemptionReasonCode") == "VATEX-EU-AE"


def test_what_is_no_invoice_is_told():
    assert [issue.code for issue in check_schema(b"no xml")] == ["einvoice.not-xml"]
    assert [issue.code for issue in check_schema(b"<a/>")] == ["einvoice.not-invoice"]
    broken = cii(company()).replace(b"BuyerTradeParty", b"BayerTradeParty")
    issues = check_schema(broken, file="x.xml")
    assert issues and {issue.code for issue in issues} == {"einvoice.schema"}
    assert issues[0].line > 0
    assert issues[0].file == "x.xml"


def test_an_entity_is_not_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    bomb = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>'.encode()
    assert "hidden" not in str(check_schema(bomb))
