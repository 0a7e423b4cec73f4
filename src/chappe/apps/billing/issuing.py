"""Issue: in one transaction an invoice takes its number, its document is frozen and the journal tells it. Nothing else numbers.

A process killed in the middle leaves neither number nor gap: the counter's row goes back with the rest.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import events, journal, locks
from chappe.apps.billing.models import Invoice, JournalEntry, SeriesYear
from chappe.core.billing.chain import fingerprint
from chappe.core.billing.numbering import number_text
from chappe.core.billing.totals import check
from chappe.kit.access.actor import Actor
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("billing.issued", gettext_noop("{actor} issued {object}"))


def issue_all(invoice_ids: Iterable[int], *, actor: Actor) -> list[Invoice]:
    """Issue drafts together: all of them or none. Those already issued are left alone (a job may run again).

    Raises ValidationError with a sentence: left out, empty, a date before the last number of the series.
    """
    with transaction.atomic():
        rows = [row for row in locks.invoices(invoice_ids) if row.state != Invoice.State.ISSUED]
        counters: dict[tuple[int, int], SeriesYear] = {}
        # Counters in the order of their keys, as every other transaction takes them.
        for series, year in sorted({(row.series_id, row.issue_date.year) for row in rows}):
            one = next(row.series for row in rows if row.series_id == series)
            counters[series, year] = locks.series_year(one, year)
        for row in sorted(rows, key=lambda row: (row.issue_date, row.pk)):
            _freeze(row, counters[row.series_id, row.issue_date.year])
        for counter in counters.values():
            counter.save(update_fields=["last", "last_date"])
        for row in sorted(rows, key=lambda row: (row.owner_id or 0, row.number or "")):
            _tell(row, actor)
    return rows


def _freeze(invoice: Invoice, counter: SeriesYear) -> None:
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
    document = replace(document, number=text)
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
