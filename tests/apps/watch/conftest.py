"""A lake of their own, the clock of Paris, a customer, and calls put into the lake as a collector would."""

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from django.utils import translation

from chappe.apps.usage import counts, lake
from chappe.apps.usage.columns import SCHEMA
from chappe.apps.watch import counting
from chappe.apps.watch.counting import Look
from tests.apps.exchange.conftest import act, send, work  # noqa: F401 - fixtures
from tests.support import rows_watch, streams
from tests.support.calls import strong
from tests.support.rows_customers import customer as make_customer

PARIS = ZoneInfo("Europe/Paris")
MONDAY = dt.date(2026, 10, 5)
EURO = 1_000_000_000


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
    settings.DATA = tmp_path
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def bruno(bruno):
    return strong(bruno)


@pytest.fixture
def chloe(chloe):
    return strong(chloe)


@pytest.fixture
def customer(db):
    return make_customer(None, "Perret")


def at(day: dt.date, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    """A moment in the clock of Paris."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=PARIS)


def call(start: dt.datetime, *, seconds: int = 60, number: str = "44203000111", cents: int = 0, **fields):
    """A row of the lake: an outgoing call abroad, answered, of one cent more or less."""
    usual = {
        "call_id": "c", "tenant": "", "tor": "*voice", "category": "call", "direction": "*out", "subject": "", "account": "",
        "destination": number, "start": start, "utc_offset": 7200, "usage": seconds * 1_000_000, "status": "RATED", "reason": "",
        "total": cents * EURO // 100, "cost": 0, "connect_fee": 0, "service": 0, "billed": seconds * 1_000_000, "pieces": 1,
        "kind": "international", "way": "out", "ext": "201", "answered": seconds > 0, "transferred": False,
    }  # fmt: skip
    return usual | fields


def put(*calls, owner=None, month: str = "2026-10", uid: str = "") -> None:
    """Commit calls to the lake and count them in their batch, as a stream does once they are priced."""
    batch = streams.batch(owner, key=f"s{owner.pk if owner else 0}", month=month)
    first = batch.next_line
    rows = [
        {"batch": batch.pk, "line": first + n, "month": month, "rate": "", "matched_prefix": "", "matched_destination": "", "plan_version": ""} | row
        for n, row in enumerate(calls)
    ]  # fmt: skip
    table = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    lake.commit(uid or f"t{batch.pk}-{first}", [table])
    batch.next_line = first + len(rows)
    counts.add(batch, counts.of_rows(table))
    batch.save()


def said(
    begin: dt.date = MONDAY, end: dt.date | None = None, *, now: dt.datetime | None = None, owner=None, **fields
) -> list:
    """What a rule of these fields says, not kept beyond the rule."""
    rule = rows_watch.rule(owner, f"rule {len(fields)}", **fields)
    extra = {"now": now} if now else {}
    return counting.findings(Look(rule, begin, end or begin, **extra))
