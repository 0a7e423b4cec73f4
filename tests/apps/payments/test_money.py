"""Payments, what they pay, balances and ages: each figure with its arithmetic, and the database's own refusals."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from chappe.apps.billing import journal
from chappe.apps.billing.models import Invoice, JournalEntry
from chappe.apps.invoicing import reporting
from chappe.apps.invoicing.models import Deposit, Report
from chappe.apps.payments import queries, reminding, services, told
from chappe.apps.payments.models import Allocation, Payment
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.services import enqueue
from tests.support import people
from tests.support import rows_payments as rows
from tests.support.rows_payments import DAY, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db


def pay(customer, amount: str, **more) -> Payment:
    return services.record(actor=SYSTEM, customer=customer, amount=euros(amount), day=DAY, **more)


def state(customer) -> tuple[int, int, list[int]]:
    rows = queries.with_open(Invoice.objects.filter(customer=customer)).order_by("pk")
    return queries.balance_of(customer), queries.credit_of(customer), [row.open for row in rows]


def test_the_oldest_first_and_the_rest_in_credit(world):
    issued(world.payer, "120", due_date=dt.date(2026, 10, 31))
    issued(world.payer, "60", due_date=dt.date(2026, 9, 30))
    pay(world.payer, "100")
    # 60 for the older one, 40 of the 120: 180 − 100 = 80 are owed
    assert state(world.payer) == (euros("80"), 0, [euros("80"), 0])
    pay(world.payer, "100")
    # 80 more closes it, 20 too much: −20 is owed, 20 in credit
    assert state(world.payer) == (euros("-20"), euros("20"), [0, 0])
    assert [entry.kind for entry in JournalEntry.objects.order_by("position")] == ["payment", "payment"]
    assert [entry.amount for entry in JournalEntry.objects.order_by("position")] == [euros("100")] * 2
    assert journal.verify("0") == (2, [])


def test_chosen_parts_and_their_limits(world):
    first, second = issued(world.payer, "50"), issued(world.payer, "70")
    made = pay(world.payer, "60", parts=[(second, euros("60"))])
    assert state(world.payer)[2] == [euros("50"), euros("10")]
    with pytest.raises(ValidationError, match="open for €10"):
        pay(world.payer, "60", parts=[(second, euros("11"))])
    with pytest.raises(ValidationError, match="larger than the payment"):
        pay(world.payer, "5", parts=[(first, euros("6"))])
    with pytest.raises(ValidationError, match="not an issued one of this customer"):
        pay(world.customer, "5", parts=[(first, euros("5"))])
    draft = issued(world.payer, "5", state="draft")
    with pytest.raises(ValidationError, match="not an issued one"):
        pay(world.payer, "5", parts=[(draft, euros("5"))])
    for wrong in ("0", "-1", "0.001"):
        with pytest.raises(ValidationError, match="whole cents"):
            pay(world.payer, wrong)
    assert list(Payment.objects.all()) == [made]
    assert JournalEntry.objects.count() == 1


def test_one_payment_a_key(world):
    issued(world.payer, "50")
    first, second = pay(world.payer, "20", key="k"), pay(world.payer, "20", key="k")
    assert first.pk == second.pk
    assert state(world.payer) == (euros("30"), 0, [euros("30")])


def test_allocate_later_and_take_back(world):
    made = pay(world.payer, "30")
    late = issued(world.payer, "25")
    assert queries.unallocated(made) == euros("30")
    services.allocate(actor=SYSTEM, payment=made, invoice=late, amount=euros("25"))
    assert state(world.payer) == (euros("-5"), euros("5"), [0])
    with pytest.raises(ValidationError, match="€5"):
        services.allocate(actor=SYSTEM, payment=made, invoice=late, amount=euros("6"))
    services.free(actor=SYSTEM, payment=made, invoice=late)
    assert state(world.payer) == (euros("-5"), euros("30"), [euros("25")])
    with pytest.raises(ValidationError, match="Nothing of this payment"):
        services.free(actor=SYSTEM, payment=made, invoice=late)
    assert [row.amount for row in Allocation.objects.order_by("pk")] == [euros("25"), euros("-25")]
    assert [entry.kind for entry in JournalEntry.objects.order_by("pk")] == ["payment", "allocation", "allocation"]


def test_cancelled_by_an_opposite_row(world, alice):
    issued(world.payer, "50")
    made = pay(world.payer, "70")
    back = services.cancel(actor=Actor(user=alice), payment=made, why="typed twice")
    assert (back.amount, back.kind, back.cancels_id) == (euros("-70"), "reversal", made.pk)
    assert state(world.payer) == (euros("50"), 0, [euros("50")])
    with pytest.raises(ValidationError, match="cancelled already"):
        services.cancel(actor=Actor(user=alice), payment=made, why="again")
    with pytest.raises(ValidationError, match="is not cancelled"):
        services.cancel(actor=Actor(user=alice), payment=back, why="again")
    with pytest.raises(ValidationError, match="Say why"):
        services.cancel(actor=Actor(user=alice), payment=pay(world.payer, "1"), why=" ")
    assert [entry.amount for entry in JournalEntry.objects.order_by("pk")] == [euros("70"), euros("-70"), euros("1")]
    assert journal.verify("0") == (3, [])


def test_credit_notes_and_refunds(world):
    invoice = issued(world.payer, "100")
    pay(world.payer, "100")
    issued(world.payer, "30", kind="381", preceding=invoice)
    # 100 − 30 − 100 = −30 on the invoice, 0 on the note: we owe 30
    assert state(world.payer) == (euros("-30"), 0, [euros("-30"), 0])
    with pytest.raises(ValidationError, match="owed €30"):
        services.refund(actor=SYSTEM, customer=world.payer, amount=euros("31"), day=DAY, means="transfer")
    services.refund(actor=SYSTEM, customer=world.payer, amount=euros("30"), day=DAY, means="transfer")
    assert state(world.payer) == (0, 0, [0, 0])


def test_a_free_credit_note_lowers_the_balance(world):
    issued(world.payer, "100")
    issued(world.payer, "40", kind="381")
    assert queries.balance_of(world.payer) == euros("60")
    assert [row.open for row in queries.open_invoices([world.payer.pk])] == [euros("100")]


def test_ages(world, alice):
    today = dt.date(2026, 11, 22)
    for due, amount in (
        (dt.date(2026, 11, 22), "1"), (dt.date(2026, 11, 21), "2"), (dt.date(2026, 10, 23), "4"), (dt.date(2026, 10, 22), "8"),
        (dt.date(2026, 9, 23), "16"), (dt.date(2026, 9, 22), "32"), (dt.date(2026, 8, 24), "64"), (dt.date(2026, 8, 23), "128"), (None, "256"),
    ):  # fmt: skip
        issued(world.payer, amount, due_date=due)
    issued(world.customer, "1000", due_date=dt.date(2026, 12, 31))
    rows, whole = queries.ageing(queries.unpaid(alice), today)
    assert [row.customer for row in rows] == [world.payer, world.customer]
    # today 1 and no date 256 · 1 and 30 days: 2 + 4 · 31 and 60: 8 + 16 · 61 and 90: 32 + 64 · 91: 128
    assert rows[0].cells == [euros(n) for n in ("257", "6", "24", "96", "128")]
    assert (rows[0].total, rows[0].late, rows[0].oldest) == (euros("511"), euros("254"), 91)
    assert whole.total == euros("1511")


def test_the_account_runs(world):
    invoice = issued(world.payer, "100", issue_date=dt.date(2026, 10, 1))
    made = pay(world.payer, "60")
    steps = queries.account(world.payer, lambda obj: "")
    assert [(step.what, step.debit, step.credit, step.balance) for step in steps] == [
        (invoice, euros("100"), 0, euros("100")), (made, 0, euros("60"), euros("40")),
    ]  # fmt: skip


def test_the_database_refuses_to_change_a_payment(world):
    issued(world.payer, "10")
    made = pay(world.payer, "10")
    for act in (
        lambda: Payment.objects.filter(pk=made.pk).update(amount=1),
        lambda: Payment.objects.filter(pk=made.pk)._raw_delete("default"),
        lambda: Allocation.objects.update(amount=5),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    made.refresh_from_db()
    assert made.amount == euros("10")


def test_rights(world, bruno, chloe):
    bruno.roles.set([people.make_role("Payeur", {"paiements": 2, "clients": 1, "facturation": 1})])
    bruno.forget_rights()
    with pytest.raises(PermissionDenied):
        services.record(actor=Actor(user=bruno), customer=world.payer, amount=euros("1"), day=DAY)
    own = people_customer(bruno.organisation)
    made = services.record(actor=Actor(user=bruno), customer=own, amount=euros("1"), day=DAY)
    assert made.owner == bruno.organisation
    with pytest.raises(PermissionDenied):
        services.cancel(actor=Actor(user=bruno), payment=made, why="x")
    assert list(Payment.objects.visible_to(bruno)) == [made]
    assert list(Payment.objects.visible_to(chloe)) == []


def people_customer(owner):
    from tests.support import rows_customers

    return rows_customers.customer(owner, "Client")


def test_what_payments_tell_the_tax_report(world):
    """Told on the day of the money; what is allocated once that day's report has left is told on the day it is known."""
    first, later = issued(world.payer, "120"), issued(world.payer, "60")
    paid = pay(world.payer, "180", parts=[(first, euros("120"))])
    november, december = [(None, dt.date(2026, month, 1), dt.date(2026, month, 30)) for month in (11, 12)]
    assert list(told.received(*november)) == [(first, DAY, euros("120"))]
    left = dt.datetime(2026, 12, 9, 10, tzinfo=dt.UTC)
    Report.objects.create(
        what="payments", first=november[1], last=november[2], due=dt.date(2026, 12, 10), state="deposited", deposited_at=left
    )  # fmt: skip
    known = left + dt.timedelta(days=3)
    Allocation.objects.create(payment=paid, invoice=later, amount=euros("60"), recorded_at=known)
    assert list(told.received(*november)) == [(first, DAY, euros("120"))]
    assert list(told.received(*december)) == [(later, known.date(), euros("60"))]


def test_billing_and_reminders_hear_of_payments(world):
    assert told.received in reporting._sources
    assert told.pdf_of in reminding._attachments
    invoice = issued(world.payer, "120")
    assert told.pdf_of(invoice) is None, "nothing goes before its files are checked"
    stored = rows.stored_pdf(invoice)
    assert told.pdf_of(invoice) == stored


def test_the_fiscal_module_holds_what_records_money():
    names = {path.name for path in journal.fiscal_files() if "payments" in path.parts}
    assert names == {"services.py", "money.py"}


def test_an_entry_names_the_hand_in_words(world):
    job = enqueue("payments.remind", actor=SYSTEM)
    with transaction.atomic():
        entry = journal.append(JournalEntry.Kind.EVENT, actor=Actor.system(f"job {job.pk}"))
    assert entry.actor_label == f"Propose reminders (job {job.pk})"
    assert journal.who(Actor.system("job 0")) == "job 0"
    assert journal.who(Actor.system("camt.053")) == "camt.053"


def test_what_the_platform_is_to_be_told_of(world):
    """Allocations in their order, the taking back as a negative one; a deposit waits until all of them are told."""
    invoice = issued(world.payer, "100")
    row = Deposit.objects.create(invoice=invoice, platform="folder", reference="D1")
    assert list(told.untold()) == []
    paid = pay(world.payer, "80")
    services.free(actor=SYSTEM, payment=paid, invoice=invoice)
    assert [one.amount for one in told.money_of(invoice)] == [euros("80"), -euros("80")]
    assert len({one.key for one in told.money_of(invoice)}) == 2
    assert list(told.untold()) == [row]
    Deposit.objects.filter(pk=row.pk).update(encashments=2)
    assert list(told.untold()) == []
    Deposit.objects.filter(pk=row.pk).update(encashments=0, status=213)
    assert list(told.untold()) == [], "a rejected invoice is no invoice"


def test_a_top_up_is_told_on_the_day_it_pays_an_invoice(world):
    """Received on the 20th of November, it pays an invoice in December: no VAT falls due before, and none is told twice."""
    paid = services.top_up(actor=SYSTEM, customer=world.payer, amount=euros("50"), day=DAY)
    invoice = issued(world.payer, "30")
    later = dt.datetime(2026, 12, 2, 10, tzinfo=dt.UTC)
    Allocation.objects.create(payment=paid, invoice=invoice, amount=euros("30"), recorded_at=later)
    november, december = [(None, dt.date(2026, month, 1), dt.date(2026, month, 30)) for month in (11, 12)]
    assert list(told.received(*november)) == []
    assert list(told.received(*december)) == [(invoice, later.date(), euros("30"))]
    assert [(one.day, one.amount) for one in told.money_of(invoice)] == [(later.date(), euros("30"))]
