"""The collector: every source at once, until told to stop. Opens ports and connections as the sources say, and no other.

Knows no database: sources come from a function, states go to another. Both may block, so they are called in a thread.
"""

import asyncio
import contextlib
import copy
import logging
from collections.abc import AsyncIterator, Callable, Iterable

from chappe.connectors.pbx.dialer import Dialer
from chappe.connectors.pbx.frames import Raw
from chappe.connectors.pbx.framing import FRAMINGS
from chappe.connectors.pbx.http import HttpListener
from chappe.connectors.pbx.keeper import Keeper, Numbers
from chappe.connectors.pbx.listener import Listener
from chappe.connectors.pbx.source import HTTP_PORT, Problem, SourceSpec, SourceStatus, State, Way, faults
from chappe.connectors.pbx.spool import Spool

log = logging.getLogger("chappe.collect")
RELOAD_SECONDS = 10.0
ROTATE_SECONDS = 30.0  # age of an open file when it is closed for the jobs
ROTATE_RECORDS = 50_000
TELL_SECONDS = 1.0  # states are told at most that often
BEAT_SECONDS = 60.0  # and at least that often

Key = tuple[str, int, bool]  # host, port, http


class Engine:
    """``await run()`` lasts until ``stop()``. ``reload()`` looks at the sources again at once.

    ``sources``: gives the specs wanted now; when it raises, what runs goes on. ``state``: told how each source is doing,
    soon after it changed and once a minute; what it raises is logged and forgotten.
    """

    def __init__(
        self,
        spool: Spool,
        sources: Callable[[], Iterable[SourceSpec]],
        state: Callable[[SourceStatus], None] = lambda status: None,
        *,
        reload_seconds: float = RELOAD_SECONDS,
        rotate_seconds: float = ROTATE_SECONDS,
        rotate_records: int = ROTATE_RECORDS,
        tell_seconds: float = TELL_SECONDS,
        first_wait: float = 1.0,
    ) -> None:
        self.spool, self.sources, self.state = spool, sources, state
        self.reload_seconds, self.tell_seconds, self.first_wait = reload_seconds, tell_seconds, first_wait
        self.rotate_seconds, self.rotate_records = rotate_seconds, rotate_records
        self._keepers: dict[str, Keeper] = {}
        self._dialers: dict[str, Dialer] = {}
        self._listeners: dict[Key, Listener] = {}
        self._numbers = Numbers()
        self._dirty: set[str] = set()
        self._wanted = asyncio.Event()
        self._stop = asyncio.Event()
        self.ready = asyncio.Event()  # the first look at the sources is done

    # -- life

    async def run(self) -> None:
        """Raises SpoolLocked when another collector writes to this spool."""
        self.spool.start()
        chores = [asyncio.ensure_future(chore) for chore in (self._reloads(), self._rotates(), self._tells())]
        try:
            await self._stop.wait()
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            keepers = list(self._keepers.values())
            for keeper in keepers:
                keeper.stopping.set()
            await asyncio.gather(*(self._end(keeper.spec.slug) for keeper in keepers))
            await self.spool.close()
            for keeper in keepers:
                keeper.waits(State.WAITING, Problem("stopped"))
            await self._tell([keeper.status for keeper in keepers])

    def stop(self) -> None:
        """What has arrived is kept, then everything is closed."""
        self._stop.set()

    def reload(self) -> None:
        self._wanted.set()

    def statuses(self) -> dict[str, SourceStatus]:
        """How every source is doing, now."""
        return {slug: keeper.status for slug, keeper in self._keepers.items()}

    def port(self, slug: str) -> int:
        """The port on which a source is listened for; 0 when it is not."""
        keeper = self._keepers.get(slug)
        listener = self._listeners.get(_key(keeper.spec)) if keeper else None
        return listener.bound if listener else 0

    async def tap(self, source: str) -> AsyncIterator[Raw]:
        """The records of a source as they are kept, from now on, until it is removed. Raises KeyError for an unknown one."""
        keeper = self._keepers[source]
        queue = keeper.tap()
        try:
            while self._keepers.get(source) is keeper:
                with contextlib.suppress(TimeoutError):
                    yield await asyncio.wait_for(queue.get(), 1.0)
        finally:
            keeper.untap(queue)

    # -- sources

    async def _reloads(self) -> None:
        while True:
            self._wanted.clear()
            try:
                specs = await asyncio.to_thread(lambda: {spec.slug: spec for spec in self.sources()})
            except Exception as error:  # noqa: BLE001 - a database that is away must not stop the collector
                log.error("the sources cannot be read: %s: %s", type(error).__name__, error)
            else:
                await self._apply(specs)
            self.ready.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self.reload_seconds)

    async def _apply(self, specs: dict[str, SourceSpec]) -> None:
        """Only what changed is touched."""
        gone = [
            slug
            for slug, keeper in self._keepers.items()
            if slug not in specs or not specs[slug].same_wire(keeper.spec)
        ]
        await asyncio.gather(*(self._end(slug) for slug in gone))
        for slug, spec in specs.items():
            keeper = self._keepers.get(slug)
            if keeper is not None:
                keeper.spec = spec
            else:
                self._begin(spec)

    def _begin(self, spec: SourceSpec) -> None:
        keeper = self._keepers[spec.slug] = Keeper(spec, self.spool, self._dirty.add)
        problem = faults(spec, FRAMINGS)
        if problem is not None:
            keeper.waits(State.ERROR, problem)
        elif spec.way == Way.CONNECT:
            keeper.waits(State.WAITING)
            self._dialers[spec.slug] = Dialer(keeper, self._numbers, first_wait=self.first_wait)
        else:
            self._listen(keeper)

    def _listen(self, keeper: Keeper) -> None:
        key = _key(keeper.spec)
        listener = self._listeners.get(key)
        if listener is None:
            make = HttpListener if keeper.spec.way == Way.HTTP else Listener
            listener = self._listeners[key] = make(key[0], key[1], self._numbers, first_wait=self.first_wait)
            listener.start()
        listener.add(keeper)

    async def _end(self, slug: str) -> None:
        keeper = self._keepers.pop(slug)
        keeper.stopping.set()
        if dialer := self._dialers.pop(slug, None):
            await dialer.stop()
        key = _key(keeper.spec)
        listener = self._listeners.get(key)
        if listener is not None and keeper in listener.keepers:
            await listener.drop(keeper)
            if not listener.keepers:
                del self._listeners[key]
                await listener.stop()
        await self.spool.rotate(slug)
        self._dirty.discard(slug)

    # -- chores

    async def _rotates(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self.rotate_seconds))
            for slug in list(self._keepers):
                await self.spool.rotate(slug, self.rotate_seconds, self.rotate_records)

    async def _tells(self) -> None:
        loop = asyncio.get_running_loop()
        beat = loop.time() + BEAT_SECONDS
        while True:
            await asyncio.sleep(self.tell_seconds)
            if loop.time() >= beat:
                self._dirty.update(self._keepers)
                beat = loop.time() + BEAT_SECONDS
            news = [self._keepers[slug].status for slug in self._dirty if slug in self._keepers]
            self._dirty.clear()
            await self._tell(news)

    async def _tell(self, news: Iterable[SourceStatus]) -> None:
        for status in [copy.deepcopy(status) for status in news]:
            try:
                await asyncio.to_thread(self.state, status)
            except Exception as error:  # noqa: BLE001 - who is told must not stop the collector
                log.error("%s: the state cannot be told: %s: %s", status.slug, type(error).__name__, error)


def _key(spec: SourceSpec) -> Key:
    http = spec.way == Way.HTTP
    return spec.host, spec.port or (HTTP_PORT if http else 0), http
