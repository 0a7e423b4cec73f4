"""Amend an issued invoice: a credit note on the whole or on lines, or a corrected invoice. The issued one never changes.

Two kinds of credit note: a gesture leaves what is due as it was (nothing is billed again); a cancellation gives the
whole invoice back, so that the next run bills it anew as things are then.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import editing, events
from chappe.apps.billing.documents import build, vat_told
from chappe.apps.billing.models import BilledLine, Invoice, Series
from chappe.core.billing.document import CENT
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("billing.credited", gettext_noop("{actor} drew up a credit note on {object}: {reason}"))
register_sentence("billing.corrected", gettext_noop("{actor} drew up a corrected invoice for {object}: {reason}"))

_COPIED = (
    "label", "section", "nature", "rate_class", "period_from", "period_to", "month", "until", "line_number", "product_id",
)  # fmt: skip


def credit(
    *,
    actor: Actor,
    invoice: Invoice,
    reason: str,
    issue_date: dt.date,
    amounts: Mapping[int, int] | None = None,
    quantities: Mapping[int, Decimal] | None = None,
    bill_again: bool = False,
) -> Invoice:
    """A draft credit note on ``invoice``. ``amounts``: nano excl. VAT by key of line; None: all that is left of it.
    ``quantities``: of lines whose amount is that many units at their price; another line is told as one amount.

    ``bill_again`` cancels the whole: once the credit note is issued the lines are due again. Raises ValidationError:
    not issued, nothing left, more than what is left of a line, no reason.
    """
    _allowed(actor, invoice, reason)
    if bill_again and amounts is not None:
        raise ValidationError(_("Only a whole invoice can be billed again."))
    with transaction.atomic():
        left = left_of(invoice)
        if bill_again and any(left[line.pk] != line.net for line in _lines(invoice)):
            raise ValidationError(
                _("A part of this invoice is credited already: it cannot be billed again as a whole.")
            )
        taken = {pk: net for pk, net in (amounts or left).items() if net}
        for pk, net in taken.items():
            if pk not in left or net * left[pk] <= 0 or abs(net) > abs(left[pk]) or net % CENT:
                raise ValidationError(_("More than what is left of a line cannot be credited."))
        if sum(taken.values()) <= 0:
            raise ValidationError(_("Nothing is left to credit on this invoice."))
        made = _draft(invoice, Invoice.Kind.CREDIT_NOTE, reason, issue_date)
        units, document = quantities or {}, invoice.read_document()
        lines = [
            _reverse(line, taken[line.pk], {"again": bill_again, "vat": vat_told(document, line)}, units.get(line.pk))
            for line in _lines(invoice)
            if line.pk in taken
        ]
        _fill(made, lines, invoice)
        event(actor, invoice, "billing.credited", reason=reason)
    return made


def correct(*, actor: Actor, invoice: Invoice, reason: str, issue_date: dt.date) -> Invoice:
    """A draft corrected invoice (384): the same lines, to be edited; issued, it takes the place of ``invoice``."""
    _allowed(actor, invoice, reason)
    with transaction.atomic():
        if any(net != line.net for line in _lines(invoice) for net in [left_of(invoice)[line.pk]]):
            raise ValidationError(_("A part of this invoice is credited already: credit the rest instead."))
        made = _draft(invoice, Invoice.Kind.CORRECTED, reason, issue_date)
        lines = []
        for line in _lines(invoice):
            line.pk, line._state.adding = None, True
            lines.append(line)
        _fill(made, lines, invoice)
        event(actor, invoice, "billing.corrected", reason=reason)
    return made


def left_of(invoice: Invoice) -> dict[int, int]:
    """What credit notes, drafts included, have left of each line: nano excl. VAT by key of line."""
    left = {line.pk: line.net for line in _lines(invoice)}
    credits = BilledLine.objects.filter(
        invoice__preceding=invoice, invoice__kind=Invoice.Kind.CREDIT_NOTE, is_removed=False
    )
    for of, net in credits.values_list("params__of").annotate(sum=Sum("net")).values_list("params__of", "sum"):
        if of in left:
            left[of] += net
    return left


def _lines(invoice: Invoice) -> list[BilledLine]:
    return list(invoice.lines.filter(is_removed=False).order_by("position", "pk"))


def _allowed(actor: Actor, invoice: Invoice, reason: str) -> None:
    if actor.user is not None:
        require_on(actor.user, invoice, Level.ADMIN)
    if invoice.state != Invoice.State.ISSUED:
        raise ValidationError(_("Only an issued invoice is amended; a draft is edited."))
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        raise ValidationError(_("A credit note is not amended: make an invoice."))
    if invoice.is_rebilled or invoice.amended_by.filter(kind=Invoice.Kind.CORRECTED).exists():
        raise ValidationError(_("This invoice has been cancelled or corrected already."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: the reason is printed.")})


def _draft(invoice: Invoice, kind: str, reason: str, issue_date: dt.date) -> Invoice:
    series = invoice.series
    if kind == Invoice.Kind.CREDIT_NOTE:
        series = Series.objects.filter(owner=invoice.owner_id, for_credit_notes=True).first() or series
    return Invoice(
        owner_id=invoice.owner_id,
        customer=invoice.customer,
        series=series,
        kind=kind,
        month=invoice.month,
        issue_date=issue_date,
        preceding=invoice,
        reason=reason.strip()[:300],
    )


def _reverse(line: BilledLine, net: int, told: dict[str, Any], units: Decimal | None = None) -> BilledLine:
    copied: dict[str, Any] = {name: getattr(line, name) for name in _COPIED}
    units = line.quantity if net == line.net else units
    quantity, price = (-units, line.price) if units is not None else (-1 if net > 0 else 1, abs(net))
    params = {"of": line.pk, **told}
    key = f"credit:{uuid.uuid4().hex}"
    return BilledLine(
        **copied, key=key, net=-net, quantity=quantity, price=price, unit=line.unit, is_manual=True, params=params
    )


def _fill(made: Invoice, lines: list[BilledLine], invoice: Invoice) -> None:
    brand = editing.brand_of(made)
    document = build(made, lines, brand=brand, preceding=invoice.read_document())
    made.document, made.net, made.tax, made.gross = document.as_data(), document.net, document.tax, document.gross
    made.due_date = document.due_date
    made.subscriptions = sum(line.net for line in lines if line.section in {"subscriptions", "options"})
    made.communications = sum(line.net for line in lines if line.section in {"communications", "third_party"})
    made.others = sum(line.net for line in lines) - made.subscriptions - made.communications
    made.save()
    for place, line in enumerate(lines, start=1):
        line.invoice, line.customer_id, line.position = made, made.customer_id, place
    BilledLine.objects.bulk_create(lines, batch_size=500)


def _give_back(invoice: Invoice, actor: Actor) -> None:
    """When a cancelling credit note or a corrected invoice is issued, the lines of the old one no longer count as billed."""
    if invoice.preceding_id is None:
        return
    cancels = invoice.kind == Invoice.Kind.CREDIT_NOTE and invoice.lines.filter(params__again=True).exists()
    if cancels or invoice.kind == Invoice.Kind.CORRECTED:
        Invoice.objects.filter(pk=invoice.preceding_id).update(is_rebilled=True)


events.on("issued", _give_back)
