"""``python -m benchmarks [--rows 5000000]``: how long rating takes beside merely reading and writing the same files.

Each figure comes from a process of its own. The yardstick is Polars, in the same run: reading the calls and
writing a file with the columns and values of our output.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import made

GOAL, LIMIT = 1.5, 2.0
ROOT = Path(__file__).resolve().parents[1]


def child(measure: str, source: Path, target: Path) -> dict:
    """One measurement; raises when the process fails."""
    command = [sys.executable, "-m", "benchmarks.child", measure, str(source), str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def side_by_side(label: str, ours: dict, theirs: dict) -> None:
    ratio = ours["seconds"] / theirs["seconds"]
    verdict = "goal met" if ratio <= GOAL else "within the limit" if ratio <= LIMIT else "over the limit"
    speed = ours["rows"] / ours["seconds"]
    print(
        f"  {label:<16} {ours['seconds']:7.2f} s   merely read and write {theirs['seconds']:7.2f} s   "
        f"ratio {ratio:5.2f} ({verdict})   {speed:>10,.0f} calls/s   peak {ours['peak_mb']:6.0f} MB"
    )


def measure(rows: int) -> None:
    """All file measurements for so many calls."""
    source = made.calls(rows)
    print(f"{rows:,} calls, {source.stat().st_size / 1e6:,.0f} MB")
    out_csv, out_parquet = made.DATA / "out.csv", made.DATA / "out.parquet"
    for label, out in (("CSV → CSV", out_csv), ("CSV → Parquet", out_parquet)):
        ours = child("rate", source, out)
        side_by_side(label, ours, child("merely", source, out))
        out.unlink()
    typed = source.with_suffix(".parquet")
    if not typed.exists():
        child("as_parquet", source, typed)
    table = made.DATA / "lake"
    ours = child("lake", typed, table)
    side_by_side("Parquet → lake", ours, child("merely_lake", typed, table))
    for folder in (table, made.DATA / "lake-polars"):
        shutil.rmtree(folder, ignore_errors=True)


def cold_start() -> float:
    """Seconds of ``chappe rate`` on a handful of calls, the compiled passes being cached."""
    plan = ROOT / "examples" / "tariffs" / "v0.9.1"
    command = [sys.executable, "-m", "chappe.cli", "rate", "--tariff", str(plan), "--calls", str(plan / "calls.csv")]
    command += ["--out", str(made.DATA / "cold.csv")]
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="calls of the largest file (default 500,000)")
    parser.add_argument("--keep", action="store_true", help="keep the files made for larger runs")
    wanted = parser.parse_args()
    made.DATA.mkdir(parents=True, exist_ok=True)
    print(f"{made.PREFIXES:,} nested prefixes, {made.PLANS} plans, day/evening/weekend; {os.cpu_count()} processors")
    sizes = sorted({rows for rows in (500_000, 5_000_000, 50_000_000) if rows < wanted.rows} | {wanted.rows})
    for rows in sizes:
        measure(rows)
    source = made.calls(min(sizes))
    kernel, single = child("kernel", source, made.DATA / "x"), child("single", source, made.DATA / "x")
    print(f"kernel alone, one thread: {kernel['rows'] / kernel['seconds']:,.0f} calls/s")
    print(f"a single call: {single['seconds'] * 1e6:.0f} µs")
    print(f"cold start of chappe rate: {cold_start():.2f} s")
    if not wanted.keep:
        for path in made.DATA.glob("calls-*"):
            if path.stat().st_size > 500_000_000:
                path.unlink()


if __name__ == "__main__":
    main()
