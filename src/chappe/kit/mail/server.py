"""The mail server as the settings describe it, and one conversation with it. Never touches the database.

Its refusals come in two kinds that must not be confused: *temporary* (4xx, a cut, an absent server), tried again, and
*permanent* (5xx), told to people. A password never leaves in clear, except to this very machine.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext as _

from chappe.kit.ops.config import value

TIMEOUT_S = 30


class Unreachable(Exception):  # noqa: N818 - says what happened
    """The server could not be talked to at all: no mail is to blame."""


class Misconfigured(ValueError):  # noqa: N818
    """The settings cannot be used; the text is a sentence."""


@dataclass(frozen=True)
class Server:
    """``security``: none, starttls or tls. ``ca`` is the file of a private authority, "" the system's."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"
    ca: str = ""
    timeout: float = TIMEOUT_S

    @property
    def is_local(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True)
class Outcome:
    """What became of one handing over: who was taken, who was refused for good or for now, and the server's words."""

    taken: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    answer: str = ""


def server() -> Server | None:
    """The server of the settings; None when none is set. Raises Misconfigured with a sentence."""
    url = value("SMTP_URL")
    return parse(url) if url else None


def parse(url: str) -> Server:
    """``smtp://user:password@host:587?starttls`` or ``smtps://…``; options ``ca=/path``, ``timeout=20``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Misconfigured(_("CHAPPE_SMTP_URL cannot be read: %(why)s.") % {"why": error}) from error
    asked = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or set(asked) - {"starttls", "ca", "timeout"}:
        raise Misconfigured(
            _("CHAPPE_SMTP_URL must look like smtp://user:password@host:587?starttls or smtps://user:password@host.")
        )
    security = "tls" if parts.scheme == "smtps" else "starttls" if "starttls" in asked else "none"
    try:
        timeout = float(asked.get("timeout", [str(TIMEOUT_S)])[0])
    except ValueError as error:
        raise Misconfigured(_("The timeout of CHAPPE_SMTP_URL is not a number.")) from error
    made = Server(
        host=parts.hostname,
        port=port or {"tls": 465, "starttls": 587, "none": 25}[security],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
        ca=asked.get("ca", [""])[0],
        timeout=timeout,
    )
    if made.password and security == "none" and not made.is_local:
        raise Misconfigured(_("CHAPPE_SMTP_URL would send the password in clear: add ?starttls, or use smtps://."))
    return made


def sender() -> str:
    """The address that mails come from ("" when none is set), as "Name <address>" or bare."""
    return value("MAIL_FROM").strip()


def domain() -> str:
    """The domain of the sender, which also names our Message-IDs."""
    return parseaddr(sender())[1].rpartition("@")[2] or "chappe.invalid"


def return_path(uid: str) -> str:
    """The address that bounces come back to: CHAPPE_MAIL_BOUNCE with {id} replaced, else the sender's."""
    given = value("MAIL_BOUNCE").strip()
    return given.replace("{id}", uid) if given else parseaddr(sender())[1]


def _context(to: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=to.ca or None)


@contextmanager
def conversation(to: Server) -> Iterator[smtplib.SMTP]:
    """An open, secured, signed-in conversation. Raises Unreachable when it cannot be had."""
    try:
        smtp = _open(to)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(words(error)) from error
    try:
        yield smtp
    finally:
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()


def _open(to: Server) -> smtplib.SMTP:
    made: dict[str, Any] = {"host": to.host, "port": to.port, "timeout": to.timeout, "local_hostname": domain()}
    if to.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(**made, context=_context(to))
    else:
        smtp = smtplib.SMTP(**made)
    try:
        if to.security == "starttls":
            smtp.starttls(context=_context(to))
        if to.user:
            smtp.login(to.user, to.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def words(error: BaseException) -> str:
    """The server's own words, or the system's. No password: a login error carries the server's answer alone."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__


def _reply(code: int, text: Any) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{code} {' '.join(said.split())}".strip()[:1000]


def hand_over(smtp: smtplib.SMTP, *, envelope: str, to: Sequence[str], data: bytes) -> Outcome:
    """Give one mail to the server, each recipient judged alone. Raises Unreachable when the conversation is cut."""
    taken: list[str] = []
    refused: dict[str, str] = {}
    later: dict[str, str] = {}
    try:
        smtp.ehlo_or_helo_if_needed()
        sizes = [f"size={len(data)}"] if smtp.has_extn("size") else []
        code, said = smtp.mail(envelope, sizes)
        if code >= 400:
            return _all(smtp, to, code, said)
        for address in to:
            code, said = smtp.rcpt(address)
            if code < 300:
                taken.append(address)
            else:
                (refused if code >= 500 else later)[address] = _reply(code, said)
        if not taken:
            smtp.rset()
            return Outcome((), refused, later, next(iter([*refused.values(), *later.values()]), ""))
        code, said = smtp.data(data)
    except smtplib.SMTPDataError as error:
        code, said = error.smtp_code, error.smtp_error
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise Unreachable(words(error)) from error
    if code >= 400:
        rest = _all(smtp, taken, code, said)
        return Outcome((), refused | rest.refused, later | rest.later, rest.answer)
    return Outcome(tuple(taken), refused, later, _reply(code, said))


def _all(smtp: smtplib.SMTP, to: Sequence[str], code: int, said: Any) -> Outcome:
    """The whole mail was refused: every one of ``to`` shares its fate. 421 means that the server is leaving."""
    told = _reply(code, said)
    if code == 421:
        raise Unreachable(told)
    with suppress(OSError):  # gone already: the next mail will see it
        smtp.rset()
    everybody = dict.fromkeys(to, told)
    return Outcome((), everybody, {}, told) if code >= 500 else Outcome((), {}, everybody, told)
