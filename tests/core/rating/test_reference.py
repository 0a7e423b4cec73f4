"""The kernel against the slow reference, on small random tariffs full of boundaries.

Instants lie on a grid of 15 s around a few chosen moments (18:00, midnight, both clock changes, activations),
so that the reference may look at the call tick by tick.
"""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from chappe.core.rating.compile import compile_tariff
from chappe.core.rating.contract import Reason, Status
from chappe.core.rating.explain import price_one
from chappe.core.rating.model import (
    ANY,
    Activation,
    MaxCostStrategy,
    Origin,
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

from .reference import MICRO, Reference

TICK = 15 * MICRO
ANCHORS = [
    datetime(2024, 3, 31, 1, 0, tzinfo=UTC),  # spring change in Europe
    datetime(2024, 10, 27, 1, 0, tzinfo=UTC),  # autumn change
    datetime(2024, 12, 31, 23, 0, tzinfo=UTC),  # midnight in Paris, year end
    datetime(2024, 6, 7, 16, 0, tzinfo=UTC),  # Friday 18:00 in Paris
    datetime(2024, 6, 9, 22, 0, tzinfo=UTC),  # Sunday to Monday
]
PREFIXES = ["3", "33", "331", "3312", "4", "49", "491", "abc", "a"]
NUMBERS = ["3", "331", "33123", "3399", "49", "491234", "5", "", "abcd", "+33123"]
DESTINATIONS = ["A", "B", "C"]
SUBJECTS = ["s", "t", "u", ANY]
PLANS = ["P", "Q", "R"]

STEPS = [500_000, MICRO, 6 * MICRO, 7 * MICRO, 30 * MICRO, 60 * MICRO, 95 * MICRO]


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def instant(r: Random) -> int:
    return micros(r.choice(ANCHORS)) + r.randint(-40, 40) * TICK


class Maker:
    """A random tariff from a seed: hypothesis chooses the seed (drawing every cell would cost minutes)."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def price(self) -> Price:
        return Price(self.r.randint(0, 999), self.r.randint(0, 12))

    def maybe(self, chance: float, value):
        return value if self.r.random() < chance else None

    def slot(self, start: int) -> Slot:
        unit = self.r.choice([MICRO, 60 * MICRO, 7 * MICRO])
        fee = self.r.choice([Price(), self.price()])
        kind = self.r.choice([UnitKind.USAGE] * 4 + [UnitKind.CALL])
        return Slot(self.price(), unit, self.r.choice(STEPS), start * MICRO, fee, kind)

    def rate(self) -> Rate:
        r = self.r
        starts = sorted(r.sample([30, 45, 60, 100], r.randint(0, 2)))
        service = ServicePart(self.price(), 60 * MICRO, r.choice(list(UnitKind)), r.choice([0, 20 * MICRO]))
        return Rate(
            r.choice("abcdefgh"),
            tuple(self.slot(start) for start in (0, *starts)),
            r.choice(list(Rounding)),
            r.randint(0, 12),
            self.maybe(0.4, Price(r.randint(0, 500), 2)),
            r.choice(list(MaxCostStrategy)),
            self.maybe(0.3, Price(r.randint(0, 500), 2)),
            self.maybe(0.3, service),
        )

    def some(self, chance: float, values) -> frozenset[int] | None:
        return frozenset(v for v in values if self.r.random() < 0.6) if self.r.random() < chance else None

    def timing(self, tag: str) -> Timing:
        return Timing(
            tag,
            years=self.some(0.1, [2024, 2025]),
            months=self.some(0.2, [1, 3, 6, 10, 12]),
            month_days=self.some(0.1, [1, 7, 27, 31]),
            week_days=self.some(0.3, range(8)),
            start=self.r.choice([0, 0, 7200, 9000, 64_800, 64_860, 86_340]),
        )

    def entry(self, timings: list[str]) -> PlanEntry:
        r = self.r
        return PlanEntry(
            r.choice([*DESTINATIONS, *DESTINATIONS, ANY]),
            r.choice([*timings, ANY]),
            self.rate(),
            r.choice([0, 10_000, 20_000]),
            self.maybe(0.2, instant(r)),
            self.maybe(0.2, instant(r)),
        )

    def activations(self) -> list[Activation]:
        r = self.r
        times = {0 if r.random() < 0.7 else instant(r) for _ in range(r.randint(1, 4))}
        return [
            Activation(
                at,
                r.choice([*PLANS, *PLANS, *PLANS, "GHOST"]),
                tuple(r.choices([*SUBJECTS, "nobody"], k=r.randint(0, 2))),
            )
            for at in sorted(times)
        ]

    def tariff(self) -> Tariff:
        r = self.r
        timings = {tag: self.timing(tag) for tag in ("T1", "T2", "T3")[: r.randint(1, 3)]}
        return Tariff(
            timezone=r.choice(["Europe/Paris", "UTC", "", "America/St_Johns"]),
            max_levels=r.randint(1, 4),
            timings=timings,
            destinations={tag: dict.fromkeys(r.sample(PREFIXES, r.randint(1, 5)), Origin()) for tag in DESTINATIONS},
            plans={p: [self.entry(list(timings)) for _ in range(r.randint(0, 9))] for p in PLANS},
            profiles={
                ProfileKey("OUT", "T", "call", subject): self.activations() for subject in SUBJECTS if r.random() < 0.8
            },
        )


@settings(
    max_examples=300, deadline=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
)
@given(
    seed=st.integers(0, 2**32),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["s", "s", "t", "stranger"]),
            st.sampled_from(NUMBERS),
            st.tuples(st.sampled_from(ANCHORS), st.integers(-40, 40)),
            st.one_of(st.integers(0, 400), st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61])),
            st.sampled_from([0, 500_000, 1]),
            st.booleans(),
            st.sampled_from([0, 3600, -12_600]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_kernel_agrees_with_the_reference(seed, calls):
    tariff = Maker(seed).tariff()
    compiled = compile_tariff(tariff)
    slow = Reference(tariff, TICK)
    for subject, number, (anchor, ticks), seconds, part, timed, offset in calls:
        start = micros(anchor) + ticks * TICK
        usage = seconds * MICRO + part
        zone = timedelta(seconds=offset)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=start)
        got = price_one(
            compiled,
            tenant="T",
            subject=subject,
            destination=number,
            start=moment.astimezone(timezone(zone)),
            usage=f"{usage // MICRO}.{usage % MICRO:06d}",
            timed=timed,
        )
        key = ProfileKey("OUT", "T", "call", subject)
        seen_offset = int(got.start.utcoffset().total_seconds())
        want = slow.price(key, number.removeprefix("+"), start, usage, seen_offset, timed)
        if not tariff.profiles:  # chance gave no subject a profile: to this plan the tenant is a stranger
            assert (got.status, got.reason) == (Status.REJECTED, Reason.UNKNOWN_TENANT)
            continue
        assert got.reason == want.reason
        assert got.status == (Status.RATED if want.reason is Reason.NONE else Status.UNRATED)
        amounts = (got.cost, got.connect_fee, got.service, got.total, got.billed, got.piece_count)
        assert amounts == (want.cost, want.connect_fee, want.service, want.total, want.billed, want.pieces)
        assert (got.matched_prefix, got.plan, got.rate.tag if got.rate else "") == (want.prefix, want.plan, want.rate)
        assert got.matched_destination == want.destination
        event(f"{want.reason.name}, pieces {min(want.pieces, 4)}")
        assert got.as_text("en")
        assert got.as_text("fr")
