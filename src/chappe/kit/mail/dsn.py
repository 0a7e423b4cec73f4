"""Delivery reports read (RFC 3464, RFC 6522): bytes of a mail → what it says of each recipient. Pure: no database.

Reports of the many servers that follow no standard are recognised by our own Message-ID or return address in them; what
such a report says is then unknown, and a person reads it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

MAX_BYTES = 10_000_000
#: Our own numbers: 32 hexadecimal digits, in a Message-ID <…@domain> or in a return address …+{id}@domain.
UID = re.compile(r"\b([0-9a-f]{32})\b")
ACTIONS = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "relayed",
    "expanded": "relayed",
}


@dataclass(frozen=True)
class Told:
    """One recipient of one report. ``uids`` are the numbers of ours that the report names, the surest first."""

    recipient: str
    action: str  # failed, delayed, delivered, relayed, other
    status: str  # 5.1.1, "" when not said
    told: str
    uids: tuple[str, ...]


def read(data: bytes) -> list[Told]:
    """What a mail reports; empty when it is no report about a mail of ours."""
    mail = message_from_bytes(data[:MAX_BYTES], policy=policy.compat32)
    uids = tuple(dict.fromkeys(_uids(mail)))
    groups = list(_groups(mail))
    if groups:
        return [_told(group, uids) for group in groups]
    if not uids or not _is_automatic(mail):
        return []
    return [Told("", "other", "", _first_text(mail), uids)]


def _is_automatic(mail: Message) -> bool:
    """A report, not a person's answer: a person's answer to an invoice must never mark it as returned."""
    sender = str(mail.get("From", "")).lower()
    empty_path = str(mail.get("Return-Path", "")).strip() == "<>"
    return empty_path or "mailer-daemon" in sender or "postmaster" in sender


def _groups(mail: Message) -> Iterator[Message]:
    """The groups of fields of a message/delivery-status part that speak of a recipient."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        if isinstance(blocks, list):
            yield from (block for block in blocks if isinstance(block, Message) and block.get("Action"))


def _told(group: Message, uids: tuple[str, ...]) -> Told:
    recipient = _after_type(group.get("Final-Recipient") or group.get("Original-Recipient") or "")
    status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", str(group.get("Status", "")).strip())
    return Told(
        recipient=recipient.strip("<> ")[:320],
        action=ACTIONS.get(str(group.get("Action", "")).strip().lower(), "other"),
        status=status.group() if status else "",
        told=_after_type(group.get("Diagnostic-Code") or "")[:1000],
        uids=uids,
    )


def _after_type(value: object) -> str:
    """“rfc822; a@b.example” → a@b.example; folded lines on one."""
    text = " ".join(str(value).split())
    return text.partition(";")[2].strip() if ";" in text else text


def _uids(mail: Message) -> Iterator[str]:
    """Numbers of ours: in the address it came to, then in the returned headers, then anywhere in the headers."""
    for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To"):
        for value in mail.get_all(name, []):
            yield from UID.findall(str(value).lower())
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            for one in inner if isinstance(inner, list) else []:
                yield from UID.findall(str(one.get("Message-ID", "")).lower())
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            found = re.search(r"^message-id:\s*(\S+)", _decoded(part), re.IGNORECASE | re.MULTILINE)
            if found:
                yield from UID.findall(found.group(1).lower())
    for name in ("In-Reply-To", "References", "X-Failed-Message-ID"):
        yield from UID.findall(str(mail.get(name, "")).lower())
    if not isinstance(mail, EmailMessage):
        found = re.search(r"message-id:\s*(<\S+>)", _first_text(mail, whole=True), re.IGNORECASE)
        if found:
            yield from UID.findall(found.group(1).lower())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _first_text(mail: Message, *, whole: bool = False) -> str:
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            text = _decoded(part)
            return text if whole else " ".join(text.split())[:1000]
    return ""
