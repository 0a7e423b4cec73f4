"""Made-up PBXs against the collector: each protocol from greeting to last ticket, and tickets that the decoders read."""

import asyncio
import datetime as dt

import pytest

from chappe.connectors.pbx.framing import FRAMINGS
from chappe.connectors.pbx.simulators import KINDS, tickets
from chappe.connectors.pbx.simulators.calls import calls
from chappe.connectors.pbx.simulators.net import Waiting, send
from chappe.connectors.pbx.source import SourceSpec, State

MONDAY = dt.datetime(2026, 3, 2, 9)


def made(kind: str, count: int, seed: int = 1) -> list[bytes]:
    return list(tickets(kind, calls(count, start=MONDAY, seed=seed)))


HEADERS = (b"  Date", b"----")  # what a PBX prints above its tickets, at each connection


def records(kind: str, sent: list[bytes]) -> list[bytes]:
    return [ticket[2:] if kind == "oxe" else ticket.rstrip(b"\r\n") for ticket in sent]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_seed_gives_the_same_tickets(kind):
    assert made(kind, 30) == made(kind, 30) != made(kind, 30, seed=2)
    assert len(made(kind, 300)) >= 250


def test_calls_are_made_when_people_work():
    times = [call.start for call in calls(500, start=dt.datetime(2026, 3, 6, 18, 30), seed=3)]
    assert times == sorted(times)
    assert {moment.weekday() for moment in times} <= {0, 1, 2, 3, 4}
    assert {moment.hour for moment in times} <= set(range(8, 19))


def test_a_transferred_call_is_two_lines_of_one_call():
    lines = [line.decode().split(",") for line in made("ip-office", 200) if b"Durand" not in line]
    assert {len(line) for line in lines} == {37}
    announced = {line[9] for line in lines if line[10] == "1"}
    assert announced
    whole = [line.decode() for line in made("ip-office", 200)]
    for number in announced:
        assert sum(f",{number}," in line for line in whole) == 2


def test_ip_office_buffers_what_it_cannot_send(run, house, free_port):
    async def main():
        sent = made("ip-office", 40)
        sending = asyncio.ensure_future(send(sent, "127.0.0.1", free_port, tries=10))
        await asyncio.sleep(0.1)  # nobody listens yet
        async with house(SourceSpec("ipo", host="127.0.0.1", port=free_port)).running() as h:
            assert await sending == len(sent)
            kept = await h.wait_kept(len(sent))
            assert [data for data, _ in kept] == records("ip-office", sent)

    run(main())


@pytest.mark.parametrize("kind", ["oxe", "mitel", "panasonic", "3cx"])
def test_the_collector_connects_and_gets_every_ticket_across_a_restart(run, house, kind):
    framing = kind if kind in FRAMINGS else "lines"

    async def main():
        sent = made(kind, 60)
        async with Waiting(sent, talk=KINDS[kind].talk, rate=400, alive_seconds=0.02) as pbx:
            port = await pbx.start("127.0.0.1", 0)
            spec = SourceSpec("pbx", way="connect", host="127.0.0.1", port=port, framing=framing)
            async with house(spec).running() as h:

                def got():
                    return [data for data, _ in h.kept("pbx") if not data.startswith(HEADERS)]

                await h.wait_kept(10, "pbx")
                pbx.drop()
                await asyncio.wait_for(pbx.done.wait(), 60)
                await h.until(lambda: len(got()) >= len(sent))
                assert got() == records(kind, sent)
                assert h.status("pbx").state == State.CONNECTED
                if kind == "oxe":
                    await h.until(lambda: pbx.tests >= 3)  # keepalives are answered

    run(main())


def test_a_wrong_password_is_told_and_not_hammered(house):
    async def main():
        async with Waiting(made("panasonic", 3), talk="panasonic") as pbx:
            port = await pbx.start("127.0.0.1", 0)
            spec = SourceSpec("pbx", way="connect", host="127.0.0.1", port=port, framing="panasonic", password="wrong")
            async with house(spec).running() as h:
                await h.until(lambda: h.status("pbx").state == State.ERROR)
                assert h.status("pbx").problem.code == "login-refused"
                errors = h.status("pbx").errors
                await asyncio.sleep(0.3)
                assert h.status("pbx").errors == errors
            assert h.kept("pbx") == []

    asyncio.run(main())


def test_a_silent_oxe_is_left_and_called_again(house, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(FRAMINGS, "oxe", replace(FRAMINGS["oxe"], patience=0.1))

    async def main():
        async with Waiting(made("oxe", 1), talk="oxe", alive_seconds=60) as pbx:
            port = await pbx.start("127.0.0.1", 0)
            spec = SourceSpec("pbx", way="connect", host="127.0.0.1", port=port, framing="oxe")
            async with house(spec).running() as h:
                await h.until(lambda: any(t.problem and t.problem.code == "silent" for t in h.told))
                assert len(h.kept("pbx")) == 1

    asyncio.run(main())
