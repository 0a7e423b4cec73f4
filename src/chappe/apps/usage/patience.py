"""How long a question to the lake may take: beyond it, or when nobody wants the answer any more, it is stopped.

The engine computes outside of Python, so that a clock beside it can interrupt it. Knows no question and decides no limit.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

TICK = 0.2  # seconds between two looks at the clock


class TooLong(Exception):  # noqa: N818 - says what happened
    """The question was stopped: it took longer than it was given."""


@contextmanager
def within(connection: Any, seconds: float, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """What ``connection`` computes here takes ``seconds`` at most. ``check`` raises when the answer is not wanted any more, and is
    asked from the clock too. Raises TooLong, or what ``check`` raises."""
    ended = threading.Event()
    until = time.monotonic() + seconds

    def watch() -> None:
        # Again and again: an order that comes before the question has begun is forgotten by the engine.
        while not ended.wait(TICK):
            if time.monotonic() >= until or _refuses(check):
                connection.interrupt()

    clock = threading.Thread(target=watch, name="patience", daemon=True)
    clock.start()
    try:
        yield
    except duckdb.InterruptException as error:
        check()
        raise TooLong from error
    finally:
        ended.set()
        clock.join()


def _refuses(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # noqa: BLE001 - whatever it raises is an order to stop
        return True
    return False
