"""One cell to one value: prices, weights, durations, times of day, lists, instants, dates.

Each reader returns None (or a stated default) after noting the fault of the cell with its place. Money and
durations go through integers only; nothing here uses a float.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chappe.core.base.issue import Severity
from chappe.core.base.money import exact
from chappe.core.rating.model import ANY, Origin, Price, Timing
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.layout import Row

MILLION = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_WORDS = frozenset({"", "*any", "*all"})
#: Millionths of a second in one of the unit. A bare number is seconds (documented up to v0.9.1).
UNITS = {"": MILLION, "s": MILLION, "m": 60 * MILLION, "h": 3600 * MILLION, "ms": 1000, "us": 1, "µs": 1}
MOST_DIGITS = 10**15  # a price beyond is a slip of the keyboard, and would not fit 64 bits with a long call
_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(h|ms|us|µs|ns|m|s)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\Z", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z", re.ASCII)


@lru_cache(maxsize=65_536)
def parse_price(text: str) -> Price | None:
    """A plain decimal with point or comma; None when it is not one or has too many digits."""
    try:
        digits, scale = exact(text)
    except ValueError:
        return None
    return Price(digits, scale) if abs(digits) < MOST_DIGITS and scale <= 15 else None


def price(row: Row, name: str, faults: Faults, *, comma: bool = False, empty: Price | None = None) -> Price | None:
    """Price of a cell; ``empty`` for an empty one. A decimal comma only where ``comma`` allows it."""
    text = row.get(name)
    if not text and empty is not None:
        return empty
    if comma:
        text = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").removesuffix("€")
    value = parse_price(text) if comma or "," not in text else None
    if value is None:
        faults.add("tariff-bad-price", row.file, row.line, row.column(name), name, value=shown(row.get(name)))
    elif value.digits < 0:
        faults.add("tariff-negative-price", row.file, row.line, row.column(name), name, value=text)
        return None
    return value


def thousandths(row: Row, name: str, faults: Faults) -> int | None:
    """A weight in thousandths; an empty cell is 0."""
    text = row.get(name)
    if not text:
        return 0
    value = parse_price(text)
    if value is None or value.scale > 3 or abs(value.digits) >= 10**9:
        faults.add("tariff-bad-number", row.file, row.line, row.column(name), name, value=shown(text))
        return None
    return value.digits * int(10 ** (3 - value.scale))


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> tuple[int, bool] | None:
    """``"1m30s"`` → (90 000 000 millionths, False); the flag tells a bare number. None when unreadable."""
    total, place = 0, 0
    for match in _DURATION.finditer(text):
        if match.start() != place or (not match[2] and match.end() != len(text)) or len(match[0]) > 24:
            return None
        digits, scale = exact(match[1])
        scaled = digits * (UNITS.get(match[2] or "", 0) * 1000 or 1)  # nanoseconds
        if scaled % 10**scale:
            return None
        total, place = total + scaled // 10**scale, match.end()
    if not text or place != len(text) or total % 1000 or total > 10**24:
        return None
    return total // 1000, text.replace(".", "").isdigit()


def duration(row: Row, name: str, faults: Faults, *, empty: int = 0, bare_warns: bool = False) -> int | None:
    """Millionths of a unit (seconds for voice). ``bare_warns`` for versions that read bare numbers otherwise."""
    text = row.get(name)
    if not text:
        return empty
    value = parse_duration(text)
    if value is None:
        faults.add("tariff-bad-duration", row.file, row.line, row.column(name), name, value=shown(text))
        return None
    if value[1] and bare_warns and value[0]:
        faults.warn("tariff-bare-number", row.file, row.line, row.column(name), name, value=text)
    return value[0]


@lru_cache(maxsize=4096)
def parse_clock(text: str) -> int | None:
    """``"18:00:00"`` or ``"18:00"`` → second of the day."""
    match = _CLOCK.match(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None


@lru_cache(maxsize=4096)
def parse_numbers(text: str, low: int, high: int) -> frozenset[int] | None:
    """``"1;2;3"`` → {1, 2, 3}; None when a member is not a number from ``low`` to ``high``."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        return None
    numbers = frozenset(int(part) for part in parts)
    return numbers if all(low <= number <= high for number in numbers) else None


def numbers(row: Row, name: str, low: int, high: int, faults: Faults) -> tuple[frozenset[int] | None, bool]:
    """(set or None for any, readable?) of a list cell: ``*any``, ``*all``, empty, ``*none``, ``1;2``, ``1,2``."""
    text = row.get(name)
    if text.lower() in ANY_WORDS:
        return None, True
    if text.lower() == "*none":
        return frozenset(), True
    where = (row.file, row.line, row.column(name), name)
    if text.startswith("*"):
        faults.add("tariff-unknown-wildcard", *where, value=shown(text))
        return None, False
    if "," in text:
        meant = text.replace(",", ";")
        faults.warn("tariff-comma-list", *where, value=shown(text), meant=shown(meant))
        text = meant
    value = parse_numbers(text, low, high)
    if value is None:
        faults.add("tariff-bad-list", *where, value=shown(text), low=low, high=high)
    return value, value is not None


def timing(row: Row, faults: Faults, clock: str = "StartTime") -> Timing | None:
    """A row of a Timings table (§3.5). Week day 0 is Sunday; ``*now``/``*asap`` mark a schedule."""
    has_years = "Years" in row.bound.layout.index
    years = numbers(row, "Years", 1970, 2100, faults) if has_years else (None, True)
    months = numbers(row, "Months", 1, 12, faults)
    month_days = numbers(row, "MonthDays", 1, 31, faults)
    week_days = numbers(row, "WeekDays", 0, 7, faults)
    text = row.get(clock).lower()
    start, asap = parse_clock(text), text in {"*asap", "*now"} or text.startswith("*:")
    where = (row.file, row.line, row.column(clock), clock)
    if text in ANY_WORDS:
        start = 0
    elif text == "*now":
        faults.warn("tariff-unlisted", *where, value="*now", meant="*asap")
    if start is None and not asap:
        code = "tariff-unknown-wildcard" if text.startswith("*") else "tariff-bad-time"
        faults.add(code, *where, value=shown(text))
        return None
    if not all(readable for _, readable in (years, months, month_days, week_days)):
        return None
    days = None if week_days[0] is None else frozenset(day or 7 for day in week_days[0])
    return Timing(
        row.get("Tag"), years[0], months[0], month_days[0], days, start or 0, asap, Origin(row.file, row.line)
    )


@lru_cache(maxsize=65_536)
def parse_instant(text: str) -> tuple[int, bool] | None:
    """RFC 3339 (or a date) → (microseconds UTC, has a zone?). None when unreadable."""
    if len(text) < 10 or not text[:4].isdigit() or text[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T", 1))
        zoned = moment.tzinfo is not None
        moment = moment if zoned else moment.replace(tzinfo=UTC)
        return (moment - EPOCH) // timedelta(microseconds=1), zoned
    except (ValueError, OverflowError):
        return None


def instant(row: Row, name: str, faults: Faults) -> int | None:
    """An activation time in microseconds UTC."""
    text = row.get(name)
    value = parse_instant(text)
    where = (row.file, row.line, row.column(name), name)
    if value is None:
        faults.add("tariff-bad-instant", *where, value=shown(text))
        return None
    if not value[1]:
        faults.warn("tariff-no-zone", *where, value=text)
    return value[0]


def parse_day(text: str, zone: ZoneInfo, *, end: bool = False) -> int | None:
    """A date (or moment) of a price list, in ``zone`` → microseconds UTC; ``end``: the day after, exclusive."""
    text = text.strip()
    if match := _DAY.match(text):
        text = f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    if re.fullmatch(r"\d{8}", text, re.ASCII):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    text = text.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return (moment - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def direction(row: Row, name: str, faults: Faults) -> str | None:
    """``OUT`` or ``IN`` from ``OUT``, ``*out``…; an empty or absent cell is OUT."""
    text = row.get(name) if name in row.bound.layout.index else ""
    word = text.lstrip("*").upper() or "OUT"
    if word in {"OUT", "IN"}:
        return word
    faults.add("tariff-bad-word", row.file, row.line, row.column(name), name, value=shown(text), known="OUT, IN")
    return None


def wildcard(text: str) -> str:
    """The 2012 ``*all`` as ``*any``; anything else unchanged."""
    return ANY if text.lower() == "*all" else text


def prefix(row: Row, name: str, faults: Faults) -> str | None:
    """A prefix as written (§3.4: any text); noted when it holds anything but digits, refused with a space."""
    text = row.get(name)
    if text.isdigit() and text.isascii() and len(text) <= 40:
        return text
    where = (row.file, row.line, row.column(name), name)
    if len(text) > 40 or any(char.isspace() or not char.isprintable() for char in text):
        faults.add("tariff-bad-prefix", *where, value=shown(text))
        return None
    faults.add("tariff-prefix-odd", *where, Severity.WARNING, value=text)
    return text


def shown(text: str) -> str:
    """A cell short enough for a sentence."""
    clean = "".join(char if char.isprintable() else "?" for char in text[:60])
    return clean + "…" if len(text) > 60 else clean
