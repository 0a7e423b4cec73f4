"""What other rooms may want to know: a mail has left, was refused, came back. Handlers are given the Message.

A handler runs after the state is written, in a transaction of its own; one that fails is logged and harms nobody.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)
_handlers: dict[str, list[Callable[[Any], None]]] = {"sent": [], "failed": [], "bounced": []}


def on(name: str, handler: Callable[[Any], None]) -> None:
    """Call ``handler(message)`` when a mail becomes ``sent``, ``failed`` or ``bounced``. KeyError for another name."""
    if handler not in _handlers[name]:
        _handlers[name].append(handler)


def off(name: str, handler: Callable[[Any], None]) -> None:
    _handlers[name].remove(handler)


def tell(name: str, message: Any) -> None:
    for handler in list(_handlers[name]):
        try:
            with transaction.atomic():
                handler(message)
        except Exception:
            log.exception("a handler of mail %s failed for mail %s", name, message.pk)
