"""The slow, obvious way to price a call, written from cgrates-semantics §4 and not from the kernel.

Fractions, aware datetimes and zoneinfo; looks at the call instant by instant (``tick``), so every boundary of
the tariff and every start must be a multiple of the tick. Returns what the kernel should have said.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from chappe.core.rating.contract import Reason
from chappe.core.rating.model import (
    ANY,
    MaxCostStrategy,
    PlanEntry,
    Price,
    ProfileKey,
    Rate,
    Rounding,
    Tariff,
    UnitKind,
)

MICRO = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoPrice(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


@dataclass
class Answer:
    reason: Reason = Reason.NONE
    cost: int = 0
    connect_fee: int = 0
    service: int = 0
    total: int = 0
    billed: int = 0
    pieces: int = 0
    rate: str = ""
    last_rate: str = ""
    prefix: str = ""
    destination: str = ""
    plan: str = ""


@dataclass
class Held:
    """What holds at an instant."""

    called: int  # instant of the called subject's activation
    used: tuple[str, int]  # subject whose plan is used, and its activation
    plan: str
    prefix: str
    destination: str
    entry: PlanEntry


def value(price: Price) -> Fraction:
    return Fraction(price.digits, 10**price.scale)


class Reference:
    def __init__(self, tariff: Tariff, tick: int) -> None:
        self.tariff, self.tick = tariff, tick

    # --- §4.5: the row in force ---

    def wall(self, instant: int, offset: int) -> datetime:
        utc = EPOCH + timedelta(microseconds=instant)
        if self.tariff.timezone:
            return utc.astimezone(ZoneInfo(self.tariff.timezone)).replace(tzinfo=None)
        return (utc + timedelta(seconds=offset)).replace(tzinfo=None)

    def in_force(self, rows: list[PlanEntry], instant: int, offset: int) -> PlanEntry | None:
        clock = self.wall(instant, offset)
        second = clock.hour * 3600 + clock.minute * 60 + clock.second
        best, best_rank = None, (0, 0)
        for row in rows:
            if not valid(row, instant):
                continue
            if row.timing == ANY:
                start = 0
            else:
                timing = self.tariff.timings[row.timing]
                fits = (
                    (timing.years is None or clock.year in timing.years)
                    and (timing.months is None or clock.month in timing.months)
                    and (timing.month_days is None or clock.day in timing.month_days)
                    and (timing.week_days is None or clock.isoweekday() % 7 in {day % 7 for day in timing.week_days})
                    and second >= timing.start
                )
                if not fits:
                    continue
                start = timing.start
            if best is None or (row.weight, start) > best_rank:
                best, best_rank = row, (row.weight, start)
        return best

    # --- §4.2: the destination ---

    def destination(
        self, plan: str, number: str, begin: int, instant: int, offset: int
    ) -> tuple[str, str, list[PlanEntry]] | None:
        rows = self.tariff.plans[plan]
        for length in range(len(number), -1, -1):
            prefix = number[:length]
            tags = sorted(t for t, held in self.tariff.destinations.items() if prefix in held)
            found = self.pick(rows, tags, begin, instant, offset)
            if found:
                return prefix, *found
        found = self.pick(rows, [ANY], begin, instant, offset)
        return ("", *found) if found else None

    def pick(
        self, rows: list[PlanEntry], tags: list[str], begin: int, instant: int, offset: int
    ) -> tuple[str, list[PlanEntry]] | None:
        """§8.15: the heaviest at the start of the call, then the first by name."""
        best, heaviest = None, -1
        for tag in tags:
            own = [row for row in rows if row.destination == tag]
            if not any(valid(row, instant) for row in own):
                continue
            at_start = self.in_force(own, begin, offset)
            weight = at_start.weight if at_start else -1
            if best is None or weight > heaviest:
                best, heaviest = (tag, own), weight
        return best

    # --- §4.1: whose plan ---

    def hold(self, key: ProfileKey, number: str, begin: int, instant: int, offset: int) -> Held:
        active = self.active(key, instant)
        if active is None:
            key = ProfileKey(key.direction, key.tenant, key.category, ANY)
            active = self.active(key, instant)
        if active is None:
            raise NoPrice(Reason.NOT_YET_ACTIVE)
        dated: list[bool] = []
        found = self.search(key, 1, number, begin, instant, offset, dated)
        if found is None:
            if not self.tariff.plans.get(active.plan):
                raise NoPrice(Reason.PLAN_MISSING)
            raise NoPrice(Reason.NO_RATE_NOW if dated else Reason.NO_DESTINATION)
        subject, at, plan, prefix, tag, rows = found
        row = self.in_force(rows, instant, offset)
        if row is None:
            raise NoPrice(Reason.NO_RATE_NOW)
        return Held(active.at, (subject, at), plan, prefix, tag, row)

    def active(self, key: ProfileKey, instant: int):
        past = [a for a in self.tariff.profiles.get(key, []) if a.at <= instant]
        return max(past, key=lambda a: a.at) if past else None

    def search(self, key, level, number, begin, instant, offset, dated):
        active = self.active(key, instant)
        if active is None or level > self.tariff.max_levels:
            return None
        if self.tariff.plans.get(active.plan):
            found = self.destination(active.plan, number, begin, instant, offset)
            if found:
                return key.subject, active.at, active.plan, *found
            if self.ever(active.plan, number):
                dated.append(True)
        for subject in active.fallbacks:
            other = ProfileKey(key.direction, key.tenant, key.category, subject)
            found = self.search(other, level + 1, number, begin, instant, offset, dated)
            if found:
                return found
        return None

    def ever(self, plan: str, number: str) -> bool:
        """Whether the plan prices the number at any date."""
        return any(
            row.destination == ANY
            or any(number.startswith(p) for p in self.tariff.destinations.get(row.destination, {}))
            for row in self.tariff.plans[plan]
        )

    # --- §4.6 to §4.8: the price ---

    def price(
        self, key: ProfileKey, number: str, begin: int, usage: int, offset: int = 0, timed: bool = True
    ) -> Answer:
        if key not in self.tariff.profiles:
            key = ProfileKey(key.direction, key.tenant, key.category, ANY)
        try:
            if key not in self.tariff.profiles:
                raise NoPrice(Reason.NO_PROFILE)
            return self.walk(key, number, begin, usage, offset, timed)
        except NoPrice as refused:
            return Answer(reason=refused.reason)

    def walk(self, key, number, begin, usage, offset, timed) -> Answer:
        answer, cost, paid = Answer(), Fraction(0), set()
        position = 0
        held = self.hold(key, number, begin, begin, offset)
        first = held.entry.rate
        answer.rate = answer.last_rate = first.tag
        answer.prefix, answer.destination, answer.plan = held.prefix, held.destination, held.plan
        if usage == 0:
            return answer
        while position < usage:
            if timed:
                held = self.hold(key, number, begin, begin + position, offset)
            its = held.entry.rate
            slots = sorted(its.slots, key=lambda s: s.start)
            slot = [s for s in slots if s.start <= position][-1]
            later = [s.start for s in slots if s.start > position]
            end = min([usage, *later])
            if timed:
                end = self.change(key, number, begin, position, end, offset, held)
            raw = end - position
            if slot.kind is UnitKind.CALL:
                billed = raw
                piece = Fraction(0) if any(s >= slot.start for s in paid) else value(slot.price)
                paid.add(slot.start)
            else:
                billed = ceil(Fraction(raw, slot.increment)) * slot.increment
                piece = value(slot.price) * billed / slot.unit
            piece = rounded(piece, its)
            cap = None
            if its.max_cost is not None and its.max_cost_strategy is MaxCostStrategy.FREE:
                cap = value(its.max_cost)
            cost = max(cost, min(cost + piece, cap)) if cap is not None else cost + piece
            answer.pieces += 1
            answer.billed += billed
            answer.last_rate = its.tag
            position += billed
        answer.cost = half_up(cost * 10**9)
        return self.finish(answer, first, usage)

    def change(self, key, number, begin, position, end, offset, held) -> int:
        """The first tick after ``position`` at which something else holds, or ``end``."""
        tick = (position // self.tick + 1) * self.tick
        while tick < end:
            try:
                now = self.hold(key, number, begin, begin + tick, offset)
            except NoPrice:
                return tick
            if now.entry is not held.entry or now.called != held.called or now.used != held.used:
                return tick
            tick += self.tick
        return end

    def finish(self, answer: Answer, first: Rate, usage: int) -> Answer:
        answer.connect_fee = half_up(value(first.slots[0].connect_fee) * 10**9)
        if first.minimum is not None:
            answer.cost = max(answer.cost, half_up(value(first.minimum) * 10**9) - answer.connect_fee)
        part = first.service
        if part is not None and usage > part.free:
            times = Fraction(1) if part.kind is UnitKind.CALL else Fraction(usage - part.free, part.unit)
            answer.service = half_up(value(part.price) * times * 10**9)
        answer.total = answer.cost + answer.connect_fee + answer.service
        return answer


def valid(row: PlanEntry, instant: int) -> bool:
    return (row.valid_from is None or row.valid_from <= instant) and (row.valid_to is None or instant < row.valid_to)


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def rounded(amount: Fraction, rate: Rate) -> Fraction:
    scale = 10**rate.decimals
    if rate.rounding is Rounding.UP:
        return Fraction(ceil(amount * scale), scale)
    if rate.rounding is Rounding.DOWN:
        return Fraction(floor(amount * scale), scale)
    if rate.rounding is Rounding.MIDDLE:
        return Fraction(floor(amount * scale + Fraction(1, 2)), scale)
    return amount
