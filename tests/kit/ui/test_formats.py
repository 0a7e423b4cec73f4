"""Values in the reader's hand, exact to the last figure, in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from chappe.kit.ui import formats

THIN, HARD = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("nano", "french", "english"),
    [
        (1_234_500_000_000, f"1{THIN}234,50{HARD}€", "€1,234.50"),
        (0, f"0,00{HARD}€", "€0.00"),
        (1, f"0,000000001{HARD}€", "€0.000000001"),
        (12_500_000, f"0,0125{HARD}€", "€0.0125"),
        (-50_000_000, f"-0,05{HARD}€", "-€0.05"),
        (2**62 - 1, f"4{THIN}611{THIN}686{THIN}018,427387903{HARD}€", "€4,611,686,018.427387903"),
        (None, "–", "–"),
    ],
)
def test_money_is_never_rounded(nano, french, english):
    with translation.override("fr"):
        assert formats.money(nano) == french
    with translation.override("en"):
        assert formats.money(nano) == english


def test_money_in_another_currency():
    with translation.override("fr"):
        assert formats.money(1_500_000_000, "CHF") == f"1,50{HARD}CHF"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234, None, f"1{THIN}234"),
        (Decimal("1234.50"), None, f"1{THIN}234,5"),
        (2.005, 2, "2,01"),
        (7, 2, "7,00"),
        ("", None, "–"),
        ("n/c", None, "n/c"),
    ],
)
def test_number(value, decimals, expected):
    with translation.override("fr"):
        assert formats.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 00 s"),
        (3725, "1 h 02 min 05 s"),
        (-65, "-1 min 05 s"),
        (Decimal("1.25"), "1,25 s"),
        (timedelta(minutes=2), "2 min 00 s"),
        (None, "–"),
    ],
)
def test_duration(seconds, expected):
    with translation.override("fr"):
        assert formats.duration(seconds).replace(HARD, " ") == expected


@pytest.mark.parametrize(
    ("octets", "french", "english"),
    [
        (0, "0 o", "0 B"),
        (999, "999 o", "999 B"),
        (1_536_000, "1,5 Mo", "1.5 MB"),
        (250_000_000, "250 Mo", "250 MB"),
        (3 * 10**15, f"3{THIN}000 To", "3,000 TB"),
    ],
)
def test_size(octets, french, english):
    with translation.override("fr"):
        assert formats.size(octets).replace(HARD, " ") == french
    with translation.override("en"):
        assert formats.size(octets).replace(HARD, " ") == english


def test_moments_are_in_the_house_time_zone():
    noon = datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC)
    with translation.override("fr"):
        assert formats.moment(noon) == "02/07/2026 00:30"
        assert formats.moment(noon, "second") == "02/07/2026 00:30:05"
        assert formats.day(noon) == "02/07/2026"
        assert formats.day(date(2026, 1, 31)) == "31/01/2026"
        assert formats.ago(noon, noon + timedelta(hours=3)) == "il y a 3 heures"
    with translation.override("en"):
        assert formats.moment(noon) == "2 Jul 2026 00:30"
        assert formats.ago(noon, noon + timedelta(seconds=10)) == "just now"


def test_percent():
    with translation.override("fr"):
        assert formats.percent(Decimal("0.125")) == f"12,5{THIN}%"
