"""Format ``seed-2012``: the nine tables of July 2012 (cgrates-semantics §3, §6.1).

The price is per BillingUnit and the time is not rounded up (§8.10). The weight stands in Rates; a Weight
column in RatesTimings, as written three days later, wins over it.
"""

from chappe.core.base.issue import Severity
from chappe.core.base.lang import N_
from chappe.core.tariff import tables_2012 as base
from chappe.core.tariff.form import Format
from chappe.core.tariff.layout import Column, Layout

TIMINGS = Layout(
    "Timings",
    (
        Column("Tag", old=("TimingTag",), filled=True), Column("Months"), Column("MonthDays"), Column("WeekDays"),
        Column("StartTime", filled=True),
    ),
    base.TIMING_STEMS, positional=True, list_column="WeekDays",
)  # fmt: skip
RATES = Layout(
    "Rates",
    (
        Column("Tag", filled=True), Column("DestinationsTag", ("DestinationTag",), filled=True), Column("ConnectFee"),
        Column("Price", filled=True), Column("BillingUnit"), Column("Weight", needed=False),
    ),
    base.RATE_STEMS, required=True, positional=True,
)  # fmt: skip
RATES_TIMINGS = Layout(
    "RatesTimings",
    (
        Column("Tag", filled=True), Column("RatesTag", ("RateTag",), filled=True),
        Column("TimingTag", old=("TimingProfile",), filled=True), Column("Weight", needed=False),
    ),
    base.RATES_TIMINGS_STEMS, required=True, positional=True,
)  # fmt: skip
ACTIONS = Layout(
    "Actions",
    (Column("Tag", filled=True), Column("Action", filled=True), Column("BalanceTag"), *base.MONEY_END),
    base.ACTION_STEMS, positional=True,
)  # fmt: skip
TRIGGERS = Layout(
    "ActionTriggers",
    (
        Column("Tag", filled=True), Column("BalanceTag", filled=True), Column("ThresholdValue", filled=True),
        Column("DestinationTag"), Column("ActionsTag"), Column("Weight", needed=False),
    ),
    base.TRIGGER_STEMS, positional=True,
)  # fmt: skip

FORMAT = Format(
    "seed-2012",
    N_("CGRateS, July 2012 (nine tables)"),
    (
        base.DESTINATIONS, RATES, TIMINGS, RATES_TIMINGS, base.RATING_PROFILES, ACTIONS, base.ACTION_TIMINGS, TRIGGERS,
        base.ACCOUNT_ACTIONS,
    ),
    base.build, base.LINKS, base.WORDS, base.NUMBERS, base.RATED, Severity.WARNING, keyed_by="tor", max_levels=4,
)  # fmt: skip
