"""Cards and lists that other apps hang on the pages of the network: orders and tickets of a PM, publications of a building.

An app that stands above calls :func:`register` or :func:`related` in its ``screens.py``; nothing here knows what they show.
The screens of this app read these sequences live, so that the order of import does not matter.
"""

from collections.abc import Sequence
from typing import Any

from chappe.kit.screens.declare import Panel, Related

PAGES = ("pm", "building", "pto", "pbo", "cable")
_panels: dict[str, dict[str, tuple[int, Panel]]] = {page: {} for page in PAGES}
_related: dict[str, list[tuple[int, Related]]] = {page: [] for page in PAGES}


def register(slug: str, panel: Panel, *, order: int = 100, on: str = "pm") -> None:
    """Hang ``panel`` on a page. The same slug twice replaces the first. Raises KeyError for another page.

    Its template gets ``object`` and what ``context`` adds; what it shows must pass ``visible_to``.
    """
    _panels[on][slug] = (order, panel)


def related(entry: Related, *, order: int = 100, on: str = "pm") -> None:
    """Hang a list of another screen: rows whose ``path`` is the object. Who may not read it sees nothing of it."""
    if entry not in [known for _order, known in _related[on]]:
        _related[on].append((order, entry))


class Live(Sequence[Any]):
    """Ours first, then what others have hung, read anew each time."""

    def __init__(self, kind: str, on: str, own: Sequence[Any]) -> None:
        self.kind, self.on, self.own = kind, on, tuple(own)

    def _now(self) -> list[Any]:
        if self.kind == "panels":
            hung = [panel for _slug, (_order, panel) in sorted(_panels[self.on].items(), key=lambda i: (i[1][0], i[0]))]
        else:
            hung = [entry for _order, entry in sorted(_related[self.on], key=lambda item: item[0])]
        return [*self.own, *hung]

    def __len__(self) -> int:
        return len(self._now())

    def __getitem__(self, index: Any) -> Any:
        return self._now()[index]
