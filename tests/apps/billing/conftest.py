"""A small operator that invoices October 2026: seller, series, one customer, a batch of calls."""

import datetime as dt
from types import SimpleNamespace

import pytest

from chappe.apps.billing import drafting, issuing, services
from chappe.apps.billing.models import Invoice, Run, Series
from chappe.apps.usage import lake
from chappe.kit.access.actor import Actor
from tests.support import rows_billing as rows

OCTOBER = dt.date(2026, 10, 1)
HOUSE = Actor.system("test")


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
    settings.DATA = tmp_path
    (tmp_path / "files").mkdir()
    with lake._lock:
        lake._tables.clear()


@pytest.fixture
def world(db):
    """Seller, series, customer; ``run(month)`` makes and computes a run here, ``issue(run)`` checks and issues it."""
    seller = rows.seller()
    series = Series.objects.create(code="factures", name="Factures", is_default=True)
    customer = rows.buyer()
    return SimpleNamespace(
        seller=seller, series=series, customer=customer, run=computed, issue=issued, invoice=only_invoice
    )


def computed(month: dt.date = OCTOBER, **more) -> Run:
    """A run computed in this process."""
    run = services.create_run(
        actor=HOUSE, month=month, issue_date=more.pop("issue_date", None) or next_first(month), **more
    )
    return recomputed(run)


def recomputed(run: Run) -> Run:
    Run.objects.filter(pk=run.pk).update(state=Run.State.COMPUTING)
    run.refresh_from_db()
    drafting.compute(run)
    run.refresh_from_db()
    return run


def issued(run: Run) -> Run:
    """Its drafts issued, the run closed."""
    services.check(actor=HOUSE, run=run)
    ids = list(run.invoices.filter(state=Invoice.State.DRAFT).order_by("pk").values_list("pk", flat=True))
    issuing.issue_all(ids, actor=HOUSE)
    Run.objects.filter(pk=run.pk).update(state=Run.State.FROZEN)
    run.refresh_from_db()
    return run


def only_invoice(run: Run) -> Invoice:
    assert run.invoices.count() == 1, computed_why(run)
    return run.invoices.get()


def next_first(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=32)).replace(day=1)


def computed_why(run: Run) -> list[str]:
    """Why customers are parked, for the message of a failed test."""
    return [parked.sentence for parked in run.parked.all()]
