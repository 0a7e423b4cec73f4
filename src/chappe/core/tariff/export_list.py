"""A tariff written as a price list: ``tarif.csv`` and, when its hours are not the standard ones, ``plages.csv``.

Only what a price list can say: prices by prefix and time band, without weights, calendars or chains of
fallbacks. What is left out is told as issues.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from chappe.core.rating.model import ANY, PlanEntry, Price, ProfileKey, Rate, Rounding, Slot, Tariff, Timing, UnitKind
from chappe.core.tariff import bands
from chappe.core.tariff.cells import EPOCH, MILLION
from chappe.core.tariff.export_v091 import Export, write_csv
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.price_list import UNITS, decimal

HEADER = [
    "tarif_code", "debut_validite", "fin_validite", "sens", "prefixe", "destination", "zone", "type", "plage",
    "prix_connexion", "prix_unite", "unite", "premier_palier", "palier_suivant", "minimum_facture",
    "duree_gratuite_s", "arrondi", "decimales", "sva_s", "sva_mode", "sva_gratuite_s", "sva_tva", "devise", "tva",
    "tenant", "sujet",
]  # fmt: skip
WEEK = frozenset(range(1, 8))
METHODS = {Rounding.UP: "SUP", Rounding.MIDDLE: "PROCHE", Rounding.DOWN: "INF"}
TYPES = {"call": "VOIX", "0": "VOIX", "sms": "SMS", "mms": "MMS", "data": "DATA"}


@dataclass(slots=True)
class _Writer:
    tariff: Tariff
    faults: Faults
    zone: ZoneInfo
    rows: list[list[str]]
    spans: list[bands.Span]

    def lost(self, what: str, where: str, entry: PlanEntry | None = None) -> None:
        origin = entry.rate.origin if entry else None
        self.faults.warn(
            f"tariff-lost-{what}", origin.file if origin else "", origin.line if origin else 0, where=where
        )


def to_price_list(tariff: Tariff) -> Export:
    """Price-list files of every plan that a profile uses. Reading them again gives the same prices."""
    spans, band_of = _bands(tariff)
    writer = _Writer(tariff, Faults(), ZoneInfo(tariff.timezone or "UTC"), [], spans)
    for key, activations in tariff.profiles.items():
        activation = activations[-1]
        if len(activations) > 1:
            writer.lost("activations", key.subject)
        if activation.fallbacks:
            writer.lost("fallbacks", key.subject)
        groups: dict[tuple[str, int | None, int | None], list[PlanEntry]] = {}
        for entry in tariff.plans.get(activation.plan, ()):
            groups.setdefault((entry.destination, entry.valid_from, entry.valid_to), []).append(entry)
        for own in groups.values():
            if not _sayable(own, band_of, spans):
                writer.lost("hours", f"{activation.plan} {own[0].destination}", own[0])
                continue
            for entry in own:
                _entry(writer, key, activation.plan, entry, band_of)
    rows = list(dict.fromkeys(tuple(row) for row in writer.rows))
    export = Export({"tarif.csv": write_csv(HEADER, [list(row) for row in rows], ";")}, writer.faults.done())
    if spans and tuple(spans) != bands.STANDARD:
        export.files["plages.csv"] = write_csv(["plage", "jours", "debut", "fin", "a_defaut"], _span_rows(spans), ";")
    return export


def to_price_list_csv(tariff: Tariff) -> str:
    """The price-list table alone, as text."""
    return to_price_list(tariff).files["tarif.csv"].decode()


def _bands(tariff: Tariff) -> tuple[list[bands.Span], dict[str, str]]:
    """Spans of the week and timing tag → band. A timing is one band when only week days and hours limit it.

    Timings that share a moment or leave one cannot be told as bands: then only all-day prices can be said.
    """
    every = {tag: bands.ALL_DAY for tag, timing in tariff.timings.items() if _all_day(timing)}
    used = {entry.timing for entries in tariff.plans.values() for entry in entries} - every.keys()
    standard = bands.timings(bands.STANDARD)
    own = {timing.tag: band for band, timings in standard.items() for timing in timings}
    if used <= own.keys() and all(_same(tariff, tag, standard) for tag in used):
        return list(bands.STANDARD), own | every
    plain = [timing for tag in sorted(used) if (timing := tariff.timings.get(tag)) and _weekly(timing)]
    spans = []
    for day in WEEK:
        today = sorted((t for t in plain if day in (t.week_days or WEEK)), key=lambda t: t.start)
        starts = [timing.start for timing in today]
        if not starts or starts[0] or len(set(starts)) < len(starts) or len(plain) < len(used):
            return list(bands.STANDARD), every
        for timing, end in zip(today, [*starts[1:], bands.DAY_END], strict=True):
            spans.append(bands.Span(_band_name(timing.tag), frozenset({day}), timing.start, end))
    return spans, {timing.tag: _band_name(timing.tag) for timing in plain} | every


def _weekly(timing: Timing) -> bool:
    return not timing.asap and timing.years is None and timing.months is None and timing.month_days is None


def _all_day(timing: Timing) -> bool:
    return _weekly(timing) and not timing.start and (timing.week_days is None or timing.week_days == WEEK)


def _sayable(entries: list[PlanEntry], band_of: dict[str, str], spans: list[bands.Span]) -> bool:
    """Do these prices of one destination, of one validity, cover the week with one weight?"""
    names = {band_of.get(entry.timing, "") for entry in entries}
    whole = names == {bands.ALL_DAY} or names == {span.band for span in spans}
    return whole and len({entry.weight for entry in entries}) == 1


def _band_name(tag: str) -> str:
    return tag.split(" ", maxsplit=1)[0].upper()


def _same(tariff: Tariff, tag: str, own: dict[str, list]) -> bool:
    timing = tariff.timings.get(tag)
    return any(
        timing is not None and one.tag == tag and (one.week_days, one.start) == (timing.week_days, timing.start)
        for rows in own.values()
        for one in rows
    )


def _span_rows(spans: list[bands.Span]) -> list[list[str]]:
    return [
        [span.band, ";".join(map(str, sorted(span.days))), bands.clock(span.start),
         "24:00" if span.end == bands.DAY_END else bands.clock(span.end), span.instead]
        for span in spans
    ]  # fmt: skip


def _entry(writer: _Writer, key: ProfileKey, plan: str, entry: PlanEntry, band_of: dict[str, str]) -> None:
    where = f"{plan} {entry.destination} {entry.timing}"
    band = band_of[entry.timing]
    cells = _price_cells(entry.rate, TYPES.get(key.category, "VOIX"))
    if cells is None or entry.rate.max_cost is not None:
        writer.lost("slots" if cells is None else "limit", where, entry)
        return
    code = plan.split(":", maxsplit=1)[0]
    prefixes = [ANY] if entry.destination == ANY else list(writer.tariff.destinations.get(entry.destination, ()))
    tail = [writer.tariff.currency, entry.rate.vat, key.tenant if key.tenant != ANY else "", key.subject]
    for prefix in prefixes:
        writer.rows.append(
            [
                code, _day(writer, entry.valid_from), _day(writer, entry.valid_to, end=True),
                "S" if key.direction == "OUT" else "E", prefix, entry.destination, entry.rate.zone,
                TYPES.get(key.category, "VOIX"), band, *cells, *tail,
            ]
        )  # fmt: skip


def _price_cells(rate: Rate, type_word: str) -> list[str] | None:
    """From ``prix_connexion`` to ``sva_tva``; None when the slots are not "free, first step, next steps"."""
    slots = list(rate.slots)
    fee = decimal(slots[0].connect_fee)
    free = 0
    if len(slots) > 1 and not slots[0].price.digits and slots[1].price.digits:
        free = slots[1].start
        slots = slots[1:]
    if not _simple(slots, free):
        return None
    paid = slots[0]
    unit = "ACTE" if type_word in {"SMS", "MMS"} and paid.unit == MILLION else _unit_word(paid)
    if unit is None:
        return None
    measure = MILLION if UNITS[unit][1] == "time" else UNITS[unit][0]
    steps = (
        ["", ""]
        if UNITS[unit][1] == "act"
        else [_number(paid.increment, measure), _number(slots[-1].increment, measure)]
    )
    method = METHODS.get(rate.rounding, "")
    service = ["", "", "", ""]
    if rate.service:
        part = rate.service
        mode = "ACTE" if part.kind is UnitKind.CALL else _unit_word(Slot(part.price, part.unit))
        if mode is None:
            return None
        service = [decimal(part.price), mode, _number(part.free, MILLION) if part.free else "", part.vat]
    return [
        fee, decimal(paid.price), unit, *steps, decimal(rate.minimum) if rate.minimum else "",
        _number(free, MILLION) if free else "", method, str(rate.decimals) if method else "", *service,
    ]  # fmt: skip


def _simple(slots: list[Slot], free: int) -> bool:
    if len(slots) == 1:
        return True
    first, following = slots[0], slots[1]
    same = first.price == following.price and first.unit == following.unit and first.kind is following.kind
    return len(slots) == 2 and same and following.start == free + first.increment


def _unit_word(slot: Slot) -> str | None:
    if slot.kind is UnitKind.CALL:
        return "ACTE"
    return {MILLION: "S", 60 * MILLION: "MIN", 3600 * MILLION: "H"}.get(slot.unit) or next(
        (word for word, (size, nature) in UNITS.items() if size == slot.unit and nature == "volume"), None
    )


def _number(millionths: int, measure: int) -> str:
    whole, rest = divmod(millionths * 10**15, measure)
    return "" if rest else decimal(Price(whole, 15)).rstrip(".")


def _day(writer: _Writer, at: int | None, *, end: bool = False) -> str:
    if at is None:
        return ""
    moment = (EPOCH + timedelta(microseconds=at)).astimezone(writer.zone)
    if moment.hour or moment.minute or moment.second:
        return moment.isoformat()
    return (moment.date() - timedelta(days=1 if end else 0)).isoformat()
