"""``python -m benchmarks tiles [--rows 5000000]``: how long a map tile takes to cut, nothing of it being kept.

Uses the current database (CHAPPE_DATA, CHAPPE_DATABASE_URL); fills it with the network of ``benchmarks.network`` when it holds
none. A tile is taken at each zoom where the most buildings stand, at the middle, and at places drawn from a seed.
"""

import argparse
import os
import random
import statistics
import time
from typing import Any

GOAL_MS = 100
ZOOMS = (5, 7, 9, 11, 13, 14, 15, 16)
TAKEN = 12  # tiles a zoom


def places(zoom: int, draw: random.Random) -> list[tuple[int, int]]:
    """Tiles to cut: the one with the most buildings first, then some drawn among those that have any."""
    from django.db.models import F, Sum

    from chappe.apps.cartography.models import FINE, Tally
    from chappe.apps.cartography.tallies import COLUMNS

    level = min(zoom, FINE)
    total = sum((F(name) for name in COLUMNS[1:]), F(COLUMNS[0]))
    found = (
        Tally.objects.filter(level=FINE).annotate(square=F("cell").bitrightshift(2 * (FINE - level)))
        .values("square").annotate(n=Sum(total)).order_by("-n").values_list("square", flat=True)
    )  # fmt: skip
    squares = list(found)
    return [apart(square) for square in [squares[0], *draw.choices(squares, k=TAKEN - 1)]]


def apart(square: int) -> tuple[int, int]:
    """(column, row) of a square, from the bits that it mixes."""
    bits = f"{square:040b}"
    return int(bits[0::2], 2), int(bits[1::2], 2)


def measured(zoom: int, tiles: list[tuple[int, int]], reader: Any) -> tuple[list[float], list[float], int]:
    """Milliseconds of each tile from the question to the compressed bytes, those of our processor, the heaviest's weight."""
    from chappe.apps.cartography import tiles as cutting

    took, worked, weight = [], [], 0
    for column, row in tiles:
        began, busy = time.perf_counter(), time.process_time()
        cutting.version(zoom, column, row)
        body = cutting.compressed(cutting.cut(zoom, column, row, reader))
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
        weight = max(weight, len(body))
    return took, worked, weight


def main(arguments: list[str]) -> int:
    """Exit code 0: every tile within the goal; 1: one was not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks tiles", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="buildings of the network, when there is none yet")
    wanted = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from chappe.apps.cartography import tallies
    from chappe.apps.network.models import Building
    from chappe.core.base import memory
    from chappe.kit.access.models import User

    call_command("migrate", verbosity=0, interactive=False)
    if not Building.objects.exists():
        from benchmarks.network import load

        load(wanted.rows)
    began = time.perf_counter()
    counted = tallies.refresh()
    print(
        f"{connection.vendor}: {sum(tallies.totals()):,} buildings; {counted:,} squares counted in {time.perf_counter() - began:.1f} s"
    )
    reader = User(username="benchmark", is_superuser=True)
    draw, late = random.Random(1794), 0
    memory.set_aside()  # as the web server does
    for zoom in ZOOMS:
        took, worked, weight = measured(zoom, places(zoom, draw), reader)
        verdict = "goal met" if max(took) < GOAL_MS else "over the goal"
        late += max(took) >= GOAL_MS
        print(
            f"  zoom {zoom:>2}   fullest {took[0]:6.1f} ms   middle {statistics.median(took):6.1f} ms   worst {max(took):6.1f} ms"
            f" (processor {max(worked):6.1f} ms)"
            f"   heaviest {weight / 1000:6.1f} kB   ({verdict})",
            flush=True,
        )
    return 1 if late else 0
