"""The acts of the screens of billing: thin, the verbs are in services, editing, credits and archives."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chappe.apps.billing import credits, editing, services
from chappe.apps.billing.models import BilledLine, Invoice, Run
from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done

CLOSED = {Run.State.FREEZING, Run.State.FROZEN, Run.State.SENT, Run.State.CANCELLED}


# -- runs ----------------------------------------------------------------------------------------------------------
def compute(*, actor: Actor, objects: list[Run]) -> Done:
    for run in objects:
        services.compute(actor=actor, run=run)
    return Done(_("The drafts are being computed again; what you edited is kept."))


def check(*, actor: Actor, objects: list[Run]) -> Done:
    for run in objects:
        services.check(actor=actor, run=run)
    return Done(_("The drafts are checked: the invoices can be issued."))


def freeze(*, actor: Actor, objects: list[Run]) -> Done:
    for run in objects:
        services.freeze(actor=actor, run=run)
    return Done(_("The invoices are being issued: each takes its number."))


def undo(*, actor: Actor, objects: list[Run]) -> Done:
    for run in objects:
        services.undo(actor=actor, run=run)
    return Done(_("The run is undone: nothing was billed."))


def why_not_compute(run: Run, _user: Any) -> Any:
    return gettext_lazy("This run is closed.") if run.state in CLOSED else None


def why_not_check(run: Run, _user: Any) -> Any:
    if run.state == Run.State.READY:
        return None
    return (
        gettext_lazy("Already checked.")
        if run.state == Run.State.CHECKED
        else gettext_lazy("There is no draft to check.")
    )


def why_not_freeze(run: Run, _user: Any) -> Any:
    if run.state != Run.State.CHECKED:
        return gettext_lazy("Check the drafts first: once issued they can no longer change.")
    return None if run.invoices_count else gettext_lazy("There is no invoice to issue.")


def why_not_undo(run: Run, _user: Any) -> Any:
    if run.state in CLOSED:
        return gettext_lazy("This run is closed: issued invoices are amended by credit notes.")
    return None


# -- invoices ------------------------------------------------------------------------------------------------------
def add_line(*, actor: Actor, objects: list[Invoice], label: str, price: int, quantity: Any, **more: Any) -> Done:
    for invoice in objects:
        editing.add_line(actor=actor, invoice=invoice, label=label, price=price, quantity=quantity, **more)
    return Done(_("The line is added."))


def set_note(*, actor: Actor, objects: list[Invoice], note: str) -> Done:
    for invoice in objects:
        editing.set_note(actor=actor, invoice=invoice, note=note)
    return Done(_("The note will be printed."))


def exclude(*, actor: Actor, objects: list[Invoice]) -> Done:
    for invoice in objects:
        editing.exclude(actor=actor, invoice=invoice)
    return Done(_("Left out: what is due stays due, and comes back in the next run."))


def include(*, actor: Actor, objects: list[Invoice]) -> Done:
    for invoice in objects:
        editing.include(actor=actor, invoice=invoice)
    return Done(_("Taken back in the run."))


def park(*, actor: Actor, objects: list[Invoice], sentence: str) -> Done:
    for invoice in objects:
        editing.park(actor=actor, invoice=invoice, sentence=sentence)
    return Done(_("The customer is put aside for this run."))


def issue(*, actor: Actor, objects: list[Invoice]) -> Done:
    for invoice in objects:
        services.issue(actor=actor, invoice=invoice)
    return Done(_("Issued: %(number)s.") % {"number": ", ".join(str(one.number) for one in objects)})


def throw_away(*, actor: Actor, objects: list[Invoice]) -> Done:
    for invoice in objects:
        services.delete_draft(actor=actor, invoice=invoice)
    return Done(_("The draft is thrown away."), url=registry.url("billing.invoice"))


def credit(*, actor: Actor, objects: list[Invoice], reason: str, issue_date: dt.date, bill_again: bool = False) -> Done:
    made = [
        credits.credit(actor=actor, invoice=one, reason=reason, issue_date=issue_date, bill_again=bill_again)
        for one in objects
    ]
    return Done(_("The credit note is drawn up: look at it, then issue it."), url=registry.object_url(made[0]))


def correct(*, actor: Actor, objects: list[Invoice], reason: str, issue_date: dt.date) -> Done:
    made = [credits.correct(actor=actor, invoice=one, reason=reason, issue_date=issue_date) for one in objects]
    return Done(
        _("The corrected invoice is drawn up: edit its lines, then issue it."), url=registry.object_url(made[0])
    )


def is_draft(invoice: Invoice, _user: Any) -> bool:
    return invoice.state == Invoice.State.DRAFT


def is_left_out(invoice: Invoice, _user: Any) -> bool:
    return invoice.state == Invoice.State.EXCLUDED


def is_of_run(invoice: Invoice, user: Any) -> bool:
    return is_draft(invoice, user) and invoice.run_id is not None


def is_single(invoice: Invoice, user: Any) -> bool:
    return is_draft(invoice, user) and invoice.run_id is None


def may_credit(invoice: Invoice, _user: Any) -> bool:
    return (
        invoice.state == Invoice.State.ISSUED and invoice.kind != Invoice.Kind.CREDIT_NOTE and not invoice.is_rebilled
    )


def why_not_issue(invoice: Invoice, _user: Any) -> Any:
    return None if invoice.document.get("lines") else gettext_lazy("This invoice has no line.")


# -- lines ---------------------------------------------------------------------------------------------------------
def remove_lines(*, actor: Actor, objects: list[BilledLine]) -> Done:
    for line in objects:
        editing.remove_line(actor=actor, line=line)
    return Done(_("Taken out of the invoice."), url=registry.object_url(objects[0].invoice))


def restore_lines(*, actor: Actor, objects: list[BilledLine]) -> Done:
    for line in objects:
        editing.restore_line(actor=actor, line=line)
    return Done(_("Put back in the invoice."), url=registry.object_url(objects[0].invoice))


def why_not_remove(line: BilledLine, _user: Any) -> Any:
    if line.invoice.state == Invoice.State.ISSUED:
        return gettext_lazy("This invoice is issued: it can only be amended by a credit note.")
    return gettext_lazy("Already taken out.") if line.is_removed else None


def why_not_restore(line: BilledLine, _user: Any) -> Any:
    if line.invoice.state == Invoice.State.ISSUED:
        return gettext_lazy("This invoice is issued: it can only be amended by a credit note.")
    return None if line.is_removed else gettext_lazy("This line stands in the invoice.")


def is_removed(line: BilledLine, _user: Any) -> bool:
    return line.is_removed
