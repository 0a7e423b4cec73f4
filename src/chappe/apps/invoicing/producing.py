"""Makes and checks the files of an invoice. What the rules refuse is kept as a state with its sentences, and stays here.

Idempotent: an invoice whose files have passed is left as it is; making again replaces what was refused.
"""

import io
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import queries
from chappe.apps.invoicing.models import IssuedFile, Production
from chappe.connectors.einvoice.production import CII, CSV, PDF, SUFFIXES, UBL, XLSX, Made, make, stem
from chappe.connectors.einvoice.typst import DrawingError
from chappe.core.base.issue import Issue
from chappe.core.billing.document import Document
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit
from chappe.kit.documents.services import store
from chappe.kit.jobs.services import enqueue

ALWAYS = (PDF, CII, CSV)
TYPES = {PDF: "application/pdf", CII: "application/xml", UBL: "application/xml", CSV: "text/csv",
         XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


def ask(*, actor: Actor, invoice: Invoice) -> Production:
    """Put the making of the files in the queue; nothing when they are there already. Raises ValidationError for a draft."""
    if not invoice.number:
        raise ValidationError(_("This invoice is a draft: it has no files before it is issued."))
    row, _new = Production.objects.get_or_create(invoice=invoice)
    if row.is_ready:
        return row
    Production.objects.filter(pk=row.pk).update(state=Production.State.WAITING, problem="")
    row.refresh_from_db()
    enqueue(
        "invoicing.produce",
        actor=actor,
        owner=invoice.owner,
        unique=f"invoicing.produce:{invoice.pk}",
        invoice=invoice.pk,
    )
    return row


def produce(*, actor: Actor, invoice: Invoice) -> Production:
    """Make, check and keep the files of one issued invoice. Raises ValidationError for a draft.

    BLOCKED with its sentences when a rule refuses it; FAILED when it cannot be drawn at all.
    """
    if not invoice.number:
        raise ValidationError(_("This invoice is a draft: it has no files before it is issued."))
    row, _new = Production.objects.get_or_create(invoice=invoice)
    if row.is_ready:
        return row
    document = invoice.read_document()
    look = queries.look_of(queries.brand_of(invoice, document))
    try:
        made = make(document, look, calls=queries.calls_of(invoice, document), kinds=ALWAYS)
    except (DrawingError, ValueError) as error:
        return _settle(actor, row, Production.State.FAILED, [], str(error))
    with transaction.atomic():
        _keep(actor, invoice, document, made)
        state = Production.State.READY if made.is_good else Production.State.BLOCKED
        return _settle(actor, row, state, made.issues, "")


def _keep(actor: Actor, invoice: Invoice, document: Document, made: Made) -> None:
    for kind, data in made.files.items():
        stored = store(
            io.BytesIO(data),
            name=stem(document) + SUFFIXES[kind],
            actor=actor,
            owner=invoice.owner,
            content_type=TYPES[kind],
        )
        IssuedFile.objects.update_or_create(invoice=invoice, kind=kind, defaults={"stored": stored})


def _settle(actor: Actor, row: Production, state: str, issues: list[Issue], problem: str) -> Production:
    told = [
        {
            "code": one.code,
            "severity": str(one.severity),
            "file": one.file,
            "field": one.field,
            "params": dict(one.params),
        }
        for one in issues
    ]
    row.state, row.issues, row.problem = state, told, problem
    row.attempt, row.made_at = row.attempt + 1, timezone.now()
    row.save(update_fields=["state", "issues", "problem", "attempt", "made_at"])
    if row.is_ready:
        audit.event(actor, row.invoice, "invoicing.made")
    else:
        audit.event(actor, row.invoice, "invoicing.blocked", reason=row.first_sentence()[:200])
    return row


def extra(*, actor: Actor, invoice: Invoice, kind: str) -> IssuedFile:
    """The file of a kind, made now when it is one of those made only when asked (UBL, XLSX).

    Raises ValidationError when the invoice has no checked files yet, or the kind cannot be made.
    """
    kept = IssuedFile.objects.filter(invoice=invoice, kind=kind).select_related("stored").first()
    if kept is not None:
        return kept
    row = queries.production_of(invoice)
    if row is None or not row.is_ready or kind not in {UBL, XLSX, CSV}:
        raise ValidationError(_("This file has not been made yet."))
    document = invoice.read_document()
    made = make(document, calls=queries.calls_of(invoice, document), kinds=(kind,))
    if kind not in made.files:
        raise ValidationError(_("This invoice has no detail of calls."))
    if not made.is_good:
        raise ValidationError(made.issues[0].sentence("fr"))
    _keep(actor, invoice, document, made)
    return IssuedFile.objects.select_related("stored").get(invoice=invoice, kind=kind)


def preview(invoice: Invoice) -> bytes:
    """The PDF as it is or would be; nothing is kept. Raises ValidationError when it cannot be drawn."""
    kept: Any = IssuedFile.objects.filter(invoice=invoice, kind=PDF).select_related("stored").first()
    if kept is not None:
        with kept.stored.open() as file:
            return bytes(file.read())
    from chappe.connectors.einvoice import typst  # reads the fonts: only when a page is drawn

    document = queries.document_of(invoice)
    try:
        return typst.draw(document, queries.look_of(queries.brand_of(invoice, document)))
    except DrawingError as error:
        raise ValidationError(_("The invoice cannot be drawn: %(detail)s") % {"detail": error}) from error
