"""Amounts, dates and durations as the customer's language writes them. Text only; no locale of the machine is read."""

import datetime as dt
from decimal import Decimal

from chappe.core.base.lang import N_, translate
from chappe.core.base.money import rounded

NARROW, NO_BREAK = "\u202f", "\u00a0"
MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
SHORT_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May|short"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"),
    N_("Nov"), N_("Dec"),
)  # fmt: skip
SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}
UNITS = {
    "C62": "",
    "MON": N_("months"),
    "MIN": N_("min"),
    "HUR": N_("h"),
    "E34": N_("GB"),
    "DAY": N_("days"),
}


def grouped(text: str, language: str) -> str:
    """A plain decimal with thousands apart and the language's decimal mark."""
    sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, _, part = digits.partition(".")
    apart = f"{int(whole or 0):,}"
    if language == "fr":
        apart = apart.replace(",", NARROW)
    mark = "," if language == "fr" else "."
    return sign + apart + (mark + part if part else "")


def money(nano: int, language: str, currency: str = "EUR", decimals: int = 2) -> str:
    """``1 234,50 €`` in French, ``€1,234.50`` in English."""
    figure = grouped(f"{rounded(nano, decimals):f}", language)
    sign = SIGNS.get(currency, currency)
    if language == "fr" or len(sign) > 1:
        return f"{figure}{NO_BREAK}{sign}"
    return f"−{sign}{figure[1:]}" if figure.startswith("−") else sign + figure


def unit_price(nano: int, language: str, currency: str = "EUR") -> str:
    """A price with as many decimals as it has, two at least, six at most."""
    for decimals in range(2, 7):
        if not nano % 10 ** (9 - decimals):
            return money(nano, language, currency, decimals)
    return money(nano, language, currency, 6)


def quantity(text: str, unit: str, language: str) -> str:
    """``318,5 min``; one of something is just 1."""
    figure = grouped(f"{Decimal(text).normalize():f}", language)
    word = UNITS.get(unit, unit)
    told = translate(word, language)
    return f"{figure}{NO_BREAK}{told}" if told else figure


def rate(text: str, language: str) -> str:
    """``20 %``, ``8,5 %``."""
    figure = grouped(f"{Decimal(text or '0').normalize():f}", language)
    return f"{figure}{NO_BREAK}%" if language == "fr" else f"{figure}%"


def date(day: dt.date, language: str) -> str:
    """``3 novembre 2026``, ``1er octobre 2026``; ``3 November 2026``."""
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number}{NO_BREAK}{translate(MONTHS[day.month - 1], language)}{NO_BREAK}{day.year}"


def period(first: dt.date | None, last: dt.date | None, language: str) -> str:
    """``octobre 2026`` for a whole month, one date, or from … to …; "" without dates."""
    if first is None or last is None:
        only = first or last
        return date(only, language) if only else ""
    if first == last:
        return date(first, language)
    if first.day == 1 and last == _month_end(first):
        return f"{translate(MONTHS[first.month - 1], language)}{NO_BREAK}{first.year}"
    return translate(N_("from {first} to {last}"), language).format(
        first=date(first, language), last=date(last, language)
    )


def short_period(first: dt.date | None, last: dt.date | None) -> str:
    """``01/10 – 31/10/2026``."""
    if first is None or last is None or first == last:
        only = first or last
        return f"{only:%d/%m/%Y}" if only else ""
    return f"{first:%d/%m} – {last:%d/%m/%Y}" if first.year == last.year else f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"


def _month_end(first: dt.date) -> dt.date:
    following = first.replace(day=28) + dt.timedelta(days=4)
    return following - dt.timedelta(days=following.day)


def duration(seconds: int) -> str:
    """``1 h 02 min 05 s`` told as 1:02:05, always with its seconds: it adds up by eye in a column."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def month(text: str, language: str) -> str:
    """``2026-10`` → ``oct.``."""
    told = translate(SHORT_MONTHS[int(text[5:7]) - 1], language)
    return told.partition("|")[0]


def iban(text: str) -> str:
    """In groups of four."""
    packed = "".join(text.split())
    return " ".join(packed[at : at + 4] for at in range(0, len(packed), 4))


def masked_iban(text: str) -> str:
    """The country and the last three: enough for its owner to know it."""
    packed = "".join(text.split())
    if not packed.isalnum():
        return text  # masked already
    return f"{packed[:4]} •••• •••• {packed[-3:]}" if len(packed) > 8 else "••••"
