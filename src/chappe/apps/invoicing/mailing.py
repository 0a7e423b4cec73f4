"""An invoice by mail: text in the customer's language, the PDF and the detail attached, once by itself, again by hand.

Nothing leaves that has not passed the rules. The mail itself (retries, what came back) is kit.mail's.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import queries
from chappe.apps.invoicing.models import IssuedFile, Production
from chappe.connectors.einvoice.production import CSV, PDF
from chappe.core.einvoice import wording as say
from chappe.core.einvoice.terms import DIRECT_DEBIT
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit
from chappe.kit.mail import services as mail

ATTACHED = (PDF, CSV)


class _Holes(dict):
    """A hole that nobody fills stays visible instead of stopping the mail."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def holes(invoice: Invoice) -> dict[str, str]:
    """What a template may name: {number} {customer} {seller} {amount} {due_date} {period}."""
    document = invoice.read_document()
    language = document.language
    return {
        "number": document.number,
        "customer": document.buyer.name,
        "seller": document.seller.name,
        "amount": say.money(document.due, language, document.currency),
        "due_date": say.date(document.due_date, language) if document.due_date else "",
        "period": say.period(document.period_from, document.period_to, language),
    }


def written(invoice: Invoice) -> tuple[str, str]:
    """Subject and text of the mail: the brand's own, else ours in the customer's language."""
    document = invoice.read_document()
    brand = queries.brand_of(invoice, document)
    with translation.override(document.language):
        if invoice.kind == Invoice.Kind.CREDIT_NOTE:
            subject, text = _g("{seller}: your credit note {number}"), str(CREDIT_TEXT)
        else:
            asks = DEBIT_TEXT if document.payment_means == DIRECT_DEBIT else INVOICE_TEXT
            subject, text = _g("{seller}: your invoice {number}"), str(asks if document.due > 0 else NOTHING_TEXT)
    if brand is not None:
        subject, text = brand.mail_subject or subject, brand.mail_text or text
    told = _Holes(holes(invoice))
    return subject.format_map(told), text.format_map(told)


INVOICE_TEXT = _(
    "Good day,\n\nHere is your invoice {number} ({period}), of {amount}, to be paid by {due_date}.\n\nKind regards,\n{seller}"
)
DEBIT_TEXT = _(
    "Good day,\n\nHere is your invoice {number} ({period}), of {amount}. It will be debited from your account on {due_date}.\n\n"
    "Kind regards,\n{seller}"
)
NOTHING_TEXT = _(
    "Good day,\n\nHere is your invoice {number} ({period}). Nothing is left to pay.\n\nKind regards,\n{seller}"
)
CREDIT_TEXT = _("Good day,\n\nHere is your credit note {number}, of {amount}.\n\nKind regards,\n{seller}")


def why_not(invoice: Invoice) -> Any:
    """The sentence that says why nothing may leave yet; None when it may."""
    row = queries.production_of(invoice)
    if row is None or row.state == Production.State.WAITING:
        return _("The files of this invoice are still being made.") if invoice.number else _("This invoice is a draft.")
    if row.state == Production.State.BLOCKED:
        return _("The rules refuse this invoice, so it may not leave: %(reason)s") % {"reason": row.first_sentence()}
    if row.state == Production.State.FAILED:
        return _("The files of this invoice could not be made: %(reason)s") % {"reason": row.problem}
    return None


def send(
    *, actor: Actor, invoice: Invoice, to: str | Sequence[str] = (), subject: str = "", text: str = "", key: str = ""
) -> Any:
    """Put the invoice in the outbox and return the message. ``to`` empty: the customer's addresses for invoices.

    Raises ValidationError with a sentence: not checked yet or refused, no address.
    """
    if reason := why_not(invoice):
        raise ValidationError(reason)
    people = to or invoice.customer.emails
    if not people:
        raise ValidationError(
            _("%(customer)s has no e-mail for invoices: fill one in on its page.") % {"customer": invoice.customer}
        )
    ours = written(invoice)
    files = [
        row.stored for row in IssuedFile.objects.filter(invoice=invoice, kind__in=ATTACHED).select_related("stored")
    ]
    message = mail.send(
        actor=actor, to=people, subject=subject or ours[0], text=text or ours[1], attachments=files,
        owner=invoice.owner, about=invoice, key=key,
    )  # fmt: skip
    if not Production.objects.filter(invoice=invoice).exclude(mail=message).update(mail=message):
        return message  # the same key once more: it is in the outbox already
    audit.event(actor, invoice, "invoicing.mailed", to=message.to_text[:200])
    return message


def automatic_key(invoice: Invoice) -> str:
    """The mail that leaves by itself leaves once, whatever is run again."""
    return f"invoice:{invoice.uid}"
