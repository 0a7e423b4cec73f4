"""Verbs on mail: write one, let go, send again, cancel, write a test mail. Posting itself stands in ``posting.py``.

Everything that leaves Chappe goes through :func:`send`; nothing else may open a conversation with a mail server.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.services import enqueue
from chappe.kit.mail import addresses, server
from chappe.kit.mail.models import Message, MessageFile, State, new_uid
from chappe.kit.ops.config import value

register_sentence("mail.written", gettext_noop("{actor} wrote the mail “{subject}”"))
register_sentence("mail.again", gettext_noop("{actor} asked to send the mail again"))
register_sentence("mail.released", gettext_noop("{actor} let the kept mail go"))
register_sentence("mail.cancelled", gettext_noop("{actor} cancelled the mail"))

MEGA = 1_000_000
Attachment = StoredFile | tuple[StoredFile, str]


def send(
    *,
    actor: Actor,
    to: str | Iterable[str],
    subject: str,
    text: str,
    html: str = "",
    attachments: Iterable[Attachment] = (),
    owner: Any = None,
    about: models.Model | None = None,
    key: str = "",
    cc: str | Iterable[str] = (),
    reply_to: str = "",
    confidential: bool = False,
) -> Message:
    """Put a mail in the outbox and return its row; in a transaction, it leaves only if that commits.

    ``to`` and ``cc``: addresses, in a list or parted by commas or semicolons. ``attachments``: stored files, or pairs
    (stored file, name to show). ``owner``: the operator whose people may see the mail (None: the house). ``about``: the
    object it speaks of. ``key``: the same key twice is one mail; the first row is returned. ``confidential``: the text
    is encrypted, never shown, and forgotten once it has left.
    Without a mail server in the settings the mail is kept (state HELD), never lost.
    Raises ValidationError with a sentence: no address or a bad one, no subject, attachments too large.
    """
    if key:
        twin = Message.objects.filter(key=key).first()
        if twin is not None:
            return twin
    files = [(item, item.name) if isinstance(item, StoredFile) else item for item in attachments]
    message = _written(to, cc, subject, files, text=text, html=html, confidential=confidential)
    message.key, message.owner, message.created_by = key, owner, actor.user
    message.reply_to = reply_to or value("MAIL_REPLY_TO").strip()
    _speak_of(message, about)
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            MessageFile.objects.bulk_create(
                [MessageFile(message=message, stored=stored, name=name[:255]) for stored, name in files]
            )
            event(actor, message, "mail.written", subject=message.subject)
            if message.state == State.QUEUED:
                enqueue("mail.send", actor=Actor.system("mail"), unique="mail.send")
    except IntegrityError:
        twin = Message.objects.filter(key=key).first() if key else None
        if twin is None:
            raise
        return twin
    return message


def _speak_of(message: Message, about: models.Model | None) -> None:
    if about is not None:
        message.about_type = ContentType.objects.get_for_model(type(about))
        message.about_pk, message.about_label = str(about.pk), str(about)[:200]


def _written(to: Any, cc: Any, subject: str, files: list[Any], *, text: str, html: str, confidential: bool) -> Message:
    people, copies = addresses.several(to), addresses.several(cc)
    copies = [address for address in copies if address not in people]
    if not people:
        raise ValidationError(_("The mail has no recipient."), code="no_recipient")
    title = " ".join(subject.split())[:250]
    if not title:
        raise ValidationError(_("The mail has no subject."), code="no_subject")
    check_size([stored for stored, _name in files])
    uid = new_uid()
    return Message(
        uid=uid,
        message_id=f"<{uid}@{server.domain()}>",
        to=people,
        cc=copies,
        to_text=", ".join([*people, *copies])[:500],
        pending=[*people, *copies],
        sender=server.sender(),
        subject=title,
        text="" if confidential else text,
        sealed=text if confidential else "",
        html="" if confidential else html,
        confidential=confidential,
        state=State.QUEUED if is_ready() else State.HELD,
        wait_until=timezone.now(),
    )


def is_ready() -> bool:
    """Whether a mail server and a sender are set."""
    return bool(value("SMTP_URL")) and bool(server.sender())


def check_size(files: Iterable[StoredFile]) -> None:
    """Raise ValidationError, with the largest file named, when together they are more than a mail may carry."""
    rows = list(files)
    limit, total = int(value("MAIL_MAX_MB")), sum(file.size for file in rows)
    if total > limit * MEGA:
        largest = max(rows, key=lambda file: file.size)
        raise ValidationError(
            _(
                "The attachments weigh %(total)s MB together and a mail carries %(limit)s MB at most "
                "(the largest is “%(name)s”). Send fewer, or raise CHAPPE_MAIL_MAX_MB."
            ),
            code="too_large",
            params={"total": -(-total // MEGA), "limit": limit, "name": largest.name},
        )


def why_not_again(message: Message) -> Any:
    """Why a mail cannot be sent again now; None when it can."""
    if message.state in {State.FAILED, State.BOUNCED, State.CANCELLED}:
        if message.confidential and not message.sealed:
            return _("Its text was confidential and has been forgotten: ask for a new one.")
        return None
    if message.state == State.SENT:
        return _("It has left already.")
    return _("It waits to leave already.")


def why_not_release(message: Message) -> Any:
    if message.state != State.HELD:
        return _("Only a kept mail can be let go.")
    return None if is_ready() else _("No mail server is set: see CHAPPE_SMTP_URL and CHAPPE_MAIL_FROM in the settings.")


def why_not_cancel(message: Message) -> Any:
    if message.state in {State.HELD, State.QUEUED}:
        return None
    return _("Only a mail that has not left can be cancelled.")


def again(message: Message, *, actor: Actor) -> Message:
    """Send a refused, returned or cancelled mail again: to the addresses not served, or to all of a returned one.

    The Message-ID stays. Raises ValidationError when it cannot be.
    """
    with transaction.atomic():
        row = _held(message, actor)
        _refuse(why_not_again(row))
        row.pending = row.recipients if row.state == State.BOUNCED or not row.pending else row.pending
        row.refused, row.attempts, row.answer, row.sent, row.ended = {}, 0, "", None, None
        _to_queue(row, actor, "mail.again")
    return row


def release(message: Message, *, actor: Actor) -> Message:
    """Let a kept mail leave, from the sender that the settings name now. Raises ValidationError."""
    with transaction.atomic():
        row = _held(message, actor)
        _refuse(why_not_release(row))
        _to_queue(row, actor, "mail.released")
    return row


def cancel(message: Message, *, actor: Actor) -> Message:
    """Never send a mail that still waits. Raises ValidationError when it has left, or is leaving just now."""
    with transaction.atomic():
        row = _held(message, actor)
        _refuse(why_not_cancel(row))
        row.state, row.ended, row.wait_until = State.CANCELLED, timezone.now(), None
        row.save()
        event(actor, row, "mail.cancelled")
    return row


def _held(message: Message, actor: Actor) -> Message:
    row = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row


def _refuse(reason: Any) -> None:
    if reason:
        raise ValidationError(reason)


def _to_queue(row: Message, actor: Actor, verb: str) -> None:
    row.sender = server.sender() or row.sender
    row.state = State.QUEUED if is_ready() else State.HELD
    row.wait_until, row.claim, row.claimed_until = timezone.now() - timedelta(seconds=1), "", None
    row.save()
    event(actor, row, verb)
    if row.state == State.QUEUED:
        enqueue("mail.send", actor=Actor.system("mail"), unique="mail.send")


def send_test(*, actor: Actor, to: str) -> Message:
    """A mail that says that mail works. Raises ValidationError, also when no server is set."""
    if not is_ready():
        raise ValidationError(
            _("No mail server is set: see CHAPPE_SMTP_URL and CHAPPE_MAIL_FROM in the settings."), code="not_set"
        )
    return send(
        actor=actor,
        to=to,
        subject=_("Test mail from Chappe"),
        text=_("This mail was asked from the administration of Chappe. If you read it, mail leaves as it should.\n"),
    )
