"""The control of the month: each step opens on what is strange, with its reason and the page where it is mended."""

import datetime as dt

import pytest
from django.utils import translation

from chappe.apps.billing import checklist
from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing.models import Deposit, Production
from chappe.apps.usage.models import UsageDay
from chappe.core.base.money import to_nano as euros
from chappe.kit.mail.models import Message
from chappe.kit.screens import registry
from tests.support import rows_billing as rows
from tests.support import rows_mail

from .conftest import OCTOBER


@pytest.fixture(autouse=True)
def english(_fresh):
    with translation.override("en"):
        yield


def step(user, slug: str, month: dt.date = OCTOBER) -> checklist.Step:
    return next(one for one in checklist.steps(user, month) if one.slug == slug)


def opened(one: checklist.Step) -> list[tuple[str, str, str]]:
    return [(name, sentence, tone) for name, _url, sentence, tone in one.rows]


def billed(world, customer, month: int, net: str, **more) -> Invoice:
    """An issued invoice of a month before."""
    day = dt.date(2026, month, 1)
    amounts = {"net": euros(net), "gross": euros(net), "subscriptions": euros(net)} | more
    return Invoice.objects.create(
        customer=customer, series=world.series, month=day, issue_date=day, state=Invoice.State.ISSUED,
        number=f"P{month}-{customer.pk}", **amounts,
    )  # fmt: skip


def test_a_source_that_stops_before_the_last_day(world, alice) -> None:
    assert (step(alice, "sources").tone, opened(step(alice, "sources"))) == ("bad", [])
    for name, last in (("PBX du siège", 28), ("PBX de la mairie", 31), ("PBX de l’usine", 30)):
        batch = rows.batch_of_calls(name=name, replay_key=f"stream:{last}")
        for day in (1, last):
            UsageDay.objects.create(
                batch=batch, day=OCTOBER.replace(day=day), status="RATED", calls=1, usage=1, total=1
            )
    found = step(alice, "sources")
    assert (found.tone, found.text) == ("warn", "3 sources have calls this month.")
    assert opened(found) == [
        ("PBX du siège", "last call on 28 Oct 2026: 3 days are missing", "bad"),
        ("PBX de l’usine", "last call on 30 Oct 2026: 1 day is missing", "warn"),
    ]


def test_amounts_out_of_the_usual_and_parts_that_lack(world, alice) -> None:
    steady = rows.buyer(name="Garage Paul")
    for month in (6, 7, 8, 9):
        billed(world, world.customer, month, "100")
        billed(world, steady, month, "10")
    batch = rows.batch_of_calls()
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    rows.put_calls(batch, [{"customer": one.pk, "start": start, "price": "12"} for one in (world.customer, steady)])
    assert step(alice, "coherence").text == "Compute the draft run first."
    run = world.run()
    name = world.customer.name
    # 12 is under a third of 100; 12 is near 10
    assert opened(step(alice, "coherence")) == [(name, "€12.00, usually €100.00", "warn")]
    assert opened(step(alice, "costs")) == [
        (name, "no subscription", "warn"),
        ("Garage Paul", "no subscription", "warn"),
    ]
    dry = step(alice, "dry_run")
    # the heaviest first: 88 less than in September, then the subscription of 100, then those of the other
    assert [(row[0], row[1]) for row in opened(dry)] == [
        (name, "No subscription, €100.00 last month"),
        (name, "€12.00 instead of €100.00 last month: -88.0%"),
        ("Garage Paul", "No subscription, €10.00 last month"),
    ]
    assert dry.rows[0][1] == registry.url("billing.invoice", "detail", pk=run.invoices.get(customer=world.customer).pk)


def test_issued_then_sent_and_what_was_held_back(world, alice) -> None:
    batch = rows.batch_of_calls()
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    people = [
        rows.buyer(name=f"Client {n}", delivery=how) for n, how in enumerate(("mail", "mail", "portal", "hand", "mail"))
    ]
    rows.put_calls(batch, [{"customer": one.pk, "start": start, "price": "12"} for one in people])
    run = world.run()
    assert (step(alice, "issue").tone, step(alice, "send").text) == ("wait", "Sending follows the issue.")
    world.issue(run)
    assert step(alice, "issue").text == "5 issued, from F2026-000001 to F2026-000005."
    invoices = list(run.invoices.order_by("number"))
    mail = {state: rows_mail.message(None, state) for state in ("sent", "bounced")}
    for state, message in mail.items():
        Message.objects.filter(pk=message.pk).update(
            state=state, answer="550 no such user" if state == "bounced" else ""
        )
    kept = Deposit.objects.create(invoice=invoices[2], platform="folder", reference="x")
    Production.objects.all().delete()
    for invoice, more in zip(
        invoices,
        [{"mail": mail["sent"]}, {"mail": mail["bounced"]}, {"deposit": kept}, {}, {"state": "blocked", "problem": "The buyer has no SIREN."}],
        strict=True,
    ):  # fmt: skip
        Production.objects.create(invoice=invoice, **({"state": "ready"} | more))
    send = step(alice, "send")
    assert (send.tone, send.text) == ("bad", "2 sent, 1 to hand over yourself, 0 waiting, 2 held back.")
    assert opened(send) == [
        ("Client 1", "came back 550 no such user", "bad"), ("Client 4", "The buyer has no SIREN.", "bad"),
    ]  # fmt: skip
    assert send.rows[0][1] == registry.object_url(invoices[1])
