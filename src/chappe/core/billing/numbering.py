"""The number of an invoice: a pattern with the prefix, the year and a continuous number. Source: CGI ann. II 242 nonies A;
BR-FR: at most 35 characters, letters, digits and + - _ / only. Taking the number is the database's business (apps/billing).
"""

import re
import string

MAX_LENGTH = 35
_ALLOWED = re.compile(r"[A-Za-z0-9+_/-]+\Z", re.ASCII)
_FIELDS = frozenset({"prefix", "year", "number"})
BIGGEST = 999_999_999


def check_pattern(pattern: str, prefix: str = "") -> None:
    """Refuse, with ValueError("fields"|"year"|"number"|"characters"), a pattern that could not give continuous unique numbers."""
    try:
        names = {name for _text, name, _spec, _conv in string.Formatter().parse(pattern) if name is not None}
        sample = pattern.format(prefix=prefix, year=2026, number=BIGGEST)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("fields") from error
    if not names <= _FIELDS:
        raise ValueError("fields")
    if "number" not in names:
        raise ValueError("number")
    if "year" not in names:  # the sequence begins again each year: without the year a number would come twice
        raise ValueError("year")
    if len(sample) > MAX_LENGTH or not _ALLOWED.match(sample):
        raise ValueError("characters")
    if pattern.format(prefix=prefix, year=2026, number=1) == pattern.format(prefix=prefix, year=2026, number=11):
        raise ValueError("number")


def number_text(pattern: str, prefix: str, year: int, number: int) -> str:
    """The number as printed. Raises ValueError when it breaks the rules of characters or length."""
    text = pattern.format(prefix=prefix, year=year, number=number)
    if len(text) > MAX_LENGTH or not _ALLOWED.match(text):
        raise ValueError(text)
    return text
