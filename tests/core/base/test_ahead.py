"""The next item is made while this one is used: same items, same order, and what the source raises."""

import threading
from collections.abc import Iterator

import pytest

from chappe.core.base.ahead import ahead


def test_the_same_items_in_the_same_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead([])) == []
    assert list(ahead([None, False])) == [None, False]


def test_one_item_is_made_ahead_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def source() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    items = ahead(source())
    assert next(items) == 0
    assert second.wait(10)  # nobody asked for it yet
    items.close()  # type: ignore[attr-defined]
    assert made == [0, 1]


def test_what_the_source_raises_comes_in_its_turn() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("line 2")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(ValueError, match="line 2"):
        next(items)
    assert next(items, None) is None
