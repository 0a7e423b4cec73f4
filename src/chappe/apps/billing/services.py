"""Verbs of billing: the catalogue, purchases, runs. Issuing stands in issuing.py, amending in credits.py, editing in editing.py.

Preparing needs “Billing | write”; issuing, crediting and series need “Billing | administrator”. Refusals are
ValidationError with a sentence, and leave nothing changed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing import credits, events, issuing, locks  # noqa: F401 - credits hears what is issued
from chappe.apps.billing.access import AREA
from chappe.apps.billing.due import store
from chappe.apps.billing.models import BilledLine, Invoice, Parked, Purchase, Run, Series
from chappe.apps.billing.words import month_name
from chappe.core.billing.numbering import check_pattern
from chappe.core.billing.periods import month_end
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import created, deleted, event, saved
from chappe.kit.jobs.services import enqueue

register_sentence(
    "billing.computed", gettext_noop("{actor} computed {object}: {invoices} invoices, {parked} customers parked")
)
register_sentence("billing.checked", gettext_noop("{actor} checked {object}"))
register_sentence("billing.undone", gettext_noop("{actor} undid the draft {object}"))
register_sentence("billing.frozen", gettext_noop("{actor} issued the invoices of {object}: {invoices}"))

MAX_LOOKBACK = 12


def create(*, actor: Actor, data: Mapping[str, Any], model: type[models.Model]) -> Any:
    """A row of the catalogue, a purchase, a discount… of the actor's organisation."""
    return add(actor=actor, row=model(**data))


def add(*, actor: Actor, row: models.Model) -> Any:
    """Check and save a new row."""
    if actor.user is not None:
        require(actor.user, AREA, _level(type(row)))
        claim(actor.user, row)
    _coherent(row)
    row.full_clean()
    with transaction.atomic():
        row.save()
        created(actor, row)
    return row


def update(*, actor: Actor, object: models.Model, data: Mapping[str, Any]) -> Any:
    """Change a row; what is already billed is corrected by the next run, never in the past."""
    if actor.user is not None:
        require_on(actor.user, object, _level(type(object)))
    for name, value in data.items():
        setattr(object, name, value)
    _coherent(object)
    saved(actor, object, data)
    return object


def delete(*, actor: Actor, object: models.Model) -> None:
    """Delete a row that nothing has used; what was billed is ended instead."""
    if actor.user is not None:
        require_on(actor.user, object, _level(type(object)))
    if isinstance(object, Purchase) and BilledLine.objects.filter(key__startswith=f"purchase:{object.pk}:").exists():
        raise ValidationError(_("This purchase has been billed: give it an end instead."))
    with transaction.atomic():
        deleted(actor, object)
        try:
            object.delete()
        except ProtectedError as error:
            raise ValidationError(_("This is in use: it cannot be deleted.")) from error


def _level(model: type[models.Model]) -> Level:
    return Level.ADMIN if model is Series else Level.WRITE


def _coherent(row: Any) -> None:
    """All the parts of a row belong to one organisation, and a series gives valid numbers."""
    customer = getattr(row, "customer", None) if hasattr(row, "customer_id") and row.customer_id else None
    product = getattr(row, "product", None) if hasattr(row, "product_id") and row.product_id else None
    if customer is not None and product is not None and product.owner_id not in {None, customer.owner_id}:
        raise ValidationError({"product": _("This product belongs to another organisation.")})
    line = getattr(row, "line", None) if hasattr(row, "line_id") and row.line_id else None
    if line is not None and customer is not None and not line.assignments.filter(customer=customer).exists():
        raise ValidationError({"line": _("This line has never been the customer’s.")})
    if isinstance(row, Series):
        _check_series(row)


def _check_series(row: Series) -> None:
    try:
        check_pattern(row.pattern, row.prefix)
    except ValueError as error:
        raise ValidationError({"pattern": PATTERN_FAULTS[str(error)]}) from error
    if row.pk:
        old = Series.objects.get(pk=row.pk)
        if (old.pattern, old.prefix) != (row.pattern, row.prefix) and row.invoices.filter(
            number__isnull=False
        ).exists():
            raise ValidationError(
                _("Numbers of this series are issued: its pattern cannot change. Make another series.")
            )


PATTERN_FAULTS = {
    "fields": gettext_noop("Use {prefix}, {year} and {number:06d} only."),
    "number": gettext_noop("The pattern needs {number}, or {number:06d} with leading zeros."),
    "year": gettext_noop("The pattern needs {year}: numbers begin again each year."),
    "characters": gettext_noop("At most 35 letters, digits and + - _ /."),
}


# -- runs ----------------------------------------------------------------------------------------------------------
def create_run(
    *,
    actor: Actor,
    month: dt.date,
    issue_date: dt.date | None = None,
    series: Series | None = None,
    owner: Any = None,
    name: str = "",
    lookback: int = 3,
    only: Iterable[Any] = (),
) -> Run:
    """A run for a month, queued to be computed. ``series`` None: the one used by default.

    Raises ValidationError: another run of that month is open, no series, a date before the month.
    """
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        if actor.user.organisation_id is not None:
            owner = actor.user.organisation
    month = month.replace(day=1)
    owner_id = owner.pk if owner is not None else None
    series = series or default_series(owner_id)
    chosen = list(only)
    run = Run(
        owner_id=owner_id, month=month, series=series, lookback=min(max(lookback, 0), MAX_LOOKBACK),
        issue_date=issue_date or max(month_end(month) + dt.timedelta(days=1), timezone.localdate()),
        name=name.strip() or str(_("Invoices of %(month)s") % {"month": month_name(month)}),
    )  # fmt: skip
    if run.issue_date < month:
        raise ValidationError({"issue_date": _("The invoices cannot be dated before the month that they bill.")})
    if series.owner_id != owner_id:
        raise ValidationError({"series": _("This series belongs to another organisation.")})
    if any(one.owner_id != owner_id for one in chosen):
        raise ValidationError({"only": _("These customers belong to another organisation.")})
    with transaction.atomic():
        _refuse_second(run)
        run.full_clean(exclude=["checked_by"])
        run.save()
        run.only.set(chosen)
        created(actor, run)
        compute(actor=actor, run=run)
    return run


def _refuse_second(run: Run) -> None:
    closed = {Run.State.FROZEN, Run.State.SENT, Run.State.CANCELLED}
    other = Run.objects.filter(owner=run.owner_id).exclude(state__in=closed).exclude(pk=run.pk).first()
    if other is not None:
        raise ValidationError(_("“%(run)s” is still open: issue it or undo it first.") % {"run": other.name})


def default_series(owner_id: int | None) -> Series:
    """The series used by default, made when the organisation has none."""
    found = (
        Series.objects.filter(owner=owner_id, is_default=True).first() or Series.objects.filter(owner=owner_id).first()
    )
    if found is None:
        found = Series.objects.create(owner_id=owner_id, code="factures", name=str(_("Invoices")), is_default=True)
    return found


def compute(*, actor: Actor, run: Run) -> Run:
    """Queue the computation of a run that is not issued; the drafts are made anew, what people edited is kept."""
    if actor.user is not None:
        require_on(actor.user, run, Level.WRITE)
    with transaction.atomic():
        locked = locks.run(run.pk)
        if locked.state in {Run.State.FREEZING, Run.State.FROZEN, Run.State.SENT, Run.State.CANCELLED}:
            raise ValidationError(_("This run is closed: it is not computed again."))
        if locked.invoices.filter(state=Invoice.State.ISSUED).exists():
            raise ValidationError(_("Invoices of this run are issued already."))
        locked.state, locked.problem = Run.State.COMPUTING, ""
        locked.job = enqueue(
            "billing.compute", actor=actor, label=_("Compute %(run)s") % {"run": locked.name},
            unique=f"billing.compute:{locked.pk}", owner=locked.owner, run=locked.pk,
        )  # fmt: skip
        locked.save(update_fields=["state", "problem", "job"])
    run.refresh_from_db()
    return run


def check(*, actor: Actor, run: Run) -> None:
    """Say that the drafts were looked at. Any later computation takes it back."""
    if actor.user is not None:
        require_on(actor.user, run, Level.WRITE)
    with transaction.atomic():
        locked = locks.run(run.pk)
        if locked.state != Run.State.READY:
            raise ValidationError(_("There is no draft to check."))
        locked.state, locked.checked_at, locked.checked_by = Run.State.CHECKED, timezone.now(), actor.user
        locked.save(update_fields=["state", "checked_at", "checked_by"])
        event(actor, locked, "billing.checked")


def freeze(*, actor: Actor, run: Run) -> Run:
    """Queue the issue of every draft of a checked run. From here on there is no way back: numbers are taken."""
    if actor.user is not None:
        require_on(actor.user, run, Level.ADMIN)
    with transaction.atomic():
        locked = locks.run(run.pk)
        if locked.state not in {Run.State.CHECKED, Run.State.FREEZING}:
            raise ValidationError(_("Check the drafts first: once issued they can no longer change."))
        locked.state, locked.problem = Run.State.FREEZING, ""
        locked.job = enqueue(
            "billing.freeze", actor=actor, label=_("Issue %(run)s") % {"run": locked.name},
            unique=f"billing.freeze:{locked.pk}", owner=locked.owner, run=locked.pk,
        )  # fmt: skip
        locked.save(update_fields=["state", "problem", "job"])
    run.refresh_from_db()
    return run


def undo(*, actor: Actor, run: Run) -> None:
    """Undo a run of which nothing is issued: its drafts and its calls go; nothing was billed."""
    if actor.user is not None:
        require_on(actor.user, run, Level.WRITE)
    with transaction.atomic():
        locked = locks.run(run.pk)
        if locked.state in {Run.State.FROZEN, Run.State.SENT, Run.State.CANCELLED, Run.State.FREEZING}:
            raise ValidationError(_("This run is closed: issued invoices are amended by credit notes."))
        if locked.invoices.filter(state=Invoice.State.ISSUED).exists():
            raise ValidationError(_("Invoices of this run are issued already."))
        for invoice in locked.invoices.all():
            events.tell("draft_removed", invoice=invoice, actor=actor)
        locked.invoices.all().delete()
        Parked.objects.filter(run=locked).delete()
        locked.state, locked.attempt = Run.State.CANCELLED, locked.attempt + 1
        locked.net = locked.gross = locked.invoices_count = locked.parked_count = 0
        locked.findings = []
        locked.save()
        event(actor, locked, "billing.undone")
    transaction.on_commit(lambda: store.drop(run))


def issue(*, actor: Actor, invoice: Invoice) -> Invoice:
    """Issue one draft that belongs to no run, or to a checked one."""
    if actor.user is not None:
        require_on(actor.user, invoice, Level.ADMIN)
    if invoice.run is not None and invoice.run.state != Run.State.CHECKED:
        raise ValidationError(_("Check the drafts of the run first."))
    issuing.issue_all([invoice.pk], actor=actor)
    invoice.refresh_from_db()
    return invoice


def delete_draft(*, actor: Actor, invoice: Invoice) -> None:
    """Throw away a draft that belongs to no run."""
    if actor.user is not None:
        require_on(actor.user, invoice, Level.WRITE)
    with transaction.atomic():
        locked = locks.invoices([invoice.pk])[0]
        if locked.state == Invoice.State.ISSUED or locked.run_id is not None:
            raise ValidationError(_("Only a draft out of any run is thrown away."))
        events.tell("draft_removed", invoice=locked, actor=actor)
        deleted(actor, locked)
        locked.delete()
