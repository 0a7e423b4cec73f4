"""The French table first, then the world; the outside prefix of a PBX is a setting and never a guess."""

import datetime as dt

import pytest

from chappe.core.calls.french import row_of, table
from chappe.core.calls.numbers import NEVER_CHARGED, Normaliser, NumberKind
from chappe.core.tickets.contract import Way

PLAIN = Normaliser()
ZERO = Normaliser(outside_prefix="0")


def out(raw, rules=PLAIN):
    found = rules.normalise(raw, Way.OUT)
    return found.kind.value, found.rated, found.country


@pytest.mark.parametrize(
    ("raw", "kind", "rated", "country"),
    [
        ("0144553311", "national", "33144553311", "FR"),
        ("01 44.55-33 11", "national", "33144553311", "FR"),
        ("0912345678", "national", "33912345678", "FR"),
        ("0612345678", "mobile", "33612345678", "FR"),
        ("0733345678", "mobile", "33733345678", "FR"),
        ("0033612345678", "mobile", "33612345678", "FR"),
        ("+33612345678", "mobile", "33612345678", "FR"),
        ("07000123456789", "m2m", "337000123456789", "FR"),
        ("09010123456789", "national", "339010123456789", "FR"),
        ("0800123456", "free", "33800123456", "FR"),
        ("0805123456", "free", "33805123456", "FR"),
        ("0806123456", "local", "33806123456", "FR"),
        ("0811123456", "sva", "33811123456", "FR"),
        ("0825123456", "sva", "33825123456", "FR"),
        ("0899123456", "sva", "33899123456", "FR"),
        ("3949", "short", "3303949", "FR"),
        ("3179", "free", "3303179", "FR"),
        ("3000", "free", "3303000", "FR"),
        ("3008", "short", "3303008", "FR"),
        ("3175", "short", "3303175", "FR"),
        ("3919", "helpline", "3303919", "FR"),
        ("1023", "free", "3301023", "FR"),
        ("118218", "directory", "330118218", "FR"),
        ("116006", "helpline", "330116006", "FR"),
        ("116000", "emergency", "330116000", "FR"),
        ("15", "emergency", "33015", "FR"),
        ("112", "emergency", "330112", "FR"),
        ("196", "emergency", "330196", "FR"),
        ("0262123456", "dom", "262262123456", "RE"),
        ("0596123456", "dom", "596596123456", "MQ"),
        ("0692123456", "dom-mobile", "262692123456", "RE"),
        ("0639123456", "dom-mobile", "262639123456", "YT"),
        ("0508412345", "dom", "508412345", "PM"),
        ("+262692123456", "dom-mobile", "262692123456", "RE"),
        ("+590690123456", "dom-mobile", "590690123456", "GP"),
        ("004930123456", "international", "4930123456", "DE"),
        ("00491711234567", "intl-mobile", "491711234567", "DE"),
        ("0012025550123", "international", "12025550123", "US"),
        ("00881612345678", "satellite", "881612345678", ""),
        ("00870773123456", "satellite", "870773123456", ""),
    ],
)
def test_dialled_in_france(raw, kind, rated, country):
    assert out(raw) == (kind, rated, country)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("00612345678", ("mobile", "33612345678", "FR")),
        ("000491711234567", ("intl-mobile", "491711234567", "DE")),
        ("03949", ("short", "3303949", "FR")),
        ("015", ("emergency", "33015", "FR")),
        ("15", ("emergency", "33015", "FR")),
        ("+33612345678", ("mobile", "33612345678", "FR")),
        ("0#31#0612345678", ("mobile", "33612345678", "FR")),
        ("#31#00612345678", ("mobile", "33612345678", "FR")),
        ("8262623#", ("unknown", "", "")),
        ("0612345678", ("unknown", "", "")),
    ],
)
def test_the_outside_prefix_is_stripped_once(raw, expected):
    assert out(raw, ZERO) == expected


def test_a_missing_prefix_is_told_and_not_priced():
    found = PLAIN.normalise("00612345678", Way.OUT)
    assert (found.kind, found.rated, found.warnings) == (NumberKind.UNKNOWN, "", ("outside-prefix-missing",))


@pytest.mark.parametrize("raw", ["", "Anonymous", "unavailable", "PRIVATE", "<sip:anonymous@anonymous.invalid>"])
def test_hidden_callers(raw):
    assert PLAIN.normalise(raw, Way.IN).kind == NumberKind.HIDDEN
    assert PLAIN.normalise("", Way.OUT).kind == NumberKind.UNKNOWN


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("07555012345@203.0.113.9", "+33755501234"),
        ('"Bob" <sip:+33144553311@pbx.example;user=phone>', "+33144553311"),
        ("tel:+33-1-44-55-33-11", "+33144553311"),
        ("144553311", "+33144553311"),
        ("33144553311", "+33144553311"),
        ("\x000144553311", "+33144553311"),
    ],
)
def test_callers(raw, e164):
    found = PLAIN.normalise(raw, Way.IN)
    if raw.startswith("07555"):  # eleven digits: no French number, kept as it came
        assert (found.kind, found.raw) == (NumberKind.UNKNOWN, raw)
    else:
        assert found.e164 == e164


def test_an_address_without_a_number():
    found = PLAIN.normalise("sip:alice@example.org", Way.IN)
    assert (found.kind, found.label, found.rated) == (NumberKind.SIP, "example.org", "")


def test_the_inside_end_is_an_extension_or_a_direct_number():
    rules = Normaliser(own_ranges=("0144553300-0144553399",))
    assert PLAIN.normalise("201", Way.OUT, is_caller=True).kind == NumberKind.INTERNAL
    assert PLAIN.normalise("112", Way.INTERNAL).kind == NumberKind.INTERNAL
    found = rules.normalise("3342", Way.IN, is_caller=False)
    assert (found.e164, found.tags) == ("+33144553342", ("own",))
    assert rules.normalise("4242", Way.IN, is_caller=False).kind == NumberKind.INTERNAL
    two = Normaliser(own_ranges=("0144553300-0144553399", "0244553300-0244553399"))
    assert two.normalise("3342", Way.IN, is_caller=False).kind == NumberKind.INTERNAL
    assert rules.normalise("0144553342", Way.IN, is_caller=False).e164 == "+33144553342"


def test_the_cli_keeps_its_digits_unless_the_setting_says_so():
    assert ZERO.normalise("0612345678", Way.IN).e164 == "+33612345678"
    assert Normaliser(outside_prefix="0", prefix_on_cli=True).normalise("00612345678", Way.IN).e164 == "+33612345678"


def test_what_nothing_recognises_is_kept_and_has_no_price():
    for raw in ("0712345678", "12345", "5551234", "01445533", "00999123456789", "abc"):
        found = PLAIN.normalise(raw, Way.OUT)
        assert (found.kind, found.rated, found.raw, bool(found.warnings)) == (NumberKind.UNKNOWN, "", raw, True)


def test_codes_of_the_pbx_and_carriers():
    assert PLAIN.normalise("*47", Way.OUT).kind == NumberKind.SERVICE
    found = PLAIN.normalise("16500144553311", Way.OUT)
    assert (found.e164, found.warnings) == ("+33144553311", ("carrier-prefix",))


def test_labels_are_french_and_zones_follow_the_day():
    assert out("00447400123456")[2] == "GB"
    german = PLAIN.normalise("004930123456", Way.OUT)
    assert (german.label, german.zone) == ("Allemagne", "eea")
    on = dt.date(2020, 6, 1)
    assert Normaliser(on=on).normalise("00447400123456", Way.OUT).zone == "eea"
    assert Normaliser(on=dt.date(2021, 1, 1)).normalise("00447400123456", Way.OUT).zone == "world"
    assert PLAIN.normalise("0692123456", Way.OUT).label == "Mobile La Réunion"
    assert "verified" in PLAIN.normalise("0162123456", Way.OUT).tags


def test_free_ranges_are_dated_and_carry_their_ceilings():
    assert row_of("0800123456", dt.date(2015, 9, 30)) is None
    assert row_of("0800123456", dt.date(2015, 10, 1)).kind == NumberKind.FREE
    row = row_of("0892123456")
    assert (row.service_per_minute, row.service_per_call) == ("0.80", "3.00")
    assert {NumberKind.EMERGENCY, NumberKind.FREE, NumberKind.HELPLINE} == NEVER_CHARGED
    assert all(row.source for rows in table().values() for row in rows)


def test_another_country():
    german = Normaliser(country="DE", area="30", outside_prefix="9")
    assert german.normalise("901711234567", Way.OUT).e164 == "+491711234567"
    assert german.normalise("112", Way.OUT).kind == NumberKind.EMERGENCY


def test_shown():
    assert PLAIN.normalise("3949", Way.OUT).shown == "3949"
    assert PLAIN.normalise("0612345678", Way.OUT).shown == "33612345678"
    assert PLAIN.normalise("5551234", Way.OUT).shown == "5551234"
