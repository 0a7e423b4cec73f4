"""Silence, gaps and the state that the collector tells: raised once, mailed once, over by themselves."""

import datetime as dt

import pytest
from django.utils import timezone, translation

from chappe.apps.collect import alarms, hours, told
from chappe.apps.collect.health import health_of
from chappe.apps.collect.models import SourceAlarm, SourceHour, SourceState
from chappe.connectors.pbx.source import Problem, SourceStatus
from tests.support.rows_collect import source as make_source

#: Monday 11 March 2024, 14:00 in Paris.
MONDAY = dt.datetime(2024, 3, 11, 13, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def heard(source, when):
    SourceState.objects.update_or_create(source=source, defaults={"last_ticket": when})
    source.refresh_from_db()
    return type(source).objects.get(pk=source.pk)


def lasting(source):
    return list(source.alarms.filter(until=None).values_list("code", flat=True))


def test_silence_in_opening_hours_is_an_alarm_once(source):
    source = heard(source, MONDAY - 2 * HOUR)
    alarms.watch(source, MONDAY)
    alarms.watch(source, MONDAY + dt.timedelta(minutes=5))
    alarm = SourceAlarm.objects.get()
    assert (alarm.code, alarm.until) == ("silence", None)
    assert "No ticket since 11 Mar 2024 12:00" in alarm.sentence()


def test_a_ticket_ends_the_silence(source):
    alarms.watch(heard(source, MONDAY - 2 * HOUR), MONDAY)
    alarms.watch(heard(source, MONDAY), MONDAY + dt.timedelta(minutes=1))
    assert lasting(source) == []


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (dt.datetime(2024, 3, 11, 21, 0, tzinfo=dt.UTC), "the evening"),
        (dt.datetime(2024, 3, 10, 13, 0, tzinfo=dt.UTC), "a Sunday"),
        (dt.datetime(2024, 4, 1, 12, 0, tzinfo=dt.UTC), "Easter Monday"),
        (dt.datetime(2024, 3, 12, 7, 30, tzinfo=dt.UTC), "half an hour after opening, silent since the evening before"),
    ],
)
def test_silence_outside_opening_hours_is_none(source, now, why):
    alarms.watch(heard(source, now - 13 * HOUR), now)
    assert lasting(source) == [], why


def test_a_source_that_never_spoke_is_not_silent(source):
    alarms.watch(heard(source, None), MONDAY)
    assert lasting(source) == []


def usual_weeks(source, weeks=4, calls=20):
    """Mondays to Fridays from 9 to 17, Paris, that many calls an hour, until the hour before ``MONDAY``'s day."""
    for back in range(1, weeks * 7 + 1):
        day = (MONDAY - dt.timedelta(days=back)).replace(hour=0)
        if day.weekday() < 5:
            for hour in range(8, 16):
                SourceHour.objects.create(source=source, hour=day + hour * HOUR, tickets=calls, calls=calls)


def test_fewer_calls_than_usual_is_a_gap_and_ends(source):
    usual_weeks(source)
    now = MONDAY + dt.timedelta(minutes=30)  # 14:30 in Paris: 13–14 is complete
    SourceHour.objects.create(source=source, hour=MONDAY - 3 * HOUR, tickets=21, calls=21)
    SourceHour.objects.create(source=source, hour=MONDAY - 2 * HOUR, tickets=1, calls=1)
    alarms.watch(heard(source, now), now)
    alarm = SourceAlarm.objects.get()
    assert alarm.code == "gap"
    assert (alarm.params["found"], alarm.params["usual"]) == (1, 40)
    assert alarm.sentence() == "1 calls between 11 Mar 2024 12:00 and 11 Mar 2024 14:00, where about 40 are usual."
    shown = {hour.start: hour for hour in hours.last_hours(source, 6, now)}
    assert shown[MONDAY - 2 * HOUR].gap and not shown[MONDAY - 3 * HOUR].gap
    SourceHour.objects.filter(source=source, hour=MONDAY - 2 * HOUR).update(calls=20)
    SourceHour.objects.create(source=source, hour=MONDAY - HOUR, tickets=19, calls=19)
    alarms.watch(heard(source, now), now)
    assert lasting(source) == []


def test_nobody_knows_what_is_usual_before_two_weeks(source):
    usual_weeks(source, weeks=1)
    assert hours.usual_week(source, MONDAY) == {}
    alarms.watch(heard(source, MONDAY), MONDAY + dt.timedelta(minutes=30))
    assert lasting(source) == []


def test_the_usual_hour_follows_the_clock_of_the_source_over_summer_time(source):
    for back in (35, 28, 21, 14, 7):  # 9:00 in Paris on Mondays, in winter 8:00 UTC
        SourceHour.objects.create(
            source=source, hour=dt.datetime(2024, 4, 1, 8, tzinfo=dt.UTC) - dt.timedelta(days=back), calls=30
        )
    usual = hours.usual_week(source, dt.datetime(2024, 4, 1, 12, tzinfo=dt.UTC))
    assert usual == {(0, 9): 30.0}


def test_the_collector_tells_a_full_disk_and_that_it_is_over(source):
    told.tell(source.slug, state="full", detail="No space left")
    assert lasting(source) == ["disk"]
    source.refresh_from_db()
    assert health_of(source).code == "error" and "No space left" in str(health_of(source).why)
    told.tell(source.slug, state="connected", connections=[{"peer": "192.0.2.9:4000", "records": 3}])
    assert lasting(source) == []
    source.live.refresh_from_db()
    assert source.live.connections == [{"peer": "192.0.2.9:4000", "records": 3}]


def test_a_fault_of_the_collector_is_said_in_the_language_of_who_reads_it(source):
    problem = Problem("cannot-listen", {"port": 80, "reason": "Permission denied"})
    told.tell_status(SourceStatus(source.slug, state="error", problem=problem), "fr")
    alarm = source.alarms.get(until=None)
    with translation.override("fr"):
        assert "Le port 80 ne peut pas être ouvert : ce n’est pas permis ; les ports inférieurs" in alarm.sentence()
    with translation.override("en"):
        assert "Port 80 cannot be opened: it is not permitted; ports below 1024 need" in alarm.sentence()


def test_what_is_told_of_an_unknown_source_is_dropped(db):
    told.tell("nobody", state="connected")
    assert SourceState.objects.count() == 0


def test_a_collector_that_is_silent_is_not_in_order(source):
    told.tell(source.slug, state="connected", last=timezone.now())
    SourceState.objects.update(told_at=timezone.now() - dt.timedelta(minutes=10))
    assert health_of(type(source).objects.get(pk=source.pk)).code == "starting"  # it was saved a moment ago
    type(source).objects.update(updated_at=timezone.now() - dt.timedelta(minutes=10))
    verdict = health_of(type(source).objects.get(pk=source.pk))
    assert verdict.code == "waiting" and "chappe collect" in str(verdict.why)


def test_an_alarm_is_mailed_once_to_whom_the_source_says(source):
    from chappe.kit.mail.models import Message

    make_source(None, "autre", name="Autre")
    source.alarm_emails = "exploitation@chappe.example; astreinte@chappe.example"
    source.save()
    now = MONDAY
    alarms.watch(heard(source, MONDAY - 2 * HOUR), now)
    SourceAlarm.objects.update(since=now)
    assert alarms.mail(now + dt.timedelta(minutes=1)) == 0
    assert alarms.mail(now + dt.timedelta(minutes=3)) == 1
    assert alarms.mail(now + dt.timedelta(minutes=9)) == 0
    message = Message.objects.get()
    assert message.to == ["exploitation@chappe.example", "astreinte@chappe.example"]
    assert message.subject == "Siège: Silence" and "No ticket since" in message.text


def test_an_address_that_became_wrong_stops_nobody(source):
    from chappe.kit.mail.models import Message

    bad = make_source(None, "mal", name="Mal", alarm_emails="pas-une-adresse")
    source.alarm_emails = "a@chappe.example"
    source.save()
    for one in (bad, source):
        SourceAlarm.objects.create(source=one, code="gap", since=MONDAY, params={})
    assert alarms.mail(MONDAY + HOUR) == 1
    assert Message.objects.get().to == ["a@chappe.example"]


def test_why_a_source_waits_is_said_in_the_language_of_who_reads_it(source):
    """No alarm yet: the state alone says it, and forgets it when it is over."""
    status = SourceStatus(source.slug, state="waiting", problem=Problem("closed-by-peer", {}))
    told.tell_status(status)
    source = type(source).objects.get(pk=source.pk)
    assert lasting(source) == [] and health_of(source).code == "waiting"
    with translation.override("en"):
        assert str(health_of(source).why) == "The PBX closed the connection. Tried again by itself."
    with translation.override("fr"):
        assert str(health_of(source).why) == "Le PBX a fermé la connexion. Nouvel essai automatique."
    told.tell(source.slug, state="connected")
    assert SourceState.objects.get().fault == []
