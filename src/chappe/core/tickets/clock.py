"""Times of a PBX, made aware: local clocks through their IANA zone, epochs, and the two nights of clock change.

A :class:`Clock` gives moments with the fixed offset of the zone at that moment, so that subtracting and comparing
them is right on any night. It never guesses a zone and never reads the time of this machine.
"""

import datetime as dt
import re
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from chappe.core.base.issue import Issue
from chappe.core.tickets.faults import refused, warning

FIRST_YEAR, LAST_YEAR = 1980, 2199
_REMEMBERED = 20_000  # minutes kept by a clock before it forgets them all
_SECONDS = {f"{second:02d}": dt.timedelta(seconds=second) for second in range(60)}
_ZERO = dt.timedelta(0)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: year first (1–3), or day/month first (4–6); then hour, minute, second, fraction, offset
_MOMENT = re.compile(
    r"\s*(?:(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2}))"
    r"(?:[ T]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*\Z",
    re.ASCII,
)


@cache
def clock(zone: str) -> "Clock":
    """The clock of a zone, shared. Raises ValueError for a name that is no IANA zone."""
    return Clock(zone)


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    return name in zones()


@cache
def _fixed(offset: dt.timedelta) -> dt.timezone:
    return dt.timezone(offset)


class Clock:
    """Turns what a PBX writes into aware moments. ``zone`` is an IANA name."""

    def __init__(self, zone: str) -> None:
        if not is_zone(zone):
            raise ValueError(zone)
        self.zone = ZoneInfo(zone)
        self._minutes: dict[str, tuple[dt.datetime, str]] = {}

    def stamp(self, text: str, field: str, remarks: list[Issue]) -> dt.datetime:
        """``YYYY-MM-DD HH:MM:SS`` (any separators) of the local clock: the quick way for the usual shape.

        Raises Refused for anything that is not a moment.
        """
        known = self._minutes.get(text[:16])
        if known is None or len(text) != 19 or text[16] != ":":
            return self._slow_stamp(text, field, remarks)
        moment, remark = known
        second = _SECONDS.get(text[17:])
        if second is None:
            raise refused("bad-time", field, value=text)
        if remark:
            remarks.append(self._changed(remark, text, field, moment + second))
        return moment + second

    def _slow_stamp(self, text: str, field: str, remarks: list[Issue]) -> dt.datetime:
        mine: list[Issue] = []
        moment = self._read(text, field, mine)
        remarks.extend(mine)
        if len(text) == 19 and text[16] == ":" and text[:4].isdigit():
            if len(self._minutes) >= _REMEMBERED:
                self._minutes.clear()
            remark = mine[0].code.removeprefix("tickets.") if mine else ""
            self._minutes[text[:16]] = (moment.replace(second=0), remark)
        return moment

    def read(
        self, text: str, field: str, remarks: list[Issue], *, utc: bool = False, order: str = "dmy"
    ) -> dt.datetime:
        """A date and time as people and programs write them; ``utc`` says that a time without offset is UTC.

        Year first, else ``order`` ("dmy" or "mdy"). Without seconds, second 0. Raises Refused when it is no moment.
        """
        if not utc and len(text) == 19 and text[16] == ":" and text[:4].isdigit():
            return self.stamp(text, field, remarks)
        return self._read(text, field, remarks, utc=utc, order=order)

    def _read(
        self, text: str, field: str, remarks: list[Issue], *, utc: bool = False, order: str = "dmy"
    ) -> dt.datetime:
        found = _MOMENT.match(text)
        if not found:
            raise refused("bad-time", field, value=text)
        year, month, day, first, second, late, hour, minute, sec, fraction, offset = found.groups()
        if year is None:
            year = late if len(late) == 4 else "20" + late
            day, month = (first, second) if order == "dmy" else (second, first)
        micro = int(((fraction or "") + "000000")[:6])
        parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(sec or 0), micro)
        if offset or utc:
            return self._with_offset(parts, offset or "Z", text, field)
        return self.local(parts, field, remarks, text)

    def local(
        self, parts: tuple[int, int, int, int, int, int, int], field: str, remarks: list[Issue], text: str = ""
    ) -> dt.datetime:
        """The moment of a local wall clock; remarks when the night of that hour is one of the two odd ones."""
        naive = _naive(parts, text, field)
        early, late = naive.replace(tzinfo=self.zone), naive.replace(tzinfo=self.zone, fold=1)
        before, after = early.utcoffset() or _ZERO, late.utcoffset() or _ZERO
        if before == after:
            return naive.replace(tzinfo=_fixed(before))
        said = text or naive.isoformat(" ")
        if before > after:  # clocks went back: the hour occurs twice
            moment = naive.replace(tzinfo=_fixed(before))
            remarks.append(self._changed("ambiguous-hour", said, field, moment))
            return moment
        moment = self.of(early.astimezone(dt.UTC))  # clocks went forward: the hour was left out
        remarks.append(self._changed("missing-hour", said, field, moment))
        return moment

    def of(self, moment: dt.datetime) -> dt.datetime:
        """An aware moment with the fixed offset that the zone has then."""
        there = moment.astimezone(self.zone)
        return there.replace(tzinfo=_fixed(there.utcoffset() or _ZERO))

    def epoch(self, text: str, field: str, *, unit: int = 1) -> dt.datetime:
        """Seconds since 1970 (``unit`` 1, or 1000, 1_000_000 for finer). Raises Refused."""
        try:
            count = int(text)
            moment = _EPOCH + dt.timedelta(microseconds=count * 1_000_000 // unit)
        except (ValueError, OverflowError):
            raise refused("bad-time", field, value=text) from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise refused("bad-time", field, value=text)
        return self.of(moment)

    def _with_offset(
        self, parts: tuple[int, int, int, int, int, int, int], offset: str, text: str, field: str
    ) -> dt.datetime:
        naive = _naive(parts, text, field)
        if offset in {"Z", "UTC", "GMT"}:
            return self.of(naive.replace(tzinfo=dt.UTC))
        digits = offset[1:].replace(":", "")
        if int(digits[:2]) > 18 or int(digits[2:]) > 59:
            raise refused("bad-time", field, value=text)
        distance = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return self.of(naive.replace(tzinfo=_fixed(-distance if offset[0] == "-" else distance)))

    @staticmethod
    def _changed(code: str, text: str, field: str, moment: dt.datetime) -> Issue:
        return warning(code, field, value=text, read=moment.strftime("%Y-%m-%d %H:%M:%S"))


def _naive(parts: tuple[int, int, int, int, int, int, int], text: str, field: str) -> dt.datetime:
    try:
        naive = dt.datetime(*parts)  # noqa: DTZ001 - the zone is put on by the caller
    except ValueError:
        raise refused("bad-time", field, value=text or str(parts)) from None
    if not FIRST_YEAR <= naive.year <= LAST_YEAR:
        raise refused("bad-time", field, value=text or str(parts))
    return naive
