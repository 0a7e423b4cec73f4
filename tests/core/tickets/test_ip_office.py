"""Avaya IP Office: the documentation's samples, and every quirk met in the field."""

import datetime as dt
from dataclasses import fields

import pytest

from chappe.core.tickets.contract import Outcome, Segment, Way
from chappe.core.tickets.decoders.ip_office import device_kind
from chappe.core.tickets.quick import quick_segment
from tests.core.tickets.conftest import IP_OFFICE, R11, codes, decode, segment

PBX = "avaya-ip-office"
PARIS_WINTER, PARIS_SUMMER = dt.timezone(dt.timedelta(hours=1)), dt.timezone(dt.timedelta(hours=2))
BASE = "2024/03/11 09:14:02,00:02:31,4,201,O,0612345678,0612345678,,0,1004512,0,E201,Alice Martin,T9001,Line 1.1,0,0"


def changed(**cells: str) -> str:
    """The base line with other cells: ``f3="…"`` is the third field, as the documentation counts."""
    row = BASE.split(",")
    for name, value in cells.items():
        row[int(name[1:]) - 1] = value
    return ",".join(row)


def test_the_37_fields_of_release_11_to_the_last():
    found = segment(PBX, R11)
    assert found == Segment(
        start=dt.datetime(2024, 3, 11, 9, 14, 2, tzinfo=PARIS_WINTER),
        key="1004512/2024/03/11 09:14:02",
        more=False,
        way=Way.OUT,
        outcome=Outcome.ANSWERED,
        caller="201",
        called="00612345678",
        dialled="00612345678",
        party1="201",
        party1_name="Alice Martin",
        trunk="T9001",
        ring=4,
        talk=151,
        segment_start=dt.datetime(2024, 3, 11, 9, 14, 3, tzinfo=PARIS_WINTER),
        extra={
            "caller_server": "192.168.42.1",
            "caller_unique_id": "4417",
            "record_time": "2024/03/11 09:16:38",
            "consent": "0",
            "number_verification": "N/A",
            "trunk_name": "Line 1.1",
        },
    )


#: index of the sample → fields of its segment
SAMPLES: dict[int, dict[str, object]] = {
    0: {
        "way": Way.IN,
        "outcome": Outcome.MISSED,
        "caller": "8004206",
        "party1": "4324",
        "reached": "",
        "trunk": "T9161",
        "ring": 9,
    },
    2: {
        "way": Way.IN,
        "more": True,
        "reached": "4750",
        "talk": 13,
        "hold": 11,
        "key": "1000014160/2008/06/28 09:30:57",
    },
    3: {
        "way": Way.IN,
        "more": False,
        "party1": "",
        "reached": "",
        "is_voicemail": True,
        "talk": 21,
        "key": "1000014160/2008/06/28 09:30:57",
    },
    4: {"way": Way.IN, "called": "403", "dialled": "390664", "reached": "403", "talk": 5},
    5: {
        "way": Way.INTERNAL,
        "party1": "4688",
        "party2": "4207",
        "party2_name": "John Smith",
        "reached": "4207",
        "trunk": "",
    },
    8: {"way": Way.INTERNAL, "party1": "207", "party2": "203", "talk": 3},
    9: {"way": Way.INTERNAL, "outcome": Outcome.ANSWERED, "talk": 0, "park": 4, "more": True, "reached": "203"},
    10: {"way": Way.INTERNAL, "reached": "201", "talk": 2, "more": False},
    16: {"way": Way.OUT, "party1": "203", "is_transfer": True, "cause": "U XfP", "targeter": "", "trunk": "T9005"},
    18: {"way": Way.OUT, "party1": "207", "is_transfer": True, "cause": "U Xfd", "targeter": "", "more": False},
    19: {
        "way": Way.OUT,
        "caller": "",
        "party1": "203",
        "is_forward": True,
        "targeter": "203",
        "cause": "U MT",
        "outcome": Outcome.MISSED,
    },
}


@pytest.mark.parametrize("index", SAMPLES)
def test_samples_of_the_documentation(index):
    found = segment(PBX, IP_OFFICE[index])
    assert {name: getattr(found, name) for name in SAMPLES[index]} == SAMPLES[index]


def test_call_pickup_and_conference_have_times_without_seconds():
    for index in (6, 7, 11, 12, 13, 14, 15):
        (decoded,) = decode(PBX, IP_OFFICE[index])
        assert codes(decoded) == ["no-seconds"]
        assert decoded.segments[0].start.second == 0
    first, second = decode(PBX, *IP_OFFICE[6:8])
    assert (first.segments[0].outcome, second.segments[0].outcome) == (Outcome.MISSED, Outcome.ANSWERED)
    assert second.segments[0].reached == "2121"  # who picked up, not who was called
    conference = decode(PBX, *IP_OFFICE[11:16])
    assert [each.segments[0].is_conference for each in conference] == [False, False, True, True, True]
    assert [each.segments[0].way for each in conference] == [Way.OUT, Way.INTERNAL, Way.INTERNAL, Way.INTERNAL, Way.OUT]


def test_is_internal_of_i_counts_as_0_and_is_told():
    (decoded,) = decode(PBX, IP_OFFICE[1])
    assert codes(decoded) == ["bad-flag"]
    assert decoded.issues[0].sentence() == "“I” is not expected in is_internal; “0” was taken."
    found = decoded.segments[0]
    assert (found.is_voicemail, found.way, found.talk) == (True, Way.INTERNAL, 10)


@pytest.mark.parametrize("flag", ["0", "1"])
def test_collecting_voicemail_stays_inside_whatever_the_flag(flag):
    line = f"2024/03/11 09:14:02,00:00:10,0,215,O,*17,*17,,{flag},28,0,E215,Extn215,V9502,VM Channel 2,0,0"
    assert segment(PBX, line).way is Way.INTERNAL


def test_a_flag_0_is_no_internal_call():
    """``bool("0")`` is true in Python: one parser in the field makes every call internal."""
    assert segment(PBX, BASE).way is Way.OUT
    assert segment(PBX, changed(f9="1")).way is Way.INTERNAL


@pytest.mark.parametrize("count", [17, 18, 30, 31, 35, 36, 37])
def test_every_length_is_read(count):
    row = BASE.split(",") + [""] * (count - 17)
    if count >= 35:
        row[34] = "2024/03/11 09:16:38"
    found = segment(PBX, ",".join(row))
    assert (found.talk, found.party1, found.trunk) == (151, "201", "T9001")
    assert (found.segment_start is None) == (count < 35)


@pytest.mark.parametrize("commas", [1, 13, 14, 25])
def test_surplus_empty_fields_are_left_out(commas):
    assert segment(PBX, BASE + "," * commas).talk == 151


def test_a_surplus_field_that_says_something_is_told():
    line = R11 + ",,more"
    (decoded,) = decode(PBX, line)
    assert codes(decoded) == ["surplus-fields"]
    assert decoded.segments[0].talk == 151


@pytest.mark.parametrize("count", [1, 2, 16])
def test_half_a_line_is_refused(count):
    (decoded,) = decode(PBX, ",".join(BASE.split(",")[:count]))
    assert decoded.segments == ()
    assert codes(decoded) == ["too-few-fields"]


def test_leading_nul_bytes_after_a_reconnection():
    (decoded,) = decode(PBX, b"\0\0\0" + BASE.encode() + b"\r\n")
    assert codes(decoded) == ["nul-bytes"]
    assert decoded.segments == (segment(PBX, BASE),)


@pytest.mark.parametrize(
    ("name1", "name2"),
    [
        ("Martin, Alice", "Line 1.1"),
        ("Alice Martin", "Salle A, étage 2"),
        ("Martin, Alice, Mme", "Salle A, 12, Nord"),
        ("Martin,", "Line 1.1"),
        (",", ","),
    ],
)
@pytest.mark.parametrize("tail", ["", ",,n/a,,,,,,,,,,,,192.168.42.1,4417,,,2024/03/11 09:16:38,0,N/A"])
def test_commas_in_names_are_repaired_from_the_device_codes(name1, name2, tail):
    (decoded,) = decode(PBX, changed(f13=name1, f15=name2) + tail)
    assert codes(decoded) == ["comma-repaired"]
    found = decoded.segments[0]
    assert (found.party1, found.party1_name, found.trunk) == ("201", name1, "T9001")
    assert (found.extra["trunk_name"], found.hold, found.talk) == (name2, 0, 151)
    assert ("caller_server" in found.extra) == bool(tail)


def test_a_comma_in_the_name_of_who_pays_is_repaired():
    tail = ",1,n/a,Martin, Alice,0.4200,EUR,,3,,1400,100,U fu,Petit, Bruno,0698765432,192.168.42.1"
    (decoded,) = decode(PBX, BASE + tail)
    assert codes(decoded) == ["comma-repaired", "comma-repaired"]
    found = decoded.segments[0]
    assert found.extra["user_charged"] == "Martin, Alice"
    assert (found.targeter, found.extra["targeted_number"]) == ("Petit, Bruno", "0698765432")
    assert (found.pbx_charge, found.pbx_currency) == (420_000_000, "EUR")
    assert found.extra["caller_server"] == "192.168.42.1"


def test_shifted_fields_that_nothing_anchors_are_refused():
    line = BASE.replace("E201", "someone").replace("T9001", "somewhere")
    (decoded,) = decode(PBX, line)
    assert (decoded.segments, codes(decoded)) == ((), ["shifted-fields"])


def test_a_header_line_is_skipped():
    (decoded,) = decode(PBX, "Call Start,Connected Time,Ring Time,Caller,Direction,Called Number,Dialled Number")
    assert (decoded.skipped, decoded.segments, decoded.issues) == ("header", (), ())
    header = ",".join(f"Colonne {letter}" for letter in "ABCDEFGHIJKLMNOPQ")
    assert decode(PBX, header)[0].skipped == "header"


def test_a_caller_as_sip_address_loses_its_host():
    found = segment(PBX, changed(f4="07555012345@203.0.113.9", f5="I"))
    assert (found.caller, found.extra["caller_host"]) == ("07555012345", "203.0.113.9")
    found = segment(PBX, changed(f4="sip:07555012345@203.0.113.9;user=phone", f5="I"))
    assert (found.caller, found.extra["caller_host"]) == ("07555012345", "203.0.113.9")


#: code, name → kind
DEVICES = {
    ("E201", "Extn201"): "E",
    ("T9001", "Line 1.1"): "T",
    ("T9161", "LINE 5.1"): "T",
    ("V9502", "VM Channel 2"): "V",
    ("V9051", "VM Channel 1"): "V",
    ("V9502", ""): "V",
    ("V11001", "CO Channel 100.1"): "C",
    ("V9551", ""): "C",
    ("V8000", "U1 0.0"): "U",
    ("V8002", "U3 1.2"): "U",
    ("N42", "Node"): "U",
    ("M7", "?"): "U",
    ("", ""): "",
}


@pytest.mark.parametrize("device", DEVICES)
def test_kinds_of_devices(device):
    assert device_kind(*device) == DEVICES[device]


def test_an_unknown_kind_of_device_is_kept_and_told():
    (decoded,) = decode(PBX, changed(f14="N42", f15="Node 4"))
    assert codes(decoded) == ["unknown-device"]
    assert decoded.segments[0].extra == {"party2_device": "N42", "party2_name": "Node 4"}
    (decoded,) = decode(PBX, changed(f14="V8000", f15="U1 0.0"))
    assert codes(decoded) == []


def test_a_call_abandoned_in_a_queue_has_no_extension():
    found = segment(PBX, changed(f2="00:00:00", f5="I", f12="", f13=""))
    assert (found.way, found.outcome, found.party1, found.reached) == (Way.IN, Outcome.MISSED, "", "")


def test_trunk_to_trunk_is_transit():
    found = segment(PBX, changed(f12="T9003", f13="Line 3.1"))
    assert (found.way, found.trunk, found.trunk_in) == (Way.TRANSIT, "T9001", "T9003")
    assert (found.extra["trunk_name"], found.extra["trunk_in_name"]) == ("Line 1.1", "Line 3.1")


@pytest.mark.parametrize("reason", ["fb", "fu", "fnr", "fdnd", "MT", "TW"])
def test_who_sent_the_call_outside_pays(reason):
    tail = f",,,,,,,,,,,U {reason},Extn207,0698765432"
    found = segment(PBX, changed(f4="") + tail)
    assert (found.is_forward, found.targeter, found.cause) == (True, "207", f"U {reason}")
    assert found.extra["targeter"] == "Extn207"


@pytest.mark.parametrize("reason", ["XfP", "Xfd", "CfP", "Cfd"])
def test_transfers_and_conferences_have_no_other_payer(reason):
    found = segment(PBX, BASE + f",,,,,,,,,,,U {reason},Extn207,")
    assert (found.targeter, found.is_forward) == ("", False)
    assert (found.is_transfer, found.is_conference) == (reason[0] == "X", reason[0] == "C")


def test_the_charge_is_exact_and_absent_when_nothing_was_counted():
    found = segment(PBX, BASE + ",1,n/a,Extn201,0.1234,EUR,0.0000,3,0,10700,100")
    assert (found.pbx_charge, found.pbx_currency) == (123_400_000, "EUR")
    assert found.extra["cost_per_unit"] == "10700"
    assert segment(PBX, BASE + ",,,,0,").pbx_charge is None
    assert segment(PBX, BASE + ",,,,,EUR").pbx_charge is None
    (decoded,) = decode(PBX, BASE + ",,,,abc,EUR,1")
    assert decoded.segments[0].pbx_charge is None or codes(decoded)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"f1": "2024/02/30 09:14:02"}, "bad-time"),
        ({"f1": "2024/03/11 25:14:02"}, "bad-time"),
        ({"f1": "2024/03/11 09:14:60"}, "bad-time"),
        ({"f1": "1024/03/11 09:14:02"}, "bad-time"),
        ({"f1": "0"}, "bad-time"),
        ({"f2": "00:61:00"}, "bad-duration"),
        ({"f2": ""}, "bad-duration"),
        ({"f2": "-0:00:01"}, "bad-duration"),
    ],
)
def test_a_fault_that_a_price_depends_on_refuses_the_line(cells, code):
    (decoded,) = decode(PBX, changed(**cells))
    assert (decoded.segments, codes(decoded)) == ((), [code])


def test_a_fault_of_the_ring_time_is_told_and_kept():
    (decoded,) = decode(PBX, changed(f3="4s"))
    assert (codes(decoded), decoded.segments[0].ring) == (["bad-count"], 0)
    (decoded,) = decode(PBX, changed(f5="X"))
    assert (codes(decoded), decoded.segments[0].way) == (["bad-direction"], Way.UNKNOWN)


def test_windows_1252_is_read_and_told():
    (decoded,) = decode(PBX, changed(f13="Chloé").encode("cp1252"))
    assert (codes(decoded), decoded.segments[0].party1_name) == (["not-utf8"], "Chloé")


@pytest.mark.parametrize("number", ["0612345678", "0033612345678", "3949", "0899123456", "15", ""])
def test_numbers_stay_as_the_pbx_wrote_them(number):
    found = segment(PBX, changed(f6=number, f7=number))
    assert (found.called, found.dialled) == (number, number)


def test_the_night_when_clocks_go_back_takes_the_first_hour():
    (decoded,) = decode(PBX, changed(f1="2024/10/27 02:30:00"))
    assert codes(decoded) == ["ambiguous-hour"]
    assert decoded.segments[0].start == dt.datetime(2024, 10, 27, 2, 30, tzinfo=PARIS_SUMMER)
    # told again for another second of the same minute, and not for the hour after
    again = decode(PBX, *[changed(f1=f"2024/10/27 0{hour}:30:0{second}") for hour in (2, 3) for second in (0, 1)])
    assert [codes(each) for each in again] == [["ambiguous-hour"], ["ambiguous-hour"], [], []]
    assert again[2].segments[0].start.utcoffset() == dt.timedelta(hours=1)


def test_the_night_when_clocks_go_forward_shifts_the_hour_that_is_not():
    (decoded,) = decode(PBX, changed(f1="2024/03/31 02:30:00"))
    assert codes(decoded) == ["missing-hour"]
    assert decoded.segments[0].start == dt.datetime(2024, 3, 31, 3, 30, tzinfo=PARIS_SUMMER)
    assert decoded.issues[0].sentence() == (
        "“2024/03/31 02:30:00” does not exist, on the night when clocks go forward; “2024-03-31 03:30:00” was taken."
    )


def test_the_zone_of_the_profile_is_that_of_the_pbx():
    found = segment(PBX, BASE, timezone="Indian/Reunion")
    assert found.start == dt.datetime(2024, 3, 11, 5, 14, 2, tzinfo=dt.UTC)


def test_a_call_id_that_starts_again_gives_another_key():
    before, after = segment(PBX, changed(f10="1000001")), segment(PBX, changed(f1="2024/03/12 08:00:00", f10="1000001"))
    assert before.key != after.key


def test_a_quick_segment_is_a_segment():
    slow = segment(PBX, BASE)
    quick = quick_segment(*[getattr(slow, field.name) for field in fields(Segment)])
    assert type(quick) is Segment
    assert quick == slow
    with pytest.raises(AttributeError):
        quick.talk = 3  # type: ignore[misc]
