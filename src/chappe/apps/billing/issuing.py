"""Issue: in one transaction an invoice takes its number, its document is frozen and the journal tells it. Nothing else numbers.

A process killed in the middle leaves neither number nor gap: the counter's row goes back with the rest.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import events, journal, locks
from chappe.apps.billing.models import Invoice, JournalEntry, SeriesYear
from chappe.core.billing.chain import fingerprint
from chappe.core.billing.document import Document
from chappe.core.billing.numbering import number_text
from chappe.core.billing.totals import check, with_paid
from chappe.kit.access.actor import Actor
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("billing.issued", gettext_noop("{actor} issued {object}"))

Advances = Callable[[Sequence[int]], dict[int, int]]
_advances: list[Advances] = []


def advances_with(function: Advances) -> Advances:
    """The payments app says here what may be set against drafts (their keys): nano paid in advance, by key of customer.

    It locks those customers, before the invoices are, and when it hears ``issued`` it allocates what the document says
    is paid, in the same transaction: a number is never taken with a credit that another invoice has used.
    """
    if function not in _advances:
        _advances.append(function)
    return function


def issue_all(invoice_ids: Iterable[int], *, actor: Actor) -> list[Invoice]:
    """Issue drafts together: all of them or none. Those already issued are left alone (a job may run again).

    Raises ValidationError with a sentence: left out, empty, a date before the last number of the series.
    """
    ids = list(invoice_ids)
    with transaction.atomic():
        credit: dict[int, int] = {}
        for ask in _advances:
            credit |= ask(ids)
        rows = [row for row in locks.invoices(ids) if row.state != Invoice.State.ISSUED]
        counters: dict[tuple[int, int], SeriesYear] = {}
        # Counters in the order of their keys, as every other transaction takes them.
        for series, year in sorted({(row.series_id, row.issue_date.year) for row in rows}):
            one = next(row.series for row in rows if row.series_id == series)
            counters[series, year] = locks.series_year(one, year)
        for row in sorted(rows, key=lambda row: (row.issue_date, row.pk)):
            _freeze(row, counters[row.series_id, row.issue_date.year], credit)
        for counter in counters.values():
            counter.save(update_fields=["last", "last_date"])
        for row in sorted(rows, key=lambda row: (row.owner_id or 0, row.number or "")):
            _tell(row, actor)
    return rows


def _freeze(invoice: Invoice, counter: SeriesYear, credit: dict[int, int]) -> None:
    if invoice.state != Invoice.State.DRAFT:
        raise ValidationError(_("%(invoice)s is left out: take it back first.") % {"invoice": invoice})
    if counter.last_date is not None and invoice.issue_date < counter.last_date:
        raise ValidationError(
            _("%(day)s comes before the last invoice of the series (%(last)s): numbers follow the dates.")
            % {"day": invoice.issue_date.isoformat(), "last": counter.last_date.isoformat()}
        )
    if invoice.issue_date > timezone.localdate() + dt.timedelta(days=31):
        raise ValidationError(_("An invoice cannot be dated more than a month ahead."))
    document = invoice.read_document()
    if not document.lines:
        raise ValidationError(_("%(invoice)s has no line.") % {"invoice": invoice})
    number = counter.last + 1
    text = number_text(invoice.series.pattern, invoice.series.prefix, invoice.issue_date.year, number)
    document = _set_against(replace(document, number=text), invoice, credit)
    if faults := check(document):
        raise ValidationError(
            _("The sums of %(invoice)s do not meet: %(faults)s.") % {"invoice": text, "faults": ", ".join(faults)}
        )
    counter.last, counter.last_date = number, invoice.issue_date
    invoice.number, invoice.state, invoice.issued_at = text, Invoice.State.ISSUED, timezone.now()
    invoice.document = document.as_data()
    invoice.sha256 = fingerprint(invoice.document)
    invoice.net, invoice.tax, invoice.gross = document.net, document.tax, document.gross
    invoice.due_date = document.due_date
    invoice.save()


def _set_against(document: Document, invoice: Invoice, credit: dict[int, int]) -> Document:
    """What the customer paid in advance pays the document as it is frozen; the rest of it stays for its next ones."""
    paid = min(credit.get(invoice.customer_id, 0), document.gross)
    if invoice.kind == Invoice.Kind.CREDIT_NOTE or paid <= 0:
        return document
    credit[invoice.customer_id] -= paid
    with translation.override(document.language):
        terms = _("Paid in advance: nothing is left to pay.")
        return with_paid(document, paid, day=timezone.localdate(), terms=terms)


def _tell(invoice: Invoice, actor: Actor) -> None:
    kind, amount = JournalEntry.Kind.INVOICE, invoice.sign * invoice.gross
    if invoice.sign < 0:
        kind = JournalEntry.Kind.CREDIT_NOTE
    elif invoice.kind == Invoice.Kind.CORRECTED and invoice.preceding is not None:
        kind, amount = JournalEntry.Kind.CORRECTION, invoice.gross - invoice.preceding.gross  # it takes its place
    journal.append(
        kind,
        actor=actor,
        owner=invoice.owner,
        reference=invoice.number or "",
        customer_number=invoice.customer.number,
        amount=amount,
        data=_journal_data(invoice),
    )
    event(actor, invoice, "billing.issued")
    events.tell("issued", invoice=invoice, actor=actor)


def _journal_data(invoice: Invoice) -> dict[str, Any]:
    """What an inspector needs without the document; its fingerprint ties the two."""
    document = invoice.document
    return {
        "uid": str(invoice.uid),
        "document_sha256": invoice.sha256,
        "issue_date": document["issue_date"],
        "due_date": document["due_date"],
        "kind": document["kind"],
        "seller_siren": document["seller"]["siren"],
        "buyer": document["buyer"]["name"],
        "buyer_siren": document["buyer"]["siren"],
        "net_nano": invoice.net,
        "tax_nano": invoice.tax,
        "gross_nano": invoice.gross,
        "vat": [{key: row[key] for key in ("category", "rate", "base", "tax")} for row in document["vat"]],
        "preceding": document["preceding_number"],
        "fiscal_module": journal.fiscal_fingerprint(),
        "version": journal.version(),
    }


def batches(ids: Sequence[int], size: int = 50) -> Iterable[Sequence[int]]:
    """Drafts cut into transactions small enough not to hold the series long."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
