"""Rows with named columns: from a CSV line by header or by a set order, from JSON, by names that vary a little.

A reader of rows learns a header when one comes and keeps it; nothing else is kept.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chappe.core.tickets.base import TextDecoder
from chappe.core.tickets.faults import refused
from chappe.core.tickets.parties import plain_text
from chappe.core.tickets.text import cells_of
from chappe.core.tickets.words import squeezed

Row = dict[str, str]
MOST_ROWS = 100_000  # of one JSON document
_DEEPEST = 6


class Header:
    """Which column a name stands in. ``names`` is the order now in force (from a profile or a header line)."""

    def __init__(
        self, known: Iterable[str], names: Sequence[str] = (), aliases: Mapping[str, str] | None = None
    ) -> None:
        self._known = {squeezed(name): name for name in known}
        self._known.update({squeezed(alias): name for alias, name in (aliases or {}).items()})
        self.names: tuple[str, ...] = tuple(names)
        self.learned = False

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether most cells are names of columns: no ticket has that."""
        if any(
            cell[:1].isdigit() for cell in cells
        ):  # quick: no known name begins with a digit, some cell of a call does
            return False
        filled = [squeezed(cell) for cell in cells if cell.strip()]
        hits = sum(cell in self._known for cell in filled)
        return hits >= 3 and hits * 2 > len(filled)

    def learn(self, cells: Sequence[str]) -> None:
        self.names = tuple(self.name_of(cell) for cell in cells)
        self.learned = True

    def name_of(self, cell: str) -> str:
        """The known name of a column, or its own."""
        return self._known.get(squeezed(cell), cell.strip())

    def row(self, cells: Sequence[str]) -> Row:
        return {name: cell.strip() for name, cell in zip(self.names, cells, strict=False) if name}


class HeaderDecoder(TextDecoder):
    """A decoder whose stream may bring a header line; remembers it across runs."""

    header: Header

    def state(self) -> dict[str, Any]:
        return {"header": list(self.header.names)} if self.header.learned else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        names = state.get("header")
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            self.header.learn(names)


def csv_cells(text: str, delimiter: str = ",", quote: str = '"') -> list[str]:
    return cells_of(text, delimiter, quote)


def loads(text: str) -> Any:
    """JSON with numbers kept as the text they were (an amount is never a float). Raises Refused."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as fault:
        raise refused("bad-json", at=fault.pos + 1) from None
    except RecursionError:
        raise refused("too-deep") from None


def objects_with(document: Any, *needed: str) -> Iterator[Mapping[str, Any]]:
    """Every object inside a JSON document that has one of the ``needed`` keys, in order."""
    yield from _search(document, frozenset(needed), 0)


def _search(node: Any, needed: frozenset[str], depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for each in node[:MOST_ROWS]:
            yield from _search(each, needed, depth + 1)
    elif isinstance(node, dict):
        if needed & node.keys():
            yield node
        else:
            for each in node.values():
                if isinstance(each, dict | list):
                    yield from _search(each, needed, depth + 1)


def flat(node: Mapping[str, Any]) -> Row:
    """The plain values of a JSON object as a row."""
    return {str(name): plain_text(value).strip() for name, value in node.items()}
