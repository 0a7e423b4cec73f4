"""Full disks and killed collectors: what was on disk stays, what was not is not acknowledged."""

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from chappe.connectors.pbx import keeper
from chappe.connectors.pbx.source import Problem, SourceSpec, State
from chappe.connectors.pbx.spool import Spool
from chappe.connectors.pbx.words import sentence
from chappe.connectors.reasons import reason_of


@pytest.fixture
def file_limit():
    """``file_limit(bytes)``: no file of this process may grow past it; the system itself refuses, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (soft if size is None else size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, old)


def test_a_full_disk_pauses_the_connection_and_goes_on_by_itself(run, house, free_port, file_limit, monkeypatch):
    monkeypatch.setattr(keeper, "RETRY_SECONDS", (0.02, 0.1))
    sent = [b"line %07d" % n for n in range(30_000)]

    async def main():
        async with house(SourceSpec("ipo", host="127.0.0.1", port=free_port)).running() as h:
            _reader, writer = await h.open()
            writer.write(b"first\n")
            await h.wait_kept(1)
            file_limit(500)
            for line in sent:
                writer.write(line + b"\n")
            await h.until(lambda: h.status().state == State.FULL)
            assert h.status().problem.code == "spool-full"
            await h.until(lambda: any(t.state == State.FULL for t in h.told))
            await asyncio.sleep(0.2)
            kept = len(h.kept())
            assert h.status().records == kept  # what is counted is what is on disk
            late = await asyncio.open_connection("127.0.0.1", free_port)  # the door is shut meanwhile
            assert await asyncio.wait_for(late[0].read(), 60) == b""
            late[1].close()
            file_limit(None)
            await h.wait_kept(1 + len(sent))
            assert h.status().state == State.CONNECTED
            assert h.status().problem is None
        assert [data for data, _ in h.kept()] == [b"first", *sent]

    run(main())


def test_stopping_on_a_full_disk_tells_what_was_lost(house, free_port, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    async def main():
        async with house(SourceSpec("ipo", host="127.0.0.1", port=free_port)).running() as h:
            _reader, writer = await h.open()
            monkeypatch.setattr(os, "fdatasync", full)
            writer.write(b"a\nb\n")
            await h.until(lambda: h.status().state == State.FULL)
        assert h.told[-1].lost == 2
        assert h.kept() == []

    asyncio.run(main())


COLLECTOR = textwrap.dedent("""
    import asyncio, signal, sys
    from pathlib import Path
    from chappe.connectors.pbx.engine import Engine
    from chappe.connectors.pbx.source import SourceSpec
    from chappe.connectors.pbx.spool import Spool
    import uvloop

    async def main():
        spec = SourceSpec("ipo", host="127.0.0.1", port=int(sys.argv[2]))
        engine = Engine(Spool(Path(sys.argv[1])), lambda: [spec], rotate_seconds=0.2)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.stop)
        await engine.run()

    uvloop.run(main())
""")


class Pbx:
    """Sends numbered lines, keeps a buffer, and replays what it cannot be sure of after a cut."""

    def __init__(self, port: int) -> None:
        self.port, self.next, self.sock = port, 0, None

    def connect(self) -> None:
        end = time.monotonic() + 120
        while True:
            try:
                self.sock = socket.create_connection(("127.0.0.1", self.port), 60)
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def send(self, count: int) -> None:
        for _ in range(count):
            try:
                self.sock.sendall(b"line %07d,some,more,fields\r\n" % self.next)
                self.next += 1
            except OSError:
                self.sock.close()
                self.connect()
                self.next = max(0, self.next - 3000)  # its buffer


def reached(folder, number: int) -> None:
    """Wait until the collector has kept this line."""
    wanted, end = b"line %07d,some,more,fields" % number, time.monotonic() + 120
    while wanted not in {raw.data for raw in Spool(folder).last("ipo", 3000)}:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_kill_9_in_the_middle_of_a_stream_loses_nothing(tmp_path, free_port):
    """Lines that were kept stay; a PBX that replays its buffer makes the rest whole; numbers never come back."""
    folder = tmp_path / "spool"
    command = [sys.executable, "-c", COLLECTOR, str(folder), str(free_port)]
    collector = subprocess.Popen(command)
    pbx = Pbx(free_port)
    try:
        pbx.connect()
        for _round in range(3):
            pbx.send(1500)
            reached(folder, pbx.next - 1)  # what is older than its buffer has been taken
            pbx.send(1500)
            before = {raw.number: raw.data for file in Spool(folder).files("ipo") for raw in file.read()}
            collector.kill()
            collector.wait()
            after = {raw.number: raw.data for file in Spool(folder).files("ipo") for raw in file.read()}
            assert before.items() <= after.items()
            collector = subprocess.Popen(command)
        pbx.sock.close()
        pbx.connect()
        pbx.next = max(0, pbx.next - 3000)
        pbx.send(4000)
        pbx.sock.close()
        reached(folder, pbx.next - 1)
        collector.terminate()
        assert collector.wait(60) == 0
    finally:
        collector.kill()
        collector.wait()
        pbx.sock.close()
    raws = [raw for file in Spool(folder).closed("ipo") for raw in file.read()]
    assert Spool(folder).files("ipo") == Spool(folder).closed("ipo")
    assert [raw.number for raw in raws] == list(range(1, len(raws) + 1))
    assert all(file.damage == [] for file in Spool(folder).closed("ipo") if list(file.read()))
    whole = {raw.data for raw in raws if not raw.half}
    assert {b"line %07d,some,more,fields" % n for n in range(pbx.next)} <= whole
    assert len(raws) > len(whole)  # the replays are there too: telling them apart is done later, by their key


@pytest.mark.parametrize(
    ("code", "french"),
    [
        (errno.EADDRINUSE, "Le port 1080 ne peut pas être ouvert : un autre programme l’occupe déjà."),
        (errno.EADDRNOTAVAIL, "Le port 1080 ne peut pas être ouvert : cette machine n’a pas cette adresse."),
    ],
)
def test_a_port_that_is_taken_is_said_in_the_language_of_the_reader(code, french):
    library = OSError(
        code, f"error while attempting to bind on address ('127.0.0.1', 1080): {os.strerror(code).lower()}"
    )
    problem = Problem("cannot-listen", {"host": "*", "port": 1080, "reason": reason_of(library)})
    assert sentence(problem, "fr").replace("\xa0", " ").startswith(french)
    assert "Errno" not in sentence(problem) and "attempting" not in sentence(problem)
