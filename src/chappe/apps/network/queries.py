"""How people look things up among millions: an address by the beginning of its street, a reference by its beginning.

Every condition made here can be answered by an ordinary index on both databases; what narrows further is read from those rows.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from django.db import connection
from django.db.models import Q, QuerySet

from chappe.apps.network.models import Building, Cable, Splice
from chappe.apps.network.models.located import folded, folded_all
from chappe.apps.parties.models import Commune

#: Words that begin an address and say nothing of its name.
STREET_WORDS = frozenset(
    [
        "rue",
        "r",
        "avenue",
        "av",
        "ave",
        "boulevard",
        "bd",
        "bld",
        "bvd",
        "chemin",
        "ch",
        "che",
        "chem",
        "route",
        "rte",
        "place",
        "pl",
        "impasse",
        "imp",
        "allee",
        "all",
        "allees",
        "quai",
        "cours",
        "square",
        "sq",
        "passage",
        "pas",
        "sentier",
        "ruelle",
        "rle",
        "lotissement",
        "lot",
        "residence",
        "res",
        "hameau",
        "ham",
        "lieu",
        "dit",
        "voie",
        "montee",
        "faubourg",
        "fg",
        "cite",
        "clos",
    ]
)
SMALL_WORDS = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et"])
_NUMBER = re.compile(r"(\d{1,4})([a-z]|bis|ter|quater)?\Z")
_HEXACLE = re.compile(r"[0-9A-Z]{10}\Z")
_LAST = "\U0010ffff"
MOST_COMMUNES = 500


def begins(path: str, text: str) -> Q:
    """The column begins with ``text`` exactly: a range where the letters' order is plain (SQLite), LIKE where an index of
    prefixes stands (PostgreSQL), which also reads a list in order from there: in every order of letters a text comes
    before those it begins.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{path}__gte": text, f"{path}__lt": text + _LAST})
    return Q(**{f"{path}__startswith": text, f"{path}__gte": text})


def reference(path: str = "reference") -> Callable[[str], Q]:
    """A filter of a reference by its beginning, as typed or in capitals."""

    def where(text: str) -> Q:
        typed, capitals = begins(path, text), begins(path, text.upper())
        return typed if text == text.upper() else typed | capitals

    return where


@lru_cache(maxsize=2)
def _communes(_count: int) -> dict[str, tuple[str, ...]]:
    """Folded name of a commune → INSEE codes."""
    found: dict[str, list[str]] = {}
    rows = list(Commune.objects.values_list("name", "insee"))
    for name, (_name, insee) in zip(folded_all(name for name, _insee in rows), rows, strict=True):
        found.setdefault(name, []).append(insee)
    return {name: tuple(codes) for name, codes in found.items()}


def communes_like(text: str) -> list[str] | None:
    """INSEE codes of the communes whose name holds the text; None when they are too many to be asked for one by one."""
    wanted = folded(text)
    found = [code for name, codes in _communes(Commune.objects.count()).items() if wanted in name for code in codes]
    return found if len(found) <= MOST_COMMUNES else None


def commune(text: str) -> tuple[tuple[str, ...], list[str]]:
    """(INSEE codes of the commune called so, the words that are left)."""
    return _named(folded(text).split())


def _named(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """(INSEE codes of the commune that the words end or begin with, the other words); the longest name wins."""
    known = _communes(Commune.objects.count())
    for size in range(min(len(words), 6), 0, -1):
        for part, rest in ((words[-size:], words[:-size]), (words[:size], words[size:])):
            codes = known.get(" ".join(part))
            if codes and len(codes) < 40:
                return codes, rest
    return (), words


def address(text: str) -> Q:
    """“12 rue des Tanneurs, Dole”, “tanneurs”, “39100 tanneurs”, “Dole”: rows of buildings at such an address."""
    words = folded(text).split()
    wanted, kept = Q(), []
    for word in words:
        number = _NUMBER.match(word)
        if len(word) == 5 and word.isdigit():
            wanted &= Q(insee__in=insees(word))
        elif number:
            wanted &= Q(number=int(number[1]))
            if number[2]:
                wanted &= Q(number_suffix__iexact=number[2][0])
        else:
            kept.append(word)
    if not kept:
        return wanted
    return wanted & Q(pk__in=_places(kept))


def _places(words: list[str]) -> QuerySet:
    """Keys of the buildings of a street, of a commune, or of a street in a commune, as the words may be meant.

    Each reading asks one index by itself: a database that has to choose an index for all of them at once takes none.
    """
    codes, rest = _named(words)
    found = Building.objects.order_by()
    street = found.filter(_street(words)).values("pk")
    if not codes or (rest and not _told(rest)):  # “rue de Dole” is no commune
        return street
    within = found.filter(Q(insee__in=codes) & (_street(rest) if rest else Q()))
    return within.values("pk").union(street)


def _told(words: list[str]) -> list[str]:
    """The words that name something."""
    return [word for word in words if word not in STREET_WORDS and word not in SMALL_WORDS]


def _street(words: list[str]) -> Q:
    """Rows whose street begins with the first word that tells something, and that hold the others."""
    told = list(words)
    while len(told) > 1 and told[0] in STREET_WORDS:
        told.pop(0)
    telling = [word for word in told if word not in SMALL_WORDS] or told
    begin = told.index(telling[0])
    starts = Q()
    for leading in {" ".join(told[begin:]), " ".join(told)}:
        starts |= begins("search", leading)
    first = telling[0]
    for small in ("", "de ", "du ", "des ", "de la ", "de l ", "la ", "le ", "les ", "d "):
        starts |= begins("search", small + first)
    for word in telling[1:]:
        starts &= Q(search__contains=word)
    return starts


def joined_fibres(cable: Cable) -> set[int]:
    """Keys of the fibres of a cable that a splice or a position of a PM holds."""
    ends = Splice.objects.filter(Q(a__cable=cable) | Q(b__cable=cable)).values_list("a_id", "b_id")
    spliced = {key for pair in ends for key in pair if key is not None}
    own = cable.fibres.values_list("pk", "position__pk")
    return {key for key, position in own if position is not None or key in spliced}


def insees(code: str) -> list[str]:
    """INSEE codes of the communes that have this postal code, or the code itself."""
    return [code, *Commune.objects.filter(postal_codes__contains=code).values_list("insee", flat=True)]


def building(text: str) -> Q:
    """The search box: an identifier, an hexaclé or an address."""
    plain = unicodedata.normalize("NFC", text.strip())
    own = begins("reference", plain) | begins("reference", plain.upper())
    if " " not in plain and (any(c in "-_/" for c in plain) or (any(c.isdigit() for c in plain) and len(plain) > 5)):
        return own | Q(hexacle=plain) if _HEXACLE.match(plain) else own
    found = Building.objects.order_by()
    return Q(pk__in=found.filter(address(plain)).values("pk").union(found.filter(own).values("pk")))
