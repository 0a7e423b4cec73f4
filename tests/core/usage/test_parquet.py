"""A Parquet file and a CSV file of the same calls are priced alike, faults included, however the columns are typed."""

import csv
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from chappe.core.rating.compile import compile_tariff
from chappe.core.usage.arrow import BatchRater
from chappe.core.usage.columns import RESULT_COLUMNS
from chappe.core.usage.file import rate_file
from chappe.core.usage.rows import months, rated_rows
from chappe.core.usage.typed import fields_of
from tests.core.usage.conftest import HEADER, small_tariff

UTC = dt.UTC
BEGIN = dt.datetime(2026, 1, 5, 10, tzinfo=UTC)


def row(**changed):
    plain = {
        "id": "1",
        "tenant": "cgrates.org",
        "tor": "0",
        "category": "call",
        "direction": "OUT",
        "subject": "alice",
        "account": "",
        "destination": "33123456",
        "start": BEGIN,
        "end": BEGIN + dt.timedelta(seconds=60),
    }
    return {**plain, **changed}


ROWS = [
    row(id="good"),
    row(id="in", direction="in"),
    row(id="plus", destination="+33123456"),
    row(id="blank", subject="  alice "),
    row(id="defaults", tor=None, category="", direction=None),
    row(id="", subject="no id"),
    row(id="tenant", tenant="nobody"),
    row(id="other", tenant="other.org"),
    row(id="backwards", end=BEGIN - dt.timedelta(seconds=1)),
    row(id="no start", start=None),
    row(id="no end", end=None),
    row(id="early", start=dt.datetime(1900, 1, 1, tzinfo=UTC)),
    row(id="late", end=dt.datetime(2200, 1, 1, tzinfo=UTC)),
    row(id="letters", destination="33abc"),
    row(id="long", destination="3" * 40),
    row(id="nowhere", destination="99123"),
    row(id="future", subject="future"),
    row(id="direction", direction="UP"),
    row(id="fraction", end=BEGIN + dt.timedelta(seconds=1, microseconds=250)),
    row(id="é", subject="Zoé"),
    row(id="good"),
]
SPOILT = [row(id="quote", subject='say "hello"'), row(id="nul", subject="a\0b"), row(id="comma", subject="a,b")]


def spelled(value):
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, dt.datetime) else value or ""


def results(path: Path) -> list[tuple]:
    table = pq.read_table(path)
    rows = table.select(RESULT_COLUMNS).to_pylist()
    return [tuple(r.values()) for r in rows]


@pytest.mark.parametrize("rows", [ROWS, ROWS + SPOILT], ids=["typed", "spelled"])
@pytest.mark.parametrize(("unit", "zone"), [("us", "UTC"), ("ms", "+02:00"), ("ns", "Europe/Paris"), ("s", None)])
def test_typed_moments_price_like_their_text(compiled, tmp_path, rows, unit, zone):
    if unit == "s":
        rows = [r for r in rows if r["id"] != "fraction"]
    if unit == "ms":
        rows = [r | {"end": BEGIN + dt.timedelta(seconds=1)} if r["id"] == "fraction" else r for r in rows]
    with (tmp_path / "calls.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER.split(","))
        writer.writeheader()
        writer.writerows({name: spelled(value) for name, value in r.items()} for r in rows)
    moment = pa.timestamp(unit, zone)
    schema = pa.schema([(name, moment if name in {"start", "end"} else pa.string()) for name in HEADER.split(",")])
    naive = [
        {k: v.replace(tzinfo=None) if isinstance(v, dt.datetime) and zone is None else v for k, v in r.items()}
        for r in rows
    ]
    pq.write_table(pa.Table.from_pylist(naive, schema), tmp_path / "calls.parquet")
    answers = []
    for name in ("calls.csv", "calls.parquet"):
        out = tmp_path / (name + ".out.parquet")
        summary = rate_file(compiled, tmp_path / name, out, issues=tmp_path / "issues.csv")
        told = [(i.code, i.field) for i in summary.issues]
        answers.append((results(out), sorted(told), summary.rated, summary.rejected))
    assert answers[0] == answers[1]
    assert answers[0][2] >= 7
    assert ("usage.duplicate-id", "id") in answers[0][1]


def test_columns_of_every_kind_are_read_where_they_stand(compiled):
    table = pa.table(
        {
            "id": pa.array([1, 2]),
            "tenant": pa.array(["cgrates.org"] * 2).dictionary_encode(),
            "subject": pa.array(["alice"] * 2, pa.large_string()),
            "destination": pa.array([33123456, 33123456], pa.int64()),
            "start": pa.array([BEGIN, BEGIN], pa.timestamp("us", "UTC")),
            "usage": pa.array([60.0, 0.5]),
        }
    )
    [batch] = table.slice(0).to_batches()
    rater = BatchRater(compiled, batch.schema)
    assert fields_of(batch, rater.whole.position, rater.preamble, rater.spots) is not None
    answer, _ = rater.rate(batch, pa.array([1, 2]).to_numpy())
    assert [str(v) for v in answer["total"].to_pylist()] == ["1.250000000", "0.070000000"]
    later, _ = rater.rate(batch.slice(1), pa.array([2]).to_numpy())  # a slice: its cells do not begin at 0
    assert [str(v) for v in later["total"].to_pylist()] == ["0.070000000"]


def test_a_moment_finer_than_a_microsecond_is_refused_as_in_text(compiled):
    start = pa.array([1_767_607_200_000_000_001, 1_767_607_200_000_001_000], pa.timestamp("ns", "UTC"))
    table = pa.table({"id": ["a", "b"], "tenant": ["cgrates.org"] * 2, "subject": ["x"] * 2, "usage": [1, 1]})
    table = table.append_column("destination", pa.array(["331"] * 2)).append_column("start", start)
    [batch] = table.to_batches()
    answer, _ = BatchRater(compiled, batch.schema).rate(batch, pa.array([1, 2]).to_numpy())
    assert answer["status"].to_pylist() == ["REJECTED", "RATED"]
    assert answer["reason"].to_pylist() == ["bad-time", ""]


def test_rows_of_the_lake_are_the_same_from_both(compiled, calls, tmp_path):
    good = "cgrates.org,0,call,OUT,alice,,33123456,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z"
    source = calls(f"1,{good}", f"2,{good}".replace("331", "991"), f"3,{good}".replace(":01:00Z", ":00:00Z"))

    table = pacsv.read_csv(source, convert_options=pacsv.ConvertOptions(column_types={"tor": pa.string()}))
    pq.write_table(table, tmp_path / "calls.parquet")
    [ours] = list(rated_rows(compiled, source))
    [theirs] = list(rated_rows(compiled, tmp_path / "calls.parquet"))
    assert ours.drop_columns(["line"]).to_pylist() == theirs.drop_columns(["line"]).to_pylist()
    assert ours["total"].to_pylist() == [1_250_000_000, None, 0]
    assert ours["line"].to_pylist() == [2, 3, 4]


def test_months_follow_the_clocks_of_the_zone():
    moments = ["2026-02-28T22:59:59", "2026-02-28T23:00:00", None, "2026-06-30T22:00:00", "1999-12-31T22:59:59"]
    stamps = [None if m is None else dt.datetime.fromisoformat(m).replace(tzinfo=UTC) for m in moments]
    column = pa.array(stamps, pa.timestamp("us", "UTC"))
    assert months(column, "Europe/Paris", "none").to_pylist() == ["2026-02", "2026-03", "none", "2026-07", "1999-12"]
    assert months(column.slice(2, 1), "Europe/Paris", "none").to_pylist() == ["none"]
    assert months(column.slice(0, 0), "Europe/Paris", "none").to_pylist() == []


def test_what_a_killed_run_left_is_swept_up_and_the_living_are_left_alone(calls, tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, ids = tmp_path / f".chappe-{dead.pid}-abc.part", tmp_path / f".chappe-{dead.pid}-ids-x"
    living, other = tmp_path / f".chappe-{os.getppid()}-abc.part", tmp_path / ".chappe-notes.part"
    ids.mkdir()
    for path in (left, ids / "00", living, other):
        path.write_bytes(b"half")
    source = calls("1,cgrates.org,0,call,OUT,alice,,33123456,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z")
    rate_file(compile_tariff(small_tariff()), source, tmp_path / "out.csv")
    assert sorted(p.name for p in tmp_path.glob(".chappe-*")) == sorted([living.name, other.name])
