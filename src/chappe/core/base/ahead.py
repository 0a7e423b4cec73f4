"""The next item made while this one is used: for work whose two halves leave each other a processor."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, each asked for in a thread as soon as the one before it was given.

    One item waits at most, so memory grows by one of them. What the source raises is raised here, in its turn; a caller that
    leaves waits for the item under way. The source must not need its caller's thread (a database connection does).
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, source, _END)
            yield item  # type: ignore[misc]
