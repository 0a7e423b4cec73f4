"""Files of an SFTP server. Its key is checked before anything is told to it; no file of the machine's user is read."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import asyncssh

from chappe.connectors.files.base import Base, Passing, Place, Refused, Remote, Remotes
from chappe.connectors.reasons import reason_of

T = TypeVar("T")
PORT = 22
READ_BYTES = 256 * 1024
#: type of a key → signatures that prove it
SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def expected_keys(text: str) -> tuple[set[str], list[str]]:
    """Fingerprints, and the signature algorithms to ask for, of lines of known_hosts, public keys or ``SHA256:…``.

    Raises Refused when there is none, or one that cannot be read.
    """
    fingerprints: set[str] = set()
    algorithms: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("#"):
            continue
        if line.startswith("SHA256:"):
            fingerprints.add(line.rstrip("="))
            continue
        words = line.split()
        kinds = [at for at, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-", "sk-"))]
        if not kinds or len(words) < kinds[0] + 2 or words[0].startswith("@"):
            raise Refused("bad-key")
        kind, data = words[kinds[0] : kinds[0] + 2]
        try:
            fingerprints.add(asyncssh.import_public_key(f"{kind} {data}").get_fingerprint())
        except asyncssh.KeyImportError as error:
            raise Refused("bad-key") from error
        algorithms += SIGNATURES.get(kind, (kind,))
    if not fingerprints:
        raise Refused("no-key")
    return fingerprints, algorithms


class _Guard(asyncssh.SSHClient):
    """Lets one server in: the one whose key was given."""

    def __init__(self, expected: set[str], seen: list[str]) -> None:
        self.expected, self.seen = expected, seen

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen.append(key.get_fingerprint())
        return self.seen[-1] in self.expected


class SftpFetcher(Base):
    """One connection for the length of the ``with``."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._expected, self._algorithms = expected_keys(place.host_key)
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Self:
        try:
            self._do(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it within the time allowed; what the server or the network does becomes one of our two errors."""
        try:
            return self._runner.run(work)
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise Passing("lost", host=self.place.host, reason=reason_of(error)) from error

    async def _open(self) -> None:
        place, seen = self.place, []  # type: Place, list[str]
        port = place.port or PORT
        options: dict[str, Any] = {"server_host_key_algs": self._algorithms} if self._algorithms else {}
        if place.private_key:
            options["client_keys"] = [self._private_key()]
        else:
            options["client_keys"] = None
        try:
            self._connection = await asyncssh.connect(
                place.host, port, username=place.login, password=place.password or None, known_hosts=b"",
                client_factory=lambda: _Guard(self._expected, seen), agent_path=None, config=None,
                login_timeout=place.timeout, connect_timeout=place.timeout, keepalive_interval=15, **options,
            )  # fmt: skip
            self._sftp = await self._connection.start_sftp_client()
        except asyncssh.PermissionDenied as error:
            raise Refused("login-refused", login=place.login) from error
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            if seen:
                raise Refused("unknown-key", shown=seen[-1]) from error
            raise Refused("no-such-key", kinds=", ".join(self._algorithms) or "–") from error
        except (OSError, TimeoutError, asyncssh.Error) as error:
            if self._algorithms and not seen and await self._has_other_keys(port):
                raise Refused("no-such-key", kinds=", ".join(self._algorithms)) from error
            raise Passing("cannot-connect", host=place.host, port=port, reason=reason_of(error)) from error

    async def _has_other_keys(self, port: int) -> bool:
        """Whether the server shows a key when any kind will do. One that has none of ours may hang up before it says so."""
        try:
            async with asyncio.timeout(self.place.timeout):
                key = await asyncssh.get_server_host_key(self.place.host, port, config=None)
        except (OSError, TimeoutError, asyncssh.Error):
            return False
        kind = key.get_algorithm() if key else ""
        return bool(kind) and not {kind, *SIGNATURES.get(kind, ())} & set(self._algorithms)

    def _private_key(self) -> asyncssh.SSHKey:
        try:
            return asyncssh.import_private_key(self.place.private_key)
        except asyncssh.KeyImportError as error:
            raise Refused("bad-private-key") from error

    async def _close(self) -> None:
        if self._sftp is not None:
            self._sftp.exit()
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()

    def list(self) -> Remotes:
        return self._do(self._list())

    async def _list(self) -> Remotes:
        assert self._sftp is not None
        found = []
        try:
            async with asyncio.timeout(self.place.timeout):
                for entry in await self._sftp.readdir(self.place.folder or "."):
                    name, told = str(entry.filename), entry.attrs
                    if told.type in {asyncssh.FILEXFER_TYPE_REGULAR, None} and self.place.wants(name):
                        found.append(Remote(name, told.size or 0, float(told.mtime or 0)))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchPath) as error:
            raise Refused("no-folder", folder=self.place.folder or ".", reason=error.reason) from error
        return sorted(found, key=lambda remote: remote.name)

    def _copy(self, remote: Remote, out: IO[bytes]) -> None:
        self._do(self._download(remote, out))

    async def _download(self, remote: Remote, out: IO[bytes]) -> None:
        assert self._sftp is not None
        path = f"{self.place.folder.rstrip('/')}/{remote.name}" if self.place.folder else remote.name
        try:
            async with self._sftp.open(path, "rb") as source:
                while data := await asyncio.wait_for(source.read(READ_BYTES), self.place.timeout):
                    out.write(data if isinstance(data, bytes) else data.encode())
                    if out.tell() > remote.size:  # it grows: not more than was promised
                        raise Passing("changed", name=remote.name)
        except asyncssh.SFTPNoSuchFile as error:
            raise Passing("changed", name=remote.name) from error
        except asyncssh.SFTPPermissionDenied as error:
            raise Refused("not-allowed", name=remote.name, reason=error.reason) from error
