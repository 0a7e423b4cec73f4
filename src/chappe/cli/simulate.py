"""``chappe simulate``: a PBX that does not exist sends made-up tickets, to try the collector without a PBX."""

import asyncio
import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chappe.cli.manners import fail, put, say, tell

if TYPE_CHECKING:
    from chappe.connectors.pbx.simulators import Kind
    from chappe.connectors.pbx.simulators.calls import Call

_ = say
FIRST_NUMBER = 1_000_000  # of the call IDs; plus the second of the day, so that two runs do not share them


def simulate(
    kind: Annotated[str, typer.Argument(help=_("Which PBX: ip-office, 3cx, oxe, mitel or panasonic."))],
    to: Annotated[str, typer.Option(help=_("Connect to the collector at this host:port."))] = "",
    listen: Annotated[str, typer.Option(help=_("Wait for the collector at this host:port."))] = "",
    calls: Annotated[int, typer.Option(min=1, help=_("How many calls."))] = 100,
    rate: Annotated[float, typer.Option(min=0, help=_("Tickets a second; 0: as fast as possible."))] = 1.0,
    seed: Annotated[int, typer.Option(help=_("The same number gives the same calls."))] = 1,
    start: Annotated[
        str, typer.Option(help=_("First moment, such as 2026-03-02T09:00; empty: calls that end now."))
    ] = "",
    show: Annotated[bool, typer.Option("--print", help=_("Write the tickets here instead of sending them."))] = False,
) -> None:
    from chappe.connectors.pbx.simulators import KINDS, tickets

    if kind not in KINDS:
        fail(
            _("there is no simulated PBX “{kind}”").format(kind=kind),
            _("Choose one of {kinds}.").format(kinds=", ".join(KINDS)),
        )
    found = KINDS[kind]
    made = tickets(kind, _calls(calls, seed, start))
    if show:
        for ticket in made:
            sys.stdout.buffer.write(ticket)
        return
    if to and listen:
        fail(_("--to and --listen exclude each other"))
    if listen or (not to and not found.dials):
        sent = asyncio.run(_wait(found, made, *_address(listen or f"127.0.0.1:{found.port}"), rate))
    else:
        sent = asyncio.run(_send(made, *_address(to or f"127.0.0.1:{found.port}"), rate))
    put(_("{count} tickets sent.").format(count=sent))


simulate.__doc__ = _(
    "Send made-up tickets as a PBX would, to try the collector without one.\n\n"
    "Example: chappe simulate ip-office --to 127.0.0.1:1080 --calls 100"
)


def _calls(count: int, seed: int, start: str) -> "Iterator[Call]":
    from chappe.connectors.pbx.simulators.calls import calls

    now = dt.datetime.now()  # noqa: DTZ005 - the clock of a PBX: local, without zone
    if start:
        try:
            moment = dt.datetime.fromisoformat(start)
        except ValueError:
            fail(_("“{start}” is no moment").format(start=start), _("Write it like 2026-03-02T09:00."))
        yield from calls(count, start=moment.replace(tzinfo=None), seed=seed)
        return
    first = FIRST_NUMBER + now.hour * 3600 + now.minute * 60 + now.second
    for call in calls(count, start=now, seed=seed, first=first):
        ended = dt.datetime.now().replace(microsecond=0)  # noqa: DTZ005
        yield replace(call, start=ended - (call.end - call.start))


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65_536:
        fail(_("“{text}” is no address").format(text=text), _("Write host:port, such as 127.0.0.1:1080."))
    return host.strip("[]") or "127.0.0.1", int(port)


async def _send(made: Iterator[bytes], host: str, port: int, rate: float) -> int:
    from chappe.connectors.pbx.simulators.net import send

    tell(_("Sending to {host}:{port} — Ctrl+C to stop.").format(host=host, port=port))
    return await send(made, host, port, rate=rate, tries=5)


async def _wait(found: "Kind", made: Iterator[bytes], host: str, port: int, rate: float) -> int:
    from chappe.connectors.pbx.simulators.net import Waiting

    pbx = Waiting(made, talk=found.talk, rate=rate)
    await pbx.start(host, port)
    tell(_("Waiting for the collector at {host}:{port} — Ctrl+C to stop.").format(host=host, port=port))
    await pbx.done.wait()
    await asyncio.sleep(1)  # the last bytes are on their way
    await pbx.stop()
    return pbx.sent
