"""Time bands of a price list (HP, HC, WE) as data, and their timings.

A timing has a start and no end (§3.5), so the bands must share the week without hole or overlap: each ends
where the next begins. A folder may bring its own table, a file ``plages.csv``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chappe.core.rating.model import Origin, Timing
from chappe.core.tariff import cells
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.layout import Column, Layout, Row

DAY_END = 86_400
ALL_DAY = "TOUT"
ALL_DAY_WORDS = frozenset({"", "TOUT", "TOUTES", "ALL", "ANY", "*ANY", "24H", "24/24"})


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Span:
    """Band ``band`` holds on week days ``days`` (1 = Monday) from ``start`` to ``end`` seconds.

    ``instead``: the band whose price is taken when a prefix has none of its own.
    """

    band: str
    days: frozenset[int]
    start: int
    end: int
    instead: str = ""
    origin: Origin = NOWHERE


WEEK = frozenset({1, 2, 3, 4, 5})
#: Peak on week days 08:00–19:00, off-peak on the rest of them, week-end apart (off-peak unless it has a price).
STANDARD = (
    Span("HP", WEEK, 8 * 3600, 19 * 3600),
    Span("HC", WEEK, 0, 8 * 3600),
    Span("HC", WEEK, 19 * 3600, DAY_END),
    Span("WE", frozenset({6, 7}), 0, DAY_END, "HC"),
)
LAYOUT = Layout(
    "Plages",
    (
        Column("plage", ("bande", "band", "period"), filled=True),
        Column("jours", ("jour", "days", "weekdays"), filled=True),
        Column("debut", ("start", "from", "heuredebut"), filled=True),
        Column("fin", ("end", "to", "heurefin"), filled=True),
        Column("a_defaut", ("adefaut", "remplacee_par", "instead", "fallback"), needed=False),
    ),
    ("plages", "plage", "bands", "plageshoraires"),
)


def read(rows: Iterable[Row], faults: Faults) -> tuple[Span, ...]:
    """Spans of a ``plages`` table; the standard bands when it has no readable row or does not cover the week."""
    spans = [span for row in rows if (span := _span(row, faults)) is not None]
    if not spans:
        return STANDARD
    return tuple(spans) if _covers_week(spans, faults) else STANDARD


def _span(row: Row, faults: Faults) -> Span | None:
    days = cells.parse_numbers(row.get("jours").replace(",", ";"), 1, 7)
    start = cells.parse_clock(row.get("debut"))
    end = DAY_END if row.get("fin") in {"24:00", "24:00:00", "00:00", "00:00:00"} else cells.parse_clock(row.get("fin"))
    if days is None:
        faults.add(
            "tariff-bad-list", row.file, row.line, row.column("jours"), "jours", value=row.get("jours"), low=1, high=7
        )
    for name, value in (("debut", start), ("fin", end)):
        if value is None:
            faults.add("tariff-bad-time", row.file, row.line, row.column(name), name, value=cells.shown(row.get(name)))
    if days is None or start is None or end is None:
        return None
    return Span(row.get("plage").upper(), days, start, end, row.get("a_defaut").upper(), Origin(row.file, row.line))


def _covers_week(spans: list[Span], faults: Faults) -> bool:
    good = True
    for day in range(1, 8):
        at = 0
        for span in sorted((span for span in spans if day in span.days), key=lambda span: span.start):
            if span.start != at:
                break
            at = span.end
        if at != DAY_END:
            good = False
            origin = spans[0].origin
            faults.add("tariff-bands-week", origin.file, origin.line, day=day, at=clock(at))
    return good


def clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def timings(spans: Iterable[Span]) -> dict[str, list[Timing]]:
    """Band → its timings, tags such as ``HC 19:00``."""
    found: dict[str, list[Timing]] = {}
    for span in spans:
        tag = f"{span.band} {clock(span.start)}"
        rows = found.setdefault(span.band, [])
        if any(timing.tag == tag for timing in rows):
            tag = f"{tag} ({''.join(str(day) for day in sorted(span.days))})"
        rows.append(Timing(tag, week_days=span.days, start=span.start, origin=span.origin))
    return found


def complete(priced: set[str], spans: Iterable[Span]) -> tuple[dict[str, str], list[str]]:
    """For a prefix priced in the bands ``priced``: (band → band that gives its price, bands without price)."""
    given: dict[str, str] = {}
    missing: list[str] = []
    for span in spans:
        if span.band in priced:
            given[span.band] = span.band
        elif span.instead in priced:
            given[span.band] = span.instead
        elif ALL_DAY in priced:
            given[span.band] = ALL_DAY
        elif span.band not in missing:
            missing.append(span.band)
    return given, missing
