"""Corrections of a draft: lines by hand, lines taken out, notes, invoices left out. The document is made again each time."""

import datetime as dt
import uuid
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import detail, drafting, locks
from chappe.apps.billing.access import AREA
from chappe.apps.billing.documents import Calls, build, calls_fields
from chappe.apps.billing.due.calls import INLINE_CALLS
from chappe.apps.billing.due.charge import Window
from chappe.apps.billing.due.difference import billed_before
from chappe.apps.billing.models import BilledLine, Invoice, Parked, Run
from chappe.apps.customers.models import Brand
from chappe.core.billing.amounts import cents
from chappe.core.billing.vat import VatUnknownError
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("billing.line_added", gettext_noop("{actor} added the line “{label}” to {object}"))
register_sentence("billing.line_removed", gettext_noop("{actor} took the line “{label}” out of {object}"))
register_sentence("billing.line_restored", gettext_noop("{actor} put the line “{label}” back in {object}"))
register_sentence("billing.excluded", gettext_noop("{actor} left {object} out of the run"))
register_sentence("billing.included", gettext_noop("{actor} took {object} back in the run"))
register_sentence("billing.noted", gettext_noop("{actor} wrote a note on {object}"))
register_sentence("billing.parked", gettext_noop("{actor} put {customer} aside: {sentence}"))

OPEN_RUNS = {Run.State.READY, Run.State.CHECKED}


def brand_of(invoice: Invoice) -> Brand:
    """The seller of an invoice. Raises ValidationError when there is none."""
    brand = invoice.customer.brand
    brand = brand or Brand.objects.filter(owner=invoice.owner_id, is_default=True, active=True).first()
    if brand is None:
        raise ValidationError(_("There is no seller’s identity to invoice under: make a brand, or a default one."))
    return brand


def draft(invoice: Invoice, actor: Actor, level: Level = Level.WRITE) -> Invoice:
    """The draft locked, once the actor may touch it. Raises ValidationError when it is issued, or its run closed."""
    if actor.user is not None:
        require_on(actor.user, invoice, level)
    locked = locks.invoices([invoice.pk])
    if not locked or locked[0].state == Invoice.State.ISSUED:
        raise ValidationError(_("This invoice is issued: it can only be amended by a credit note."))
    if locked[0].run is not None and locked[0].run.state not in OPEN_RUNS:
        raise ValidationError(_("The run is being computed or issued: wait for its end."))
    return locked[0]


def rebuild(invoice: Invoice) -> None:
    """Make the document of a draft again from its lines, with the calls it had, and save it."""
    lines = list(invoice.lines.order_by("position", "pk"))
    before = {}
    if invoice.run is not None:
        before = billed_before([invoice.customer_id], Window(invoice.run.month, invoice.run.lookback)).get(
            invoice.customer_id, {}
        )
    old = invoice.read_document()
    try:
        if invoice.kind == Invoice.Kind.CORRECTED or (invoice.run is None and invoice.preceding is not None):
            _amending(invoice, lines)
        else:
            drafting.fill(invoice, lines, brand_of(invoice), drafting.About(history=old.history, before=before))
    except (VatUnknownError, ValueError) as error:
        raise ValidationError(_("The invoice cannot be computed: %(why)s.") % {"why": error}) from error
    document = invoice.read_document()
    document = replace(document, groups=old.groups, calls=old.calls, calls_total=old.calls_total)
    invoice.document = document.as_data()
    invoice.save()
    BilledLine.objects.bulk_update(lines, ["vat_category", "vat_rate"], batch_size=500)


def _amending(invoice: Invoice, lines: list[BilledLine]) -> None:
    preceding = invoice.preceding.read_document() if invoice.preceding else None
    document = build(invoice, lines, brand=brand_of(invoice), calls=Calls(), preceding=preceding)
    invoice.document, invoice.net, invoice.tax, invoice.gross = (
        document.as_data(),
        document.net,
        document.tax,
        document.gross,
    )
    invoice.due_date = document.due_date
    kept = [line for line in lines if not line.is_removed]
    net = sum(line.net for line in kept)
    invoice.subscriptions = sum(line.net for line in kept if line.section in {"subscriptions", "options"})
    invoice.communications = sum(line.net for line in kept if line.section in {"communications", "third_party"})
    invoice.others = net - invoice.subscriptions - invoice.communications


def _reread_calls(invoice: Invoice) -> None:
    """After a line of communications went or came back: the detail has other calls."""
    found = detail.listed(invoice, INLINE_CALLS)
    total = sum(len(page) for page in detail.raw_rows(invoice))
    given = Calls(detail.groups(invoice), list(found), total)
    with translation.override(invoice.customer.language):
        told = calls_fields(given, invoice.customer)
    invoice.document = replace(invoice.read_document(), **told).as_data()
    invoice.save(update_fields=["document"])


def add_line(
    *, actor: Actor, invoice: Invoice, label: str, price: int, quantity: Decimal = Decimal(1), **more: Any
) -> BilledLine:
    """Add a line by hand; ``more``: section, rate_class, nature, note, period_from, period_to. A negative price gives back."""
    with transaction.atomic():
        locked = draft(invoice, actor)
        net = cents(Fraction(quantity) * price)
        line = BilledLine(
            invoice=locked,
            customer_id=locked.customer_id,
            key=f"manual:{uuid.uuid4().hex}",
            position=(locked.lines.order_by("-position").values_list("position", flat=True).first() or 0) + 1,
            label=label.strip(),
            quantity=quantity if price >= 0 else -quantity,
            price=abs(price),
            net=net,
            is_manual=True,
            month=locked.month,
            **more,
        )
        line.full_clean(exclude=["key"])
        line.save()
        rebuild(locked)
        event(actor, locked, "billing.line_added", label=line.label)
    return line


def remove_line(*, actor: Actor, line: BilledLine) -> None:
    """Take a line out of a draft: one by hand goes, a computed one stays due and comes back in the next run."""
    with transaction.atomic():
        locked = draft(line.invoice, actor)
        if line.is_manual:
            line.delete()
        else:
            BilledLine.objects.filter(pk=line.pk).update(is_removed=True)
        rebuild(locked)
        if line.key.startswith("calls:"):
            _reread_calls(locked)
        event(actor, locked, "billing.line_removed", label=line.label)


def restore_line(*, actor: Actor, line: BilledLine) -> None:
    """Put back a computed line that was taken out."""
    with transaction.atomic():
        locked = draft(line.invoice, actor)
        BilledLine.objects.filter(pk=line.pk).update(is_removed=False)
        rebuild(locked)
        if line.key.startswith("calls:"):
            _reread_calls(locked)
        event(actor, locked, "billing.line_restored", label=line.label)


def set_note(*, actor: Actor, invoice: Invoice, note: str) -> None:
    """Write a note that the invoice prints."""
    with transaction.atomic():
        locked = draft(invoice, actor)
        locked.note = note.strip()
        rebuild(locked)
        event(actor, locked, "billing.noted")


def exclude(*, actor: Actor, invoice: Invoice) -> None:
    """Leave a draft out of its run: what is due stays due."""
    _switch(actor, invoice, Invoice.State.EXCLUDED, "billing.excluded")


def include(*, actor: Actor, invoice: Invoice) -> None:
    """Take back a draft that was left out."""
    _switch(actor, invoice, Invoice.State.DRAFT, "billing.included")


def park(*, actor: Actor, invoice: Invoice, sentence: str) -> Parked:
    """Put the customer aside for this run, with a sentence for whoever wonders."""
    if invoice.run is None:
        raise ValidationError(_("Only an invoice of a run can be put aside."))
    with transaction.atomic():
        locked = draft(invoice, actor)
        locked.state = Invoice.State.EXCLUDED
        locked.save(update_fields=["state"])
        parked, _new = Parked.objects.update_or_create(
            run=locked.run, customer=locked.customer, code="by_hand",
            defaults={"sentence_by_hand": sentence.strip()[:300], "net": locked.sign * locked.net},
        )  # fmt: skip
        _total(locked.run)
        event(actor, locked, "billing.parked", customer=str(locked.customer), sentence=sentence)
    return parked


def _switch(actor: Actor, invoice: Invoice, state: str, verb: str) -> None:
    with transaction.atomic():
        locked = draft(invoice, actor)
        if locked.state == state:
            return
        locked.state = state
        locked.save(update_fields=["state"])
        if locked.run is not None:
            Parked.objects.filter(run=locked.run, customer=locked.customer, code="by_hand").delete()
            _total(locked.run)
        event(actor, locked, verb)


def _total(run: Run) -> None:
    drafting.total(run)
    run.save(update_fields=["net", "gross", "invoices_count", "parked_count"])


def single(*, actor: Actor, customer: Any, series: Any, issue_date: dt.date) -> Invoice:
    """An empty draft out of any run, for lines by hand."""
    invoice = Invoice(
        owner=customer.owner, customer=customer, series=series, issue_date=issue_date, month=issue_date.replace(day=1)
    )
    if actor.user is not None:
        require_on(actor.user, customer, Level.READ)
        require(actor.user, AREA, Level.WRITE)
    document = build(invoice, [], brand=brand_of(invoice))
    invoice.document = document.as_data()
    invoice.save()
    return invoice
