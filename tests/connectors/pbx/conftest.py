"""A collector running in the test's own loop, and peers on loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvloop

from chappe.connectors.pbx.engine import Engine
from chappe.connectors.pbx.source import SourceSpec, SourceStatus
from chappe.connectors.pbx.spool import Spool

PATIENCE = 60.0  # seconds for what takes milliseconds on a quiet machine: an event ends the wait, never this


class House:
    """An engine over a spool, the specs it is given, and all it has told."""

    def __init__(self, folder, *specs: SourceSpec, **options) -> None:
        self.specs = list(specs)
        self.told: list[SourceStatus] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.spool = Spool(folder)
        options = {"tell_seconds": 0.01, "first_wait": 0.02, "rotate_seconds": 60.0, **options}
        self.engine = Engine(self.spool, lambda: list(self.specs), self.told.append, **options)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["House"]:
        task = asyncio.ensure_future(self.engine.run())
        await self.engine.ready.wait()
        try:
            yield self
        finally:
            self.engine.stop()
            await asyncio.wait_for(task, PATIENCE)
            for writer in self.writers:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def until(self, condition, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    async def open(self, slug: str = "ipo") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await self.until(lambda: self.engine.port(slug))
        reader, writer = await asyncio.open_connection("127.0.0.1", self.engine.port(slug))
        self.writers.append(writer)
        return reader, writer

    def status(self, slug: str = "ipo") -> SourceStatus:
        return self.engine.statuses()[slug]

    def kept(self, slug: str = "ipo") -> list[tuple[bytes, int]]:
        return [(raw.data, int(raw.flags)) for file in self.spool.files(slug) for raw in file.read()]

    async def wait_kept(self, count: int, slug: str = "ipo", seconds: float = PATIENCE) -> list[tuple[bytes, int]]:
        await self.until(lambda: self.status(slug).records >= count, seconds)
        return self.kept(slug)


@pytest.fixture
def house(tmp_path):
    return lambda *specs, **options: House(tmp_path / "spool", *specs, **options)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine, in each of the two loops that a collector may have."""
    return asyncio.run if request.param == "asyncio" else uvloop.run


@pytest.fixture
def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
