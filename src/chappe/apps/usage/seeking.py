"""What the search box of the list of calls looks for: calls, subjects and numbers that begin as what was typed.

Beginnings, because ten million numbers can be looked up by how they begin while the page is waited for; the filters of
the columns do the same. A number may be typed as it is dialled (``06 12…``, ``+33…``, ``0033…``).
"""

from django.db.models import Q

WORDS = 8
NUMBER = 8  # digits in all from which several words are one number


def calls(text: str) -> Q:
    """Every word begins a call's identifier, its subject, or the number called."""
    words = text.split()[:WORDS]
    digits = "".join(words).removeprefix("+")
    if len(words) > 1 and digits.isdecimal() and len(digits) >= NUMBER:
        words = ["".join(words)]
    wanted = Q()
    for word in words:
        begun = Q(call_id__istartswith=word) | Q(subject__istartswith=word)
        wanted &= begun | Q(destination__istartswith=word)
    return wanted
