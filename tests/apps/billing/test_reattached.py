"""A line that changes hands after its calls came in: they go to who held it that day, and the next run puts the money right."""

import datetime as dt

import pytest

from chappe.apps.billing.models import Invoice
from chappe.apps.customers import holding, reattaching, services
from chappe.apps.customers.models import Line
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from tests.support import rows_billing as rows
from tests.support import rows_customers as people
from tests.support import streams
from tests.support.calls import price_list
from tests.support.rows_collect import source as make_source

from .conftest import HOUSE, OCTOBER

NOVEMBER = dt.date(2026, 11, 1)
EURO = 1_000_000_000


@pytest.fixture
def taken(world):
    """Extension 201, held by the first customer; three calls of an hour at 0.06 €/min, on the 5th, 15th and 25th of October."""
    version = price_list(None, streams.MINUTE_PRICES)
    begins = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    TariffVersion.objects.filter(pk=version.pk).update(state="active", active_from=begins)
    source = make_source(None, "standard", sell_plan=version.plan)
    world.line = people.line(None, "Accueil", number="201")
    holding.assign(actor=HOUSE, line=world.line, customer=world.customer, starts_on=OCTOBER)
    world.other = rows.buyer(name="Garage Paul")
    batch = streams.batch(key=f"source-{source.pk}")
    usual = {"source": source.pk, "sell_version": version.pk, "line_id": world.line.pk, "customer": world.customer.pk}
    days = [dt.datetime(2026, 10, day, 10, tzinfo=dt.UTC) for day in (5, 15, 25)]
    calls = [streams.row(n, start=day, seconds=3600, **usual) for n, day in enumerate(days)]
    streams.commit(batch, "c1", *calls)
    return world


def held() -> list[tuple[int, int | None]]:
    """(day, customer) of the calls that count."""
    pks = list(UsageBatch.objects.filter(state=UsageBatch.State.READY).values_list("pk", flat=True))
    found = lake.query("SELECT start, customer FROM calls ORDER BY start", batches=pks).to_pylist()
    return [(row["start"].day, row["customer"]) for row in found]


def work() -> None:
    """The jobs that wait, as if their minute were over."""
    Job.objects.filter(state="queued").update(not_before=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    run_pending()


def test_calls_follow_the_line_and_the_bill_its_difference(taken) -> None:
    taken.issue(taken.run())
    assert Invoice.objects.get().net == 10.8 * EURO
    holding.move(actor=HOUSE, line=taken.line, customer=taken.other, day=dt.date(2026, 10, 10))
    assert list(Job.objects.filter(name="customers.attach").values_list("params__since", flat=True)) == ["2026-10-01"]
    work()  # the look, which asks for the rating; then the rating
    work()
    first, other = taken.customer.pk, taken.other.pk
    assert held() == [(5, first), (15, other), (25, other)]
    run = taken.run(NOVEMBER)
    assert {(one.customer_id, one.kind, one.net) for one in run.invoices.all()} == {
        (first, "381", 7.2 * EURO),
        (other, "380", 7.2 * EURO),
    }
    assert {row["note"] for one in run.invoices.all() for row in one.document["calls"]} == {
        "rendue",
        "communication d’un mois antérieur",
    }
    work()
    taken.issue(run)
    assert not taken.run(NOVEMBER).invoices.exists(), "nothing is left to put right"


def test_a_change_that_moves_no_call_rates_nothing(taken) -> None:
    services.update_line(actor=HOUSE, object=taken.line, data={"user_name": "Standard"})
    assert not Job.objects.filter(name="customers.attach").exists(), "a name decides of no call"
    free = people.line(None, "Atelier", number="299")
    holding.assign(actor=HOUSE, line=free, customer=taken.other, starts_on=OCTOBER)
    holding.assign(actor=HOUSE, line=people.line(None, "Cave", number="298"), customer=taken.other, starts_on=OCTOBER)
    assert Job.objects.filter(name="customers.attach").count() == 1, "one look a month, however many lines"
    work()
    assert UsageBatch.objects.count() == 1


def test_a_line_renumbered_leaves_its_calls(taken) -> None:
    services.update_line(actor=HOUSE, object=Line.objects.get(pk=taken.line.pk), data={"number": "202"})
    work()
    work()
    assert held() == [(5, None), (15, None), (25, None)]


def test_what_is_to_come_moves_nothing(taken) -> None:
    holding.move(actor=HOUSE, line=taken.line, customer=taken.other, day=dt.date(2126, 1, 1))
    assert not Job.objects.filter(name="customers.attach").exists()
    assert reattaching.run(actor=HOUSE, owner_id=None, since=OCTOBER) == ([], [])
