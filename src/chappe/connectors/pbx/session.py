"""One connection, from its first byte to its last: read, delimit, keep, and only then read on.

Reading waits for the disk, so that what we have not kept stays with the PBX as far as TCP can make it. Knows neither who
opened the connection nor who opens the next.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from chappe.connectors.pbx.errors import SpoolError
from chappe.connectors.pbx.framing import FRAMINGS, Framer, FramingError
from chappe.connectors.pbx.keeper import Keeper
from chappe.connectors.pbx.source import ConnectionStatus, Problem
from chappe.connectors.reasons import reason_of

READ_BYTES = 256 * 1024
SEND_SECONDS = 10.0
DRAIN_SECONDS = 2.0  # at the end: as long for what is on its way
QUIET_SECONDS = 0.2
#: after a minute of silence ask four times, every 15 s: a PBX that was unplugged is noticed in two minutes
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


def tune(sock: socket.socket) -> None:
    """A link that died in silence is noticed; little waits in the system, where a power cut would take it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


class Reader(asyncio.StreamReader):
    """Gives what came before a reset, then the end: the plain one throws it away. ``lost`` says how it ended."""

    lost: Exception | None = None

    def set_exception(self, exc: Exception) -> None:
        self.lost = exc
        self.feed_eof()


def receiver(come: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> asyncio.Protocol:
    """What reads a connection that is accepted; ``come`` is called with it."""
    loop = asyncio.get_running_loop()
    return asyncio.StreamReaderProtocol(Reader(limit=READ_BYTES, loop=loop), come, loop=loop)


@dataclass(slots=True)
class Stream:
    """The two ends of a connection, as asyncio gives them."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect. Raises OSError."""
        loop = asyncio.get_running_loop()
        reader = Reader(limit=READ_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, host, port)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    @property
    def address(self) -> str:
        return str(self._name[0])

    @property
    def peer(self) -> str:
        """``192.0.2.1:50213``, or what the system says."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return ":".join([host, *map(str, self._name[1:2])])

    @property
    def _name(self) -> tuple[Any, ...]:
        name = self.writer.get_extra_info("peername")
        return tuple(name) if isinstance(name, tuple | list) else ("?",)

    def tune(self) -> None:
        sock = self.writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                tune(sock)

    async def close(self) -> None:
        """Also a peer that reads nothing more: what we had left to say to it is given up after a while."""
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), SEND_SECONDS)
        except TimeoutError:
            self.writer.transport.abort()
        except OSError:
            return


class Session:
    """``run`` ends when the peer leaves (None), does not speak as it should (a Problem), or ``stop`` was called."""

    def __init__(self, keeper: Keeper, stream: Stream, status: ConnectionStatus) -> None:
        self.keeper, self.stream, self.status = keeper, stream, status
        self.framing = FRAMINGS[keeper.spec.framing]
        self._stop = asyncio.Event()
        self._stopping: asyncio.Future[object] = asyncio.ensure_future(self._stop.wait())
        self._reading: asyncio.Future[bytes] | None = None

    def stop(self) -> None:
        """Keep what has arrived, then close."""
        self._stop.set()

    async def run(self) -> Problem | None:
        framer = self.framing.make(self.keeper.spec)
        self.stream.tune()
        self.keeper.opened(self.status)
        problem = None
        try:
            await self._speak(framer)
        except FramingError as error:
            problem = Problem(error.code, error.params)
        except TimeoutError:
            problem = Problem("silent")
        except OSError as error:
            problem = Problem("connection-lost", {"reason": reason_of(error)})
        except SpoolError:
            pass  # told and counted by the keeper; we are stopping
        finally:
            await self._leave(framer)
        return problem

    async def _leave(self, framer: Framer) -> None:
        self._stopping.cancel()
        if self._reading is not None:
            self._reading.cancel()
        try:
            if rest := framer.finish():
                await self.keeper.keep(self.status, rest)
        except SpoolError:
            pass
        finally:
            self.keeper.closed(self.status)
            await self.stream.close()

    async def _speak(self, framer: Framer) -> None:
        await self._send(framer)
        if self.framing.greets:
            await self._greet(framer)
        while not self._stop.is_set():
            data = await self._read(self.framing.patience)
            if data is None:
                break
            if not data:
                self._how_it_ended()
                return
            await self._take(framer, data)
        await self._drain(framer)

    def _how_it_ended(self) -> None:
        lost = getattr(self.stream.reader, "lost", None)
        if lost is not None:
            raise lost

    async def _take(self, framer: Framer, data: bytes) -> None:
        if pieces := framer.feed(data):
            await self.keeper.keep(self.status, pieces)
        await self._send(framer)

    async def _send(self, framer: Framer) -> None:
        if framer.replies:
            self.stream.writer.write(framer.replies)
            framer.replies = b""
            await asyncio.wait_for(self.stream.writer.drain(), SEND_SECONDS)

    async def _greet(self, framer: Framer) -> None:
        """A system that says nothing first is spoken to."""
        try:
            data = await self._read(self.framing.greets)
        except TimeoutError:
            self.stream.writer.write(framer.idle())
            return
        if data:
            await self._take(framer, data)

    async def _read(self, patience: float, *, heed_stop: bool = True) -> bytes | None:
        """What came, b"" at the end, None when told to stop. Raises TimeoutError after ``patience`` seconds of silence.

        A read that was given up goes on and answers the next call: nothing is lost between two.
        """
        if self._reading is None:
            self._reading = asyncio.ensure_future(self.stream.reader.read(READ_BYTES))
        waits: set[asyncio.Future[Any]] = {self._reading}
        if heed_stop:
            waits.add(self._stopping)
        await asyncio.wait(waits, timeout=patience or None, return_when=asyncio.FIRST_COMPLETED)
        if self._reading.done():
            reading, self._reading = self._reading, None
            return reading.result()
        if heed_stop and self._stop.is_set():
            return None
        raise TimeoutError

    async def _drain(self, framer: Framer) -> None:
        """What the system has already received is read too, within a bound."""
        end = asyncio.get_running_loop().time() + DRAIN_SECONDS
        with contextlib.suppress(TimeoutError):
            while asyncio.get_running_loop().time() < end:
                data = await self._read(QUIET_SECONDS, heed_stop=False)
                if not data:
                    return
                await self._take(framer, data)
