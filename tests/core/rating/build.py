"""Small tariffs in few words, for the tests of rating."""

from datetime import datetime

from chappe.core.base.money import exact
from chappe.core.rating.compile import compile_tariff
from chappe.core.rating.explain import Explanation, price_one
from chappe.core.rating.model import (
    Activation,
    Origin,
    PlanEntry,
    Price,
    ProfileKey,
    Rate,
    Slot,
    Tariff,
    Timing,
    UnitKind,
)

WORKDAYS = frozenset({1, 2, 3, 4, 5})
WEEKEND = frozenset({6, 7})
SECOND = 1_000_000


def price(text: str) -> Price:
    return Price(*exact(text))


def micros(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp()) * SECOND


def slot(text: str, unit: int = 1, step: float = 1, start: int = 0, connect: str = "0", per_call: bool = False) -> Slot:
    """Price per so many seconds, in steps of, from a second on."""
    kind = UnitKind.CALL if per_call else UnitKind.USAGE
    return Slot(price(text), unit * SECOND, round(step * SECOND), start * SECOND, price(connect), kind)


def rate(tag: str, *slots: Slot, **more: object) -> Rate:
    return Rate(tag, tuple(slots), **more)  # type: ignore[arg-type]


def entry(
    destination: str, timing: str, its_rate: Rate, weight: int = 10, since: str = "", until: str = ""
) -> PlanEntry:
    return PlanEntry(
        destination,
        timing,
        its_rate,
        weight * 1000,
        micros(since) if since else None,
        micros(until) if until else None,
    )


def profiles(table: dict[str, list[tuple[str, str, tuple[str, ...]]]]) -> dict[ProfileKey, list[Activation]]:
    """subject → [(activation time, plan, fallbacks)], of tenant T and category call."""
    return {
        ProfileKey("OUT", "T", "call", subject): [Activation(micros(at), plan, back) for at, plan, back in rows]
        for subject, rows in table.items()
    }


def destinations(table: dict[str, str]) -> dict[str, dict[str, Origin]]:
    """tag → prefixes separated by spaces."""
    return {tag: dict.fromkeys(prefixes.split(), Origin()) for tag, prefixes in table.items()}


TIMINGS = {
    "DAY": Timing("DAY", week_days=WORKDAYS),
    "EVENING": Timing("EVENING", week_days=WORKDAYS, start=18 * 3600),
    "WEEKEND": Timing("WEEKEND", week_days=WEEKEND),
}


def simple(*slots: Slot, timezone: str = "UTC", **more: object) -> Tariff:
    """One subject, one plan, one destination (49), one rate that always holds."""
    its = rate("R", *slots, **more)
    return Tariff(
        timezone=timezone,
        destinations=destinations({"DE": "49"}),
        plans={"P": [entry("DE", "*any", its)]},
        profiles=profiles({"s": [("2000-01-01T00:00:00Z", "P", ())]}),
    )


def call(
    tariff: Tariff,
    start: str,
    usage: int | str,
    destination: str = "4930123456",
    subject: str = "s",
    **more: object,
) -> Explanation:
    """Price one call of tenant T."""
    return price_one(
        compile_tariff(tariff),
        tenant="T",
        subject=subject,
        destination=destination,
        start=start,
        usage=usage,
        **more,  # type: ignore[arg-type]
    )


def nano(text: str) -> int:
    digits, scale = exact(text)
    return digits * 10 ** (9 - scale)
