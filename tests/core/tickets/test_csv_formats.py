"""Asterisk, Grandstream, FreeSWITCH, CUCM, 3CX, Kamailio, Teams: their quirks, with exact values."""

import datetime as dt
import json

import pytest

from chappe.core.tickets.contract import Outcome, Way
from chappe.core.tickets.decoders.asterisk import dialled_peer, peer_of
from chappe.core.tickets.decoders.cucm import address_of
from chappe.core.tickets.registry import builtin_profiles, make_decoder
from tests.core.tickets.conftest import NOW, codes, decode, segment

MASTER = (
    '"D12","201","0612345678","from-internal","""Alice"" <201>","PJSIP/201-0a","PJSIP/ovh-0b","Dial",'
    '"PJSIP/0612345678@ovh,60","2024-03-11 09:14:02","2024-03-11 09:14:06","2024-03-11 09:16:37",155,151,"ANSWERED","DOCUMENTATION"'
)


# Asterisk


def test_asterisk_16_17_and_18_columns():
    assert segment("asterisk", MASTER).key == ""
    assert segment("asterisk", MASTER + ',"1710144842.12"').key == "1710144842.12"
    assert segment("asterisk", MASTER + ',"pbx1-1710144842.12"').key == "pbx1-1710144842.12"
    found = segment("asterisk", MASTER + ',"a note"')
    assert (found.key, found.extra["userfield"]) == ("", "a note")
    found = segment("asterisk", MASTER + ',"1710144842.12","a note"')
    assert (found.key, found.extra["userfield"]) == ("1710144842.12", "a note")
    for line in (MASTER + ',"a","b","c"', ",".join(MASTER.split(",")[:10])):
        assert codes(decode("asterisk", line)[0]) == ["wrong-field-count"]


def test_asterisk_values():
    found = segment("asterisk", MASTER)
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.way, found.outcome, found.ring, found.talk) == (Way.OUT, Outcome.ANSWERED, 4, 151)
    assert (found.party1, found.party1_name, found.trunk, found.account_code) == ("201", "Alice", "ovh", "D12")
    assert segment("asterisk-gmt", MASTER).start == dt.datetime(2024, 3, 11, 9, 14, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("disposition", "outcome"),
    [
        ("NO ANSWER", Outcome.MISSED),
        ("BUSY", Outcome.BUSY),
        ("FAILED", Outcome.FAILED),
        ("CONGESTION", Outcome.FAILED),
    ],
)
def test_asterisk_dispositions(disposition, outcome):
    line = MASTER.replace("ANSWERED", disposition).replace(",155,151,", ",20,0,").replace("2024-03-11 09:14:06", "")
    found = segment("asterisk", line)
    assert (found.outcome, found.ring, found.talk) == (outcome, 20, 0)
    (decoded,) = decode("asterisk", MASTER.replace("ANSWERED", "GONE"))
    assert (codes(decoded), decoded.segments[0].outcome) == (["bad-outcome"], Outcome.ANSWERED)


def test_asterisk_learns_a_header_with_calldate_and_linkedid():
    header = "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid,linkedid,did"
    row = '2024-03-11 09:14:02,"""0472"" <0472101010>",0472101010,201,from-trunk,PJSIP/ovh-1,PJSIP/201-2,Dial,PJSIP/201,30,20,ANSWERED,1.2,1.1,0145678901'
    first, second = decode("asterisk", header, row)
    assert first.skipped == "header"
    found = second.segments[0]
    assert (found.key, found.way, found.reached, found.dialled) == ("1.1", Way.IN, "201", "0145678901")
    assert (found.trunk, found.ring, found.talk, second.issues) == ("ovh", 10, 20, ())
    # the header is carried to another run
    decoder = make_decoder(builtin_profiles()["asterisk"])
    decoder.decode(header.encode(), received=NOW)
    other = make_decoder(builtin_profiles()["asterisk"])
    other.restore(json.loads(json.dumps(decoder.state())))
    assert other.decode(row.encode(), received=NOW).segments == second.segments


def test_asterisk_names_of_the_manager_event():
    header = "AccountCode,Source,Destination,DestinationContext,CallerID,Channel,DestinationChannel,LastApplication,LastData,StartTime,AnswerTime,EndTime,Duration,BillableSeconds,Disposition,AMAFlags,UniqueID,UserField"
    row = MASTER + ',"1.2",""'
    assert decode("asterisk", header, row)[1].segments == decode("asterisk", row)[0].segments


def test_asterisk_order_of_the_sample_cdr_custom():
    columns = ("clid", "src", "dst", "start", "duration", "billsec", "disposition", "linkedid")
    found = segment(
        "asterisk", '"x <201>","201","3949","2024-03-11 09:14:02","9","8","ANSWERED","7.7"', columns=columns
    )
    assert (found.caller, found.called, found.key, found.way, found.talk) == ("201", "3949", "7.7", Way.OUT, 8)


def test_asterisk_inside_and_outside_by_the_plan_given():
    line = MASTER.replace("0612345678", "3949").replace("PJSIP/ovh-0b", "").replace("PJSIP/3949@ovh,60", "")
    assert segment("asterisk", line).way is Way.OUT  # another length than that of 201
    assert segment("asterisk", line, extensions=["200-299", "3900-3999"]).way is Way.INTERNAL
    assert segment("asterisk", line, extensions=["300-399"]).way is Way.UNKNOWN  # neither side is inside


@pytest.mark.parametrize(
    ("channel", "peer"),
    [
        ("PJSIP/ovh-0000002a", "ovh"),
        ("SIP/trunk-ovh-0000002a", "trunk-ovh"),
        ("Local/201@from-internal-00000001;2", "201"),
        ("DAHDI/i1/0612345678-1", "i1/0612345678"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_asterisk_peers(channel, peer):
    assert peer_of(channel) == peer


def test_asterisk_peer_that_dial_was_told():
    assert dialled_peer("PJSIP/0612345678@ovh,60,tT") == "ovh"
    assert dialled_peer("PJSIP/201&PJSIP/202,20") == "201"
    assert dialled_peer("") == ""


def test_asterisk_faults():
    assert codes(decode("asterisk", MASTER.replace("2024-03-11 09:14:02", "2024-13-11 09:14:02"))[0]) == ["bad-time"]
    assert codes(decode("asterisk", MASTER.replace(",155,151,", ",155,-1,"))[0]) == ["bad-duration"]
    assert codes(decode("asterisk", MASTER.replace("2024-03-11 09:14:02", ""))[0]) == ["missing-field"]
    (decoded,) = decode("asterisk", MASTER.replace("2024-03-11 09:14:02", "2024-10-27 02:14:02"))
    assert codes(decoded) == ["ambiguous-hour"]


# Grandstream

UCM = (
    "4711,,201,0612345678,from-internal,{clid},PJSIP/201-1a,PJSIP/trunk_1-1b,Dial,{lastdata},2024-03-11 09:14:02,"
    "2024-03-11 09:14:06,2024-03-11 09:16:37,155,151,ANSWERED,DOCUMENTATION,1710144842.26,Outbound,201,trunk_1,s"
)


@pytest.mark.parametrize("lastdata", ["PJSIP/x@trunk_1", "PJSIP/x@trunk_1,60", "PJSIP/x@trunk_1,60,tT,b(a,b)"])
def test_grandstream_commas_in_lastdata(lastdata):
    (decoded,) = decode("grandstream", UCM.format(clid='"Martin, Alice" <201>', lastdata=lastdata))
    found = decoded.segments[0]
    assert found.extra["lastdata"] == lastdata
    assert (found.talk, found.way, found.key, found.party1_name) == (151, Way.OUT, "1710144842.26", "Martin, Alice")
    assert codes(decoded) == (["comma-repaired"] if "," in lastdata else [])


def test_grandstream_json():
    row = {"AcctId": "1", "src": "0472101010", "dst": "201", "start": "2024-03-11 09:14:02", "duration": "30",
           "billsec": 20, "disposition": "ANSWERED", "userfield": "Inbound", "uniqueid": "7.1", "lastapp": "Dial",
           "channel": "PJSIP/trunk_1-1", "dstchannel": "PJSIP/201-1"}  # fmt: skip
    (decoded,) = decode("grandstream", json.dumps({"cdr_root": [row, {**row, "uniqueid": "7.2"}]}))
    assert [(each.key, each.way, each.reached, each.trunk) for each in decoded.segments] == [
        ("7.1", Way.IN, "201", "trunk_1"),
        ("7.2", Way.IN, "201", "trunk_1"),
    ]


# FreeSWITCH


def test_freeswitch_columns_come_from_the_template():
    template = "${start_epoch};${caller_id_number};${destination_number};${billsec};${hangup_cause}"
    found = segment("freeswitch", "1710144842;201;0612345678;151;NORMAL_CLEARING", template=template)
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.caller, found.called, found.talk, found.way) == ("201", "0612345678", 151, Way.OUT)
    (decoded,) = decode("freeswitch", "a;b", template=template)
    assert codes(decoded) == ["wrong-field-count"]


def test_freeswitch_quotes_of_the_template():
    template = "'${caller_id_name}','${caller_id_number}','${destination_number}','${start_stamp}','${billsec}'"
    found = segment("freeswitch", "'Martin, A.','201','0612345678','2024-03-11 09:14:02','12'", template=template)
    assert (found.party1_name, found.talk) == ("Martin, A.", 12)


def test_freeswitch_json_and_xml_give_the_same_call():
    variables = {"uuid": "u-1", "start_epoch": "1710144842", "answer_epoch": "1710144846", "end_epoch": "1710144997",
                 "billsec": "151", "hangup_cause": "NORMAL_CLEARING", "sip_call_id": "a%40b"}  # fmt: skip
    profile = {"caller_id_number": "201", "caller_id_name": "Chlo%C3%A9", "destination_number": "%2B33612345678"}
    document = json.dumps({"variables": variables, "callflow": [{"caller_profile": profile}]})
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in variables.items())
    party = "".join(f"<{name}>{value}</{name}>" for name, value in profile.items())
    xml = f"<cdr><variables>{inner}</variables><callflow><caller_profile>{party}</caller_profile></callflow></cdr>"
    first, second = segment("freeswitch-document", document), segment("freeswitch-document", xml)
    assert first == second
    assert (first.party1_name, first.called, first.ring, first.talk) == ("Chloé", "+33612345678", 4, 151)
    assert first.extra["sip_call_id"] == "a@b"


def test_freeswitch_microsecond_epochs_of_the_call_flow():
    document = {"variables": {"uuid": "u", "duration": "9", "billsec": "5"}, "callflow": {
        "caller_profile": {"caller_id_number": "201", "destination_number": "202"},
        "times": {"created_time": "1710144842000000", "answered_time": "1710144846000000"}}}  # fmt: skip
    found = segment("freeswitch-document", json.dumps(document))
    assert (found.ring, found.talk, found.way, found.reached) == (4, 5, Way.INTERNAL, "202")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("{", "bad-json"),
        ("[" * 100_000, "too-deep"),
        ("{}", "missing-field"),
        ("<cdr>", "bad-xml"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><cdr>&a;</cdr>', "bad-xml"),
        ("<other/>", "missing-field"),
        ("<cdr><variables/></cdr>", "missing-field"),
        ('{"variables": {"start_epoch": "99999999999999999"}}', "bad-time"),
    ],
)
def test_freeswitch_documents_that_are_none(record, code):
    (decoded,) = decode("freeswitch-document", record)
    assert (decoded.segments, codes(decoded)) == ((), [code])


# CUCM

CUCM = ("cdrRecordType", "globalCallID_callManagerId", "globalCallID_callId", "dateTimeOrigination", "origIpAddr",
        "callingPartyNumber", "originalCalledPartyNumber", "finalCalledPartyNumber", "dateTimeConnect",
        "dateTimeDisconnect", "duration", "origDeviceName", "destDeviceName", "destCause_value",
        "globalCallId_ClusterID", "clientMatterCode", "lastRedirectRedirectReason", "lastRedirectDn")  # fmt: skip


def cucm(*, order: tuple[str, ...] = CUCM, **cells: str) -> list[str]:
    base = {"cdrRecordType": "1", "globalCallID_callManagerId": "1", "globalCallID_callId": "55", "duration": "0",
            "dateTimeOrigination": "1710144842", "dateTimeConnect": "0", "dateTimeDisconnect": "1710144862",
            "globalCallId_ClusterID": "C1", "origIpAddr": "0"}  # fmt: skip
    row = [(base | cells).get(name, "") for name in order]
    types = ["INTEGER" if index == 0 else "VARCHAR(50)" for index in range(len(order))]
    return [",".join(f'"{name}"' for name in order), ",".join(types), ",".join(row)]


def test_cucm_is_read_by_name_whatever_the_order():
    call = {'callingPartyNumber': "2001", 'originalCalledPartyNumber': "00612345678", 'duration': "151",
                'finalCalledPartyNumber': "00612345678", 'dateTimeConnect': "1710144846", 'dateTimeDisconnect': "1710144997",
                'origDeviceName': "SEP0011", 'destDeviceName': "GW1", 'clientMatterCode': "D12"}  # fmt: skip
    order = (*CUCM[:1], *sorted(CUCM[1:]), "aNewColumn")
    names, types, first = decode("cisco-cucm", *cucm(**call))
    assert (names.skipped, types.skipped) == ("header", "header")
    second = decode("cisco-cucm", *cucm(order=order, **call))[2]
    assert first == second
    found = first.segments[0]
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.key, found.way, found.trunk, found.ring, found.talk) == ("55/1/C1", Way.OUT, "GW1", 4, 151)
    assert found.account_code == "D12"


def test_cucm_missed_forwarded_and_skipped():
    missed = decode("cisco-cucm", *cucm(callingPartyNumber="0472101010", originalCalledPartyNumber="2001",
                    finalCalledPartyNumber="2001", origDeviceName="GW1", destDeviceName="SEP1", destCause_value="16"))[2].segments[0]  # fmt: skip
    assert (missed.way, missed.outcome, missed.ring, missed.talk) == (Way.IN, Outcome.MISSED, 20, 0)
    out = decode("cisco-cucm", *cucm(callingPartyNumber="0472101010", originalCalledPartyNumber="2001",
                 finalCalledPartyNumber="00612345678", origDeviceName="GW1", destDeviceName="GW2", duration="60",
                 lastRedirectRedirectReason="15", lastRedirectDn="2001"))[2].segments[0]  # fmt: skip
    assert (out.way, out.targeter, out.is_forward, out.called) == (Way.TRANSIT, "2001", True, "00612345678")
    assert (out.trunk, out.trunk_in) == ("GW2", "GW1")
    assert decode("cisco-cucm", *cucm(cdrRecordType="2"))[2].skipped == "quality"
    assert decode("cisco-cucm", *cucm(cdrRecordType="0"))[2].skipped == "start"
    busy = decode("cisco-cucm", *cucm(destCause_value="17"))[2].segments[0]
    assert busy.outcome is Outcome.BUSY


def test_cucm_without_a_header_reads_nothing():
    (decoded,) = decode("cisco-cucm", cucm()[2])
    assert codes(decoded) == ["no-header"]
    assert codes(decode("cisco-cucm", *cucm()[:2], "1,2")[2]) == ["too-few-fields"]


def test_cucm_addresses_are_signed_and_reversed():
    assert address_of("-2113732412") == "196.0.3.130"
    assert address_of("16777343") == "127.0.0.1"
    assert [address_of(text) for text in ("0", "", "x", "99999999999")] == ["", "", "", ""]


# 3CX


def test_3cx_columns_of_the_administrator():
    columns = ("callid", "time-start", "time-answered", "duration", "from-no", "to-no", "chain")
    line = "00A;2024/03/11 08:14:02;2024/03/11 08:14:06;00:02:31;Ext.101;0612345678;Chain: Ext.101,0612345678;"
    found = segment("3cx", line, columns=columns, delimiter=";")
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.way, found.caller, found.called, found.ring, found.talk) == (Way.OUT, "101", "0612345678", 4, 151)
    assert found.extra["chain"] == "Chain: Ext.101,0612345678"
    local = segment("3cx", line, columns=columns, delimiter=";", utc=False)
    assert local.start == dt.datetime(2024, 3, 11, 7, 14, 2, tzinfo=dt.UTC)


def test_3cx_fixed_widths():
    columns = ("callid", "time-start", "duration", "from-no", "to-no")
    line = "00A".ljust(6) + "2024/03/11 08:14:02" + "00:00:09" + "Ext.101".ljust(10) + "Ext.102".ljust(10)
    found = segment("3cx", line, columns=columns, delimiter="", widths=["6", "19", "8", "10", "10"])
    assert (found.key, found.way, found.talk, found.reached) == ("00A", Way.INTERNAL, 9, "102")


def test_3cx_faults():
    assert codes(decode("3cx", "Call 1,2,3")[0]) == ["too-few-fields"]
    columns = ("callid", "time-start", "duration", "from-no", "to-no")
    extra = "a,2024/03/11 08:14:02,00:00:09,Ext.101,Ext.102,more"
    assert codes(decode("3cx", extra, columns=columns)[0]) == ["wrong-field-count"]
    assert codes(decode("3cx", extra.removesuffix("more"), columns=columns)[0]) == []
    named = (*columns, "from-dispname", "missed-queue-calls")
    (decoded,) = decode("3cx", extra.replace("more", "Martin, Alice,0"), columns=named)
    assert (codes(decoded), decoded.segments[0].party1_name) == (["comma-repaired"], "Martin, Alice")


# Kamailio

ACC = "{id},{method},{a},{b},{callid},{code},{reason},{time},201,pbx,10.0.0.1,0612345678,33612345678,pbx"


def acc(method: str, time: str, a: str = "as1", b: str = "bt1", code: str = "200", callid: str = "c1") -> str:
    return ACC.format(id=1, method=method, a=a, b=b, callid=callid, code=code, reason="OK", time=f"2024-03-11 {time}")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("swapped", [False, True])
def test_kamailio_pairs_in_either_order_and_from_either_side(order, swapped):
    tags = ("bt1", "as1") if swapped else ("as1", "bt1")
    events = (acc("INVITE", "09:14:02"), acc("BYE", "09:16:33", *tags))
    first, second = decode("kamailio", *(events[index] for index in order))
    assert (first.skipped, first.segments) == ("waits-for-its-pair", ())
    found = second.segments[0]
    assert found.start == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert (found.talk, found.outcome, found.way) == (151, Outcome.ANSWERED, Way.OUT)
    assert (found.caller, found.called, found.dialled) == ("201", "33612345678", "0612345678")


def _whole(caller: str, called: str, **options: object):
    header = "src_user,dst_user,start_time,duration,callid"
    row = f"{caller},{called},2024-03-11 09:14:02,60,c1"
    return decode("kamailio", header, row, **options)[1].segments[0]


def test_kamailio_of_an_operator_tells_directions_by_its_own_numbers():
    own = ["+33384110000-+33384110099"]
    assert _whole("+33384110055", "33612345678").way == Way.UNKNOWN
    for caller in ("+33384110055", "33384110055", "0384110055", "0033384110055"):
        found = _whole(caller, "33612345678", own_numbers=own)
        assert (found.way, found.party1, found.party2, found.reached) == (Way.OUT, caller, "", "")
    found = _whole("0612345678", "0384110099", own_numbers=own)
    assert (found.way, found.party1, found.reached) == (Way.IN, "0384110099", "0384110099")
    assert _whole("0384110055", "0384110099", own_numbers=own).way == Way.OUT  # it has a price, as any number
    assert _whole("0384110055", "3949", own_numbers=own).way == Way.OUT
    assert _whole("0384110055", "201", own_numbers=own, extensions=["200-299"]).way == Way.INTERNAL
    assert _whole("0384110155", "0612345678", own_numbers=own).way == Way.UNKNOWN
    assert _whole("201", "0384110099", own_numbers=own).way == Way.OUT


def test_kamailio_missed_repeated_and_other_events():
    missed, busy, ack, bad = decode(
        "kamailio",
        acc("INVITE", "09:00:00", code="487"),
        acc("INVITE", "09:00:01", code="486"),
        acc("ACK", "09:00:02"),
        acc("INVITE", "09:00:99"),
    )
    assert (missed.segments[0].outcome, busy.segments[0].outcome) == (Outcome.MISSED, Outcome.BUSY)
    assert (ack.skipped, codes(bad)) == ("other-method", ["bad-time"])
    _, again, end = decode("kamailio", acc("INVITE", "09:00:00"), acc("INVITE", "09:01:00"), acc("BYE", "09:02:00"))
    assert (again.skipped, codes(again)) == ("event-twice", ["event-twice"])
    assert end.segments[0].talk == 120  # from the first INVITE, not from a later one of the same dialogue
    _, early = decode("kamailio", acc("INVITE", "09:05:00"), acc("BYE", "09:00:00"))
    assert codes(early) == ["end-before-start"]


def test_kamailio_carries_open_calls_to_the_next_run():
    first = make_decoder(builtin_profiles()["kamailio"])
    first.decode(acc("INVITE", "09:14:02").encode(), received=NOW)
    second = make_decoder(builtin_profiles()["kamailio"])
    second.restore(json.loads(json.dumps(first.state())))
    assert second.waiting() == 1
    assert second.decode(acc("BYE", "09:14:12").encode(), received=NOW).segments[0].talk == 10
    assert second.waiting() == 0
    assert second.state() == {}


def test_opensips_rows_with_a_duration_are_calls():
    header = "id,method,from_tag,to_tag,callid,sip_code,sip_reason,time,duration,ms_duration,setuptime,created,src_user,dst_user"
    row = "1,INVITE,a,b,c,200,OK,2024-03-11 09:14:02,151,150990,4,2024-03-11 09:14:02,201,0612345678"
    found = decode("kamailio", header, row)[1].segments[0]
    assert (found.talk, found.ring, found.outcome, found.way) == (151, 4, Outcome.ANSWERED, Way.OUT)


# Teams


def test_teams_charge_is_exact_and_a_page_is_many_calls():
    row = '{"callId":"1","startDateTime":"2024-03-11T08:14:02Z","duration":151,"charge":CHARGE,"currency":"EUR",'
    rows = (
        row.replace("CHARGE", "0.1000000001") + '"callType":"user_out"}',
        row.replace("CHARGE", "0.07") + '"callType":"conf_in"}',
    )
    (decoded,) = decode("teams", '{"value":[' + ",".join(rows) + "]}")
    first, second = decoded.segments
    assert codes(decoded) == ["bad-charge"]  # ten decimals are not rounded in silence
    assert (first.pbx_charge, second.pbx_charge, second.pbx_currency) == (None, 70_000_000, "EUR")
    assert (first.way, second.way, second.is_conference) == (Way.OUT, Way.IN, True)


def test_teams_empty_page_and_faults():
    assert decode("teams", '{"value": []}')[0].skipped == "empty-page"
    assert codes(decode("teams", '{"x": 1}')[0]) == ["missing-field"]
    assert codes(decode("teams", "a,b,c")[0]) == ["no-header"]
    assert codes(decode("teams", '{"callType": "user_in"}')[0]) == ["missing-field"]


def test_teams_direct_routing_failure():
    row = {"correlationId": "9", "inviteDateTime": "2024-03-11T08:14:02Z", "failureDateTime": "2024-03-11T08:14:12Z",
           "callType": "ByotIn", "duration": 0, "finalSipCode": 486, "trunkFullyQualifiedDomainName": "sbc.example"}  # fmt: skip
    found = segment("teams", json.dumps(row))
    assert (found.outcome, found.ring, found.talk, found.trunk) == (Outcome.BUSY, 10, 0, "sbc.example")
    assert (found.key, found.cause, found.way) == ("9", "486", Way.IN)
