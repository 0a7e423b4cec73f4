"""Runs the suite: first with SQLite, then with PostgreSQL, and closes with one line for both.

The second run takes what a database can change (``BOTH``); ``--whole`` takes everything there too. ``--db`` picks one
database; other arguments go to pytest.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
#: What PostgreSQL runs again in a plain ``make test``: rows, rights, money, jobs and races. ``--whole`` runs everything.
BOTH = (
    *(f"tests/apps/{app}" for app in ("parties", "customers", "billing", "payments")),
    *(f"tests/apps/usage/test_{part}.py" for part in ("rights", "policies", "files")),
    *(f"tests/kit/{part}" for part in ("access", "audit", "jobs")),
    "tests/kit/ops/test_backup.py",
    "tests/kit/test_bulk.py",
    "tests/apps/publication/test_making.py",
    "tests/flows/test_a_call.py",
    "tests/flows/test_kill.py",
    "tests/contracts/test_rows.py",
)
#: The order of the tests is shuffled, and the same for everybody; another number shows another order.
SEED = os.environ.get("CHAPPE_TEST_SEED", "1794")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")


def once(database: str, url: str, arguments: list[str]) -> tuple[int, dict[str, int]]:
    """One pytest run; returns its exit code and the counts of its closing line."""
    with tempfile.TemporaryDirectory(prefix="chappe-test-") as data:
        environment = {**os.environ, "CHAPPE_DATA": data, "CHAPPE_DATABASE_URL": url, "CHAPPE_LANG": "en"}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            os.environ.get("CHAPPE_TEST_PROCESSES", "3"),
            "--dist=loadfile",
            "--no-loadscope-reorder",  # tests.support.order says which files go first
            f"--randomly-seed={SEED}",
            *arguments,
        ]
        print(f"== {database}: {' '.join(command[1:])}", flush=True)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        last = ""
        for line in process.stdout or []:
            print(line, end="", flush=True)
            if COUNT.search(line):
                last = line
        return process.wait(), {
            word.rstrip("s") if word.startswith("error") else word: int(n) for n, word in COUNT.findall(last)
        }


def _again(arguments: list[str]) -> list[str]:
    """What the second database runs, unless paths were asked for."""
    if any(not argument.startswith("-") for argument in arguments):
        return arguments
    return [*arguments, *BOTH]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", choices=["sqlite", "postgresql"])
    parser.add_argument("--whole", action="store_true", help="everything on PostgreSQL too")
    options, arguments = parser.parse_known_args()
    started = time.monotonic()
    codes, total = [], {}
    runs = []
    if options.db != "postgresql":
        runs.append(("SQLite", None))
    if options.db != "sqlite":
        runs.append(("PostgreSQL", postgres.cluster))
    for name, make in runs:
        if make is None:
            code, counts = once(name, "", arguments)
        else:
            with make() as url:
                code, counts = once(name, url, arguments if options.whole else _again(arguments))
        codes.append(code)
        for word, number in counts.items():
            total[word] = total.get(word, 0) + number
    failed = total.get("failed", 0) + total.get("error", 0) + (1 if any(codes) and not total.get("failed") else 0)
    print(f"== both databases in {time.monotonic() - started:.0f} s")
    print(f"{total.get('passed', 0)} passed, {failed} failed, {total.get('skipped', 0)} skipped")
    return 1 if failed or any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
