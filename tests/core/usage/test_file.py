"""Files whole: what is given back, Parquet equal to CSV, blocks, memory, the fuzz."""

import csv
import io
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chappe.core.usage.arrow import UnreadableCallsError, rate_batches
from chappe.core.usage.file import rate_file
from chappe.core.usage.format import put_millionths
from chappe.core.usage.look import find_call
from tests.core.usage.conftest import GOOD, HEADER


def test_the_input_stands_unchanged_in_front(compiled, calls, tmp_path):
    first, second = f'"1",{GOOD},"a ""b"", c"', f"2,{GOOD},déjà"
    source = calls(first, "", second, header=HEADER + ",note")
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[1] == first + ",RATED,,1.2,0.05,1.25,60,1,FRANCE,33,FR,v1"
    assert lines[2] == second + ",RATED,,1.2,0.05,1.25,60,1,FRANCE,33,FR,v1"
    assert (summary.blank, summary.rows) == (1, 2)


def test_crlf_and_a_last_line_without_end(compiled, tmp_path):
    path = tmp_path / "calls.csv"
    path.write_bytes(f"{HEADER}\r\n1,{GOOD}\r\n2,{GOOD}".encode())
    assert rate_file(compiled, path, tmp_path / "out.csv").rated == 2
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 3


def test_columns_in_any_order_and_rated_files_rated_again(compiled, calls, tmp_path):
    source = calls(
        "x,2026-01-05T11:00:00.5+01:00,90,331,alice,cgrates.org,1",
        header="note,Start,usage,DESTINATION,subject,tenant,id",
    )
    rate_file(compiled, source, tmp_path / "one.csv")
    rate_file(compiled, tmp_path / "one.csv", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


@pytest.mark.parametrize("block", [60, 101, 1000, 0])
@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_and_threads_change_nothing(compiled, calls, tmp_path, block, threads):
    lines = [f"{i},{GOOD[: -len('10:01:00Z')]}10:{i % 60:02d}:00Z" for i in range(500)]
    source = calls(*lines)
    summary = rate_file(compiled, source, tmp_path / "out.csv", block=block, threads=threads)
    out = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in out] == [str(i) for i in range(500)]
    billed = sum((i % 60) * 60 for i in range(500))
    free = sum(i % 60 == 0 for i in range(500))
    assert summary.cost == billed * 20_000_000
    assert summary.total - summary.cost in {500 * 50_000_000, (500 - free) * 50_000_000}


def test_parquet_is_priced_as_csv_is(compiled, calls, tmp_path):
    source = calls(f"1,{GOOD}", f"2,{GOOD.replace('33123456', '49')}", f"3,{GOOD.replace('05T10:00', '35T10:00')}")
    rate_file(compiled, source, tmp_path / "rated.csv")
    rate_file(compiled, source, tmp_path / "rated.parquet")
    table = pq.read_table(tmp_path / "rated.parquet")
    assert table["total"].to_pylist() == [Decimal("1.250000000"), None, None]
    assert table["status"].to_pylist() == ["RATED", "UNRATED", "REJECTED"]
    own = table.select(HEADER.split(","))
    pq.write_table(own, tmp_path / "calls.parquet")
    rate_file(compiled, tmp_path / "calls.parquet", tmp_path / "back.csv")
    with (tmp_path / "rated.csv").open() as a, (tmp_path / "back.csv").open() as b:
        assert list(csv.reader(a)) == list(csv.reader(b))
    rate_file(compiled, tmp_path / "calls.parquet", tmp_path / "back.parquet")
    assert pq.read_table(tmp_path / "back.parquet").equals(table)


def test_typed_moments_in_parquet(compiled, tmp_path):
    moments = pa.array([1_767_607_200_000_000, None], pa.timestamp("us", tz="Europe/Paris"))
    table = pa.table(
        {
            "id": pa.array([1, 2]),
            "tenant": ["cgrates.org"] * 2,
            "subject": ["alice"] * 2,
            "destination": ["331\n2", "331"],
            "start": moments,
            "usage": pa.array([60.5, 1e-5]),
        }
    )
    pq.write_table(table, tmp_path / "calls.parquet")
    summary = rate_file(compiled, tmp_path / "calls.parquet", tmp_path / "out.parquet")
    assert (summary.rows, summary.rejected) == (2, 2)
    assert [(i.code, i.line, i.column) for i in summary.issues] == [
        ("usage.letters-in-number", 1, 4),
        ("usage.missing-field", 2, 5),
    ]
    assert pq.read_table(tmp_path / "out.parquet").schema.field("start").type == moments.type


def test_record_batches_in_and_out(compiled):
    batch = pa.RecordBatch.from_pylist(
        [{"id": "1", "tenant": "cgrates.org", "subject": "a", "destination": "+331", "start": "2026-01-05T10:00:00Z", "usage": 10}]
    )  # fmt: skip
    [answer] = rate_batches(compiled, [batch])
    assert answer["total"].to_pylist() == [Decimal("0.250000000")]
    assert answer.schema.names[:6] == batch.schema.names
    with pytest.raises(UnreadableCallsError, match="start"):
        list(rate_batches(compiled, [batch.select(["id", "tenant", "subject", "destination", "usage"])]))


def test_a_call_is_found_by_its_id(compiled, calls):
    source = calls(f"11,{GOOD}", f"1,{GOOD}".replace("10:01:00Z", "10:01:00.25Z"))
    found = find_call(compiled, source, "1")
    assert found is not None
    assert (found.line, found.fields["usage"], found.fields["category"]) == (3, "60.25", "call")
    assert find_call(compiled, source, "2") is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.just(f"1,{GOOD}".encode()),
            st.builds(lambda cut, junk: f"9,{GOOD}".encode()[:cut] + junk, st.integers(0, 90), st.binary(max_size=5)),
            st.lists(st.sampled_from([b'"', b",", b"1", b"\r", b"\xe9", b"\xc3\xa9", b"\0"]), max_size=30).map(
                b"".join
            ),
        ),
        max_size=8,
    ),
    st.sampled_from([0, 64]),
)
def test_random_bytes_never_crash_and_every_line_is_told_once(compiled, tmp_path, lines, block):
    source, out = tmp_path / "fuzz.csv", tmp_path / "fuzz-out.csv"
    source.write_bytes(HEADER.encode() + b"\n" + b"\n".join(lines))
    summary = rate_file(compiled, source, out, rejects=tmp_path / "r.csv", block=block, threads=1)
    body = b"\n".join(lines)
    expected = [line for line in body.split(b"\n") if line.removesuffix(b"\r")]
    assert summary.rows == len(expected)
    assert summary.rated + summary.unrated + summary.rejected == summary.rows
    rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert [len(row) for row in rows] == [21] * (1 + summary.rows)
    assert sum(row[10] == "REJECTED" for row in rows) == summary.rejected


@pytest.mark.parametrize(
    "value", [0, 1, 9, 10, 999, 1000, 1001, 123_456, 999_999, 10**6, 1_500_000, 10_000_001, 2**62, -1, -2_500_000]
)
def test_quantities_are_spelled_exactly(value):
    out = np.full(64, 255, np.uint8)
    end = put_millionths(out, 0, value)
    text = bytes(out[:end]).decode()
    assert Decimal(text) * 1_000_000 == value
    assert "." not in text or text[-1] != "0"
    assert not text.startswith(("0", "-0")) or text in {"0"} or text.removeprefix("-")[1] == "."


def test_times_are_read_alike_by_the_short_way_and_the_long_one(compiled, calls, tmp_path):
    """The usual spelling has a way of its own; whatever it does not take must be judged by the full reading."""
    starts = {
        "2026-01-05T10:00:00Z": "RATED",
        "2026-01-05t10:00:00z": "RATED",
        "2026-01-05T10:00:00+00:00": "RATED",
        "2024-02-29T10:00:00Z": "RATED",
        "2026-02-29T10:00:00Z": "REJECTED",
        "2026-01-05T24:00:00Z": "REJECTED",
        "2026-01-05T10:60:00Z": "REJECTED",
        "2026-01-05T10:00:60Z": "REJECTED",
        "2026-13-05T10:00:00Z": "REJECTED",
        "2026-01-00T10:00:00Z": "REJECTED",
        "2026/01/05T10:00:00Z": "REJECTED",
        "2026-01-0:T10:00:00Z": "REJECTED",
        "20260-1-05T10:00:00Z": "REJECTED",
        "2026-01-05X10:00:00Z": "REJECTED",
        "1989-12-31T23:59:59Z": "REJECTED",
        "2100-01-01T00:00:00Z": "REJECTED",
    }
    lines = [f"{i},cgrates.org,alice,33123456,{start},60" for i, start in enumerate(starts)]
    source = calls(*lines, header="id,tenant,subject,destination,start,usage")
    rate_file(compiled, source, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["start"]: row["status"] for row in rows} == starts
