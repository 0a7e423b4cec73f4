"""The collector with real sockets: what arrives is kept, once, whatever the peers do."""

import asyncio
import os
import socket
import struct
import time

import pytest

from chappe.connectors.pbx import session
from chappe.connectors.pbx.frames import Flag
from chappe.connectors.pbx.source import SourceSpec, State


def spec(port: int, **values) -> SourceSpec:
    return SourceSpec(**{"slug": "ipo", "host": "127.0.0.1", "port": port, **values})


LINE = b"2008/06/28 09:28:41,00:00:00,9,8004206,I,4324,4324,,0,1000014155,0,E4324,Joe, Bloggs,T9161,LINE 5.1,0,0"


def test_lines_come_in_any_pieces(run, house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            for byte in b"\0\0" + LINE + b"\r\n\r\n\n":
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            writer.write(b"two\nthree\r\nfo")
            assert await h.wait_kept(3) == [(b"\0\0" + LINE, 0), (b"two", 0), (b"three", 0)]
            assert h.status().state == State.CONNECTED
            (connection,) = h.status().connections
            assert (connection.records, connection.bytes) == (3, len(LINE) + 2 + 8)
            assert connection.peer.startswith("127.0.0.1:")
            writer.write(b"ur\n")
            writer.close()
            await h.until(lambda: h.status().state == State.LISTENING)
            assert h.kept()[3:] == [(b"four", 0)]
            assert h.status().connections == []
        assert [t.state for t in h.told][-1] == State.WAITING
        assert h.told[-1].problem.code == "stopped"
        assert h.told[-1].number == 4

    run(main())


def test_half_a_line_at_disconnect_is_kept_and_marked(run, house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            writer.write(b"whole\r\n" + LINE[:20])
            await writer.drain()
            writer.close()
            assert await h.wait_kept(2) == [(b"whole", 0), (LINE[:20], Flag.HALF)]
            _reader, writer = await h.open()  # it reconnects and sends the line again, whole
            writer.write(LINE + b"\r\n\0\0\r")
            await writer.drain()
            writer.close()
            await h.wait_kept(3)
            await h.until(lambda: not h.status().connections)
            assert h.kept()[2:] == [(LINE, 0)]  # NULs alone are no half line

    run(main())


def test_a_reset_in_the_middle_keeps_what_was_read(run, house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            writer.write(b"one\ntw")
            await h.wait_kept(1)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            assert await h.wait_kept(2) == [(b"one", 0), (b"tw", Flag.HALF)]
            await h.until(lambda: h.status().state == State.LISTENING)

    run(main())


def test_a_reset_does_not_take_back_what_had_come(run, house, free_port, monkeypatch):
    """While the disk is slow, lines wait in our memory; a reset meanwhile must not throw them away."""
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (time.sleep(0.3), real(handle)))
    arrived = [0]  # bytes that reached our process: only those are ours to keep

    def fed(reader, data):
        arrived[0] += len(data)
        asyncio.StreamReader.feed_data(reader, data)

    monkeypatch.setattr(session.Reader, "feed_data", fed, raising=False)

    async def main():
        arrived[0] = 0
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            lines = b"".join(b"line %04d\n" % n for n in range(2000))
            writer.write(b"first\n")
            await h.until(lambda: arrived[0] == len(b"first\n"))
            writer.write(lines)
            await h.until(lambda: arrived[0] == len(b"first\n") + len(lines))
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            kept = await h.wait_kept(2001)
            assert [data for data, _ in kept] == [b"first", *(b"line %04d" % n for n in range(2000))]
            await h.until(lambda: h.status().state == State.LISTENING)

    run(main())


def test_several_connections_of_one_source_at_a_time(run, house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            writers = [(await h.open())[1] for _ in range(5)]
            await h.until(lambda: len(h.status().connections) == 5)
            for n, writer in enumerate(writers):
                writer.write(b"%d a\n%d " % (n, n))
            await h.wait_kept(5)
            for writer in writers:
                writer.write(b"b\n")
            kept = await h.wait_kept(10)
            assert sorted(kept) == [(b"%d %s" % (n, x), 0) for n in range(5) for x in (b"a", b"b")]
            raws = [raw for file in h.spool.files("ipo") for raw in file.read()]
            assert len({raw.connection for raw in raws}) == 5
            assert [raw.number for raw in raws] == list(range(1, 11))
            for writer in writers:
                writer.close()

    run(main())


def test_more_connections_than_allowed_end_the_one_silent_for_longest(house, free_port):
    async def main():
        async with house(spec(free_port, max_connections=2)).running() as h:
            readers = []
            for n in range(2):
                reader, writer = await h.open()
                readers.append((reader, writer))
                writer.write(b"hello %d\n" % n)
                await h.wait_kept(n + 1)
            _first, first_writer = readers[0]
            first_writer.write(b"still here\n")
            await h.wait_kept(3)
            _third, third_writer = await h.open()
            assert await asyncio.wait_for(readers[1][0].read(), 60) == b""
            third_writer.write(b"new\n")
            first_writer.write(b"on\n")
            await h.wait_kept(5)
            assert len(h.status().connections) == 2

    asyncio.run(main())


def test_a_line_without_an_end_is_cut_and_marked(run, house, free_port):
    async def main():
        async with house(spec(free_port, max_line=1000)).running() as h:
            _reader, writer = await h.open()
            writer.write(b"x" * 2500 + b"\nshort\n" + b"y" * 1000 + b"\n")
            kept = await h.wait_kept(5)
            assert [(len(data), flags) for data, flags in kept] == [
                (1000, Flag.LONG), (1000, Flag.LONG), (500, 0), (5, 0), (1000, 0),
            ]  # fmt: skip
            writer.close()

    run(main())


def test_peers_are_let_in_by_address_and_told_apart_on_one_port(house, free_port):
    async def main():
        ours = spec(free_port, slug="ours", allowed_peers=("127.0.0.0/29",))
        rest = spec(free_port, slug="rest")
        async with house(ours, rest).running() as h:
            await h.until(lambda: h.engine.port("ours") == h.engine.port("rest") == free_port)
            for address, slug in (("127.0.0.2", "ours"), ("127.0.0.9", "rest")):
                _reader, writer = await asyncio.open_connection("127.0.0.1", free_port, local_addr=(address, 0))
                writer.write(address.encode() + b"\n")
                assert await h.wait_kept(1, slug) == [(address.encode(), 0)]
                writer.close()
            h.specs = [ours]
            h.engine.reload()
            await h.until(lambda: "rest" not in h.engine.statuses())
            reader, writer = await asyncio.open_connection("127.0.0.1", free_port, local_addr=("127.0.0.9", 0))
            assert await reader.read() == b""
            writer.close()
            await h.until(lambda: h.status("ours").refused == 1)
            assert h.kept("rest") == [(b"127.0.0.9", 0)]

    asyncio.run(main())


def test_reload_touches_only_what_changed(house, free_port):
    async def main():
        stays = spec(free_port, slug="stays")
        async with house(stays, spec(0, slug="wrong")).running() as h:
            _reader, writer = await h.open("stays")
            writer.write(b"one\n")
            await h.wait_kept(1, "stays")
            assert (h.status("wrong").state, h.status("wrong").problem.code) == (State.ERROR, "bad-spec")
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                other = sock.getsockname()[1]
            h.specs = [spec(free_port, slug="stays", profile_slug="avaya-ip-office"), spec(other, slug="wrong")]
            h.engine.reload()
            await h.until(lambda: h.engine.port("wrong") == other)
            writer.write(b"two\n")  # the same connection
            await h.wait_kept(2, "stays")
            h.specs = []
            h.engine.reload()
            await h.until(lambda: [f.closed for f in h.spool.files("stays")] == [True])
            assert h.engine.statuses() == {}
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", free_port)
            writer.close()

    asyncio.run(main())


def test_sources_that_cannot_be_read_leave_what_runs(house, free_port):
    async def main():
        h = house(spec(free_port))
        async with h.running():
            _reader, writer = await h.open()
            h.engine.sources = lambda: 1 / 0
            h.engine.reload()
            await asyncio.sleep(0.05)
            writer.write(b"still\n")
            assert await h.wait_kept(1) == [(b"still", 0)]
            writer.close()

    asyncio.run(main())


def test_a_port_in_use_is_told_and_tried_again(house):
    async def main():
        taken = socket.create_server(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with house(spec(port)).running() as h:
            await h.until(lambda: h.status().state == State.ERROR)
            assert h.status().problem.code == "cannot-listen"
            assert h.status().problem.params["port"] == port
            taken.close()
            await h.until(lambda: h.status().state == State.LISTENING)
            assert h.status().problem is None
            _reader, writer = await h.open()
            writer.write(b"now\n")
            assert await h.wait_kept(1) == [(b"now", 0)]
            writer.close()

    asyncio.run(main())


def test_we_connect_and_connect_again(run, house, free_port):
    async def main():
        came = []

        async def pbx(reader, writer):
            came.append(writer)
            writer.write(b"buffered %d\r\n" % len(came))
            if len(came) < 3:
                writer.close()

        server = None
        async with house(spec(free_port, way="connect")).running() as h:
            await h.until(lambda: h.status().problem and h.status().problem.code == "cannot-connect")
            assert h.status().state == State.WAITING
            server = await asyncio.start_server(pbx, "127.0.0.1", free_port)
            kept = await h.wait_kept(3)
            assert kept == [(b"buffered 1", 0), (b"buffered 2", 0), (b"buffered 3", 0)]
            await h.until(lambda: h.status().state == State.CONNECTED)
            assert h.status().problem is None
        server.close()
        for writer in came:
            writer.close()

    run(main())


def test_the_second_address_of_a_pair_is_tried(house, free_port):
    async def main():
        async def pbx(reader, writer):
            writer.write(b"from the other\n")
            await reader.read()
            writer.close()

        server = await asyncio.start_server(pbx, "127.0.0.1", free_port)
        async with house(spec(free_port, way="connect", host="::1, 127.0.0.1")).running() as h:
            assert await h.wait_kept(1) == [(b"from the other", 0)]
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_stopping_keeps_what_had_arrived(run, house, free_port):
    async def main():
        h = house(spec(free_port))
        async with h.running():
            _reader, writer = await h.open()
            writer.write(b"first\n")
            await h.wait_kept(1)
            writer.write(b"line\n" * 50_000 + b"tail")
            await writer.drain()
        assert h.kept() == [(b"first", 0)] + [(b"line", 0)] * 50_000 + [(b"tail", Flag.HALF)]
        assert all(file.closed for file in h.spool.files("ipo"))

    run(main())


def test_a_tap_shows_records_once_they_are_kept(house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            seen = []

            async def watch():
                async for raw in h.engine.tap("ipo"):
                    seen.append((raw.number, raw.data))  # noqa: PERF401 - looked at meanwhile

            watching = asyncio.ensure_future(watch())
            await h.until(lambda: h.engine._keepers["ipo"]._taps)
            writer.write(b"a\nb\n")
            await h.until(lambda: len(seen) == 2)
            assert seen == [(1, b"a"), (2, b"b")]
            watching.cancel()
            with pytest.raises(KeyError):
                await anext(h.engine.tap("unknown"))
            writer.close()

    asyncio.run(main())


def test_keepalive_is_asked_of_the_system(run, house, free_port, monkeypatch):
    from chappe.connectors.pbx import session

    asked = []
    real = session.tune
    monkeypatch.setattr(
        session,
        "tune",
        lambda sock: (
            real(sock),
            asked.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)),
            asked.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)),
        ),
    )

    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open()
            await h.until(lambda: h.status().connections)
            writer.close()

    run(main())
    assert asked == [1, 60]


def test_files_are_closed_for_the_jobs_while_lines_come(house, free_port):
    async def main():
        async with house(spec(free_port), rotate_seconds=0.05).running() as h:
            _reader, writer = await h.open()
            for n in range(3):
                writer.write(b"%d\n" % n)
                await h.until(lambda n=n: len(h.spool.closed("ipo")) > n)
            writer.close()

    asyncio.run(main())
