"""Pages: the PDF in the browser, files, the mail form, the layout with its preview; and who may."""

import pytest
from django.urls import reverse

from chappe.apps.customers.models import Brand
from chappe.apps.invoicing import producing
from chappe.apps.invoicing.models import Deposit
from chappe.core.einvoice.samples import company
from chappe.kit.mail.models import Message
from chappe.kit.screens import registry
from tests.apps.invoicing.conftest import HOUSE
from tests.support import people, rows_billing
from tests.support.rows_invoicing import issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready():
    invoice = issued(company(4))
    producing.produce(actor=HOUSE, invoice=invoice)
    return invoice


def url(name, invoice, **more):
    return reverse(f"screens:invoicing.{name}", kwargs={"pk": invoice.pk, **more})


def test_the_pdf_is_shown_in_the_browser(client, admin, ready):
    client.force_login(admin)
    answer = client.get(url("preview", ready))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer.content.startswith(b"%PDF-")


def test_each_file_is_given(client, admin, ready):
    client.force_login(admin)
    for kind, head in (
        ("pdf", b"%PDF-"),
        ("cii", b"<?xml"),
        ("ubl", b"<?xml"),
        ("annex_xlsx", b"PK"),
        ("annex_csv", b"\xef\xbb\xbf"),
    ):
        answer = client.get(url("file", ready, kind=kind))
        assert answer.status_code == 200, kind
        assert b"".join(answer.streaming_content).startswith(head)
    assert client.get(url("file", ready, kind="other")).status_code == 404


def test_a_stranger_sees_nothing(client, ready):
    bruno = people.make_bruno()
    client.force_login(bruno)
    for name, more in (("preview", {}), ("file", {"kind": "pdf"}), ("send", {})):
        assert client.get(url(name, ready, **more)).status_code in {403, 404}
    assert client.post(url("act", ready, verb="deposit")).status_code in {403, 404}
    assert Deposit.objects.count() == 0


def test_the_mail_is_written_before_it_leaves(client, admin, ready):
    client.force_login(admin)
    page = client.get(url("send", ready)).content.decode()
    assert "compta@client.example" in page
    assert "FA2026-00142.pdf" in page
    data = {"to": "autre@client.example", "subject": "Votre facture", "text": "Voici."}
    answer = client.post(url("send", ready), data)
    assert answer.status_code == 302
    message = Message.objects.get()
    assert (message.to, message.subject, message.text.strip()) == (["autre@client.example"], "Votre facture", "Voici.")


def test_a_bad_address_is_a_sentence_on_the_form(client, admin, ready):
    client.force_login(admin)
    answer = client.post(url("send", ready), {"to": "nobody", "subject": "x", "text": "y"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert Message.objects.count() == 0


def test_verbs_of_the_page(client, admin, ready):
    client.force_login(admin)
    assert client.get(url("act", ready, verb="deposit")).status_code == 405
    assert client.post(url("act", ready, verb="deposit")).status_code == 302
    assert Deposit.objects.get().invoice == ready
    assert client.post(url("act", ready, verb="poll")).status_code == 302
    assert client.post(url("act", ready, verb="dance")).status_code == 404


def test_the_invoice_page_shows_files_mails_and_platform(client, admin, ready):
    client.force_login(admin)
    page = client.get(registry.object_url(ready)).content.decode()
    assert url("file", ready, kind="pdf") in page
    assert url("send", ready) in page
    assert url("act", ready, verb="deposit") in page


def test_layout_without_a_brand_says_what_to_do(client, admin):
    client.force_login(admin)
    assert client.get(registry.url("invoicing.layout")).status_code == 200
    answer = client.get(registry.url("invoicing.picture"))
    assert answer.content.startswith(b"\x89PNG")


def test_a_layout_is_previewed_then_kept(client, admin):
    brand = rows_billing.seller()
    client.force_login(admin)
    plain = client.get(registry.url("invoicing.picture"), {"brand": brand.pk, "sample": "overseas"})
    red = client.get(registry.url("invoicing.picture"), {"brand": brand.pk, "sample": "overseas", "colour": "#c1121f"})
    assert plain["X-Pages"] == red["X-Pages"] == "1"
    assert plain.content != red.content
    data = {
        "colour": "#c1121f", "accent": "#0f766e", "header_text": "", "footer_text": "Merci !", "mail_subject": "",
        "mail_text": "Facture {number}", "sample": "person", "transfer_code": "",
    }  # fmt: skip
    assert client.post(f"{registry.url('invoicing.layout')}?brand={brand.pk}", data).status_code == 302
    brand.refresh_from_db()
    assert (brand.colour, brand.footer_text, brand.layout) == ("#c1121f", "Merci !", {"transfer_code": False})


@pytest.mark.parametrize("text", ["{number", "a } b", "{0.x}"])
def test_a_lonely_brace_is_refused(client, admin, text):
    brand = rows_billing.seller()
    client.force_login(admin)
    data = {"colour": "#c1121f", "accent": "#0f766e", "mail_text": text, "sample": "person"}
    answer = client.post(f"{registry.url('invoicing.layout')}?brand={brand.pk}", data)
    assert answer.status_code == 200
    assert Brand.objects.get(pk=brand.pk).colour == "#1d4ed8"
