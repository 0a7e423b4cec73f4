"""Keeps a connection to a PBX that waits for us: tries, tries again later and later, never gives up by itself."""

import asyncio
import contextlib
import logging
import random

from chappe.connectors.pbx.keeper import Keeper, Numbers
from chappe.connectors.pbx.session import Session, Stream
from chappe.connectors.pbx.source import Problem, State
from chappe.connectors.reasons import reason_of

log = logging.getLogger("chappe.collect")
CONNECT_SECONDS = 15.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: waiting is of no use before a person has changed something: tried rarely, so that no account is locked
HOPELESS = {"login-refused", "not-oxe", "no-prompt"}


class Dialer:
    """One a source. Several hosts (a pair of call servers) are tried in turn."""

    def __init__(self, keeper: Keeper, numbers: Numbers, *, first_wait: float = FIRST_WAIT) -> None:
        self.keeper, self.numbers, self.first_wait = keeper, numbers, first_wait
        self._session: Session | None = None
        self._stop = asyncio.Event()
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        self._stop.set()
        if self._session is not None:
            self._session.stop()
        await self._task

    async def _run(self) -> None:
        hosts = [host.strip() for host in self.keeper.spec.host.split(",") if host.strip()] or ["127.0.0.1"]
        wait, turn = self.first_wait, 0
        while not self._stop.is_set():
            before = self.keeper.status.records
            problem = await self._safely(hosts[turn % len(hosts)])
            turn += problem is not None
            if self.keeper.status.records > before:
                wait = self.first_wait
            if problem is not None and problem.code in HOPELESS:
                wait = LONGEST_WAIT
            if self._stop.is_set():
                break
            delay = wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads tries, hides nothing
            hopeless = problem is not None and problem.code in HOPELESS
            self.keeper.waits(State.ERROR if hopeless else State.WAITING, problem or Problem("closed-by-peer"))
            wait = min(wait * 2, LONGEST_WAIT)
            await self._sleep(delay)

    async def _sleep(self, delay: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), delay)

    async def _safely(self, host: str) -> Problem | None:
        """A fault of ours ends one connection, not the source."""
        try:
            return await self._once(host)
        except Exception as error:
            log.exception("%s: the connection to %s ended on a fault", self.keeper.spec.slug, host)
            return Problem("internal", {"reason": f"{type(error).__name__}: {error}"})

    async def _once(self, host: str) -> Problem | None:
        """One connection, from its beginning to its end; why it ended, None when the peer just closed it."""
        port = self.keeper.spec.port
        try:
            stream = await asyncio.wait_for(Stream.open(host, port), CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            return Problem("cannot-connect", {"host": host, "port": port, "reason": reason_of(error)})
        self._session = Session(self.keeper, stream, self.numbers.next(stream.peer))
        if self._stop.is_set():
            self._session.stop()
        try:
            return await self._session.run()
        finally:
            self._session = None
