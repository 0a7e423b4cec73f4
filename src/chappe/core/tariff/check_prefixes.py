"""Prefixes of one plan against each other: shared between destinations, or shadowed by longer ones."""

from collections.abc import Iterable

from chappe.core.rating.model import ANY, PlanEntry, Tariff
from chappe.core.tariff.faults import Faults


def check(plan: str, entries: Iterable[PlanEntry], tariff: Tariff, faults: Faults) -> None:
    """Note prefixes in several destinations of ``plan`` (§8.15) and prefixes that price no longer number."""
    holder: dict[str, str] = {}
    shared: dict[tuple[str, str], list[str]] = {}
    for destination in dict.fromkeys(entry.destination for entry in entries):
        for prefix in tariff.destinations.get(destination, ()) if destination != ANY else ():
            first = holder.setdefault(prefix, destination)
            if first != destination:
                shared.setdefault((first, destination), []).append(prefix)
    for (first, second), prefixes in shared.items():
        origin = tariff.destinations[second][prefixes[0]]
        faults.warn(
            "tariff-prefix-shared", origin.file, origin.line, plan=plan, count=len(prefixes), prefix=prefixes[0],
            destination=second, other=first,
        )  # fmt: skip
    for prefix, destination in holder.items():
        if prefix + "0" in holder and all(prefix + digit in holder for digit in "123456789"):
            origin = tariff.destinations[destination][prefix]
            faults.warn(
                "tariff-prefix-shadowed", origin.file, origin.line, prefix=prefix, destination=destination, plan=plan
            )
