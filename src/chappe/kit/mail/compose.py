"""A row of the outbox → the bytes that leave. The same row always gives the same Message-ID, date and boundaries."""

from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from chappe.kit.mail import addresses
from chappe.kit.mail.models import Message

PRODUCT = "Chappe"


def compose(message: Message) -> bytes:
    """RFC 5322 bytes with CRLF line ends, safe for a server of seven bits. FileNotFoundError when an attachment is gone."""
    mail = EmailMessage(policy=SMTP)
    sender = addresses.header(message.sender)
    if sender is not None:
        mail["From"] = sender
    mail["To"] = [Address(addr_spec=address) for address in message.to]
    if message.cc:
        mail["Cc"] = [Address(addr_spec=address) for address in message.cc]
    answer = addresses.header(message.reply_to)
    if answer is not None:
        mail["Reply-To"] = answer
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["X-Mailer"] = PRODUCT
    mail.set_content(message.sealed or message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for file in message.files.select_related("stored"):
        main, _slash, sub = file.stored.content_type.partition("/")
        with file.stored.open() as stream:
            data = stream.read()
        if main in {"text", "multipart", "message"}:  # a CSV must arrive byte for byte, so it travels as base64
            main, sub = "application", "octet-stream" if main != "text" else f"x-{sub or 'text'}"
        mail.add_attachment(data, maintype=main, subtype=sub or "octet-stream", filename=file.name)
    for number, part in enumerate(_containers(mail)):
        part.set_boundary(f"={message.uid}-{number}")
    return mail.as_bytes()


def _containers(mail: EmailMessage) -> Iterator[EmailMessage]:
    return (part for part in mail.walk() if part.is_multipart())  # type: ignore[misc]
