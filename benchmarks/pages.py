"""``python -m benchmarks pages [--rows 10000000]``: the pages of calls over one month of 10,000 customers.

Made: a month of calls as collectors and PBXs give them (``benchmarks/month.py``), then copied and summed as the nightly job does. Measured: each page asked whole (rights,
lake, template) as a browser asks it, in a process of its own: the first time, and the best of those after with no answer of before being
remembered; processor time beside the wall, for on a machine that does other work the wall tells little. The yardstick is DuckDB
merely summing the files of the lake by customer, in the same run.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import month
from chappe.core.base.stack import with_room

GOAL = 0.3
#: name, address and parameters of each page
PAGES: tuple[tuple[str, str, str], ...] = (
    ("list, first page", "list", ""),
    ("list, page 2", "list", "page=2"),
    ("list, page 1,000", "list", "page=1000"),
    ("list, middle of the month", "list", "page={middle}"),
    ("list, last page", "list", "page={last}"),
    ("list, outgoing calls, page 9,000", "list", "chip=out&page=9000"),
    ("list, an extension", "list", "ext=2432"),
    ("list, a number", "list", "destination=33612345"),
    ("list, a customer", "list", "customer=%3D4321"),
    ("list, a customer's dearest", "list", "customer=%3D4321&sort=-total"),
    ("list, a day", "list", "start_from=2026-10-07&start_to=2026-10-07"),
    ("list, incoming", "list", "way=in"),
    ("list, unrated", "list", "scope=unrated"),
    ("list, a source", "list", "source=%3D7"),
    ("list, calls over 5 €", "list", "chip=dear"),
    ("list, lost calls", "list", "chip=lost"),
    ("list, search of a number", "list", "q=0612345"),
    ("list, search of an extension", "list", "q=2432"),
    ("list, a saved view", "list", "view={view}"),
    ("list, dearest first", "list", "sort=-total"),
    ("list, by extension", "list", "sort=ext"),
    ("a call: price, ratings, PBX", "detail", ""),
    ("totals by extension", "totals", "by=ext"),
    ("totals by customer", "totals", "by=customer"),
    ("totals by cost centre", "totals", "by=cost-centre"),
    ("totals by number", "totals", "by=number"),
    ("totals by destination", "totals", "by=destination"),
    ("totals by kind", "totals", "by=kind"),
    ("totals by way", "totals", "by=way"),
    ("totals by source", "totals", "by=source"),
    ("totals by trunk", "totals", "by=trunk"),
    ("totals by account code", "totals", "by=account-code"),
    ("totals by hour", "totals", "by=hour"),
    ("totals by weekday", "totals", "by=weekday"),
    ("totals by day", "totals", "by=day"),
    ("totals by month", "totals", "by=month"),
    ("totals by day, a customer", "totals", "by=day&customer=%3D4321"),
    ("totals by extension, one day", "totals", "by=ext&start_from=2026-10-07&start_to=2026-10-07"),
    ("traffic: busy hour, Erlang", "traffic", "day=2026-10-07"),
    ("margin by customer", "margin", ""),
    ("margin by destination", "margin", "by=destination"),
    ("home: charts and tiles", "home", ""),
)


def _house(data: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    os.environ["CHAPPE_DATA"] = str(data)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def lake_in_order() -> None:
    """What the nightly job does."""
    from chappe.apps.usage import lake

    lake.compact()


def measured(only: str) -> int:
    """In a process of its own: the pages whose name has this text, asked by a user of the house; how many are over the goal."""
    import structlog
    from django.test import Client

    from chappe.apps.usage import lake, shelf
    from chappe.apps.usage.models import Call
    from chappe.core.base import memory
    from chappe.kit.access.models import User

    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    addresses = _addresses(user)
    client.get(addresses["list"] + "?ext=nobody")  # templates, imports
    memory.set_aside()  # as the web server does
    rows, paths = Call.objects.count(), lake.files([])
    merely = f"SELECT customer, count(*), sum(total) FROM {lake.source_of(paths)} GROUP BY 1"
    yardstick = min(_timed(lambda: lake.over(merely, lake.SCHEMA.empty_table())) for _ in range(3))
    copies = sum(shelf.has(path) for path in paths)
    print(f"{rows:,} calls in {len(paths)} files, {copies} with a reading copy; {os.cpu_count()} processors")
    print(f"merely: DuckDB sums the files by customer in {yardstick[0]:.3f} s ({yardstick[1]:.3f} s cpu)", flush=True)
    over = 0
    for name, place, query in [page for page in PAGES if only in page[0]]:
        address = addresses[place] + "?" + query.format(middle=rows // 100, last=-(-rows // 50), view=addresses["view"])
        taken = [_asked(client, address) for _ in range(3)]
        (wall, cpu), first = min(taken[1:]), taken[0]
        over += wall > GOAL
        verdict = "goal met" if wall <= GOAL else "goal met by processor time" if cpu <= GOAL else "over the goal"
        print(
            f"  {name:<33} first {1000 * first[0]:6.0f} ms ({1000 * first[1]:5.0f} cpu), then {1000 * wall:6.0f} ms ({1000 * cpu:5.0f} cpu), "
            f"× {cpu / yardstick[1]:5.2f} of cpu ({verdict})",
            flush=True,
        )
    return over


def _addresses(user: Any) -> dict[str, str]:
    from chappe.apps.usage.models import Call
    from chappe.kit.screens import registry
    from chappe.kit.screens.models import SavedView

    call = Call.objects.filter(status="RATED").order_by("-start", "pk")[:1][0]
    view, _ = SavedView.objects.get_or_create(
        screen="usage.call",
        user=user,
        name="bench",
        defaults={"query": "scope=all&way=out&status=RATED&sort=-start&hour_min=9&hour_max=9"},
    )
    return {
        "list": registry.url("usage.call"), "totals": registry.url("usage.totals"), "traffic": registry.url("usage.traffic"),
        "margin": registry.url("billing.margin"), "home": "/", "view": str(view.pk),
        "detail": registry.url("usage.call", "detail", pk=call.pk),
    }  # fmt: skip


def _timed(work: Any) -> tuple[float, float]:
    """Wall and processor seconds."""
    began, before = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - before


def _asked(client: Any, address: str) -> tuple[float, float]:
    from chappe.apps.usage import found, lake

    lake.forget()
    found.forget()

    def ask() -> None:
        answer = with_room(client.get)(address, follow=True)  # as the web server does
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")

    return _timed(ask)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--data", type=Path, help="keep the month made there, and use it again")
    parser.add_argument("--only", default="", help="the pages whose name has this text")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    data = wanted.data or Path(tempfile.mkdtemp(prefix="chappe-pages-"))
    _house(data)
    if wanted.measure:
        measured(wanted.only)
        return 0
    try:
        if not (data / "lake").exists():
            wall, cpu = _timed(lambda: month.made(wanted.rows))
            print(f"made {wanted.rows:,} calls in {wall:.0f} s ({cpu:.0f} s cpu)", flush=True)
            wall, cpu = _timed(lake_in_order)
            print(f"joined, copied, summed in {wall:.0f} s ({cpu:.0f} s cpu)", flush=True)
        command = [sys.executable, "-m", "benchmarks", "pages", "--measure", "--data", str(data), "--only", wanted.only]
        return subprocess.run(command, check=False).returncode
    finally:
        if not wanted.data:
            shutil.rmtree(data, ignore_errors=True)
