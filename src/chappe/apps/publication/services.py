"""The verbs on recipients, and the deletion of files past their term. What is made and handed over has its own modules."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from chappe.apps.publication.columns import months_before
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit.deletion import delete_with_reasons
from chappe.kit.documents.models import StoredFile

PART = 200


def create_recipient(*, actor: Actor, data: Mapping[str, Any]) -> Recipient:
    """An operator receives files from now on."""
    house_only(actor.user)
    row = Recipient(**data)
    row.full_clean()
    with transaction.atomic():
        row.save()
        audit.created(actor, row)
    return row


def update_recipient(*, actor: Actor, object: Recipient, data: Mapping[str, Any]) -> Recipient:
    """Change what it receives; files already made stay as they are."""
    house_only(actor.user)
    row = Recipient.objects.get(pk=object.pk)
    audit.saved(actor, row, data)
    return row


def delete_recipient(*, actor: Actor, object: Recipient) -> None:
    """Nothing is made for it any more; the archive stays."""
    house_only(actor.user)
    delete_with_reasons(actor, Recipient.objects.get(pk=object.pk))


def purge(*, most: int = 100_000) -> int:
    """Delete files older than their recipient's term (24 months without one). The bytes go with the sweep of documents."""
    today, gone = timezone.localdate(), 0
    terms = dict(Recipient.objects.values_list("operator", "keep_months"))
    for operator in PublishedFile.objects.order_by().values_list("operator", flat=True).distinct():
        limit = months_before(today, terms.get(operator, 24))
        while gone < most:
            rows = list(PublishedFile.objects.filter(operator=operator, day__lt=limit).order_by("pk")[:PART])
            if not rows:
                break
            with transaction.atomic():
                PublishedFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
                StoredFile.objects.filter(pk__in=[row.stored_id for row in rows if row.stored_id]).delete()
            gone += len(rows)
    return gone
