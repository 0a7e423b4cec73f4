"""Tickets by HTTP: answered 200 once on disk, and nobody else's requests."""

import asyncio
import base64
import os

import pytest

from chappe.connectors.pbx.source import SourceSpec, State

XML = b'<?xml version="1.0"?><cdr><variables><uuid>4a</uuid></variables></cdr>'
BASIC = "Basic " + base64.b64encode(b"fs:secret").decode()


def spec(port: int, **values) -> SourceSpec:
    default = {"slug": "fs", "way": "http", "host": "127.0.0.1", "port": port, "framing": "document"}
    return SourceSpec(**{**default, "login": "fs", "password": "secret", **values})


def post(body: bytes, path: str = "/fs", method: str = "POST", version: str = "HTTP/1.1", **headers: str) -> bytes:
    lines = [f"{method} {path} {version}", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def answer(reader) -> tuple[int, bytes]:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    return int(head.split(b" ")[1]), head


async def ask(h, request: bytes, slug: str = "fs") -> tuple[int, bytes]:
    reader, writer = await h.open(slug)
    writer.write(request)
    return await answer(reader)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (XML, "text/xml"),
        (b"cdr=" + XML, "application/x-www-form-plaintext"),
        (b"cdr=%3C?xml+version=%221.0%22?%3E%3Ccdr%3E" + XML.split(b"<cdr>")[1], "application/x-www-form-urlencoded"),
        (b"cdr=" + base64.b64encode(XML), "application/x-www-form-base64-encoded"),
    ],
)
def test_every_way_of_freeswitch_gives_the_same_document(house, free_port, body, kind):
    async def main():
        async with house(spec(free_port)).running() as h:
            status, _head = await ask(h, post(body, "/cdr/fs?uuid=a_4a", Authorization=BASIC, Content_Type=kind))
            assert status == 200
            assert h.kept("fs") == [(XML, 0)]

    asyncio.run(main())


def test_many_on_one_connection_and_continue(run, house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            reader, writer = await h.open("fs")
            for n in range(3):
                body = b'{"variables": {"n": %d}}' % n
                request = post(body, Authorization="Bearer secret", Expect="100-continue")
                writer.write(request[: -len(body)])
                assert (await answer(reader))[0] == 100
                writer.write(body)
                assert (await answer(reader))[0] == 200
            assert [data for data, _ in h.kept("fs")] == [b'{"variables": {"n": %d}}' % n for n in range(3)]
            assert h.status("fs").state == State.CONNECTED
            writer.write(post(b"{}", "/fs?token=secret", version="HTTP/1.0"))
            status, head = await answer(reader)
            assert (status, b"Connection: close" in head, await reader.read()) == (200, True, b"")
            await h.until(lambda: h.status("fs").state == State.LISTENING)

    run(main())


def test_a_body_that_is_no_document_is_lines(house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            assert (await ask(h, post(b"id,method\n1,INVITE\n2,BYE", Authorization=BASIC)))[0] == 200
            whole = b'\xef\xbb\xbf [\n{"id": 3},\n{"id": 4}]\n'
            assert (await ask(h, post(whole, Authorization=BASIC)))[0] == 200
            assert (await ask(h, post(b" \r\n\n", Authorization=BASIC)))[0] == 400
            assert [data for data, _ in h.kept("fs")] == [b"id,method", b"1,INVITE", b"2,BYE", whole]

    asyncio.run(main())


def test_lines_in_a_body_are_records(house, free_port):
    async def main():
        async with house(spec(free_port, framing="lines")).running() as h:
            assert (await ask(h, post(b"a,1\r\nb,2\r\n\r\nc,3", Authorization=BASIC)))[0] == 200
            assert h.kept("fs") == [(b"a,1", 0), (b"b,2", 0), (b"c,3", 0)]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(b"{}"), 401),
        (post(b"{}", Authorization="Bearer wrong"), 401),
        (post(b"{}", Authorization="Basic " + base64.b64encode(b"other:secret").decode()), 401),
        (post(b"{}", Authorization="Basic ***"), 401),
        (post(b"{}", "/fs?token=wrong"), 401),
        (post(b"{}", "/unknown", Authorization=BASIC), 404),
        (post(b"", method="GET"), 405),
        (post(b" \r\n", Authorization=BASIC), 400),
        (b"POST /fs HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n", 411),
        (b"POST /fs HTTP/1.1\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer secret\r\n\r\n0\r\n\r\n", 411),
        (b"POST /fs HTTP/1.1\r\nContent-Length: 99999999\r\nAuthorization: Bearer secret\r\n\r\n", 413),
        (b"POST /fs HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", 400),
        (b"POST /fs HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    ],
)
def test_what_is_refused_leaves_nothing(house, free_port, request_, status):
    async def main():
        async with house(spec(free_port)).running() as h:
            assert (await ask(h, request_))[0] == status
        assert h.kept("fs") == []

    asyncio.run(main())


def test_a_request_cut_in_the_middle_leaves_nothing(house, free_port):
    async def main():
        async with house(spec(free_port)).running() as h:
            _reader, writer = await h.open("fs")
            writer.write(post(XML, Authorization=BASIC)[:-5])
            await writer.drain()
            writer.close()
            assert (await ask(h, post(b"{}", Authorization=BASIC)))[0] == 200
            assert h.kept("fs") == [(b"{}", 0)]

    asyncio.run(main())


def test_sources_share_a_port_by_path_and_peers_are_checked(house, free_port):
    async def main():
        other = spec(free_port, slug="other", password="", login="", allowed_peers=("192.0.2.0/24",))
        local = spec(free_port, slug="local", password="", login="")
        async with house(spec(free_port), other, local).running() as h:
            assert (await ask(h, post(b"{}", "/other")))[0] == 403
            assert (await ask(h, post(b"{}", "/local")))[0] == 200  # no password: this machine alone
            assert h.status("other").refused == 1
            assert (h.kept("fs"), h.kept("other"), h.kept("local")) == ([], [], [(b"{}", 0)])

    asyncio.run(main())


def test_a_full_disk_is_answered_and_nothing_acknowledged(house, free_port, monkeypatch):
    real = os.fdatasync

    def full(_handle):
        raise OSError(28, "No space left on device")

    async def main():
        async with house(spec(free_port)).running() as h:
            reader, writer = await h.open("fs")
            monkeypatch.setattr(os, "fdatasync", full)
            writer.write(post(b"{}", Authorization=BASIC))
            status, head = await answer(reader)
            assert (status, b"Retry-After: 60" in head) == (507, True)
            assert (h.status("fs").state, h.status("fs").problem.code) == (State.FULL, "spool-full")
            assert h.kept("fs") == []
            monkeypatch.setattr(os, "fdatasync", real)
            writer.write(post(b"{}", Authorization=BASIC))
            assert (await answer(reader))[0] == 200
            assert h.kept("fs") == [(b"{}", 0)]
            assert h.status("fs").problem is None

    asyncio.run(main())
