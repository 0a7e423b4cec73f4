"""From the bytes of a connection to records: lines, OXE messages, lines behind a Panasonic sign-in. Pure: no socket.

A framer keeps every byte of a record as it came (leading NULs included) but for its line end. It never decodes, and what
it cannot delimit it gives as it is, flagged. Facts of each protocol: docs/manual/collect-source.md.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chappe.connectors.pbx.frames import Flag
from chappe.connectors.pbx.source import SourceSpec

NOTHING = b"\0\r\n "  # what may stand between records


class Piece(NamedTuple):
    """A record, whole or as its flags say."""

    data: bytes
    flags: int = 0


class FramingError(Exception):
    """The peer does not speak as it should: the connection is worth nothing. ``code`` as in ``words.py``."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Framer(Protocol):
    """One a connection. ``replies`` is what to send now; it is taken (cleared) by whoever sends it."""

    replies: bytes

    def feed(self, data: bytes) -> list[Piece]:
        """What came; the records that are whole now. Raises FramingError."""
        ...

    def finish(self) -> list[Piece]:
        """The connection has ended: what remains, flagged."""
        ...

    def idle(self) -> bytes:
        """Nothing came for a while: bytes to send, if that is what the peer waits for."""
        ...


class Lines:
    """Records end with LF, CR LF, or a CR alone when ``ends`` says so."""

    def __init__(self, max_line: int, end: bytes = b"\n") -> None:
        self.replies = b""
        self.max_line, self.end = max_line, end
        self._rest = b""

    def feed(self, data: bytes) -> list[Piece]:
        lines = (self._rest + data if self._rest else data).split(self.end)
        self._rest = lines.pop()
        found = []
        for line in lines:
            if line.endswith(b"\r"):
                line = line[:-1]
            if len(line) > self.max_line:
                found += self._cut(line)
            elif line:
                found.append(Piece(line))
        if len(self._rest) > self.max_line:
            pieces = self._cut(self._rest)
            self._rest = pieces.pop().data
            found += pieces
        return found

    def _cut(self, line: bytes) -> list[Piece]:
        """Pieces of at most ``max_line``; all but the last say that they go on."""
        size = self.max_line
        pieces = [Piece(line[at : at + size], Flag.LONG) for at in range(0, len(line), size)]
        return [*pieces[:-1], Piece(pieces[-1].data)]

    def finish(self) -> list[Piece]:
        rest, self._rest = self._rest, b""
        return [Piece(rest, Flag.HALF)] if rest.strip(NOTHING) else []

    def idle(self) -> bytes:
        return b""


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


class Oxe:
    """Alcatel-Lucent OXE: two bytes of length, then a message. We greet, it says its role, it sends; we answer its tests."""

    HELLO, ROLE_MAIN = _length(b"S"), b"P"
    START = _length(b"\0\0")
    TEST, ALIVE = b"TEST_REQ", _length(b"TEST_RSP")
    EMPTY = b"\1\0\1\0"
    LARGEST = 8 * 1024

    def __init__(self) -> None:
        self.replies = self.HELLO
        self._rest = b""
        self._greeted = False

    def feed(self, data: bytes) -> list[Piece]:
        buffer, at, found = self._rest + data, 0, []
        while len(buffer) - at >= 2:
            length = int.from_bytes(buffer[at : at + 2], "big")
            if length > self.LARGEST:
                raise FramingError("not-oxe")
            if len(buffer) - at - 2 < length:
                break
            message = buffer[at + 2 : at + 2 + length]
            at += 2 + length
            if not self._greeted:
                self._greet(message)
            elif message == self.TEST:
                self.replies += self.ALIVE
            elif length and not message.startswith(self.EMPTY):
                found.append(Piece(message))
        self._rest = buffer[at:]
        return found

    def _greet(self, message: bytes) -> None:
        if len(message) != 1:
            raise FramingError("not-oxe")
        if message != self.ROLE_MAIN:
            raise FramingError("oxe-not-main")
        self._greeted = True
        self.replies += self.START

    def finish(self) -> list[Piece]:
        rest, self._rest = self._rest[2:], b""
        return [Piece(rest, Flag.HALF)] if self._greeted and rest.strip(NOTHING) else []

    def idle(self) -> bytes:
        return b""


TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0|[\xf0-\xf9])", re.DOTALL)
REFUSED = re.compile(rb"incorrect|invalid|denied|wrong|error|password", re.IGNORECASE)


class SignIn:
    """Panasonic: a prompt, a name, a password, then lines. Options of telnet are taken out and not answered."""

    def __init__(self, login: str, password: str, lines: Lines) -> None:
        self.replies = b""
        self._login = (login or "SMDR").encode()
        self._password = (password or "PCCSMDR").encode()
        self._lines = lines
        self._step = 0  # 0 waits for the prompt, 1 for that of the password, 2 for its echo, 3 is in
        self._text = b""

    def feed(self, data: bytes) -> list[Piece]:
        data = TELNET.sub(b"", data)
        if self._step == 3:
            return self._lines.feed(data)
        self._text += data
        if len(self._text) > self._lines.max_line:
            raise FramingError("no-prompt")
        if self._step == 0 and self._text.strip(NOTHING):
            self._say(self._login)
        elif self._step == 1 and b"assword" in self._text:
            self._say(self._password)
        elif self._step == 2:
            return self._enter()
        return []

    def _say(self, word: bytes) -> None:
        self._text, self._step = b"", self._step + 1
        self.replies += word + b"\r\n"

    def _enter(self) -> list[Piece]:
        """Past the echo of the password: a refusal, or the first line."""
        while b"\n" in self._text:
            line, _, rest = self._text.partition(b"\n")
            word = line.strip(NOTHING)
            if word.strip(b"*:> ") in {b"", self._password}:
                self._text = rest
                continue
            self._refusal(word)
            self._step = 3
            whole, self._text = self._text, b""
            return self._lines.feed(whole)
        self._refusal(self._text.strip(NOTHING))
        return []

    def _refusal(self, word: bytes) -> None:
        if REFUSED.search(word) and not word[:1].isdigit():  # a record begins with its date
            self._step, self._text = 0, b""
            raise FramingError("login-refused")

    def finish(self) -> list[Piece]:
        if self._step < 2:
            return []
        return [*self._lines.feed(self._text), *self._lines.finish()]

    def idle(self) -> bytes:
        """A system without a first prompt waits for the name."""
        if self._step == 0:
            self._say(self._login)
        taken, self.replies = self.replies, b""
        return taken


@dataclass(frozen=True, slots=True)
class Framing:
    """``patience``: seconds without a byte after which the connection is dead (0: only TCP tells)."""

    make: Callable[[SourceSpec], Framer]
    patience: float = 0.0
    greets: float = 0.0  # seconds of silence after which ``idle`` is asked, once


#: name → how records are delimited
FRAMINGS: Mapping[str, Framing] = {
    "lines": Framing(lambda spec: Lines(spec.max_line)),
    "cr-lines": Framing(lambda spec: Lines(spec.max_line, b"\r")),
    "oxe": Framing(lambda spec: Oxe(), patience=95.0),
    "panasonic": Framing(lambda spec: SignIn(spec.login, spec.password, Lines(spec.max_line)), greets=3.0),
    "document": Framing(lambda spec: Lines(spec.max_line)),  # HTTP: the body of a request is a record
}
