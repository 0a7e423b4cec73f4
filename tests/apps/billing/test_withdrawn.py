"""A file of calls billed, then withdrawn: the next run gives its money back, once, by a credit note that names the invoice."""

import datetime as dt
import io

import pytest

from chappe.apps.billing import detail, journal
from chappe.apps.billing.models import Invoice, JournalEntry
from chappe.apps.collect import intake, withdrawing
from chappe.apps.collect.models import Chunk
from chappe.apps.customers import holding
from chappe.apps.tariffs.models import TariffVersion
from chappe.core.base.money import to_nano as euros
from tests.apps.collect.conftest import read, ticket
from tests.support import rows_customers as people
from tests.support import streams
from tests.support.calls import price_list
from tests.support.rows_collect import source as make_source

from .conftest import HOUSE, OCTOBER

NOVEMBER = dt.date(2026, 11, 1)


@pytest.fixture
def standard(world):
    """Extension 201 of the customer, behind a PBX whose calls to mobiles are sold at 0.12 € a minute."""
    version = price_list(None, streams.MINUTE_PRICES)
    begins = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    TariffVersion.objects.filter(pk=version.pk).update(state="active", active_from=begins)
    line = people.line(None, "Accueil", number="201")
    holding.assign(actor=HOUSE, line=line, customer=world.customer, starts_on=OCTOBER)
    return make_source(None, "standard", sell_plan=version.plan, outside_prefix="0")


def sent(source, name: str, *lines: bytes) -> Chunk:
    """A file of the PBX sent in, read and priced."""
    chunk, _new = intake.receive(actor=HOUSE, source=source, file=io.BytesIO(b"\n".join(lines) + b"\n"), name=name)
    intake.confirm(actor=HOUSE, chunk=chunk, profile="avaya-ip-office")
    read(source)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.calls) == (Chunk.State.DONE, len(lines))
    return chunk


def minutes(day: int, count: int) -> bytes:
    return ticket(f"2026/10/{day:02d} 10:00:00", talk=f"00:{count:02d}:00", call=f"{day}")


def test_the_next_run_gives_back_what_the_file_had_cost_once(world, standard):
    first = sent(standard, "semaine-1.csv", minutes(5, 10), minutes(6, 20))  # 30 min × 0.12 = 3.60
    sent(standard, "semaine-2.csv", minutes(15, 5))  # 5 min × 0.12 = 0.60
    billed = world.invoice(world.issue(world.run()))
    # 4.20 excl. VAT, 20 % = 0.84
    assert (billed.net, billed.tax, billed.gross, billed.calls) == (euros("4.2"), euros("0.84"), euros("5.04"), 3)

    withdrawing.ask(actor=HOUSE, chunk=first)
    assert withdrawing.withdraw(actor=HOUSE, chunk=first) == 2
    run = world.run(NOVEMBER)
    credit = world.invoice(run)
    # 0.60 is due for October, 4.20 was billed: 3.60 is given back, with its VAT of 0.72
    assert (credit.kind, credit.preceding) == ("381", billed)
    assert (credit.net, credit.tax, credit.gross) == (euros("3.6"), euros("0.72"), euros("4.32"))
    assert [(row.key, row.net) for row in credit.lines.all()] == [("calls:2026-10:mobile", -euros("3.6"))]
    given_back = [(row.start[:10], row.net, row.seconds, row.note) for row in detail.rows(credit)]
    assert given_back == [("2026-10-05", -euros("1.2"), 600, "rendue"), ("2026-10-06", -euros("2.4"), 1200, "rendue")]
    document = world.invoice(world.issue(run)).read_document()
    assert (document.preceding_number, document.preceding_date) == (billed.number, billed.issue_date)
    assert list(JournalEntry.objects.order_by("position").values_list("kind", "amount")) == [
        ("invoice", euros("5.04")), ("credit_note", -euros("4.32")),
    ]  # fmt: skip
    assert journal.verify("0") == (2, [])

    assert not world.run(NOVEMBER).invoices.exists(), "given back once"
    assert Invoice.objects.get(pk=billed.pk).gross == euros("5.04"), "what was issued never changes"


def test_a_file_withdrawn_by_mistake_and_sent_again_is_billed_again(world, standard):
    first = sent(standard, "semaine-1.csv", minutes(5, 10))
    world.issue(world.run())
    withdrawing.ask(actor=HOUSE, chunk=first)
    withdrawing.withdraw(actor=HOUSE, chunk=first)
    sent(standard, "semaine-1-bis.csv", minutes(5, 10), minutes(7, 1))
    invoice = world.invoice(world.run(NOVEMBER))
    # 11 min × 0.12 = 1.32 is due, 1.20 was billed: 0.12 more, nothing given back
    assert (invoice.kind, invoice.net) == ("380", euros("0.12"))
