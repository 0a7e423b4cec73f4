"""The kernel against the slow reference, on small random tariffs full of boundaries.

Instants lie on a grid of 15 s around a few chosen moments (18:00, midnight, both clock changes, activations),
so that the reference may look at the call tick by tick.
"""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import HealthCheck, event, given, settings
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

prices = st.builds(Price, st.integers(0, 999), st.integers(0, 12))
steps = st.sampled_from([1, 500_000, MICRO, 6 * MICRO, 7 * MICRO, 30 * MICRO, 60 * MICRO, 95 * MICRO])


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@st.composite
def instants(draw) -> int:
    return micros(draw(st.sampled_from(ANCHORS))) + draw(st.integers(-40, 40)) * TICK


@st.composite
def rates(draw) -> Rate:
    starts = sorted(draw(st.sets(st.sampled_from([30, 45, 60, 100]), max_size=2)))
    slots = tuple(
        Slot(
            draw(prices),
            draw(st.sampled_from([MICRO, 60 * MICRO, 7 * MICRO])),
            draw(steps.filter(lambda s: s > 1000)),
            start * MICRO,
            draw(st.one_of(st.just(Price()), prices)),
            draw(st.sampled_from([UnitKind.USAGE] * 4 + [UnitKind.CALL])),
        )
        for start in (0, *starts)
    )
    service = st.builds(
        ServicePart,
        prices,
        st.sampled_from([60 * MICRO, MICRO]),
        st.sampled_from(list(UnitKind)),
        st.sampled_from([0, 20 * MICRO]),
    )
    return Rate(
        draw(st.sampled_from("abcdefgh")),
        slots,
        draw(st.sampled_from(list(Rounding))),
        draw(st.integers(0, 12)),
        draw(st.one_of(st.none(), st.builds(Price, st.integers(0, 500), st.just(2)))),
        draw(st.sampled_from(list(MaxCostStrategy))),
        draw(st.one_of(st.none(), st.builds(Price, st.integers(0, 500), st.just(2)))),
        draw(st.one_of(st.none(), st.none(), service)),
    )


subsets = {
    "months": st.one_of(st.none(), st.sets(st.sampled_from([1, 3, 6, 10, 12]), max_size=3).map(frozenset)),
    "month_days": st.one_of(st.none(), st.none(), st.sets(st.sampled_from([1, 7, 27, 31])).map(frozenset)),
    "week_days": st.one_of(st.none(), st.none(), st.sets(st.integers(1, 7), min_size=1).map(frozenset)),
    "years": st.one_of(st.none(), st.none(), st.sets(st.sampled_from([2024, 2025])).map(frozenset)),
    "start": st.sampled_from([0, 0, 7200, 9000, 18 * 3600, 18 * 3600 + 60, 86_400 - 60]),
}


@st.composite
def entries(draw, timings: list[str]) -> PlanEntry:
    dated = draw(st.integers(0, 3)) == 0
    return PlanEntry(
        draw(st.sampled_from([*DESTINATIONS, *DESTINATIONS, ANY])),
        draw(st.sampled_from([*timings, ANY])),
        draw(rates()),
        draw(st.sampled_from([0, 10_000, 20_000])),
        draw(st.one_of(st.none(), instants())) if dated else None,
        draw(st.one_of(st.none(), instants())) if dated else None,
    )


@st.composite
def tariffs(draw) -> Tariff:
    timings = {f"T{i}": Timing(f"T{i}", **draw(st.fixed_dictionaries(subsets))) for i in range(draw(st.integers(1, 4)))}
    prefixes = st.sets(st.sampled_from(PREFIXES), min_size=1, max_size=5)
    early = st.one_of(st.just(0), st.just(0), instants())
    activations = st.lists(
        st.builds(
            Activation,
            early,
            st.sampled_from([*PLANS, *PLANS, "GHOST"]),
            st.lists(st.sampled_from([*SUBJECTS, "nobody"]), max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda a: a.at,
    )
    return Tariff(
        timezone=draw(st.sampled_from(["Europe/Paris", "UTC", "", "America/St_Johns"])),
        max_levels=draw(st.integers(1, 4)),
        timings=timings,
        destinations={tag: dict.fromkeys(draw(prefixes), Origin()) for tag in DESTINATIONS},
        plans={p: draw(st.lists(entries(list(timings)), max_size=5)) for p in PLANS},
        profiles={
            ProfileKey("OUT", "T", "call", subject): sorted(draw(activations), key=lambda a: a.at)
            for subject in draw(st.lists(st.sampled_from(SUBJECTS), min_size=1, unique=True))
        },
    )


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tariff=tariffs(),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["s", "s", "t", "stranger"]),
            st.sampled_from(NUMBERS),
            instants(),
            st.one_of(st.integers(0, 400), st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61])),
            st.sampled_from([0, 500_000, 1]),
            st.booleans(),
            st.sampled_from([0, 3600, -12_600]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_kernel_agrees_with_the_reference(tariff, calls):
    compiled = compile_tariff(tariff)
    slow = Reference(tariff, TICK)
    for subject, number, start, seconds, part, timed, offset in calls:
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
        assert got.reason == want.reason
        assert got.status == (Status.RATED if want.reason is Reason.NONE else Status.UNRATED)
        amounts = (got.cost, got.connect_fee, got.service, got.total, got.billed, got.piece_count)
        assert amounts == (want.cost, want.connect_fee, want.service, want.total, want.billed, want.pieces)
        assert (got.matched_prefix, got.plan, got.rate.tag if got.rate else "") == (want.prefix, want.plan, want.rate)
        assert got.matched_destination == want.destination
        event(f"{want.reason.name}, pieces {min(want.pieces, 4)}")
        assert got.as_text("en")
        assert got.as_text("fr")
