"""From raw lines to calls: every line has its fate, nothing counts twice, a kill loses nothing."""

import datetime as dt
from itertools import pairwise

import pytest

from chappe.apps.collect import intake, pipeline, queries
from chappe.apps.collect.models import Chunk, OpenGroup, SourceAlarm, SourceHour, TicketIssue
from chappe.apps.usage.models import UsageBatch
from tests.apps.collect.conftest import NOON, SYSTEM, calls, equation, half, put, read, take, ticket
from tests.support.rows_customers import FACTORIES as CUSTOMERS


def ids() -> list[str]:
    """Numbers of the calls, as the PBX gave them."""
    return [row["call_id"].split("/")[0] for row in calls()]


MINUTE = dt.timedelta(minutes=1)


def test_lines_become_calls_in_the_lake(source):
    put(source, ticket(), ticket(call="1004513", ext="202", number="00033612345678", talk="00:00:59"))
    (chunk,) = take(source)
    assert equation(chunk) == (2, 2, 0, 0, 0)
    assert chunk.adds_up and chunk.calls == 2 and chunk.segments == 2 and chunk.state == Chunk.State.DONE
    first, second = calls()
    assert (ids()[0], first["ext"], first["way"], first["source"]) == ("1004512", "201", "out", source.pk)
    assert first["start"] == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert first["destination"] == "33612345678" == second["destination"]
    assert first["kind"] == "mobile" and first["utc_offset"] == 3600
    assert first["raw_ref"] == f"{chunk.pk}:1" and second["raw_ref"] == f"{chunk.pk}:2"
    assert (first["usage"], second["usage"]) == (151_000_000, 59_000_000)
    hour = SourceHour.objects.get(source=source)
    assert (hour.tickets, hour.calls) == (2, 2) and hour.hour == dt.datetime(2024, 3, 11, 8, tzinfo=dt.UTC)
    source.refresh_from_db()
    assert source.live.last_ticket == NOON + dt.timedelta(microseconds=1)
    assert source.live.last_call == dt.datetime(2024, 3, 11, 8, 14, 2, tzinfo=dt.UTC)
    assert queries.spool().closed(source.slug) == []


def test_a_replayed_buffer_counts_nothing_twice(source):
    lines = [ticket(), ticket(call="1004513"), ticket(call="1004514")]
    put(source, *lines)
    put(source, *lines, ticket(call="1004515"), at=NOON + MINUTE, connection=8)
    first, second = take(source)
    assert equation(first) == (3, 3, 0, 0, 0)
    assert equation(second) == (4, 1, 0, 0, 3)
    assert ids() == ["1004512", "1004513", "1004514", "1004515"]


def test_a_replay_with_leading_nuls_is_a_replay(source):
    put(source, ticket())
    put(source, b"\x00\x00" + ticket(), at=NOON + MINUTE, connection=8)
    assert [equation(chunk) for chunk in take(source)] == [(1, 1, 0, 0, 0), (1, 0, 0, 0, 1)]


def test_identical_lines_of_one_second_are_as_many_calls_once(source):
    put(source, ticket(), ticket())
    put(source, ticket(), ticket(), ticket(), at=NOON + MINUTE, connection=8)
    first, second = take(source)
    assert equation(first) == (2, 2, 0, 0, 0)
    assert equation(second) == (3, 1, 0, 0, 2)


def test_a_second_that_is_cut_between_two_files_is_one_second(source):
    put(source, ticket())
    put(source, ticket(), at=NOON + dt.timedelta(milliseconds=300))
    assert [equation(chunk) for chunk in take(source)] == [(1, 1, 0, 0, 0), (1, 1, 0, 0, 0)]


def test_every_line_has_its_fate(source):
    put(source, ticket(), b"", b"rubbish", ticket(call="9").replace(b"2024/03/11", b"2024/99/11"), ticket())
    (chunk,) = take(source)
    assert equation(chunk) == (5, 2, 2, 1, 0)
    assert chunk.skips == {"blank": 1}
    assert sorted(TicketIssue.objects.filter(severity="error").values_list("number", flat=True)) == [3, 4]
    assert TicketIssue.objects.get(number=3, severity="error").excerpt == "rubbish"


def test_a_half_line_is_kept_told_and_counted_only_when_somebody_says_so(source, alice):
    half(source, ticket()[:-9])
    (chunk,) = take(source)
    assert equation(chunk) == (1, 0, 1, 0, 0) and calls() == []
    issue = TicketIssue.objects.get()
    assert issue.code == "collect.half-line" and "cut by a disconnection" in issue.sentence()
    assert bytes(issue.raw) == ticket()[:-9]


def test_a_whole_line_cut_only_of_its_end_is_read_again_by_hand(source):
    half(source, ticket())
    take(source)
    again = intake.replay(actor=SYSTEM, issues=TicketIssue.objects.all())
    (chunk,) = read(source)
    assert chunk == again and equation(chunk) == (1, 1, 0, 0, 0)
    assert ids() == ["1004512"]
    assert TicketIssue.objects.get().state == TicketIssue.State.REPLAYED


@pytest.mark.parametrize("where", ["_commit", "_save", "_judge"])
def test_killed_at_any_step_it_counts_once(source, monkeypatch, where):
    put(source, ticket(), ticket(call="2", more=1), ticket(call="3"))
    intake.take_spool(source)
    real = getattr(pipeline, where)
    with monkeypatch.context() as patch:

        def killed(*args, **kwargs):
            real(*args, **kwargs)
            raise KeyboardInterrupt

        patch.setattr(pipeline, where, killed)
        with pytest.raises(KeyboardInterrupt):
            pipeline.process(actor=SYSTEM, chunk=Chunk.objects.get())
    read(source)
    chunk = Chunk.objects.get()
    assert equation(chunk) == (3, 3, 0, 0, 0)
    assert ids() == ["1004512", "3"]
    assert UsageBatch.objects.get().calls == 2
    assert OpenGroup.objects.filter(segments__gt=0).count() == 1
    assert SourceHour.objects.get().tickets == 3


def test_killed_while_the_spool_is_taken_it_takes_once(source, monkeypatch):
    put(source, ticket())
    with monkeypatch.context() as patch:
        patch.setattr(
            "chappe.connectors.pbx.spool.SpoolFile.remove", lambda self, last: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            intake.take_spool(source)
    assert Chunk.objects.count() == 1 and len(queries.spool().closed(source.slug)) == 1
    take(source)
    assert Chunk.objects.count() == 1 and queries.spool().closed(source.slug) == []
    assert len(calls()) == 1


def test_a_call_may_begin_in_one_file_and_end_in_the_next(source):
    put(source, ticket(talk="00:00:05", more=1))
    put(source, ticket(talk="00:00:04", ext="207", name="Extn207"), at=NOON + MINUTE)
    first, second = take(source)
    assert (first.calls, second.calls) == (0, 1)
    (call,) = calls()
    assert (call["usage"], call["transferred"], call["ext"]) == (9_000_000, True, "201")
    assert call["raw_ref"] == f"{first.pk}:1 {second.pk}:2"
    assert not OpenGroup.objects.filter(segments__gt=0).exists()


def test_calls_that_wait_too_long_are_closed_by_time(source):
    put(source, ticket(more=1))
    take(source)
    assert pipeline.close_old(source, NOON + 10 * MINUTE) is None
    closing = pipeline.close_old(source, NOON + 31 * MINUTE)
    assert closing is not None and closing.kind == Chunk.Kind.CLOSING
    (chunk,) = read(source)
    assert (chunk.records, chunk.calls) == (0, 1)
    assert len(calls()) == 1 and not OpenGroup.objects.filter(segments__gt=0).exists()
    assert pipeline.close_old(source, NOON + 60 * MINUTE) is None


def test_call_ids_that_start_again_are_other_calls(source):
    put(source, ticket(call="1", more=1), ticket("2024/03/11 10:00:00", call="1", ext="300"))
    (chunk,) = take(source)
    assert chunk.calls == 1
    assert [(name, row["ext"]) for name, row in zip(ids(), calls(), strict=True)] == [("1", "300")]


def test_the_night_when_clocks_go_back(source):
    put(source, ticket("2024/10/27 01:59:00", call="1"), ticket("2024/10/27 02:30:00", call="2"), at=NOON)
    (chunk,) = take(source)
    assert chunk.warnings == 1 and chunk.adds_up
    remark = TicketIssue.objects.get()
    assert (remark.code, remark.severity) == ("tickets.ambiguous-hour", "warning")
    assert [row["start"] for row in calls()] == [
        dt.datetime(2024, 10, 26, 23, 59, tzinfo=dt.UTC),
        dt.datetime(2024, 10, 27, 0, 30, tzinfo=dt.UTC),
    ]


def test_calls_are_attached_to_the_customer_of_the_day(source):
    from chappe.apps.customers.models import Assignment, Customer, Line

    customer = CUSTOMERS[Customer](None, "zqdupont")
    line = Line.objects.create(number="201", kind="extension", source=source.slug)
    Assignment.objects.create(line=line, customer=customer, starts_on=dt.date(2024, 1, 1))
    put(source, ticket(), ticket(call="2", ext="202"))
    (chunk,) = take(source)
    assert chunk.unattached == 1
    assert [(row["line_id"], row["customer"]) for row in calls()] == [(line.pk, customer.pk), (None, None)]


def test_the_default_customer_gets_what_nobody_holds(source):
    from chappe.apps.customers.models import Customer

    source.customer = CUSTOMERS[Customer](None, "zqdefaut")
    source.save()
    put(source, ticket())
    (chunk,) = take(source)
    assert chunk.unattached == 0 and calls()[0]["customer"] == source.customer_id


def test_a_source_that_speaks_another_format_raises_an_alarm_and_keeps_its_profile(source):
    asterisk = [
        f'"","201","06123456{n:02d}","ctx","""Al"" <201>","SIP/201-1","SIP/t-2","Dial","x","2024-03-11 09:14:{n:02d}","2024-03-11 09:14:{n:02d}",'
        f'"2024-03-11 09:15:{n:02d}",60,55,"ANSWERED","DOCUMENTATION"'.encode()
        for n in range(10)
    ]
    put(source, *asterisk)
    (chunk,) = take(source)
    assert equation(chunk) == (10, 0, 10, 0, 0)
    alarm = SourceAlarm.objects.get()
    assert (alarm.code, alarm.until) == ("format", None)
    assert "Asterisk" in alarm.sentence() and "10 lines of 10" in alarm.sentence()
    source.refresh_from_db()
    assert source.profile == "avaya-ip-office"
    put(source, *[ticket(call=str(n)) for n in range(6)], at=NOON + MINUTE)
    take(source)
    alarm.refresh_from_db()
    assert alarm.until is not None


def test_refused_lines_are_read_again_after_the_profile_was_corrected(source):
    from chappe.apps.collect import services

    bad = [ticket(call=str(n)).replace(b"2024/03/11 09:14:02", f"2024-03-11T09:14:{n:02d}Z".encode()) for n in range(3)]
    put(source, b"a;b;c", *bad[:1])
    take(source)
    issue = TicketIssue.objects.filter(severity="error").first()
    assert issue is not None
    mended = intake.send_mended(actor=SYSTEM, source=source, data=ticket(call="77"), issues=[issue])
    read(source)
    mended.refresh_from_db()
    assert equation(mended) == (1, 1, 0, 0, 0)
    issue.refresh_from_db()
    assert issue.state == TicketIssue.State.REPLAYED and issue.replay == mended
    assert services.leave_issues(actor=SYSTEM, issues=[issue]) == 0


def test_calls_of_a_month_are_one_stream(source):
    for n in range(3):
        put(source, ticket(call=str(n)), at=NOON + n * MINUTE)
    take(source)
    put(source, ticket("2024/04/02 10:00:00", call="9"), at=NOON + dt.timedelta(days=22))
    take(source)
    assert sorted(UsageBatch.objects.values_list("calls", flat=True)) == [1, 3]
    days = UsageBatch.objects.order_by("pk")
    assert all(one.owner is None for one in days) and all(a.pk < b.pk for a, b in pairwise(days))
