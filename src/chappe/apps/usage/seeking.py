"""What the search box of the list of calls looks for: calls, subjects and numbers that begin as what was typed.

Beginnings, because ten million numbers can be looked up by how they begin while the page is waited for; the filters of
the columns do the same. A number may be typed as it is dialled (``06 12…``, ``+33…``, ``0033…``).
"""

from django.db.models import Q

WORDS = 8
NUMBER = 8  # digits in all from which several words are one number
COUNTRY = "33"


def calls(text: str) -> Q:
    """Every word begins a call's identifier, its subject, or the number called."""
    words = text.split()[:WORDS]
    digits = "".join(words).removeprefix("+")
    if len(words) > 1 and digits.isdecimal() and len(digits) >= NUMBER:
        words = ["".join(words)]
    wanted = Q()
    for word in words:
        begun = Q(call_id__istartswith=word) | Q(subject__istartswith=word)
        for number in forms(word):
            begun |= Q(destination__istartswith=number)
        wanted &= begun
    return wanted


def forms(word: str) -> list[str]:
    """How the lake may have what was typed: as it is, and the international form of a number dialled from France."""
    if word.startswith("+") and word[1:].isdecimal():
        return [word[1:]]
    if word.startswith("00") and word.isdecimal() and len(word) > 2:
        return [word, word[2:]]
    if word.startswith("0") and word.isdecimal() and len(word) > 2:
        return [word, COUNTRY + word[1:]]
    return [word]
