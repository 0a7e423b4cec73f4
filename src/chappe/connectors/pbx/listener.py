"""Ports that PBXs connect to. One listener a port; the sources that share it are told apart by who connects.

Lets in or turns away, and hands over; reads nothing itself.
"""

import asyncio
import logging
import socket

from chappe.connectors.pbx.keeper import Keeper, Numbers
from chappe.connectors.pbx.session import Session, Stream, receiver
from chappe.connectors.pbx.source import Problem, State
from chappe.connectors.reasons import reason_of

log = logging.getLogger("chappe.collect")
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
RECEIVE_BUFFER = 512 * 1024


class Listener:
    """``keepers`` may be changed while it listens. ``bound`` tells the port in use (for port 0 in tests), 0 before."""

    def __init__(self, host: str, port: int, numbers: Numbers, *, first_wait: float = FIRST_WAIT) -> None:
        self.host, self.port, self.numbers, self.first_wait = host, port, numbers, first_wait
        self.keepers: list[Keeper] = []
        self.bound = 0
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], Session] = {}
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._bind())

    async def stop(self) -> None:
        """No new connection; what has arrived on the open ones is kept."""
        self._stop.set()
        if self._task is not None:
            await self._task
        if self._server is not None:
            self._server.close()
        for session in self._open.values():
            session.stop()
        if self._open:
            await asyncio.wait(set(self._open))

    async def drop(self, keeper: Keeper) -> None:
        """A source that goes: its connections end, the port stays for the others."""
        self.keepers = [other for other in self.keepers if other is not keeper]
        tasks = [task for task, session in self._open.items() if session.keeper is keeper]
        for task in tasks:
            self._open[task].stop()
        if tasks:
            await asyncio.wait(tasks)

    async def _bind(self) -> None:
        wait = self.first_wait
        while not self._stop.is_set():
            try:
                self._server = await self._serve()
            except OSError as error:
                problem = Problem(
                    "cannot-listen", {"host": self.host or "*", "port": self.port, "reason": reason_of(error)}
                )
                for keeper in self.keepers:
                    keeper.waits(State.ERROR, problem)
                try:
                    await asyncio.wait_for(self._stop.wait(), wait)
                except TimeoutError:
                    wait = min(wait * 2, LONGEST_WAIT)
                continue
            self.bound = self._server.sockets[0].getsockname()[1]
            for keeper in self.keepers:
                keeper.waits(State.LISTENING)
            return

    async def _serve(self) -> asyncio.Server:
        server = await asyncio.get_running_loop().create_server(
            lambda: receiver(self._come), self.host or None, self.port, start_serving=False, backlog=128
        )
        for sock in server.sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        await server.start_serving()
        return server

    def add(self, keeper: Keeper) -> None:
        self.keepers.append(keeper)
        if self.bound:
            keeper.waits(State.LISTENING)

    def whose(self, address: str) -> Keeper | None:
        """The source of a peer: the one that names it before the one that takes anybody."""
        allowed = [keeper for keeper in self.keepers if keeper.spec.allows(address)]
        return max(allowed, key=lambda keeper: bool(keeper.spec.allowed_peers), default=None)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream(reader, writer)
        keeper = self.whose(stream.address)
        if keeper is None or keeper.full or self._stop.is_set():
            # with a full disk, the PBX had better find the door shut and keep its tickets
            if keeper is None:
                log.warning("port %d: %s may not connect", self.bound, stream.address)
                for known in self.keepers:
                    known.turned_away()
            await stream.close()
            return
        await self.serve(keeper, stream)

    async def serve(self, keeper: Keeper, stream: Stream) -> None:
        session = Session(keeper, stream, self.numbers.next(stream.peer))
        task = asyncio.current_task()
        assert task is not None
        self._make_room(keeper)
        self._open[task] = session
        try:
            problem = await session.run()
            if problem is not None:
                log.warning("%s: %s: %s", keeper.spec.slug, stream.peer, problem.code)
                keeper.status.errors += 1
        finally:
            del self._open[task]

    def _make_room(self, keeper: Keeper) -> None:
        """A PBX that reconnects leaves half-open connections behind: the one silent for longest gives way."""
        own = [session for session in self._open.values() if session.keeper is keeper]
        if len(own) >= keeper.spec.max_connections:
            min(own, key=lambda session: session.status.last or session.status.since).stop()
