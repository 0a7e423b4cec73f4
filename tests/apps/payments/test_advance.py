"""An invoice of a customer who paid in advance: what is set against it, in the transaction that numbers it, to the cent."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.billing import credits, editing, issuing, journal, services
from chappe.apps.billing.models import Invoice, JournalEntry, Series, SeriesYear
from chappe.apps.invoicing import mailing
from chappe.apps.payments import queries
from chappe.apps.payments import services as money
from chappe.apps.payments.models import Allocation, Payment
from chappe.connectors.einvoice import rules
from chappe.core.einvoice.page import page
from chappe.core.einvoice.xml import cii
from chappe.kit.jobs.runner import run_pending
from tests.support.rows_payments import DAY, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db
NOVEMBER = dt.date(2026, 11, 20)


@pytest.fixture(scope="module", autouse=True)
def _no_worker_left_behind():
    yield
    rules.close()


@pytest.fixture
def drafted(world):
    """``drafted("100")`` is a draft of 100 € excl. VAT, 120 € incl. VAT, of the payer."""
    world.payer.siren, world.payer.vat_number = "732829320", "FR44732829320"
    world.payer.line1, world.payer.postal_code, world.payer.city = "1 rue du Port", "44000", "Nantes"
    world.payer.save()
    series = Series.objects.create(code="factures", name="Factures", is_default=True)

    def draft(net: str, **more) -> Invoice:
        one = editing.single(actor=SYSTEM, customer=world.payer, series=series, issue_date=NOVEMBER, **more)
        editing.add_line(actor=SYSTEM, invoice=one, label="Étude", price=euros(net))
        one.refresh_from_db()
        return one

    return draft


def issue(draft: Invoice) -> Invoice:
    return services.issue(actor=SYSTEM, invoice=draft)


def topped(world, amount: str) -> Payment:
    return money.top_up(actor=SYSTEM, customer=world.payer, amount=euros(amount), day=DAY)


def told(invoice: Invoice) -> tuple[str, int, int, int]:
    """Frame, total, paid, left to pay."""
    document = invoice.read_document()
    return document.frame, document.gross, document.paid, document.due


def broken(invoice: Invoice) -> list[str]:
    return [fault.field or fault.code for fault in rules.check(cii(invoice.read_document()))]


def test_paid_whole_the_invoice_asks_for_nothing(world, drafted):
    topped(world, "150")
    made = issue(drafted("100"))
    assert told(made) == ("S2", euros("120"), euros("120"), 0)
    document = made.read_document()
    assert (document.payment_means, document.iban, document.terms) == (
        "1", "", "Payé d’avance : il ne reste rien à payer.",
    )  # fmt: skip
    assert page(document)["headline"]["label"] == "Rien à payer"
    assert "Il ne vous reste rien à payer." in mailing.written(made)[1]
    assert broken(made) == []
    assert (queries.open_of(made), queries.credit_of(world.payer)) == (0, euros("30"))
    assert queries.balance_of(world.payer) == -euros("30")
    kinds = list(JournalEntry.objects.order_by("position").values_list("kind", flat=True))
    assert kinds == ["top_up", "invoice", "allocation"]
    run_pending()  # the job of before finds nothing left to do
    assert Allocation.objects.get().amount == euros("120")
    assert journal.verify("0") == (3, [])


def test_paid_in_part_it_says_what_is_left(world, drafted):
    topped(world, "50")
    topped(world, "30.5")
    made = issue(drafted("100"))
    assert told(made) == ("S1", euros("120"), euros("80.5"), euros("39.5"))
    assert made.read_document().terms.startswith("Payable par virement")
    assert broken(made) == []
    assert queries.open_of(made) == euros("39.5")
    assert list(Allocation.objects.order_by("pk").values_list("amount", flat=True)) == [euros("50"), euros("30.5")]


def test_two_invoices_issued_together_do_not_spend_the_same_money(world, drafted):
    topped(world, "150")
    drafts = [drafted("100"), drafted("100")]
    made = issuing.issue_all([draft.pk for draft in drafts], actor=SYSTEM)
    assert [told(one)[2:] for one in made] == [(euros("120"), 0), (euros("30"), euros("90"))]
    assert [queries.open_of(one) for one in made] == [0, euros("90")]
    assert queries.credit_of(world.payer) == 0


def test_an_older_invoice_is_paid_first(world, drafted):
    old = issued(world.payer, "100", due_date=dt.date(2026, 9, 30))
    topped(world, "150")
    made = issue(drafted("100"))
    assert told(made)[2:] == (euros("50"), euros("70"))
    run_pending()
    assert (queries.open_of(old), queries.open_of(made), queries.credit_of(world.payer)) == (0, euros("70"), 0)


def test_a_credit_note_gives_it_back_and_the_next_invoice_has_it(world, drafted):
    topped(world, "150")
    made = issue(drafted("100"))
    note = issue(credits.credit(actor=SYSTEM, invoice=made, reason="erreur", issue_date=NOVEMBER))
    assert (note.read_document().paid, note.read_document().due) == (0, euros("120"))
    assert (queries.open_of(made), queries.credit_of(world.payer)) == (0, euros("150"))
    assert queries.balance_of(world.payer) == -euros("150")
    again = issue(drafted("100"))
    assert told(again) == ("S2", euros("120"), euros("120"), 0)
    assert journal.verify("0")[1] == []


def test_a_gesture_gives_back_its_part_alone(world, drafted):
    topped(world, "100")
    made = issue(drafted("100"))  # 20 left to pay
    line = made.lines.get()
    issue(
        credits.credit(actor=SYSTEM, invoice=made, reason="geste", issue_date=NOVEMBER, amounts={line.pk: euros("50")})
    )
    # 120 less 60 credited: 60 wanted, 100 held, 40 back
    assert (queries.open_of(made), queries.credit_of(world.payer)) == (0, euros("40"))


def test_a_corrected_invoice_takes_the_place_and_the_money_of_the_first(world, drafted):
    topped(world, "150")
    made = issue(drafted("100"))
    draft = credits.correct(actor=SYSTEM, invoice=made, reason="adresse", issue_date=NOVEMBER)
    new = issue(draft)
    assert told(new) == ("S2", euros("120"), euros("120"), 0)
    assert broken(new) == []
    assert (queries.open_of(made), queries.open_of(new), queries.credit_of(world.payer)) == (0, 0, euros("30"))
    assert queries.balance_of(world.payer) == -euros("30"), "billed once, not twice"
    assert queries.account(world.payer, lambda row: "")[-1].balance == -euros("30")


def test_a_corrected_invoice_is_owed_once(world, drafted):
    made = issue(drafted("100"))
    new = issue(credits.correct(actor=SYSTEM, invoice=made, reason="adresse", issue_date=NOVEMBER))
    assert (queries.open_of(made), queries.open_of(new)) == (0, euros("120"))
    assert queries.balance_of(world.payer) == euros("120")
    assert [row.pk for row in queries.open_invoices([world.payer.pk])] == [new.pk]


def test_what_breaks_in_the_middle_leaves_nothing(world, drafted, monkeypatch):
    topped(world, "150")
    draft = drafted("100")

    def broken(*args, **more):
        raise RuntimeError("kill")

    with monkeypatch.context() as patch:
        patch.setattr(Allocation.objects, "create", broken)
        with pytest.raises(RuntimeError):
            issue(draft)
    draft.refresh_from_db()
    assert (draft.state, draft.number, draft.read_document().paid) == ("draft", None, 0)
    assert not SeriesYear.objects.filter(last__gt=0).exists()
    assert (JournalEntry.objects.count(), queries.credit_of(world.payer)) == (1, euros("150"))
    assert issue(draft).number.endswith("1")


def test_a_credit_that_is_gone_refuses_the_invoice(world, drafted, monkeypatch):
    topped(world, "10")
    draft = drafted("100")
    monkeypatch.setattr(issuing, "_advances", [lambda ids: {world.payer.pk: euros("20")}])
    with pytest.raises(ValidationError, match="used meanwhile"):
        issue(draft)
    draft.refresh_from_db()
    assert (draft.state, queries.credit_of(world.payer)) == ("draft", euros("10"))


def test_what_was_given_back_to_the_customer_is_not_spent(world, drafted):
    topped(world, "150")
    money.refund(actor=SYSTEM, customer=world.payer, amount=euros("100"), day=DAY, means="transfer")
    assert told(issue(drafted("100")))[2:] == (euros("50"), euros("70"))
