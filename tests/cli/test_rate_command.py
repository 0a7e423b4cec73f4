"""The commands as a person or a program runs them: real processes, exit codes, streams, kill -9."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "examples" / "tariffs" / "v0.9.1"
CALLS = PLAN / "calls.csv"


def environment(language: str = "en") -> dict[str, str]:
    return {**os.environ, "CHAPPE_LANG": language, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": ""}


def chappe(*args: str | Path, stdin: bytes = b"", language: str = "en") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "chappe.cli", *map(str, args)]
    return subprocess.run(
        command, input=stdin, capture_output=True, env=environment(language), timeout=150, check=False
    )


def test_rate_prices_a_file_and_sums_up(tmp_path):
    done = chappe("rate", "--tariff", PLAN, "--calls", CALLS, "--out", tmp_path / "out.csv", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert summary["rated"] == len(rows) == 8
    assert {row["status"] for row in rows} == {"RATED"}
    assert summary["total"] == "1.5398"


def test_standard_streams_and_exit_codes(tmp_path):
    text = CALLS.read_bytes()
    good = chappe("rate", "--tariff", PLAN, "--calls", "-", "--out", "-", stdin=text)
    assert good.returncode == 0
    assert good.stdout.count(b"RATED") == 8
    assert b"8 calls: 8 rated" in good.stderr
    assert b"\x1b" not in good.stdout + good.stderr
    bad = chappe("rate", "--tariff", PLAN, "--calls", "-", "--out", "-", stdin=text.replace(b"20", b"xx", 1))
    assert (bad.returncode, bad.stdout.count(b"REJECTED")) == (1, 1)
    none = chappe("rate", "--tariff", PLAN, "--calls", "-", "--out", tmp_path / "o.csv", stdin=b"")
    assert none.returncode == 2
    assert not (tmp_path / "o.csv").exists()
    assert b"The file is empty" in none.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--tariff", PLAN, "--calls", "nowhere.csv", "--out", "x.csv"), b"there is no file nowhere.csv"),
        (("--tariff", "nowhere", "--calls", CALLS, "--out", "x.csv"), b"there is no tariff at nowhere"),
        (("--tariff", PLAN, "--calls", CALLS), b"nowhere to write"),
        (("--tariff", PLAN, "--calls", CALLS, "--out", "no/such/x.csv"), b"there is no folder"),
    ],
)
def test_what_cannot_run_ends_with_2_and_advice(args, words):
    done = chappe("rate", *args)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) >= 2


def test_one_call_of_a_file_explained():
    with CALLS.open() as file:
        first = next(csv.DictReader(file))
    done = chappe("rate", "--tariff", PLAN, "--calls", CALLS, "--explain", first["id"])
    assert done.returncode == 0
    assert done.stdout.startswith(b"1. ")
    assert first["destination"].encode() in done.stdout
    assert chappe("rate", "--tariff", PLAN, "--calls", CALLS, "--explain", "no-such-id").returncode == 2


def test_tariff_commands(tmp_path):
    checked = chappe("tariff", "check", PLAN, "--json")
    assert (checked.returncode, json.loads(checked.stdout)["errors"]) == (0, 0)
    found = json.loads(chappe("tariff", "search", ROOT / "examples/tariffs/seed-2012", "49176123", "--json").stdout)
    assert [(row["destination"], row["used"]) for row in found] == [("GERMANY_O2", True), ("GERMANY", False)]
    assert chappe("tariff", "export", PLAN, "--to", "v0.9.1", "--out", tmp_path / "new").returncode == 0
    again = chappe("tariff", "export", PLAN, "--to", "v0.9.1", "--out", tmp_path / "new")
    assert (again.returncode, b"already there" in again.stderr) == (2, True)
    same = chappe("tariff", "compare", PLAN, tmp_path / "new")
    assert same.returncode == 0
    shown = chappe("tariff", "show", PLAN)
    assert shown.stdout.splitlines()[0].split(b"\t")[:2] == [b"Plan", b"Destination"]


def test_help_lists_every_command_without_loading_one():
    done = chappe("--help")
    for name in (b"rate", b"explain", b"tariff", b"completion"):
        assert name in done.stdout
    code = (
        "import sys; from chappe.cli import group; group(); assert not {'numba', 'django', 'polars'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


def test_rating_needs_no_web_framework(tmp_path):
    code = (
        "import sys; from chappe.cli import main\n"
        f"try: main(['rate', '--tariff', {str(PLAN)!r}, '--calls', {str(CALLS)!r}, '--out', {str(tmp_path / 'o.csv')!r}])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not {'django', 'polars', 'pyarrow', 'duckdb'} & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


@pytest.mark.parametrize("earlier", [None, "the earlier output"])
def test_kill_9_leaves_the_earlier_output_or_none(tmp_path, earlier):
    with CALLS.open() as file:
        header, *lines = file.read().splitlines()
    source, out = tmp_path / "calls.csv", tmp_path / "out.csv"
    with source.open("w") as file:
        file.write(header + "\n")
        for i in range(300_000):
            first, _, rest = lines[i % len(lines)].partition(",")
            file.write(f"{first}-{i},{rest}\n")
    if earlier:
        out.write_text(earlier)
    command = [sys.executable, "-m", "chappe.cli", "rate", "--tariff", PLAN, "--calls", source, "--out", out]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not any(p.stat().st_size > 1_000_000 for p in tmp_path.glob(".chappe-*.part")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (out.read_text() if out.exists() else None) == earlier
