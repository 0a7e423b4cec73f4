"""Rows of a price list together: which prefixes share a price, what holds when, who is rated.

Each tariff code and category makes a plan; prefixes of one destination that are priced alike share a tag.
Bands are completed (:func:`bands.complete`) so that no price runs on into hours it was not written for.
"""

from collections.abc import Iterable
from dataclasses import replace

from chappe.core.rating.model import ALWAYS, ANY, Activation, Origin, PlanEntry, ProfileKey, Rate, Tariff
from chappe.core.tariff import bands
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.price_list import PriceRow

ALWAYS_FROM = 0
NOWHERE = Origin()
Validity = tuple[int | None, int | None]


def fill(rows: list[PriceRow], spans: tuple[bands.Span, ...], tariff: Tariff, faults: Faults) -> None:
    """Put readable rows into ``tariff``; rows in another currency than the first are refused."""
    tariff.currency = next((row.currency for row in rows if row.currency), "EUR")
    tariff.timings = {ANY: ALWAYS}
    kept = []
    for row in rows:
        if row.currency and row.currency != tariff.currency:
            where = row.origin
            faults.add(
                "tariff-currency", where.file, where.line, 0, "devise", value=row.currency, currency=tariff.currency
            )
        else:
            kept.append(row)
    groups: dict[tuple[str, str], dict[str, list[PriceRow]]] = {}
    for row in kept:
        groups.setdefault((row.code, _suffix(row)), {}).setdefault(row.prefix, []).append(row)
    for (code, suffix), prefixes in groups.items():
        _plan(f"{code or tariff.name or 'tarif'}{suffix}", prefixes, spans, tariff, faults)
    _profiles(kept, tariff)


def _suffix(row: PriceRow) -> str:
    """What tells plans of one code apart: ``:sms`` beside calls, ``:in`` beside outgoing."""
    return ("" if row.category == "call" else f":{row.category}") + (":in" if row.way == "IN" else "")


def _plan(
    plan: str, prefixes: dict[str, list[PriceRow]], spans: tuple[bands.Span, ...], tariff: Tariff, faults: Faults
) -> None:
    alike: dict[tuple, list[tuple[str, list[tuple[str, Rate, Validity]]]]] = {}
    numbers: dict[Rate, int] = {}  # rates that differ by their place alone share a number
    bare: dict[int, int] = {}
    for prefix, rows in prefixes.items():
        priced = _priced(prefix, rows, spans, faults)
        if priced:
            for _, rate, _ in priced:
                if id(rate) not in bare:
                    bare[id(rate)] = numbers.setdefault(replace(rate, origin=NOWHERE), len(numbers))
            signature = (rows[0].destination, *((band, bare[id(rate)], validity) for band, rate, validity in priced))
            alike.setdefault(signature, []).append((prefix, priced))
    timings = bands.timings(spans)
    entries = tariff.plans.setdefault(plan, [])
    for signature, members in alike.items():
        origins = {prefix: prefixes[prefix][0].origin for prefix, _ in members if prefix != ANY}
        tag = _tag(str(signature[0]), plan, origins, tariff) if origins else ANY
        if origins and ANY in dict(members):
            _entries(ANY, members[0][1], timings, tariff, entries)
        _entries(tag, members[0][1], timings, tariff, entries)


def _priced(
    prefix: str, rows: list[PriceRow], spans: tuple[bands.Span, ...], faults: Faults
) -> list[tuple[str, Rate, Validity]]:
    """(band, rate, validity) of a prefix, bands completed for each validity of its own."""
    by_validity: dict[Validity, dict[str, PriceRow]] = {}
    for row in rows:
        own = by_validity.setdefault((row.valid_from, row.valid_to), {})
        first = own.setdefault(row.band, row)
        if first is not row:
            where = row.origin
            faults.add(
                "tariff-price-twice", where.file, where.line, 0, "prefixe",
                prefix=prefix, band=row.band, first=first.origin.line,
            )  # fmt: skip
    priced: list[tuple[str, Rate, Validity]] = []
    for validity, own in by_validity.items():
        if set(own) == {bands.ALL_DAY}:
            priced.append((bands.ALL_DAY, own[bands.ALL_DAY].rate, validity))
            continue
        given, missing = bands.complete(set(own), spans)
        if missing:
            where = next(iter(own.values())).origin
            faults.add(
                "tariff-bands-missing", where.file, where.line, 0, "plage", prefix=prefix, bands=", ".join(missing)
            )
            continue
        priced.extend((band, own[source].rate, validity) for band, source in given.items())
    return priced


def _tag(name: str, plan: str, origins: dict[str, Origin], tariff: Tariff) -> str:
    """A destination tag for these prefixes: the name itself, or told apart when it is taken by others."""
    tag, count = name, 1
    while tag in tariff.destinations and set(tariff.destinations[tag]) != set(origins):
        count += 1
        tag = f"{name} ({count})"
    tariff.destinations.setdefault(tag, origins)
    return tag


def _entries(
    tag: str,
    priced: Iterable[tuple[str, Rate, Validity]],
    timings: dict[str, list],
    tariff: Tariff,
    entries: list[PlanEntry],
) -> None:
    for band, rate, (since, until) in priced:
        for timing in [ALWAYS] if band == bands.ALL_DAY else timings[band]:
            tariff.timings.setdefault(timing.tag, timing)
            entries.append(PlanEntry(tag, timing.tag, rate, valid_from=since, valid_to=until, origin=rate.origin))


def _profiles(rows: list[PriceRow], tariff: Tariff) -> None:
    """Who is rated: the row's subject; else anyone when the list has one code, else the code as subject."""
    codes = {row.code for row in rows}
    for row in rows:
        subject = row.subject or (ANY if len(codes) == 1 else row.code or ANY)
        key = ProfileKey(row.way, row.tenant, row.category, subject)
        plan = f"{row.code or tariff.name or 'tarif'}{_suffix(row)}"
        if key not in tariff.profiles and tariff.plans.get(plan):
            tariff.profiles[key] = [Activation(ALWAYS_FROM, plan, (), row.origin)]
