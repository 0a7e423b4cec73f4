"""Cards that other apps hang on the page of a customer or of a line: invoices, calls, subscriptions, payments.

An app that stands above customers calls :func:`register` in its ``screens.py``; nothing here knows what a card shows.
"""

from chappe.kit.screens.declare import Panel

_panels: dict[str, dict[str, tuple[int, Panel]]] = {"customer": {}, "line": {}}


def register(slug: str, panel: Panel, *, order: int = 100, on: str = "customer") -> None:
    """Hang ``panel`` on the page of a customer (or ``on="line"``). Its template gets ``object`` and what ``context`` adds.

    The same slug twice replaces the first. Raises KeyError for another page. A panel is drawn whole: it decides by
    ``context(object, user)`` what that user may see, through ``visible_to``.
    """
    _panels[on][slug] = (order, panel)


def registered(on: str = "customer") -> list[tuple[str, Panel]]:
    """(slug, panel) in the order in which they stand."""
    return [
        (slug, panel) for slug, (_order, panel) in sorted(_panels[on].items(), key=lambda item: (item[1][0], item[0]))
    ]
