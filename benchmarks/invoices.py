"""``python -m benchmarks invoices [--count 60]``: checked Factur-X a second and core, beside merely drawing the same pages.

Every invoice is another: typst remembers what it has drawn. Processor time of this process and of its rule worker is what
is divided, so that the figure is that of one core, whatever else the machine does. The yardstick is the same document
drawn by typst alone, without PDF/A, XML, annex or checks, in the same run.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chappe.connectors.einvoice import rules, typst
from chappe.connectors.einvoice.look import Look
from chappe.connectors.einvoice.production import CII, CSV, PDF, make
from chappe.core.billing.document import Document
from chappe.core.einvoice.samples import company
from chappe.core.einvoice.samples import made as with_totals

GOAL = 9.0  # checked Factur-X a second and core
CENT = 10_000_000
ROUNDS = 3


def documents(count: int, calls: int) -> list[Document]:
    """``count`` invoices of eight lines and ``calls`` calls, no two alike, their totals worked out again."""
    base = company(calls)
    told = {name: getattr(base, name) for name in ("order_reference", "contract", "service_address", "groups")}
    found = []
    for at in range(count):
        lines = [replace(line, label=f"{line.label} {at}") for line in base.lines]
        rows = tuple(
            replace(
                row, number=f"06 {at % 100:02d} {n % 100:02d} •• ••", seconds=row.seconds + at, net=row.net + at * CENT
            )
            for n, row in enumerate(base.calls)
        )
        buyer = replace(base.buyer, name=f"{base.buyer.name} {at}")
        found.append(with_totals(lines, number=f"B2026-{at:05d}", buyer=buyer, calls=rows, calls_total=calls, **told))
    return found


def _cpu(pid: int | None) -> float:
    """Processor seconds of this process, and of the rule worker while it lives."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    spent = own.ru_utime + own.ru_stime
    if pid is not None:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def timed(work: Callable[[Document], object], rows: list[Document], pid: int | None = None) -> tuple[float, float]:
    """(processor seconds, wall seconds) of one document."""
    cpu, wall = _cpu(pid), time.perf_counter()
    for row in rows:
        work(row)
    return (_cpu(pid) - cpu) / len(rows), (time.perf_counter() - wall) / len(rows)


def checked(document: Document) -> None:
    result = make(document, Look(), kinds=(PDF, CII, CSV))
    assert result.is_good, [issue.sentence() for issue in result.issues]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks invoices", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args(arguments)
    rows = documents(options.count + 5, options.calls)
    drawer = typst.Drawer(Look())
    for row in rows[:5]:
        checked(row)
        drawer.draw_plain(row)
    pid = rules.worker_pid()
    print(f"{options.count} invoices of {len(rows[0].lines)} lines and {options.calls} calls, best of {ROUNDS} rounds")
    best, plain, share = (9e9, 9e9), (9e9, 9e9), max(options.count // ROUNDS, 1)
    for at in range(ROUNDS):  # turn by turn, so that a busy machine slows both alike
        part = rows[5 + at * share : 5 + (at + 1) * share] or rows[-1:]
        plain = min(plain, timed(drawer.draw_plain, part))
        best = min(best, timed(checked, part, pid))
    rules.close()
    rate = 1 / best[0]
    verdict = "goal met" if rate >= GOAL else f"under the goal of {GOAL:g}"
    print(
        f"  typst alone        {plain[0] * 1e3:6.1f} ms cpu  {1 / plain[0]:6.1f} /s and core   wall {plain[1] * 1e3:6.1f} ms"
    )
    print(
        f"  checked Factur-X   {best[0] * 1e3:6.1f} ms cpu  {rate:6.1f} /s and core   wall {best[1] * 1e3:6.1f} ms   {verdict}"
    )
    print(
        f"  ratio to typst alone {best[0] / plain[0]:.2f}   peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    return 0 if rate >= GOAL else 1
