"""Every bad input that part 5 names: a clear issue with its place, the rest rated, nothing crashes."""

import csv
from pathlib import Path

import pytest

from chappe.core.usage.file import rate_file
from tests.core.usage.conftest import GOOD, HEADER


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def line(**changed: str) -> str:
    cells = dict(zip(HEADER.split(","), ["7", *GOOD.split(",")], strict=True)) | changed
    return ",".join(cells.values())


#: name → (the bad line, code, reason in the output, column in characters from 1 (0: the whole line))
LINES: dict[str, tuple[str | bytes, str, str, int]] = {
    "truncated": ("7,cgrates.org,0,call,OUT,alice", "usage.too-few-fields", "bad-line", 0),
    "field too many": (line() + ",more", "usage.too-many-fields", "bad-line", 0),
    "quote never closed": (line(subject='"alice'), "usage.unclosed-quote", "bad-line", 0),
    "text after a quote": (line(subject='"ali"ce'), "usage.stray-quote", "bad-line", 0),
    "NUL byte": (line(subject="al\0ice"), "usage.nul-byte", "bad-encoding", 0),
    "negative duration": (line(end="-5"), "usage.bad-time", "bad-time", 63),
    "end before start": (line(end="2026-01-05T09:59:59Z"), "usage.end-before-start", "end-before-start", 63),
    "year 1900": (line(start="1900-01-05T10:00:00Z"), "usage.time-out-of-range", "out-of-range-time", 42),
    "year 2200": (line(end="2200-01-05T10:00:00Z"), "usage.time-out-of-range", "out-of-range-time", 63),
    "30 February": (line(start="2026-02-30T10:00:00Z"), "usage.bad-time", "bad-time", 42),
    "hour 25": (line(start="2026-01-05T25:00:00Z"), "usage.bad-time", "bad-time", 42),
    "leap second": (line(start="2026-01-05T23:59:60Z"), "usage.bad-time", "bad-time", 42),
    "no offset": (line(start="2026-01-05T10:00:00"), "usage.bad-time", "bad-time", 42),
    "40 digits": (line(destination="3" * 40), "usage.number-too-long", "bad-destination", 33),
    "letters in a number": (line(destination="33l23456"), "usage.letters-in-number", "bad-destination", 33),
    "no id": (line(id=""), "usage.missing-field", "missing-field", 1),
    "no subject": (line(subject=""), "usage.missing-field", "missing-field", 26),
    "no destination": (line(destination=""), "usage.missing-field", "missing-field", 33),
    "no end": (line(end=""), "usage.missing-usage", "missing-field", 63),
    "unknown tenant": (line(tenant="nobody"), "usage.unknown-tenant", "unknown-tenant", 3),
    "bad direction": (line(direction="UP"), "usage.bad-direction", "bad-line", 22),
}


@pytest.mark.parametrize("name", LINES)
def test_a_bad_line_costs_only_itself(compiled, calls, tmp_path, name):
    bad, code, reason, column = LINES[name]
    source = calls(f"1,{GOOD}", bad, f"2,{GOOD}")
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert (summary.rows, summary.rated, summary.unrated, summary.rejected) == (3, 2, 0, 1)
    assert summary.exit_code == 1
    [issue] = summary.issues
    assert (issue.code, issue.line, issue.file) == (code, 3, "calls.csv")
    assert issue.column == column, bad
    assert "?" not in issue.sentence("en")
    rows = rows_of(tmp_path / "out.csv")
    assert [row["status"] for row in rows] == ["RATED", "REJECTED", "RATED"]
    assert rows[1]["reason"] == reason
    assert {rows[1][k] for k in ("cost", "connect_fee", "total", "billed", "pieces", "plan_version")} == {""}
    assert [rows[i]["total"] for i in (0, 2)] == ["1.25", "1.25"]  # 60 × 0.02 + 0.05


@pytest.mark.parametrize(
    ("usage", "code"),
    [
        ("-5", "usage.negative-usage"),
        ("9" * 40, "usage.usage-too-large"),
        ("12x", "usage.bad-usage"),
        ("1e5", "usage.bad-usage"),
        ("1.2345678", "usage.bad-usage"),
    ],
)
def test_usage_that_is_no_quantity(compiled, calls, tmp_path, usage, code):
    source = calls(
        f"1,alice,33123456,2026-01-05T10:00:00Z,{usage},cgrates.org",
        "2,alice,33123456,2026-01-05T10:00:00Z,60.500,cgrates.org",
        header="id,subject,destination,start,usage,tenant",
    )
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert (summary.rated, summary.rejected) == (1, 1)
    assert (summary.issues[0].code, summary.issues[0].line, summary.issues[0].column) == (code, 2, 39)


def test_a_plan_of_the_future_is_not_a_price(compiled, calls, tmp_path):
    source = calls(line(subject="future", tenant="cgrates.org"), f"2,{GOOD.replace('33123456', '49123')}")
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert (summary.rows, summary.rejected, summary.exit_code) == (2, 0, 0)
    assert summary.reasons["no-destination"] == 1
    rows = rows_of(tmp_path / "out.csv")
    assert rows[1]["status"] == "UNRATED"
    assert rows[1]["total"] == ""


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(compiled, calls, tmp_path, separator):
    source = calls(f"1,{GOOD}".replace(",", separator), header=HEADER.replace(",", separator))
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert summary.rated == 1
    assert (tmp_path / "out.csv").read_text().splitlines()[1].split(separator)[-9:] == [
        "1.2", "0.05", "1.25", "60", "1", "FRANCE", "33", "FR", "v1",
    ]  # fmt: skip


@pytest.mark.parametrize(("encoding", "warned"), [("utf-8-sig", 0), ("cp1252", 1), ("latin-1", 1), ("utf-16", 0)])
def test_encodings_are_converted(compiled, calls, tmp_path, encoding, warned):
    text = f"{HEADER},note\n1,{GOOD},réglé\n"
    path = tmp_path / "calls.csv"
    path.write_bytes(text.encode(encoding))
    summary = rate_file(compiled, path, tmp_path / "out.csv")
    assert summary.rated == 1
    assert [issue.code for issue in summary.issues] == ["usage.converted"] * warned
    assert rows_of(tmp_path / "out.csv")[0]["note"] == "réglé"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "usage.empty-file"), (b"\n\n", "usage.empty-file"), (b"\x00\x01 nonsense\n", "usage.not-a-header"),
     (b"id,tenant,start\n1,2,3\n", "usage.column-missing"), (b"id,id,tenant,subject,destination,start,end\n", "usage.column-twice")],
)  # fmt: skip
def test_what_cannot_be_read_leaves_the_earlier_output(compiled, tmp_path, content, code):
    source, out = tmp_path / "calls.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    out.write_text("earlier")
    summary = rate_file(compiled, source, out)
    assert (summary.ran, summary.exit_code, summary.issues[0].code) == (False, 2, code)
    assert out.read_text() == "earlier"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["calls.csv", "out.csv"]


def test_header_only(compiled, calls, tmp_path):
    summary = rate_file(compiled, calls(), tmp_path / "out.csv")
    assert (summary.ran, summary.rows, summary.exit_code) == (True, 0, 0)
    assert [issue.code for issue in summary.issues] == ["usage.no-calls"]
    assert (tmp_path / "out.csv").read_text().startswith(HEADER + ",status,reason,cost")


def test_ten_megabytes_on_one_line(compiled, calls, tmp_path):
    source = calls(f"1,{GOOD}", b"x" * 10_000_000, f"2,{GOOD}")
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert (summary.rated, summary.rejected) == (2, 1)
    assert (summary.issues[0].code, summary.issues[0].line) == ("usage.line-too-long", 3)
    assert (tmp_path / "out.csv").stat().st_size < 5000


def test_the_same_id_twice(compiled, calls, tmp_path):
    source = calls(f"1,{GOOD}", f"2,{GOOD}", f"1,{GOOD}", line(id="3", end=""), line(id="3"))
    summary = rate_file(compiled, source, tmp_path / "out.csv", block=100, ids_in_memory=1)
    rows = rows_of(tmp_path / "out.csv")
    assert [row["status"] for row in rows] == ["RATED", "RATED", "REJECTED", "REJECTED", "RATED"]
    assert [row["reason"] for row in rows] == ["", "", "duplicate-id", "missing-field", ""]
    assert summary.total == 3 * 1_250_000_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["calls.csv", "out.csv"]


def test_rejected_rows_are_mended_and_sent_again(compiled, calls, tmp_path):
    source = calls(f"1,{GOOD}", line(end=""), line(id="8", subject='"alice'))
    rejects = tmp_path / "rejects.csv"
    rate_file(compiled, source, tmp_path / "out.csv", rejects=rejects, issues=tmp_path / "issues.csv")
    told = rows_of(rejects)
    assert [(r["id"], r["reject_line"], r["reject_code"]) for r in told] == [
        ("7", "3", "usage.missing-usage"),
        ("8", "4", "usage.unclosed-quote"),
    ]
    assert told[1]["reject_text"] == line(id="8", subject='"alice')
    assert [(r["line"], r["code"]) for r in rows_of(tmp_path / "issues.csv")] == [
        ("3", "usage.missing-usage"),
        ("4", "usage.unclosed-quote"),
    ]
    text = rejects.read_text().replace("Z,,3,", "Z,2026-01-05T10:01:00Z,3,").replace('"""alice"', "alice")
    rejects.write_text(text)
    again = rate_file(compiled, rejects, tmp_path / "again.csv")
    assert (again.rated, again.rejected) == (2, 0)
    assert "reject_line" not in rows_of(tmp_path / "again.csv")[0]


def test_tenant_is_needed_where_there_are_several(compiled, calls, tmp_path):
    source = calls("1,alice,33123456,2026-01-05T10:00:00Z,60", header="id,subject,destination,start,usage")
    summary = rate_file(compiled, source, tmp_path / "out.csv")
    assert (summary.ran, [issue.params["name"] for issue in summary.issues]) == (False, ["tenant"])
