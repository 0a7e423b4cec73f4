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


def camt(*rows: tuple[str, str, str, str]) -> bytes:
    """(day, euros, name, text) as a camt.053 of our account."""
    entries = "".join(
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for day, amount, name, text in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr/>'
        f"<Stmt><Id>REL-11</Id><Acct><Id><IBAN>{OUR_IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def test_what_two_kinds_of_file_tell_waits_for_a_person(world, layout, client, alice):
    """The transfer of the 18th by CSV, then by camt.053 in other words; two others of the same amount are others."""
    invoice = issued(world.payer, "1120", number="F2026-000077")
    first = receive(csv(FIRST))
    assert bank.apply(actor=SYSTEM, bank_statement=first) == (1, [])
    again = ("2026-11-18", "1120.00", "GARAGE DUPONT", "F2026-000077")
    [second] = bank.receive(
        actor=SYSTEM,
        data=camt(again, again, ("2026-11-18", "1120.00", "MME HUGUETTE", "CADEAU"), ("2026-11-19", "1120.00", "X", "F2026-000077")),
        name="releve.xml",
    ).statements  # fmt: skip
    rows = list(second.movements.order_by("position"))
    assert [row.twin for row in rows] == [first.movements.get(position=1), None, None, None]
    assert rows[0].state == "waiting"
    assert [(issue["code"], issue["severity"]) for issue in second.issues] == [("bank-twins", "warning")]
    assert bank.accept_from(actor=SYSTEM, bank_statement=second, confidence=40) == 1, "the second by name, not the twin"
    client.force_login(alice)
    page = client.get(registry.object_url(rows[0])).content.decode()
    assert "Probably a duplicate" in page
    assert registry.object_url(first.movements.get(position=1)) in page
    bank.ignore(actor=SYSTEM, movement=rows[0])
    assert queries.open_of(invoice) == 0
    assert Payment.objects.count() == 1, "nothing was counted twice, nothing was dropped"
    # the other way round; one table is no twin of another, nor anything of what is undone
    third = receive(csv("19/11/2026;VIR X F2026-000077;;1120,00\r\n", "18/11/2026;VIR HORTENSE;;1120,00\r\n", LATER))
    assert [row.twin for row in third.movements.order_by("position")] == [rows[3], None, None]
    bank.undo(actor=SYSTEM, bank_statement=second)
    bank.undo(actor=SYSTEM, bank_statement=third)
    fourth = receive(csv("19/11/2026;VIR X F2026-000077;;1120,00\r\n"))
    assert fourth.movements.get().twin is None
