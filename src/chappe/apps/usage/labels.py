"""Names of the ids that calls carry: this app stores them and knows nothing of who gives them.

Apps above register a function for each kind: ``register("customer", fn)`` with ``fn(ids) -> {id: name}``. Ids without a name
are shown as numbers.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chappe.kit.ui.formats import DASH

LONGEST = 18  # digits: a longer number is no id
Names = Callable[[set[int]], dict[int, str]]
#: The columns of the lake whose ids somebody may name.
KINDS = ("source", "customer", "line_id", "cost_centre")

_registered: dict[str, Names] = {}
_urls: dict[str, Callable[[int], str]] = {}
_searches: dict[str, Callable[[str], set[int]]] = {}
_choices: dict[str, Callable[[object], list[tuple[int, str]]]] = {}
_seen: dict[str, Callable[[Any, int], str]] = {}


def register(
    kind: str,
    names: Names,
    *,
    url: Callable[[int], str] | None = None,
    search: Callable[[str], set[int]] | None = None,
    choices: Callable[[object], list[tuple[int, str]]] | None = None,
    seen: Callable[[Any, int], str] | None = None,
) -> None:
    """Say how ids of ``kind`` (one of :data:`KINDS`) are named; ``url(id)`` is their page, ``search(text)`` the ids
    whose name has this text (rights do not matter: calls have their own), ``choices(user)`` what a person may choose among,
    ``seen(user, id)`` the name of what this person may see, else "". Raises KeyError for another kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    _registered[kind] = names
    if url is not None:
        _urls[kind] = url
    if search is not None:
        _searches[kind] = search
    if choices is not None:
        _choices[kind] = choices
    if seen is not None:
        _seen[kind] = seen


def names_of(kind: str, ids: Iterable[int | None]) -> dict[int, str]:
    """The names of these ids; a number where nobody knows better."""
    wanted = {number for number in ids if number is not None}
    known = _registered[kind](wanted) if wanted and kind in _registered else {}
    return {number: known.get(number) or f"n° {number}" for number in wanted}


def search(kind: str, text: str) -> set[int]:
    """Ids whose name has this text; a number is also an id."""
    found = _searches[kind](text) if kind in _searches else set()
    return found | ({int(text)} if text.isdecimal() and len(text) < LONGEST and kind not in _searches else set())


def url_of(kind: str, number: int | None) -> str:
    """The page of an id, or ""."""
    return _urls[kind](number) if number is not None and kind in _urls else ""


def choices_of(kind: str, user: object) -> list[tuple[int, str]]:
    """What this person may choose among, by name; [] when nobody says."""
    return _choices[kind](user) if kind in _choices else []


def told(kind: str) -> Callable[[Any, str], str]:
    """How a filter by an id reads (``Column.said``): “=12” as the name of what this person may see, a number otherwise. An
    address proves nothing: a name that the person could not read elsewhere is not told here."""

    def said(user: Any, text: str) -> str:
        key = text.removeprefix("=")
        if text == "=":
            return DASH
        if key == text or not key.isdecimal() or len(key) >= LONGEST:
            return text
        return (_seen[kind](user, int(key)) if kind in _seen else "") or f"n° {int(key)}"

    return said
