"""Mandates and collections: who is debited, who is left out and why, the file, rejections, returns, undoing."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from lxml import etree

from chappe.apps.billing.models import Invoice
from chappe.apps.payments import bank, collections, jobs, mandates, queries
from chappe.apps.payments.models import Collection, Debit, Mandate, MandateVersion, Payment
from chappe.core.sepa.debit import NAMESPACE, is_valid
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.models import Job
from tests.core.sepa.bank import rejections
from tests.support import rows_payments as rows
from tests.support.rows_payments import IBAN, OTHER_IBAN, SYSTEM, euros, issued

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)
DAY = dt.date(2026, 11, 30)


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel(dt.datetime(2026, 11, 22, 11, 0, tzinfo=dt.UTC), tick=False):
        yield


def propose(world, **more) -> Collection:
    return collections.propose(actor=SYSTEM, brand=world.brand, collect_on=DAY, **more)


def texts(collection, name: str) -> list[str]:
    tree = etree.fromstring(collection.stored.path.read_bytes())
    return [node.text for node in tree.iter(f"{{{NAMESPACE}}}{name}")]


def test_a_mandate_is_opened_and_hides_its_account(world):
    mandate = world.mandate
    assert (mandate.state, mandate.rum, mandate.bic) == ("active", f"{world.customer.number}-1", "AGRIFRPPXXX")
    assert (mandate.iban, mandate.iban_masked) == (IBAN, "FR76 •••• 0189")
    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM payments_mandate WHERE id = %s", [mandate.pk])
        [stored] = cursor.fetchone()
    assert stored.startswith("f1:")
    entry = AuditEntry.objects.get(object_pk=str(mandate.pk), verb="created")
    assert "30006" not in str(entry.changes)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"iban": "FR7630006000011234567890188"}, "iban"), ({"bic": "XX"}, "bic"), ({"rum": "É" * 3}, "rum"),
        ({"signed_on": dt.date(2026, 11, 23)}, "signed_on"), ({"notice_days": 0}, "notice_days"),
    ],
)  # fmt: skip
def test_a_mandate_that_cannot_be(world, change, field):
    before = Mandate.objects.count()
    with pytest.raises(ValidationError) as refusal:
        rows.mandate(None, "x", customer=world.payer, **change)
    assert list(refusal.value.message_dict) == [field]
    assert Mandate.objects.count() == before


def test_one_active_mandate_a_customer(world):
    with pytest.raises(ValidationError, match="already has an active mandate"):
        rows.mandate(None, "second", customer=world.customer)
    draft = rows.mandate(None, "second", customer=world.customer, signed_on=None)
    assert (draft.state, draft.rum) == ("draft", f"{world.customer.number}-2")
    with pytest.raises(ValidationError, match="already has an active mandate"):
        mandates.activate(actor=SYSTEM, mandate=draft, signed_on=TODAY)
    mandates.move(actor=SYSTEM, mandate=world.mandate, state="revoked", why="closed account")
    assert mandates.activate(actor=SYSTEM, mandate=draft, signed_on=TODAY).state == "active"
    with pytest.raises(ValidationError, match="Not from the state"):
        mandates.move(actor=SYSTEM, mandate=world.mandate, state="active", why="")


def test_a_collection_from_draft_to_paid(world):
    first, second = issued(world.customer, "48.50"), issued(world.customer, "12")
    collection = propose(world)
    assert (collection.number, collection.total, collection.left_out) == (2, euros("60.50"), [])
    debits = list(collection.debits.order_by("pk"))
    assert [(one.amount, one.sequence, one.end_to_end) for one in debits] == [
        (euros("48.50"), "FRST", first.number), (euros("12"), "RCUR", second.number),
    ]  # fmt: skip
    made = collections.make_file(actor=SYSTEM, collection=collection)
    data = made.stored.path.read_bytes()
    assert is_valid(data)
    assert texts(made, "CtrlSum") == ["60.50", "48.50", "12.00"]
    assert texts(made, "MndtId") == [world.mandate.rum] * 2
    assert set(texts(made, "IBAN")) == {rows.OUR_IBAN, IBAN}
    assert queries.open_of(first) == euros("48.50"), "nothing is paid yet"
    collections.mark_sent(actor=SYSTEM, collection=made)
    world.mandate.refresh_from_db()
    assert (world.mandate.first_used, world.mandate.last_used) == (DAY, DAY)
    assert collections.settle(actor=SYSTEM, collection=made) == 2
    assert [(one.amount, one.means, one.day) for one in Payment.objects.order_by("pk")] == [
        (euros("48.50"), "debit", DAY), (euros("12"), "debit", DAY),
    ]  # fmt: skip
    assert (queries.balance_of(world.customer), queries.open_of(first), queries.open_of(second)) == (0, 0, 0)
    assert collections.settle(actor=SYSTEM, collection=made) == 0, "once"
    assert Payment.objects.count() == 2


def test_who_is_left_out_and_why(world):
    def customer(name: str, **more):
        made = rows.billing.buyer(name=name, payment_means="sepa", siren="", vat_number="")
        if more:
            rows.mandate(None, name, customer=made, **more)
        return made

    good = issued(world.customer, "10")
    issued(customer("Sans mandat"), "20")
    issued(customer("Périmé", signed_on=dt.date(2023, 11, 29)), "30")
    issued(customer("Pressé", signed_on=TODAY), "40", issue_date=dt.date(2026, 11, 17))
    issued(world.payer, "50")
    issued(world.customer, "60", due_date=dt.date(2026, 12, 15))
    collection = propose(world)
    assert [one.invoice for one in collection.debits.all()] == [good]
    assert [(row["name"], row["why"]) for row in collection.left_out] == [
        ("Sans mandat", "no active mandate"),
        ("Périmé", "its mandate was not used for 36 months: have it signed anew"),
        ("Pressé", "notice too short: not before 01/12/2026"),
    ]


def test_nothing_is_collected_twice(world):
    issued(world.customer, "10")
    propose(world)
    with pytest.raises(ValidationError, match="nothing to collect"):
        propose(world)
    assert Collection.objects.count() == 1
    with pytest.raises(ValidationError, match="after today"):
        collections.propose(actor=SYSTEM, brand=world.brand, collect_on=TODAY)


def test_paid_between_draft_and_file(world):
    from chappe.apps.payments import services

    issued(world.customer, "10")
    collection = propose(world)
    services.record(actor=SYSTEM, customer=world.customer, amount=euros("4"), day=TODAY)
    with pytest.raises(ValidationError, match="Paid since the draft"):
        collections.make_file(actor=SYSTEM, collection=collection)
    collection.refresh_from_db()
    assert (collection.state, collection.stored) == ("draft", None)
    collections.undo(actor=SYSTEM, collection=collection, why="paid")
    assert propose(world).total == euros("6")


def test_a_creditor_without_identifier_makes_no_file(world):
    issued(world.customer, "10")
    collection = propose(world)
    world.brand.ics = ""
    world.brand.save()
    with pytest.raises(ValidationError, match="Creditor: The creditor has no SEPA identifier"):
        collections.make_file(actor=SYSTEM, collection=collection)
    collection.refresh_from_db()
    assert (collection.state, collection.message_id) == ("draft", "")


def sent(world, amount: str = "10") -> tuple[Collection, Invoice]:
    invoice = issued(world.customer, amount)
    collection = collections.make_file(actor=SYSTEM, collection=propose(world))
    return collections.mark_sent(actor=SYSTEM, collection=collection), invoice


def test_rejected_before_payment_and_presented_again(world):
    collection, invoice = sent(world)
    received = bank.receive(actor=SYSTEM, data=rejections([(invoice.number, "AM04", "10.00")]), name="r.xml")
    assert (received.rejected, received.unknown) == (1, [])
    debit = collection.debits.get()
    assert (debit.state, debit.reason, debit.reason_words()) == ("rejected", "AM04", "insufficient funds")
    assert not Payment.objects.exists()
    world.mandate.refresh_from_db()
    assert world.mandate.first_used is None, "nothing was ever paid under it"
    again = propose(world).debits.get()
    assert (again.end_to_end, again.sequence) == (f"{invoice.number}-2", "FRST")


def test_returned_after_payment(world):
    collection, invoice = sent(world)
    collections.settle(actor=SYSTEM, collection=collection)
    collections.take_back(actor=SYSTEM, debit=collection.debits.get(), reason="MD06", day=dt.date(2026, 12, 5))
    assert [(one.kind, one.amount) for one in Payment.objects.order_by("pk")] == [
        ("payment", euros("10")), ("rejection", euros("-10")),
    ]  # fmt: skip
    assert (queries.open_of(invoice), queries.balance_of(world.customer)) == (euros("10"), euros("10"))
    with pytest.raises(ValidationError, match="not under way"):
        collections.take_back(actor=SYSTEM, debit=collection.debits.get(), reason="MD06", day=DAY)


def test_a_whole_file_refused(world):
    collection, _invoice = sent(world)
    data = rejections([], whole="RJCT", message_id=collection.message_id)
    assert bank.receive(actor=SYSTEM, data=data, name="r.xml").rejected == 1
    collection.refresh_from_db()
    assert (collection.state, collection.debits.get().reason) == ("refused", "FF01")


def test_rejections_of_unknown_debits_change_nothing(world):
    collection, _invoice = sent(world)
    with pytest.raises(ValidationError, match="nothing was changed"):
        bank.receive(actor=SYSTEM, data=rejections([("UNKNOWN", "AC04", "10.00")]), name="r.xml")
    assert collection.debits.get().state == "sent"


def test_a_changed_account_travels_as_an_amendment(world):
    sent(world)
    mandates.update(actor=SYSTEM, object=world.mandate, data={"iban": OTHER_IBAN, "bic": ""})
    world.mandate.refresh_from_db()
    kept = MandateVersion.objects.get()
    assert (kept.version, kept.iban, world.mandate.version, world.mandate.iban) == (1, IBAN, 2, OTHER_IBAN)
    issued(world.customer, "5")
    collection = collections.make_file(actor=SYSTEM, collection=propose(world))
    assert texts(collection, "AmdmntInd") == ["true"]
    assert texts(collection, "IBAN") == [rows.OUR_IBAN, IBAN, OTHER_IBAN]
    with pytest.raises(ValidationError, match="keeps its scheme"):
        mandates.update(actor=SYSTEM, object=world.mandate, data={"scheme": "B2B"})


def test_undone_until_it_is_sent(world):
    collection, invoice = sent(world)
    with pytest.raises(ValidationError, match="sent to the bank"):
        collections.undo(actor=SYSTEM, collection=collection, why="x")
    collection.refresh_from_db()
    assert (collection.state, collection.debits.get().state) == ("sent", "sent")
    assert invoice.pk


def test_a_debit_taken_out_of_a_draft(world):
    issued(world.customer, "10")
    issued(world.customer, "20")
    collection = propose(world)
    collections.remove(actor=SYSTEM, debit=collection.debits.order_by("pk").first())
    collection.refresh_from_db()
    assert (collection.number, collection.total) == (1, euros("20"))
    assert [one.amount for one in propose(world).debits.all()] == [euros("10")]


def test_mandates_lapse_after_36_months(world):
    assert mandates.months_before(dt.date(2026, 3, 31), 1) == dt.date(2026, 2, 28)
    assert mandates.months_before(dt.date(2026, 1, 15), 36) == dt.date(2023, 1, 15)
    Mandate.objects.filter(pk=world.mandate.pk).update(last_used=dt.date(2023, 11, 22))
    jobs.lapse(JobContext(Job(name="payments.lapse")))
    world.mandate.refresh_from_db()
    assert world.mandate.state == "active", "36 months to the day: it still serves"
    Mandate.objects.filter(pk=world.mandate.pk).update(last_used=dt.date(2023, 11, 21))
    jobs.lapse(JobContext(Job(name="payments.lapse")))
    world.mandate.refresh_from_db()
    assert (world.mandate.state, world.mandate.ended_on) == ("lapsed", TODAY)


def test_a_suspended_mandate_leaves_its_drafts(world):
    issued(world.customer, "10")
    collection = propose(world)
    mandates.move(actor=SYSTEM, mandate=world.mandate, state="suspended", why="dispute")
    assert collection.debits.get().state == Debit.State.REMOVED


def test_strangers(world, bruno, chloe):
    own = rows.collection(bruno.organisation, "c-bruno")
    assert list(Collection.objects.visible_to(bruno)) == [own]
    assert list(Collection.objects.visible_to(chloe)) == []
    assert list(Mandate.objects.visible_to(bruno)) == []
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        mandates.move(actor=Actor(user=bruno), mandate=world.mandate, state="revoked", why="x")
    world.mandate.refresh_from_db()
    assert world.mandate.state == "active"
