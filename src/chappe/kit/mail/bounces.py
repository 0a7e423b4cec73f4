"""What comes back: reports read from a mailbox or a sent-in file, written down, their mail marked as returned.

The same report read twice is one report. A report that names no mail of ours is kept for the house alone. Nothing here
believes a report more than it must: it can only mark a mail that has left, never send, delete or reveal one.
"""

import hashlib
import imaplib
import io
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.documents.services import store
from chappe.kit.mail import dsn, events
from chappe.kit.mail.models import Message, Report, State
from chappe.kit.mail.server import Misconfigured, Unreachable, words
from chappe.kit.ops.config import value

register_sentence("mail.bounced", gettext_noop("the mail came back from {recipient}: {told}"))

PER_VISIT = 500


@dataclass
class Count:
    """What one reading brought."""

    reports: int = 0
    returned: int = 0
    unknown: int = 0
    again: int = 0


def record(data: bytes, *, actor: Actor, name: str = "retour.eml") -> Count:
    """Write down what one mail reports. ValidationError when it is no delivery report."""
    told = dsn.read(data)
    if not told:
        raise ValidationError(
            _("“%(name)s” is no delivery report of a mail server: nothing was changed."), params={"name": name}
        )
    count, stored = Count(), None
    digest = hashlib.sha256(data).hexdigest()
    for number, one in enumerate(told):
        uid = hashlib.sha256(f"{digest}:{number}".encode()).hexdigest()
        if Report.objects.filter(uid=uid).exists():
            count.again += 1
            continue
        stored = stored or store(io.BytesIO(data), name=name, actor=actor, content_type="message/rfc822")
        message = Message.objects.filter(uid__in=one.uids).first() if one.uids else None
        with transaction.atomic():
            report = Report.objects.create(
                uid=uid, message=message, recipient=one.recipient, action=one.action, status=one.status,
                told=one.told, raw=stored,
            )  # fmt: skip
            returned = message is not None and _mark(message, report, actor)
        count.reports += 1
        count.unknown += message is None
        if message is not None and returned:
            count.returned += 1
            events.tell("bounced", message)
    return count


def _mark(message: Message, report: Report, actor: Actor) -> bool:
    """The mail as returned, when the report is final and about one of its recipients. True when it changed."""
    if report.action != Report.Action.FAILED or message.state != State.SENT:
        return False
    known = {address.lower(): address for address in message.recipients}
    recipient = known.get(report.recipient.lower(), report.recipient)
    told = f"{report.status} {report.told}".strip()
    changed = Message.objects.filter(pk=message.pk, state=State.SENT).update(
        state=State.BOUNCED, answer=told, refused=message.refused | {recipient: told}, ended=timezone.now()
    )
    if changed:
        event(actor, message, "mail.bounced", recipient=recipient, told=told)
        message.refresh_from_db()
    return bool(changed)


def upload(*, actor: Actor, data: bytes, name: str) -> Count:
    """A report sent in by hand. Only staff of the house: a report may speak of anybody's mail."""
    house_only(actor.user)
    return record(data, actor=actor, name=name)


@dataclass(frozen=True)
class Mailbox:
    """Where reports arrive. ``security``: tls, or none for this very machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    security: str = "tls"
    ca: str = ""


def mailbox() -> Mailbox | None:
    """The mailbox of the settings; None when none is set. Raises Misconfigured."""
    url = value("BOUNCE_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme not in {"imaps", "imap"} or not parts.hostname or (parts.scheme == "imap" and not local):
        raise Misconfigured(_("CHAPPE_BOUNCE_URL must look like imaps://user:password@host/INBOX."))
    return Mailbox(
        host=parts.hostname,
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        security="tls" if parts.scheme == "imaps" else "none",
        ca=parse_qs(parts.query).get("ca", [""])[0],
    )


@contextmanager
def _open(at: Mailbox) -> Iterator[imaplib.IMAP4]:
    box: imaplib.IMAP4 | None = None
    try:
        if at.security == "tls":
            context = ssl.create_default_context(cafile=at.ca or None)
            box = imaplib.IMAP4_SSL(at.host, at.port, ssl_context=context, timeout=30)
        else:
            box = imaplib.IMAP4(at.host, at.port, timeout=30)
        box.login(at.user, at.password)
        found, _said = box.select(f'"{at.folder}"')
        if found != "OK":
            raise Misconfigured(_("The mailbox of returned mail has no folder “%(name)s”.") % {"name": at.folder})
        yield box
    except (OSError, imaplib.IMAP4.error) as error:
        raise Unreachable(words(error)) from error
    finally:
        if box is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                box.logout()
            with suppress(OSError):
                box.shutdown()


def fetch(*, actor: Actor, check: Callable[[], None] = lambda: None) -> Count:
    """Read the unread mails of the mailbox; reports are marked as read, people's letters stay unread.

    Raises Unreachable or Misconfigured. A mail is marked only once it is written down here.
    """
    total, at = Count(), mailbox()
    if at is None:
        return total
    with _open(at) as box:
        _found, found = box.uid("search", "UNSEEN")
        for uid in (found[0] or b"").split()[:PER_VISIT]:
            check()
            data = _body(box, uid.decode())
            try:
                count = record(data, actor=actor)
            except ValidationError:
                continue
            box.uid("store", uid.decode(), "+FLAGS", r"(\Seen)")
            total.reports, total.returned = total.reports + count.reports, total.returned + count.returned
            total.unknown, total.again = total.unknown + count.unknown, total.again + count.again
    return total


def _body(box: imaplib.IMAP4, uid: str) -> bytes:
    _found, parts = box.uid("fetch", uid, "(BODY.PEEK[])")
    return b"".join(part[1] for part in parts if isinstance(part, tuple))
