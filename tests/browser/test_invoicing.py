"""The layout page whose preview follows the form, and the invoice with its files, in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chappe.apps.invoicing import depositing, mailing, producing
from chappe.apps.invoicing.models import Production
from chappe.connectors.einvoice import rules
from chappe.core.einvoice.samples import company
from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry
from tests.support import rows_billing
from tests.support.rows_invoicing import issued

pytestmark = pytest.mark.django_db(transaction=True)
HOUSE = Actor.system("test")


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path, monkeypatch):
    settings.DATA = tmp_path
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path))
    (tmp_path / "files").mkdir()
    yield
    rules.close()


def picture(page, name):
    """Kept for looking at when INVOICING_PICTURES names a folder."""
    if folder := os.environ.get("INVOICING_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_preview_follows_the_form(page_for, admin, site):
    rows_billing.seller()
    page = page_for(admin)
    page.goto(site.at(registry.url("invoicing.layout")))
    at = page.locator("#iv-at")
    expect(at).to_have_text("1 / 4")
    first = page.get_attribute("#iv-picture", "src")
    picture(page, "layout")
    page.fill("#id_footer_text", "Merci de votre confiance")
    expect(page.locator("#iv-picture")).not_to_have_attribute("src", first)
    page.click("#iv-after")
    expect(at).to_have_text("2 / 4")
    page.select_option("#id_sample", "credit-note")
    expect(at).to_have_text("1 / 1")
    assert page.is_hidden("#iv-refused")


def test_an_invoice_shows_where_it_is(page_for, admin, site):
    invoice = issued(company(3))
    producing.produce(actor=HOUSE, invoice=invoice)
    mailing.send(actor=HOUSE, invoice=invoice)
    depositing.deposit(actor=HOUSE, invoice=invoice)
    page = page_for(admin)
    page.goto(site.at(registry.object_url(invoice)))
    assert page.locator("#invoice-files a").count() >= 3
    picture(page, "invoice")
    row = Production.objects.get(invoice=invoice)
    page.goto(site.at(registry.url("invoicing.production") + "?scope=all"))
    assert "FA2026-00142" in page.content()
    picture(page, "list")
    page.goto(site.at(registry.object_url(row)))
    picture(page, "production")
    page.goto(site.at(registry.object_url(row.deposit)))
    picture(page, "deposit")
    page.goto(site.at(registry.url("invoicing.send", pk=invoice.pk)))
    picture(page, "send")
    assert page.input_value("#id_to") == "compta@client.example"
