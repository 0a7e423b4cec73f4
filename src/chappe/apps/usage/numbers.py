"""Numbers as people type them: ``06 12…``, ``+33…``, ``0033…``, and as the lake may have them. Text alone."""

import re

COUNTRY = "33"
_PARTS = re.compile(r"[\s.\-()\u00a0\u202f]+")


def forms(word: str) -> list[str]:
    """How the lake may have what was typed: as it is without what parts its digits, and the international form of a number dialled
    from France. A word that is no number stays as it is."""
    plain = _PARTS.sub("", word)
    word = plain if plain.removeprefix("+").isdecimal() else word
    if word.startswith("+") and word[1:].isdecimal():
        return [word[1:]]
    if word.startswith("00") and word.isdecimal() and len(word) > 2:
        return [word, word[2:]]
    if word.startswith("0") and word.isdecimal() and len(word) > 2:
        return [word, COUNTRY + word[1:]]
    return [word]
