"""Servers of files on loopback: an SFTP server of asyncssh, an FTPS server, with keys made for the test."""

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator

import asyncssh
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.connectors.files.ftps_server import FtpsServer


class _Door(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("partner", "right")


class SftpServer:
    """In a thread with a loop of its own; ``key`` is what it shows."""

    def __init__(self, folder, *, kind: str = "ssh-ed25519", users=None) -> None:
        self.key = asyncssh.generate_private_key(kind)
        self.folder, self.users = folder, users
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(10)
        self.port = self.server.get_port()

    async def _start(self):
        def factory(channel):
            return asyncssh.SFTPServer(channel, chroot=str(self.folder))

        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[self.key], server_factory=_Door, sftp_factory=factory,
            authorized_client_keys=self.users,
        )  # fmt: skip

    @property
    def known_host(self) -> str:
        return f"[127.0.0.1]:{self.port} " + self.key.export_public_key().decode().strip()

    def stop(self) -> None:
        async def end():
            self.server.close()
            await self.server.wait_closed()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()


@pytest.fixture
def folder(tmp_path):
    """What lies on the server."""
    there = tmp_path / "there"
    (there / "out").mkdir(parents=True)
    (there / "out" / "cdr_1.csv").write_bytes(b"one\n" * 100_000)
    (there / "out" / "cdr_2.csv").write_bytes(b"two\n")
    (there / "out" / "notes.txt").write_bytes(b"no")
    (there / "out" / ".cdr_3.csv").write_bytes(b"hidden")
    (there / "out" / "cdr_4.csv.part").write_bytes(b"being written")
    (there / "out" / "cdr_old.csv").mkdir()
    return there


@pytest.fixture
def sftp(folder) -> Iterator[SftpServer]:
    server = SftpServer(folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate that nobody signed, and its key: two paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "files.example")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(today - dt.timedelta(days=1)).not_valid_after(today + dt.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def ftps(folder, certificate):
    """``ftps(*faults)`` starts a server."""
    servers = []

    def start(*faults: str) -> FtpsServer:
        servers.append(FtpsServer(folder, *certificate, faults=frozenset(faults)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
