"""Values as a reader writes them: money, figures, durations, sizes and dates in the active language.

One place for pages, charts, spreadsheets' captions and messages. Never rounds an amount of money: what the
database holds is what the reader sees. Never decides anything; a missing value is a dash.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, parse_pattern
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

DASH = "–"
THIN = "\u202f"  # narrow no-break space
_KILO = 1000
_DATES = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}
_CLOCK = {"minute": "HH:mm", "second": "HH:mm:ss"}


_FRENCH, _ENGLISH = Locale("fr"), Locale("en", "GB")
_pattern = lru_cache(maxsize=200)(parse_pattern)  # of numbers: read once, for pages write hundreds of them


def reader_locale() -> Locale:
    """The Babel locale of the active language: French, else English as read in Europe."""
    return _FRENCH if (get_language() or "fr").startswith("fr") else _ENGLISH


def money(nano: int | None, currency: str = "EUR", *, decimals: int = 2) -> str:
    """``1_234_500_000_000`` → ``1 234,50 €``. ``nano`` is 10⁻⁹ of the currency.

    At least ``decimals`` places, and as many more as the amount has: nothing is rounded away.
    """
    if nano is None or nano == "":
        return DASH
    pattern = "#,##0." + "0" * decimals + "#" * (9 - decimals)
    french = reader_locale().language == "fr"
    pattern = f"{pattern}\u00a0¤" if french else f"¤{pattern}"
    return str(
        format_currency(
            Decimal(int(nano)).scaleb(-9),
            currency or "EUR",
            _pattern(pattern),
            locale=reader_locale(),
            currency_digits=False,
        )
    )


def number(value: Any, decimals: int | None = None) -> str:
    """``1234.5`` → ``1 234,5``; with ``decimals``, exactly that many places (halves away from zero)."""
    if value is None or value == "":
        return DASH
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if decimals is None:
        pattern = "#,##0.#########"
    else:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(exact, _pattern(pattern), locale=reader_locale()))


def duration(seconds: Any) -> str:
    """``3725`` → ``1 h 02 min 05 s``. A timedelta is welcome; a part of a second is shown to the millisecond."""
    if seconds is None or seconds == "":
        return DASH
    if isinstance(seconds, timedelta):
        seconds = Decimal(seconds // timedelta(microseconds=1)).scaleb(-6)
    total = Decimal(str(seconds))
    sign, total = ("-" if total < 0 else ""), abs(total)
    whole = int(total)
    part = number(total - whole, 3)[1:].rstrip("0").rstrip(",.") if total != whole else ""
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    space = "\u00a0"
    if hours:
        return f"{sign}{number(hours)}{space}h {minutes:02d}{space}min {left:02d}{part}{space}s"
    if minutes:
        return f"{sign}{minutes}{space}min {left:02d}{part}{space}s"
    return f"{sign}{left}{part}{space}s"


def size(octets: int | None) -> str:
    """``1_536_000`` → ``1,5 Mo`` in French, ``1.5 MB`` in English (powers of a thousand)."""
    if octets is None or octets == "":
        return DASH
    units = ["o", "ko", "Mo", "Go", "To"] if reader_locale().language == "fr" else ["B", "kB", "MB", "GB", "TB"]
    left, rank = Decimal(int(octets)), 0
    while abs(left) >= _KILO and rank < len(units) - 1:
        left, rank = left / _KILO, rank + 1
    places = 1 if rank and left < 100 else 0
    return f"{number(left, places)}\u00a0{units[rank]}"


def percent(ratio: Any, decimals: int = 1) -> str:
    """``0.125`` → ``12,5 %``."""
    if ratio is None or ratio == "":
        return DASH
    space = "\u202f" if reader_locale().language == "fr" else ""
    return f"{number(Decimal(str(ratio)) * 100, decimals)}{space}%"


def day(value: date | None) -> str:
    """``22/11/2026`` in French, ``22 Nov 2026`` in English."""
    if value is None or value == "":
        return DASH
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    locale = reader_locale()
    return str(format_date(value, _DATES[locale.language], locale=locale))


def moment(value: datetime | None, precision: str = "minute") -> str:
    """``22/11/2026 02:28`` in the reader's time zone; ``precision`` is minute or second."""
    if value is None or value == "":
        return DASH
    if timezone.is_aware(value):
        value = timezone.localtime(value)
    locale = reader_locale()
    pattern = f"{_DATES[locale.language]} {_CLOCK[precision]}"
    return str(format_datetime(value.replace(tzinfo=None), pattern, locale=locale))


def ago(value: datetime, now: datetime | None = None) -> str:
    """``il y a 3 heures``, ``dans 2 jours``."""
    if timezone.is_naive(value):
        value = timezone.make_aware(value)
    gap = value - (now or timezone.now())
    if abs(gap) < timedelta(minutes=1):
        return _("just now")
    return str(format_timedelta(gap, add_direction=True, locale=reader_locale()))
