"""Bad input: each fault with its line, column and code; nothing raises; the rest is read."""

import io
import zipfile
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from chappe.core.base.issue import Issue
from chappe.core.tariff import faults
from chappe.core.tariff.door import FORMATS, check, read_folder
from chappe.core.tariff.faults import MOST_OF_ONE_KIND, SENTENCES

HEAD = {
    "Timings.csv": "Tag,Years,Months,MonthDays,WeekDays,Time",
    "Destinations.csv": "Tag,Prefix",
    "Rates.csv": "Tag,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart",
    "DestinationRates.csv": "Tag,DestinationsTag,RatesTag,RoundingMethod,RoundingDecimals,MaxCost,MaxCostStrategy",
    "RatingPlans.csv": "Tag,DestinationRatesTag,TimingTag,Weight",
    "RatingProfiles.csv": (
        "Direction,Tenant,Category,Subject,ActivationTime,RatingPlanTag,RatesFallbackSubject,CdrStatQueueIds"
    ),
}
ROWS = {
    "Timings.csv": ["T,*any,*any,*any,*any,00:00:00"],
    "Destinations.csv": ["DE,49", "FR,33"],
    "Rates.csv": ["R,0.1,0.2,60s,1s,0s"],
    "DestinationRates.csv": ["DR,DE,R,*up,4,0,", "DR,FR,R,*up,4,0,"],
    "RatingPlans.csv": ["P,DR,T,10"],
    "RatingProfiles.csv": ["*out,t,call,a,2012-01-01T00:00:00Z,P,,"],
}


def plan(**changes):
    """The small plan with more rows in some tables: plan(Rates=[...])."""
    rows = {name: [*ROWS[name], *changes.get(name[:-4], [])] for name in ROWS}
    return {name: ("\n".join([HEAD[name], *rows[name]]) + "\n").encode() for name in ROWS}


def places(issues):
    return [(i.file, i.line, i.column, i.code) for i in issues]


def test_the_small_plan_is_clean():
    result = read_folder(plan())
    assert places(result.issues) == []
    assert places(check(result.tariff)) == []


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("Destinations", "DE", (4, 2, "tariff-short-row")),
        ("Destinations", "DE,49,7", (4, 3, "tariff-long-row")),
        ("Destinations", "DE,49", (4, 2, "tariff-prefix-repeated")),
        ("Destinations", "DE;49", (4, 1, "tariff-separator")),
        ("Destinations", ",49", (4, 1, "tariff-empty-cell")),
        ("Destinations", 'DE,"49', (4, 2, "tariff-quote")),
        ("Destinations", "DE,4\x009", (4, 5, "tariff-nul")),
        ("Destinations", "DE,4 9", (4, 2, "tariff-bad-prefix")),
        ("Destinations", "DE,49x", (4, 2, "tariff-prefix-odd")),
        ("Destinations", "DE," + "4" * 41, (4, 2, "tariff-bad-prefix")),
        ("Destinations", "DE," + "4" * 70_000, (4, 65_536, "tariff-line-too-long")),
        ("Rates", "R2,0,abc,60s,1s,0s", (3, 3, "tariff-bad-price")),
        ("Rates", "R2,0,-1,60s,1s,0s", (3, 3, "tariff-negative-price")),
        ("Rates", "R2,0,1e5,60s,1s,0s", (3, 3, "tariff-bad-price")),
        ("Rates", "R2,0,1,60x,1s,0s", (3, 4, "tariff-bad-duration")),
        ("Rates", "R2,0,1,0s,1s,0s", (3, 4, "tariff-zero-unit")),
        ("Rates", "R,0,1,60s,1s,0s", (3, 6, "tariff-slot-twice")),
        ("Rates", "R2,0,1,60s,1s,9s", (3, 6, "tariff-slot-first")),
        ("Rates", "R,0.1,0.2,60s,1s,0s", (3, 0, "tariff-duplicate-row")),
        ("Rates", "R,0,1,60s,1s,500ms", (3, 6, "tariff-slot-step")),
        ("DestinationRates", "DR,XX,R,*up,4,0,", (4, 2, "tariff-dangling")),
        ("DestinationRates", "DR,DE,XX,*up,4,0,", (4, 3, "tariff-dangling")),
        ("DestinationRates", "DR,*foo,R,*up,4,0,", (4, 2, "tariff-unknown-wildcard")),
        ("DestinationRates", "D2,DE,R,*around,4,0,", (4, 4, "tariff-bad-word")),
        ("DestinationRates", "D2,DE,R,*up,44,0,", (4, 5, "tariff-bad-list")),
        ("DestinationRates", "D2,DE,R,*up,4,1,*never", (4, 7, "tariff-bad-word")),
        ("RatingPlans", "P,XX,T,10", (3, 2, "tariff-dangling")),
        ("RatingPlans", "P,DR,XX,10", (3, 3, "tariff-dangling")),
        ("RatingPlans", "P,DR,T,heavy", (3, 4, "tariff-bad-number")),
        ("RatingProfiles", "*up,t,call,b,2012-01-01T00:00:00Z,P,,", (3, 1, "tariff-bad-word")),
        ("RatingProfiles", "*out,t,call,b,2012-13-01T00:00:00Z,P,,", (3, 5, "tariff-bad-instant")),
        ("RatingProfiles", "*out,t,call,b,2012-01-01T00:00:00,P,,", (3, 5, "tariff-no-zone")),
        ("RatingProfiles", "*out,t,call,b,,XX,,", (3, 6, "tariff-dangling")),
        ("RatingProfiles", "*out,t,call,b,,P,nobody,", (3, 0, "tariff-no-fallback")),
        ("RatingProfiles", "*out,t,call,*b,,P,,", (3, 4, "tariff-unknown-wildcard")),
        ("Timings", "T2,*any,*any,*any,*any,25:00:00", (3, 6, "tariff-bad-time")),
        ("Timings", "T2,*any,13,*any,*any,00:00:00", (3, 3, "tariff-bad-list")),
        ("Timings", "T2,*any,*foo,*any,*any,00:00:00", (3, 3, "tariff-unknown-wildcard")),
        ("Timings", "T2,*any,*any,*any,6,7,00:00:00", (3, 5, "tariff-comma-list")),
        ("Timings", 'T2,*any,*any,*any,"6,7",00:00:00', (3, 5, "tariff-comma-list")),
        ("Timings", "T2,*any,*any,*any,*any,*now", (3, 6, "tariff-unlisted")),
        ("Timings", "T,*any,*any,*any,1,00:00:00", (3, 1, "tariff-tag-twice")),
    ],
)
def test_each_fault_of_a_row_is_told_once_with_its_place(table, row, expected):
    result = read_folder(plan(**{table: [row]}))
    assert places(result.issues) == [(f"{table}.csv", *expected)]
    assert len(result.tariff.plans["P"]) == 2  # the rest is read


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("33;F;0,02;MIN;2026-02-30;", (2, 5, "tariff-bad-date")),
        ("33;F;0,02;MIN;2026-02-02;2026-01-01", (2, 6, "tariff-validity")),
        ("33;F;0,02;MO;;", (2, 4, "tariff-unit-kind")),
        ("33;F;0,02;KILO;;", (2, 4, "tariff-bad-word")),
        ("3 x;F;0,02;MIN;;", (2, 1, "tariff-bad-prefix")),
        ("0899;F;0,02;MIN;;", (2, 1, "tariff-prefix-national")),
        ("33;F;deux;MIN;;", (2, 3, "tariff-bad-price")),
        ("33;;0,02;MIN;;", (2, 2, "tariff-empty-cell")),
        ("49;G;0,03;MIN;;", (3, 0, "tariff-price-twice")),
    ],
)
def test_each_fault_of_a_price_list_row(row, expected):
    text = f"prefixe;destination;prix_unite;unite;debut;fin\n{row}\n49;G;0,02;MIN;;\n"
    result = read_folder({"tarif.csv": text.encode()})
    assert places(result.issues) == [("tarif.csv", *expected)]
    assert "49" in result.tariff.destinations["G"]


@pytest.mark.parametrize(
    ("encoding", "codes"),
    [
        ("utf-8-sig", []),
        ("utf-16", []),
        ("utf-16-le", []),
        ("cp1252", ["tariff-encoding"]),
        ("latin-1", ["tariff-encoding"]),
    ],
)
def test_encodings(encoding, codes):
    text = "prefixe;destination;prix_unite\n262;Réunion;0,02\n"
    result = read_folder({"tarif.csv": text.encode(encoding)})
    assert [issue.code for issue in result.issues] == codes
    assert list(result.tariff.destinations) == ["Réunion"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_a_trailing_one(separator):
    lines = [["prefixe", "destination", "prix_unite", ""], ["33", "France", "0.02", ""]]
    result = read_folder({"tarif.csv": "\r\n".join(separator.join(line) for line in lines).encode()})
    assert places(result.issues) == []
    assert list(result.tariff.destinations["France"]) == ["33"]


def test_whole_file_faults():
    assert places(read_folder({}).issues) == [("", 0, 0, "tariff-no-file")]
    assert places(read_folder({"a.csv": b""}).issues) == [("", 0, 0, "tariff-unknown-format")]
    result = read_folder(plan() | {"Rates.csv": b"", "README.csv": b"x"})
    assert ("Rates.csv", 0, 0, "tariff-file-empty") in places(result.issues)
    assert ("README.csv", 0, 0, "tariff-file-ignored") in places(result.issues)
    assert result.tariff is not None  # the profiles are there; no price is
    result = read_folder(plan() | {"Rates.csv": b"Tag,Rate\nR,1\n"})
    assert [i.params["field"] for i in result.issues if i.code == "tariff-column-missing"] == [
        "ConnectFee", "RateIncrement", "RateUnit",
    ]  # fmt: skip


def test_a_million_faults_are_bounded():
    text = "Tag,Prefix\n" + "DE,4 9\n" * (MOST_OF_ONE_KIND + 20)
    issues = read_folder(plan() | {"Destinations.csv": text.encode()}).issues
    bad = [issue for issue in issues if issue.code == "tariff-bad-prefix"]
    more = [issue for issue in issues if issue.code == "tariff-more"]
    assert len(bad) == MOST_OF_ONE_KIND
    assert [issue.params["count"] for issue in more] == [20]


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_archives_and_their_traps(tmp_path):
    path = tmp_path / "plan.zip"
    path.write_bytes(zipped({f"folder/{name}": data for name, data in plan().items()}))
    result = read_folder(path)
    assert (result.format, places(result.issues)) == ("v0.9.1", [])
    climbing = read_folder({"p.zip": zipped({"../../Rates.csv": b"x", **plan()})})
    assert places(climbing.issues) == [("p.zip", 0, 0, "tariff-archive-path")]
    broken = read_folder({"p.zip": zipped(plan())[:200]})
    assert broken.tariff is None
    assert broken.issues[0].code == "tariff-archive-bad"


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["Rates.csv", "Timings.csv", "tarif.csv", "plages.csv", "x.zip", "x.xlsx", "Destinations"]),
        st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))),
        max_size=4,
    ),
    st.sampled_from([None, *FORMATS]),
)
def test_random_bytes_never_raise(files, format):
    result = read_folder(files, format=format)
    assert all(isinstance(issue, Issue) and issue.sentence("fr") for issue in result.issues)
    assert result.tariff is not None or result.issues


CELLS = st.sampled_from(
    ["", "*any", "*all", "DE", "49", "0.1", "60s", "9" * 40, "R", "*up", "1;2", "-1", '"', "2012-01-01T00:00:00Z", "é"]
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(HEAD)), st.lists(st.lists(CELLS, max_size=9).map(",".join), max_size=6))
def test_shuffled_cells_never_raise(table, rows):
    result = read_folder(plan(**{table[:-4]: rows}))
    if result.tariff is not None:
        check(result.tariff, previous=result.tariff)


def test_every_sentence_has_its_french():
    with (Path(faults.__file__).parent / "fr.po").open("rb") as file:
        catalogue = read_po(file)
    french = {message.id: message.string for message in catalogue}
    assert [code for code, sentence in SENTENCES.items() if not french.get(sentence)] == []
