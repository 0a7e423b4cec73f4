"""Times as PBXs write them, made aware: zones, offsets, epochs, the two odd nights."""

import datetime as dt

import pytest

from chappe.core.base.issue import Issue
from chappe.core.tickets.clock import clock
from chappe.core.tickets.faults import Refused

PARIS = clock("Europe/Paris")


def read(text: str, zone: str = "Europe/Paris", **options: object) -> tuple[str, list[str]]:
    remarks: list[Issue] = []
    moment = clock(zone).read(text, "start", remarks, **options)  # type: ignore[arg-type]
    return moment.isoformat(), [issue.code for issue in remarks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-11 09:14:02", "2024-03-11T09:14:02+01:00"),
        ("2024/03/11 09:14:02", "2024-03-11T09:14:02+01:00"),
        ("2024-03-11T09:14:02", "2024-03-11T09:14:02+01:00"),
        ("20240311 09:14:02", "2024-03-11T09:14:02+01:00"),
        ("20240311T091402", "2024-03-11T09:14:02+01:00"),
        ("2024-07-11 9:14", "2024-07-11T09:14:00+02:00"),
        ("11/03/2024 09:14:02", "2024-03-11T09:14:02+01:00"),
        ("11.03.24 09:14", "2024-03-11T09:14:00+01:00"),
        ("01/3/2024  09:14:02", "2024-03-01T09:14:02+01:00"),
        ("2024-03-11", "2024-03-11T00:00:00+01:00"),
        ("2024-03-11T08:14:02Z", "2024-03-11T09:14:02+01:00"),
        ("2024-03-11T08:14:02.2914816Z", "2024-03-11T09:14:02.291481+01:00"),
        ("2024-03-11 04:14:02-0400", "2024-03-11T09:14:02+01:00"),
        ("2024-03-11 13:44:02 +05:30", "2024-03-11T09:14:02+01:00"),
    ],
)
def test_shapes_of_a_moment(text, expected):
    assert read(text) == (expected, [])
    assert read(text) == (expected, [])  # and again, from memory


def test_month_first_and_utc():
    assert read("03/11/2024 09:14", order="mdy")[0] == "2024-03-11T09:14:00+01:00"
    assert read("03/1/2024  09:14:02", order="mdy")[0] == "2024-03-01T09:14:02+01:00"
    assert read("2024-03-11 09:14:02", utc=True)[0] == "2024-03-11T10:14:02+01:00"
    assert read("2024-03-11 09:14:02")[0] == "2024-03-11T09:14:02+01:00"


@pytest.mark.parametrize(
    "text",
    ["", "x", "2024-13-01 00:00", "2024-02-30 00:00", "2024-01-01 24:00", "2024-01-01 00:60", "2024-01-01 00:00:61",
     "1979-12-31 00:00", "2200-01-01 00:00", "2024-01-01 00:00+19:00", "2024-01-01 00:00+01:60", "٢٠٢٤-01-01 00:00",
     "0000-00-00 00:00:00", "2024-01-01 00:00:00 PM"],
)  # fmt: skip
def test_what_is_no_moment(text):
    with pytest.raises(Refused) as caught:
        read(text)
    assert caught.value.issue.code == "tickets.bad-time"


@pytest.mark.parametrize(
    ("zone", "text", "expected", "code"),
    [
        ("Europe/Paris", "2024-10-27 02:30:00", "2024-10-27T02:30:00+02:00", "tickets.ambiguous-hour"),
        ("Europe/Paris", "2024-10-27 01:59:59", "2024-10-27T01:59:59+02:00", ""),
        ("Europe/Paris", "2024-10-27 03:00:00", "2024-10-27T03:00:00+01:00", ""),
        ("Europe/Paris", "2024-03-31 02:00:00", "2024-03-31T03:00:00+02:00", "tickets.missing-hour"),
        ("Europe/Paris", "2024-03-31 01:59:59", "2024-03-31T01:59:59+01:00", ""),
        ("Europe/Paris", "2024-03-31 03:00:00", "2024-03-31T03:00:00+02:00", ""),
        ("America/Martinique", "2024-10-27 02:30:00", "2024-10-27T02:30:00-04:00", ""),
        ("Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-07T01:45:00+11:00", "tickets.ambiguous-hour"),
        ("Australia/Lord_Howe", "2024-04-07 01:15:00", "2024-04-07T01:15:00+11:00", ""),
    ],
)
def test_the_nights_of_clock_change(zone, text, expected, code):
    for _ in range(2):
        assert read(text, zone) == (expected, [code] if code else [])


def test_times_that_tell_their_offset_are_never_ambiguous():
    assert read("2024-10-27T01:30:00Z") == ("2024-10-27T02:30:00+01:00", [])
    assert read("2024-10-27 00:30:00", utc=True) == ("2024-10-27T02:30:00+02:00", [])


def test_epochs():
    assert PARIS.epoch("1710144842", "start").isoformat() == "2024-03-11T09:14:02+01:00"
    assert PARIS.epoch("1710144842500", "start", unit=1000).isoformat() == "2024-03-11T09:14:02.500000+01:00"
    assert PARIS.epoch("1729989000", "start").isoformat() == "2024-10-27T02:30:00+02:00"
    assert PARIS.epoch("1729992600", "start").isoformat() == "2024-10-27T02:30:00+01:00"
    for text in ("", "x", "-1", "0", "9" * 12, "9" * 6000, "1.5"):
        with pytest.raises(Refused):
            PARIS.epoch(text, "start")


def test_subtraction_over_the_night_is_the_time_that_passed():
    first, second = PARIS.epoch("1729985400", "a"), PARIS.epoch("1729996200", "b")
    assert second - first == dt.timedelta(hours=3)
    assert (first.hour, second.hour) == (1, 3)


def test_a_zone_that_is_none():
    with pytest.raises(ValueError, match="Europe/Lyon"):
        clock("Europe/Lyon")
