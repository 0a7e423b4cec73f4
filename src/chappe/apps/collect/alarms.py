"""Alarms of sources: raised once, mailed once, ended by themselves when the matter is over. Never changes a source.

The collector is not asked: silence and gaps are seen from what came, by the job of every minute.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chappe.apps.collect import hours
from chappe.apps.collect.models import LIVE_WAYS, Source, SourceAlarm
from chappe.kit.access.actor import Actor

MAIL_AFTER = dt.timedelta(minutes=2)  # a link that comes back at once wakes nobody
Code = SourceAlarm.Code


def raise_alarm(source: Source, code: str, **params: Any) -> SourceAlarm:
    """The alarm of that code, made now unless it lasts already; its figures follow."""
    row = SourceAlarm.objects.filter(source=source, code=code, until=None).first()
    if row is None:
        try:
            with transaction.atomic():
                return SourceAlarm.objects.create(source=source, code=code, since=timezone.now(), params=params)
        except IntegrityError:  # the collector and a job saw it together
            row = SourceAlarm.objects.get(source=source, code=code, until=None)
    if row.params != params:
        SourceAlarm.objects.filter(pk=row.pk).update(params=params)
        row.params = params
    return row


def end(source: Source, code: str) -> bool:
    """The matter is over; whether there was an alarm."""
    return bool(SourceAlarm.objects.filter(source=source, code=code, until=None).update(until=timezone.now()))


def is_open_at(source: Source, moment: dt.datetime) -> bool:
    """Whether the site is open then, in its own clock; holidays of France are closed."""
    there = moment.astimezone(ZoneInfo(source.zone()))
    if str(there.isoweekday()) not in source.open_days or there.date() in _holidays(there.year):
        return False
    return source.opens_at <= there.time() < source.closes_at


def _holidays(year: int) -> Any:
    return holidays.country_holidays("FR", years=year)


def open_minutes(source: Source, begin: dt.datetime, end: dt.datetime) -> int:
    """Minutes of opening between two moments, at most what an alarm needs to know (two days are looked at)."""
    begin = max(begin, end - dt.timedelta(days=2))
    step, minutes = dt.timedelta(minutes=5), 0
    at = begin
    while at < end:
        piece = min(step, end - at)
        if is_open_at(source, at):
            minutes += int(piece.total_seconds() // 60)
        at += step
    return minutes


def watch(source: Source, now: dt.datetime | None = None) -> None:
    """Silence and gaps of one active source, as they are now."""
    now = now or timezone.now()
    told = source.told
    if source.way in LIVE_WAYS and source.silence_minutes and told.last_ticket is not None:
        silent = is_open_at(source, now) and open_minutes(source, told.last_ticket, now) >= source.silence_minutes
        if silent:
            raise_alarm(source, Code.SILENCE, since=told.last_ticket.isoformat())
        elif now - told.last_ticket < dt.timedelta(minutes=source.silence_minutes):
            end(source, Code.SILENCE)
    gap = hours.open_gap(source, now)
    if gap:
        raise_alarm(
            source, Code.GAP, found=sum(hour.calls for hour in gap), usual=round(sum(hour.usual or 0 for hour in gap)),
            **{"from": gap[0].start.isoformat(), "to": (gap[-1].start + hours.HOUR).isoformat()},
        )  # fmt: skip
    else:
        end(source, Code.GAP)


def mail(now: dt.datetime | None = None) -> int:
    """Mail the alarms that nobody was told of and that last; how many."""
    now = now or timezone.now()
    rows = SourceAlarm.objects.filter(until=None, mailed_at=None, since__lte=now - MAIL_AFTER).exclude(
        source__alarm_emails=""
    )
    sent = 0
    for alarm in rows.select_related("source", "source__owner"):
        sent += _mail(alarm)
    return sent


def _mail(alarm: SourceAlarm) -> bool:
    """One mail an alarm, whatever is repeated: the outbox knows its key."""
    from chappe.kit.mail.services import send

    source = alarm.source
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(source)s: %(alarm)s") % {"source": source.name, "alarm": alarm.get_code_display()}
        text = "\n\n".join(
            [
                _("Source: %(source)s") % {"source": source.name},
                alarm.sentence(),
                _(
                    "You will get no other mail for this alarm until it is over. Its page in Chappe shows how it goes on."
                ),
            ]
        )
        try:
            send(
                actor=Actor.system("collect"), to=source.alarm_emails, subject=subject, text=text, owner=source.owner,
                about=source, key=f"collect.alarm:{alarm.pk}",
            )  # fmt: skip
        except ValidationError:  # an address that became wrong must not stop the others
            return False
    SourceAlarm.objects.filter(pk=alarm.pk).update(mailed_at=timezone.now())
    return True
