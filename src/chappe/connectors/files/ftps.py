"""Files of an FTPS server (explicit TLS). Its certificate is checked before the password is told to it."""

import calendar
import ftplib
import hashlib
import re
import socket
import ssl
import time
from types import TracebackType
from typing import IO, Any, Self

from chappe.connectors.files.base import Base, Passing, Place, Refused, Remote, Remotes
from chappe.connectors.reasons import reason_of

PORT = 21
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def expected_certificates(text: str) -> set[str]:
    """SHA-256 of each certificate given in PEM or by fingerprint; empty when none is given. Raises Refused."""
    found = set()
    try:
        for pem in PEM.findall(text):
            found.add(hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest())
    except ValueError as error:
        raise Refused("bad-key") from error
    for line in filter(None, (line.strip() for line in PEM.sub("", text).splitlines())):
        digest = line.upper().removeprefix("SHA256:").replace(":", "").lower()
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise Refused("bad-key")
        found.add(digest)
    return found


def shown(digest: str) -> str:
    return "SHA256:" + digest.upper()


class _Client(ftplib.FTP_TLS):
    """Checks the certificate of both channels; the data channel goes on with the session of the first, as servers demand."""

    expected: set[str]

    def auth(self) -> str:
        answer = super().auth()
        self.check(self.sock)
        return answer

    def check(self, sock: Any) -> None:
        digest = hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()
        if self.expected and digest not in self.expected:
            raise Refused("unknown-certificate", reason="another certificate", shown=shown(digest))

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - wrapped below
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        try:
            wrapped = self.context.wrap_socket(plain, server_hostname=self.host, session=session)
            self.check(wrapped)
        except BaseException:
            plain.close()
            raise
        return wrapped, size


class FtpsFetcher(Base):
    """One connection for the length of the ``with``; passive transfers."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._expected = expected_certificates(place.host_key)
        self._client: _Client | None = None

    def __enter__(self) -> Self:
        place = self.place
        port = place.port or PORT
        client = _Client(context=self._context(), timeout=place.timeout)
        client.expected = self._expected
        try:
            client.connect(place.host, port)
            self._encrypt(client, port)
            client.login(place.login, place.password)
            client.prot_p()
            if place.folder:
                self._enter_folder(client)
        except ssl.SSLCertVerificationError as error:
            client.close()
            digest = self._digest(port)
            raise Refused("unknown-certificate", reason=reason_of(error), shown=digest) from error
        except ftplib.error_perm as error:
            client.close()
            raise Refused("login-refused", login=place.login) from error
        except (OSError, EOFError, ftplib.Error) as error:
            client.close()
            raise Passing("cannot-connect", host=place.host, port=port, reason=_reason(error)) from error
        except Refused:
            client.close()
            raise
        self._client = client
        return self

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._expected:  # one certificate is trusted, whoever signed it and whatever name it bears
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _encrypt(self, client: _Client, port: int) -> None:
        try:
            client.auth()
        except ftplib.error_perm as error:
            raise Refused("no-tls", host=self.place.host, port=port) from error

    def _enter_folder(self, client: _Client) -> None:
        try:
            client.cwd(self.place.folder)
        except ftplib.error_perm as error:
            raise Refused("no-folder", folder=self.place.folder, reason=_reason(error)) from error

    def _digest(self, port: int) -> str:
        """The certificate that was not trusted, so that a person can compare it. Nothing is sent but the greeting."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = ftplib.FTP_TLS(context=context, timeout=self.place.timeout)  # noqa: S321 - under TLS
        try:
            client.connect(self.place.host, port)
            client.auth()
            sock = client.sock
            der = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
            return shown(hashlib.sha256(der or b"").hexdigest())
        except (OSError, EOFError, ftplib.Error):
            return "?"
        finally:
            client.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.quit()
        except (OSError, EOFError, ftplib.Error):
            client.close()

    def list(self) -> Remotes:
        try:
            found = self._list()
        except (OSError, EOFError, ftplib.Error) as error:
            raise self._lost(error) from error
        return sorted(found, key=lambda remote: remote.name)

    def _list(self) -> Remotes:
        client = self._open
        try:
            rows = list(client.mlsd(facts=["type", "size", "modify"]))
        except ftplib.error_perm:  # an old server: ask file by file
            return self._one_by_one(client)
        return [
            Remote(name, int(facts.get("size", 0)), _moment(facts.get("modify", "")))
            for name, facts in rows
            if facts.get("type", "file") == "file" and self.place.wants(name)
        ]

    def _one_by_one(self, client: _Client) -> Remotes:
        found = []
        for path in client.nlst():
            name = path.rpartition("/")[2]
            if not self.place.wants(name):
                continue
            try:
                client.voidcmd("TYPE I")
                size = client.size(name)
                modified = client.voidcmd(f"MDTM {name}").partition(" ")[2]
            except ftplib.error_perm:  # a folder
                continue
            found.append(Remote(name, size or 0, _moment(modified)))
        return found

    def _copy(self, remote: Remote, out: IO[bytes]) -> None:
        try:
            self._open.retrbinary(f"RETR {remote.name}", out.write, 256 * 1024)
        except ftplib.error_perm as error:
            raise Refused("not-allowed", name=remote.name, reason=_reason(error)) from error
        except (OSError, EOFError, ftplib.Error) as error:
            raise self._lost(error) from error

    @property
    def _open(self) -> _Client:
        if self._client is None:
            raise Passing("lost", host=self.place.host, reason="closed")
        return self._client

    def _lost(self, error: Exception) -> Passing:
        return Passing("lost", host=self.place.host, reason=_reason(error))


def _reason(error: Exception) -> str:
    """What the machine or the server says of it, without the code of the answer: ``550 No such file.`` → ``No such file``."""
    return re.sub(r"^\d{3}[ -]", "", reason_of(error)).rstrip(". ")


def _moment(text: str) -> float:
    """``20260214101500[.123]``, in UTC, as FTP says it; 0 when it does not."""
    try:
        return float(calendar.timegm(time.strptime(text[:14], "%Y%m%d%H%M%S")))
    except ValueError:
        return 0.0
