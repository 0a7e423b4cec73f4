"""Verbs on collections: propose the debits of a day, make the file, say it was sent, settle, take rejections in, undo.

A debit is proposed for an issued invoice that is open, of a customer paid by SEPA under the creditor's brand, with a mandate
that may be used that day and enough notice. Whoever is left out is told, with a sentence; nobody is left out in silence.
"""

import datetime as dt
import io
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing.models import Invoice
from chappe.apps.customers import queries as customers
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.payments import mandates, queries, services
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Collection, Debit, Mandate, Payment
from chappe.core.sepa import debit as sepa
from chappe.core.sepa.values import Amendment, Creditor
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.services import store

register_sentence(
    "payments.collection_made", gettext_noop("{actor} made the file of {object}: {number} debits, {total}")
)
register_sentence("payments.collection_sent", gettext_noop("{actor} said that {object} was sent to the bank"))
register_sentence("payments.collection_settled", gettext_noop("{actor} settled {object}: {number} debits paid"))
register_sentence("payments.collection_undone", gettext_noop("{actor} undid {object}: {why}"))
register_sentence("payments.debit_rejected", gettext_noop("the bank rejected {object}: {why}"))

State, Of = Collection.State, Debit.State
UNDER_WAY = (Of.PLANNED, Of.SENT)


def propose(*, actor: Actor, brand: Brand, collect_on: dt.date, scheme: str = "CORE", owner: Any = None) -> Collection:
    """A draft with every debit that may be collected that day. Raises ValidationError when there is none, or for a past day."""
    if collect_on <= timezone.localdate():
        raise ValidationError(
            {"collect_on": _("The day of the debit must be after today: the bank needs a working day.")}
        )
    collection = Collection(brand=brand, collect_on=collect_on, scheme=scheme, owner=owner or brand.owner)
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        claim(actor.user, collection)
    with transaction.atomic():
        collection.save()
        debits, left_out = _proposed(collection)
        if not debits:
            told = "; ".join(f"{row['name']}: {row['why']}" for row in left_out[:3])
            raise ValidationError(_("There is nothing to collect that day. %(told)s") % {"told": told})
        Debit.objects.bulk_create(debits)
        collection.left_out = left_out
        _total(collection)
        audit.created(actor, collection)
    return collection


def _proposed(collection: Collection) -> tuple[list[Debit], list[dict[str, Any]]]:
    rows = Invoice.objects.filter(owner=collection.owner, customer__payment_means=Customer.Means.SEPA)
    rows = queries.with_open(rows).filter(open__gt=0, due_date__lte=collection.collect_on)
    rows = rows.exclude(debits__state__in=UNDER_WAY).select_related("customer__brand", "customer__owner")
    held = {
        mandate.customer_id: mandate
        for mandate in Mandate.objects.filter(owner=collection.owner, state=Mandate.State.ACTIVE).select_related(
            "customer"
        )
    }
    debits: list[Debit] = []
    left_out: list[dict[str, Any]] = []
    used: set[int] = set()
    for invoice in rows.order_by("due_date", "pk"):
        brand = customers.brand_of(invoice.customer)
        if brand is None or brand.pk != collection.brand_id:
            continue
        mandate = held.get(invoice.customer_id)
        why = _why_left_out(invoice, mandate, collection, used)
        if why:
            if mandate is None or mandate.scheme == collection.scheme:
                left_out.append(
                    {
                        "customer": invoice.customer_id,
                        "name": invoice.customer.name,
                        "invoice": invoice.number,
                        "why": str(why),
                    }
                )
            continue
        assert mandate is not None
        debits.append(_debit(collection, invoice, mandate, first=mandate.pk not in used))
        used.add(mandate.pk)
    return debits, left_out


def _why_left_out(invoice: Any, mandate: Mandate | None, collection: Collection, used: set[int]) -> Any:
    """Why an invoice is not collected that day; None when it is. One sentence, the first that applies."""
    if mandate is None:
        return _("no active mandate")
    if mandate.scheme != collection.scheme:
        return _("its mandate is of the other scheme")
    if mandate.signed_on is None or mandate.signed_on > collection.collect_on:
        return _("its mandate is not signed on that day")
    if mandates.is_lapsed(mandate, collection.collect_on):
        return _("its mandate was not used for 36 months: have it signed anew")
    if mandate.is_one_off and (mandate.first_used or mandate.pk in used):
        return _("its mandate was for one debit only")
    earliest = invoice.issue_date + dt.timedelta(days=mandate.notice_days)
    if earliest > collection.collect_on:
        return _("notice too short: not before %(day)s") % {"day": earliest.strftime("%d/%m/%Y")}
    return None


def _debit(collection: Collection, invoice: Any, mandate: Mandate, *, first: bool) -> Debit:
    sequence = "OOFF" if mandate.is_one_off else "FRST" if first and not mandate.first_used else "RCUR"
    return Debit(
        collection=collection, mandate=mandate, customer=invoice.customer, invoice=invoice, amount=invoice.open,
        end_to_end=_reference(invoice), sequence=sequence,
    )  # fmt: skip


def _reference(invoice: Invoice) -> str:
    """The invoice's number, then number-2, number-3 when it is presented again: it comes back in the bank's files."""
    tries = Debit.objects.filter(invoice=invoice).count()
    stem = (invoice.number or f"I{invoice.pk}")[:30]
    rank, made = tries + 1, stem if not tries else f"{stem}-{tries + 1}"
    while Debit.objects.filter(end_to_end=made).exists():
        rank += 1
        made = f"{stem}-{rank}"
    return made


def _total(collection: Collection) -> None:
    rows = collection.debits.exclude(state=Of.REMOVED)
    collection.number = rows.count()
    collection.total = rows.aggregate(total=Sum("amount"))["total"] or 0
    collection.save()


def remove(*, actor: Actor, debit: Debit) -> Debit:
    """Take a debit out of a draft; the invoice may be collected later. Raises ValidationError once the file is made."""
    with transaction.atomic():
        collection = _held(debit.collection, actor)
        if collection.state != State.DRAFT:
            raise ValidationError(_("The file is made: undo the collection to change it."))
        before = audit.snapshot(debit)
        debit.state = Of.REMOVED
        debit.save()
        _total(collection)
        audit.changed(actor, debit, before)
    return debit


def creditor_of(brand: Brand) -> Creditor:
    return Creditor(name=brand.legal_name or brand.name, iban=brand.iban, ics=brand.ics, bic=brand.bic)


def make_file(*, actor: Actor, collection: Collection) -> Collection:
    """The pain.008.001.08 file. Raises ValidationError with every fault, and makes nothing, when a value may not leave."""
    with transaction.atomic():
        row = _held(collection, actor)
        if row.state != State.DRAFT:
            raise ValidationError(_("The file is made already."))
        debits = list(row.debits.filter(state=Of.PLANNED).select_related("mandate__customer", "invoice"))
        _still_open(debits)
        now = timezone.localtime()
        row.message_id = f"CHAPPE-{row.pk}-{now:%Y%m%d%H%M}"
        creditor = creditor_of(row.brand)
        try:
            made = sepa.write(
                creditor, [_line(debit, row, creditor) for debit in debits], message_id=row.message_id, made_at=now
            )
        except sepa.Refused as refusal:
            raise ValidationError(_sentences(refusal, debits)) from refusal
        row.stored = store(
            io.BytesIO(made.data),
            name=f"{row.message_id}.xml",
            actor=actor,
            owner=row.owner,
            content_type="application/xml",
        )
        row.state, row.made_at, row.number, row.total = State.FILE, now, made.count, made.total
        row.save()
        audit.event(actor, row, "payments.collection_made", number=made.count, total=services._euros(made.total))
    return row


def _still_open(debits: Iterable[Debit]) -> None:
    """An invoice may have been paid since the draft: nobody is debited for what is not owed any more."""
    rows = {row.pk: row.open for row in queries.with_open(Invoice.objects.filter(debits__in=list(debits)))}
    paid = [debit.end_to_end for debit in debits if rows.get(debit.invoice_id, 0) < debit.amount]
    if paid:
        raise ValidationError(
            _(
                "Paid since the draft, in whole or in part: %(numbers)s. Take them out, or undo this draft and propose it again."
            )
            % {"numbers": ", ".join(paid[:10])}
        )


def _line(debit: Debit, collection: Collection, creditor: Creditor) -> sepa.Debit:
    mandate = debit.mandate
    assert mandate.signed_on is not None
    return sepa.Debit(
        end_to_end=debit.end_to_end, amount=debit.amount, name=mandate.name, iban=mandate.iban, rum=mandate.rum,
        signed_on=mandate.signed_on, sequence=debit.sequence, collected_on=collection.collect_on, scheme=collection.scheme,
        bic=mandate.bic, text=f"{creditor.name} {debit.invoice.number}", amendment=_amendment(mandate, creditor),
    )  # fmt: skip


def _amendment(mandate: Mandate, creditor: Creditor) -> Amendment:
    """What differs from the values of the last debit; nothing before the first."""
    if not mandate.first_used:
        return Amendment()
    return Amendment(
        rum=mandate.sent_rum if mandate.sent_rum and mandate.sent_rum != mandate.rum else "",
        ics=mandate.sent_ics if mandate.sent_ics and mandate.sent_ics != creditor.ics else "",
        creditor_name=mandate.sent_creditor
        if mandate.sent_creditor and mandate.sent_creditor != creditor.name[:70]
        else "",
        iban=mandate.sent_iban if mandate.sent_iban and mandate.sent_iban != mandate.iban else "",
    )


def _sentences(refusal: sepa.Refused, debits: list[Debit]) -> list[str]:
    language = (translation.get_language() or "fr")[:2]
    told = []
    for index, issue in refusal.issues[:20]:
        who = debits[index].customer.name if index >= 0 else _("Creditor")
        told.append(f"{who}: {issue.sentence(language)}")
    return told


def mark_sent(*, actor: Actor, collection: Collection) -> Collection:
    """The file was given to the bank: its debits are under way and its mandates are used."""
    with transaction.atomic():
        row = _held(collection, actor)
        if row.state != State.FILE:
            raise ValidationError(_("Make the file first."))
        row.state, row.sent_at = State.SENT, timezone.now()
        row.save()
        creditor = creditor_of(row.brand)
        for debit in row.debits.filter(state=Of.PLANNED).select_related("mandate"):
            _use(debit, row, creditor)
        audit.event(actor, row, "payments.collection_sent")
    return row


def _use(debit: Debit, collection: Collection, creditor: Creditor) -> None:
    debit.state = Of.SENT
    debit.save()
    mandate = debit.mandate
    mandate.first_used = mandate.first_used or collection.collect_on
    mandate.last_used = collection.collect_on
    mandate.sent_rum, mandate.sent_iban = mandate.rum, mandate.iban
    mandate.sent_ics, mandate.sent_creditor = creditor.ics, creditor.name[:70]
    mandate.save()


def settle(*, actor: Actor, collection: Collection, day: dt.date | None = None) -> int:
    """The bank paid: one payment a debit still under way. Answers how many. Raises ValidationError when it was not sent."""
    with transaction.atomic():
        row = _held(collection, actor)
        if row.state not in {State.SENT, State.SETTLED}:
            raise ValidationError(_("Only a collection that was sent can be settled."))
        rows = list(row.debits.filter(state=Of.SENT).select_related("customer", "invoice"))
        for debit in rows:
            pay(actor=actor, debit=debit, day=day or row.collect_on)
        row.state = State.SETTLED
        row.save()
        audit.event(actor, row, "payments.collection_settled", number=len(rows))
    return len(rows)


def pay(*, actor: Actor, debit: Debit, day: dt.date) -> Payment:
    """One debit was paid. What its invoice no longer needs stays in credit."""
    with transaction.atomic():
        row = Debit.objects.select_for_update(of=("self",)).select_related("customer", "invoice").get(pk=debit.pk)
        if row.state != Of.SENT:
            raise ValidationError(_("%(debit)s is not under way.") % {"debit": row})
        open_now = queries.open_of(row.invoice)
        part = max(0, min(open_now, row.amount))
        rounds = Payment.objects.filter(key__startswith=f"debit:{row.pk}:").count()
        row.payment = services.record(
            actor=actor, customer=row.customer, amount=row.amount, day=day, means=Payment.Means.DEBIT, reference=row.end_to_end,
            parts=[(row.invoice, part)] if part else [], key=f"debit:{row.pk}:{rounds}",
        )  # fmt: skip
        row.state = Of.PAID
        row.save()
    return row.payment


def take_back(*, actor: Actor, debit: Debit, reason: str, day: dt.date) -> Debit:
    """The bank rejected a debit before paying it, or returned it after: the invoice is open again, and may be presented again."""
    with transaction.atomic():
        row = (
            Debit.objects.select_for_update(of=("self",))
            .select_related("payment", "mandate", "customer")
            .get(pk=debit.pk)
        )
        if actor.user is not None:
            require_on(actor.user, row, Level.WRITE)
        if row.state == Of.PAID and row.payment is not None:
            services.reject(actor=actor, payment=row.payment, reason=f"{reason} {row.end_to_end}".strip(), day=day)
            row.state = Of.RETURNED
        elif row.state == Of.SENT:
            row.state = Of.REJECTED
            if row.sequence == "FRST":  # nothing was ever paid under it: the next one is the first again
                Mandate.objects.filter(pk=row.mandate_id).update(first_used=None, last_used=None)
        else:
            raise ValidationError(_("%(debit)s is not under way.") % {"debit": row})
        row.reason = reason[:10]
        row.save()
        audit.event(actor, row, "payments.debit_rejected", why=reason)
    return row


def undo(*, actor: Actor, collection: Collection, why: str) -> Collection:
    """Forget a draft or a file that never left. Raises ValidationError once it was sent."""
    with transaction.atomic():
        row = _held(collection, actor)
        if row.state not in {State.DRAFT, State.FILE}:
            raise ValidationError(_("It was sent to the bank: it cannot be undone here."))
        row.debits.filter(state=Of.PLANNED).update(state=Of.REMOVED)
        row.state = State.CANCELLED
        row.save()
        audit.event(actor, row, "payments.collection_undone", why=why or "–")
    return row


def _held(collection: Collection, actor: Actor) -> Collection:
    row = Collection.objects.select_for_update(of=("self",)).select_related("brand", "owner").get(pk=collection.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row
