"""Billing is a difference: scenarios that travel in time, the arithmetic beside each expected amount."""

import datetime as dt

import pytest
from django.utils import translation

from chappe.apps.billing import detail, drafting
from chappe.apps.billing.models import Bundle, Commitment, Discount, Invoice, ProductPrice, Purchase
from chappe.apps.customers.models import Assignment
from chappe.apps.usage.models import UsageBatch
from chappe.core.base.money import to_nano
from tests.support import rows_billing as rows
from tests.support import rows_customers as people

from .conftest import OCTOBER, recomputed

NOVEMBER, DECEMBER = dt.date(2026, 11, 1), dt.date(2026, 12, 1)
UTC = dt.UTC


def euros(text: str) -> int:
    return to_nano(text)


def at(day: int, hour: int = 10, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=UTC)


def told(invoice: Invoice) -> list[tuple[str, str, int]]:
    return [(line.section, line.key, line.net) for line in invoice.lines.order_by("position")]


def subscription(world, price: str = "30", **more) -> Purchase:
    product = rows.product(None, "abo", **{"anchor_day": 1, "in_advance": True} | more.pop("product", {}))
    rows.price(None, "abo", product=product, price=euros(price))
    values = {"customer": world.customer, "product": product, "starts_on": dt.date(2026, 11, 1)} | more
    return Purchase.objects.create(**values)


def test_a_month_of_calls_and_a_subscription(world) -> None:
    bought = subscription(world)
    batch = rows.batch_of_calls()
    rows.put_calls(
        batch,
        [
            {"customer": world.customer.pk, "start": at(3), "seconds": 60, "price": "0.125"},
            {"customer": world.customer.pk, "start": at(4), "seconds": 30, "price": "0.1249"},
            {"customer": world.customer.pk, "start": at(5), "price": "2.5", "kind": "intl-mobile", "seconds": 120},
            {"customer": world.customer.pk, "start": at(6), "price": "0", "kind": "free"},  # left out: free and zero
            {"customer": None, "start": at(6), "price": "9"},  # nobody's
        ],
    )
    run = world.run()
    invoice = world.invoice(run)
    assert told(invoice) == [
        ("subscriptions", f"purchase:{bought.pk}:2026-11-01", euros("30")),
        ("communications", "calls:2026-10:mobile", euros("0.25")),  # 0.125 + 0.1249 = 0.2499, rounded once
        ("communications", "calls:2026-10:international", euros("2.5")),
    ]
    # 32.75 × 20 % = 6.55
    assert (invoice.net, invoice.tax, invoice.gross) == (euros("32.75"), euros("6.55"), euros("39.3"))
    assert (invoice.subscriptions, invoice.communications, invoice.others) == (euros("30"), euros("2.75"), 0)
    assert (invoice.calls, invoice.seconds) == (3, 210)
    document = invoice.read_document()
    assert [(call.number, call.net, call.start) for call in document.calls] == [
        ("3361234****", euros("0.125"), "2026-10-03T12:00:00"),
        ("3361234****", euros("0.1249"), "2026-10-04T12:00:00"),
        ("3361234****", euros("2.5"), "2026-10-05T12:00:00"),
    ]
    assert document.calls_total == 3
    assert document.due_date == dt.date(2026, 12, 1)  # 1 November + 30 days
    assert (run.invoices_count, run.net, run.parked_count) == (1, euros("32.75"), 0)


def test_running_a_month_again_changes_nothing(world) -> None:
    subscription(world)
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "1.005"}])
    world.issue(world.run())
    again = world.run()
    assert not again.invoices.exists()
    assert (again.invoices_count, again.net) == (0, 0)


def test_running_a_month_of_many_customers_again_changes_nothing(world, monkeypatch) -> None:
    """Customers are computed by parts: one in which nothing changed leaves the next as it was."""
    monkeypatch.setattr(drafting, "CUSTOMERS_A_PART", 1)
    batch, clients = rows.batch_of_calls(), [world.customer, rows.buyer(), rows.buyer()]
    rows.put_calls(batch, [{"customer": client.pk, "start": at(3), "price": "1.005"} for client in clients])
    first = world.run()
    # 1.005 rounds to 1.01 for each of three
    assert (first.invoices_count, first.net) == (3, euros("3.03"))
    world.issue(first)
    again = world.run()
    assert (again.invoices_count, again.net) == (0, 0)


def test_a_late_call_goes_to_the_next_invoice_with_its_date(world) -> None:
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "1.004"}])
    world.issue(world.run())
    rows.put_calls(
        batch,
        [
            {"customer": world.customer.pk, "start": at(30), "price": "0.504", "line": 2, "seconds": 90},
            {"customer": world.customer.pk, "start": at(2, month=11), "price": "2", "line": 3, "seconds": 30},
        ],
    )
    invoice = world.invoice(world.run(NOVEMBER))
    # October is 1.004 + 0.504 = 1.508 → 1.51, of which 1.00 was billed
    assert told(invoice) == [
        ("communications", "calls:2026-10:mobile", euros("0.51")),
        ("communications", "calls:2026-11:mobile", euros("2")),
    ]
    assert "octobre 2026" in invoice.lines.first().label
    rows_ = list(detail.rows(invoice))
    assert [(row.start, row.net, row.note) for row in rows_] == [
        ("2026-10-30T11:00:00", euros("0.504"), "communication d’un mois antérieur"),  # winter time since the 25th
        ("2026-11-02T11:00:00", euros("2"), ""),
    ]


def test_a_re_rated_call_gives_its_difference_back(world) -> None:
    batch = rows.batch_of_calls()
    rows.put_calls(
        batch,
        [
            {"customer": world.customer.pk, "start": at(3), "price": "1"},
            {"customer": world.customer.pk, "start": at(4), "price": "3"},
        ],
    )
    world.issue(world.run())
    again = rows.batch_of_calls(replaces=batch, generation=2)
    UsageBatch.objects.filter(pk=batch.pk).update(state="replaced")
    rows.put_calls(
        again,
        [
            {"customer": world.customer.pk, "start": at(3), "price": "1"},
            {"customer": world.customer.pk, "start": at(4), "price": "2.2"},
        ],
    )
    run = world.run(NOVEMBER)
    invoice = world.invoice(run)
    # 3.20 due, 4.00 billed: 0.80 is given back, so the document is a credit note on the invoice of October
    assert invoice.kind == "381"
    assert told(invoice) == [("communications", "calls:2026-10:mobile", -euros("0.8"))]
    assert (invoice.net, invoice.tax, invoice.gross) == (euros("0.8"), euros("0.16"), euros("0.96"))
    document = invoice.read_document()
    assert document.preceding_number == "F2026-000001"
    assert document.preceding_date == NOVEMBER
    assert [(row.net, row.note) for row in detail.rows(invoice)] == [(-euros("0.8"), "prix corrigé")]
    world.issue(run)
    assert not world.run(NOVEMBER).invoices.exists()


def test_a_call_that_moves_to_another_customer_is_given_back_and_billed(world) -> None:
    other = rows.buyer(name="Garage Paul")
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "4"}])
    world.issue(world.run())
    again = rows.batch_of_calls(replaces=batch, generation=2)
    UsageBatch.objects.filter(pk=batch.pk).update(state="replaced")
    rows.put_calls(again, [{"customer": other.pk, "start": at(3), "price": "4"}])
    run = world.run(NOVEMBER)
    assert {(one.customer_id, one.kind, one.net) for one in run.invoices.all()} == {
        (world.customer.pk, "381", euros("4")),
        (other.pk, "380", euros("4")),
    }


def test_an_ended_subscription_gives_back_what_it_did_not_last(world) -> None:
    bought = subscription(world, "31", starts_on=dt.date(2026, 10, 1))
    invoice = world.invoice(world.issue(world.run()))
    # October (begun in advance of nothing, billed late) and November in advance: 2 × 31
    assert invoice.net == euros("62")
    bought.ends_on = dt.date(2026, 11, 15)
    bought.save()
    run = world.run(NOVEMBER)
    credit = world.invoice(run)
    # November: 31 × 15/30 = 15.50 due, 31 billed: 15.50 given back; December is not due
    assert (credit.kind, credit.net) == ("381", euros("15.5"))


def test_a_subscription_follows_its_line(world) -> None:
    line = people.line(None, "Denise", number="0384111111")
    Assignment.objects.create(
        line=line, customer=world.customer, starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 11, 10)
    )
    subscription(world, "30", line=line)
    invoice = world.invoice(world.run())
    assert invoice.net == euros("10")  # 30 × 10/30
    assert invoice.lines.get().line_number == "0384111111"


@pytest.mark.parametrize(
    ("zone", "billed"),
    [("Europe/Paris", ["2026-10"]), ("Indian/Reunion", []), ("America/Guadeloupe", ["2026-10"])],
)
def test_the_month_of_a_call_is_that_of_the_customer(world, zone: str, billed: list[str]) -> None:
    world.customer.timezone = zone
    world.customer.save()
    batch = rows.batch_of_calls()
    # 31 October 22:30 UTC: 23:30 in Paris, already 1 November in Réunion (+4), 18:30 in Guadeloupe
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(31, 22).replace(minute=30), "price": "1"}])
    run = world.run()
    assert [line.key.split(":")[1] for invoice in run.invoices.all() for line in invoice.lines.all()] == billed


def test_free_minutes_are_shared_pro_rated_and_taken_in_order(world) -> None:
    product = rows.product(None, "forfait", in_advance=False, prorata="days")
    rows.price(None, "forfait", product=product, price=euros("31"))
    Bundle.objects.create(product=product, name="10 min", kinds=["mobile"], minutes=31)
    Purchase.objects.create(customer=world.customer, product=product, starts_on=dt.date(2026, 10, 30))
    batch = rows.batch_of_calls()
    # 31 min × 2/31 = 2 min of free time: 120 s
    rows.put_calls(
        batch,
        [
            {"customer": world.customer.pk, "start": at(31), "seconds": 100, "price": "1"},  # second: 20 of 120 s left
            {"customer": world.customer.pk, "start": at(30), "seconds": 100, "price": "1"},  # first: free
            {"customer": world.customer.pk, "start": at(30), "seconds": 60, "price": "0.6", "kind": "national"},
        ],
    )
    invoice = world.invoice(world.run())
    # mobile: 1 × 80/100 = 0.80; subscription 31 × 2/31 = 2.00
    assert {(key, net) for _section, key, net in told(invoice) if key.startswith("calls")} == {
        ("calls:2026-10:mobile", euros("0.8")),
        ("calls:2026-10:national", euros("0.6")),
    }
    assert invoice.net == euros("3.4")
    document = invoice.read_document()
    assert [(call.included, call.net) for call in document.calls if call.label] == [
        (True, 0),
        (False, euros("0.6")),
        (False, euros("0.8")),
    ]


def test_discount_then_minimum(world) -> None:
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "40"}])
    Discount.objects.create(
        customer=world.customer, name="Remise", target="calls", kinds=["mobile"], percent=10, starts_on=OCTOBER
    )
    Commitment.objects.create(
        customer=world.customer, name="Minimum", sections=["communications"], amount=euros("50"), starts_on=OCTOBER
    )
    invoice = world.invoice(world.run())
    # 40 − 10 % = 36; the minimum of 50 lacks 14
    assert [net for _section, _key, net in told(invoice)] == [euros("40"), -euros("4"), euros("14")]
    assert invoice.net == euros("50")


def test_c_and_s_parts_stand_in_two_sections(world) -> None:
    batch = rows.batch_of_calls()
    rows.put_calls(
        batch,
        [
            {
                "customer": world.customer.pk,
                "start": at(3),
                "price": "0.86",
                "service": "0.8",
                "kind": "sva",
                "number": "0899123456",
            }
        ],
    )
    invoice = world.invoice(world.run())
    assert told(invoice) == [
        ("communications", "calls:2026-10:special", euros("0.06")),
        ("third_party", "service:2026-10:special", euros("0.8")),
    ]
    assert any("tiers" in one for one in invoice.read_document().mentions)


def test_wholesale_to_an_operator_is_reverse_charged(world) -> None:
    world.customer.kind, world.customer.reseller, world.customer.arcep_declaration = "operator", True, "07-1234"
    world.customer.save()
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "100"}])
    document = world.invoice(world.run()).read_document()
    assert [(row.category, row.rate, row.base, row.tax, row.reason, row.reason_code) for row in document.vat] == [
        ("AE", "0.00", euros("100"), 0, "Autoliquidation - article 283, 2 octies du CGI", "VATEX-EU-AE")
    ]
    assert document.gross == euros("100")


def test_overseas_rate_follows_the_customer(world) -> None:
    world.customer.postal_code, world.customer.city = "97400", "Saint-Denis"
    world.customer.full_clean()
    world.customer.save()
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "100"}])
    invoice = world.invoice(world.run())
    assert (invoice.read_document().vat[0].rate, invoice.tax) == ("8.50", euros("8.5"))


def test_a_one_off_is_billed_once_and_a_dated_price_is_that_of_its_day(world) -> None:
    product = rows.product(None, "mise", period="once", section="one_off")
    rows.price(None, "mise", product=product, price=euros("50"))
    ProductPrice.objects.create(product=product, starts_on=dt.date(2026, 10, 15), price=euros("60"))
    Purchase.objects.create(customer=world.customer, product=product, starts_on=dt.date(2026, 10, 20), quantity=2)
    invoice = world.invoice(world.issue(world.run()))
    assert invoice.net == euros("120")
    line = invoice.read_document().lines[0]
    assert (line.quantity, line.price, line.net) == ("2", euros("60"), euros("120"))
    assert not world.run(NOVEMBER).invoices.exists()


def test_active_lines_are_counted(world) -> None:
    product = rows.product(None, "poste", in_advance=False)
    rows.price(None, "poste", product=product, price=euros("3.1"))
    for number, ends in (("201", None), ("202", dt.date(2026, 10, 10))):
        line = people.line(None, "x", number=number)
        Assignment.objects.create(line=line, customer=world.customer, starts_on=dt.date(2026, 1, 1), ends_on=ends)
    Purchase.objects.create(customer=world.customer, product=product, counts="lines", starts_on=dt.date(2026, 1, 1))
    invoice = world.invoice(world.run(lookback=0))
    assert invoice.net == euros("4.1")  # 3.10 + 3.10 × 10/31


def test_what_was_edited_survives_a_computation(world) -> None:
    from chappe.apps.billing import editing

    from .conftest import HOUSE

    subscription(world)
    batch = rows.batch_of_calls()
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": at(3), "price": "5"}])
    run = world.run()
    invoice = world.invoice(run)
    editing.add_line(actor=HOUSE, invoice=invoice, label="Geste", price=-euros("2"))
    editing.remove_line(actor=HOUSE, line=invoice.lines.get(key="calls:2026-10:mobile"))
    editing.set_note(actor=HOUSE, invoice=invoice, note="Merci")
    invoice.refresh_from_db()
    assert invoice.net == euros("28")  # 30 − 2; the 5 of calls wait
    assert invoice.read_document().calls == ()
    recomputed(run)
    invoice = world.invoice(run)
    assert (invoice.net, invoice.note) == (euros("28"), "Merci")
    world.issue(run)
    # the calls that were taken out come back, with their detail
    following = world.invoice(world.run(NOVEMBER))
    assert ("communications", "calls:2026-10:mobile", euros("5")) in told(following)
    assert [row.net for row in detail.rows(following)] == [euros("5")]


def test_the_twelve_months_of_an_invoice_end_with_its_own(world) -> None:
    """The last bar of the charts is the invoice itself, once, also when the draft is edited."""
    from chappe.apps.billing import editing

    from .conftest import HOUSE

    subscription(world)
    world.issue(world.run())
    following = world.invoice(world.run(NOVEMBER))
    editing.add_line(actor=HOUSE, invoice=following, label="Étude", price=euros("12"))
    following.refresh_from_db()
    months = [(row.month, row.net) for row in following.read_document().history]
    assert len(months) == 12
    assert months[-2:] == [("2026-10", euros("30")), ("2026-11", euros("42"))]


def test_what_a_run_gives_back_has_the_vat_it_was_billed_with(world) -> None:
    bought = subscription(world)
    world.issue(world.run())
    world.customer.vat_case, world.customer.vat_reason = "exempt", "Exonération, article 261 du CGI"
    world.customer.save()
    bought.ends_on = dt.date(2026, 11, 15)  # half of the month is given back
    bought.save()
    note = world.invoice(world.run(NOVEMBER))
    # 30 × 15 ÷ 30 = 15, billed with 20 % of VAT
    assert (note.kind, note.net, note.tax, note.gross) == ("381", euros("15"), euros("3"), euros("18"))


def test_a_customer_to_whom_more_is_given_back_than_billed_is_parked_alone(world) -> None:
    """Nothing was billed that a credit note could amend: the others are invoiced all the same."""
    subscription(world)
    other = rows.buyer()
    bought = subscription(world, customer=other, product={"code": "autre"})
    run = world.run()
    line = run.invoices.get(customer=other).lines.get()
    line.pk, line.key, line.is_manual, line._state.adding = None, "manual:1", True, True
    line.price, line.quantity, line.net = euros("50"), -1, -euros("50")
    line.save()
    Purchase.objects.filter(pk=bought.pk).delete()
    run = recomputed(run)
    assert list(run.invoices.values_list("customer", "net")) == [(world.customer.pk, euros("30"))]
    assert [(one.customer, one.code) for one in run.parked.all()] == [(other, "negative_total")]
    with translation.override("en"):
        assert "credit note" in run.parked.get().sentence
