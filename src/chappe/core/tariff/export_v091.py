"""A tariff written as a v0.9.1 folder, for another engine or for a person with an editor.

Says what the format cannot hold (S parts, minimum, price per call, own validity) as issues, never silently.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from chappe.core.base.issue import Issue
from chappe.core.rating.model import ANY, PlanEntry, Price, Rounding, Slot, Tariff, Timing, UnitKind
from chappe.core.tariff import v091
from chappe.core.tariff.cells import EPOCH
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.price_list import decimal


@dataclass(slots=True)
class Export:
    """Files by name, UTF-8 with a header, and what they could not say."""

    files: dict[str, bytes] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


Row = list[str]


def to_v091(tariff: Tariff) -> Export:
    """The six rating tables. Reading them again gives the same prices at every moment."""
    faults = Faults()
    rates: dict[tuple[Slot, ...], str] = {}
    groups: dict[tuple[tuple[str, str, str, str, str, str], ...], str] = {}
    plans: list[Row] = []
    for plan, entries in tariff.plans.items():
        for (timing, weight), own in _by_timing(entries).items():
            members = tuple(row for entry in own if (row := _destination_rate(plan, entry, rates, faults)))
            if members:
                tag = groups.setdefault(members, f"DR_{len(groups) + 1}")
                plans.append([plan, tag, timing, decimal(Price(weight, 3))])
    tables = {
        "Timings": [_timing(timing) for tag, timing in tariff.timings.items() if tag != ANY],
        "Destinations": [[tag, prefix] for tag, own in tariff.destinations.items() for prefix in own],
        "Rates": [row for slots, tag in rates.items() for row in _slots(tag, slots)],
        "DestinationRates": [[tag, *member] for members, tag in groups.items() for member in members],
        "RatingPlans": plans,
        "RatingProfiles": _profiles(tariff),
    }
    files = {f"{table}.csv": _csv(table, rows) for table, rows in tables.items()}
    return Export(files, faults.done())


def _by_timing(entries: list[PlanEntry]) -> dict[tuple[str, int], list[PlanEntry]]:
    found: dict[tuple[str, int], list[PlanEntry]] = {}
    for entry in entries:
        found.setdefault((entry.timing, entry.weight), []).append(entry)
    return found


def _destination_rate(
    plan: str, entry: PlanEntry, rates: dict[tuple[Slot, ...], str], faults: Faults
) -> tuple[str, str, str, str, str, str] | None:
    rate, where = entry.rate, f"{plan} {entry.destination}"
    lost = {
        "service": rate.service is not None,
        "minimum": rate.minimum is not None,
        "validity": entry.valid_from is not None or entry.valid_to is not None,
        "call": any(slot.kind is UnitKind.CALL for slot in rate.slots),
    }
    origin = rate.origin
    for what, is_lost in lost.items():
        if is_lost:
            faults.warn(f"tariff-lost-{what}", origin.file, origin.line, where=where)
    if lost["call"]:
        return None  # as a price per second it would be wrong
    known = rates.get(rate.slots)
    if known is None:
        taken = set(rates.values())
        wished = rate.tag or "RATE"
        known = wished if wished not in taken else f"{wished}_{len(rates) + 1}"
        rates[rate.slots] = known
    method = "" if rate.rounding is Rounding.NONE else str(rate.rounding)
    limit = decimal(rate.max_cost) if rate.max_cost else ""
    places = str(rate.decimals) if method else ""
    return entry.destination, known, method, places, limit, str(rate.max_cost_strategy)


def _timing(timing: Timing) -> Row:
    sets = (timing.years, timing.months, timing.month_days, timing.week_days)
    lists = ["*any" if one is None else ";".join(map(str, sorted(one))) or "*none" for one in sets]
    clock = f"{timing.start // 3600:02d}:{timing.start % 3600 // 60:02d}:{timing.start % 60:02d}"
    return [timing.tag, *lists, "*asap" if timing.asap else clock]


def _slots(tag: str, slots: tuple[Slot, ...]) -> list[Row]:
    return [
        [
            tag,
            decimal(slot.connect_fee),
            decimal(slot.price),
            _seconds(slot.unit),
            _seconds(slot.increment),
            _seconds(slot.start),
        ]
        for slot in slots
    ]


def _seconds(millionths: int) -> str:
    return f"{decimal(Price(millionths, 6))}s"


def _profiles(tariff: Tariff) -> list[Row]:
    rows = []
    for key, activations in tariff.profiles.items():
        for activation in activations:
            at = "" if activation.at == v091.ALWAYS_FROM else instant(activation.at)
            direction = f"*{key.direction.lower()}"
            rows.append(
                [
                    direction,
                    key.tenant,
                    key.category,
                    key.subject,
                    at,
                    activation.plan,
                    ";".join(activation.fallbacks),
                    "",
                ]
            )
    return rows


def instant(microseconds: int) -> str:
    """RFC 3339 in UTC."""
    moment = EPOCH + timedelta(microseconds=microseconds)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _csv(table: str, rows: list[Row]) -> bytes:
    layout = v091.FORMAT.layout(table)
    return write_csv([column.name for column in layout.columns], rows, ",")


def write_csv(header: list[str], rows: list[Row], separator: str) -> bytes:
    """CSV bytes, UTF-8, one line a row; a cell that a spreadsheet would run as a formula is left as it is here."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
