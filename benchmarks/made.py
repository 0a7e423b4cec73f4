"""Made-up data for the measurements: a large tariff and files of calls, the same on every run (seeded)."""

from pathlib import Path

import numpy as np
import polars as pl

from chappe.core.rating.model import (
    Activation,
    Origin,
    PlanEntry,
    Price,
    ProfileKey,
    Rate,
    Rounding,
    Slot,
    Tariff,
    Timing,
)

DATA = Path(__file__).resolve().parent / "data"
PREFIXES, DESTINATIONS, PLANS, SUBJECTS = 50_000, 500, 20, 10_000
TENANT = "cgrates.org"
CHUNK = 500_000
MONTH_START = np.datetime64("2026-03-01T00:00:00")
MONTH_SECONDS = 31 * 86_400


def prefixes(seed: int = 1) -> list[str]:
    """50,000 prefixes, nested: most of them extend another one by a digit, as real ones do."""
    draw = np.random.default_rng(seed)
    known = [str(code) for code in range(20, 99)]
    seen = set(known)
    while len(known) < PREFIXES:
        longer = known[int(draw.integers(len(known)))] + str(int(draw.integers(10)))
        if len(longer) <= 9 and longer not in seen:
            seen.add(longer)
            known.append(longer)
    return known


def tariff(seed: int = 2) -> Tariff:
    """20 plans over 500 destinations, each with a day, an evening and a weekend price."""
    draw = np.random.default_rng(seed)
    destinations: dict[str, dict[str, Origin]] = {f"D{i:03d}": {} for i in range(DESTINATIONS)}
    names = list(destinations)
    for prefix in prefixes():
        destinations[names[int(draw.integers(DESTINATIONS))]][prefix] = Origin()
    weekdays = frozenset({1, 2, 3, 4, 5})
    timings = {
        "DAY": Timing("DAY", week_days=weekdays, start=8 * 3600),
        "EVENING": Timing("EVENING", week_days=weekdays, start=18 * 3600),
        "NIGHT": Timing("NIGHT", week_days=weekdays, start=0),
        "WEEKEND": Timing("WEEKEND", week_days=frozenset({6, 7})),
    }
    return Tariff(
        name="benchmark",
        version="benchmark-1",
        timezone="Europe/Paris",
        timings=timings,
        destinations=destinations,
        plans={f"PLAN{p:02d}": _entries(p, names, draw) for p in range(PLANS)},
        profiles={
            ProfileKey("OUT", TENANT, "call", f"client{s:05d}"): [Activation(0, f"PLAN{s % PLANS:02d}")]
            for s in range(SUBJECTS)
        },
    )


def _entries(plan: int, names: list[str], draw: np.random.Generator) -> list[PlanEntry]:
    entries = []
    for name in names:
        day = int(draw.integers(50, 5000))
        for timing, digits in (("DAY", day), ("EVENING", day // 2), ("NIGHT", day // 2), ("WEEKEND", day // 3)):
            slots = (
                Slot(Price(digits, 4), 60_000_000, 30_000_000, 0, Price(5, 2)),
                Slot(Price(digits, 4), 60_000_000, 6_000_000, 30_000_000),
            )
            rate = Rate(f"P{plan}-{name}-{timing}", slots, Rounding.UP, 4)
            entries.append(PlanEntry(name, timing, rate, weight=10_000))
    return entries


def calls(rows: int, seed: int = 3) -> Path:
    """A CSV file of so many calls of one month, made once and kept."""
    path = DATA / f"calls-{rows}.csv"
    if path.exists():
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    known = pl.Series(prefixes())
    part = path.with_suffix(".part")
    with part.open("wb") as out:
        for first in range(0, rows, CHUNK):
            frame = _chunk(first, min(CHUNK, rows - first), known, draw)
            frame.write_csv(out, include_header=first == 0)
    part.rename(path)
    return path


def _chunk(first: int, rows: int, known: pl.Series, draw: np.random.Generator) -> pl.DataFrame:
    start = MONTH_START + draw.integers(0, MONTH_SECONDS, rows).astype("timedelta64[s]")
    end = start + draw.exponential(150, rows).astype("timedelta64[s]")
    number = known.gather(draw.integers(0, len(known), rows))
    tail = pl.Series(draw.integers(10**5, 10**6, rows)).cast(pl.String)
    return pl.DataFrame(
        {
            "id": pl.Series(np.arange(first, first + rows)).cast(pl.String).str.zfill(12),
            "tenant": pl.Series([TENANT]).new_from_index(0, rows),
            "tor": pl.Series(["0"]).new_from_index(0, rows),
            "category": pl.Series(["call"]).new_from_index(0, rows),
            "direction": pl.Series(["OUT"]).new_from_index(0, rows),
            "subject": "client" + pl.Series(draw.integers(0, SUBJECTS, rows)).cast(pl.String).str.zfill(5),
            "account": pl.Series([""]).new_from_index(0, rows),
            "destination": number + tail,
            "start": _moment(start),
            "end": _moment(end),
        }
    )


def _moment(values: np.ndarray) -> pl.Series:
    return pl.Series(values.astype("datetime64[ms]")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
