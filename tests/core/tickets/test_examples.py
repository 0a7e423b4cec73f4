"""The sample files: each is told from all others by its lines, and every record of it decodes."""

import datetime as dt
from pathlib import Path

import pytest

from chappe.core.tickets.detect import detect
from chappe.core.tickets.records import split
from chappe.core.tickets.registry import builtin_profiles, make_decoder

FOLDER = Path(__file__).parents[3] / "examples" / "tickets"
NOW = dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)
#: file → profile, calls, what is skipped, remarks
FILES = {
    "3cx.csv": ("3cx", 3, [], []),
    "3cx-short.csv": ("3cx-short", 2, [], []),
    "alcatel-oxe.txt": ("alcatel-oxe", 3, [], []),
    "alcatel-oxe.cdr": ("alcatel-oxe", 3, ["header"], []),
    "alcatel-oxe.dat": ("alcatel-oxe", 3, [], []),
    "alcatel-oxo.txt": ("alcatel-oxo", 3, ["header", "rule"], []),
    "asterisk.csv": ("asterisk", 5, [], []),
    "asterisk-gmt.csv": ("asterisk", 2, [], []),
    "asterisk-custom.csv": ("asterisk-custom", 2, [], []),
    "avaya-ip-office.txt": ("avaya-ip-office", 11, [], ["tickets.comma-repaired"]),
    "cdr_StandAloneCluster_01_202603090900_1": ("cisco-cucm", 3, ["header", "header"], []),
    "freeswitch.csv": ("freeswitch", 3, [], []),
    "freeswitch.json": ("freeswitch-document", 2, [], []),
    "freeswitch.xml": ("freeswitch-document", 1, [], []),
    "grandstream.csv": ("grandstream", 3, [], ["tickets.comma-repaired"] * 2),
    "kamailio.csv": ("kamailio", 3, ["header", "waits-for-its-pair", "waits-for-its-pair"], []),
    "kamailio-cdrs.csv": ("kamailio", 2, ["header"], []),
    "mitel-3300.txt": ("mitel-3300", 6, [], []),
    "panasonic.txt": ("panasonic", 5, ["page-header", "page-header", "activity"], []),
    "panasonic-b.txt": ("panasonic", 2, [], []),
    "panasonic-c.txt": ("panasonic", 2, [], []),
    "teams-pstn.json": ("teams", 2, [], []),
    "teams-direct-routing.csv": ("teams", 2, ["header"], []),
}
BINARY = {"alcatel-oxe.dat", "freeswitch.xml", "teams-pstn.json"}  # their records are no lines


def records(name: str, slug: str) -> list[bytes]:
    return [record for _, record in split(builtin_profiles()[slug], [(FOLDER / name).read_bytes()])]


def test_no_sample_is_forgotten():
    assert {path.name for path in FOLDER.iterdir()} == FILES.keys() | {"README.md", "operateur.csv"}


@pytest.mark.parametrize("name", FILES)
def test_every_record_decodes(name):
    slug, calls, skipped, remarks = FILES[name]
    decoder = make_decoder(builtin_profiles()[slug])
    found = [decoder.decode(record, received=NOW) for record in records(name, slug)]
    assert sum(len(each.segments) for each in found) == calls
    assert [each.skipped for each in found if each.skipped] == skipped
    assert [issue.code for each in found for issue in each.issues] == remarks
    for segment in (segment for each in found for segment in each.segments):
        assert dt.date(2026, 3, 9) == segment.start.date()
        assert segment.start.tzinfo is not None


@pytest.mark.parametrize("name", FILES)
def test_the_format_is_told_from_all_others(name):
    slug = FILES[name][0]
    lines = records(name, slug) if name in BINARY else (FOLDER / name).read_bytes().splitlines()
    found = detect(lines, received=NOW)
    assert found.best == slug
    others = [score for score in found.scores if score.slug not in {slug, *found.scores[0].variants}]
    assert all(score.share < 0.9 for score in others)


def test_variants_of_a_format_are_told_for_a_person_to_choose():
    lines = (FOLDER / "asterisk-gmt.csv").read_bytes().splitlines()
    assert detect(lines, received=NOW).scores[0].variants == ("asterisk-gmt",)


def test_two_formats_that_fit_as_well_are_a_question():
    profiles = dict(builtin_profiles())
    twin = profiles["asterisk"]
    lines = (FOLDER / "asterisk.csv").read_bytes().splitlines()
    found = detect(lines, received=NOW, profiles={"a": twin, "b": twin})
    assert found.best is None
    assert [score.share for score in found.scores] == [1.0, 1.0]
