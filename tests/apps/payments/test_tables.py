"""Statements as tables (CSV): columns asked once, then recognised; the same plan, apply and undo; nothing counted twice."""

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.payments import bank, queries, tables
from chappe.apps.payments.models import BankLayout, BankStatement, Movement, Payment
from chappe.kit.screens import registry
from tests.support.calls import strong
from tests.support.rows_payments import IBAN, OUR_IBAN, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db
HEAD = "Compte;0123\r\n\r\nDate opération;Libellé;Débit;Crédit\r\n"
FIRST = "18/11/2026;VIR GARAGE F2026-000077;;1\u00a0120,00\r\n19/11/2026;FRAIS;-12,50;\r\n"
LATER = "20/11/2026;VIR TANTE HUGUETTE;;7,00\r\n"
COLUMNS = {"name": "Banque A", "iban": OUR_IBAN, "day": "Date opération", "debit": "Débit", "credit": "Crédit", "text": "Libellé", "dates": "dd/mm/yyyy", "decimal": ","}  # fmt: skip


def csv(*parts: str) -> bytes:
    return "".join([HEAD, *parts]).encode("cp1252")


def receive(data: bytes, **more) -> BankStatement:
    [made] = bank.receive(actor=SYSTEM, data=data, name="export.csv", **more).statements
    return made


def upload(client, data: bytes, **more):
    file = io.BytesIO(data)
    file.name = "export.csv"
    return client.post("/payments/upload/", {"file": file, **more})


def test_from_an_unknown_table_to_the_payment_and_back(world, client, alice):
    invoice = issued(world.payer, "1120", number="F2026-000077")
    client.force_login(alice)
    asked = upload(client, csv(FIRST))
    assert asked["Location"] == "/payments/columns/"
    assert not BankStatement.objects.exists()
    page = client.get("/payments/columns/").content.decode()
    assert "VIR GARAGE F2026-000077" in page
    assert '<option value="Crédit" selected>' in page
    refused = client.post("/payments/columns/", COLUMNS | {"iban": "FR00"})
    assert refused.status_code == 422
    assert not BankLayout.objects.exists()
    done = client.post("/payments/columns/", COLUMNS)
    made = BankStatement.objects.get()
    assert done["Location"] == registry.object_url(made)
    assert [(row.amount, row.kind, row.confidence, row.state) for row in made.movements.all()] == [
        (euros("1120"), "in", 100, "accepted"), (-euros("12.5"), "none", 0, "ignored"),
    ]  # fmt: skip
    assert not Payment.objects.exists(), "a plan changes nothing"
    assert bank.apply(actor=SYSTEM, bank_statement=made) == (1, [])
    assert queries.open_of(invoice) == 0
    assert bank.undo(actor=SYSTEM, bank_statement=made) == 1
    assert queries.open_of(invoice) == euros("1120")
    layout = BankLayout.objects.get()
    assert (layout.iban, layout.columns().credit) == (OUR_IBAN, "Crédit")
    assert OUR_IBAN not in client.get(registry.object_url(layout)).content.decode()


@pytest.fixture
def layout(db):
    return tables.create(actor=SYSTEM, data=COLUMNS)


def test_the_next_file_is_recognised_and_what_came_before_counts_once(world, layout):
    first = receive(csv(FIRST))
    second = receive(csv(FIRST, LATER, LATER))
    assert [(row.position, row.text) for row in second.movements.all()] == [
        (1, "VIR TANTE HUGUETTE"), (2, "VIR TANTE HUGUETTE"),
    ]  # fmt: skip
    assert [(issue["code"], issue["severity"]) for issue in second.issues] == [("bank-known", "warning")]
    assert second.first_day == dt.date(2026, 11, 18)
    third = receive(csv(LATER, LATER, LATER))
    assert third.movements.count() == 1, "two of the three came before"
    for known in (csv(FIRST), csv(LATER)):
        with pytest.raises(ValidationError, match="here already"):
            receive(known)
    assert BankStatement.objects.count() == 3
    bank.undo(actor=SYSTEM, bank_statement=first)
    assert receive(csv(FIRST)).movements.count() == 2


def test_columns_that_do_not_fit_are_asked_and_two_that_fit_are_chosen(world, layout):
    with pytest.raises(tables.UnknownColumns):
        receive(b"Date;Montant\n18/11/2026;5,00\n")
    other = tables.create(actor=SYSTEM, data=COLUMNS | {"name": "Banque B", "iban": IBAN})
    with pytest.raises(ValidationError, match="Banque B, Banque A"):
        receive(csv(FIRST))
    assert not BankStatement.objects.exists()
    assert receive(csv(FIRST), layout=other).iban == IBAN
    assert receive(csv(FIRST), layout=layout).movements.count() == 2, "the other account has its own movements"


def test_columns_are_corrected_and_the_account_kept(world, layout, client, alice):
    client.force_login(alice)
    url = registry.url("payments.bank-layout", "update", pk=layout.pk)
    assert OUR_IBAN not in client.get(url).content.decode()
    done = client.post(url, COLUMNS | {"iban": "", "text": "Nature"})
    assert done.status_code == 302, done.content.decode()
    layout.refresh_from_db()
    assert (layout.text, layout.iban) == ("Nature", OUR_IBAN)
    for wrong in ({"amount": "Montant"}, {"debit": "", "credit": ""}, {"text": "Débit"}):
        assert client.post(url, COLUMNS | wrong).status_code == 422
    layout.refresh_from_db()
    assert layout.debit == "Débit"


def test_each_operator_has_its_own_columns(world, layout, bruno):
    with pytest.raises(tables.UnknownColumns):
        receive(csv(FIRST), owner=bruno.organisation)
    assert list(BankLayout.objects.visible_to(bruno)) == []
    assert not Movement.objects.exists()


def test_what_is_no_table_is_refused_before_it_is_kept(client, alice):
    from chappe.kit.documents.models import StoredFile

    client.force_login(alice)
    for data, said in (
        (b"%PDF-1.7 of the bank", "names a date and an amount"),
        (csv('18/11/2026;"VIR GARAGE;;5,00\r\n'), "quotation mark is opened on line 4"),
    ):
        answer = upload(client, data)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not StoredFile.objects.exists()


def test_a_file_that_waits_is_its_senders_alone(client, alice, bruno, chloe, world):
    """The session names it; whoever has lost the right since, or another house, is asked for a file."""
    client.force_login(strong(bruno))
    assert upload(client, csv(FIRST))["Location"] == "/payments/columns/"
    assert client.get("/payments/columns/").status_code == 200
    bruno.organisation = chloe.organisation
    bruno.save()
    assert client.get("/payments/columns/")["Location"] == "/payments/upload/"
    assert client.post("/payments/columns/", COLUMNS)["Location"] == "/payments/upload/"
    assert not BankLayout.objects.exists()
