"""Looking inside versions: a number's prices in each plan, the week of a destination, tables kept aside."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.tariffs import weeks, words
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.apps.tariffs.queries import ACTIVE
from chappe.core.rating.model import ANY, Origin, PlanEntry, ProfileKey, Tariff
from chappe.core.tariff.door import Match, search
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats

MOST_VERSIONS = 12  # searched at once
MOST_TABLE_ROWS = 60


@dataclass
class Price:
    """A price of a match, in words; ``now`` when it holds at this hour."""

    timing: str
    when: str
    price: str
    place: str
    now: bool
    validity: str = ""


@dataclass
class Found:
    """A prefix that the number meets."""

    prefix: str
    destination: str
    taken: bool
    prices: list[Price]
    rows_url: str


@dataclass
class Answer:
    """What one plan of one version says of a number."""

    version: TariffVersion
    version_url: str
    plan: str
    found: list[Found] = field(default_factory=list)
    explain_url: str = ""
    week: weeks.Week | None = None


def versions_in_force(user: Any) -> list[TariffVersion]:
    """Versions that price calls now, one a plan; plans with none give their last activated or checked one."""
    standing = visible_to(user, TariffVersion).filter(state=ACTIVE, active_from__lte=timezone.now())
    newest: dict[int, TariffVersion] = {}
    for version in standing.select_related("plan", "content").order_by("plan__code", "-active_from", "-number"):
        newest.setdefault(version.plan_id, version)
    return list(newest.values())


def answers(versions: Iterable[TariffVersion], number: str) -> tuple[list[Answer], list[TariffVersion]]:
    """Per version and plan, what ``number`` meets; and the versions whose content cannot be read any more."""
    from chappe.apps.tariffs.loading import load_tariff

    told: list[Answer] = []
    broken: list[TariffVersion] = []
    for version in itertools.islice(versions, MOST_VERSIONS):
        try:
            tariff = load_tariff(version)
        except (ValueError, OSError):
            broken.append(version)
            continue
        by_plan: dict[str, list[Match]] = {}
        for match in search(tariff, number):
            by_plan.setdefault(match.plan, []).append(match)
        told += [_answer(version, tariff, plan, matches, number) for plan, matches in by_plan.items()]
    return told, broken


def _answer(version: TariffVersion, tariff: Tariff, plan: str, matches: list[Match], number: str) -> Answer:
    measure = words.plan_measures(tariff).get(plan, words.TIME)
    answer = Answer(version, registry.object_url(version), plan)
    best = matches[0].prefix
    taken = [match for match in matches if match.prefix == best]
    entries = [entry for match in taken for entry in match.entries]
    current = weeks.in_force(tariff, entries, weeks.local_now(tariff))
    for match in matches:
        prices = [_price(tariff, entry, measure, entry is current) for entry in match.entries]
        query = {"version": version.pk, "plan_tag": plan, "destination": match.destination}
        answer.found.append(
            Found(
                _("any number") if match.prefix == ANY else match.prefix,
                match.destination,
                match.prefix == best,
                prices,
                registry.url("tariffs.row") + "?" + urlencode(query),
            )
        )
    key = profile_of(tariff, plan)
    query = {"version": version.pk, "destination": number, **(profile_query(key) if key else {})}
    answer.explain_url = registry.url("tariffs.explain") + "?" + urlencode(query)
    if len({entry.timing for entry in entries}) > 1:
        answer.week = weeks.week(tariff, plan, taken[0].destination, entries)
    return answer


def _price(tariff: Tariff, entry: PlanEntry, measure: str, now: bool) -> Price:
    origin = entry.rate.origin if entry.rate.origin.file else entry.origin
    timing = tariff.timings.get(entry.timing)
    return Price(
        words.timing_name(entry.timing),
        words.timing_words(timing) if timing and entry.timing != ANY else "",
        words.rate_words(entry.rate, measure=measure, currency=tariff.currency),
        f"{origin.file}:{origin.line}" if origin.file else "",
        now,
        _validity(tariff, entry),
    )


def _validity(tariff: Tariff, entry: PlanEntry) -> str:
    first, end = (_day(tariff, at) for at in (entry.valid_from, entry.valid_to))
    if first and end:
        return _("from %(first)s until %(end)s") % {"first": first, "end": end}
    if first:
        return _("since %(first)s") % {"first": first}
    return _("until %(end)s") % {"end": end} if end else ""


def _day(tariff: Tariff, at: int | None) -> str:
    import datetime as dt

    if at is None:
        return ""
    return formats.day(dt.datetime.fromtimestamp(at // 1_000_000, weeks.zone_of(tariff)).date())


def profile_of(tariff: Tariff, plan: str = "") -> ProfileKey | None:
    """A profile that uses ``plan`` (any plan when empty): an example to explain a price with."""
    for key, activations in tariff.profiles.items():
        if not plan or any(activation.plan == plan for activation in activations):
            return key
    return None


def profile_query(key: ProfileKey) -> dict[str, str]:
    """The fields of the explain form that a profile fills."""
    return {"tenant": key.tenant, "subject": key.subject, "category": key.category}


def examples(tariff: Tariff, most: int = 4) -> list[str]:
    """Numbers that the tariff knows: longest prefixes of a few destinations, with made-up ends."""
    found = []
    for prefixes in tariff.destinations.values():
        best = max((prefix for prefix in prefixes if prefix.isdigit()), key=len, default="")
        if best:
            found.append((best + "123456789")[: max(len(best), 11)])
        if len(found) == most:
            break
    return found


@dataclass
class Table:
    """A table kept for another issue of the house: shown, never run here."""

    name: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    count: int


def tables_aside(tariff: Tariff) -> list[Table]:
    """Account and action tables of the plan, as they were read."""
    tables = []
    for name, rows in tariff.other_tables.items():
        columns = list(dict.fromkeys(column for row in rows[:MOST_TABLE_ROWS] for column in row if column))
        shown = [
            (_place(row.get("")), [str(row.get(column, "")) for column in columns]) for row in rows[:MOST_TABLE_ROWS]
        ]
        if rows:
            tables.append(Table(name, columns, shown, len(rows)))
    return tables


def _place(origin: Any) -> str:
    return f"{origin.file}:{origin.line}" if isinstance(origin, Origin) and origin.file else ""


def plan_choices(tariff: Tariff) -> list[str]:
    """Plans of a tariff, in its order."""
    return list(tariff.plans)


def first_destination(tariff: Tariff, plan: str) -> str:
    """The destination with most prices in the plan: the one whose week says most."""
    counts: dict[str, int] = {}
    for entry in tariff.plans.get(plan, ()):
        counts[entry.destination] = counts.get(entry.destination, 0) + 1
    return max(counts, key=lambda tag: counts[tag]) if counts else ""


def is_empty(user: Any) -> bool:
    """Whether this person has no plan at all."""
    return not visible_to(user, TariffPlan).exists()
