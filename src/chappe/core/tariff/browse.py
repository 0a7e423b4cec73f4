"""Looking into a tariff: which prices a number meets, and every price as a flat row."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from chappe.core.rating.model import ANY, Origin, PlanEntry, Tariff, UnitKind
from chappe.core.tariff.price_list import decimal

MOST_DIGITS = 40


NOWHERE = Origin()


@dataclass(slots=True)
class Match:
    """A prefix that a number meets in a plan, and the prices found there."""

    prefix: str
    destination: str
    plan: str
    entries: list[PlanEntry] = field(default_factory=list)
    origin: Origin = NOWHERE
    first: bool = False  # the prefix that rating would take in this plan


@dataclass(frozen=True, slots=True)
class FlatRow:
    """One price: a slot of a rate, towards a destination (or one prefix), in a plan, during a timing.

    ``price``, ``connect_fee`` are plain decimals; ``unit``, ``increment``, ``start`` millionths of the usage;
    ``prefixes`` counts the destination's prefixes; ``prefix`` is filled when rows are asked by prefix.
    """

    plan: str
    destination: str
    prefix: str
    prefixes: int
    timing: str
    weight: int
    connect_fee: str
    price: str
    unit: int
    increment: int
    start: int
    kind: UnitKind
    rounding: str
    decimals: int
    minimum: str
    service: str
    zone: str
    vat: str
    valid_from: int | None
    valid_to: int | None
    origin: Origin


def bare_number(text: str) -> str:
    """A number as people type it → the digits that prefixes are written in (no ``+``, ``00``, spaces, dots)."""
    number = "".join(char for char in text if char.isascii() and (char.isalnum() or char in "*#:_"))
    return number.removeprefix("00")[:MOST_DIGITS]


def search(tariff: Tariff, number: str) -> list[Match]:
    """Prefixes that ``number`` meets in each plan, longest first, ``*any`` last; plans in the tariff's order."""
    bare = bare_number(number)
    starts = [bare[:size] for size in range(len(bare), 0, -1)]
    met: dict[str, list[str]] = {}
    for tag, prefixes in tariff.destinations.items():
        own = [start for start in starts if start in prefixes]
        if own:
            met[tag] = own
    matches: dict[tuple[str, str, str], Match] = {}
    for plan, entries in tariff.plans.items():
        for entry in entries:
            tag = entry.destination
            for prefix in [ANY] if tag == ANY else met.get(tag, ()):
                origin = tariff.destinations[tag][prefix] if tag != ANY else Origin()
                match = matches.setdefault((plan, prefix, tag), Match(prefix, tag, plan, [], origin))
                match.entries.append(entry)
    order = {plan: place for place, plan in enumerate(tariff.plans)}
    found = sorted(matches.values(), key=lambda one: (-_length(one.prefix), order[one.plan], one.destination))
    taken: set[str] = set()
    for match in found:
        match.first = match.plan not in taken
        taken.add(match.plan)
    return found


def _length(prefix: str) -> int:
    return 0 if prefix == ANY else len(prefix)


def flat_rows(tariff: Tariff, *, by_prefix: bool = False) -> Iterator[FlatRow]:
    """Every price of every plan, in the tariff's order; one row a slot, times one a prefix if asked."""
    for plan, entries in tariff.plans.items():
        for entry in entries:
            prefixes = tariff.destinations.get(entry.destination, {})
            shown = list(prefixes) if by_prefix and prefixes else [ANY if entry.destination == ANY else ""]
            for prefix in shown:
                yield from _slots(plan, entry, prefix, len(prefixes))


def _slots(plan: str, entry: PlanEntry, prefix: str, count: int) -> Iterator[FlatRow]:
    rate = entry.rate
    for slot in rate.slots:
        yield FlatRow(
            plan, entry.destination, prefix, count, entry.timing, entry.weight, decimal(slot.connect_fee),
            decimal(slot.price), slot.unit, slot.increment, slot.start, slot.kind, str(rate.rounding), rate.decimals,
            decimal(rate.minimum) if rate.minimum else "", decimal(rate.service.price) if rate.service else "",
            rate.zone, rate.vat, entry.valid_from, entry.valid_to, rate.origin,
        )  # fmt: skip
