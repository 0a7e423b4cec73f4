"""Rows of the outbox for the contract tests."""

from typing import Any

from chappe.kit.access.actor import Actor
from chappe.kit.mail import services
from chappe.kit.mail.models import Message, MessageFile, Report


def message(owner: Any, mark: str) -> Message:
    return services.send(
        actor=Actor.system("test"), to=f"{mark}@client.example", subject=f"Facture {mark}", text="Bonjour.", owner=owner
    )


def message_file(owner: Any, mark: str) -> MessageFile:
    from tests.support import rows

    of = message(owner, rows.new_mark())
    return MessageFile.objects.create(message=of, stored=rows.stored_file(owner, mark), name=f"{mark}.pdf")


def report(owner: Any, mark: str) -> Report:
    from tests.support import rows

    of = message(owner, rows.new_mark())
    return Report.objects.create(
        uid=mark, message=of, recipient=f"{mark}@client.example", action="failed", status="5.1.1"
    )


FACTORIES = {Message: message, MessageFile: message_file, Report: report}
