"""What customers announce: other apps subscribe at start (``AppConfig.ready``) and react inside the same transaction.

- ``line_ended``: ``(line, customer, day, actor)``: the line is no longer held by that customer after ``day`` (its last
  day): closed, moved to another customer, or retired. Subscriptions on the line end with it.
- ``line_moved``: ``(line, before, after, day, actor)``: from ``day`` the line is held by ``after``.
- ``assignments_changed``: ``(owner_id, since)``: calls from that day on may belong to somebody else.
"""

from collections.abc import Callable
from typing import Any

EVENTS = ("line_ended", "line_moved", "assignments_changed")
_listeners: dict[str, list[Callable[..., None]]] = {name: [] for name in EVENTS}


def on(event: str, listener: Callable[..., None]) -> Callable[..., None]:
    """Call ``listener(**facts)`` at each ``event``; twice the same listener counts once. Raises KeyError for an unknown event."""
    if listener not in _listeners[event]:
        _listeners[event].append(listener)
    return listener


def off(event: str, listener: Callable[..., None]) -> None:
    """Stop calling ``listener`` (tests)."""
    if listener in _listeners[event]:
        _listeners[event].remove(listener)


def tell(event: str, **facts: Any) -> None:
    """Call every listener, in the order of subscription. What one raises refuses the whole act."""
    for listener in list(_listeners[event]):
        listener(**facts)
