"""``python -m benchmarks pipeline [--lines 200000]``: IP Office lines from the spool to priced calls in the lake.

Everything that stands between a line on disk and its price: cut out of the spool, decoded, told apart from a replay, joined
into calls, numbers understood, attached to a line and a customer of the day, priced by a sell and a buy plan, written. The
PBX replays its buffer at the end; every call must be there once, and a second run must add nothing. Yardstick, in the same run:
Polars merely reads the same lines as CSV and writes them as Parquet.
"""

import argparse
import asyncio
import datetime as dt
import io
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

GOAL_PER_SECOND = 20_000
DATA = Path(__file__).resolve().parent / "data" / "pipeline"
PRICES = Path(__file__).resolve().parents[1] / "examples" / "tariffs" / "price-list" / "TARIF_PRO_2026.csv"
BUFFER = 3000  # records that an IP Office keeps at most, sent again after a reconnection
BEGINS = dt.datetime(2026, 10, 1, 8)
PER_HOUR = 2_000.0
EXTENSIONS, CUSTOMERS = 400, 100
SITE = "siege"


def _house() -> None:
    """A house of its own, empty."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    os.environ["CHAPPE_DATA"] = str(DATA)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _source() -> None:
    """A source with its sell and buy plans, and lines that customers hold."""
    from chappe.apps.collect.models import Source
    from chappe.apps.customers.models import Assignment, Customer, Line
    from chappe.apps.tariffs.services import activate, create_plan, load_version
    from chappe.kit.access.actor import Actor
    from chappe.kit.documents.services import store

    actor = Actor.system("benchmark")
    plans = []
    for code in ("VENTE", "ACHAT"):
        plan = create_plan(actor=actor, data={"code": code, "name": code, "owner": None})
        stored = store(io.BytesIO(PRICES.read_bytes()), name=f"{code}.csv", actor=actor, owner=None)
        version = load_version(actor=actor, plan=plan, stored=stored)
        activate(actor=actor, version=version, at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        plans.append(plan)
    Source.objects.create(
        slug=SITE, name="Siège", way="listen", port=1080, profile="avaya-ip-office", outside_prefix="0",
        sell_plan=plans[0], buy_plan=plans[1],
    )  # fmt: skip
    Customer.objects.bulk_create(Customer(number=f"C{n:06d}", name=f"Client {n}") for n in range(1, CUSTOMERS + 1))
    customers = list(Customer.objects.order_by("pk"))
    Line.objects.bulk_create(Line(number=str(1000 + n), source=SITE) for n in range(EXTENSIONS))
    Assignment.objects.bulk_create(
        Assignment(line=line, customer=customers[n % CUSTOMERS], starts_on=dt.date(2026, 1, 1))
        for n, line in enumerate(Line.objects.order_by("pk"))
    )


def _lines(wanted: int) -> Iterator[tuple[bool, bytes]]:
    """(whether a call begins, line) of so many lines."""
    from dataclasses import replace

    from chappe.connectors.pbx.simulators import ip_office
    from chappe.connectors.pbx.simulators.calls import calls

    given = 0
    for call in calls(wanted, start=BEGINS, seed=1794, per_hour=PER_HOUR):
        own = str(1000 + (call.number * 7) % EXTENSIONS)
        for place, line in enumerate(ip_office.tickets(replace(call, extension=own))):
            if given >= wanted and not place:
                return
            given += 1
            yield not place, line.rstrip()


def _spool(wanted: int) -> tuple[int, int]:
    """Lines in a closed file of the spool, with the buffer sent again; (lines, calls)."""
    from chappe.apps.collect.queries import spool
    from chappe.connectors.pbx.spool import Arrival, Spool

    made = list(_lines(wanted))
    at = int(BEGINS.replace(tzinfo=dt.UTC).timestamp() * 1_000_000)
    sent = [Arrival(at + n * 100, 1, line) for n, (_begins, line) in enumerate(made)]
    again = [Arrival(at + (len(made) + n) * 100, 2, line) for n, (_begins, line) in enumerate(made[-BUFFER:])]
    (DATA / "lines.csv").write_bytes(b"\n".join(line for _begins, line in made) + b"\n")

    async def write() -> None:
        taker = Spool(spool().folder)
        for start in range(0, len(sent), 20_000):
            await taker.append(SITE, sent[start : start + 20_000])
        await taker.append(SITE, again)
        await taker.close()

    asyncio.run(write())
    return len(sent) + len(again), sum(begins for begins, _line in made)


def _timed(label: str, work: Callable[[], Any]) -> tuple[float, float]:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    wall, cpu = time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {label:<44} {wall:7.2f} s ({cpu:6.2f} s cpu)   peak {after.ru_maxrss / 1024:.0f} MB", flush=True)
    return wall, cpu


def _merely() -> None:
    import polars

    names = {f"f{n}": polars.String for n in range(37)}  # a name that holds a comma makes one more
    read = polars.read_csv(
        DATA / "lines.csv", has_header=False, schema=names, truncate_ragged_lines=True, quote_char=None
    )
    read.write_parquet(DATA / "lines.parquet")


def _take() -> None:
    """What the jobs of every minute do, without their queue."""
    from chappe.apps.collect import intake, pipeline
    from chappe.apps.collect.models import Chunk, Source
    from chappe.kit.access.actor import Actor

    source = Source.objects.get(slug=SITE)
    intake.take_spool(source)
    for chunk in Chunk.objects.exclude(state=Chunk.State.DONE).order_by("pk"):
        pipeline.process(actor=Actor.system("benchmark"), chunk=chunk)


def _again() -> None:
    """The same batch once more, as after a kill at the worst moment: the lake has it, the database does not know."""
    from chappe.apps.collect import pipeline
    from chappe.apps.collect.models import Chunk
    from chappe.kit.access.actor import Actor

    for chunk in Chunk.objects.order_by("pk"):
        pipeline.process(actor=Actor.system("benchmark"), chunk=chunk)


def measured(lines: int, calls: int) -> int:
    """In a process of its own: 1 when a call is lost, counted twice, or the goal is missed."""
    _house()
    from chappe.apps.collect.models import Chunk
    from chappe.apps.usage import lake

    _timed("merely: Polars reads the lines, writes Parquet", _merely)
    wall, cpu = _timed(f"{lines:,} lines to priced calls", _take)
    _timed("the same batches again", _again)
    row = lake.query(
        "SELECT count(*) AS calls, count(DISTINCT call_id) AS keys, count(*) FILTER (status = 'RATED') AS rated, "
        "count(customer) AS attached FROM calls"
    ).to_pylist()[0]
    told = list(Chunk.objects.select_related("source"))
    waiting = sum(chunk.source.open_groups.filter(segments__gt=0).count() for chunk in told[:1])
    again = sum(chunk.duplicates for chunk in told)
    good = row["calls"] + waiting == row["keys"] + waiting == calls and again == BUFFER and all(c.adds_up for c in told)
    print(
        f"  {row['calls']:,} calls of {calls:,} ({row['rated']:,} rated, {row['attached']:,} of a customer), {again:,} lines "
        f"replayed and counted once: {'nothing lost, nothing twice' if good else 'A FAULT'}"
    )
    met = lines / cpu >= GOAL_PER_SECOND
    print(
        f"  {lines / wall:,.0f} lines a second, {lines / cpu:,.0f} a second of processor "
        f"({'goal met' if met else 'goal missed'}: {GOAL_PER_SECOND:,})"
    )
    return 0 if good and met else 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pipeline", description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000, help="lines (200,000)")
    parser.add_argument("--measure", type=int, nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.measure:
        return measured(*wanted.measure)
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    try:
        _house()
        _source()
        lines, calls = _spool(wanted.lines)
        print(f"{lines:,} lines, {calls:,} calls; {os.cpu_count()} processors", flush=True)
        command = [sys.executable, "-m", "benchmarks", "pipeline", "--measure", str(lines), str(calls)]
        return subprocess.run(command, check=False).returncode
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
