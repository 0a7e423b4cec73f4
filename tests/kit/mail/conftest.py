"""A real mail server on loopback, and the settings that point at it."""

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import translation


@dataclass
class Box:
    """What the server took, and how it is told to answer: address → reply to RCPT, ``data`` → reply to DATA."""

    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    tls: list[bool] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = "250 2.0.0 taken"
    before_answer: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.data.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=policy.default))
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
            self.tls.append(session.ssl is not None)
        self.before_answer()
        return self.data


@pytest.fixture(autouse=True)
def english(_fresh) -> Iterator[None]:
    """Sentences are compared in the language of the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def start(box) -> Iterator[Callable[..., Controller]]:
    """Start the server (again, on the same port when it is given); every one started is stopped."""
    started: list[Controller] = []

    def begin(port: int = 0, **options) -> Controller:
        controller = Controller(box, hostname="127.0.0.1", port=port or free_port(), **options)
        controller.start()
        started.append(controller)
        return controller

    yield begin
    for controller in started:
        if controller.server is not None:
            controller.stop()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def smtp(start, monkeypatch) -> Controller:
    """A plain server, set in the settings."""
    controller = start()
    monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    monkeypatch.setenv("CHAPPE_MAIL_FROM", "Opérateur Boréal <facturation@boreal.example>")
    return controller


@pytest.fixture
def no_server(monkeypatch) -> None:
    monkeypatch.setenv("CHAPPE_SMTP_URL", "")
    monkeypatch.setenv("CHAPPE_MAIL_FROM", "")


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate of 127.0.0.1, and the server's side of it."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_path, key_path)
    return cert_path, context


@pytest.fixture
def authenticator(box):
    """Takes boreal / s3cret alone, and notes who tried."""

    def check(server, session, envelope, mechanism, given):
        assert isinstance(given, LoginPassword)
        pair = (given.login.decode(), given.password.decode())
        box.logins.append(pair)
        return AuthResult(success=pair == ("boreal", "s3cret"), handled=False)

    return check


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.02)
