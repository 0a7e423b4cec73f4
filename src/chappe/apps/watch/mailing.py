"""Alerts by mail: one mail for all that a reader is to be told, and none again for the same customer within the rule's time."""

import datetime as dt
import hashlib
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.apps.watch.models import Alert, words
from chappe.apps.watch.raising import ACTOR, silence
from chappe.kit.access.actor import Actor

MOST = 200  # alerts looked at in one go
SHOWN = 50  # alerts written in one mail
STALE = dt.timedelta(days=3)


def mail(now: dt.datetime | None = None) -> int:
    """Mail the alerts that nobody was told of; how many mails."""
    now = now or timezone.now()
    fresh = Q(raised_at__gte=now - STALE) | Q(muted_until__gte=now - STALE)  # a silence that has just ended is news
    rows = Alert.objects.filter(fresh, mailed_at=None).exclude(rule__emails="")
    rows = rows.exclude(state=Alert.State.CLOSED).exclude(muted_until__gt=now).exclude(rule__muted_until__gt=now)
    rows = rows.select_related("rule", "rule__owner", "owner", "customer", "line")
    groups: dict[tuple[int | None, tuple[str, ...]], list[Alert]] = defaultdict(list)
    told: set[tuple[str, str]] = set()
    for alert in rows.order_by("severity", "pk")[:MOST]:
        if _held(alert, now) or (alert.subject, alert.severity) in told:
            continue
        told.add((alert.subject, alert.severity))
        groups[alert.rule.owner_id, tuple(sorted(set(words(alert.rule.emails))))].append(alert)
    return sum(_send(list(to), alerts, now) for (_owner, to), alerts in groups.items())


def _held(alert: Alert, now: dt.datetime) -> bool:
    """Whether the same customer was told of by the same rule not long ago, at least as gravely, or is muted."""
    if silence(alert, now) is not None:
        return True
    since = now - dt.timedelta(minutes=alert.rule.cooldown)
    mailed = Alert.objects.filter(subject=alert.subject, mailed_at__gt=since).exclude(pk=alert.pk)
    if alert.severity == Alert.Severity.CRITICAL:
        mailed = mailed.filter(severity=Alert.Severity.CRITICAL)
    return mailed.exists()


def _send(to: list[str], alerts: list[Alert], now: dt.datetime) -> bool:
    from chappe.kit.mail.services import send

    marks = ",".join(f"{alert.pk}{alert.severity}" for alert in alerts)
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
        subject = alerts[0].__str__() if len(alerts) == 1 else _("Watch: %(first)s and others") % {"first": alerts[0]}
        count = ngettext("%(n)s alert of the watch:", "%(n)s alerts of the watch:", len(alerts)) % {"n": len(alerts)}
        lines = [_line(alert) for alert in alerts[:SHOWN]]
        if len(alerts) > SHOWN:
            lines.append(_("The others stand on the page of alerts."))
        foot = _(
            "Nothing was done to any line. The page “Alerts” of Chappe shows the calls and says who deals with it."
        )
        try:
            send(
                actor=ACTOR, to=to, subject=subject[:200], text="\n\n".join([count, *lines, foot]), owner=alerts[0].rule.owner,
                about=alerts[0], key=f"watch:{hashlib.sha256(marks.encode()).hexdigest()[:40]}",
            )  # fmt: skip
        except ValidationError:  # an address that became wrong must not stop the others
            return False
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(mailed_at=now)
    return True


def tell_given(*, actor: Actor, alert: Alert, to: Any, note: str) -> None:
    """Tell a person that an alert is theirs now; without an address, the page alone says so."""
    from chappe.kit.mail.services import send

    if not to.email:
        return
    with translation.override(to.language or settings.LANGUAGE_CODE):
        lines = [_("%(who)s gave you an alert of the watch.") % {"who": actor.label}, note, _line(alert)]
        lines.append(_("The page “Alerts” of Chappe shows the calls and what can be done."))
        send(
            actor=actor, to=[to.email], subject=_("An alert for you: %(alert)s") % {"alert": alert}, about=alert,
            text="\n\n".join(line for line in lines if line), owner=to.organisation,
        )  # fmt: skip


def _line(alert: Alert) -> str:
    told = f"[{alert.get_severity_display()}] {alert}\n{alert.day:%d/%m/%Y} · {alert.sentence()}"
    return f"{told}\n{_('Suspension proposed: a person decides.')}" if alert.proposed else told
