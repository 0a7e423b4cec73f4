"""What the two formats of 2012 share: columns, links, words, and how their tables become a Tariff.

A rate of 2012 holds its destination; a rates timing joins rates and a timing into a plan. Weights stand in
Rates (seed) or in the rates timings (from 2012-07-13): see cgrates-semantics §3.2, §3.3. The two formats
differ by the columns in their own modules only.
"""

from collections.abc import Mapping

from chappe.core.base.issue import Severity
from chappe.core.rating.model import Activation, PlanEntry, Price, ProfileKey, Rate, Slot, Tariff, Timing
from chappe.core.rating.model import Origin as At
from chappe.core.tariff import cells
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.form import Draft, Rows, check_fallbacks, triggers_without_actions
from chappe.core.tariff.layout import Column, Layout, Row
from chappe.core.tariff.links import Link, Words

RATED = frozenset({"Timings", "Destinations", "Rates", "RatesTimings", "RatingProfiles"})
BALANCES = frozenset({"MONETARY", "SMS", "INTERNET", "INTERNET_TIME", "MINUTES"})
ACTIONS = frozenset(
    {
        "TOPUP", "TOPUP_RESET", "DEBIT", "RESET_COUNTER", "RESET_COUNTERS", "RESET_TRIGGERS",
        "SET_PREPAID", "SET_POSTPAID", "RESET_PREPAID", "RESET_POSTPAID", "LOG",
    }
)  # fmt: skip
UNLISTED_ACTIONS = {
    "POSTPAID_RESET": "RESET_POSTPAID",
    "PREPAID_RESET": "RESET_PREPAID",
    "RESET_ALL_COUNTERS": "RESET_COUNTERS",
}


def stems(*names: str) -> tuple[str, ...]:
    return names


TAG = Column("Tag", ("TimingTag",), filled=True)
DESTINATIONS = Layout(
    "Destinations", (Column("Tag", filled=True), Column("Prefix", filled=True)),
    stems("destinations", "destination"), required=True, positional=True,
)  # fmt: skip
RATING_PROFILES = Layout(
    "RatingProfiles",
    (
        Column("Tenant", filled=True), Column("TOR", filled=True), Column("Direction"), Column("Subject", filled=True),
        Column("RatesFallbackSubject", ("FallbackSubject", "RatesFallback")),
        Column("RatesTimingTag", ("RateTimingTag", "RatesTimingsTag"), filled=True),
        Column("ActivationTime", filled=True),
    ),
    stems("ratingprofiles", "ratingprofile", "ratesprofile", "ratesprofiles", "rateprofile", "rateprofiles"),
    required=True, positional=True,
)  # fmt: skip
ACCOUNT_ACTIONS = Layout(
    "AccountActions",
    (
        Column("Tenant", filled=True), Column("Account", filled=True), Column("Direction"),
        Column("ActionTimingsTag", ("ActionTimingTag",)), Column("ActionTriggersTag", ("ActionTriggerTag",)),
    ),
    stems("accountactions", "accountaction"), positional=True,
)  # fmt: skip
ACTION_TIMINGS = Layout(
    "ActionTimings",
    (
        Column("Tag", filled=True), Column("ActionsTag", filled=True), Column("TimingTag", filled=True),
        Column("Weight", needed=False),
    ),
    stems("actiontimings", "actiontiming", "actionstimings", "actionstiming"), positional=True,
)  # fmt: skip

RATE_STEMS = stems("rates", "rate")
RATES_TIMINGS_STEMS = stems("ratestimings", "ratetimings", "ratestiming", "ratetiming")
TIMING_STEMS = stems("timings", "timing")
ACTION_STEMS = stems("actions", "action")
TRIGGER_STEMS = stems("actiontriggers", "actiontrigger", "actionstriggers")
MONEY_END = (
    Column("Units"), Column("DestinationTag"), Column("PriceType"), Column("PriceValue"),
    Column("MinutesWeight", needed=False), Column("Weight", needed=False),
)  # fmt: skip

LINKS = (
    Link("RatesTimings", "RatesTag", "Rates"),
    Link("RatesTimings", "TimingTag", "Timings", built_in=frozenset({"*any", "*all"})),
    Link("Rates", "DestinationsTag", "Destinations"),
    Link("RatingProfiles", "RatesTimingTag", "RatesTimings"),
    Link("AccountActions", "ActionTimingsTag", "ActionTimings"),
    Link("AccountActions", "ActionTriggersTag", "ActionTriggers"),
    Link("ActionTriggers", "ActionsTag", "Actions"),
    Link("ActionTriggers", "DestinationTag", "Destinations"),
    Link("ActionTimings", "ActionsTag", "Actions"),
    Link("ActionTimings", "TimingTag", "Timings", built_in=frozenset({"*any", "*asap", "*now"})),
    Link("Actions", "DestinationTag", "Destinations"),
)
WORDS = (
    Words("Actions", "Action", ACTIONS, UNLISTED_ACTIONS),
    Words("Actions", "BalanceTag", BALANCES | {""}, {}),
    Words("Actions", "PriceType", frozenset({"", "ABSOLUTE", "PERCENT"}), {}),
    Words("ActionTriggers", "BalanceTag", BALANCES, {}),
)
NUMBERS = (
    ("Actions", "Units"), ("Actions", "PriceValue"), ("Actions", "MinutesWeight"), ("Actions", "Weight"),
    ("ActionTriggers", "ThresholdValue"), ("ActionTriggers", "Weight"), ("ActionTimings", "Weight"),
)  # fmt: skip


def build(tables: Rows, tariff: Tariff, faults: Faults) -> None:
    """Rates × rates timings → plans; rating profiles → profiles. Rows that lead nowhere are left out."""
    rates: dict[str, list[tuple[str, Rate, int]]] = {}
    for row in tables.get("Rates", ()):
        read = _rate(row, faults)
        if read is not None:
            rates.setdefault(row.get("Tag"), []).append(read)
    for row in tables.get("RatesTimings", ()):
        _join(row, rates, tariff, faults)
    for row in tables.get("RatingProfiles", ()):
        tariff.plans.setdefault(row.get("RatesTimingTag"), [])
    draft = Draft()
    for row in tables.get("RatingProfiles", ()):
        _profile(row, draft, faults)
    _one_fallback(draft, faults)
    check_fallbacks(draft, Severity.WARNING, faults)
    tariff.profiles = draft.sorted()
    tariff.plans = {tag: entries for tag, entries in tariff.plans.items() if entries}
    triggers_without_actions(tables.get("ActionTriggers", ()), faults)


def _rate(row: Row, faults: Faults) -> tuple[str, Rate, int] | None:
    """(destination, rate, weight in thousandths) of a Rates row."""
    fee = cells.price(row, "ConnectFee", faults, empty=Price())
    price = cells.price(row, "Price", faults)
    unit_name, step_name = (
        ("PricedUnits", "RateIncrements") if "PricedUnits" in row.bound.layout.index else ("BillingUnit", "")
    )
    unit = _seconds(row, unit_name, faults)
    step = _seconds(row, step_name, faults) if step_name else cells.MILLION
    weight = cells.thousandths(row, "Weight", faults) if "Weight" in row.bound.layout.index else 0
    if fee is None or price is None or unit is None or step is None or weight is None:
        return None
    slot = Slot(price, unit, step, 0, fee)
    rate = Rate(row.get("Tag"), (slot,), origin=At(row.file, row.line))
    return cells.wildcard(row.get("DestinationsTag")), rate, weight


def _seconds(row: Row, name: str, faults: Faults) -> int | None:
    """A whole or decimal number of seconds; 0 or nothing is 1 second (§3.3)."""
    text = row.get(name)
    value = cells.parse_duration(text or "0")
    where = (row.file, row.line, row.column(name), name)
    if value is None:
        faults.add("tariff-bad-number", *where, value=cells.shown(text))
        return None
    if text and not value[0]:
        faults.warn("tariff-zero-unit", *where)
    return value[0] or cells.MILLION


def _join(row: Row, rates: Mapping[str, list[tuple[str, Rate, int]]], tariff: Tariff, faults: Faults) -> None:
    timing = cells.wildcard(row.get("TimingTag"))
    weight = cells.thousandths(row, "Weight", faults)
    known: Timing | None = tariff.timings.get(timing)
    if known is None or weight is None:
        return
    own = row.bound.has("Weight") and row.get("Weight") != ""
    entries = tariff.plans.setdefault(row.get("Tag"), [])
    for destination, rate, rate_weight in rates.get(row.get("RatesTag"), ()):
        if destination in tariff.destinations or destination == "*any":
            entries.append(
                PlanEntry(destination, timing, rate, weight if own else rate_weight, origin=At(row.file, row.line))
            )


def _profile(row: Row, draft: Draft, faults: Faults) -> None:
    direction = cells.direction(row, "Direction", faults)
    at = cells.instant(row, "ActivationTime", faults)
    subject = cells.wildcard(row.get("Subject"))
    if subject.startswith("*") and subject != "*any":
        where = (row.file, row.line, row.column("Subject"), "Subject")
        faults.add("tariff-unknown-wildcard", *where, value=cells.shown(subject))
        return
    if direction is None or at is None:
        return
    fallback = cells.wildcard(row.get("RatesFallbackSubject"))
    key = ProfileKey(direction, row.get("Tenant"), row.get("TOR"), subject)
    activation = Activation(at, row.get("RatesTimingTag"), (fallback,) if fallback else (), At(row.file, row.line))
    draft.add(key, activation)


def _one_fallback(draft: Draft, faults: Faults) -> None:
    """In 2012 the fallback belongs to the whole key, not to the row (§3.1): the last one named counts."""
    for key, rows in draft.rows.items():
        named = [row for row in rows if row.fallbacks]
        if not named:
            continue
        last = named[-1]
        if any(row.fallbacks != last.fallbacks for row in named):
            faults.warn("tariff-fallback-differs", last.origin.file, last.origin.line, subject=key.subject)
        draft.rows[key] = [Activation(row.at, row.plan, last.fallbacks, row.origin) for row in rows]
