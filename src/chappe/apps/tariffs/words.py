"""Prices, steps, timings and profiles of a tariff as a person says them, in the active language.

Only writes values out: nothing is priced, rounded or looked up here.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from babel.dates import get_day_names, get_month_names
from babel.numbers import format_currency
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from chappe.core.rating.contract import is_timed
from chappe.core.rating.model import ANY, Activation, Price, Rate, Slot, Tariff, Timing, UnitKind
from chappe.core.rating.narrate import exact_text
from chappe.kit.ui import formats

MILLION = 1_000_000
TIME = "time"
VOLUME = "volume"
COUNT = "count"
_TIMES = {MILLION: "s", 60 * MILLION: "min", 3600 * MILLION: "h"}
_KILO = 1000
_MOST_DIGITS = 18
_ALWAYS_FROM = -62_135_596_800_000_000  # microseconds: "active since always" is at or before year 1


def language() -> str:
    """Two letters, for the sentences of core."""
    return (get_language() or "fr")[:2]


def amount(value: str | Fraction | Price, currency: str = "EUR") -> str:
    """``0.024`` → ``0,024 €``: at least two decimals, and every decimal that the plan has."""
    exact = _fraction(value)
    text = exact_text(exact)
    mark, text = ("…", text[:-1]) if text.endswith("…") else ("", text)
    places = len(text.partition(".")[2])
    pattern = "#,##0." + "0" * max(2, places)
    locale = formats.reader_locale()
    pattern = f"{pattern}{mark}\u00a0¤" if locale.language == "fr" else f"¤{pattern}{mark}"
    return str(format_currency(Decimal(text), currency or "EUR", pattern, locale=locale, currency_digits=False))


def _fraction(value: str | Fraction | Price) -> Fraction:
    if isinstance(value, Price):
        return Fraction(value.digits, 10**value.scale)
    try:
        return Fraction(value or 0)
    except ValueError:
        return Fraction(0)


def decimal_text(value: Fraction) -> str:
    """A plain number with the reader's separator, every digit kept up to 18 places."""
    text = exact_text(value)
    return text.replace(".", ",") if formats.reader_locale().language == "fr" else text


def quantity(millionths: int, measure: str = TIME) -> str:
    """``60_000_000`` → ``60 s``, ``1 Mo`` or ``60``: a step or a span, exactly."""
    value = Fraction(millionths, MILLION)
    if measure == TIME:
        return f"{decimal_text(value)}\u00a0s"
    if measure == VOLUME and value.denominator == 1:
        return _volume(value.numerator)
    return decimal_text(value)


def _volume(octets: int) -> str:
    french = formats.reader_locale().language == "fr"
    letter = "o" if french else "B"
    for base, mark in ((_KILO, ""), (1024, "i")):
        for rank, prefix in ((3, "G"), (2, "M"), (1, "k" if not mark else "K")):
            if octets >= base**rank and octets % base**rank == 0:
                return f"{formats.number(octets // base**rank)}\u00a0{prefix}{mark}{letter}"
    return f"{formats.number(octets)}\u00a0{letter}"


def unit(millionths: int, measure: str = TIME, kind: str = "usage") -> str:
    """What a price is for: ``min``, ``30 s``, ``Mo``, ``unit``, ``call``."""
    if kind == UnitKind.CALL:
        return pgettext("tariff", "call")
    if measure == TIME:
        return _TIMES.get(millionths) or quantity(millionths)
    if measure == COUNT:
        return _("unit") if millionths == MILLION else quantity(millionths, COUNT)
    text = quantity(millionths, measure)
    return text.removeprefix("1\u00a0")


def price_of(
    value: str | Price, millionths: int, *, measure: str = TIME, kind: str = "usage", currency: str = "EUR"
) -> str:
    """``0,024 €/min``."""
    return f"{amount(value, currency)}/{unit(millionths, measure, kind)}"


def measure_of(categories: set[str], keyed_by: str) -> str:
    """What the prices of a plan count, from the categories (or types of record) of the profiles that use it."""
    if not categories:
        return TIME
    plain = {category.strip().removeprefix("*").lower() for category in categories}
    if keyed_by == "tor":
        timed = any(is_timed(category) for category in categories)
        return TIME if timed else COUNT if plain <= {"1", "sms", "mms"} else VOLUME
    if plain <= {"sms", "mms", "generic"}:
        return COUNT
    return VOLUME if plain <= {"data"} else TIME


def plan_measures(tariff: Tariff) -> dict[str, str]:
    """Plan → what its prices count; plans that no profile uses count time."""
    used: dict[str, set[str]] = {}
    for key, activations in tariff.profiles.items():
        for activation in activations:
            used.setdefault(activation.plan, set()).add(key.category)
    return {plan: measure_of(used.get(plan, set()), tariff.keyed_by) for plan in tariff.plans}


def rate_words(rate: Rate, *, measure: str = TIME, currency: str = "EUR") -> str:
    """A whole rate: ``0,10 € de mise en relation + 0,024 €/min par pas de 60 s, puis de 1 s``."""
    parts = []
    fee = rate.slots[0].connect_fee if rate.slots else Price()
    if fee.digits:
        parts.append(_("%(fee)s to connect") % {"fee": amount(fee, currency)})
    parts += slots_words(rate.slots, measure=measure, currency=currency)
    if rate.service:
        service = rate.service
        price = price_of(service.price, service.unit, kind=str(service.kind), currency=currency)
        parts.append(_("service part %(price)s") % {"price": price})
    if rate.minimum:
        parts.append(_("at least %(least)s") % {"least": amount(rate.minimum, currency)})
    if rate.max_cost:
        parts.append(_("at most %(most)s") % {"most": amount(rate.max_cost, currency)})
    if rate.vat:
        parts.append(_("VAT %(vat)s") % {"vat": rate.vat})
    return " + ".join(parts)


def slots_words(slots: tuple[Slot, ...], *, measure: str = TIME, currency: str = "EUR") -> list[str]:
    """One text a price; slots that differ by their step alone are said together."""
    told: list[str] = []
    place = 0
    while place < len(slots):
        slot = slots[place]
        price = price_of(slot.price, slot.unit, measure=measure, kind=str(slot.kind), currency=currency)
        if not slot.price.digits and slot.kind is UnitKind.USAGE:
            price = _("free")
        text = price
        after = slots[place + 1] if place + 1 < len(slots) else None
        same = after is not None and (after.price, after.unit, after.kind) == (slot.price, slot.unit, slot.kind)
        if slot.kind is UnitKind.USAGE and slot.price.digits:
            text = f"{price} {step_words(slot.increment, after.increment if same and after else None, measure)}"
        if slot.start:
            text = _("%(price)s from %(start)s on") % {"price": text, "start": quantity(slot.start, measure)}
        told.append(text)
        place += 2 if same and slot.price.digits else 1
    return told


def step_words(first: int, following: int | None = None, measure: str = TIME) -> str:
    """``by 60 s``, ``by 60 s, then by 1 s``."""
    if following is None or following == first:
        return _("by %(step)s") % {"step": quantity(first, measure)}
    words = {"first": quantity(first, measure), "next": quantity(following, measure)}
    return _("by %(first)s, then by %(next)s") % words


def timing_words(timing: Timing | None) -> str:
    """When a timing holds: ``Monday to Friday, from 08:00``."""
    if timing is None:
        return ""
    parts = []
    if timing.week_days is not None:
        parts.append(_days(timing.week_days))
    if timing.month_days is not None:
        days = ", ".join(map(str, sorted(timing.month_days)))
        parts.append(_("on the %(days)s of the month") % {"days": days} if days else _("no day"))
    if timing.months is not None:
        names = get_month_names("abbreviated", locale=formats.reader_locale())
        parts.append(", ".join(names[month] for month in sorted(timing.months)) or _("no month"))
    if timing.years is not None:
        parts.append(", ".join(map(str, sorted(timing.years))) or _("no year"))
    if timing.asap:
        parts.append(_("as soon as possible"))
    elif timing.start:
        parts.append(_("from %(clock)s") % {"clock": clock(timing.start)})
    return ", ".join(parts) or _("always")


def _days(days: frozenset[int]) -> str:
    if not days:
        return _("no day")
    names = get_day_names("wide", locale=formats.reader_locale())
    numbers = sorted(days)
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return _("%(first)s to %(last)s") % {"first": names[numbers[0] - 1], "last": names[numbers[-1] - 1]}
    return ", ".join(names[number - 1] for number in numbers)


def clock(seconds: int) -> str:
    """Second of the day → ``08:00``."""
    text = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")


def timing_name(tag: str) -> str:
    """The tag of a timing; ``*any`` said in words."""
    return _("at any time") if tag == ANY else tag


def activations_words(rows: list[Activation]) -> str:
    """Which plan since when, then which fallbacks."""
    from datetime import UTC, datetime, timedelta

    told = []
    for row in rows:
        if row.at <= _ALWAYS_FROM:
            text = row.plan
        else:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row.at)
            text = _("%(plan)s since %(date)s") % {"plan": row.plan, "date": formats.day(moment)}
        told.append(text + "".join(f" › {name}" for name in row.fallbacks))
    return ", ".join(told)


def of_issue(issue: Any) -> dict[str, Any]:
    """A fault for a template: where, how bad, and the sentence."""
    place = ":".join([issue.file, str(issue.line), str(issue.column)]) if issue.line else issue.file
    return {"where": place, "severity": str(issue.severity), "code": issue.code, "sentence": issue.sentence(language())}
