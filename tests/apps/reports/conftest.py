"""A small house with two operators: customers, lines, calls in the lake, invoices; what each may read is told apart."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import translation

from chappe.apps.billing.models import Invoice, Series
from chappe.apps.customers import holding
from chappe.apps.reports import engine, params
from chappe.apps.usage.models import UsageBatch
from tests.support import rows
from tests.support.rows_customers import customer, line

EURO = 1_000_000_000
OCTOBER = params.Values("2026-10")


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


def invoice(who, number, net, *, month="2026-10-01", kind="380", **more):
    series, _made = Series.objects.get_or_create(owner=who.owner, code="f", defaults={"name": "Factures"})
    return Invoice.objects.create(
        owner=who.owner, customer=who, series=series, number=number, kind=kind, state="issued", month=month,
        issue_date=dt.date(2026, 11, 3), net=net * EURO, tax=net * EURO // 5, gross=net * EURO * 6 // 5, **more,
    )  # fmt: skip


def calls(owner, who, held, count, *, cents=10, month="2026-10"):
    """``count`` calls of a customer's line: 60 s and ``cents`` each, one a day."""
    batch = rows.batch(owner, rows.new_mark())
    UsageBatch.objects.filter(pk=batch.pk).update(state="ready", months=[month])
    year, number = map(int, month.split("-"))
    said = {
        "customer": who.pk if who else None, "line_id": held.pk if held else None, "ext": held.number if held else "999", "way": "out",
        "kind": "national", "buy": cents * EURO // 200, "answered": True, "source": 1,
    }  # fmt: skip
    made = [
        rows.lake_row(
            batch.pk, n, destination="33384791201", usage=60_000_000, total=cents * EURO // 100, month=month,
            call_id=f"{batch.pk}-{n}", start=dt.datetime(year, number, n % 28 + 1, 9, tzinfo=dt.UTC),
        ) | said
        for n in range(count)
    ]  # fmt: skip
    assert rows.into_lake(str(batch.uid), made)
    return batch


@pytest.fixture
def house(bruno, chloe, alice):
    """The house has Perret; Bruno's operator has Vautrin (3 calls), Chloé's has Secret (5 calls)."""
    perret, vautrin, secret = (
        customer(None, "Perret"),
        customer(bruno.organisation, "Vautrin"),
        customer(chloe.organisation, "Secret"),
    )
    lines = [line(who.owner, f"user {who.name}") for who in (perret, vautrin, secret)]
    for who, held in zip((perret, vautrin, secret), lines, strict=True):
        holding.assign(actor=rows.SYSTEM, line=held, customer=who, starts_on=dt.date(2026, 1, 1))
    calls(None, perret, lines[0], 2, cents=10)
    calls(bruno.organisation, vautrin, lines[1], 3, cents=20)
    calls(chloe.organisation, secret, lines[2], 5, cents=30)
    return SimpleNamespace(
        perret=perret, vautrin=vautrin, secret=secret, lines=lines, alice=alice, bruno=bruno, chloe=chloe
    )


def run(sql, user, *, values=OCTOBER, months=1, **limits):
    within = engine.Limits(**limits) if limits else engine.Limits()
    return engine.run(sql, user=user, parameters=values.for_sql(), months=values.months_back(months), within=within)


def answers(sql, user, **more):
    return [tuple(row.values()) for row in run(sql, user, **more).rows.to_pylist()]
