"""Room for the calls within a call: nothing changes for who is called, whatever the depth."""

import threading

import pytest

from chappe.core.base.stack import SLOTS, with_room


def depth(n: int) -> int:
    return 0 if n == 0 else 1 + depth(n - 1)


def test_what_is_given_and_answered_goes_through():
    @with_room
    def told(first: int, *rest: int, last: int = 0) -> tuple[int, ...]:
        """What it does."""
        return (first, *rest, last)

    assert told(1, 2, 3, last=4) == (1, 2, 3, 4)
    assert (told.__name__, told.__doc__) == ("told", "What it does.")


def test_what_is_raised_goes_through_and_leaves_the_thread_fit_for_more():
    roomy = with_room(depth)
    for _ in range(3):
        with pytest.raises(RecursionError):
            roomy(100_000)
        assert roomy(500) == 500


def test_room_is_made_in_each_thread_and_within_itself():
    found = []
    inner = with_room(depth)
    outer = with_room(lambda n: inner(n) + inner(n))
    threads = [threading.Thread(target=lambda n=n: found.append(outer(n))) for n in (10, 200, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [20, 400, 800]


def test_the_frame_asks_for_more_than_half_a_megabyte_so_that_the_chunk_is_a_whole_one():
    """A chunk is the power of two above what its first frame needs: 70,000 × 8 bytes = 560,000, so 1,048,576 bytes."""
    assert 2**19 < SLOTS * 8 < 2**20
    assert with_room(depth).__code__.co_stacksize == SLOTS
