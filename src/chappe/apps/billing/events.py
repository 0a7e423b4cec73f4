"""What billing tells the apps above it, which it cannot import: ``on("issued", fn)``.

``issued(invoice, actor)`` is called in the transaction that issues an invoice: it may only write rows and queue
jobs, and an exception in it refuses the invoice. ``run_frozen(run, actor)`` comes after the last invoice of a run.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

Name = Literal["issued", "run_frozen", "draft_removed"]
_listeners: dict[str, list[Callable[..., None]]] = defaultdict(list)


def on(name: Name, listener: Callable[..., None]) -> Callable[..., None]:
    """Ask to be told; the same function twice is told once. Call it in the ``ready()`` of an app."""
    if listener not in _listeners[name]:
        _listeners[name].append(listener)
    return listener


def tell(name: Name, **facts: Any) -> None:
    """Tell everyone, in the order of registration."""
    for listener in list(_listeners[name]):
        listener(**facts)
