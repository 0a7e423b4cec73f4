"""The process that runs SQL: what it gives, what it refuses, what it cannot reach, and when it is killed."""

import subprocess
import time
from decimal import Decimal

import pytest

from chappe.apps.reports import engine, tables
from chappe.apps.reports.engine import ReportError
from tests.apps.reports.conftest import OCTOBER, answers, calls, invoice, run
from tests.support import people

pytestmark = pytest.mark.django_db


def refused(sql, user, **more):
    with pytest.raises(ReportError) as told:
        run(sql, user, **more)
    return told.value


def test_amounts_are_exact_decimals_and_each_reads_its_own_rows(house):
    sql = "SELECT count(*), sum(amount), sum(cost), sum(seconds) FROM calls"
    assert answers(sql, house.bruno) == [(3, Decimal("0.600000000"), Decimal("0.300000000"), Decimal(180))]
    assert answers(sql, house.chloe) == [(5, Decimal("1.500000000"), Decimal("0.750000000"), Decimal(300))]
    assert answers(sql, house.alice)[0][:2] == (10, Decimal("2.300000000"))
    sql = "SELECT c.name, count(k.start) FROM customers c LEFT JOIN calls k ON k.customer_id = c.id GROUP BY ALL ORDER BY 1"
    assert answers(sql, house.bruno) == [("Vautrin", 3)]
    assert answers(sql, house.alice) == [("Perret", 2), ("Secret", 5), ("Vautrin", 3)]


@pytest.mark.parametrize("name", [name for name in tables.known() if name not in {"operators"}])
def test_a_strangers_rows_reach_no_table(house, name):
    invoice(house.secret, "F2026-000001", 100)
    invoice(house.vautrin, "F2026-000001", 50)
    everything = str(run(f"SELECT * FROM {name}", house.bruno).rows.to_pylist())
    assert "Secret" not in everything
    assert house.lines[2].number not in everything
    if name in {"calls", "customers", "lines", "assignments", "invoices"}:
        assert everything != "[]", "its own are there"


def test_a_strangers_rows_are_reached_by_no_way_round(house):
    """Bruno's process holds Bruno's rows: neither other files of the lake nor the database can be opened."""
    lake_file = next(iter((engine.scratch().parents[1] / "lake").rglob("*.parquet")))
    for sql in (
        f"SELECT * FROM read_parquet('{lake_file}')",
        f"SELECT * FROM '{lake_file}'",
        f"SELECT * FROM glob('{lake_file.parent}/*')",
        f"SELECT * FROM parquet_metadata('{lake_file}')",
        f"SELECT * FROM read_blob('{lake_file}')",
        "SELECT * FROM sqlite_scan('db.sqlite3', 'customers_customer')",
        "SELECT * FROM customers_customer",
    ):
        assert refused(sql, house.bruno).code == "failed", sql
    for path in engine.scratch().glob("calls-*"):
        assert path.stat().st_mode & 0o077 == 0, "nobody else of this machine reads it"
    sql = "SELECT count(*) FROM query('SELECT * FROM calls')"
    assert answers(sql, house.bruno) == [(3,)], "by any detour, the same rows"


def test_a_right_that_is_missing_leaves_the_table_empty_and_says_so(house):
    house.bruno.roles.set([people.partner_role(facturation=0, clients=0)])
    house.bruno.forget_rights()
    invoice(house.vautrin, "F2026-000001", 50)
    result = run(
        "SELECT (SELECT count(*) FROM invoices), (SELECT count(*) FROM customers), (SELECT count(*) FROM calls)",
        house.bruno,
    )
    assert list(result.rows.to_pylist()[0].values()) == [0, 0, 3]
    assert len(result.forbidden) == 2


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("COPY (SELECT 1) TO '/tmp/vol.csv'", "not-select"),
        ("COPY calls TO 'vol.parquet'", "not-select"),
        ("EXPORT DATABASE 'vol'", "not-select"),
        ("ATTACH 'db.sqlite3' AS d", "not-select"),
        ("INSTALL httpfs", "not-select"),
        ("LOAD httpfs", "not-select"),
        ("PRAGMA database_list", "not-select"),
        ("SET memory_limit = '64GB'", "not-select"),
        ("SET enable_external_access = true", "not-select"),
        ("RESET memory_limit", "not-select"),
        ("CALL pragma_version()", "not-select"),
        ("CREATE TABLE t AS SELECT 1", "not-select"),
        ("DROP VIEW calls", "not-select"),
        ("INSERT INTO calls SELECT * FROM calls", "not-select"),
        ("SELECT 1; SELECT 2", "several"),
        ("SELECT 1; COPY (SELECT 1) TO '/tmp/vol.csv'", "several"),
        ("", "empty"),
        ("-- rien", "empty"),
        ("SELEC 1", "syntax"),
        ("SELECT $nothing", "parameter"),
        ("SELECT * FROM read_csv('/etc/passwd')", "failed"),
        ("SELECT * FROM read_text('/etc/passwd')", "failed"),
        ("SELECT * FROM '/etc/passwd'", "failed"),
        ("SELECT * FROM read_csv('https://example.org/x.csv')", "failed"),
        ("SELECT * FROM read_parquet('s3://bucket/x')", "failed"),
        ("SELECT * FROM sniff_csv('/etc/hosts')", "failed"),
        ("SELECT * FROM glob('/*')", "failed"),
        ("SELECT getenv('HOME')", "failed"),
        ("SELECT * FROM os", "failed"),
        ("SELECT * FROM duckdb_secrets()", "failed"),
    ],
)
def test_what_is_not_reading_granted_rows_is_refused(house, sql, code):
    error = refused(sql, house.alice)
    assert error.code == code, error.detail
    assert error.sentence.endswith("."), "a sentence for the reader"


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("SELECT start\nFROM calls\nWHERE month =", "It is not understood near “=”. Line 3."),
        ("SELECT start,\n totl FROM calls", "There is no column “totl”. Line 2."),
        ("SELECT calls.totl FROM calls", "There is no column “totl”."),
        ("SELECT strat(1)", "There is no function “strat”."),
        ("SELECT number, count(*) FROM calls", "Group by “number” too, or add it up."),
    ],
)
def test_a_fault_is_said_in_words_with_its_line(house, sql, where):
    error = refused(sql, house.alice)
    assert error.where == where and str(error).endswith(where)


def test_a_runaway_query_is_killed_in_its_time(house):
    began = time.monotonic()
    error = refused("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", house.alice, seconds=1)
    assert error.code == "time"
    assert error.sentence == "The query was stopped after 1 seconds: narrow it to a shorter period."
    assert time.monotonic() - began < 90
    assert answers("SELECT 1", house.alice) == [(1,)], "the next one runs"


def test_no_process_is_left_behind(house):
    before = _ours()
    refused("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", house.alice, seconds=1)
    time.sleep(0.3)
    assert len(_ours() - before) <= 1, "one waits, none runs"


def _ours():
    shown = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in shown.splitlines() if "apps/reports/sandbox.py" in line}


def test_a_query_that_eats_memory_ends_with_a_sentence(house):
    error = refused("SELECT list(range) FROM range(400000000)", house.alice, memory_mb=100, seconds=120)
    assert error.code in {"memory", "died", "time"}
    assert error.sentence


def test_rows_beyond_the_limit_are_cut_and_said_so(house):
    result = run("SELECT * FROM range(500)", house.alice, rows=100)
    assert (result.rows.num_rows, result.truncated) == (100, True)
    result = run("SELECT * FROM range(100)", house.alice, rows=100)
    assert (result.rows.num_rows, result.truncated) == (100, False)


def test_only_the_months_of_the_report_are_there(house):
    calls(None, house.perret, house.lines[0], 4, month="2026-09")
    sql = "SELECT month, count(*) FROM calls GROUP BY 1 ORDER BY 1"
    assert answers(sql, house.alice) == [("2026-10", 10)]
    assert answers(sql, house.alice, months=2) == [("2026-09", 4), ("2026-10", 10)]
    assert answers("SELECT count(*) FROM calls", house.alice, months=0) == [(0,)]


def test_days_are_those_of_the_house_and_digits_are_hidden(house):
    (row,) = answers("SELECT min(start)::VARCHAR, min(number), min(way) FROM calls", house.bruno)
    assert row == ("2026-10-01 11:00:00", "3338479****", "out"), "nine in Greenwich is eleven in Paris in October"


def test_parameters_are_values_and_never_text(house):
    from chappe.apps.reports.params import Values

    sql = "SELECT name FROM customers WHERE CAST($customer AS BIGINT) IS NULL OR id = $customer ORDER BY 1"
    assert answers(sql, house.alice) == [("Perret",), ("Secret",), ("Vautrin",)]
    assert answers(sql, house.alice, values=Values("2026-10", house.perret.pk)) == [("Perret",)]
    assert answers("SELECT day($last_day), $month, $first_day::VARCHAR", house.alice) == [(31, "2026-10", "2026-10-01")]
    assert answers("SELECT $month", house.alice, values=Values("2024-02")) == [("2024-02",)]
    assert OCTOBER.months_back(3) == ["2026-10", "2026-09", "2026-08"]
