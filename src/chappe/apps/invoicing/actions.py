"""Acts of the invoicing lists: thin, the verbs stand in producing, mailing, depositing and reporting."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.invoicing import depositing, mailing, producing, reporting
from chappe.apps.invoicing.models import Deposit, Production, Report
from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done


def make_again(*, actor: Actor, objects: list[Production]) -> Done:
    """Queue the files that are not ready."""
    for row in objects:
        producing.ask(actor=actor, invoice=row.invoice)
    return Done(_g("The files are being made and checked."))


def why_not_make(row: Production, _user: Any) -> Any:
    return _("The files have passed the rules: they are not made again.") if row.is_ready else None


def send(*, actor: Actor, objects: list[Production]) -> Done:
    """Mail each invoice to its customer; the first that cannot leave stops nothing but is told."""
    sent, refused = 0, []
    for row in objects:
        try:
            mailing.send(actor=actor, invoice=row.invoice)
            sent += 1
        except ValidationError as error:
            refused.append(f"{row.invoice}: {' '.join(error.messages)}")
    if refused and not sent:
        raise ValidationError(refused[0])
    text = _g("%(count)s mails are in the outbox.") % {"count": sent}
    return Done(" ".join([text, *refused[:3]]))


def why_not_send(row: Production, _user: Any) -> Any:
    return mailing.why_not(row.invoice)


def deposit(*, actor: Actor, objects: list[Production]) -> Done:
    """Hand each invoice to the platform."""
    done, refused = 0, []
    for row in objects:
        try:
            depositing.deposit(actor=actor, invoice=row.invoice)
            done += 1
        except ValidationError as error:
            refused.append(f"{row.invoice}: {' '.join(error.messages)}")
    if refused and not done:
        raise ValidationError(refused[0])
    text = _g("%(count)s invoices were deposited.") % {"count": done}
    return Done(" ".join([text, *refused[:3]]))


def poll(*, actor: Actor, objects: list[Deposit]) -> Done:
    """Ask the platform about each."""
    new = sum(depositing.poll(actor=actor, deposit=row) for row in objects)
    return Done(_g("%(count)s new statuses.") % {"count": new})


def why_not_poll(row: Deposit, _user: Any) -> Any:
    return _("Nothing more is expected for this deposit.") if row.is_over else None


def make_report(*, actor: Actor, objects: list[Report]) -> Done:
    """Gather the period again."""
    row = reporting.make(actor=actor, report=objects[0])
    return Done(_g("%(count)s lines were gathered.") % {"count": row.rows}, registry.object_url(row))


def why_not_make_report(row: Report, _user: Any) -> Any:
    return _("This report has been deposited: it is not made again.") if row.state == Report.State.DEPOSITED else None


def deposit_report(*, actor: Actor, objects: list[Report]) -> Done:
    """Hand it to the platform."""
    row = reporting.deposit(actor=actor, report=objects[0])
    return Done(_g("The platform has it under %(reference)s.") % {"reference": row.reference}, registry.object_url(row))


def why_not_deposit_report(row: Report, _user: Any) -> Any:
    if row.state == Report.State.DEPOSITED:
        return _("This report has been deposited.")
    return (
        None
        if row.state == Report.State.MADE
        else _("Make the report first; one without a line need not be deposited.")
    )
