"""Format ``end-2012``: the tables of November 2012 (cgrates-semantics §6.2).

Years in Timings, weights in the rates timings, PricedUnits and RateIncrements (time rounded up to a step),
Direction in the action tables.
"""

from chappe.core.base.lang import N_
from chappe.core.tariff import tables_2012 as base
from chappe.core.tariff.form import Format
from chappe.core.tariff.layout import Column, Layout

TIMINGS = Layout(
    "Timings",
    (
        Column("Tag", old=("TimingTag",), filled=True), Column("Years"), Column("Months"), Column("MonthDays"),
        Column("WeekDays"), Column("StartTime", filled=True),
    ),
    base.TIMING_STEMS, positional=True, list_column="WeekDays",
)  # fmt: skip
RATES = Layout(
    "Rates",
    (
        Column("Tag", filled=True), Column("DestinationsTag", ("DestinationTag",), filled=True), Column("ConnectFee"),
        Column("Price", filled=True), Column("PricedUnits", ("PricedUnit",)),
        Column("RateIncrements", ("RateIncrement",)),
    ),
    base.RATE_STEMS, required=True, positional=True,
)  # fmt: skip
RATES_TIMINGS = Layout(
    "RatesTimings",
    (
        Column("Tag", filled=True), Column("RatesTag", ("RateTag",), filled=True),
        Column("TimingTag", old=("TimingProfile",), filled=True), Column("Weight"),
    ),
    base.RATES_TIMINGS_STEMS, required=True, positional=True,
)  # fmt: skip
ACTIONS = Layout(
    "Actions",
    (
        Column("Tag", filled=True), Column("Action", filled=True), Column("BalanceTag"), Column("Direction"),
        *base.MONEY_END,
    ),
    base.ACTION_STEMS, positional=True,
)  # fmt: skip
TRIGGERS = Layout(
    "ActionTriggers",
    (
        Column("Tag", filled=True), Column("BalanceTag", filled=True), Column("Direction"),
        Column("ThresholdValue", filled=True), Column("DestinationTag"), Column("ActionsTag"),
        Column("Weight", needed=False),
    ),
    base.TRIGGER_STEMS, positional=True,
)  # fmt: skip

FORMAT = Format(
    "end-2012",
    N_("CGRateS, end of 2012"),
    (
        base.DESTINATIONS, RATES, TIMINGS, RATES_TIMINGS, base.RATING_PROFILES, ACTIONS, base.ACTION_TIMINGS, TRIGGERS,
        base.ACCOUNT_ACTIONS,
    ),
    base.build, base.LINKS, base.WORDS, base.NUMBERS, base.RATED, keyed_by="tor", max_levels=4,
)  # fmt: skip
