"""Cards and lists that other apps hang on the page of a customer or of a line: invoices, calls, subscriptions, payments.

An app that stands above customers calls :func:`register` or :func:`related` in its ``screens.py``; nothing here knows what
they show. The screens of this app read these sequences live, so that the order of import does not matter.
"""

from collections.abc import Sequence
from typing import Any

from chappe.kit.screens.declare import Panel, Related

PAGES = ("customer", "line")
_panels: dict[str, dict[str, tuple[int, Panel]]] = {page: {} for page in PAGES}
_related: dict[str, list[tuple[int, Related]]] = {page: [] for page in PAGES}


def register(slug: str, panel: Panel, *, order: int = 100, on: str = "customer") -> None:
    """Hang ``panel`` on the page of a customer (or ``on="line"``). Its template gets ``object`` and what ``context`` adds.

    The same slug twice replaces the first. Raises KeyError for another page. What it shows must pass ``visible_to``.
    """
    _panels[on][slug] = (order, panel)


def related(entry: Related, *, order: int = 100, on: str = "customer") -> None:
    """Hang a list of another screen: rows whose ``path`` is the customer (or the line). Who may not read it sees nothing of it."""
    if entry not in [known for _order, known in _related[on]]:
        _related[on].append((order, entry))


def registered(on: str = "customer") -> list[tuple[str, Panel]]:
    """(slug, panel) in the order in which they stand."""
    return [
        (slug, panel) for slug, (_order, panel) in sorted(_panels[on].items(), key=lambda item: (item[1][0], item[0]))
    ]


class Live(Sequence[Any]):
    """A sequence made anew each time it is read: ours first, then what others have hung."""

    def __init__(self, ours: Sequence[Any], on: str, kind: str) -> None:
        self.ours, self.on, self.kind = tuple(ours), on, kind

    def _all(self) -> list[Any]:
        if self.kind == "panels":
            return [*self.ours, *(panel for _slug, panel in registered(self.on))]
        return [*self.ours, *(entry for _order, entry in sorted(_related[self.on], key=lambda pair: pair[0]))]

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())
