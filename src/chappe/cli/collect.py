"""``chappe collect``: holds the connections of every PBX and keeps what they send. Decodes nothing, prices nothing.

The engine is ``connectors/pbx``; this file gives it the sources of the database and takes back how they are doing.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chappe.cli.house import house, out, refuse, say, single, table
from chappe.core.base.lang import N_

if TYPE_CHECKING:
    from chappe.connectors.pbx.engine import Engine
    from chappe.connectors.pbx.source import SourceSpec, SourceStatus

log = logging.getLogger("chappe.collect")
LOCKED = N_(
    "Another collector writes to {folder}: “chappe serve” runs one by itself. Stop it first, or leave this one."
)
WAIT_SECONDS = 2.0


def collect(
    check: Annotated[bool, typer.Option("--check", help=say(N_("Show what would be opened, then stop.")))] = False,
    wait: Annotated[
        bool, typer.Option("--wait", hidden=True, help=say(N_("Wait for another collector to end.")))
    ] = False,
) -> None:
    """Hold the connections of every PBX and keep what they send, until stopped by Ctrl+C or SIGTERM.

    “chappe serve” does this by itself. SIGHUP reads the sources again at once; they are read every ten seconds anyway.
    Example: chappe collect --check
    """
    with house():
        if check:
            _show(_specs())
            return
        _run(_life(wait))


def _run(life: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # where it does not exist, the loop of the standard library does
        asyncio.run(life)
    else:
        uvloop.run(life)


async def _life(wait: bool) -> None:
    from chappe.apps.collect.queries import spool
    from chappe.connectors.pbx.engine import Engine
    from chappe.connectors.pbx.errors import SpoolError, SpoolLocked

    engine = Engine(spool(), _specs, Teller())
    stopped = asyncio.Event()
    _listen(engine, stopped)
    if wait:
        asyncio.get_running_loop().create_task(_orphan(engine, stopped))
    while not stopped.is_set():
        try:
            engine.spool.start()
        except SpoolError as error:
            folder = engine.spool.folder
            if not wait:
                sentence = say(LOCKED, folder=folder) if isinstance(error, SpoolLocked) else f"{folder}: {error.reason}"
                raise refuse(sentence) from error
            log.warning("%s: %s: %s", error.code, folder, error.reason)
            await _pause(stopped, WAIT_SECONDS)
            continue
        if not wait:
            out(say(N_("The collector runs — Ctrl+C to stop.")))
        await engine.run()
        return


async def _pause(stopped: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return


def _listen(engine: "Engine", stopped: asyncio.Event) -> None:
    """SIGTERM and Ctrl+C end it properly, SIGHUP reads the sources again."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        engine.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, engine.reload)


async def _orphan(engine: "Engine", stopped: asyncio.Event) -> None:
    """Under a supervisor: when it is gone, leave too."""
    parent = os.getppid()
    while os.getppid() == parent and not stopped.is_set():
        await _pause(stopped, 1.0)
    stopped.set()
    engine.stop()


def _with_database(work: Callable[[], Any]) -> Any:
    """Called in threads that come and go: no connection is left open behind."""
    from django.db import connections

    try:
        return work()
    finally:
        connections.close_all()


def _specs() -> "list[SourceSpec]":
    from chappe.apps.collect.queries import specs

    return list(_with_database(specs))


class Teller:
    """Tells the database how each source is doing, and the log when that changes."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[str, str]] = {}

    def __call__(self, status: "SourceStatus") -> None:
        from chappe.apps.collect.told import tell_status
        from chappe.kit.ops.config import value

        now = (status.state, status.problem.code if status.problem else "")
        if self._before.get(status.slug) != now:
            self._before[status.slug] = now
            log.info("%s: %s %s", status.slug, *now)
        _with_database(lambda: tell_status(status, value("LANGUAGE")))


def _show(specs: "list[SourceSpec]") -> None:
    from chappe.connectors.pbx.framing import FRAMINGS
    from chappe.connectors.pbx.source import HTTP_PORT, faults
    from chappe.connectors.pbx.words import sentence
    from chappe.core.base.lang import reader_language

    rows = []
    for spec in specs:
        where = f"{spec.host or '*'}:{spec.port or (HTTP_PORT if spec.way == 'http' else 0)}"
        peers = ", ".join(spec.allowed_peers) or say(N_("any"))
        rows.append(
            (spec.slug, spec.way, where, spec.framing, peers, sentence(faults(spec, FRAMINGS), reader_language()))
        )
    heads = (N_("Source"), N_("Way"), N_("Address"), N_("Framing"), N_("Peers"), N_("Fault"))
    table(rows, [say(head) for head in heads])
    if not rows:
        typer.echo(say(N_("No live source is active: nothing would be opened.")), err=True)
    if any(row[-1] for row in rows):
        raise typer.Exit(1)


collect_app = single(collect)
