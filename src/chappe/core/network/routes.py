"""Optical routes found by walking: from the connector of a PM, fibre by fibre and splice by splice, to the socket.

A fibre has two ends; a splice joins two fibres at a place. Nothing here knows a database: the network comes as small
facts, the routes go out with what is wrong with them. At most four routes reach a socket.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_STEPS = 200  # a longer walk is a fault of the data
MAX_PER_SOCKET = 4


class Fault(StrEnum):
    """What may be wrong with a route."""

    NONE = ""
    FORK = "fork"  # a fibre end is spliced twice (so is every loop)
    LONG = "long"  # more splices than any real route has
    OPEN = "open"  # the walk ends before a socket: normal for a fibre in stock at its PBO
    TOO_MANY = "too-many"  # more than four routes reach the socket


@dataclass(frozen=True, slots=True)
class Splice:
    """Fibre ``a`` joined with ``b`` at ``place`` (PBO, closure…). ``socket``: ``b`` is no fibre but a connector of a PTO."""

    key: int
    a: int
    b: int | None
    place: str = ""
    socket: str = ""
    connector: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """A connector at the PM and the fibre behind it."""

    key: int
    fibre: int


@dataclass(frozen=True, slots=True)
class Route:
    """``fibres`` in order from the PM; ``splices`` between them (one less, or as many when a socket ends it)."""

    start: int
    fibres: tuple[int, ...]
    splices: tuple[int, ...]
    socket: str = ""
    connector: int = 0
    fault: Fault = Fault.NONE


def walk_all(starts: Iterable[Start], splices: Iterable[Splice]) -> list[Route]:
    """The route of every start, in their order."""
    joined = list(splices)
    at: dict[int, list[Splice]] = defaultdict(list)
    for splice in joined:
        at[splice.a].append(splice)
        if splice.b is not None:
            at[splice.b].append(splice)
    routes = [_walk(start, at) for start in starts]
    return _counted(routes)


def _walk(start: Start, at: Mapping[int, list[Splice]]) -> Route:
    fibre, came = start.fibre, -1
    fibres: list[int] = [fibre]
    used: list[int] = []
    for _ in range(MAX_STEPS):
        onward = [splice for splice in at.get(fibre, ()) if splice.key != came]
        if not onward:
            return Route(start.key, tuple(fibres), tuple(used), fault=Fault.OPEN)
        if len(onward) > 1:
            return Route(start.key, tuple(fibres), tuple(used), fault=Fault.FORK)
        splice = onward[0]
        used.append(splice.key)
        came = splice.key
        if splice.b is None:
            return Route(start.key, tuple(fibres), tuple(used), splice.socket, splice.connector)
        fibre = splice.b if splice.a == fibre else splice.a
        fibres.append(fibre)
    return Route(start.key, tuple(fibres), tuple(used), fault=Fault.LONG)


def _counted(routes: list[Route]) -> list[Route]:
    """Mark the routes of a socket beyond the fourth."""
    seen: dict[str, int] = defaultdict(int)
    marked = []
    for route in routes:
        if route.socket:
            seen[route.socket] += 1
            if seen[route.socket] > MAX_PER_SOCKET:
                route = Route(route.start, route.fibres, route.splices, route.socket, route.connector, Fault.TOO_MANY)
        marked.append(route)
    return marked
