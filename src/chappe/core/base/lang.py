"""Sentences in the reader's language, without a web framework.

English is the source text; French lives in ``locale/fr/LC_MESSAGES/django.po`` beside the package that
speaks. Core marks a sentence with :func:`N_` and translates it late, with :func:`translate`, because the
same issue may be read in French on a page and in English by a program.
"""

import gettext
import locale
import os
from functools import cache
from pathlib import Path

LANGUAGES = ("fr", "en")
ROOT = Path(__file__).resolve().parents[2]


def N_(text: str) -> str:  # noqa: N802 - the field's usual name for "mark, do not translate yet"
    """Mark ``text`` for extraction and return it unchanged."""
    return text


@cache
def _catalogue(language: str, room: str) -> gettext.NullTranslations:
    return gettext.translation("django", ROOT / room / "locale", languages=[language], fallback=True)


def translate(text: str, language: str = "en", room: str = "core") -> str:
    """Return ``text`` in ``language`` ("fr" or "en"), from the catalogue of ``room`` (a folder of chappe)."""
    if language == "en" or not text:
        return text
    return _catalogue(language, room).gettext(text)


def reader_language() -> str:
    """Language of the person at the terminal: CHAPPE_LANG, then the locale, then French."""
    for name in ("CHAPPE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value[:2] in LANGUAGES:
            return value[:2]
        if value in {"C", "POSIX"} or value.startswith(("C.", "POSIX.")):
            return "en"
    return "fr" if (locale.getlocale()[0] or "fr").startswith("fr") else "en"
