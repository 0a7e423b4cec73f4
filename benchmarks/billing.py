"""``python -m benchmarks billing [--calls 10000000] [--customers 10000]``: what a month owes, computed whole, and its freeze.

Made: a month of calls of so many customers in the lake, each customer with two subscriptions, one in ten with a bundle of
minutes and a discount. Measured: the due amounts of all of them with their drafts and the file of billed calls (goal: 10
million calls and 10,000 customers under two minutes, in a bounded memory), the same month once more as a difference, and
numbers a second. The yardstick is DuckDB merely summing the same calls by customer.
"""

import argparse
import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GOAL_SECONDS = 120
MONTH = dt.date(2026, 10, 1)
DATA = Path(__file__).resolve().parent / "data" / "billing"
KINDS = ("mobile", "national", "international", "sva")
ROWS = 1_000_000


def _house() -> None:
    """A house of its own, empty."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    os.environ["CHAPPE_DATA"] = str(DATA)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _customers(count: int) -> None:
    from chappe.apps.billing.models import Bundle, Discount, Product, ProductPrice, Purchase, Series
    from chappe.apps.customers.models import Brand, Customer
    from chappe.core.base.money import to_nano

    Brand.objects.create(
        slug="b", name="B", is_default=True, legal_name="B", siren="552100554", vat_number="FR96552100554", line1="1 rue",
        postal_code="69001", city="Lyon", legal_form="SAS", rcs="RCS Lyon", iban="FR7630006000011234567890189",
    )  # fmt: skip
    Series.objects.create(code="factures", name="Factures", is_default=True)
    Customer.objects.bulk_create(
        Customer(
            number=f"C{n:06d}", name=f"Client {n}", siren="732829320", vat_number="FR44732829320", line1="2 rue du Four",
            postal_code="39100", city="Dole", territory="FR",
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    products = [Product.objects.create(code=f"P{n}", name=f"Produit {n}") for n in range(3)]
    for product in products:
        ProductPrice.objects.create(product=product, starts_on=dt.date(2020, 1, 1), price=to_nano("12.5"))
    Bundle.objects.create(product=products[2], name="2 h", kinds=["mobile", "national"], minutes=120)
    keys = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    buys = [Purchase(customer_id=key, product=one, starts_on=MONTH) for key in keys for one in products[:2]]
    buys += [Purchase(customer_id=key, product=products[2], starts_on=MONTH) for key in keys[::10]]
    Purchase.objects.bulk_create(buys, batch_size=2000)
    Discount.objects.bulk_create(
        Discount(customer_id=key, name="Remise", target="calls", percent=10, starts_on=MONTH) for key in keys[::10]
    )


def _calls(count: int, customers: int) -> None:
    """Calls spread over the month and the customers, in the order of time as a collector writes them."""
    from chappe.apps.usage import lake
    from chappe.apps.usage.models import UsageBatch

    batch = UsageBatch.objects.create(name="mois", replay_key="bench:0:1", state=UsageBatch.State.READY, calls=count)
    lake.commit(
        "bench", (_part(batch.pk, start, min(ROWS, count - start), count, customers) for start in range(0, count, ROWS))
    )


def _part(batch: int, start: int, rows: int, total: int, customers: int) -> Any:
    import numpy as np
    import pyarrow as pa

    from chappe.apps.usage import lake

    rng = np.random.default_rng(start)
    length = 30 * 24 * 3600 * 1_000_000
    base = int(dt.datetime(2026, 10, 1, 1, tzinfo=dt.UTC).timestamp() * 1_000_000)
    seconds = rng.integers(1, 600, rows)
    kinds = rng.integers(0, len(KINDS), rows)
    total_nano = seconds * rng.integers(100_000, 900_000, rows)
    told: dict[str, Any] = {
        "batch": np.full(rows, batch), "line": np.arange(start, start + rows) + 1,
        "start": pa.array(base + (np.arange(start, start + rows) * (length / total)).astype(np.int64), pa.timestamp("us", "UTC")),
        "usage": seconds * 1_000_000, "total": total_nano, "cost": total_nano, "service": np.where(kinds == 3, total_nano // 2, 0),
        "customer": rng.integers(1, customers + 1, rows), "buy": total_nano // 2,
        "kind": pa.array(np.array(KINDS, dtype=object)[kinds]),
        "destination": pa.array(np.char.add("336", rng.integers(10_000_000, 99_999_999, rows).astype("U8"))),
    }  # fmt: skip
    constant = {
        "status": "RATED",
        "way": "out",
        "month": f"{MONTH:%Y-%m}",
        "ext": "201",
        "matched_destination": "France",
    }
    columns = []
    for field in lake.SCHEMA:
        if field.name in told:
            columns.append(pa.array(told[field.name]).cast(field.type))
        elif field.name in constant:
            columns.append(pa.array([constant[field.name]] * rows, field.type))
        elif pa.types.is_string(field.type):
            columns.append(pa.array([""] * rows, field.type))
        else:
            columns.append(pa.nulls(rows, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=lake.SCHEMA)


def _timed(label: str, work: Any) -> float:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    wall, cpu = time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {label:<44} {wall:8.1f} s ({cpu:.1f} s cpu)   peak {after.ru_maxrss / 1024:.0f} MB", flush=True)
    return wall


def _merely() -> None:
    from chappe.apps.usage import lake

    lake.query(
        "SELECT customer, kind, count(*), sum(total) FROM calls WHERE status = 'RATED' GROUP BY ALL", months=["2026-10"]
    )


def measured() -> int:
    """In a process of its own: compute, freeze a part, compute the next month as a difference."""
    _house()
    from chappe.apps.billing import drafting, issuing, services
    from chappe.apps.billing.models import Invoice, Run
    from chappe.kit.access.actor import Actor

    actor = Actor.system("benchmark")
    _timed("merely: DuckDB sums the same calls", _merely)
    run = services.create_run(actor=actor, month=MONTH, issue_date=dt.date(2026, 11, 1))
    wall = _timed("due amounts, drafts, file of billed calls", lambda: drafting.compute(run))
    run.refresh_from_db()
    verdict = "goal met" if wall <= GOAL_SECONDS else "over the goal"
    print(f"  {run.invoices_count:,} drafts, {run.parked_count} parked, {run.net / 1e9:,.2f} excl. VAT: {verdict}")
    services.check(actor=actor, run=run)
    ids = list(run.invoices.filter(state=Invoice.State.DRAFT).order_by("pk").values_list("pk", flat=True))

    def freeze() -> None:
        for few in issuing.batches(ids):
            issuing.issue_all(few, actor=actor)

    wall = _timed(f"{len(ids):,} numbers taken, journal written", freeze)
    print(f"  {len(ids) / wall:,.0f} invoices issued a second")
    Run.objects.filter(pk=run.pk).update(state=Run.State.FROZEN)
    again = services.create_run(actor=actor, month=MONTH, issue_date=dt.date(2026, 11, 1))
    _timed("the same month again, as a difference", lambda: drafting.compute(again))
    again.refresh_from_db()
    print(f"  {again.invoices_count} drafts: {'nothing, as it must be' if not again.invoices_count else 'A FAULT'}")
    return 1 if again.invoices_count else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks billing", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.measure:
        return measured()
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    print(
        f"{wanted.calls:,} calls of one month, {wanted.customers:,} customers; {os.cpu_count()} processors", flush=True
    )
    try:
        _house()
        _customers(wanted.customers)
        _calls(wanted.calls, wanted.customers)
        command = [sys.executable, "-m", "benchmarks", "billing", "--measure"]
        return subprocess.run(command, check=False).returncode
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
