"""Format ``v0.9.1`` and its later variants up to v0.11 (cgrates-semantics §6.3, §6.4).

Columns are bound by name, so one module reads them all: without Direction, without CdrStatQueueIds, with an
empty activation time (always active), with "Id" for "Tag", headers behind a ``#``. Durations without unit
are seconds up to v0.9.1; later they meant nanoseconds, so a file without Direction gets a warning (§8.18).
"""

from collections.abc import Mapping

from chappe.core.base.issue import Severity
from chappe.core.base.lang import N_
from chappe.core.base.money import plain
from chappe.core.rating.model import (
    Activation,
    MaxCostStrategy,
    Origin,
    PlanEntry,
    Price,
    ProfileKey,
    Rate,
    Rounding,
    Slot,
    Tariff,
)  # fmt: skip
from chappe.core.tariff import cells
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.form import Draft, Format, Rows, check_fallbacks, triggers_without_actions
from chappe.core.tariff.layout import Column, Layout, Row
from chappe.core.tariff.links import Link

ALWAYS_FROM = 0  # microseconds UTC: an empty activation time
BUILT_IN = frozenset(
    {
        "*any", "*all", "*asap", "*every_minute", "*hourly", "*daily", "*weekly", "*monthly", "*monthly_estimated",
        "*month_end", "*yearly",
    }
)  # fmt: skip
DESTINATIONS = Layout(
    "Destinations", (Column("Tag", ("Id",), filled=True), Column("Prefix", filled=True)),
    ("destinations", "destination"), required=True,
)  # fmt: skip
TIMINGS = Layout(
    "Timings",
    (
        Column("Tag", ("Id", "TimingTag"), filled=True), Column("Years"), Column("Months"), Column("MonthDays"),
        Column("WeekDays"), Column("Time", ("StartTime",)),
    ),
    ("timings", "timing"), list_column="WeekDays",
)  # fmt: skip
RATES = Layout(
    "Rates",
    (
        Column("Tag", ("Id",), filled=True), Column("ConnectFee"), Column("Rate", filled=True), Column("RateUnit"),
        Column("RateIncrement"), Column("GroupIntervalStart", needed=False),
    ),
    ("rates", "rate"), required=True,
)  # fmt: skip
DESTINATION_RATES = Layout(
    "DestinationRates",
    (
        Column("Tag", ("Id",), filled=True),
        Column("DestinationsTag", ("DestinationId", "DestinationTag", "DestinationsId"), filled=True),
        Column("RatesTag", ("RatesId", "RateTag", "RateId"), filled=True), Column("RoundingMethod", needed=False),
        Column("RoundingDecimals", needed=False), Column("MaxCost", needed=False),
        Column("MaxCostStrategy", needed=False),
    ),
    ("destinationrates", "destinationrate"), required=True,
)  # fmt: skip
RATING_PLANS = Layout(
    "RatingPlans",
    (
        Column("Tag", ("Id",), filled=True),
        Column("DestinationRatesTag", ("DestinationRatesId", "DestinationRateTag"), filled=True),
        Column("TimingTag", ("TimingId", "TimingsTag")), Column("Weight", needed=False),
    ),
    ("ratingplans", "ratingplan"), required=True,
)  # fmt: skip
RATING_PROFILES = Layout(
    "RatingProfiles",
    (
        Column("Direction", needed=False), Column("Tenant", filled=True), Column("Category", ("TOR",), filled=True),
        Column("Subject", filled=True), Column("ActivationTime"),
        Column("RatingPlanTag", ("RatingPlanId",), filled=True),
        Column("RatesFallbackSubject", ("FallbackSubjects", "RatesFallbackSubjects", "FallbackSubject"), needed=False),
        Column("CdrStatQueueIds", needed=False),
    ),
    ("ratingprofiles", "ratingprofile"), required=True,
)  # fmt: skip


def _kept(table: str, *names: str) -> Layout:
    """A table that is shown and not rated: any column is welcome."""
    columns = tuple(Column(name, ("Id",) if name == "Tag" else (), needed=False) for name in names)
    return Layout(table, columns, (table.lower(),), free=True)


OTHERS = (
    _kept("Actions", "Tag", "Action", "DestinationTags", "TimingTags", "SharedGroup", "Units", "Weight"),
    _kept("ActionPlans", "Tag", "ActionsTag", "TimingTag", "Weight"),
    _kept("ActionTriggers", "Tag", "UniqueId", "ThresholdType", "ThresholdValue", "ActionsTag", "Weight"),
    _kept("AccountActions", "Tenant", "Account", "ActionPlanTag", "ActionTriggersTag", "AllowNegative", "Disabled"),
    _kept("SharedGroups", "Tag", "Account", "Strategy", "RatingSubject"),
    _kept("LcrRules", "Tenant", "Category", "Account", "Subject", "DestinationTag", "Strategy", "Weight"),
    _kept("DerivedChargers", "Tenant", "Category", "Account", "Subject", "RunId"),
    _kept("CdrStats", "Tag", "QueueLength", "TimeWindow", "Metric"),
    _kept("Users", "Tenant", "UserName", "AttributeName", "AttributeValue"),
    _kept("Aliases", "Tenant", "Category", "Account", "Subject", "Target", "Original", "Alias"),
    *(
        _kept(name, "Tenant", "ID")
        for name in (
            "Resources", "IPs", "Stats", "Trends", "Rankings", "Thresholds", "Filters", "Routes", "Suppliers",
            "Attributes", "Chargers", "DispatcherProfiles", "DispatcherHosts",
        )
    ),
)  # fmt: skip
RATED = frozenset({"Timings", "Destinations", "Rates", "DestinationRates", "RatingPlans", "RatingProfiles"})
LINKS = (
    Link("DestinationRates", "DestinationsTag", "Destinations"),
    Link("DestinationRates", "RatesTag", "Rates"),
    Link("RatingPlans", "DestinationRatesTag", "DestinationRates"),
    Link("RatingPlans", "TimingTag", "Timings", built_in=BUILT_IN),
    Link("RatingProfiles", "RatingPlanTag", "RatingPlans"),
    Link("ActionPlans", "ActionsTag", "Actions"),
    Link("ActionPlans", "TimingTag", "Timings", built_in=BUILT_IN),
    Link("ActionTriggers", "ActionsTag", "Actions"),
    Link("AccountActions", "ActionPlanTag", "ActionPlans", many=True),
    Link("AccountActions", "ActionTriggersTag", "ActionTriggers", many=True),
    Link("Actions", "DestinationTags", "Destinations", many=True),
    Link("Actions", "TimingTags", "Timings", built_in=BUILT_IN, many=True),
)


def build(tables: Rows, tariff: Tariff, faults: Faults) -> None:
    """Rates (slots) × destination rates × rating plans → plans; rating profiles → profiles."""
    later = any(not row.bound.has("Direction") for row in tables.get("RatingProfiles", ())[:1])
    slots = _rates(tables, later, faults)
    rates: dict[str, list[tuple[str, Rate]]] = {}
    for row in tables.get("DestinationRates", ()):
        read = _destination_rate(row, slots, tariff, faults)
        if read is not None:
            rates.setdefault(row.get("Tag"), []).append(read)
    for row in tables.get("RatingPlans", ()):
        _plan_row(row, rates, tariff, faults)
    draft = Draft()
    for row in tables.get("RatingProfiles", ()):
        _profile(row, draft, faults)
    check_fallbacks(draft, Severity.ERROR, faults)
    tariff.profiles = draft.sorted()
    triggers_without_actions(tables.get("ActionTriggers", ()), faults)


def _rates(tables: Rows, later: bool, faults: Faults) -> dict[str, tuple[Slot, ...]]:
    found: dict[str, list[tuple[Slot, Row]]] = {}
    for row in tables.get("Rates", ()):
        fee = cells.price(row, "ConnectFee", faults, empty=Price())
        price = cells.price(row, "Rate", faults)
        unit = cells.duration(row, "RateUnit", faults, empty=cells.MILLION, bare_warns=later)
        step = cells.duration(row, "RateIncrement", faults, empty=cells.MILLION, bare_warns=later)
        start = cells.duration(row, "GroupIntervalStart", faults, bare_warns=later)
        if fee is None or price is None or unit is None or step is None or start is None:
            continue
        for name, value in (("RateUnit", unit), ("RateIncrement", step)):
            if not value:
                faults.warn("tariff-zero-unit", row.file, row.line, row.column(name), name)
        slot = Slot(price, unit or cells.MILLION, step or cells.MILLION, start, fee)
        found.setdefault(row.get("Tag"), []).append((slot, row))
    return {tag: _in_order(tag, rows, faults) for tag, rows in found.items()}


def _in_order(tag: str, rows: list[tuple[Slot, Row]], faults: Faults) -> tuple[Slot, ...]:
    """Slots by start; refused twice at one start, noted when off the step before, or none at 0 (§7)."""
    rows = sorted(rows, key=lambda pair: pair[0].start)
    first = rows[0][1]
    if rows[0][0].start:
        faults.add("tariff-slot-first", first.file, first.line, first.column("GroupIntervalStart"), tag=tag)
        return ()
    kept = [rows[0][0]]
    for slot, row in rows[1:]:
        where = (row.file, row.line, row.column("GroupIntervalStart"), "GroupIntervalStart")
        seconds = plain(slot.start * 1000)
        if slot.start == kept[-1].start:
            faults.add("tariff-slot-twice", *where, tag=tag, start=seconds)
            continue
        if (slot.start - kept[-1].start) % kept[-1].increment:
            faults.warn("tariff-slot-step", *where, tag=tag, start=seconds)
        kept.append(slot)
    return tuple(kept)


def _destination_rate(
    row: Row, slots: Mapping[str, tuple[Slot, ...]], tariff: Tariff, faults: Faults
) -> tuple[str, Rate] | None:
    destination, tag = cells.wildcard(row.get("DestinationsTag")), row.get("RatesTag")
    rounding = _rounding(row, faults)
    strategy = _strategy(row, faults)
    limit = cells.price(row, "MaxCost", faults, empty=Price())
    if rounding is None or strategy is None or limit is None:
        return None
    if destination != "*any" and destination not in tariff.destinations:
        return None
    if not slots.get(tag):
        return None
    capped = limit if limit.digits else None  # 0 means no limit
    origin = Origin(row.file, row.line)
    return destination, Rate(tag, slots[tag], rounding[0], rounding[1], capped, strategy, origin=origin)


def _rounding(row: Row, faults: Faults) -> tuple[Rounding, int] | None:
    method, decimals = row.get("RoundingMethod").lower(), row.get("RoundingDecimals")
    if not method or method == "*none":
        return Rounding.NONE, 9
    if method not in set(Rounding):
        where = (row.file, row.line, row.column("RoundingMethod"), "RoundingMethod")
        faults.add("tariff-bad-word", *where, value=cells.shown(method), known=", ".join(Rounding))
        return None
    if not (decimals.isascii() and decimals.isdigit() and len(decimals) < 3 and int(decimals) <= 9):
        where = (row.file, row.line, row.column("RoundingDecimals"), "RoundingDecimals")
        faults.add("tariff-bad-list", *where, value=cells.shown(decimals), low=0, high=9)
        return None
    return Rounding(method), int(decimals)


def _strategy(row: Row, faults: Faults) -> MaxCostStrategy | None:
    text = row.get("MaxCostStrategy").lower()
    if text in {"", "*none"}:
        return MaxCostStrategy.NONE
    if text in set(MaxCostStrategy):
        return MaxCostStrategy(text)
    where = (row.file, row.line, row.column("MaxCostStrategy"), "MaxCostStrategy")
    faults.add("tariff-bad-word", *where, value=cells.shown(text), known="*free, *disconnect")
    return None


def _plan_row(row: Row, rates: Mapping[str, list[tuple[str, Rate]]], tariff: Tariff, faults: Faults) -> None:
    timing = cells.wildcard(row.get("TimingTag")) or "*any"
    weight = cells.thousandths(row, "Weight", faults)
    if timing in BUILT_IN and timing != "*any":
        where = (row.file, row.line, row.column("TimingTag"), "TimingTag")
        faults.add("tariff-schedule-only", *where, value=timing)
        return
    if weight is None or timing not in tariff.timings:
        return
    origin = Origin(row.file, row.line)
    found = rates.get(row.get("DestinationRatesTag"), ())
    if found:
        entries = tariff.plans.setdefault(row.get("Tag"), [])
        entries.extend(PlanEntry(destination, timing, rate, weight, origin=origin) for destination, rate in found)


def _profile(row: Row, draft: Draft, faults: Faults) -> None:
    direction = cells.direction(row, "Direction", faults)
    text = row.get("ActivationTime")
    at = ALWAYS_FROM if text.lower() in {"", "*any"} else cells.instant(row, "ActivationTime", faults)
    subject = cells.wildcard(row.get("Subject"))
    if subject.startswith("*") and subject != "*any":
        where = (row.file, row.line, row.column("Subject"), "Subject")
        faults.add("tariff-unknown-wildcard", *where, value=cells.shown(subject))
        return
    if direction is None or at is None:
        return
    names = [cells.wildcard(name.strip()) for name in row.get("RatesFallbackSubject").split(";")]
    fallbacks = tuple(name for name in names if name and name != "*none")
    key = ProfileKey(direction, row.get("Tenant"), cells.wildcard(row.get("Category")), subject)
    draft.add(key, Activation(at, row.get("RatingPlanTag"), fallbacks, Origin(row.file, row.line)))


FORMAT = Format(
    "v0.9.1",
    N_("CGRateS v0.9.1 to v0.11"),
    (DESTINATIONS, TIMINGS, RATES, DESTINATION_RATES, RATING_PLANS, RATING_PROFILES, *OTHERS),
    build,
    LINKS,
    numbers=(("Actions", "Weight"), ("ActionPlans", "Weight"), ("ActionTriggers", "Weight")),
    rated=RATED,
)
