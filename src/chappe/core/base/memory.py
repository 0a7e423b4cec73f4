"""The search for cycles, put off while a million small objects are made: it would walk them again and again and free none."""

import atexit
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


def set_aside() -> None:
    """What a process has loaded stays as long as the process: the search for cycles passes it by from now on.

    Without this, a page that makes some ten thousand objects sets off a walk through the million of the libraries, which costs more
    than many pages. Taken back when the process ends, for extensions that count what they leave.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
