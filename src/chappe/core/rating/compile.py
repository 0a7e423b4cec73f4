"""A tariff plan turned into arrays for the kernel, with the Python lists that give the numbers their names.

Compiling never fails for what a plan says: a dangling tag prices nothing, an amount that does not fit is
refused when a call meets it. ``core/tariff`` reports such faults before. This module reads no file and
prices nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import gcd
from typing import Any

import numpy as np

from chappe.core.base.money import MAX_NANO
from chappe.core.rating import tables as tb
from chappe.core.rating.clocks import Clock, zone_sections
from chappe.core.rating.contract import I32
from chappe.core.rating.model import (
    ALWAYS,
    ANY,
    Activation,
    MaxCostStrategy,
    PlanEntry,
    Price,
    ProfileKey,
    Rate,
    Rounding,
    ServicePart,
    Slot,
    Tariff,
    Timing,
    UnitKind,
)
from chappe.core.rating.prefixes import build_trie, dial, word_arrays
from chappe.core.rating.tables import FAR, Tables

_ROUNDING = {
    Rounding.NONE: tb.ROUND_NONE,
    Rounding.UP: tb.ROUND_UP,
    Rounding.DOWN: tb.ROUND_DOWN,
    Rounding.MIDDLE: tb.ROUND_MIDDLE,
}
Key = tuple[str, str, str, str]


def normal_direction(text: str) -> str:
    """``*out``, ``out`` and an empty cell are OUT; ``*in`` is IN."""
    return text.strip().lstrip("*").upper() or "OUT"


def normal_subject(text: str) -> str:
    """``*all`` is the 2012 spelling of ``*any``."""
    return ANY if text == "*all" else text


@dataclass(slots=True)
class CompiledTariff:
    """Arrays for the kernel, and the names behind the numbers it answers with.

    ``rates``, ``prefixes``, ``destinations`` and ``plans`` are what the columns of contract.Priced index;
    ``entries``, ``activations`` and ``fallbacks`` what a trace does (contract of ``tables.py``).
    """

    tables: Tables
    name: str = ""
    version: str = ""
    currency: str = "EUR"
    timezone: str = ""
    keyed_by: str = "category"
    key_index: dict[Key, int] = field(default_factory=dict)
    keys: list[ProfileKey] = field(default_factory=list)
    tenants: frozenset[str] = frozenset()
    prefixes: list[str] = field(default_factory=list)
    destinations: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    entries: list[PlanEntry] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    activation_key: list[int] = field(default_factory=list)
    fallbacks: list[str] = field(default_factory=list)

    def key_for(self, direction: str, tenant: str, category: str, tor: str, subject: str) -> int:
        """Row of the profile that rates this subject: its own, else that of ``*any``, else -1 (§4.1).

        The call's own tenant first, then tenant ``*any``: a price list that names no tenant is for all of them.
        """
        kind = tor if self.keyed_by == "tor" else category
        for owner in (tenant, ANY):
            for who in (normal_subject(subject), ANY):
                row = self.key_index.get((normal_direction(direction), owner, kind, who))
                if row is not None:
                    return row
        return -1

    def keys_for(self, rows: Iterable[tuple[str, str, str, str, str]]) -> I32:
        """``key_for`` of many (direction, tenant, category, tor, subject); callers pass distinct rows once."""
        return np.fromiter((self.key_for(*row) for row in rows), np.int32)

    def has_tenant(self, tenant: str) -> bool:
        """Whether any profile belongs to this tenant: a call of another one is refused, not unrated."""
        return tenant in self.tenants or ANY in self.tenants


def compile_tariff(tariff: Tariff) -> CompiledTariff:
    """Arrays and names of a tariff. Raises ZoneInfoNotFoundError when its time zone does not exist."""
    book = _Book(tariff)
    for plan, entries in tariff.plans.items():
        book.add_plan(plan, entries)
    tables = tb.pack(*book.sections())
    return CompiledTariff(
        tables=tables,
        name=tariff.name,
        version=tariff.version,
        currency=tariff.currency,
        timezone=tariff.timezone,
        keyed_by=tariff.keyed_by,
        key_index=book.key_index,
        keys=list(tariff.profiles),
        tenants=frozenset(key.tenant for key in tariff.profiles),
        prefixes=book.prefix_names,
        destinations=book.destinations,
        plans=list(tariff.plans),
        rates=book.rates,
        entries=book.entries,
        activations=book.activations,
        activation_key=book.activation_key,
        fallbacks=book.fallbacks,
    )


class _Book:
    """Lists under construction; ``Tables`` tells what each becomes."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.clock = Clock()
        self.destinations = [ANY, *sorted(set(tariff.destinations) - {ANY})]
        self.destination_index = {tag: i for i, tag in enumerate(self.destinations)}
        spoken = {tag: [dial(p) for p in prefixes] for tag, prefixes in tariff.destinations.items()}
        self.trie = build_trie(p for prefixes in spoken.values() for p in prefixes)
        self.prefix_names = [p.decode() for p in self.trie.number]
        holders: list[set[int]] = [{0}, *(set() for _ in self.trie.number)]  # of each prefix; *any holds prefix 0
        for tag, mine in spoken.items():
            if tag != ANY:
                for prefix in mine:
                    holders[self.trie.number[prefix]].add(self.destination_index[tag])
        self.holders: dict[tuple[int, ...], int] = {}  # the destinations that hold one prefix → number
        self.holder = [self.holders.setdefault(tuple(sorted(h)), len(self.holders)) for h in holders]
        self.members = list(self.holders)
        self.holders_of: list[list[int]] = [[] for _ in self.destinations]
        for holder, members in enumerate(self.members):
            for destination in members:
                self.holders_of[destination].append(holder)
        self.plan_index = {plan: i for i, plan in enumerate(tariff.plans)}
        self.plan_lines: list[list[int]] = []  # plan → its lines, by destination name
        self.lines: list[tuple[int, ...]] = []
        self.era_at: list[int] = []
        self.eras: list[tuple[int, int]] = []
        self.rows: list[tuple[int, int, int, int]] = []
        self.entries: list[PlanEntry] = []
        self.rates: list[Rate] = []
        self.rate_index: dict[int, tuple[int, int]] = {}  # id(rate) → (where its pricing begins, rate)
        self.pricings: list[int] = []
        self.services: dict[ServicePart, int] = {}
        self.pricing_index: dict[tuple[object, ...], int] = {}
        self.key_index: dict[Key, int] = {}
        self.activations: list[Activation] = []
        self.activation_key: list[int] = []
        self.fallbacks: list[str] = []
        weights = sorted({entry.weight for entries in tariff.plans.values() for entry in entries})
        self.weight_rank = {weight: i for i, weight in enumerate(weights)}

    # --- plans ---------------------------------------------------------------------------------------

    def add_plan(self, plan: str, entries: list[PlanEntry]) -> None:
        """One line a destination; entries of an unknown destination price nothing."""
        grouped: dict[int, list[PlanEntry]] = {}
        for entry in entries:
            destination = self.destination_index.get(entry.destination)
            if destination is not None:
                grouped.setdefault(destination, []).append(entry)
        begin = len(self.lines)
        for destination in sorted(grouped, key=self.destinations.__getitem__):
            first, count = self._eras(grouped[destination])
            self.lines.append((first, count, destination, self.plan_index[plan], *self.eras[first]))
        self.plan_lines.append(list(range(begin, len(self.lines))))

    def _eras(self, entries: list[PlanEntry]) -> tuple[int, int]:
        """Stretches between which the set of valid rows changes: number of the first, how many."""
        first_entry = len(self.entries)
        self.entries.extend(entries)
        bounds = {e.valid_from for e in entries} | {e.valid_to for e in entries}
        first = len(self.eras)
        for at in (-FAR, *sorted(b for b in bounds if b is not None)):
            numbers = [i for i, e in enumerate(entries) if _valid(e, at)]
            row = len(self.rows)
            self.era_at.append(at)
            if not numbers:
                self.eras.append((tb.NO_SHAPE, row))
                continue
            for i in numbers:
                pricing, rate = self._rate(entries[i].rate)
                self.rows.append((pricing, rate, first_entry + i, self.weight_rank[entries[i].weight]))
            shape = tuple((self._timing(entries[i].timing), entries[i].weight) for i in numbers)
            self.eras.append((self.clock.shape(shape), row))
        return first, len(self.eras) - first

    def _timing(self, tag: str) -> Timing | None:
        found = self.tariff.timings.get(tag)
        return ALWAYS if found is None and tag in {ANY, "*all"} else found

    def _rate(self, rate: Rate) -> tuple[int, int]:
        """Numbers of the pricing (shared by rates that price alike) and of the rate itself."""
        known = self.rate_index.get(id(rate))
        if known is not None:
            return known
        alike: tuple[object, ...] = (rate.slots, rate.rounding, rate.decimals, rate.max_cost, rate.max_cost_strategy)
        alike += (rate.minimum, rate.service)
        pricing = self.pricing_index.get(alike)
        if pricing is None:
            pricing = self.pricing_index[alike] = len(self.pricings)
            service = -1 if rate.service is None else self.services.setdefault(rate.service, len(self.services))
            self.pricings += _pricing(rate, service)
        self.rates.append(rate)
        self.rate_index[id(rate)] = pricing, len(self.rates) - 1
        return self.rate_index[id(rate)]

    # --- prefixes ------------------------------------------------------------------------------------

    def cells(self) -> dict[int, Any]:
        """Which plan prices which holder, and the sets of lines of a prefix that several destinations hold (§8.15)."""
        several: dict[tuple[int, ...], int] = {}
        cells = [self._plan_cells(lines, several) for lines in self.plan_lines]
        words, found = word_arrays(cells, len(self.holders))
        starts = np.cumsum([0, *(len(members) for members in several)])
        return {
            tb.W_WORD: words,
            tb.N_CELL: found,
            tb.N_SET: starts.astype(np.int32),
            tb.N_SET_LINE: np.array([line for members in several for line in members], np.int32),
        }

    def _plan_cells(self, lines: list[int], several: dict[tuple[int, ...], int]) -> tuple[I32, I32]:
        """Holders that the plan prices, ascending, and the line or set of each."""
        line_of = {self.lines[line][tb.LINE_DESTINATION]: line for line in lines}
        priced: dict[int, int] = {}
        for holder in sorted({holder for destination in line_of for holder in self.holders_of[destination]}):
            mine = tuple(line_of[m] for m in self.members[holder] if m in line_of)
            if len(mine) == 1:
                priced[holder] = mine[0]
            else:
                priced[holder] = len(self.lines) + several.setdefault(mine, len(several))
        return np.array(list(priced), np.int32), np.array(list(priced.values()), np.int32)

    # --- profiles ------------------------------------------------------------------------------------

    def profiles(self) -> dict[int, Any]:
        """Keys, activations and fallbacks; a fallback belongs to the same direction, tenant and category."""
        for key in self.tariff.profiles:
            subject = normal_subject(key.subject)
            name = (normal_direction(key.direction), key.tenant, key.category, subject)
            self.key_index[name] = len(self.key_index)
        key_act, key_any, act_plan, act_fallback, fallback_key = [0], [], [], [0], []
        for name, number, activations in zip(
            self.key_index, self.key_index.values(), self.tariff.profiles.values(), strict=True
        ):
            key_any.append(self.key_index.get((*name[:3], ANY), -1))
            for activation in _last_of_each_instant(activations):
                plan = self.plan_index.get(activation.plan, -1)
                act_plan.append(plan if plan >= 0 and self.tariff.plans[activation.plan] else -1)
                for fallback in activation.fallbacks:
                    subject = normal_subject(fallback)
                    self.fallbacks.append(subject)
                    fallback_key.append(self.key_index.get((*name[:3], subject), -1))
                act_fallback.append(len(fallback_key))
                self.activations.append(activation)
                self.activation_key.append(number)
            key_act.append(len(self.activations))
        return {
            tb.N_KEY_ACT: np.array(key_act, np.int32),
            tb.N_KEY_ANY: np.array(key_any, np.int32),
            tb.W_ACT_AT: np.array([a.at for a in self.activations], np.int64),
            tb.N_ACT_PLAN: np.array(act_plan, np.int32),
            tb.N_ACT_FALLBACK: np.array(act_fallback, np.int32),
            tb.N_FALLBACK_KEY: np.array(fallback_key, np.int32),
        }

    # --- all together --------------------------------------------------------------------------------

    def sections(self) -> tuple[dict[int, Any], dict[int, int]]:
        """Sections and numbers of Tables (``tables.pack``)."""
        clocks, numbers = self.clock.sections()
        zone, zoned = zone_sections(self.tariff.timezone)
        sections: dict[int, Any] = {
            **self.profiles(),
            **self.cells(),
            **clocks,
            **zone,
            tb.N_SYMBOL: self.trie.symbol,
            tb.N_TRIE: self.trie.nodes,
            tb.N_PARENT: self.trie.parent,
            tb.N_HOLDER: np.array(self.holder, np.int32),
            tb.N_LINE: _matrix(self.lines, tb.LINE_COLUMNS),
            tb.N_ERA: _matrix(self.eras, tb.ERA_COLUMNS),
            tb.N_ROW: _matrix(self.rows, tb.ROW_COLUMNS),
            tb.W_ERA_AT: np.array(self.era_at, np.int64),
            tb.W_PRICING: np.array(self.pricings, np.int64),
            tb.W_SERVICE: np.array([_service(part) for part in self.services], np.int64),
        }
        numbers |= zoned
        numbers[tb.X_WORDS] = len(self.holders) // 64 + 1
        numbers[tb.X_LINES] = len(self.lines)
        numbers[tb.X_LEVELS] = max(1, min(self.tariff.max_levels, tb.MAX_LEVELS))
        return sections, numbers


def _last_of_each_instant(activations: list[Activation]) -> list[Activation]:
    """By time; of two rows for one instant the later written holds."""
    ordered = sorted(activations, key=lambda a: a.at)
    return [list(same)[-1] for _, same in groupby(ordered, key=lambda a: a.at)]


def _valid(entry: PlanEntry, at: int) -> bool:
    return (entry.valid_from is None or entry.valid_from <= at) and (entry.valid_to is None or at < entry.valid_to)


def _matrix(rows: Sequence[tuple[int, ...]], columns: int) -> I32:
    return np.array(rows, np.int32).reshape(-1, columns)


# --- amounts -----------------------------------------------------------------------------------------


def _ratio(price: Price, unit: int) -> tuple[int, int]:
    """(num, den) so that cost in nano = num × millionths / den, exactly; UNPRICEABLE when it cannot be held."""
    num, den = price.digits, unit or tb.MICRO
    if price.scale <= 9:
        num *= 10 ** (9 - price.scale)
    else:
        den *= 10 ** (price.scale - 9)
    shared = gcd(num, den)
    num, den = num // shared, den // shared
    if not (0 <= num < MAX_NANO and 0 < den < MAX_NANO):
        return tb.UNPRICEABLE, 1
    return num, den


def _nano(price: Price) -> int:
    """Nano of an amount, the tenth decimal rounded half up; FAR, which the kernel refuses, when it cannot be."""
    if price.scale <= 9:
        nano = price.digits * 10 ** (9 - price.scale)
    else:
        unit = 10 ** (price.scale - 9)
        nano = (2 * price.digits + unit) // (2 * unit)
    return nano if 0 <= nano < MAX_NANO else FAR


def _slot(slot: Slot) -> tuple[int, ...]:
    num, den = _ratio(slot.price, 1 if slot.kind is UnitKind.CALL else slot.unit)
    increment = min(slot.increment or tb.MICRO, FAR)
    if increment < 0:
        num = tb.UNPRICEABLE
    return slot.start, num, den, tb.PER_CALL if slot.kind is UnitKind.CALL else max(increment, 1)


def _pricing(rate: Rate, service: int) -> list[int]:
    """Head and slots of a pricing. A rate without slots prices nothing."""
    capped = rate.max_cost is not None and rate.max_cost_strategy is MaxCostStrategy.FREE
    cap = min(_nano(rate.max_cost), FAR) if capped and rate.max_cost is not None else FAR
    minimum = _nano(rate.minimum) if rate.minimum is not None else 0
    connect = _nano(rate.slots[0].connect_fee) if rate.slots else 0
    rounding = _ROUNDING[rate.rounding] * tb.METHOD + min(max(rate.decimals, 0), 18)
    slots = [_slot(slot) for slot in rate.slots] or [(0, tb.UNPRICEABLE, 1, 1)]
    return [len(slots), rounding, cap, minimum, connect, service, *(number for slot in slots for number in slot)]


def _service(part: ServicePart) -> tuple[int, ...]:
    if part.kind is UnitKind.CALL:
        return _nano(part.price), 1, part.free, tb.KIND_CALL
    return (*_ratio(part.price, part.unit), part.free, tb.KIND_USAGE)
