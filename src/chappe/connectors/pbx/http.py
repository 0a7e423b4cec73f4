"""Tickets that a PBX posts: ``POST /<slug>``, one document or some lines a request. Answers 200 once it is on disk, never before.

A few lines of HTTP/1.1, with bounds on everything a stranger can send. Serves no page, redirects nobody.
"""

import asyncio
import base64
import binascii
import contextlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from chappe.connectors.pbx.errors import SpoolError, SpoolFull
from chappe.connectors.pbx.framing import FRAMINGS, Piece
from chappe.connectors.pbx.keeper import Keeper, Numbers
from chappe.connectors.pbx.listener import FIRST_WAIT, Listener
from chappe.connectors.pbx.session import Stream
from chappe.connectors.pbx.source import ConnectionStatus, plain_address

MAX_HEAD = 16 * 1024
MAX_BODY = 4 * 1024 * 1024
REQUEST_SECONDS = 30.0
IDLE_SECONDS = 120.0
BLANK = b"\xef\xbb\xbf \t\r\n\0"  # what may stand before a document
DOCUMENTS = (b"{", b"[", b"<")  # how JSON and XML begin; any other body is lines, one ticket each
REASONS = {
    100: "Continue", 200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required", 413: "Content Too Large",
    431: "Request Header Fields Too Large", 503: "Service Unavailable", 507: "Insufficient Storage",
}  # fmt: skip


class Refusal(Exception):  # noqa: N818 - an answer
    """The answer to a request that is not taken."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


@dataclass(frozen=True, slots=True)
class Request:
    """Head of a request; header names in small letters."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    keep_alive: bool

    @property
    def length(self) -> int:
        """Of the body. Raises Refusal when it is not told, or too much."""
        told = self.headers.get("content-length", "")
        if "transfer-encoding" in self.headers or not told.isascii() or not told.isdigit():
            raise Refusal(411)
        if int(told[:12]) > MAX_BODY:
            raise Refusal(413)
        return int(told)


def parse_head(head: bytes) -> Request:
    """Raises Refusal."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refusal(400)
    headers: dict[str, str] = {}
    for line in filter(None, lines[1:]):
        name, colon, text = line.partition(":")
        if not colon or name.lower() in headers or name != name.strip():
            raise Refusal(400)
        headers[name.lower()] = text.strip()
    target = urlsplit(words[1])
    kept = headers.get("connection", "keep-alive" if words[2] == "HTTP/1.1" else "close").lower() != "close"
    return Request(words[0], target.path, parse_qs(target.query), headers, kept)


def may_post(keeper: Keeper, request: Request, address: str) -> bool:
    """The password of the source as Basic (with its login), as bearer, or as ``?token=``; without one, its peers alone."""
    secret = keeper.spec.password
    if not secret:
        return bool(keeper.spec.allowed_peers) or plain_address(address).is_loopback
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            login, _, given = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        if keeper.spec.login and not hmac.compare_digest(login.encode(), keeper.spec.login.encode()):
            return False
    elif kind.lower() != "bearer":
        given = request.query.get("token", [""])[0]
    return hmac.compare_digest(given.strip().encode(), secret.encode())


def document(body: bytes, kind: str) -> bytes:
    """The document in a body: as it is, or in the field ``cdr`` of a form, as FreeSWITCH sends it.

    Encoded for URLs, in base64, or plain under ``application/x-www-form-plaintext``.
    """
    kind = kind.partition(";")[0].strip().lower()
    if not body.startswith(b"cdr="):
        return body
    if kind == "application/x-www-form-plaintext":
        return body[4:]
    field, _, _rest = body[4:].partition(b"&")
    plain = unquote_to_bytes(field.replace(b"+", b" "))
    if not plain.lstrip().startswith((b"<", b"{", b"%")):
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(plain.replace(b" ", b"+"), validate=True)
    return plain


class HttpListener(Listener):
    """A port for any number of sources, told apart by the path."""

    def __init__(self, host: str, port: int, numbers: Numbers, *, first_wait: float = FIRST_WAIT) -> None:
        super().__init__(host, port, numbers, first_wait=first_wait)
        self._posts: set[asyncio.Task[None]] = set()
        self._busy = 0

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream(reader, writer)
        stream.tune()
        status = self.numbers.next(stream.peer)
        task = asyncio.current_task()
        assert task is not None
        self._posts.add(task)
        opened: set[str] = set()
        try:
            while not self._stop.is_set() and await self._request(stream, status, opened):
                pass
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            self._posts.discard(task)
            for keeper in self.keepers:
                if keeper.spec.slug in opened:
                    keeper.closed(status)
            await stream.close()

    async def stop(self) -> None:
        """Requests under way are answered; idle connections are closed."""
        await super().stop()
        end = asyncio.get_running_loop().time() + 5
        while self._busy and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        for task in self._posts:
            task.cancel()
        if self._posts:
            await asyncio.wait(self._posts)

    async def _request(self, stream: Stream, status: ConnectionStatus, opened: set[str]) -> bool:
        """One request and its answer; whether another may follow."""
        try:
            head = await asyncio.wait_for(stream.reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
        except asyncio.LimitOverrunError:
            await self._answer(stream, 431, {}, keep=False)
            return False
        self._busy += 1
        try:
            return await self._serve_one(stream, status, opened, head)
        finally:
            self._busy -= 1

    async def _serve_one(self, stream: Stream, status: ConnectionStatus, opened: set[str], head: bytes) -> bool:
        keep, answer, headers = False, 200, {}
        try:
            if len(head) > MAX_HEAD:
                raise Refusal(431)
            request = parse_head(head[:-4])
            keeper = self._whose(request, stream.address)
            body = await self._body(stream, request)
            keep = request.keep_alive
            if keeper.spec.slug not in opened:
                opened.add(keeper.spec.slug)
                keeper.opened(status)
            await self._keep(keeper, status, document(body, request.headers.get("content-type", "")))
        except Refusal as refusal:
            answer, headers = refusal.status, refusal.headers
        except TimeoutError:
            answer = 408
        await self._answer(stream, answer, headers, keep=keep)
        return keep

    def _whose(self, request: Request, address: str) -> Keeper:
        """Raises Refusal. An unknown path and a wrong password are answered alike for whoever has no right at all."""
        if request.method not in {"POST", "PUT"}:
            raise Refusal(405, Allow="POST")
        slug = request.path.strip("/").rpartition("/")[2]
        keeper = next((keeper for keeper in self.keepers if keeper.spec.slug == slug), None)
        if keeper is None:
            raise Refusal(404)
        if not keeper.spec.allows(address):
            keeper.turned_away()
            raise Refusal(403)
        if not may_post(keeper, request, address):
            keeper.turned_away()
            headers = {"WWW-Authenticate": 'Basic realm="chappe"'} if keeper.spec.password else {}
            raise Refusal(401 if keeper.spec.password else 403, **headers)
        return keeper

    async def _body(self, stream: Stream, request: Request) -> bytes:
        length = request.length
        if request.headers.get("expect", "").lower() == "100-continue":
            stream.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await asyncio.wait_for(stream.reader.readexactly(length), REQUEST_SECONDS)

    async def _keep(self, keeper: Keeper, status: ConnectionStatus, body: bytes) -> None:
        if not body.strip(BLANK):
            raise Refusal(400)
        if keeper.spec.framing == "document" and body.lstrip(BLANK)[:1] in DOCUMENTS:
            pieces = [Piece(body)]
        else:
            framer = FRAMINGS[keeper.spec.framing].make(keeper.spec)
            pieces = [*framer.feed(body), *(Piece(piece.data) for piece in framer.finish())]
        if not pieces:
            raise Refusal(400)
        try:
            await keeper.try_keep(status, pieces)
        except SpoolFull:
            raise Refusal(507, **{"Retry-After": "60"}) from None
        except SpoolError:
            raise Refusal(503, **{"Retry-After": "60"}) from None

    async def _answer(self, stream: Stream, status: int, headers: Mapping[str, str], *, keep: bool) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Content-Length: 0"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        if not keep:
            lines.append("Connection: close")
        stream.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        await asyncio.wait_for(stream.writer.drain(), REQUEST_SECONDS)
