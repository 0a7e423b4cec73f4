"""Money shared over invoices by hand, and proposals accepted together: what is kept is the difference, written in the journal."""

import datetime as dt

import pytest

from chappe.apps.billing.models import JournalEntry
from chappe.apps.payments import bank, queries, services
from chappe.apps.payments.models import Allocation, Movement
from tests.core.sepa.bank import entry, transfer
from tests.support.rows_payments import DAY, SYSTEM, euros, issued

from .test_bank import only, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(world):
    """Invoices of 50, 60 and 70 €, the oldest first."""
    world.invoices = [
        issued(world.payer, amount, due_date=dt.date(2026, month, 1))
        for month, amount in ((8, "50"), (9, "60"), (10, "70"))
    ]
    return world


def opens(world) -> list[int]:
    return [queries.open_of(invoice) // 1_000_000_000 for invoice in world.invoices]


def parts(world, *amounts: str) -> dict[str, str]:
    return {f"invoice-{one.pk}": amount for one, amount in zip(world.invoices, amounts, strict=True)}


def test_a_payment_is_shared_and_taken_back(three, client, alice):
    payment = services.record(actor=SYSTEM, customer=three.payer, amount=euros("100"), day=DAY)
    assert opens(three) == [0, 10, 70]
    client.force_login(alice)
    url = f"/payments/payment/{payment.pk}/split/"
    page = client.get(url).content.decode()
    assert f'name="invoice-{three.invoices[0].pk}" value="50.00"' in page
    before = JournalEntry.objects.count()
    assert client.post(url, parts(three, "20", "0", "70,00")).status_code == 302
    assert opens(three) == [30, 60, 0]
    assert queries.credit_of(three.payer) == euros("10")
    assert [row.amount // 1_000_000_000 for row in Allocation.objects.order_by("pk")][2:] == [-30, -50, 70]
    assert JournalEntry.objects.count() == before + 3
    assert client.post(url, parts(three, "20", "0", "70")).status_code == 302
    assert JournalEntry.objects.count() == before + 3, "nothing changed, nothing is written"
    assert client.post(url, parts(three, "", "", "")).status_code == 302
    assert (opens(three), queries.credit_of(three.payer)) == ([50, 60, 70], euros("100"))


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (("51", "", ""), "Between 0 and €50.00"),
        (("-1", "", ""), "Between 0 and"),
        (("1.001", "", ""), "Between 0 and"),
        (("dix", "", ""), "is not an amount"),
        (("50", "60", ""), "add up to more than €100.00"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(three, client, alice, amounts, told):
    payment = services.record(actor=SYSTEM, customer=three.payer, amount=euros("100"), day=DAY, parts=[])
    client.force_login(alice)
    page = client.post(f"/payments/payment/{payment.pk}/split/", parts(three, *amounts))
    assert (page.status_code, told in page.content.decode()) == (422, True)
    assert not Allocation.objects.exists()


def test_a_cancelled_payment_pays_nothing_any_more(three, client, alice, bruno):
    payment = services.record(actor=SYSTEM, customer=three.payer, amount=euros("100"), day=DAY, parts=[])
    services.cancel(actor=SYSTEM, payment=payment, why="double")
    client.force_login(alice)
    page = client.get(f"/payments/payment/{payment.pk}/split/", follow=True)
    assert "It is cancelled already." in page.content.decode()
    client.force_login(bruno)
    assert client.get(f"/payments/payment/{payment.pk}/split/").status_code in {403, 404}


def test_a_movement_is_shared_over_the_invoices_of_a_chosen_customer(three, client, alice):
    made = receive(entry("100.00", details=transfer("Tante Huguette")))
    move, url = only(made), f"/payments/movement/{only(made).pk}/split/"
    client.force_login(alice)
    assert "Choose whose money it is" in client.get(url).content.decode()
    url += f"?customer={three.payer.pk}"
    assert f'name="invoice-{three.invoices[1].pk}" value="50.00"' in client.get(url).content.decode(), (
        "the oldest first"
    )
    assert client.post(url, parts(three, "10", "20", "70")).status_code == 302
    move.refresh_from_db()
    assert (move.state, move.customer, move.why) == ("accepted", three.payer, "hand")
    bank.apply(actor=SYSTEM, bank_statement=made)
    assert opens(three) == [40, 40, 0]
    assert client.get(url).status_code == 404, "what is applied is undone first"


def test_proposals_are_accepted_together(three):
    garage = transfer("Garage Dupont")
    made = receive(
        entry("180.00", details=garage), entry("3.00", details=garage), entry("9.00", details=transfer("Inconnu"))
    )
    waiting = Movement.State.WAITING
    assert [move.confidence for move in made.movements.order_by("position")] == [80, 40, 0]
    assert bank.accept_from(actor=SYSTEM, bank_statement=made, confidence=90) == 0
    assert bank.accept_from(actor=SYSTEM, bank_statement=made, confidence=75) == 1
    assert bank.accept_from(actor=SYSTEM, bank_statement=made, confidence=1) == 1
    assert made.movements.get(state=waiting).amount == euros("9")
