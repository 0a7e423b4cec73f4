"""What the page of an alert shows beside its columns: the sentence, the calls that made it (masked like any list), the way on."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.utils import timezone

from chappe.apps.usage.models import Call
from chappe.apps.watch import counting, raising, words
from chappe.apps.watch.kinds import Counter
from chappe.apps.watch.models import Alert, Rule
from chappe.kit.access.door import may_touch, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Tone

SEVERITIES = {"warning": Tone.WARN, "critical": Tone.BAD}
STATES = {"new": Tone.WAIT, "seen": Tone.NEW, "progress": Tone.RUN, "closed": Tone.OK}


def said(alert: Alert, user: Any) -> dict[str, Any]:
    """The sentence, figures and the list of calls with the filters that show them."""
    return {
        "alert": alert, "tone": SEVERITIES[alert.severity], "total": words.rounded(alert.total), "calls_url": calls_url(alert, user),
        "rule_url": registry.object_url(alert.rule) if may_touch(user, alert.rule, 1) else "",
        "trial_url": f"{registry.url('watch.trial')}?rule={alert.rule_id}" if may_touch(user, alert.rule, 1) else "",
    }  # fmt: skip


def in_words(rule: Rule, user: Any) -> dict[str, Any]:
    """What the rule watches and what it takes, without what its counter does not use; what its closed alerts turned out to be."""
    closed = visible_to(user, Alert).filter(rule=rule, state=Alert.State.CLOSED).order_by()
    told = closed.values_list("outcome").annotate(n=Count("pk")).order_by("outcome")
    return {
        "facts": words.rule_facts(rule), "rule": rule, "seconds": counting.RULE_SECONDS, "back": raising.MOST_BACK,
        "outcomes": [(Alert.Outcome(outcome).label, n) for outcome, n in told if outcome],
    }  # fmt: skip


def evidence(alert: Alert, user: Any) -> dict[str, Any]:
    """Calls kept as evidence, as this reader may see them; a file rated again has other keys, the list still finds them."""
    rows = list(visible_to(user, Call).filter(pk__in=alert.sample).order_by("start")) if alert.sample else []
    return {"rows": rows, "more": max(0, alert.calls - len(rows)) if rows else 0, "calls_url": calls_url(alert, user)}


def calls_url(alert: Alert, user: Any) -> str:
    """The list of calls, narrowed to the customer, the days and the numbers of the alert."""
    first = timezone.localtime(alert.first).date() if alert.first else alert.day
    last = timezone.localtime(alert.last).date() if alert.last else alert.day
    params: dict[str, Any] = {"scope": "all", "start_from": first.isoformat(), "start_to": last.isoformat()}
    if alert.counter == Counter.SPEND and alert.rule.period == Rule.Period.MONTH:
        params["start_from"] = alert.day.replace(day=1).isoformat()
    elif not alert.first:
        params["start_from"] = (alert.day - dt.timedelta(days=1)).isoformat()
    if alert.customer_id:
        params["customer"] = f"={alert.customer_id}"
    elif alert.account:
        params["q"] = alert.account
    if alert.line_id:
        params["customer_line"] = f"={alert.line_id}"
    params |= _numbers(alert)
    return f"{registry.url('usage.call')}?{urlencode(params)}"


def _numbers(alert: Alert) -> dict[str, str]:
    """One prefix or one kind is a filter of the list; several are not."""
    prefixes, kinds = alert.rule.prefix_list(), alert.rule.kind_list()
    if alert.counter in {Counter.LISTED, Counter.SPREAD} and alert.params.get("extra"):
        return {"destination": str(alert.params["extra"])}
    if len(prefixes) == 1 and not kinds:
        return {"destination": prefixes[0]}
    return {"kind": kinds[0]} if len(kinds) == 1 and not prefixes else {}
