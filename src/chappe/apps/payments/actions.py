"""The acts of the screens of payments: thin, the verbs are in services, mandates, collections, bank and reminding."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.payments import bank, collections, mandates, queries, reminding, services
from chappe.apps.payments.models import BankStatement, Collection, Debit, Mandate, Movement, Payment, Reminder
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.documents.services import store
from chappe.kit.screens.declare import Done
from chappe.kit.ui.formats import money


def each(verb: Any, objects: list[Any], **given: Any) -> tuple[int, str]:
    """Apply ``verb`` to each; how many went through, and the first refusal. Raises it when none did."""
    done, refusal = 0, ""
    for row in objects:
        try:
            verb(row, **given)
            done += 1
        except ValidationError as error:
            refusal = refusal or " ".join(error.messages)
    if not done and refusal:
        raise ValidationError(refusal)
    return done, refusal


# -- mandates ------------------------------------------------------------------------------------------------------
def sign(*, actor: Actor, objects: list[Mandate], signed_on: dt.date, place: str, file: Any = None) -> Done:
    [mandate] = objects
    proof = store(file.file, name=file.name, actor=actor, owner=mandate.owner) if file else None
    mandates.activate(actor=actor, mandate=mandate, signed_on=signed_on, place=place, proof=proof)
    return Done(_("The mandate is active: its customer may be debited."))


def mover(state: str, done: Any) -> Any:
    """An act that brings mandates to ``state``."""

    def perform(*, actor: Actor, objects: list[Mandate], why: str = "") -> Done:
        for mandate in objects:
            mandates.move(actor=actor, mandate=mandate, state=state, why=why)
        return Done(done)

    return perform


# -- collections -----------------------------------------------------------------------------------------------------
def create_collection(*, actor: Actor, data: dict[str, Any]) -> Collection:
    return collections.propose(
        actor=actor, brand=data["brand"], collect_on=data["collect_on"], scheme=data.get("scheme") or "CORE"
    )


def make_file(*, actor: Actor, objects: list[Collection]) -> Done:
    [row] = objects
    made = collections.make_file(actor=actor, collection=row)
    return Done(
        _("The file is made: %(n)s debits, %(total)s. Download it and give it to the bank.")
        % {"n": made.number, "total": money(made.total)}
    )


def mark_sent(*, actor: Actor, objects: list[Collection]) -> Done:
    collections.mark_sent(actor=actor, collection=objects[0])
    return Done(_("Its debits are under way."))


def settle(*, actor: Actor, objects: list[Collection], day: dt.date) -> Done:
    number = collections.settle(actor=actor, collection=objects[0], day=day)
    return Done(ngettext("%(n)d debit is paid.", "%(n)d debits are paid.", number) % {"n": number})


def undo_collection(*, actor: Actor, objects: list[Collection], why: str) -> Done:
    collections.undo(actor=actor, collection=objects[0], why=why)
    return Done(_("The collection is undone: its invoices may be collected again."))


def remove_debit(*, actor: Actor, objects: list[Debit]) -> Done:
    number, refusal = each(lambda row: collections.remove(actor=actor, debit=row), objects)
    told = ngettext("%(n)d debit is taken out.", "%(n)d debits are taken out.", number)
    return Done(f"{told % {'n': number}} {refusal}".strip())


def take_back(*, actor: Actor, objects: list[Debit], reason: str, day: dt.date) -> Done:
    for debit in objects:
        collections.take_back(actor=actor, debit=debit, reason=reason, day=day)
    return Done(_("The invoice is open again."))


# -- payments --------------------------------------------------------------------------------------------------------
def create_payment(*, actor: Actor, data: dict[str, Any]) -> Payment:
    return services.record(
        actor=actor, customer=data["customer"], amount=data["amount"], day=data["day"],
        means=data.get("means") or Payment.Means.TRANSFER, reference=data.get("reference", ""), label=data.get("label", ""),
    )  # fmt: skip


def cancel_payment(*, actor: Actor, objects: list[Payment], why: str) -> Done:
    services.cancel(actor=actor, payment=objects[0], why=why)
    return Done(_("The payment is cancelled by an opposite row: its invoices are open again."))


def _numbered(actor: Actor, payment: Payment, number: str) -> Invoice:
    rows = Invoice.objects.filter(customer=payment.customer, number=number.strip(), state=Invoice.State.ISSUED)
    found = (visible_to(actor.user, rows) if actor.user is not None else rows).first()
    if found is None:
        raise ValidationError({"number": _("This customer has no issued invoice of that number.")})
    return found


def allocate(*, actor: Actor, objects: list[Payment], number: str, amount: int | None = None) -> Done:
    [payment] = objects
    invoice = _numbered(actor, payment, number)
    most = min(queries.unallocated(payment), max(0, queries.open_of(invoice)))
    services.allocate(actor=actor, payment=payment, invoice=invoice, amount=amount or most)
    return Done(_("Allocated to %(invoice)s.") % {"invoice": invoice})


def free(*, actor: Actor, objects: list[Payment], number: str) -> Done:
    [payment] = objects
    invoice = _numbered(actor, payment, number)
    services.free(actor=actor, payment=payment, invoice=invoice)
    return Done(_("%(invoice)s is open again; the money is in credit.") % {"invoice": invoice})


def refund(*, actor: Actor, customer: Customer, amount: int, day: dt.date, means: str, reference: str = "") -> Payment:
    return services.refund(actor=actor, customer=customer, amount=amount, day=day, means=means, reference=reference)


# -- statements ------------------------------------------------------------------------------------------------------
def apply(*, actor: Actor, objects: list[BankStatement]) -> Done:
    number, refusals = bank.apply(actor=actor, bank_statement=objects[0])
    told = ngettext("%(n)d movement is applied.", "%(n)d movements are applied.", number) % {"n": number}
    return Done(" ".join([told, *refusals[:3]]))


def undo(*, actor: Actor, objects: list[BankStatement]) -> Done:
    number = bank.undo(actor=actor, bank_statement=objects[0])
    return Done(ngettext("%(n)d movement is undone.", "%(n)d movements are undone.", number) % {"n": number})


def accept(*, actor: Actor, objects: list[Movement]) -> Done:
    number, refusal = each(lambda row: bank.accept(actor=actor, movement=row), objects)
    told = ngettext("%(n)d movement is accepted.", "%(n)d movements are accepted.", number)
    return Done(f"{told % {'n': number}} {refusal}".strip())


def accept_from(*, actor: Actor, objects: list[BankStatement], confidence: str) -> Done:
    number = bank.accept_from(actor=actor, bank_statement=objects[0], confidence=int(confidence))
    told = ngettext("%(n)d movement is accepted.", "%(n)d movements are accepted.", number)
    return Done(told % {"n": number})


def ignore(*, actor: Actor, objects: list[Movement]) -> Done:
    number, refusal = each(lambda row: bank.ignore(actor=actor, movement=row), objects)
    told = ngettext("%(n)d movement is left aside.", "%(n)d movements are left aside.", number)
    return Done(f"{told % {'n': number}} {refusal}".strip())


def choose(*, actor: Actor, objects: list[Movement], customer: Customer) -> Done:
    for movement in objects:
        bank.choose(actor=actor, movement=movement, customer=customer)
    return Done(_("Accepted for %(customer)s: its oldest invoices are paid first.") % {"customer": customer.name})


# -- reminders -------------------------------------------------------------------------------------------------------
def send(*, actor: Actor, objects: list[Reminder]) -> Done:
    sent = dropped = 0

    def verb(row: Reminder) -> None:
        nonlocal sent, dropped
        state = reminding.send(actor=actor, reminder=row).state
        sent, dropped = sent + (state == Reminder.State.SENT), dropped + (state == Reminder.State.DROPPED)

    _number, refusal = each(verb, objects)
    told = ngettext("%(n)d reminder is sent.", "%(n)d reminders are sent.", sent) % {"n": sent}
    late = (
        ngettext("%(n)d was paid meanwhile.", "%(n)d were paid meanwhile.", dropped) % {"n": dropped} if dropped else ""
    )
    return Done(" ".join(filter(None, [told, late, refusal])))


def drop(*, actor: Actor, objects: list[Reminder], why: str) -> Done:
    number, refusal = each(lambda row: reminding.drop(actor=actor, reminder=row, why=why), objects)
    told = ngettext("%(n)d reminder is dropped.", "%(n)d reminders are dropped.", number)
    return Done(f"{told % {'n': number}} {refusal}".strip())
