"""The whole way: simulated PBXs, a real collector over TCP, the job of every minute, calls in the lake and on pages."""

import asyncio
import datetime as dt
import itertools

import pytest

from chappe.apps.collect import intake, queries
from chappe.apps.collect.models import Chunk, Source, SourceAlarm
from chappe.connectors.pbx.engine import Engine
from chappe.connectors.pbx.simulators import tickets
from chappe.connectors.pbx.simulators.calls import calls as made_up
from chappe.connectors.pbx.source import SourceSpec
from chappe.connectors.pbx.spool import Spool
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from tests.apps.collect.conftest import NOON, SYSTEM, calls, equation, put, take, ticket
from tests.support.rows_collect import source as make_source

START = dt.datetime(2024, 3, 11, 8, 30)


def simulated(kind: str, count: int) -> list[bytes]:
    return list(tickets(kind, made_up(count, start=START)))


@pytest.mark.parametrize(
    ("kind", "profile"),
    [("ip-office", "avaya-ip-office"), ("oxe", "alcatel-oxe"), ("mitel", "mitel-3300"), ("3cx", "3cx")],
)
def test_each_simulated_pbx_is_read_whole(db, kind, profile):
    source = make_source(None, "simule", profile=profile)
    wire = simulated(kind, 60)
    # What the framing of the collector takes off: line ends, or the two bytes of length of a frame.
    put(source, *[record[2:] if kind == "oxe" else record.rstrip(b"\r\n") for record in wire], at=NOON)
    (chunk,) = take(source)
    records, decoded, refused, skipped, duplicates = equation(chunk)
    assert refused == 0 and decoded + skipped + duplicates == records and decoded > 0
    from chappe.apps.collect import pipeline

    closing = pipeline.close_old(source, NOON + dt.timedelta(hours=2))
    if closing is not None:
        pipeline.process(actor=SYSTEM, chunk=closing)
    assert len(calls()) == sum(Chunk.objects.values_list("calls", flat=True)) > 0


async def collected(spec: SourceSpec, folder, lines: list[bytes], cut: int) -> None:
    """The lines through a real socket: two connections, the first cut in the middle of a line, which the second sends again."""
    engine = Engine(Spool(folder), lambda: [spec], rotate_seconds=0.2)
    task = asyncio.create_task(engine.run())
    await asyncio.wait_for(engine.ready.wait(), 60)
    for _try in range(600):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", spec.port)
            break
        except OSError:
            await asyncio.sleep(0.1)
    writer.write(b"\r\n".join(lines[:cut]) + b"\r\n" + lines[cut][:20])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    _reader, writer = await asyncio.open_connection("127.0.0.1", spec.port)
    writer.write(b"\r\n".join(lines[cut - 5 :]) + b"\r\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    for _try in range(600):
        found = sum(1 for file in Spool(folder).files(spec.slug) for _raw in file.read())
        if found >= len(lines) + 6:
            break
        await asyncio.sleep(0.1)
    engine.stop()
    await asyncio.wait_for(task, 60)


def test_from_a_socket_to_the_lake_with_a_cut_and_a_replay(db):
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    source = make_source(None, "siege", way="listen", host="127.0.0.1", port=port, outside_prefix="0")
    (spec,) = queries.specs()
    lines = [line.rstrip(b"\r\n") for line in simulated("ip-office", 40)]
    asyncio.run(collected(spec, queries.spool().folder, lines, cut=len(lines) // 2))
    take(source)
    sums = [sum(column) for column in zip(*(equation(chunk) for chunk in Chunk.objects.all()), strict=True)]
    assert sums == [len(lines) + 6, len(lines), 1, 0, 5]
    numbers = [row["call_id"].split("/")[0] for row in calls()]
    assert len(set(numbers)) == 40


def test_the_job_of_every_minute_takes_reads_and_watches(db):
    source = make_source(None, "siege", outside_prefix="0")
    put(source, ticket(), ticket(call="2"))
    enqueue("collect.round", actor=SYSTEM)
    run_pending(limit=10)
    assert [job.state for job in Job.objects.order_by("pk")] == ["done", "done"]
    (chunk,) = Chunk.objects.all()
    assert chunk.state == Chunk.State.DONE and len(calls()) == 2
    enqueue("collect.round", actor=SYSTEM)
    run_pending(limit=10)
    assert Chunk.objects.count() == 1 and len(calls()) == 2
    assert Source.objects.get() == source


def test_a_batch_that_cannot_be_read_stops_those_behind_it_until_somebody_decides(db):
    from chappe.apps.collect import services

    source = make_source(None, "siege", outside_prefix="0")
    for number, at in zip(("1", "2"), itertools.count(), strict=False):
        put(source, ticket(call=number), at=NOON + dt.timedelta(minutes=at))
    intake.take_spool(source)
    first, second = Chunk.objects.order_by("pk")
    first.stored.path.unlink()
    enqueue("collect.read", actor=SYSTEM, source=source.pk)
    run_pending(limit=5)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("failed", "waiting") and calls() == []
    assert SourceAlarm.objects.get().code == "failed"
    services.set_aside(actor=SYSTEM, chunk=first)
    enqueue("collect.read", actor=SYSTEM, source=source.pk)
    run_pending(limit=5)
    second.refresh_from_db()
    assert second.state == "done" and len(calls()) == 1
    assert SourceAlarm.objects.get().until is not None
