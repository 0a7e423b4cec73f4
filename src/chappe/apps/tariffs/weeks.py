"""Which price holds at which hour of the week, in a plan, towards a destination.

The rule is the engine's (timing that contains the moment, then larger weight, then later start); this module
draws it, it never prices. Hours are those of the tariff's wall clock.
"""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.tariffs import words
from chappe.core.rating.model import ALWAYS, ANY, PlanEntry, Tariff, Timing
from chappe.core.tariff.door import search
from chappe.kit.ui import formats

DAY = 86_400
COLOURS = 8


@dataclass(frozen=True)
class Stretch:
    """Seconds ``start`` to ``end`` of a day under one entry of the plan; None: no price then."""

    start: int
    end: int
    entry: PlanEntry | None
    colour: int | None

    @property
    def width(self) -> int:
        return self.end - self.start

    @property
    def title(self) -> str:
        """``08:00–18:00 HP`` for the tooltip and for those who do not see the picture."""
        name = words.timing_name(self.entry.timing) if self.entry else _("no price")
        return f"{words.clock(self.start)}–{words.clock(self.end)} {name}"


@dataclass
class Day:
    name: str
    stretches: list[Stretch]
    today: bool = False

    @property
    def words(self) -> str:
        """The whole day in words."""
        return ", ".join(stretch.title for stretch in self.stretches)


@dataclass
class Week:
    """Seven days from Monday, the legend (colour, timing, when, price), and what it is about."""

    plan: str
    destination: str
    days: list[Day] = field(default_factory=list)
    legend: list[tuple[int, str, str, str]] = field(default_factory=list)

    @property
    def holes(self) -> bool:
        """Whether some hour has no price."""
        return any(stretch.entry is None for day in self.days for stretch in day.stretches)


def zone_of(tariff: Tariff) -> dt.tzinfo:
    """The tariff's clock; for a tariff that follows each call's own offset, the house's."""
    return ZoneInfo(tariff.timezone) if tariff.timezone else timezone.get_default_timezone()


def local_now(tariff: Tariff) -> dt.datetime:
    """Now, on the tariff's clock."""
    return timezone.now().astimezone(zone_of(tariff))


def entries_for(tariff: Tariff, plan: str, wanted: str) -> tuple[str, list[PlanEntry]]:
    """Prices of ``plan`` towards ``wanted``: a destination's name, or a number. ("", []) when there is none."""
    entries = tariff.plans.get(plan, [])
    known = {entry.destination for entry in entries}
    tag = next((one for one in known if one.casefold() == wanted.strip().casefold()), "")
    if not tag and any(char.isdigit() for char in wanted):
        met = [match for match in search(tariff, wanted) if match.plan == plan]
        if met:
            first = [match for match in met if match.prefix == met[0].prefix]
            return first[0].destination, [entry for match in first for entry in match.entries]
    if not tag:
        tag = next((one for one in sorted(known) if wanted.strip() and wanted.strip().casefold() in one.casefold()), "")
    return tag, [entry for entry in entries if entry.destination == tag] if tag else []


def in_force(tariff: Tariff, entries: list[PlanEntry], moment: dt.datetime) -> PlanEntry | None:
    """The entry that prices ``moment`` (aware, on the tariff's clock)."""
    second = moment.hour * 3600 + moment.minute * 60 + moment.second
    micros = int(moment.timestamp()) * 1_000_000
    fitting = [
        (entry.weight, timing.start, entry)
        for entry in entries
        if _valid(entry, micros) and (timing := _timing(tariff, entry)) and _matches(timing, moment.date(), second)
    ]
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def _valid(entry: PlanEntry, micros: int) -> bool:
    return (entry.valid_from is None or entry.valid_from <= micros) and (
        entry.valid_to is None or micros < entry.valid_to
    )


def _timing(tariff: Tariff, entry: PlanEntry) -> Timing | None:
    return tariff.timings.get(entry.timing) or (ALWAYS if entry.timing == ANY else None)


def _matches(timing: Timing, day: dt.date, second: int) -> bool:
    sets = (
        (timing.years, day.year),
        (timing.months, day.month),
        (timing.month_days, day.day),
        (timing.week_days, day.isoweekday()),
    )
    return not timing.asap and all(one is None or value in one for one, value in sets) and timing.start <= second


def week(tariff: Tariff, plan: str, destination: str, entries: list[PlanEntry]) -> Week:
    """The present week of ``entries``."""
    now = local_now(tariff)
    monday = now.date() - dt.timedelta(days=now.weekday())
    names = get_day_names("wide", locale=formats.reader_locale())
    colours: dict[str, int] = {}
    days = []
    for number in range(7):
        date = monday + dt.timedelta(days=number)
        days.append(Day(names[number], _day(tariff, entries, date, colours), date == now.date()))
    drawn = Week(plan, destination, days)
    measure = words.plan_measures(tariff).get(plan, words.TIME)
    shown: dict[str, PlanEntry] = {}
    for day in days:
        for stretch in day.stretches:
            if stretch.entry:
                shown.setdefault(stretch.entry.timing, stretch.entry)
    drawn.legend = [
        (
            colours[tag],
            words.timing_name(tag),
            words.timing_words(_timing(tariff, entry)) if tag != ANY else "",
            words.rate_words(entry.rate, measure=measure, currency=tariff.currency),
        )
        for tag, entry in shown.items()
    ]
    return drawn


def _day(tariff: Tariff, entries: list[PlanEntry], date: dt.date, colours: dict[str, int]) -> list[Stretch]:
    zone = zone_of(tariff)
    starts = sorted({0} | {timing.start for entry in entries if (timing := _timing(tariff, entry))})
    found: list[Stretch] = []
    for start, end in zip(starts, [*starts[1:], DAY], strict=True):
        clock = dt.time(start // 3600, start % 3600 // 60, start % 60)
        entry = in_force(tariff, entries, dt.datetime.combine(date, clock, zone))
        colour = colours.setdefault(entry.timing, len(colours) % COLOURS) if entry else None
        if found and found[-1].entry is entry:
            found[-1] = Stretch(found[-1].start, end, entry, colour)
        else:
            found.append(Stretch(start, end, entry, colour))
    return found
