"""What the watch says, in the reader's language: whom, how much, and the sentence of each counter. Data and grammar only."""

from typing import Any

from babel import Locale
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from chappe.apps.usage import labels
from chappe.apps.usage.choices import KINDS
from chappe.apps.watch.kinds import NANO, Counter, Unit, written
from chappe.kit.ui import formats


def who(alert: Any) -> str:
    """The line or the customer; the account of a file; "" never."""
    customer = next(iter(labels.names_of("customer", [alert.customer_id]).values()), "")
    line = next(iter(labels.names_of("line_id", [alert.line_id]).values()), "")
    if customer or line:
        return " · ".join(name for name in (customer, line) if name)
    if alert.account:
        return str(alert.account)
    return _("Several customers") if alert.counter == Counter.SPREAD else _("Calls of nobody")


def quantity(unit: str, value: int) -> str:
    """A value with its unit: « 95 min », « 3,2 × », « 84 % »."""
    told = written(unit, value)
    match unit:
        case Unit.MINUTES:
            return formats.duration(value)
        case Unit.CALLS:
            return ngettext("%(n)s call", "%(n)s calls", value) % {"n": formats.number(told)}
        case Unit.CUSTOMERS:
            return ngettext("%(n)s customer", "%(n)s customers", value) % {"n": formats.number(told)}
        case Unit.TIMES:
            return _("%(n)s times the usual") % {"n": formats.number(round(told, 1))}
    return _("%(n)s %% of the cap") % {"n": formats.number(told)}


def country(code: str) -> str:
    """The name of a region; a calling code stays as it is."""
    if code.startswith("+"):
        return code
    return str(Locale((get_language() or "fr")[:2]).territories.get(code, code))


def span(minutes: int) -> str:
    """A window, as words follow « within »."""
    if minutes >= 1440:
        return _("in the day")
    if minutes % 60 == 0:
        return ngettext("within %(n)s hour", "within %(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("within %(n)s minute", "within %(n)s minutes", minutes) % {"n": minutes}


def sentence(alert: Any) -> str:
    """What happened, whole: value, window, and the threshold that was passed."""
    params = alert.params or {}
    values = {
        "value": quantity(alert.unit, alert.value), "threshold": quantity(alert.unit, alert.threshold),
        "span": span(int(params.get("window", 1440))), "extra": params.get("extra", ""),
        "total": rounded(alert.total), "usual": rounded(params.get("usual")), "cap": rounded(params.get("amount")),
        "seconds": params.get("short_seconds", 10),
    }  # fmt: skip
    if alert.counter == Counter.COUNTRY:
        values["extra"] = country(values["extra"])
    return _templates()[alert.counter] % values


def rounded(nano: int | None) -> str:
    """An amount to the cent: a sentence is no invoice."""
    if nano is None:
        return formats.DASH
    cents = (abs(int(nano)) + 5_000_000) // 10_000_000
    return formats.money((cents if nano >= 0 else -cents) * 10_000_000)


def rule_facts(rule: Any) -> list[tuple[str, str]]:
    """A rule in words, as (label, text): only what its counter uses, thresholds with what they are counted over."""
    facts = [
        (_("What is counted"), f"{rule.get_counter_display()} · {rule.get_per_display()}"),
        (_("Customer"), str(rule.customer) if rule.customer_id else ""),
        (_("Numbers"), _numbers(rule)), (_("When"), _moments(rule)),
        (_("Warning from"), _taken(rule, rule.warning_shown())), (_("Critical from"), _taken(rule, rule.critical_shown())),
    ]  # fmt: skip
    if rule.counter == Counter.SPEND:
        facts.append(
            (_("Cap"), f"{formats.money(int(rule.amount * NANO))} · {rule.get_period_display()}" if rule.amount else "")
        )
    elif rule.needs.amount:
        facts.append((_("Silent below"), formats.money(int(rule.amount * NANO)) if rule.amount else ""))
    if rule.needs.past:
        days = ngettext("the day before", "the %(n)s days before", rule.past_days) % {"n": rule.past_days}
        facts.append((_("Compared with"), days))
    return [(label, text) for label, text in facts if text]


def _taken(rule: Any, threshold: str) -> str:
    if not threshold:
        return ""
    words = [threshold]
    if rule.counter == Counter.SHORT:
        words.append(_("shorter than %(n)s s") % {"n": formats.number(rule.short_seconds)})
    if rule.needs.windowed:
        words.append(span(rule.window))
    return " ".join(words)


def _numbers(rule: Any) -> str:
    known = {str(word): str(label) for word, label in KINDS}
    found = [known.get(kind, kind) for kind in rule.kind_list()]
    if rule.prefix_list():
        found.append(_("those that begin with %(prefixes)s") % {"prefixes": ", ".join(rule.prefix_list())})
    return " · ".join(found) or (
        _("Those of the list of risky prefixes") if rule.counter == Counter.LISTED else _("All")
    )


def _moments(rule: Any) -> str:
    if rule.moments == rule.Moments.ALWAYS:
        return str(rule.get_moments_display())
    names = Locale((get_language() or "fr")[:2]).days["stand-alone"]["abbreviated"]
    days = ", ".join(names[int(digit) - 1] for digit in sorted(set(rule.days))) or _("every day")
    hours = _("%(begin)s:00 to %(end)s:00") % {"begin": rule.hour_from, "end": rule.hour_to}
    inside = f"{days}, {hours}"
    if rule.moments == rule.Moments.WITHIN:
        return inside
    return _("Outside of %(hours)s; all day on holidays") % {"hours": inside}


def _templates() -> dict[str, str]:
    return {
        Counter.CALLS: _("%(value)s %(span)s, for %(total)s (threshold: %(threshold)s)."),
        Counter.MINUTES: _("%(value)s of calls %(span)s, for %(total)s (threshold: %(threshold)s)."),
        Counter.DURATION: _("A call of %(value)s (threshold: %(threshold)s)."),
        Counter.CONCURRENT: _("%(value)s at the same time (threshold: %(threshold)s)."),
        Counter.SEQUENTIAL: _("%(value)s in a row to the same number %(span)s (threshold: %(threshold)s)."),
        Counter.SHORT: _("%(value)s under %(seconds)s s %(span)s (threshold: %(threshold)s)."),
        Counter.COUNTRY: _("First calls to this country: %(extra)s, %(value)s in the day, for %(total)s."),
        Counter.SPREAD: _("%(value)s called numbers that begin with %(extra)s %(span)s (threshold: %(threshold)s)."),
        Counter.LISTED: _("%(value)s to the risky prefix %(extra)s %(span)s, for %(total)s (threshold: %(threshold)s)."),
        Counter.COST: _("%(total)s in the day: %(value)s, which is %(usual)s (threshold: %(threshold)s)."),
        Counter.SPEND: _("%(usual)s spent of a cap of %(cap)s; at this pace, %(value)s at the end (threshold: %(threshold)s)."),
    }  # fmt: skip
