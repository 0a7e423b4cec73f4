"""Segments joined into calls: the samples of Avaya's documentation, and what may go wrong with them."""

import datetime as dt
import json

import pytest

from chappe.core.calls.builder import CallBuilder, Pays, Rules, build, rules_for
from chappe.core.tickets.contract import Outcome, Segment, Way

NINE = dt.datetime(2008, 7, 9, 9, tzinfo=dt.UTC)
IN, OUT, INT = Way.IN, Way.OUT, Way.INTERNAL


def seg(key="1", more=False, way=OUT, *, start=NINE, talk=0, **fields):
    outcome = Outcome.ANSWERED if talk else Outcome.MISSED
    usual = {"trunk": "T9001"} if way in {IN, OUT} else {}
    return Segment(start=start, key=key, more=more, way=way, outcome=outcome, talk=talk, **{**usual, **fields})


def one(segments, rules=None):
    calls = build(rules or Rules(), segments)
    assert len(calls) == 1
    return calls[0]


def test_a_lost_call():
    call = one([seg(way=IN, ring=9, caller="8004206", called="4324", dialled="4324", party1="4324", party1_name="Joe")])
    assert (call.asked, call.reached, call.answered, call.is_lost) == ("4324", "", False, True)
    assert (call.ring, call.billable, call.payer, call.user) == (9, 0, "4324", "Joe")


def test_an_abandoned_call_has_no_extension():
    call = one([seg(way=IN, ring=30, caller="0612345678", called="", dialled="0144553300")])
    assert (call.payer, call.did, call.warnings) == ("", "0144553300", ("no-extension",))


def test_answered_then_sent_to_voicemail():
    call = one(
        [
            seg(more=True, way=IN, talk=13, ring=7, hold=11, caller="01707392200", called="299999", party1="4750"),
            seg(way=IN, talk=21, caller="01707392200", called="299999", is_voicemail=True),
        ]
    )
    assert (call.asked, call.reached, call.transferred, call.voicemail) == ("299999", "4750", True, True)
    assert (call.ring, call.talk, call.hold, call.billable) == (7, 34, 11, 45)


CONSULTED = [
    seg("44", True, OUT, talk=5, ring=3, caller="203", called="9416", party1="203", party1_name="Extn203"),
    seg("43", False, INT, talk=2, caller="207", called="203", party1="207", party2="203", hold=11),
    seg("44", False, OUT, talk=4, caller="207", called="9416", party1="207", party1_name="Extn207", is_transfer=True, targeter="Extn203"),
]  # fmt: skip


def test_a_transfer_after_answer_is_one_outside_call():
    internal, call = build(Rules(), CONSULTED)
    assert (internal.way, internal.billable, internal.asked, internal.reached) == (INT, 0, "203", "207")
    assert internal.payer == internal.caller  # who called bears it
    assert (call.payer, call.reached, call.transferred, call.billable) == ("203", "207", True, 9)
    assert (call.asked, call.called, call.segments) == ("", "9416", ("0", "2"))


def test_who_pays_a_transfer_is_a_setting():
    assert build(Rules(pays=Pays.LAST), CONSULTED)[1].payer == "207"
    shares = build(Rules(pays=Pays.EACH), CONSULTED)[1:]
    assert [(s.key, s.part, s.payer, s.user, s.billable) for s in shares] == [
        ("44", 0, "203", "Extn203", 5),
        ("44#1", 1, "207", "Extn207", 4),
    ]


def test_hold_and_park_are_billed_unless_the_setting_says_no():
    parts = [seg(more=True, talk=10, hold=8, park=4, party1="201"), seg(talk=20, party1="202")]
    assert one(parts).billable == 42
    assert one(parts, Rules(bills_hold=False)).billable == 34
    assert one(parts, Rules(bills_park=False)).billable == 38
    assert one(parts, Rules(bills_hold=False, bills_park=False)).billable == 30


def test_parked_and_taken_by_another_inside_the_house():
    call = one(
        [
            seg(more=True, way=INT, ring=2, caller="207", called="203", party1="207", party2="203", park=4),
            seg(way=INT, talk=2, caller="207", called="203", party1="207", party2="201", reached="201"),
        ]
    )
    assert (call.asked, call.reached, call.park, call.billable) == ("203", "201", 4, 0)


def test_a_forward_is_borne_by_who_forwarded():
    call = one([seg(talk=60, caller="", called="0612345678", party1="203", party1_name="Extn203", targeter="Extn207", is_forward=True)],
               Rules(names={"Extn207": "207"}))  # fmt: skip
    assert (call.payer, call.forwarded, call.billable, call.warnings) == ("207", True, 60, ())


def test_a_forwarder_nobody_knows_is_told():
    forward = seg(talk=60, caller="", called="0612345678", party1="203", targeter="Bob", is_forward=True)
    assert (one([forward]).payer, one([forward]).warnings) == ("Bob", ("targeter-unknown",))
    assert one([forward], Rules(targeter_pays=False)).payer == "203"


def test_names_are_learnt_from_tickets_and_kept():
    builder = CallBuilder()
    builder.add(seg("1", way=INT, party1="207", party1_name="Alice Martin"))
    kept = json.loads(json.dumps(builder.pending()))
    later = CallBuilder()
    later.restore(kept)
    call = later.add(seg("2", talk=5, caller="", targeter="Alice Martin", is_forward=True, called="0612345678"))[0]
    assert call.payer == "207"


def test_a_conference_is_no_transfer_and_falls_to_who_began_it():
    call = one(
        [
            seg("24", True, talk=3, ring=3, hold=8, caller="2101", called="8262623#", party1="2101"),
            seg("24", False, talk=49, called="8262623#", is_conference=True),
        ]
    )
    assert (call.payer, call.conference, call.transferred, call.billable) == ("2101", True, False, 60)
    shares = build(
        Rules(pays=Pays.EACH),
        [
            seg("24", True, talk=3, caller="2101", party1="2101"),
            seg("24", False, talk=49, is_conference=True),
        ],
    )
    assert [(share.payer, share.billable) for share in shares] == [("2101", 52)]


def test_interleaved_calls_do_not_mix():
    builder = CallBuilder()
    assert builder.add(seg("24", True, talk=3)) == []
    assert builder.add(seg("23", True, way=INT, talk=29)) == []
    assert [call.key for call in builder.add(seg("26", False, talk=46))] == ["26"]
    assert [call.talk for call in builder.add(seg("23", False, way=INT, talk=49))] == [78]
    assert [call.talk for call in builder.add(seg("24", False, talk=49))] == [52]
    assert builder.flush(NINE + dt.timedelta(days=1)) == []


def test_a_number_that_starts_again_after_a_reboot_is_another_call():
    builder = CallBuilder()
    builder.add(seg("1000001", True, talk=10))
    later = NINE + dt.timedelta(hours=2)
    assert [call.talk for call in builder.add(seg("1000001", False, talk=5, start=later))] == [5]
    left = builder.flush(later, everything=True)
    assert [(call.talk, call.warnings) for call in left] == [(10, ("no-extension", "incomplete"))]


def test_time_out_at_thirty_minutes():
    builder = CallBuilder()
    builder.add(seg(more=True, talk=10, party1="201"), at=NINE)
    assert builder.flush(NINE + dt.timedelta(minutes=29, seconds=59)) == []
    closed = builder.flush(NINE + dt.timedelta(minutes=30))
    assert [(call.billable, call.warnings) for call in closed] == [(10, ("incomplete",))]
    assert builder.flush(NINE + dt.timedelta(hours=9)) == []


def test_state_goes_through_json_between_files():
    whole = build(Rules(), CONSULTED)
    builder = CallBuilder()
    found = builder.add(CONSULTED[0], "0")
    resumed = CallBuilder()
    resumed.restore(json.loads(json.dumps(builder.pending())))
    for number, segment in enumerate(CONSULTED[1:], start=1):
        found += resumed.add(segment, str(number))
    assert found == whole


def test_formats_that_announce_nothing_wait_for_silence():
    rules = rules_for("asterisk", settle=60)
    builder = CallBuilder(rules)
    later = NINE + dt.timedelta(seconds=40)
    builder.add(seg("a.1", None, way=IN, talk=20, party1="201", called="201"), at=NINE)
    assert builder.add(seg("a.1", None, way=IN, talk=30, party1="202", called="201", start=later), at=later) == []
    assert builder.flush(later + dt.timedelta(seconds=59)) == []
    call = builder.flush(later + dt.timedelta(seconds=60))[0]
    assert (call.start, call.talk, call.transferred, call.reached, call.warnings) == (NINE, 50, True, "202", ())


def test_in_and_out_under_one_key_are_two_outside_calls():
    coming, going = build(
        rules_for("asterisk"),
        [
            seg("a.2", None, way=IN, talk=0, ring=12, caller="0612345678", called="201", party1="201"),
            seg("a.2", None, way=OUT, talk=90, caller="", called="0699999999", party1="201", targeter="201", is_forward=True),
        ],
    )  # fmt: skip
    assert (coming.key, coming.way, coming.is_lost, coming.billable) == ("a.2", IN, True, 0)
    assert (going.key, going.way, going.payer, going.billable) == ("a.2/1", OUT, "201", 90)


def test_transit_and_doubtful_ways():
    call = one(
        [seg(way=Way.TRANSIT, talk=30, trunk="T9002", trunk_in="T9001", caller="0612345678", called="0699999999")]
    )
    assert (call.billable, call.trunk, call.trunk_in) == (30, "T9002", "T9001")
    assert "no-way" in one([seg(way=Way.UNKNOWN, talk=30, party1="201")]).warnings


def test_what_the_pbx_counted_is_summed():
    call = one(
        [seg(more=True, talk=5, pbx_charge=10, pbx_currency="EUR"), seg(talk=5, pbx_charge=7, pbx_currency="EUR")]
    )
    assert (call.pbx_charge, call.pbx_currency) == (17, "EUR")
    mixed = one([seg(more=True, pbx_charge=10, pbx_currency="EUR"), seg(pbx_charge=7, pbx_currency="GBP")])
    assert mixed.pbx_charge is None


def test_rules_are_data():
    rules = Rules.from_mapping({"pays": "last", "timeout": 60, "names": {"Bob": 12}, "colour": "blue"})
    assert (rules.pays, rules.timeout, rules.names) == (Pays.LAST, 60, {"Bob": "12"})
    with pytest.raises(ValueError, match="timeout"):
        Rules.from_mapping({"timeout": "soon"})
    with pytest.raises(ValueError, match="never"):
        Rules.from_mapping({"pays": "never"})
    assert rules_for("avaya-ip-office").repeats_start
    assert not rules_for("mapped").repeats_start


def test_the_usual_rules_are_named_as_the_decoders_are():
    from chappe.core.calls.rules import USUAL
    from chappe.core.tickets.registry import DECODERS

    assert set(USUAL) <= set(DECODERS)


def test_the_quick_way_of_a_lonely_segment_says_what_the_long_one_says():
    """Every combination that matters, and a thousand drawn with a fixed seed."""
    import random

    from chappe.core.calls.alone import call_of, is_plain
    from chappe.core.calls.group import Group, Part
    from chappe.core.calls.joined import calls_of

    dice = random.Random(7)
    texts = ("", "201", "0612345678")
    looked = 0
    for _ in range(3000):
        segment = Segment(
            start=NINE, key=dice.choice(("", "9")), more=False, way=dice.choice(list(Way)), outcome=dice.choice(list(Outcome)),
            talk=dice.choice((0, 31)), ring=dice.choice((0, 4)), hold=dice.choice((0, 5)), park=dice.choice((0, 6)),
            caller=dice.choice(texts), called=dice.choice(texts), dialled=dice.choice(texts), party1=dice.choice(texts),
            party1_name=dice.choice(("", "Joe")), party2=dice.choice(texts), party2_name=dice.choice(("", "Ann")),
            reached=dice.choice(texts), trunk=dice.choice(("", "T1")), trunk_in=dice.choice(("", "T2")),
            is_voicemail=dice.random() < 0.2, is_conference=dice.random() < 0.2, is_transfer=dice.random() < 0.2,
            pbx_charge=dice.choice((None, 0, 12)), pbx_currency=dice.choice(("", "EUR")), account_code=dice.choice(("", "77")),
        )  # fmt: skip
        rules = Rules(bills_hold=dice.random() < 0.5, bills_park=dice.random() < 0.5, pays=dice.choice(list(Pays)))
        if not is_plain(segment):
            continue
        looked += 1
        long = calls_of(Group(segment.key, [Part(segment, "7")], NINE), rules, {}, complete=True)
        assert [call_of(segment, "7", rules)] == long
    assert looked > 2000


def test_durations_rounded_up_may_pass_the_time_of_the_clock():
    """IP Office rounds each duration up to the second: two segments of 1.2 s within 3 s say 2 s each. They are summed as written."""
    three_later = NINE + dt.timedelta(seconds=3)
    first = seg(more=True, talk=2, caller="203", called="9416", party1="203", segment_start=NINE)
    second = seg(talk=2, caller="203", called="9416", party1="207", segment_start=three_later - dt.timedelta(seconds=2))
    call = one([first, second])
    assert (call.talk, call.billable, call.warnings) == (4, 4, ())
    assert call.talk > (three_later - NINE).seconds
