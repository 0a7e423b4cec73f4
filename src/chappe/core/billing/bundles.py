"""Free minutes: which seconds of which call a bundle takes, and what is left to pay. The reference of the set-based rule.

Calls are taken in the order of time, bundles by rank; a call may be taken in part, and may then go on with the next
bundle. What stays to pay is its amount × remaining seconds ÷ its seconds, to the nano. A call that lasts no time,
or has no price, takes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from chappe.core.billing.amounts import share


@dataclass(frozen=True, slots=True)
class Grant:
    """``seconds`` free for the calls of ``kinds``; ``line`` None: shared by all lines of the customer."""

    key: int
    seconds: int
    kinds: frozenset[str]
    line: int | None = None
    rank: int = 10


@dataclass(frozen=True, slots=True)
class Spoken:
    """A call as bundles see it. ``order`` sorts the calls of a customer: moment, then place in the lake."""

    order: tuple[Any, ...]
    kind: str
    seconds: int
    amount: int
    line: int | None = None


@dataclass(slots=True)
class Taken:
    """What became of a call: seconds taken free, amount that stays to pay."""

    free: int = 0
    left: int = 0
    grants: dict[int, int] = of(default_factory=dict)


def consume(calls: Sequence[Spoken], grants: Iterable[Grant]) -> tuple[list[Taken], Mapping[int, int]]:
    """What each call costs after the bundles, in the order given; and the seconds used of each grant, by its key."""
    ranked = sorted(grants, key=lambda grant: (grant.rank, grant.key))
    used = {grant.key: 0 for grant in ranked}
    answers = [Taken(left=call.amount) for call in calls]
    for index in sorted(range(len(calls)), key=lambda row: calls[row].order):
        call, taken = calls[index], answers[index]
        if call.seconds <= 0 or call.amount <= 0:
            continue
        for grant in ranked:
            if call.kind not in grant.kinds or (grant.line is not None and grant.line != call.line):
                continue
            free = min(grant.seconds - used[grant.key], call.seconds - taken.free)
            if free > 0:
                used[grant.key] += free
                taken.free += free
                taken.grants[grant.key] = free
        taken.left = share(call.amount, call.seconds - taken.free, call.seconds)
    return answers, used
