"""Mitel, OXE, OXO, Panasonic: fixed places, years that are missing, markers, headers."""

import datetime as dt
import json

import pytest

from chappe.core.tickets.contract import Outcome, Way
from chappe.core.tickets.decoders.mitel import LAYOUTS
from chappe.core.tickets.decoders.oxe import CALL_TYPES, FIELDS, FRAME, SHORTEST, WIDTH
from chappe.core.tickets.decoders.panasonic import PLACES, name_and_number
from chappe.core.tickets.registry import builtin_profiles, make_decoder
from tests.core.tickets.conftest import NOW, codes, decode, segment

PARIS = dt.timezone(dt.timedelta(hours=1))


# Mitel


def mitel(length: int = 90, **fields: str) -> str:
    row = [" "] * length
    base = {
        "date": "03/11",
        "time": "09:14",
        "duration": "00:02:31",
        "calling": "2001",
        "digits": "0612345678",
        "called": "T101",
    }
    for name, value in (base | fields).items():
        first, width = LAYOUTS[str(length)][name]
        row[first : first + width] = value.ljust(width)
    assert len(row) == length
    return "".join(row)


@pytest.mark.parametrize("length", [90, 101, 112, 120])
def test_mitel_lengths(length):
    found = segment("mitel-3300", mitel(length, account="D12", system="001", third="2003", transfer="T"))
    assert found.start == dt.datetime(2024, 3, 11, 9, 14, tzinfo=PARIS)
    assert (found.way, found.caller, found.called, found.trunk) == (Way.OUT, "2001", "0612345678", "T101")
    assert (found.talk, found.account_code, found.party2, found.is_transfer) == (151, "D12", "2003", True)
    assert found.extra["system"] == "001"


def test_mitel_caller_and_ddi_of_the_long_lines():
    line = mitel(
        112, calling="T101", called="2001", digits="2001", ani="0472101010", dnis="145678901", time_to_answer="008"
    )
    found = segment("mitel-3300", line)
    assert (found.way, found.caller, found.called, found.dialled) == (Way.IN, "0472101010", "2001", "145678901")
    assert (found.trunk, found.ring, found.reached) == ("T101", 8, "2001")


@pytest.mark.parametrize(
    ("received", "date", "year"),
    [
        (dt.datetime(2024, 3, 11, 9, tzinfo=dt.UTC), "03/11", 2024),
        (dt.datetime(2025, 1, 1, 0, 5, tzinfo=PARIS), "12/31", 2024),
        (dt.datetime(2024, 12, 31, 23, 58, tzinfo=PARIS), "01/01", 2025),  # the clock of the PBX runs ahead
        (dt.datetime(2024, 12, 31, 12, tzinfo=PARIS), "01/05", 2024),
        (dt.datetime(2025, 3, 1, 9, tzinfo=dt.UTC), "02/29", 2024),
    ],
)
def test_mitel_has_no_year(received, date, year):
    (decoded,) = decode("mitel-3300", mitel(date=date), received=received)
    assert decoded.segments[0].start.year == year


@pytest.mark.parametrize(("time", "hour"), [("09:14", 9), ("09:14p", 21), ("12:14p", 12), ("12:14a", 0), ("21:14", 21)])
def test_mitel_p_marker(time, hour):
    assert segment("mitel-3300", mitel(time=time)).start.hour == hour


def test_mitel_outcomes_flags_and_trunks():
    missed = segment("mitel-3300", mitel(calling="T101", called="2001", duration="00:00:00", time_to_answer="***"))
    assert (missed.way, missed.outcome, missed.extra["time_to_answer"]) == (Way.IN, Outcome.MISSED, "***")
    busy = segment("mitel-3300", mitel(called="2002", completion="B", duration="00:00:05"))
    assert (busy.way, busy.outcome, busy.talk) == (Way.INTERNAL, Outcome.BUSY, 0)
    transit = segment("mitel-3300", mitel(calling="X101", called="T202"))
    assert (transit.way, transit.trunk, transit.trunk_in) == (Way.TRANSIT, "T202", "X101")
    conference = segment("mitel-3300", mitel(transfer="C", long_call="%"))
    assert (conference.is_conference, conference.extra["long_call"]) == (True, "10–29 min")
    operator = segment("mitel-3300", mitel(calling="T101", called="2001", attendant="*"))
    assert operator.extra["attendant"] == "*"


def test_mitel_meter_pulses_and_moved_fields():
    line = mitel(digits="0612345678           00012")
    assert segment("mitel-3300", line).called == "0612345678           00012"
    found = segment("mitel-3300", line, meter_digits=5)
    assert (found.called, found.extra["meter_pulses"]) == ("0612345678", "00012")
    assert segment("mitel-3300", mitel(account="D12"), layout={"account": [33, 4]}).account_code == "0612"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("short", "too-short"),
        (mitel()[:30], "too-short"),
        (mitel(date="13/45"), "bad-time"),
        (mitel(date="02/30"), "bad-time"),
        (mitel(time="13:14p"), "bad-time"),
        (mitel(time="25:14"), "bad-time"),
        (mitel(duration="00:99:00"), "bad-duration"),
    ],
)
def test_mitel_faults(line, code):
    (decoded,) = decode("mitel-3300", line)
    assert (decoded.segments, codes(decoded)) == ((), [code])


def test_mitel_clock_change():
    (decoded,) = decode(
        "mitel-3300", mitel(date="10/27", time="02:30"), received=dt.datetime(2024, 10, 28, tzinfo=dt.UTC)
    )
    assert codes(decoded) == ["ambiguous-hour"]
    assert decoded.segments[0].start.utcoffset() == dt.timedelta(hours=2)


# OXE


def oxe(**fields: str) -> str:
    base = {"TicketVersion": "ED5.2", "CalledNumber": "0612345678", "ChargedNumber": "2001", "CallingNumber": "2001",
            "CallType": "0", "EndDateTime": "20240311 09:16:37", "Duration": "0000000151", "ChargedUserName": "MARTIN",
            "CallReference": "4711", "ChargedPartyNode": "1", "StartDateTime": "20240311 09:14:06"}  # fmt: skip
    return "".join((base | fields).get(name, "").ljust(width)[:width] for name, width in FIELDS.items())


def test_oxe_widths():
    assert (len(FIELDS), WIDTH, SHORTEST) == (48, 525, 458)
    assert len(oxe()) == WIDTH
    found = segment("alcatel-oxe", oxe(WaitingDuration="00004", CostInfo="0000000042", AccessCode="D12"))
    assert found.start == dt.datetime(2024, 3, 11, 9, 14, 6, tzinfo=PARIS)
    assert (found.key, found.way, found.caller, found.called) == ("1/4711", Way.OUT, "2001", "0612345678")
    assert (found.ring, found.talk, found.account_code, found.party1_name) == (4, 151, "D12", "MARTIN")
    assert (found.pbx_charge, found.pbx_currency) == (420_000_000, "EUR")


@pytest.mark.parametrize("code", CALL_TYPES)
def test_oxe_call_types(code):
    for text in (code, code.rjust(2, "0")):
        found = segment("alcatel-oxe", oxe(CallType=text))
        assert (found.cause, found.way) == CALL_TYPES[code]


def test_oxe_frames_labels_and_exports_give_the_same():
    line = oxe()
    frame = (b"\x01\x00\x02\x00" + line.encode()).ljust(FRAME, b"\0")
    export = "\t".join(
        line[sum(list(FIELDS.values())[:index]) :][:width].strip() for index, width in enumerate(FIELDS.values())
    )
    expected = segment("alcatel-oxe", line)
    assert segment("alcatel-oxe", frame) == expected
    assert segment("alcatel-oxe", "LABL" + line) == expected
    assert segment("alcatel-oxe", export) == expected
    assert decode("alcatel-oxe", "\t".join(FIELDS))[0].skipped == "header"


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b"\x01\x00\x01\x00".ljust(FRAME, b"\0"), "empty-ticket"),
        (b"\x01\x00\x06\x00x", "management-ticket"),
        (b"\x01\x00\x07\x00x", "voip-ticket"),
        (b"\x00\x08TEST_REQ", "keepalive"),
        (b"TEST_RSP", "keepalive"),
    ],
)
def test_oxe_other_frames_are_skipped(frame, kind):
    (decoded,) = decode("alcatel-oxe", frame)
    assert (decoded.skipped, decoded.segments, decoded.issues) == (kind, (), ())


def test_oxe_start_from_the_end_and_faults():
    found = segment("alcatel-oxe", oxe(StartDateTime=""))
    assert found.start == dt.datetime(2024, 3, 11, 9, 14, 6, tzinfo=PARIS)
    assert codes(decode("alcatel-oxe", oxe(StartDateTime="", EndDateTime=""))[0]) == ["bad-time"]
    assert codes(decode("alcatel-oxe", oxe(Duration="abc"))[0]) == ["bad-duration"]
    assert codes(decode("alcatel-oxe", oxe()[:400])[0]) == ["too-short"]
    assert codes(decode("alcatel-oxe", "hello")[0]) == ["not-a-ticket"]
    (decoded,) = decode("alcatel-oxe", oxe(CallType="99"))
    assert (codes(decoded), decoded.segments[0].way) == (["bad-direction"], Way.UNKNOWN)
    assert segment("alcatel-oxe", oxe(Duration="0", CallType="4")).outcome is Outcome.MISSED


# OXO

OXO_HEADER = "SUB   TYP TRK DAT      TIM   DUR      DNU                  CST    ACC"
OXO_ROW = "201   OC  001 11/03/24 09:14 00:02:31 0612345678           0.42   D12"


def test_oxo_learns_places_from_the_header():
    head, found = decode("alcatel-oxo", OXO_HEADER, OXO_ROW)
    assert head.skipped == "header"
    one = found.segments[0]
    assert one.start == dt.datetime(2024, 3, 11, 9, 14, tzinfo=PARIS)
    assert (one.way, one.party1, one.called, one.trunk) == (Way.OUT, "201", "0612345678", "001")
    assert (one.talk, one.account_code, one.pbx_charge) == (151, "D12", 420_000_000)
    # another order on the next page is learned again
    _, other = decode("alcatel-oxo", "DAT      TIM   DUR   SUB  TYP DNU", "11/03/24 09:14 02:31 201  IC  0472101010")
    assert (other.segments[0].way, other.segments[0].reached, other.segments[0].talk) == (Way.IN, "201", 151)


def test_oxo_without_a_header_and_with_set_widths():
    assert codes(decode("alcatel-oxo", OXO_ROW)[0]) == ["no-header"]
    found = segment("alcatel-oxo", "201 11/03/24 09:14 0612345678 9", columns=("SUB", "DAT", "TIM", "DNU", "TYP"),
                    widths=["3", "8", "5", "10", "1"], types={"9": "out"})  # fmt: skip
    assert (found.way, found.called, found.outcome) == (Way.OUT, "0612345678", Outcome.MISSED)


def test_oxo_skips_rules_and_tells_what_is_no_ticket():
    decoded = decode("alcatel-oxo", OXO_HEADER, "-" * 40, "TOTAL", OXO_ROW.replace("OC", "??"))
    assert decoded[1].skipped == "rule"
    assert codes(decoded[2]) == ["not-a-ticket"]
    assert codes(decoded[3]) == ["bad-direction"]


def test_oxo_carries_the_places_to_the_next_run():
    first = make_decoder(builtin_profiles()["alcatel-oxo"])
    first.decode(OXO_HEADER.encode(), received=NOW)
    second = make_decoder(builtin_profiles()["alcatel-oxo"])
    second.restore(json.loads(json.dumps(first.state())))
    assert second.decode(OXO_ROW.encode(), received=NOW).segments[0].talk == 151


# Panasonic


def panasonic(pattern: str = "A", **fields: str) -> str:
    base = {
        "date": "11/03/24",
        "time": "09:16AM",
        "ext": "1201",
        "co": "01",
        "dial": "0612345678",
        "duration": "00:02'31",
    }
    row = [" "] * 130
    for name, value in (base | fields).items():
        first, last = PLACES[pattern][name]
        row[first:last] = value.ljust(last - first)[: last - first]
    return "".join(row).rstrip()


def test_panasonic_time_is_that_of_the_end():
    found = segment("panasonic", panasonic(ring="0'05"))
    assert found.start == dt.datetime(2024, 3, 11, 9, 13, 24, tzinfo=PARIS)
    assert (found.ring, found.talk, found.way, found.trunk) == (5, 151, Way.OUT, "01")
    assert segment("panasonic", panasonic(), time_is="start").start == dt.datetime(2024, 3, 11, 9, 16, tzinfo=PARIS)
    assert segment("panasonic-mdy", panasonic()).start.date() == dt.date(2024, 11, 3)
    assert segment("panasonic", panasonic(date="24/03/11"), date_order="ymd").start.date() == dt.date(2024, 3, 11)


def test_panasonic_patterns_b_and_c_have_a_cost():
    for pattern, cost in (("B", "00000.42EU"), ("C", "00000.42EUR")):
        found = segment("panasonic", panasonic(pattern, cost=cost, acc="9876543210", cd="TR"))
        assert (found.pbx_charge, found.pbx_currency) == (420_000_000, cost[8:])
        assert (found.account_code, found.is_transfer, found.talk) == ("9876543210", True, 151)


@pytest.mark.parametrize(
    ("dial", "expected"),
    [
        ("<I>0472101010", (Way.IN, "0472101010", "1201", "1201", "")),
        ("<I>", (Way.IN, "", "1201", "1201", "")),
        ("<I>ABC COMPANY12345678", (Way.IN, "12345678", "1201", "1201", "ABC COMPANY")),
        ("<D>CDE9876<I>Q COMPANY", (Way.IN, "", "1201", "9876", "Q COMPANY")),
        ("<D>8901<I>0472101010", (Way.IN, "0472101010", "1201", "8901", "")),
        ("ABC COMPANY12345678", (Way.OUT, "1201", "12345678", "12345678", "ABC COMPANY")),
        ("EXT1202", (Way.INTERNAL, "1201", "1202", "1202", "")),
        ("123..............", (Way.OUT, "1201", "123..............", "123..............", "")),
        ("0612345XX", (Way.OUT, "1201", "0612345XX", "0612345XX", "")),
        ("9=0612345678", (Way.OUT, "1201", "0612345678", "0612345678", "")),
        ("0P612345678", (Way.OUT, "1201", "0612345678", "0P612345678", "")),
    ],
)
def test_panasonic_markers_in_the_dialled_number(dial, expected):
    found = segment("panasonic", panasonic(dial=dial))
    assert (found.way, found.caller, found.called, found.dialled, found.extra.get("name", "")) == expected


def test_panasonic_conditions_and_devices():
    assert segment("panasonic", panasonic(dial="<I>0472101010", duration="00:00'00", cd="NA")).outcome is Outcome.MISSED
    assert (
        segment("panasonic", panasonic(dial="<I>0472101010", duration="00:00'00", cd="RC")).outcome is Outcome.UNKNOWN
    )
    assert segment("panasonic", panasonic(cd="FW")).is_forward
    assert segment("panasonic", panasonic(cd="D0")).extra["condition"] == "disa"
    for device, code in (("D001", ""), ("T012", ""), ("*123", "123")):
        found = segment("panasonic", panasonic(ext=device))
        assert (found.party1, found.auth_code, found.extra["device"]) == ("", code, device)
    assert segment("panasonic", panasonic(dial="0612345678-12")).extra["added_digits"] == "12"


@pytest.mark.parametrize(("time", "hour"), [("12:30AM", 0), ("12:30PM", 12), ("01:30PM", 13), ("13:30", 13)])
def test_panasonic_hours(time, hour):
    assert segment("panasonic", panasonic(time=time, duration="00:00'00")).start.hour == hour


def test_panasonic_skips_headers_and_activity():
    header = "Date     Time    Ext   CO        Dial Number         Ring Duration  Acc code   CD"
    activity = "11/03/24 08:33AM 1234     LOG IN"
    found = decode("panasonic", header, "-" * 80, activity, "11/03/24 03:35PM 1234     Timed Reminder/No Answer")
    assert [each.skipped for each in found] == ["page-header", "page-header", "activity", "activity"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("hello", "not-a-ticket"),
        (panasonic(date="31/02/24"), "bad-time"),
        (panasonic(time="13:00PM"), "bad-time"),
        (panasonic(duration="00:99'00"), "bad-duration"),
        (panasonic()[:40], "bad-duration"),
    ],
)
def test_panasonic_faults(line, code):
    (decoded,) = decode("panasonic", line)
    assert (decoded.segments, codes(decoded)) == ((), [code])


def test_names_and_numbers():
    assert name_and_number("ABC CORP0612345678") == ("ABC CORP", "0612345678")
    assert name_and_number("0612345678") == ("", "0612345678")
    assert name_and_number("DUPONT") == ("DUPONT", "")
