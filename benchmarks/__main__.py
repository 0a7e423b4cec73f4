"""``python -m benchmarks [--rows 5000000]``: how long rating takes beside merely reading and writing the same files.

Each figure comes from a process of its own. The yardstick is Polars, in the same run: reading the calls and
writing a file with the columns and values of our output.
"""

import argparse
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import made

GOAL, LIMIT = 1.5, 2.0
FILES = 2  # that fill the month of the list page
ROOT = Path(__file__).resolve().parents[1]


def child(measure: str, source: Path, target: Path | str) -> dict:
    """One measurement; raises when the process fails."""
    command = [sys.executable, "-m", "benchmarks.child", measure, str(source), str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def side_by_side(label: str, ours: dict, theirs: dict) -> tuple[float, float]:
    """One line; returns seconds and peak memory of ours. Processor time tells more than the wall on a shared machine."""
    wall, cpu = ours["seconds"] / theirs["seconds"], ours["cpu"] / theirs["cpu"]
    verdict = "goal met" if wall <= GOAL else "within the limit" if wall <= LIMIT else "over the limit"
    speed = ours["rows"] / ours["seconds"]
    print(
        f"  {label:<15} {ours['seconds']:7.2f} s ({ours['cpu']:7.2f} s cpu)   merely {theirs['seconds']:7.2f} s "
        f"({theirs['cpu']:7.2f} s cpu)   ratio {wall:5.2f}, of cpu {cpu:5.2f} ({verdict})   "
        f"{speed:>10,.0f} calls/s   peak {ours['peak_mb']:6.0f} MB",
        flush=True,
    )
    return ours["seconds"] / ours["rows"], ours["peak_mb"]


def measure(rows: int) -> dict[str, tuple[float, float]]:
    """All file measurements for so many calls: (seconds a call, peak memory) of each."""
    source = made.calls(rows)
    print(f"{rows:,} calls, {source.stat().st_size / 1e6:,.0f} MB")
    found = {}
    for label, out in (("CSV → CSV", made.DATA / "out.csv"), ("CSV → Parquet", made.DATA / "out.parquet")):
        ours = child("rate", source, out)
        found[label] = side_by_side(label, ours, child("merely", source, out))
        out.unlink()
    typed = as_parquet(rows)
    ours = child("lake", typed, "1")
    found["Parquet → lake"] = side_by_side("Parquet → lake", ours, child("merely_lake", typed, typed))
    shutil.rmtree(made.DATA / "house" / "lake", ignore_errors=True)
    return found


def as_parquet(rows: int) -> Path:
    """The same calls with typed moments."""
    source = made.calls(rows)
    typed = source.with_suffix(".parquet")
    if not typed.exists():
        child("as_parquet", source, typed)
    return typed


def growth(small: dict[str, tuple[float, float]], large: dict[str, tuple[float, float]], times: float) -> None:
    """How time and memory grow with the number of calls: 1.00 means as they should."""
    for label, (seconds, peak) in large.items():
        print(
            f"  {label:<15} × {times:.0f} calls: × {times * seconds / small[label][0]:.1f} time, "
            f"× {peak / small[label][1]:.2f} memory"
        )


def lake_page(rows: int) -> None:
    """The questions of the list page of calls over a month that holds so many, in two files."""
    typed = as_parquet(rows // FILES)
    written = child("lake", typed, str(FILES))
    print(f"{rows:,} calls rated into the lake in {written['seconds']:.1f} s, peak {written['peak_mb']:.0f} MB")
    answer = child("list_page", typed, str(FILES))
    print(f"the list page over {answer['rows']:,} calls of one month:")
    for name, seconds in answer["questions"].items():
        print(f"  {name:<24} {seconds:6.3f} s ({'goal met' if seconds < 1 else 'over a second'})")


def cold_start() -> tuple[float, float]:
    """Wall and processor seconds of ``chappe rate`` on a handful of calls, the compiled passes being cached."""
    plan = ROOT / "examples" / "tariffs" / "v0.9.1"
    command = [sys.executable, "-m", "chappe.cli", "rate", "--tariff", str(plan), "--calls", str(plan / "calls.csv")]
    command += ["--out", str(made.DATA / "cold.csv")]
    taken = []
    for _ in range(3):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        taken.append((time.perf_counter() - began, cpu))
    return min(taken)


def files(largest: int) -> None:
    """Every size up to ``largest``, then what does not depend on the size."""
    print(f"{made.PREFIXES:,} nested prefixes, {made.PLANS} plans, day/evening/weekend; {os.cpu_count()} processors")
    print("merely: Polars reads the same file and writes one of the same columns (Parquet with snappy, as ours)")
    sizes = sorted({rows for rows in (500_000, 5_000_000, 50_000_000) if rows < largest} | {largest})
    found = {rows: measure(rows) for rows in sizes}
    for rows in sizes[1:]:
        growth(found[sizes[0]], found[rows], rows / sizes[0])
    source = made.calls(min(sizes))
    kernel, single, told = (child(name, source, source) for name in ("kernel", "single", "price_one"))
    print(f"kernel alone, one thread: {kernel['rows'] / kernel['seconds']:,.0f} calls/s")
    print(f"a single call: {single['seconds'] * 1e6:.0f} µs, with all its steps told {told['seconds'] * 1e6:.0f} µs")
    wall, cpu = cold_start()
    print(f"cold start of chappe rate: {wall:.2f} s ({cpu:.2f} s cpu)")


#: measurements with a module of their own: ``main(arguments) -> exit code``
OTHERS = ("billing", "collector", "invoices", "ipe", "network", "pages", "pipeline", "publication", "tiles")


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in OTHERS:
        raise SystemExit(importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("files", "lake"), default="files", help="default: files")
    parser.add_argument("--rows", type=int, default=0, help="calls of the largest file (500,000; lake: 10,000,000)")
    parser.add_argument("--keep", action="store_true", help="keep the files made for larger runs")
    wanted = parser.parse_args()
    made.DATA.mkdir(parents=True, exist_ok=True)
    if wanted.what == "lake":
        lake_page(wanted.rows or 10_000_000)
    else:
        files(wanted.rows or 500_000)
    if not wanted.keep:
        shutil.rmtree(made.DATA / "house", ignore_errors=True)
        for path in made.DATA.glob("calls-*"):
            if path.stat().st_size > 200_000_000:
                path.unlink()


if __name__ == "__main__":
    main()
