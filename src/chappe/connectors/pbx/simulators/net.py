"""How a made-up PBX sends: it connects and writes, or waits for the collector and speaks its protocol. It forgets nothing
that it could not write, like the real ones with their buffer.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Self

RETRY_SECONDS = 1.0


class Refused(Exception):  # noqa: N818 - what happened
    """The collector does not do what this PBX expects."""


async def _paced(tickets: Iterable[bytes], rate: float) -> AsyncIterator[bytes]:
    """At ``rate`` tickets a second; 0 is as fast as it goes."""
    for ticket in tickets:
        yield ticket
        if rate:
            await asyncio.sleep(1 / rate)


async def send(
    tickets: Iterable[bytes],
    host: str,
    port: int,
    *,
    rate: float = 0.0,
    tries: int = 0,
    said: Callable[[int], None] = lambda sent: None,
) -> int:
    """Connect and write every ticket, again where the connection failed; how many. ``tries`` 0: never gives up.

    ``said`` is told how many were written, after each. Raises OSError when ``tries`` connections failed in a row.
    """
    writer, sent, failed = None, 0, 0
    async for ticket in _paced(tickets, rate):
        while True:
            try:
                if writer is None:
                    _reader, writer = await asyncio.open_connection(host, port)
                writer.write(ticket)
                await writer.drain()
                failed = 0
                break
            except OSError:
                writer, failed = None, failed + 1
                if tries and failed >= tries:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        sent += 1
        said(sent)
    if writer is not None:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return sent


class Waiting:
    """A PBX that the collector connects to: one client at a time, tickets kept until they are written."""

    def __init__(
        self, tickets: Iterable[bytes], *, talk: str = "lines", rate: float = 0.0, alive_seconds: float = 30.0
    ) -> None:
        self.talk, self.rate, self.alive_seconds = talk, rate, alive_seconds
        self.login, self.password = "SMDR", "PCCSMDR"
        self.sent = 0
        self.tests = 0  # answers to keepalives
        self.done = asyncio.Event()
        self._tickets = iter(tickets)
        self._next: bytes | None = next(self._tickets, None)
        self._busy = False
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def start(self, host: str, port: int) -> int:
        """The port in use."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Whoever is connected is cut, and every conversation has ended when this returns: a loop may be closed then."""
        if self._server is not None:
            self._server.close()
        serving = [task for task in self._serving if task is not None]
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_fault: object) -> None:
        await self.stop()

    def drop(self) -> None:
        """Cut the connection, as a PBX that restarts."""
        for writer in self._serving.values():
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._serving[task] = writer
        try:
            if not self._busy:  # a second client is not served
                await self._talk(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            del self._serving[task]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy = True
        try:
            await TALKS[self.talk](self, reader, writer)
            await self._send(reader, writer)
        except (OSError, Refused, asyncio.IncompleteReadError):
            pass
        finally:
            self._busy = False

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self._next is not None:
            writer.write(self._next)
            await writer.drain()
            if writer.is_closing():
                return
            self.sent, self._next = self.sent + 1, next(self._tickets, None)
            if self.rate:
                await asyncio.sleep(1 / self.rate)
        self.done.set()
        while not reader.at_eof() and not writer.is_closing():
            await self._alive(reader, writer)

    async def _alive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Between tickets: OXE asks whether we are there, and leaves when nobody answers."""
        if self.talk != "oxe":
            await reader.read(4096)
            return
        await asyncio.sleep(self.alive_seconds)
        writer.write(b"\0\x08TEST_REQ")
        await writer.drain()
        answer = await asyncio.wait_for(reader.readexactly(10), 10)
        if answer != b"\0\x08TEST_RSP":
            raise Refused(repr(answer))
        self.tests += 1


async def _nothing(_pbx: Waiting, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Tickets at once."""


async def _oxe(_pbx: Waiting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if await reader.readexactly(3) != b"\0\1S":
        raise Refused("no greeting")
    writer.write(b"\0\1P")
    if await reader.readexactly(4) != b"\0\2\0\0":
        raise Refused("no start")


async def _panasonic(pbx: Waiting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\r\n-")
    login = (await reader.readline()).strip()
    writer.write(login + b"\r\nEnter Password:")
    password = (await reader.readline()).strip()
    writer.write(b"*" * len(password) + b"\r\n")
    if (login.decode(), password.decode()) != (pbx.login, pbx.password):
        writer.write(b"\r\nPassword incorrect\r\n")
        await writer.drain()
        raise Refused("password")
    writer.write(
        b"\r\n  Date     Time    Ext CO        Dial Number        Ring Duration  Acc code  CD\r\n" + b"-" * 80 + b"\r\n"
    )


TALKS: Mapping[str, Callable[[Waiting, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]] = {
    "lines": _nothing,
    "oxe": _oxe,
    "panasonic": _panasonic,
}
