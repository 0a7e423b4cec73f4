"""The pages of payments as people use them: what they show, what they refuse, what a stranger gets."""

import io

import pytest

from chappe.apps.payments.models import BankStatement, Collection, Mandate, Payment
from chappe.kit.audit.models import AuditEntry
from chappe.kit.screens import registry
from tests.core.sepa.bank import entry, statement, transfer
from tests.support import rows_payments as rows
from tests.support.rows_payments import IBAN, euros, issued

pytestmark = pytest.mark.django_db


def upload(client, data: bytes, **more):
    file = io.BytesIO(data)
    file.name = "releve.xml"
    return client.post("/payments/upload/", {"file": file, **more})


def test_from_the_file_to_the_account(world, client, alice):
    invoice = issued(world.payer, "120", number="F2026-000077")
    client.force_login(alice)
    response = upload(client, statement([entry("120.00", details=transfer("G", "", "F2026-000077"))]))
    made = BankStatement.objects.get()
    assert response["Location"] == registry.object_url(made)
    page = client.get(registry.object_url(made)).content.decode()
    assert "Everything is decided" in page
    client.post(registry.url("payments.statement", "action", pk=made.pk, name="apply"))
    assert Payment.objects.get().amount == euros("120")
    account = client.get(f"/payments/account/{world.payer.pk}/").content.decode()
    assert "F2026-000077" in account
    assert "€0.00" in account
    customer = client.get(registry.object_url(world.payer)).content.decode()
    assert f"/payments/account/{world.payer.pk}/" in customer
    again = upload(client, statement([entry("120.00", details=transfer("G", "", "F2026-000077"))]))
    assert again.status_code == 422
    assert "here already" in again.content.decode()
    assert invoice.pk


def test_unpaid_and_its_csv(world, client, alice, bruno):
    issued(world.payer, "120", number="F2026-000077")
    client.force_login(alice)
    page = client.get("/payments/unpaid/").content.decode()
    assert "Garage Dupont SARL" in page
    assert "€120.00" in page
    assert "Nobody of this name" in client.get("/payments/unpaid/?q=zzz").content.decode()
    lines = client.get("/payments/unpaid.csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].split(";")[1:3] == ["Garage Dupont SARL", "F2026-000077"]
    assert lines[1].split(";")[5:7] == ["120", "120"]
    client.force_login(bruno)
    assert "Nothing is open" in client.get("/payments/unpaid/").content.decode()
    assert client.get(f"/payments/account/{world.payer.pk}/").status_code == 404
    assert len(client.get("/payments/unpaid.csv").content.decode().splitlines()) == 1


def test_a_mandate_on_pages(world, client, alice):
    client.force_login(alice)
    given = {
        "customer": world.payer.pk, "iban": "FR76 3000 6000 0112 3456 7890 189", "scheme": "CORE", "notice_days": 14,
        "signed_on": "2026-01-15",
    }  # fmt: skip
    response = client.post("/payments/mandate/new/", given)
    assert response.status_code == 302, response.content.decode()
    mandate = Mandate.objects.get(customer=world.payer)
    assert (mandate.iban, mandate.state) == (IBAN, "active")
    page = client.get(registry.object_url(mandate)).content.decode()
    assert "FR76 •••• 0189" in page
    assert IBAN not in page
    shown = client.post(registry.url("payments.mandate", "reveal", pk=mandate.pk, name="iban"))
    assert IBAN in shown.content.decode()
    assert AuditEntry.objects.filter(object_pk=str(mandate.pk)).exclude(verb="created").count() == 1
    edit = client.get(registry.url("payments.mandate", "update", pk=mandate.pk)).content.decode()
    assert IBAN not in edit
    bad = client.post("/payments/mandate/new/", given | {"iban": "FR00"})
    assert bad.status_code == 422
    assert "is not an IBAN" in bad.content.decode()


def test_a_collection_on_pages(world, client, alice, bruno):
    issued(world.customer, "30")
    client.force_login(alice)
    response = client.post(
        "/payments/collection/new/", {"brand": world.brand.pk, "collect_on": "2099-11-30", "scheme": "CORE"}
    )
    assert response.status_code == 422, "the mandate will have lapsed"
    assert "36 months" in response.content.decode()
    from django.utils import timezone

    day = timezone.localdate() + timezone.timedelta(days=30)
    client.post("/payments/collection/new/", {"brand": world.brand.pk, "collect_on": day.isoformat(), "scheme": "CORE"})
    made = Collection.objects.get()
    client.post(registry.url("payments.collection", "action", pk=made.pk, name="file"))
    made.refresh_from_db()
    assert made.state == "file"
    file = client.get(f"/payments/collection/{made.pk}/file/")
    assert b"".join(file).startswith(b"<?xml")
    client.force_login(bruno)
    assert client.get(f"/payments/collection/{made.pk}/file/").status_code in {403, 404}


def test_a_payment_typed_and_a_refund(world, client, alice):
    client.force_login(alice)
    given = {
        "customer": world.payer.pk,
        "day": "2026-11-20",
        "amount": "20,50",
        "means": "cheque",
        "reference": "CH 12",
    }
    assert client.post("/payments/payment/new/", given).status_code == 302
    made = Payment.objects.get()
    assert (made.amount, made.means) == (euros("20.50"), "cheque")
    page = client.get(f"/payments/account/{world.payer.pk}/refund/").content.decode()
    assert "€20.50" in page
    refused = client.post(
        f"/payments/account/{world.payer.pk}/refund/", {"amount": "21", "day": "2026-11-21", "means": "transfer"}
    )
    assert refused.status_code == 422
    done = client.post(
        f"/payments/account/{world.payer.pk}/refund/", {"amount": "20.50", "day": "2026-11-21", "means": "transfer"}
    )
    assert done.status_code == 302
    assert [row.amount for row in Payment.objects.order_by("pk")] == [euros("20.50"), euros("-20.50")]


def test_reminders_proposed_on_the_page(world, client, alice):
    import datetime as dt

    issued(world.payer, "120", due_date=dt.date(2026, 1, 1))
    client.force_login(alice)
    assert "Rappel amiable" in client.get("/payments/reminders/propose/").content.decode()
    response = client.post("/payments/reminders/propose/", follow=True)
    assert "1 reminder is proposed" in response.content.decode()
    assert "Nobody to remind" in client.post("/payments/reminders/propose/", follow=True).content.decode()


@pytest.mark.parametrize(
    "slug",
    [
        "payment",
        "mandate",
        "collection",
        "debit",
        "statement",
        "movement",
        "reminder",
        "level",
        "allocation",
        "version",
    ],
)
def test_lists_and_details_in_french(slug, client, admin):
    admin.language = "fr"
    admin.save()
    client.force_login(admin)
    screen = registry.get(f"payments.{slug}")
    row = rows.FACTORIES[screen.model](None, "zqmarque")
    assert client.get(registry.url(screen.slug, "list")).status_code == 200
    page = client.get(registry.object_url(row))
    assert page.status_code == 200
    assert rows.IBAN not in page.content.decode()


def test_the_home_page(world, client, alice):
    import datetime as dt

    issued(world.payer, "120", due_date=dt.date(2026, 1, 1))
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert "Overdue" in page
    assert "€120.00" in page
