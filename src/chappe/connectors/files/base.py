"""What the three fetchers share: what is wanted, what is there, what is ready, and two kinds of errors.

A file is ready when two looks agree on its size and moment; what a sender is still writing (hidden, ``.part``, ``.tmp``) is
not even seen. Whether a file was taken before is the caller's knowledge, not ours.
"""

import fnmatch
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Protocol, Self

from chappe.connectors.reasons import said
from chappe.core.base.lang import N_, translate

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".lock")
SETTLE_SECONDS = 3.0
TIMEOUT_SECONDS = 30.0
MAX_SIZE = 2 * 1024**3

SENTENCES: Mapping[str, str] = {
    "no-folder": N_("The folder {folder} does not exist, or may not be read ({reason})."),
    "cannot-connect": N_("{host}:{port} does not answer ({reason})."),
    "unknown-key": N_("The server shows the key {shown}, which is not the one expected: nothing was sent to it."),
    "no-such-key": N_("The server has no key of the kind that is expected ({kinds}): nothing was sent to it."),
    "bad-private-key": N_("The private key cannot be read: paste it whole, and without a passphrase."),
    "no-key": N_("The key of the server is not given: without it, anybody could stand in for it."),
    "bad-key": N_("The key of the server cannot be read: paste a line of known_hosts, a public key or SHA256:…"),
    "unknown-certificate": N_("The certificate of the server is not trusted ({reason}). Its fingerprint: {shown}."),
    "no-tls": N_("{host}:{port} offers no encryption (FTPS): nothing was told to it. Plain FTP is not used."),
    "login-refused": N_("The server refuses the account {login}."),
    "not-allowed": N_("The server does not let us read {name} ({reason})."),
    "bad-name": N_("{name} is no name of a file that this source takes."),
    "changed": N_("{name} changed while it was being fetched; it is fetched again later."),
    "too-large": N_("{name} has {size} bytes, more than is accepted."),
    "lost": N_("The connection to {host} was lost ({reason})."),
}


class FilesError(Exception):
    """``code`` names a sentence, ``params`` fill it."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(sentence(self))


class Passing(FilesError):  # noqa: N818 - says what it is
    """May go away by itself: try again later."""


class Refused(FilesError):  # noqa: N818
    """Will not go away before a person changes something."""


def sentence(error: FilesError, language: str = "en") -> str:
    """What happened in ``language``, the machine's own word for it too."""
    return sentence_of(error.code, error.params, language)


def sentence_of(code: str, params: Mapping[str, Any], language: str = "en") -> str:
    """The same from what was kept of an error. Raises KeyError for a code that is none of ours."""
    reason = {"reason": said(str(params["reason"]), language)} if "reason" in params else {}
    return translate(SENTENCES[code], language, "connectors").format_map({**params, **reason})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files are. ``pattern`` as a shell would (``cdr_*.csv``; "" is all). Plain values: no setting is read.

    ``host_key``: SFTP, lines of known_hosts, public keys or ``SHA256:`` fingerprints, without which nobody is trusted;
    FTPS, a certificate in PEM or its ``SHA256:`` fingerprint, "" for the authorities of this machine.
    """

    folder: str = ""
    pattern: str = ""
    host: str = ""
    port: int = 0
    login: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    host_key: str = ""
    timeout: float = TIMEOUT_SECONDS
    max_size: int = MAX_SIZE

    def wants(self, name: str) -> bool:
        """Whether a name is one of ours: matches, is no path, is not being written."""
        if not name or "/" in name or "\\" in name or "\0" in name or name.startswith("."):
            return False
        if name.lower().endswith(UNFINISHED):
            return False
        return fnmatch.fnmatchcase(name, self.pattern or "*")


@dataclass(frozen=True, slots=True)
class Remote:
    """A file over there. ``modified``: seconds since 1970, as that place says it."""

    name: str
    size: int
    modified: float


Remotes = list[Remote]  # inside a class that has a method of that name, ``list`` is the method


class Fetcher(Protocol):
    """Used in a ``with``. Raises Passing and Refused."""

    place: Place

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def list(self) -> Remotes:
        """What is there and wanted, by name."""
        ...

    def fetch(self, remote: Remote, into: Path) -> Path:
        """The file in the folder ``into`` under its name, whole or not at all."""
        ...


class Base(ABC):
    """The part of ``fetch`` that is the same everywhere."""

    lost: ClassVar[tuple[type[Exception], ...]] = (OSError,)

    def __init__(self, place: Place) -> None:
        self.place = place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @abstractmethod
    def list(self) -> Remotes:
        """What lies there now."""

    def fetch(self, remote: Remote, into: Path) -> Path:
        if not self.place.wants(remote.name):
            raise Refused("bad-name", name=remote.name)
        if remote.size > self.place.max_size:
            raise Refused("too-large", name=remote.name, size=remote.size)
        with _whole(into / remote.name) as out:
            self._copy(remote, out)
            if out.tell() != remote.size:
                raise Passing("changed", name=remote.name)
        os.utime(into / remote.name, (time.time(), remote.modified))
        return into / remote.name

    @abstractmethod
    def _copy(self, remote: Remote, out: IO[bytes]) -> None:
        """The bytes of one file."""


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """Write aside, on disk, then under the name."""
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def settled(
    fetcher: Fetcher,
    known: Callable[[Remote], bool] = lambda remote: False,
    *,
    wait: float = SETTLE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Remote]:
    """Files not ``known`` that did not change between two looks; waits only when there is something new."""
    new = [remote for remote in fetcher.list() if not known(remote)]
    if not new:
        return []
    sleep(wait)
    again = set(fetcher.list())
    return [remote for remote in new if remote in again]
