"""What connections share of one source: keeping records, counting, telling, showing live. Opens no socket.

A record is counted and shown once it is on disk, not before. With a full disk the connection that brought it waits here,
so that it is not read any further and the PBX keeps what it has.
"""

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Sequence

from chappe.connectors.pbx.errors import SpoolError, SpoolFull
from chappe.connectors.pbx.frames import Arrival, Flag, Raw, moment
from chappe.connectors.pbx.framing import Piece
from chappe.connectors.pbx.source import ConnectionStatus, Problem, SourceSpec, SourceStatus, State
from chappe.connectors.pbx.spool import Spool, now

log = logging.getLogger("chappe.collect")
RETRY_SECONDS = (0.5, 15.0)  # first and longest wait of a full disk
TAP_SIZE = 1000


class Keeper:
    """One a source. ``changed`` is called whenever the status is worth telling anew."""

    def __init__(self, spec: SourceSpec, spool: Spool, changed: Callable[[str], None]) -> None:
        self.spec, self.spool = spec, spool
        self.status = SourceStatus(spec.slug)
        self.stopping = asyncio.Event()
        self._changed = changed
        self._open: dict[int, ConnectionStatus] = {}
        self._disk: Problem | None = None
        self._wire: Problem | None = None
        self._idle_state: str = State.WAITING
        self._taps: set[asyncio.Queue[Raw]] = set()

    # -- records

    async def keep(self, connection: ConnectionStatus, pieces: Sequence[Piece]) -> None:
        """On disk when it returns. Waits while the disk is full; raises SpoolError only when told to stop meanwhile."""
        received = now()
        arrivals = [Arrival(received, connection.number, data, flags) for data, flags in pieces]
        delay, longest = RETRY_SECONDS
        while True:
            try:
                first = await self.spool.append(self.spec.slug, arrivals)
                break
            except SpoolError as error:
                self._refused(error)
                if self.stopping.is_set():
                    self.status.lost += len(arrivals)
                    log.error("%s: %d records lost, the disk refused them to the end", self.spec.slug, len(arrivals))
                    raise
            delay = await self._patience(delay, longest)
        self._kept(connection, first, arrivals)

    async def try_keep(self, connection: ConnectionStatus, pieces: Sequence[Piece]) -> None:
        """The same without waiting, for a sender that can be told. Raises SpoolError."""
        received = now()
        arrivals = [Arrival(received, connection.number, data, flags) for data, flags in pieces]
        try:
            first = await self.spool.append(self.spec.slug, arrivals)
        except SpoolError as error:
            self._refused(error)
            raise
        self._kept(connection, first, arrivals)

    async def _patience(self, delay: float, longest: float) -> float:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), delay)
        return min(delay * 2, longest)

    def _refused(self, error: SpoolError) -> None:
        self.status.errors += 1
        if self._disk is None:
            log.error("%s: %s: %s", self.spec.slug, error.code, error.reason)
        self._disk = Problem(error.code, {"reason": error.reason, "full": isinstance(error, SpoolFull)})
        self._tell()

    def _kept(self, connection: ConnectionStatus, first: int, arrivals: Sequence[Arrival]) -> None:
        size = sum(len(arrival.data) for arrival in arrivals)
        last = moment(arrivals[-1].received)
        for counted in (connection, self.status):
            counted.records += len(arrivals)
            counted.bytes += size
            counted.last = last
        self.status.number = first + len(arrivals) - 1
        if self._disk is not None:
            log.warning("%s: the disk takes records again", self.spec.slug)
        self._disk = None
        self._tell()
        if self._taps:
            self._show(first, arrivals)

    # -- what is told

    @property
    def full(self) -> bool:
        """The disk refused last time: nobody else is let in."""
        return self._disk is not None

    def opened(self, connection: ConnectionStatus) -> None:
        self._open[connection.number] = connection
        self._wire = None
        self._tell()

    def closed(self, connection: ConnectionStatus) -> None:
        self._open.pop(connection.number, None)
        self._tell()

    def waits(self, state: str, problem: Problem | None = None) -> None:
        """The state while no connection is open, and why."""
        self._idle_state, self._wire = state, problem
        if problem is not None:
            self.status.errors += 1
        self._tell()

    def turned_away(self) -> None:
        self.status.refused += 1
        self._tell()

    def _tell(self) -> None:
        status = self.status
        status.connections = list(self._open.values())
        status.problem = self._disk or self._wire
        if self._disk is not None:
            status.state = State.FULL if self._disk.params["full"] else State.ERROR
        else:
            status.state = State.CONNECTED if self._open else self._idle_state
        self._changed(self.spec.slug)

    # -- shown live

    def tap(self) -> asyncio.Queue[Raw]:
        """Records as they are kept. A reader that does not keep up misses the oldest."""
        queue: asyncio.Queue[Raw] = asyncio.Queue(TAP_SIZE)
        self._taps.add(queue)
        return queue

    def untap(self, queue: "asyncio.Queue[Raw]") -> None:
        self._taps.discard(queue)

    def _show(self, first: int, arrivals: Sequence[Arrival]) -> None:
        for number, arrival in enumerate(arrivals[-TAP_SIZE:], first + max(0, len(arrivals) - TAP_SIZE)):
            raw = Raw(number, moment(arrival.received), arrival.connection, arrival.data, Flag(arrival.flags))
            for queue in self._taps:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(raw)


class Numbers:
    """Numbers of connections: seconds of the clock, made unique, so that two runs do not share one."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, peer: str) -> ConnectionStatus:
        since = dt.datetime.now(dt.UTC)
        self._last = max(self._last + 1, int(since.timestamp()))
        return ConnectionStatus(self._last & 0xFFFFFFFF, peer, since)
