"""The lake: a batch is committed once, months are told apart, nothing is lost when its files are joined."""

import datetime as dt
import os

import pytest

from chappe.apps.usage import lake
from tests.support.rows import into_lake, lake_row


def total(**options) -> list:
    row = lake.query("SELECT count(*) AS n, CAST(sum(total) AS BIGINT) AS total FROM calls", **options).to_pylist()[0]
    return [row["n"], row["total"]]


def test_an_empty_lake_answers_with_no_row():
    assert lake.table() is None
    assert lake.months() == lake.files([]) == []
    assert not lake.holds("u1")
    assert lake.compact() == 0
    assert total() == [0, None]


def test_a_uid_is_committed_once():
    assert into_lake("u1", [lake_row(1, 2), lake_row(1, 3)])
    before = lake.table().version()
    assert lake.holds("u1")
    assert not into_lake("u1", [lake_row(1, 2), lake_row(1, 3), lake_row(1, 4)])
    assert lake.table().version() == before
    assert total() == [2, 320_000_000]


def test_what_another_process_commits_is_seen_though_nothing_new_was_read_meanwhile(monkeypatch):
    into_lake("u1", [lake_row(1, 2)])
    log = lake.location() / "_delta_log"
    os.utime(log, (1_700_000_000, 1_700_000_000))  # nothing was written for long
    mine, read = lake.table(), []
    monkeypatch.setattr(lake.DeltaTable, "update_incremental", read.append)
    assert lake.table() is mine and total()[0] == 1 and read == []
    monkeypatch.undo()
    here = dict(lake._tables), dict(lake._seen)
    lake._tables.clear(), lake._seen.clear()  # another process knows nothing of what this one has read
    into_lake("u2", [lake_row(2, 2)])
    lake._tables.update(here[0]), lake._seen.update(here[1])
    assert lake._tables[str(lake.location())] is mine
    assert lake.holds("u2") and total()[0] == 2


def test_rows_that_fail_on_their_way_leave_nothing():
    into_lake("u1", [lake_row(1, 2)])

    def failing():
        import pyarrow as pa

        yield pa.RecordBatch.from_pylist([lake_row(2, 2)], schema=lake.SCHEMA)
        raise RuntimeError("power cut")

    with pytest.raises(Exception, match="power cut"):
        lake.commit("u2", failing())
    assert not lake.holds("u2")
    assert total() == [1, 160_000_000]


def test_rows_written_before_the_failure_are_taken_back(monkeypatch):
    import pyarrow as pa

    from chappe.apps.usage import parts

    monkeypatch.setattr(parts, "ROW_GROUP", 2)

    def failing():
        yield pa.RecordBatch.from_pylist([lake_row(2, 2), lake_row(2, 3), lake_row(2, 4)], schema=lake.SCHEMA)
        assert list(lake.location().rglob("u2-*.parquet"))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        lake.commit("u2", failing())
    assert list(lake.location().rglob("*.parquet")) == []
    assert total() == [0, None]


def test_whoever_finishes_second_commits_nothing():
    """A worker that lost its lease wakes up: what the other one committed stands, once."""
    import pyarrow as pa

    def slow():
        yield pa.RecordBatch.from_pylist([lake_row(1, 2)], schema=lake.SCHEMA)
        assert into_lake("u1", [lake_row(1, 2)])

    assert not lake.commit("u1", slow())
    assert total() == [1, 160_000_000]
    assert len(list(lake.location().rglob("u1-*.parquet"))) == 1


def test_rows_come_back_as_written_over_row_groups_and_months(monkeypatch):
    from chappe.apps.usage import parts

    monkeypatch.setattr(parts, "ROW_GROUP", 7)
    monkeypatch.setattr(parts, "HELD", 11)
    months = ["2015-03", "2015-04", "2015-05"]
    rows = [lake_row(1, n, month=months[n % 3], total=n) for n in range(50)]
    assert into_lake("u1", rows)
    found = lake.query("SELECT * FROM calls ORDER BY line").select(lake.SCHEMA.names).to_pylist()
    assert [(row["line"], row["month"], row["total"]) for row in found] == [(n, months[n % 3], n) for n in range(50)]
    assert total() == [50, 1225]  # 0 + 1 + … + 49
    assert len(lake.files([])) == 3


def test_months_are_partitions_and_batches_are_chosen():
    into_lake("u1", [lake_row(1, 2), lake_row(1, 3, month="2015-04", start=dt.datetime(2015, 4, 1, tzinfo=dt.UTC))])
    into_lake("u2", [lake_row(2, 2, total=1)])
    assert lake.months() == ["2015-04", "2015-03"]
    assert total(months=["2015-03"]) == [2, 160_000_001]
    assert total(months=["2015-04"]) == [1, 160_000_000]
    assert total(months=["2015-05"]) == [0, None]
    assert total(batches=[1]) == [2, 320_000_000]
    assert total(batches=[2]) == [1, 1]
    assert total(batches=[]) == [0, None]
    assert all("/month=2015-04/" in name for name in lake.files(["2015-04"]))


def test_joining_files_keeps_every_row():
    for number in range(6):
        into_lake(f"u{number}", [lake_row(number, 2, total=number)])
    before = lake.query("SELECT * FROM calls ORDER BY batch").to_pylist()
    assert lake.compact() == 6
    assert len(lake.files([])) == 1
    assert lake.query("SELECT * FROM calls ORDER BY batch").to_pylist() == before
    assert all(lake.holds(f"u{number}") for number in range(6))
    assert not into_lake("u3", [lake_row(3, 2)])


def test_sums_stay_whole_numbers_past_the_floats():
    """2⁵³ + 1 nano cannot be held by a float; two of them make 18 014 398 509 481 986."""
    huge = 2**53 + 1
    into_lake("u1", [lake_row(1, 2, total=huge), lake_row(1, 3, total=huge)])
    assert total() == [2, 2 * huge]


def test_days_are_those_of_the_house():
    """23:30 UTC on 4 March is already 5 March in Paris."""
    into_lake("u1", [lake_row(1, 2, start=dt.datetime(2015, 3, 4, 23, 30, tzinfo=dt.UTC))])
    assert lake.query("SELECT CAST(start AS DATE) AS day FROM calls").to_pylist() == [{"day": dt.date(2015, 3, 5)}]


def test_rows_are_streamed_in_pieces():
    into_lake("u1", [lake_row(1, n) for n in range(2, 5002)])
    sizes = [part.num_rows for part in lake.stream("SELECT line FROM calls", 2048)]
    assert sum(sizes) == 5000
    assert max(sizes) <= 2048
