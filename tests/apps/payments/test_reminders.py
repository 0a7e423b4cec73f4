"""Reminders: who is reminded at which level, what the letter says, and that it arrives in a real mail server."""

import datetime as dt

import pytest
from aiosmtpd.controller import Controller
from django.core.exceptions import ValidationError

from chappe.apps.payments import collections, reminding, services
from chappe.apps.payments.models import Reminder, ReminderLevel
from chappe.kit.mail import posting
from chappe.kit.mail.models import Message
from tests.kit.mail.conftest import Box, free_port
from tests.support import rows_payments as rows
from tests.support.rows_payments import SYSTEM, euros, issued

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 22)


def propose(day: dt.date = DAY) -> list[Reminder]:
    return reminding.propose(actor=SYSTEM, today=day)


def late(customer, amount: str, days: int, **more):
    return issued(customer, amount, due_date=DAY - dt.timedelta(days=days), **more)


def test_the_levels_climb_one_at_a_time(world):
    assert [(level.rank, level.days, level.fee) for level in ReminderLevel.objects.all()] == [
        (1, 8, 0), (2, 23, euros("40")), (3, 45, euros("40")),
    ]  # fmt: skip
    late(world.payer, "100", 7)
    assert propose() == []
    [first] = propose(DAY + dt.timedelta(days=1))
    assert (first.level.rank, first.total, first.fee, first.problem) == (1, euros("100"), 0, "")
    assert propose(DAY + dt.timedelta(days=30)) == [], "one proposal at a time"
    reminding.send(actor=SYSTEM, reminder=first)
    assert propose(DAY + dt.timedelta(days=15)) == [], "22 days: level 2 asks for 23"
    [second] = propose(DAY + dt.timedelta(days=16))
    assert (second.level.rank, second.fee) == (2, euros("40"))


def test_one_letter_with_a_fee_an_invoice_and_none_for_a_person(world):
    private = rows.people.customer(None, "Mme Roux", kind="private", invoice_emails="roux@client.example")
    for customer in (world.payer, private):
        for invoice in (late(customer, "60", 100), late(customer, "40", 30)):
            Reminder.objects.create(
                customer=customer, level=ReminderLevel.objects.get(rank=1), state="sent", proposed_on=DAY,
                invoices=[{"invoice": invoice.pk}],
            )  # fmt: skip
    made = {reminder.customer: reminder for reminder in propose()}
    assert [(made[one].level.rank, made[one].total, made[one].fee) for one in (world.payer, private)] == [
        (2, euros("100"), euros("80")), (2, euros("100"), 0),
    ]  # fmt: skip


def test_who_is_not_reminded(world):
    late(world.payer, "100", 30)
    services.record(actor=SYSTEM, customer=world.payer, amount=euros("100"), day=DAY, parts=[])
    assert propose() == [], "its money is here, in credit"
    late(world.customer, "50", 30)
    collections.propose(actor=SYSTEM, brand=world.brand, collect_on=dt.date.today() + dt.timedelta(days=10))
    assert propose() == [], "it is being debited"


def test_a_customer_without_address_is_told(world):
    nobody = rows.people.customer(None, "Sans courriel")
    late(nobody, "10", 30)
    [made] = propose()
    assert made.problem == "the customer has no e-mail address"
    with pytest.raises(ValidationError, match="no e-mail address"):
        reminding.send(actor=SYSTEM, reminder=made)
    made.refresh_from_db()
    assert (made.state, Message.objects.count()) == ("proposed", 0)


def test_paid_meanwhile_is_dropped(world):
    invoice = late(world.payer, "10", 30)
    other = late(world.payer, "5", 30)
    [made] = propose()
    services.record(actor=SYSTEM, customer=world.payer, amount=euros("10"), day=DAY, parts=[(invoice, euros("10"))])
    sent = reminding.send(actor=SYSTEM, reminder=made)
    assert (sent.state, sent.total, [row["invoice"] for row in sent.invoices]) == ("sent", euros("5"), [other.pk])
    another = rows.billing.buyer(name="Autre", siren="", vat_number="")
    last = late(another, "7", 30)
    [again] = [row for row in propose() if row.customer == another]
    services.record(actor=SYSTEM, customer=another, amount=euros("7"), day=DAY, parts=[(last, euros("7"))])
    assert reminding.send(actor=SYSTEM, reminder=again).state == "dropped"
    assert Message.objects.count() == 1


def test_dropped_is_not_proposed_for_a_week(world):
    late(world.payer, "10", 30)
    [made] = propose()
    reminding.drop(actor=SYSTEM, reminder=made, why="dispute")
    assert propose(DAY + dt.timedelta(days=6)) == []
    assert len(propose(DAY + dt.timedelta(days=7))) == 1


def test_the_letter_arrives(world, monkeypatch):
    box = Box()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        monkeypatch.setenv("CHAPPE_MAIL_FROM", "facturation@semaphore.example")
        late(world.payer, "1234.5", 30, number="F2026-000123")
        [made] = propose()
        reminding.send(actor=SYSTEM, reminder=made)
        assert posting.post().sent == 1
    finally:
        server.stop()
    [mail] = box.mails
    assert mail["Subject"] == "Sémaphore Télécom : rappel de facture"
    text = mail.get_body(("plain",)).get_content()
    assert "- facture F2026-000123, échue le 23/10/2026 : 1\u202f234,50\u00a0€" in text
    assert rows.OUR_IBAN in text
    assert "{" not in text
    made.refresh_from_db()
    assert (made.mail.state, made.mail.about()) == ("sent", made)


def test_english_and_holes(world):
    world.payer.language = "en"
    world.payer.save()
    late(world.payer, "10", 30)
    [made] = propose()
    subject, text = reminding.text_of(made)
    assert subject == "Sémaphore Télécom: invoice reminder"
    assert "€10.00" in text
    level = ReminderLevel(rank=9, name="x", days=1, subject_fr="{facture}", text_fr="x")
    with pytest.raises(ValidationError, match="The holes are"):
        level.full_clean()
