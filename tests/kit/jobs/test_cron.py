"""Due times in Paris, on ordinary days and on the two days when the clock moves."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from chappe.kit.jobs.cron import last_until, next_after

PARIS = ZoneInfo("Europe/Paris")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def slots(cron: str, start: datetime, count: int) -> list[datetime]:
    found = [start]
    for _n in range(count):
        found.append(next_after(cron, found[-1], PARIS))
    return found[1:]


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        ("0 3 * * *", utc(2026, 1, 10, 1, 59), [utc(2026, 1, 10, 2), utc(2026, 1, 11, 2)]),
        ("0 3 * * *", utc(2026, 1, 10, 2), [utc(2026, 1, 11, 2)]),
        ("30 8 * * 1-5", utc(2026, 1, 9, 8), [utc(2026, 1, 12, 7, 30)]),
        # 29 March 2026: 02:00 becomes 03:00, so 02:30 is not on the clock; it starts an hour later by it
        ("30 2 * * *", utc(2026, 3, 28, 12), [utc(2026, 3, 29, 1, 30), utc(2026, 3, 30, 0, 30)]),
        ("*/30 * * * *", utc(2026, 3, 29, 0, 30), [utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 30)]),
        # 25 October 2026: 03:00 becomes 02:00, so 02:30 comes twice; a fixed hour starts once
        ("30 2 * * *", utc(2026, 10, 24, 12), [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]),
        ("0 * * * *", utc(2026, 10, 24, 23, 30), [utc(2026, 10, 25, 0), utc(2026, 10, 25, 1), utc(2026, 10, 25, 2)]),
        ("0 3 1 * *", utc(2026, 2, 1, 2), [utc(2026, 3, 1, 2), utc(2026, 4, 1, 1)]),
    ],
)
def test_slots(cron, start, expected):
    assert slots(cron, start, len(expected)) == expected


def test_every_minute_of_the_long_night_once():
    found = slots("*/15 * * * *", utc(2026, 10, 24, 23, 50), 20)
    assert found[0] == utc(2026, 10, 25, 0)
    assert [(b - a).total_seconds() for a, b in pairwise(found)] == [900.0] * 19


def test_last_until():
    assert last_until("0 3 * * *", utc(2026, 1, 10, 2), PARIS) == utc(2026, 1, 10, 2)
    assert last_until("0 3 * * *", utc(2026, 1, 10, 1, 59), PARIS) == utc(2026, 1, 9, 2)
    assert last_until("0 0 1 1 *", utc(2026, 6, 1), PARIS) == utc(2025, 12, 31, 23)
    assert last_until("*/5 * * * *", utc(2026, 6, 1, 0, 4), PARIS) == utc(2026, 6, 1)


def test_a_date_that_never_comes_is_said():
    with pytest.raises(ValueError, match="never"):
        next_after("0 0 31 2 *", utc(2026, 1, 1), PARIS)
