"""What a plan as a whole does wrong, although each of its rows can be read.

Reading (``read.py``) tells of rows; this tells of prices that never apply, hours without price, prefixes that
collide, circles, jumps. Every fault at once; never changes the tariff.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise

from chappe.core.base.issue import Issue, Severity
from chappe.core.rating.model import ANY, Origin, PlanEntry, ProfileKey, Rate, Tariff
from chappe.core.tariff import check_prefixes, moments
from chappe.core.tariff.compare import jumps, lost_parents
from chappe.core.tariff.faults import Faults

#: Zones that are free on purpose (accents and case do not matter).
FREE_ZONES = frozenset({"GRATUIT", "GRATUITE", "URGENCE", "URGENCES", "FREE", "EMERGENCY"})


def check(
    tariff: Tariff, *, previous: Tariff | None = None, jump_percent: int = 30, today: date | None = None
) -> list[Issue]:
    """Issues of the plan as a whole, sorted by file and line.

    ``previous``: the version before, for prices that move more than ``jump_percent`` and prefixes that lost
    their parent. ``today`` (UTC) decides what is still to come.
    """
    faults = Faults()
    _timings(tariff, faults)
    _profiles(tariff, today or datetime.now(UTC).date(), faults)
    _fallbacks(tariff, faults)
    _plans_unused(tariff, faults)
    for plan, entries in tariff.plans.items():
        _moments(plan, entries, tariff, faults)
        _free(entries, faults)
        check_prefixes.check(plan, entries, tariff, faults)
    if previous is not None:
        jumps(previous, tariff, jump_percent, faults)
        lost_parents(previous, tariff, faults)
    return faults.done()


def _timings(tariff: Tariff, faults: Faults) -> None:
    used = {(entry.timing, plan) for plan, entries in tariff.plans.items() for entry in entries}
    for tag, plan in sorted(used):
        timing = tariff.timings.get(tag)
        if timing is None:
            continue
        origin = timing.origin
        if timing.asap:
            faults.warn("tariff-timing-schedule", origin.file, origin.line, timing=tag, plan=plan)
        if not moments.possible(timing):
            faults.warn("tariff-timing-never", origin.file, origin.line, timing=tag)


def _profiles(tariff: Tariff, today: date, faults: Faults) -> None:
    midnight = int(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp()) * 1_000_000
    for key, activations in tariff.profiles.items():
        for before, after in pairwise(activations):
            origin = after.origin
            if before.at == after.at:
                faults.warn("tariff-activation-twice", origin.file, origin.line, subject=key.subject)
            elif before.origin.file == origin.file and before.origin.line > origin.line:
                faults.warn("tariff-activation-order", before.origin.file, before.origin.line, subject=key.subject)
        for activation in activations:
            if activation.at >= midnight + 86_400_000_000:
                origin = activation.origin
                faults.add(
                    "tariff-activation-future", origin.file, origin.line, severity=Severity.INFO,
                    plan=activation.plan, subject=key.subject,
                )  # fmt: skip


def _fallbacks(tariff: Tariff, faults: Faults) -> None:
    """Circles, each told once, and chains beyond the levels that rating follows (§4.1: the subject is level 1)."""
    told: set[frozenset[ProfileKey]] = set()
    for key, activations in tariff.profiles.items():
        if not any(activation.fallbacks for activation in activations):
            continue
        circle, deep = _walk(key, tariff)
        origin = next(activation.origin for activation in activations if activation.fallbacks)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            chain = " → ".join(member.subject for member in [*circle, circle[0]])
            faults.warn("tariff-fallback-cycle", origin.file, origin.line, chain=chain)
        elif deep and not circle:
            faults.warn("tariff-fallback-deep", origin.file, origin.line, subject=key.subject, levels=tariff.max_levels)


def _walk(start: ProfileKey, tariff: Tariff) -> tuple[list[ProfileKey], bool]:
    """(a circle met from ``start``, is some chain longer than the levels?); bounded by the levels."""
    deep = False
    stack: list[list[ProfileKey]] = [[start]]
    steps = 0
    while stack and steps < 10_000:
        steps += 1
        path = stack.pop()
        here = path[-1]
        names = {name for activation in tariff.profiles.get(here, ()) for name in activation.fallbacks}
        for name in sorted(names):
            there = ProfileKey(here.direction, here.tenant, here.category, name)
            if there in path:
                return path[path.index(there) :], deep
            if there not in tariff.profiles:
                continue
            deep = deep or len(path) >= tariff.max_levels
            if len(path) <= tariff.max_levels + 8:
                stack.append([*path, there])
    return [], deep


def _plans_unused(tariff: Tariff, faults: Faults) -> None:
    used = {activation.plan for activations in tariff.profiles.values() for activation in activations}
    for plan, entries in tariff.plans.items():
        if plan not in used and entries:
            origin = entries[0].origin
            faults.add("tariff-plan-unused", origin.file, origin.line, severity=Severity.INFO, plan=plan)


Signature = tuple[tuple[str, int, int | None, int | None], ...]


def _moments(plan: str, entries: Iterable[PlanEntry], tariff: Tariff, faults: Faults) -> None:
    """Unreachable prices, overlapping validity and hours without price, once for all destinations timed alike."""
    by_destination: dict[str, list[PlanEntry]] = {}
    for entry in entries:
        by_destination.setdefault(entry.destination, []).append(entry)
    alike: dict[Signature, list[list[PlanEntry]]] = {}
    for own in by_destination.values():
        signature = tuple((entry.timing, entry.weight, entry.valid_from, entry.valid_to) for entry in own)
        alike.setdefault(signature, []).append(own)
    for groups in alike.values():
        _overlaps(plan, groups, faults)
        validities = {(entry.valid_from, entry.valid_to) for entry in groups[0]}
        for validity in sorted(validities, key=str):
            chosen = [i for i, entry in enumerate(groups[0]) if (entry.valid_from, entry.valid_to) == validity]
            _one_signature(plan, groups, chosen, tariff, faults)


def _one_signature(plan: str, groups: list[list[PlanEntry]], chosen: list[int], tariff: Tariff, faults: Faults) -> None:
    sample = groups[0]
    timed = [(tariff.timings[sample[i].timing], sample[i].weight) for i in chosen if sample[i].timing in tariff.timings]
    if not timed or len(timed) != len(chosen):
        return
    result = moments.analyse(timed)
    if result is None:
        return
    winners, beaten, holes = result
    for index, place in enumerate(chosen):
        if index in winners or index not in beaten:
            continue
        by = sample[chosen[beaten[index]]]
        for own in groups:
            origin = own[place].origin
            faults.warn(
                "tariff-unreachable", origin.file, origin.line, destination=own[place].destination, plan=plan,
                timing=own[place].timing, by=f"{by.rate.tag} ({by.timing})",
            )  # fmt: skip
    if holes:
        _tell_holes(plan, groups, [(hole.day, hole.start) for hole in holes], sample[chosen[0]].origin, faults)


def _tell_holes(
    plan: str, groups: list[list[PlanEntry]], holes: list[tuple[int, int]], origin: Origin, faults: Faults
) -> None:
    first = min(start for _, start in holes)
    days = ", ".join(str(day) for day in sorted({day for day, start in holes if start == first}))
    others = len(groups) - 1
    faults.warn(
        "tariff-hole", origin.file, origin.line, plan=plan, destination=groups[0][0].destination, days=days,
        at=f"{first // 3600:02d}:{first % 3600 // 60:02d}", more=f" (+{others})" if others else "",
    )  # fmt: skip


def _overlaps(plan: str, groups: list[list[PlanEntry]], faults: Faults) -> None:
    """Two prices of one timing and weight whose validities meet."""
    sample = groups[0]
    places: dict[tuple[str, int], list[int]] = {}
    for place, entry in enumerate(sample):
        places.setdefault((entry.timing, entry.weight), []).append(place)
    for same in places.values():
        ordered = sorted(same, key=lambda place: sample[place].valid_from or -(2**62))
        for before, after in pairwise(ordered):
            end, start = sample[before].valid_to, sample[after].valid_from
            if end is not None and start is not None and end <= start:
                continue
            for own in groups:
                origin = own[after].origin
                faults.add(
                    "tariff-validity-overlap", origin.file, origin.line, destination=own[after].destination,
                    plan=plan, first=own[before].origin.line,
                )  # fmt: skip


def is_free_zone(zone: str) -> bool:
    """A zone that says the number is free or an emergency one."""
    return zone.strip().upper() in FREE_ZONES


def _free(entries: Iterable[PlanEntry], faults: Faults) -> None:
    told: set[tuple[str, str, Origin]] = set()
    for entry in entries:
        rate = entry.rate
        if is_free_zone(rate.zone) or not _costs_nothing(rate):
            continue
        key = (rate.tag, entry.destination, rate.origin)
        if key not in told:
            told.add(key)
            origin = rate.origin
            faults.warn(
                "tariff-price-zero",
                origin.file,
                origin.line,
                rate=rate.tag,
                destination=entry.destination if entry.destination != ANY else "*any",
            )


def _costs_nothing(rate: Rate) -> bool:
    return (
        not any(slot.price.digits or slot.connect_fee.digits for slot in rate.slots)
        and rate.service is None
        and rate.minimum is None
    )
