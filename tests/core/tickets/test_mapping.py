"""Any CSV: the guess of its columns, the profile that comes of it, and what it reads."""

import datetime as dt
from pathlib import Path

import pytest

from chappe.core.tickets.contract import Outcome, Profile, Way
from chappe.core.tickets.mapping import ColumnMapping, propose
from chappe.core.tickets.registry import ProfileFault, make_decoder, profile_from_toml, profile_to_toml
from tests.core.tickets.conftest import NOW, codes

FRENCH = (Path(__file__).parents[3] / "examples" / "tickets" / "operateur.csv").read_bytes().splitlines()
ENGLISH = [
    b"Call Date,From,To,Direction,Talk Time,Status,Cost,Unique ID",
    b"2024-03-11T08:14:02Z,201,+33612345678,outbound,151,ANSWERED,0.1234,a-1",
    b"2024-03-11T08:20:00Z,+33472101010,202,inbound,0,NO ANSWER,,a-2",
]


def read(mapping: ColumnMapping, lines: list[bytes]) -> list:
    decoder = make_decoder(mapping.to_profile("mine", "Mine"))
    return [decoder.decode(line, received=NOW) for line in lines]


def test_a_french_file_is_understood():
    mapping = propose(FRENCH)
    assert (mapping.delimiter, mapping.header, mapping.form) == (";", True, "csv")
    assert dict(mapping.fields) == {
        "date": "Date de l'appel",
        "time": "Heure",
        "way": "Sens",
        "caller": "Numéro appelant",
        "called": "Numéro appelé",
        "duration": "Durée",
        "charge": "Montant HT",
        "extension": "Poste",
    }
    assert mapping.check() == []
    header, out, missed, failed = read(mapping, FRENCH)
    assert header.skipped == "header"
    (found,) = out.segments
    assert found.start == dt.datetime(2026, 3, 9, 8, 58, 16, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert (found.way, found.party1, found.called, found.talk) == (Way.OUT, "201", "0612345678", 151)
    assert found.pbx_charge == 42_500_000
    (found,) = missed.segments
    assert (found.way, found.reached, found.pbx_charge) == (Way.IN, "202", None)
    assert (failed.segments[0].outcome, failed.segments[0].start.day) == (Outcome.MISSED, 13)


def test_an_english_file_is_understood():
    mapping = propose(ENGLISH)
    assert dict(mapping.fields) == {
        "start": "Call Date",
        "caller": "From",
        "called": "To",
        "way": "Direction",
        "duration": "Talk Time",
        "outcome": "Status",
        "charge": "Cost",
        "key": "Unique ID",
    }
    assert mapping.options["utc"] is True
    _, first, second = read(mapping, ENGLISH)
    assert first.segments[0].start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (first.segments[0].key, first.segments[0].pbx_charge, first.segments[0].party1) == (
        "a-1",
        123_400_000,
        "201",
    )
    assert (second.segments[0].outcome, second.segments[0].party1) == (Outcome.MISSED, "202")
    assert all(not each.issues for each in (first, second))


def test_a_file_without_headings_is_guessed_from_what_it_holds():
    lines = [
        b"0145678901|0612345678|12/03/2024 09:14:02|00:02:31|S",
        b"0145678901|0472101010|13/03/2024 09:20:00|00:00:10|E",
    ]
    mapping = propose(lines)
    assert (mapping.delimiter, mapping.header) == ("|", False)
    assert dict(mapping.fields) == {"start": "#3", "way": "#5", "duration": "#4", "caller": "#1", "called": "#2"}
    assert all(weight < 1 for weight in mapping.sure.values())
    first, second = read(mapping, lines)
    assert (first.segments[0].way, first.segments[0].talk, first.segments[0].start.day) == (Way.OUT, 151, 12)
    assert second.segments[0].way is Way.IN


def test_json_columns():
    lines = [b'{"calls": [{"calldate": 1710144842000, "src": "201", "dst": "0612345678", "billsec": 12, "x": null}]}']
    mapping = propose(lines)
    assert (mapping.form, mapping.options["time_form"]) == ("json", "epoch-ms")
    assert dict(mapping.fields) == {"start": "calldate", "caller": "src", "called": "dst", "duration": "billsec"}
    found = read(mapping, lines)[0].segments[0]
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.way, found.talk) == (Way.OUT, 12)


def test_month_before_day_is_seen_when_a_date_proves_it():
    lines = [
        b"date,caller,called,duration",
        b"03/13/2024 09:14:02,201,0612345678,5",
        b"03/11/2024 09:14:02,201,0612345678,5",
    ]
    mapping = propose(lines)
    assert mapping.options["date_order"] == "mdy"
    assert read(mapping, lines)[2].segments[0].start.month == 3


def test_a_mapping_is_a_profile_and_back():
    mapping = propose(ENGLISH)
    profile = mapping.to_profile("mine", "Mine", "Europe/Paris")
    assert profile_from_toml(profile_to_toml(profile)) == profile
    again = ColumnMapping.of_profile(profile)
    assert (again.fields, again.columns, again.options) == (mapping.fields, mapping.columns, dict(mapping.options))
    with pytest.raises(ValueError, match="3cx"):
        ColumnMapping.of_profile(Profile("x", "x", "3cx"))


def test_a_person_corrects_it():
    mapping = propose(ENGLISH)
    other = mapping.with_fields({**mapping.fields, "cause": "Status", "charge": ""})
    assert "charge" not in other.fields
    assert read(other, ENGLISH)[1].segments[0].cause == "ANSWERED"
    broken = mapping.with_fields({"caller": "From", "colour": "To"})
    assert [issue.code for issue in broken.check()] == ["tickets.profile-field", "tickets.profile-time-needed"]
    with pytest.raises(ProfileFault):
        make_decoder(broken.to_profile("mine", "Mine"))


def mapped(options: dict, *lines: str) -> list:
    profile = Profile("mine", "Mine", "mapped", options=options)
    decoder = make_decoder(profile)
    return [decoder.decode(line.encode(), received=NOW) for line in lines]


NUMBERED = {"header": False, "fields": {"start": "#1", "called": "#2", "duration": "#3", "way": "#4"}}


def test_own_words_and_forms():
    options = {**NUMBERED, "ways": {"vers l’extérieur": "out"}, "duration_form": "minutes"}
    found = mapped(options, "2024-03-11 09:14,0612345678,1.51,Vers l’extérieur")[0]
    assert (found.segments[0].way, found.segments[0].talk) == (Way.OUT, 91)  # 90.6 s, the second begun counts
    assert codes(mapped(NUMBERED, "2024-03-11 09:14,0612345678,5,?")[0]) == ["bad-direction"]
    fixed = {**NUMBERED, "fields": {"start": "#1", "called": "#2", "end": "#3"}, "default_way": "out"}
    found = mapped(fixed, "2024-03-11 09:14:00,0612345678,2024-03-11 09:15:30")[0].segments[0]
    assert (found.way, found.talk) == (Way.OUT, 90)


def test_the_duration_over_the_night_of_the_clock_change_is_the_real_one():
    fields = {"header": False, "fields": {"start": "#1", "end": "#2"}}
    found = mapped(fields, "2024-03-31 01:59:00,2024-03-31 03:01:00")[0].segments[0]
    assert found.talk == 120


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nonsense,0612345678,5,S", "bad-time"),
        (",0612345678,5,S", "missing-field"),
        ("2024-03-11 09:14,0612345678,five,S", "bad-duration"),
        ('2024-03-11 09:14,"06\r12",5,S', ""),
        ("2024-03-11 09:14,06\r12,5,S", "several-lines"),
    ],
)
def test_faults(line, code):
    assert codes(mapped(NUMBERED, line)[0]) == ([code] if code else [])


def test_columns_named_without_a_header_seen():
    options = {"fields": {"start": "When", "caller": "Who"}}
    assert codes(mapped(options, "2024-03-11 09:14,201")[0]) == ["no-header"]
    header, short, good = mapped(
        options, "When;x".replace(";", ",Who,"), "2024-03-11 09:14,201", "2024-03-11 09:14,201,z"
    )
    assert (header.skipped, codes(short), good.segments[0].caller) == ("header", ["too-few-fields"], "201")
    assert good.segments[0].extra == {}


def test_a_sample_that_says_nothing():
    assert propose([]) == ColumnMapping()
    assert propose([b"hello", b"world"]).fields == {}
    assert [issue.code for issue in propose([b"hello"]).check()] == ["tickets.profile-time-needed"]


ROWS = [
    b"201\t0612345678\t30/10/2026 09:14:02\t00:02:31\tsortant",
    b"202\t0384201234\t30/10/2026 10:01:00\t00:00:45\tsortant",
]
HEADINGS = "Poste\tNuméro composé\tDate et heure\tDurée\tSens".encode()


def test_titles_above_the_headings_are_ignored_in_later_files_too():
    mapping = propose([b"Export du PBX Zyx 4", b"Site : Arbois\tmois 10/2026", HEADINGS, *ROWS])
    assert (mapping.delimiter, mapping.columns[0], mapping.columns[4]) == ("\t", "Poste", "Sens")
    assert mapping.fields["start"] == "Date et heure"
    assert mapping.options["ignore"] == "Export du PBX Zyx|Site : Arbois"
    assert mapping.check() == []
    lines = [b"Export du PBX Zyx 5", b"Site : Arbois\tmois 11/2026", HEADINGS, *ROWS, b"Site"]
    found = read(mapping, lines)
    assert [each.skipped for each in found[:3]] == ["to-ignore", "to-ignore", "header"]
    assert [each.segments[0].talk for each in found[3:5]] == [151, 45]
    assert codes(found[5]) == ["too-few-fields"], "what is not said to be ignored is a fault"


def test_headings_among_the_calls_are_found():
    mapping = propose([ROWS[0], HEADINGS, ROWS[1]])
    assert (mapping.header, mapping.columns[2], mapping.fields["start"]) == (True, "Date et heure", "Date et heure")
    assert len(mapping.sample) == 2
    found = read(mapping, [ROWS[0], HEADINGS, ROWS[1]])
    assert [each.skipped or each.segments[0].talk for each in found] == [151, "header", 45]


def test_a_person_says_the_separator_and_the_header():
    lines = [HEADINGS, *ROWS]
    assert propose(lines, header=False).columns == ("#1", "#2", "#3", "#4", "#5")
    assert propose(lines, delimiter=";").columns == (HEADINGS.decode(),)
    assert propose(ROWS, header=True).columns[0] == "201"
