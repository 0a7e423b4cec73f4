"""The search for cycles, put off while a million small objects are made: it would walk them again and again and free none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """For a block, or as a decorator, that makes many objects and no cycles. What was on before is on again after."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
