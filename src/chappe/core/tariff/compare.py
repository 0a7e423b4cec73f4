"""Two versions of a tariff side by side: prices by plan, prefix and timing; timings; profiles.

Also the two checks that need a previous version. Compares exact integers; a percentage is rounded to a whole
number, for people.
"""

from dataclasses import dataclass
from typing import Any

from chappe.core.rating.model import ANY, PlanEntry, Price, ProfileKey, Rate, Tariff, UnitKind
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.price_list import decimal

Key = tuple[str, str, str]  # plan, prefix, timing


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``subject``: "price", "timing" or "profile"; ``kind``: "added", "removed", "changed".

    ``before`` and ``after`` are short texts ("" when absent). ``percent`` is of the unit price, of the connect
    fee when only that moved, None when it began at 0 or does not apply.
    """

    subject: str
    kind: str
    plan: str = ""
    destination: str = ""
    prefix: str = ""
    timing: str = ""
    before: str = ""
    after: str = ""
    percent: int | None = None


def compare(a: Tariff, b: Tariff) -> list[Change]:
    """Every change from ``a`` to ``b``, sorted by subject, plan, prefix and timing."""
    old, new, same_price = _prices(a), _prices(b), SamePrice()
    changes = []
    for key in old.keys() | new.keys():
        before, after = old.get(key), new.get(key)
        if before is None or after is None or not same_price(before.rate, after.rate):
            changes.append(_price_change(key, before, after))
    changes += _timing_changes(a, b) + _profile_changes(a, b)
    return sorted(changes, key=lambda one: (one.subject, one.plan, one.prefix, one.timing, one.destination))


def _prices(tariff: Tariff) -> dict[Key, PlanEntry]:
    """The price of each prefix; of several in time the last one, of several by weight the heaviest."""
    found: dict[Key, PlanEntry] = {}
    for plan, entries in tariff.plans.items():
        for entry in entries:
            prefixes = (ANY,) if entry.destination == ANY else tariff.destinations.get(entry.destination, ())
            for prefix in prefixes:
                key = (plan, prefix, entry.timing)
                known = found.get(key)
                if known is None or _rank(entry) > _rank(known):
                    found[key] = entry
    return found


def _rank(entry: PlanEntry) -> tuple[int, int]:
    return entry.valid_from or 0, entry.weight


class SamePrice:
    """Do two rates always give the same amounts? (Names, zones and places do not matter.) Remembers its rates."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[object, ...]] = {}

    def __call__(self, one: Rate, other: Rate) -> bool:
        return one is other or self._sum(one) == self._sum(other)

    def _sum(self, rate: Rate) -> tuple[object, ...]:
        known = self._sums.get(id(rate))
        if known is None:
            known = self._sums[id(rate)] = _sum_up(rate)
        return known


def _sum_up(rate: Rate) -> tuple[object, ...]:
    service = rate.service
    return (
        tuple(
            (decimal(slot.price), slot.unit, slot.increment, slot.start, decimal(slot.connect_fee), slot.kind)
            for slot in rate.slots
        ),
        rate.rounding, rate.decimals, rate.max_cost and decimal(rate.max_cost), rate.max_cost_strategy,
        rate.minimum and decimal(rate.minimum),
        service and (decimal(service.price), service.unit, service.kind, service.free, service.vat), rate.vat,
    )  # fmt: skip


def said(rate: Rate) -> str:
    """A rate in a few signs: ``0.1 + 0.12/60 (30) + 0.06/60 (6) from 60``: fee, price/unit (step), start."""
    parts = [decimal(rate.slots[0].connect_fee)] if rate.slots and rate.slots[0].connect_fee.digits else []
    for slot in rate.slots:
        unit = "call" if slot.kind is UnitKind.CALL else _units(slot.unit)
        start = f" from {_units(slot.start)}" if slot.start else ""
        parts.append(f"{decimal(slot.price)}/{unit} ({_units(slot.increment)}){start}")
    if rate.service:
        unit = "call" if rate.service.kind is UnitKind.CALL else _units(rate.service.unit)
        parts.append(f"S {decimal(rate.service.price)}/{unit}")
    if rate.minimum:
        parts.append(f"min {decimal(rate.minimum)}")
    if rate.vat:
        parts.append(f"VAT {rate.vat}")
    return " + ".join(parts)


def _units(millionths: int) -> str:
    return decimal(Price(millionths, 6))


def _price_change(key: Key, before: PlanEntry | None, after: PlanEntry | None) -> Change:
    entry = after or before
    assert entry is not None
    return Change(
        "price",
        "added" if before is None else "removed" if after is None else "changed",
        key[0],
        entry.destination,
        key[1],
        key[2],
        said(before.rate) if before else "",
        said(after.rate) if after else "",
        percent(before.rate, after.rate) if before and after else None,
    )


def percent(before: Rate, after: Rate) -> int | None:
    """Change of the unit price in whole percent, halves up; of another amount when the unit price stands."""
    for old, new in zip(_amounts(before), _amounts(after), strict=True):
        if old[0] * new[1] != new[0] * old[1]:
            if not old[0]:
                return None
            # compare old = a/b with new = c/d:  (c/d - a/b) / (a/b) = (c*b - a*d) / (a*d)
            top, bottom = (new[0] * old[1] - old[0] * new[1]) * 200, old[0] * new[1]
            return (top + bottom) // (2 * bottom) if top >= 0 else -((-top + bottom) // (2 * bottom))
    return 0


def _amounts(rate: Rate) -> list[tuple[int, int]]:
    """(amount, of how much) of what can move: dearest slot, connect fee, S part, minimum; as integer ratios."""
    paid = [slot for slot in rate.slots if slot.price.digits] or list(rate.slots)
    slot = paid[0]
    service, minimum = rate.service, rate.minimum
    return [
        _ratio(slot.price, slot.unit),
        _ratio(rate.slots[0].connect_fee, 1),
        _ratio(service.price, service.unit) if service else (0, 1),
        _ratio(minimum, 1) if minimum else (0, 1),
    ]


def _ratio(price: Price, unit: int) -> tuple[int, int]:
    """price / unit with one common scale, so that equal amounts are equal pairs."""
    return price.digits * 10 ** (15 - price.scale), unit


def _timing_changes(a: Tariff, b: Tariff) -> list[Change]:
    changes = []
    for tag in a.timings.keys() | b.timings.keys():
        before, after = _timing_said(a, tag), _timing_said(b, tag)
        if before != after:
            kind = "added" if not before else "removed" if not after else "changed"
            changes.append(Change("timing", kind, timing=tag, before=before, after=after))
    return changes


def _timing_said(tariff: Tariff, tag: str) -> str:
    timing = tariff.timings.get(tag)
    if timing is None:
        return ""
    sets = (timing.years, timing.months, timing.month_days, timing.week_days)
    words = ["*any" if one is None else ";".join(map(str, sorted(one))) or "*none" for one in sets]
    clock = f"{timing.start // 3600:02d}:{timing.start % 3600 // 60:02d}:{timing.start % 60:02d}"
    return " ".join([*words, "*asap" if timing.asap else clock])


def _profile_changes(a: Tariff, b: Tariff) -> list[Change]:
    changes = []
    for key in a.profiles.keys() | b.profiles.keys():
        before, after = _profile_said(a, key), _profile_said(b, key)
        if before != after:
            kind = "added" if not before else "removed" if not after else "changed"
            name = f"{key.direction} {key.tenant} {key.category} {key.subject}"
            changes.append(Change("profile", kind, destination=name, before=before, after=after))
    return changes


def _profile_said(tariff: Tariff, key: ProfileKey) -> str:
    rows = tariff.profiles.get(key, ())
    return ", ".join(f"{row.at}: {row.plan}" + "".join(f" > {name}" for name in row.fallbacks) for row in rows)


def jumps(previous: Tariff, tariff: Tariff, limit: int, faults: Faults) -> None:
    """Note prices that move by more than ``limit`` percent either way, or stop being free."""
    for plan, prefix, timing, before, after in _moved(previous, tariff):
        moved = percent(before.rate, after.rate)
        where = after.origin
        words: dict[str, Any] = {"prefix": prefix, "destination": after.destination, "plan": plan, "timing": timing}
        if moved is None:
            faults.warn("tariff-price-from-zero", where.file, where.line, **words, after=said(after.rate))
        elif abs(moved) > limit:
            faults.warn(
                "tariff-price-jump", where.file, where.line, **words,
                before=said(before.rate), after=said(after.rate), percent=f"{moved:+d}",
            )  # fmt: skip


def _moved(previous: Tariff, tariff: Tariff) -> list[tuple[str, str, str, PlanEntry, PlanEntry]]:
    old, new, same_price = _prices(previous), _prices(tariff), SamePrice()
    return [
        (*key, old[key], entry)
        for key, entry in new.items()
        if key in old and not same_price(old[key].rate, entry.rate)
    ]


def lost_parents(previous: Tariff, tariff: Tariff, faults: Faults) -> None:
    """Note prefixes whose next shorter prefix stood in the plan before and is gone, with nothing above it."""
    for plan in previous.plans.keys() & tariff.plans.keys():
        old, new = _plan_prefixes(previous, plan), _plan_prefixes(tariff, plan)
        if ANY in new:
            continue
        gone = {prefix for prefix in old if prefix not in new}
        for prefix, destination in new.items() if gone else ():
            shorter = [prefix[:size] for size in range(len(prefix) - 1, 0, -1)]
            parent = next((one for one in shorter if one in old), "")
            if parent in gone and not any(one in new for one in shorter):
                origin = tariff.destinations[destination][prefix]
                faults.warn("tariff-lost-parent", origin.file, origin.line, prefix=prefix, plan=plan, parent=parent)


def _plan_prefixes(tariff: Tariff, plan: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in tariff.plans.get(plan, ()):
        if entry.destination == ANY:
            found[ANY] = ANY
        for prefix in tariff.destinations.get(entry.destination, ()):
            found.setdefault(prefix, entry.destination)
    return found
