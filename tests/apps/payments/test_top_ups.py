"""Money paid in advance: recorded once, journaled, receipted, used by the next invoices, undone by an opposite row."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chappe.apps.billing import events, journal
from chappe.apps.billing.models import JournalEntry
from chappe.apps.payments import queries, services, topping
from chappe.apps.payments.models import Allocation, Payment
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from tests.support import people
from tests.support.rows_payments import DAY, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db


def top_up(customer, amount: str, **more) -> Payment:
    return services.top_up(actor=SYSTEM, customer=customer, amount=euros(amount), day=DAY, **more)


def test_it_stays_in_credit_then_pays_the_next_invoices_the_oldest_first(world):
    old = issued(world.payer, "30", due_date=dt.date(2026, 9, 30))
    made = top_up(world.payer, "50", means="cash", reference="BORNE 12")
    assert (queries.open_of(old), queries.credit_of(world.payer)) == (euros("30"), euros("50"))
    entry = made.entry
    assert (entry.kind, entry.amount, entry.data["means"]) == ("top_up", euros("50"), "cash")
    new = issued(world.payer, "45")
    events.tell("issued", invoice=new, actor=SYSTEM)
    run_pending()
    # 50 pays the 30 whole and 20 of the 45: 25 stay open, nothing is left in credit
    assert (queries.open_of(old), queries.open_of(new), queries.credit_of(world.payer)) == (0, euros("25"), 0)
    assert services.use_top_ups(actor=SYSTEM, customer=world.payer) == 0
    top_up(world.payer, "40")
    assert services.use_top_ups(actor=SYSTEM, customer=world.payer) == euros("25")
    assert queries.balance_of(world.payer) == -euros("15")  # 75 billed, 90 topped up
    assert [row.kind for row in JournalEntry.objects.order_by("position")] == [
        "top_up", "allocation", "allocation", "top_up", "allocation",
    ]  # fmt: skip
    assert journal.verify("0") == (5, [])


def test_who_has_topped_up_nothing_queues_nothing(world):
    events.tell("issued", invoice=issued(world.payer, "45"), actor=SYSTEM)
    assert not Job.objects.filter(name="payments.use-top-ups").exists()


def test_what_was_given_back_pays_nothing(world):
    top_up(world.payer, "50")
    services.refund(actor=SYSTEM, customer=world.payer, amount=euros("20"), day=DAY, means="transfer")
    invoice = issued(world.payer, "45")
    assert services.use_top_ups(actor=SYSTEM, customer=world.payer) == euros("30")
    assert queries.open_of(invoice) == euros("15")


def test_undone_by_an_opposite_row_its_invoices_are_open_again(world, alice):
    made = top_up(world.payer, "50")
    invoice = issued(world.payer, "30")
    services.use_top_ups(actor=SYSTEM, customer=world.payer)
    back = services.cancel(actor=Actor(user=alice), payment=made, why="double saisie")
    assert (back.amount, back.kind, back.cancels) == (-euros("50"), "reversal", made)
    assert (queries.open_of(invoice), queries.balance_of(world.payer)) == (euros("30"), euros("30"))
    assert services.use_top_ups(actor=SYSTEM, customer=world.payer) == 0
    assert list(JournalEntry.objects.order_by("position").values_list("kind", "amount")) == [
        ("top_up", euros("50")), ("allocation", 0), ("correction", -euros("50")),
    ]  # fmt: skip
    assert journal.verify("0") == (3, [])


def test_refusals_change_nothing(world, bruno):
    for wrong in ("0", "-5", "0.001"):
        with pytest.raises(ValidationError, match="whole cents"):
            top_up(world.payer, wrong)
    bruno.roles.set([people.make_role("Payeur", {"paiements": 2, "clients": 1})])
    bruno.forget_rights()
    with pytest.raises(PermissionDenied):
        services.top_up(actor=Actor(user=bruno), customer=world.payer, amount=euros("5"), day=DAY)
    assert not Payment.objects.exists()
    assert not JournalEntry.objects.exists()


def test_the_page_records_once_and_gives_its_receipt(world, client, alice, bruno):
    client.force_login(alice)
    page = client.get(f"/payments/account/{world.payer.pk}/top-up/")
    assert f'value="{timezone.localdate():%Y-%m-%d}"' in page.content.decode(), (
        "a field of the browser knows this notation alone"
    )
    given = {"amount": "25,50", "day": "2026-11-20", "means": "card", "reference": "TPE 7", "key": page.context["form"].initial["key"]}  # fmt: skip
    for _twice in range(2):
        assert client.post(f"/payments/account/{world.payer.pk}/top-up/", given).status_code == 302
    made = Payment.objects.get()
    assert (made.kind, made.amount, made.means) == ("top_up", euros("25.5"), "card")
    assert client.post(f"/payments/account/{world.payer.pk}/top-up/", given | {"amount": "0"}).status_code == 422
    detail = client.get(f"/payments/payment/{made.pk}/").content.decode()
    assert f"/payments/payment/{made.pk}/receipt/" in detail
    receipt = client.get(f"/payments/payment/{made.pk}/receipt/")
    assert receipt.content.startswith(b"%PDF-")
    assert receipt["Content-Disposition"] == 'inline; filename="R-000001.pdf"'
    client.force_login(bruno)
    assert client.get(f"/payments/payment/{made.pk}/receipt/").status_code in {403, 404}
    assert client.get(f"/payments/account/{world.payer.pk}/top-up/").status_code in {403, 404}


def test_a_receipt_says_what_an_inspector_asks(world, alice):
    made = top_up(world.payer, "25.5", reference="TPE 7")
    told = topping.told(made)
    assert dict(told["rows"])["Receipt"] == "R-000001"
    assert dict(told["rows"])["Reference"] == "TPE 7"
    assert (told["amount"], told["undone"]) == ("€25.50", "")
    assert made.entry.sha256[:16] in told["seal"]
    services.cancel(actor=Actor(user=alice), payment=made, why="erreur")
    assert topping.told(made)["undone"].endswith("erreur")
    assert Allocation.objects.count() == 0
