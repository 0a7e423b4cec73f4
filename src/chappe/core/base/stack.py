"""Room for the calls within a call.

CPython 3.11 keeps the frames of a thread in chunks of sixteen kilobytes. A call that does not fit the chunk asks the
system for another one, given back when the call returns: code that calls the same small functions again and again just at the end
of a chunk, as templates do, asks ten thousand times. The same page then takes 70 or 270 milliseconds, as its depth has it.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
SLOTS = 70_000  # of eight bytes: a chunk is a power of two, so that what follows shares one of a megabyte


def with_room(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, called from a frame so large that the chunk made for it has room for all that it calls.

    For the first call of a thread's work: a request, a command. Only what is used of that megabyte is ever memory.
    """

    def roomy(*given: P.args, **named: P.kwargs) -> R:
        return function(*given, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=SLOTS)
    return update_wrapper(roomy, function)
