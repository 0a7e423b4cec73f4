"""From what rules say to alerts: raised once, made graver when it gets worse, never taken back. Touches no line, no customer.

Two looks: every few minutes at the days whose calls are not those of the last look, every hour at yesterday and today for what
only time changes. The same facts raise nothing twice: an alert has the key of its rule, its customer and its day.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from chappe.apps.usage.models import UsageBatch, UsageDay
from chappe.apps.watch import counting
from chappe.apps.watch.counting import Finding, Look
from chappe.apps.watch.kinds import NANO
from chappe.apps.watch.models import Alert, Rule, WatchedDay
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence

register_sentence("watch.raised", gettext_noop("{actor} raised this alert"))
register_sentence("watch.graver", gettext_noop("{actor} made this alert critical: it got worse"))

MOST_BACK = 40  # days: an older call that comes late is billed, not watched
MOST_DAYS = 62  # days of a rating again looked at in one go
ACTOR = Actor.system("watch", said=gettext_lazy("The watch"))


def changed_days(today: dt.date) -> dict[dt.date, tuple[int, int]]:
    """Days whose calls or amounts are not those of the last look, with what they are now."""
    since = today - dt.timedelta(days=MOST_BACK)
    rows = (
        UsageDay.objects.filter(batch__state=UsageBatch.State.READY, day__gte=since, day__lte=today)
        .values("day").annotate(calls_=Sum("calls"), total_=Sum("total")).order_by("day")
    )  # fmt: skip
    now = {row["day"]: (row["calls_"], row["total_"] or 0) for row in rows}
    known = {row.day: (row.calls, row.total) for row in WatchedDay.objects.filter(day__gte=since)}
    changed = [(day, sums) for day, sums in now.items() if known.get(day) != sums]
    return dict(changed[:MOST_DAYS])


def look_at_new(
    *,
    now: dt.datetime | None = None,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = lambda _said: None,
) -> int:
    """Rules over the days that changed; how many alerts were raised or made graver. ``tell`` hears of rules that were too slow."""
    now = now or timezone.now()
    days = changed_days(timezone.localdate(now))
    raised = 0
    for begin, end in _runs(days):
        raised += look_at(begin, end, now=now, check=check, tell=tell)
    for day, (calls, total) in days.items():  # after the look: a crash before it looks again
        WatchedDay.objects.update_or_create(day=day, defaults={"calls": calls, "total": total})
    return raised


def look_at(
    begin: dt.date,
    end: dt.date,
    *,
    now: dt.datetime,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = lambda _said: None,
    rules: Iterable[Rule] | None = None,
) -> int:
    """Every active rule (or these) over these days; how many alerts were raised or made graver. A rule that takes too long is stopped
    and says so on its page, and owes these days; the others go on."""
    raised = 0
    rules = _rules() if rules is None else rules
    for look, found in counting.findings_of([Look(rule, begin, end, now) for rule in rules], check=check):
        check()
        _note_pace(look, is_slow=found is None)
        if found is None:
            tell(_("“%(rule)s” took too long and was stopped; the other rules went on.") % {"rule": look.rule})
        raised += sum(keep(finding, now) for finding in found or ())
    return raised


def look_at_owed(
    *,
    now: dt.datetime,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = lambda _said: None,
) -> int:
    """The days at which a rule was stopped, once more, one after the other, the oldest first. The first that takes too long again ends
    it until the next hour: a rule that stays slow costs one stop an hour, and one that was made quicker has missed nothing."""
    today = timezone.localdate(now)
    raised = 0
    for rule in _rules().exclude(owed_from=None):
        while rule.owed_from is not None and rule.owed_from < today:
            day = max(rule.owed_from, today - dt.timedelta(days=MOST_BACK))
            raised += look_at(day, day, now=now, check=check, tell=tell, rules=[rule])
            rule.refresh_from_db(fields=["owed_from"])
            if rule.owed_from is not None and rule.owed_from <= day:  # too long again
                break
    return raised


def _rules() -> QuerySet[Rule]:
    return Rule.objects.filter(active=True).select_related("owner", "customer").order_by("pk")


def _note_pace(look: Look, *, is_slow: bool) -> None:
    """Its page says that it was stopped, until a look of it ends in time; and from which day on it must be looked at again."""
    rule, today = look.rule, timezone.localdate(look.now)
    owed = rule.owed_from
    if is_slow:
        owed = min(owed or look.begin, look.begin)
    elif owed is not None and look.begin <= max(owed, today - dt.timedelta(days=MOST_BACK)) <= look.end:
        owed = look.end + dt.timedelta(days=1)
        if owed >= today:  # what comes today is looked at as it comes
            owed = None
    slow_at = look.now if is_slow else None
    if (rule.slow_at, rule.owed_from) != (slow_at, owed):
        Rule.objects.filter(pk=rule.pk).update(slow_at=slow_at, owed_from=owed)


def _runs(days: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Days that follow each other are looked at together."""
    runs: list[tuple[dt.date, dt.date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] == dt.timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def keep(finding: Finding, now: dt.datetime | None = None) -> bool:
    """Raise the alert of a finding, or bring it up to date; True when there is something new to tell."""
    now = now or timezone.now()
    alert = Alert.objects.filter(key=finding.key).first()
    if alert is None:
        try:
            with transaction.atomic():
                alert = Alert.objects.create(
                    key=finding.key, raised_at=timezone.now(), muted_until=silence(finding, now), **_values(finding)
                )
                audit.event(ACTOR, alert, "watch.raised")
            return True
        except IntegrityError:  # the two looks saw it together
            alert = Alert.objects.get(key=finding.key)
    if finding.value <= alert.value and finding.severity == alert.severity and finding.total == alert.total:
        return False
    return _renewed(alert, finding, now)


def _renewed(alert: Alert, finding: Finding, now: dt.datetime) -> bool:
    """New figures; what was a warning and is critical opens again, and is told again."""
    graver = alert.severity == Alert.Severity.WARNING and finding.severity == Alert.Severity.CRITICAL
    if finding.value < alert.value and not graver:
        return False  # calls were rated again for less: what was said was said
    values = _values(finding)
    if not graver:
        values = {
            name: values[name] for name in ("value", "calls", "seconds", "total", "first", "last", "sample", "params")
        }
        Alert.objects.filter(pk=alert.pk).update(**values)
        return False
    with transaction.atomic():
        reopened = {"state": Alert.State.NEW, "closed_at": None} if alert.state == Alert.State.CLOSED else {}
        Alert.objects.filter(pk=alert.pk).update(
            **values, **reopened, mailed_at=None, muted_until=silence(finding, now)
        )
        audit.event(ACTOR, alert, "watch.graver")
    return True


def silence(said: Finding | Alert, now: dt.datetime) -> dt.datetime | None:
    """Until when nobody wants to hear of it: what silences the rule, or an alert of the same customer as grave as this one."""
    same = Alert.objects.filter(subject=said.subject, muted_until__gt=now)
    if said.severity == Alert.Severity.CRITICAL:
        same = same.filter(severity=Alert.Severity.CRITICAL)
    ends = [said.rule.muted_until, *same.values_list("muted_until", flat=True)]
    return max((end for end in ends if end is not None and end > now), default=None)


def _values(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    params = {
        "window": rule.window, "extra": finding.extra, "usual": finding.usual, "short_seconds": rule.short_seconds,
        "amount": int((rule.amount or 0) * NANO), "period": finding.period.isoformat(),
    }  # fmt: skip
    return {
        "subject": finding.subject, "rule": rule, "owner_id": finding.owner, "counter": rule.counter, "severity": finding.severity,
        "customer_id": finding.customer, "line_id": finding.line, "account": finding.account[:100], "day": finding.day,
        "first": finding.first, "last": finding.last, "unit": rule.unit, "value": finding.value, "threshold": finding.threshold,
        "calls": finding.calls, "seconds": finding.seconds, "total": finding.total, "params": params, "sample": list(finding.sample),
        "proposed": rule.propose and finding.severity == Alert.Severity.CRITICAL,
    }  # fmt: skip
