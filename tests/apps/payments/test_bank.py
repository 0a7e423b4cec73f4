"""Statements: what a movement is believed to be, deciding, applying, undoing. And reminders, mailed for real."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError

from chappe.apps.billing import journal
from chappe.apps.payments import bank, collections, queries, services
from chappe.apps.payments.matching import bare
from chappe.apps.payments.models import BankStatement, Movement, Payment
from tests.core.sepa.bank import entry, statement, transfer
from tests.support import rows_payments as rows
from tests.support.rows_payments import IBAN, OTHER_IBAN, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel(dt.datetime(2026, 11, 22, 11, 0, tzinfo=dt.UTC), tick=False):
        yield


def receive(*entries: str, **more) -> BankStatement:
    [made] = bank.receive(actor=SYSTEM, data=statement(entries, **more), name="releve.xml").statements
    return made


def only(made: BankStatement) -> Movement:
    return made.movements.get()


def seen(movement: Movement) -> tuple[str, int, str, str]:
    return movement.kind, movement.confidence, movement.why, movement.state


@pytest.mark.parametrize(
    ("name", "iban", "text", "amount", "expected"),
    [
        ("XXX", "", "Fact F2026-000077 merci", "120.00", ("in", 100, "numbers", "accepted")),
        ("XXX", "", "F 2026 000077", "120.00", ("in", 100, "numbers", "accepted")),
        ("XXX", "", "F2026-0000771", "55.00", ("none", 0, "", "waiting")),
        ("XXX", "", "F2026-000077", "100.00", ("in", 75, "numbers-part", "waiting")),
        ("XXX", IBAN, "rien", "42.00", ("in", 95, "account-amount", "accepted")),
        ("XXX", IBAN, "rien", "50.00", ("in", 95, "account-total", "accepted")),
        ("XXX", IBAN, "rien", "43.00", ("in", 60, "account", "waiting")),
        ("DUPONT GARAGE", "", "virement", "120.00", ("in", 80, "name-amount", "waiting")),
        ("S.A.R.L. Garage DUPONT", "", "virement", "7.00", ("in", 40, "name", "waiting")),
        ("Inconnu", "", "virement", "120.00", ("in", 50, "amount", "waiting")),
        ("Inconnu", "", "virement", "121.00", ("none", 0, "", "waiting")),
    ],
)
def test_what_it_is_believed_to_be(world, name, iban, text, amount, expected):
    issued(world.payer, "120", number="F2026-000077")
    issued(world.customer, "42", number="F2026-000088")
    issued(world.customer, "8", number="F2026-000089")
    made = receive(entry(amount, details=transfer(name, iban, text)))
    movement = only(made)
    assert seen(movement) == expected
    assert sum(row["amount"] for row in movement.plan) <= movement.amount
    assert not Payment.objects.exists(), "a plan changes nothing"


def test_a_supplier_is_left_aside(world):
    assert seen(only(receive(entry("30.00", "DBIT")))) == ("none", 0, "", "ignored")


def test_two_movements_do_not_pay_the_same_invoice(world):
    issued(world.payer, "120", number="F2026-000077")
    made = receive(*[entry("120.00", details=transfer("A", "", "F2026-000077")) for _ in range(2)])
    assert [row.confidence for row in made.movements.all()] == [100, 0]


def test_names_without_their_forms():
    assert bare("SARL Garage Dupont & Fils") == bare("dupont, GARAGE fils S.A.R.L.") == "dupont fils garage"
    assert bare("Mme Élodie Brûlé") == "brule elodie"


def test_applied_then_undone(world):
    invoice = issued(world.payer, "120", number="F2026-000077")
    made = receive(
        entry("100.00", details=transfer("Garage", OTHER_IBAN, "F2026-000077")),
        entry("5.00", "DBIT"),
        opening="0.00",
        closing="95.00",
    )
    assert (made.opening, made.closing, made.issues) == (0, euros("95"), [])
    movement = made.movements.first()
    with pytest.raises(ValidationError, match="No movement is accepted"):
        bank.apply(actor=SYSTEM, bank_statement=made)
    bank.accept(actor=SYSTEM, movement=movement)
    assert bank.apply(actor=SYSTEM, bank_statement=made) == (1, [])
    payment = Payment.objects.get()
    assert (payment.amount, payment.day, payment.customer, payment.label) == (
        euros("100"), dt.date(2026, 11, 20), world.payer, "F2026-000077",
    )  # fmt: skip
    assert queries.open_of(invoice) == euros("20")
    with pytest.raises(ValidationError, match="No movement is accepted"):
        bank.apply(actor=SYSTEM, bank_statement=made)
    with pytest.raises(ValidationError, match="It is applied"):
        bank.ignore(actor=SYSTEM, movement=movement)
    assert bank.undo(actor=SYSTEM, bank_statement=made) == 1
    assert [row.amount for row in Payment.objects.order_by("pk")] == [euros("100"), euros("-100")]
    assert (queries.open_of(invoice), queries.balance_of(world.payer)) == (euros("120"), euros("120"))
    made.refresh_from_db()
    assert made.state == "undone"
    assert journal.verify("0") == (2, [])
    with pytest.raises(ValidationError, match="nothing to undo"):
        bank.undo(actor=SYSTEM, bank_statement=made)


def test_an_account_once_applied_is_known(world):
    issued(world.payer, "120", number="F2026-000077")
    first = receive(entry("120.00", details=transfer("Compta Groupe", OTHER_IBAN, "F2026-000077")))
    bank.apply(actor=SYSTEM, bank_statement=first)
    issued(world.payer, "60")
    second = receive(entry("60.00", details=transfer("Compta Groupe", OTHER_IBAN, "sans numero")), identity="STMT-2")
    assert seen(only(second)) == ("in", 95, "account-amount", "accepted")


def test_the_same_statement_twice_is_refused(world):
    receive(entry("1.00"))
    with pytest.raises(ValidationError, match="here already"):
        receive(entry("1.00"))
    assert BankStatement.objects.count() == 1
    bank.undo(actor=SYSTEM, bank_statement=BankStatement.objects.get())
    receive(entry("1.00"))


def test_the_clerk_chooses(world):
    old, new = (
        issued(world.payer, "50", due_date=dt.date(2026, 9, 1)),
        issued(world.payer, "50", due_date=dt.date(2026, 10, 1)),
    )
    made = receive(entry("60.00", details=transfer("Tante Huguette")))
    bank.choose(actor=SYSTEM, movement=only(made), customer=world.payer)
    assert seen(only(made)) == ("in", 100, "hand", "accepted")
    bank.apply(actor=SYSTEM, bank_statement=made)
    assert (queries.open_of(old), queries.open_of(new)) == (0, euros("40"))
    out = receive(entry("9.00", "DBIT"), identity="STMT-2")
    with pytest.raises(ValidationError, match="goes out"):
        bank.choose(actor=SYSTEM, movement=only(out), customer=world.payer)
    with pytest.raises(ValidationError, match="Nothing is proposed"):
        bank.accept(actor=SYSTEM, movement=only(out))


def test_paid_meanwhile_waits_again_and_the_others_are_made(world):
    first, second = issued(world.payer, "10", number="F2026-000001"), issued(world.payer, "20", number="F2026-000002")
    made = receive(
        entry("10.00", details=transfer("A", "", "F2026-000001")),
        entry("20.00", details=transfer("A", "", "F2026-000002")),
    )
    services.record(
        actor=SYSTEM, customer=world.payer, amount=euros("10"), day=dt.date(2026, 11, 21), parts=[(first, euros("10"))]
    )
    number, refusals = bank.apply(actor=SYSTEM, bank_statement=made)
    assert (number, len(refusals)) == (1, 1)
    assert "F2026-000001 is open for" in refusals[0]
    assert [row.state for row in made.movements.all()] == ["waiting", "applied"]
    assert queries.open_of(second) == 0


def sent_collection(world, *amounts: str):
    invoices = [issued(world.customer, amount) for amount in amounts]
    collection = collections.propose(actor=SYSTEM, brand=world.brand, collect_on=dt.date(2026, 11, 30))
    collection = collections.mark_sent(
        actor=SYSTEM, collection=collections.make_file(actor=SYSTEM, collection=collection)
    )
    return collection, invoices


def test_a_collection_comes_back_whole_and_one_debit_is_returned(world):
    collection, invoices = sent_collection(world, "30", "12")
    batch = f"<Btch><PmtInfId>{collection.message_id}-1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    made = receive(entry("42.00", details=batch, day="2026-11-30"))
    assert seen(only(made)) == ("collection", 100, "collection", "accepted")
    bank.apply(actor=SYSTEM, bank_statement=made)
    collection.refresh_from_db()
    assert (collection.state, queries.balance_of(world.customer)) == ("settled", 0)
    details = transfer("Denis", IBAN, end_to_end=invoices[1].number, reason="AM04")
    back = receive(entry("12.00", "DBIT", details=details, extra="<RvslInd>true</RvslInd>"), identity="STMT-2")
    assert seen(only(back)) == ("return", 100, "returned", "accepted")
    bank.apply(actor=SYSTEM, bank_statement=back)
    debit = collection.debits.get(invoice=invoices[1])
    assert (debit.state, debit.reason, queries.open_of(invoices[1])) == ("returned", "AM04", euros("12"))
    with pytest.raises(ValidationError, match="returned since"):
        # the collection's own debit of 30 would be undone, the returned one cannot: nothing is
        bank._unpay(SYSTEM, debit, "x")
    assert bank.undo(actor=SYSTEM, bank_statement=back) == 1
    debit.refresh_from_db()
    assert (debit.state, queries.open_of(invoices[1]), queries.balance_of(world.customer)) == ("paid", 0, 0)
    assert bank.undo(actor=SYSTEM, bank_statement=made) == 1
    collection.refresh_from_db()
    assert (collection.state, queries.balance_of(world.customer)) == ("sent", euros("42"))


def test_a_debit_paid_alone(world):
    collection, [invoice] = sent_collection(world, "30")
    made = receive(entry("30.00", details=transfer("Denis", IBAN, end_to_end=invoice.number)))
    assert seen(only(made)) == ("debit", 100, "debit", "accepted")
    bank.apply(actor=SYSTEM, bank_statement=made)
    collection.refresh_from_db()
    assert (collection.state, queries.open_of(invoice)) == ("settled", 0)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"PK\x03\x04", b'<?xml version="1.0"?><!DOCTYPE x><x/>'])
def test_a_file_that_is_none(world, data):
    with pytest.raises(ValidationError):
        bank.receive(actor=SYSTEM, data=data, name="x")
    assert not BankStatement.objects.exists()


def test_each_operator_has_its_own(world, bruno, chloe):
    own = rows.people.customer(bruno.organisation, "Client de Bruno")
    issued(own, "120", number="F2026-000077")
    issued(world.payer, "120", number="F2026-000078")
    data = statement([entry("120.00", details=transfer("A", "", "F2026-000078"))])
    [made] = bank.receive(actor=SYSTEM, data=data, name="x", owner=bruno.organisation).statements
    # the invoice of the house is not seen from there; the amount is that of Bruno's one
    assert seen(only(made))[:3] == ("in", 50, "amount")
    assert only(made).customer == own
    assert list(Movement.objects.visible_to(chloe)) == []
    assert list(Movement.objects.visible_to(bruno)) == [only(made)]
