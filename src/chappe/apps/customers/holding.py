"""Who holds a line from when to when: assign, move in the middle of a month, close. The only writers of assignments.

Days are included on both sides. Each verb locks the line first, so that two people at once cannot overlap. What ends is
announced (``events``): subscriptions end with their line, calls are attached again.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.customers import events
from chappe.apps.customers.models import Assignment, CostCentre, Customer, Line
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import require_on
from chappe.kit.audit.deletion import delete_with_reasons
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.ui import formats

ASSIGNED, MOVED, CLOSED, FREED = "line.assigned", "line.moved", "line.closed", "line.freed"
register_sentence(ASSIGNED, N_("{actor} gave {object} to {customer} from {day}"))
register_sentence(MOVED, N_("{actor} moved {object} from {before} to {customer} from {day}"))
register_sentence(CLOSED, N_("{actor} closed {object} held by {customer}: last day {day}"))
register_sentence(FREED, N_("{actor} took back an assignment of {object} to {customer}"))

DAY = dt.timedelta(days=1)


def create_assignment(*, actor: Actor, data: Mapping[str, Any]) -> Assignment:
    """Give a line to a customer from a day (``line``, ``customer``, ``starts_on``; ``cost_centre``, ``ends_on``).

    Raises ValidationError when somebody else holds it then: use :func:`move`.
    """
    with transaction.atomic():
        made = _open(actor, Assignment(**data))
        event(actor, made.line, ASSIGNED, customer=made.customer.name, day=formats.day(made.starts_on))
    return made


def _open(actor: Actor, made: Assignment) -> Assignment:
    _take(actor, made.line if made.line_id else None)
    made.full_clean()
    _may_use(actor, made.customer)
    made.save()
    audit.created(actor, made)
    events.tell("assignments_changed", owner_id=made.line.owner_id, since=made.starts_on)
    return made


def assign(*, actor: Actor, line: Line, customer: Customer, starts_on: dt.date, cost_centre: CostCentre | None = None,
           ends_on: dt.date | None = None) -> Assignment:  # fmt: skip
    """The same, said with names."""
    data = {"line": line, "customer": customer, "cost_centre": cost_centre, "starts_on": starts_on, "ends_on": ends_on}
    return create_assignment(actor=actor, data=data)


def move(
    *, actor: Actor, line: Line, customer: Customer, day: dt.date, cost_centre: CostCentre | None = None
) -> Assignment:
    """From ``day`` the line is ``customer``'s (or goes to another cost centre); who held it keeps it until the day before.

    Refused when an assignment begins on or after that day: it would have to be rewritten; correct or remove it first.
    """
    with transaction.atomic():
        _take(actor, line)
        later = Assignment.objects.filter(line=line, starts_on__gte=day).order_by("starts_on").first()
        if later is not None:
            raise ValidationError(
                _("Line %(line)s is already given to %(customer)s from %(day)s: correct that assignment instead.")
                % {"line": line.number, "customer": later.customer.name, "day": formats.day(later.starts_on)}
            )
        current = holder(line, day)
        if current is not None and (current.customer_id, current.cost_centre_id) == (
            customer.pk,
            cost_centre.pk if cost_centre else None,
        ):
            raise ValidationError(_("Line %(line)s is already so.") % {"line": line.number})
        before = current.customer if current else None
        if current is not None:
            audit.saved(actor, current, {"ends_on": day - DAY})
        made = _open(actor, Assignment(line=line, customer=customer, starts_on=day, cost_centre=cost_centre))
        if before is None or before.pk == customer.pk:
            event(actor, line, ASSIGNED, customer=customer.name, day=formats.day(day))
        else:
            event(actor, line, MOVED, before=before.name, customer=customer.name, day=formats.day(day))
            events.tell("line_ended", line=line, customer=before, day=day - DAY, actor=actor)
        events.tell("line_moved", line=line, before=before, after=customer, day=day, actor=actor)
    return made


def close(*, actor: Actor, line: Line, day: dt.date) -> Assignment:
    """``day`` is the last day on which the present holder has the line."""
    with transaction.atomic():
        _take(actor, line)
        current = holder(line, day)
        if current is None:
            raise ValidationError(
                _("Nobody holds line %(line)s on %(day)s.") % {"line": line.number, "day": formats.day(day)}
            )
        if current.ends_on == day:
            raise ValidationError(
                _("Line %(line)s already ends on %(day)s.") % {"line": line.number, "day": formats.day(day)}
            )
        update_assignment(actor=actor, object=current, data={"ends_on": day})
    current.refresh_from_db()
    return current


def update_assignment(*, actor: Actor, object: Assignment, data: Mapping[str, Any]) -> Assignment:
    """Correct an assignment: its days, its cost centre. Another customer or line is another assignment (:func:`move`)."""
    with transaction.atomic():
        _take(actor, object.line)
        row = Assignment.objects.select_related("line", "customer").get(pk=object.pk)
        for name in ("line", "customer"):
            if name in data and getattr(data[name], "pk", None) != getattr(row, f"{name}_id"):
                raise ValidationError({name: _("It cannot be changed afterwards: move the line instead.")})
        was_end, since = row.ends_on, min(row.starts_on, data.get("starts_on") or row.starts_on)
        if not audit.saved(actor, row, data):
            return row
        if row.ends_on is not None and row.ends_on != was_end:
            event(actor, row.line, CLOSED, customer=row.customer.name, day=formats.day(row.ends_on))
            events.tell("line_ended", line=row.line, customer=row.customer, day=row.ends_on, actor=actor)
        events.tell("assignments_changed", owner_id=row.line.owner_id, since=since)
    return row


def delete_assignment(*, actor: Actor, object: Assignment) -> None:
    """Take back an assignment entered by mistake. The one before it stays closed; :func:`take_back` reopens it."""
    with transaction.atomic():
        _take(actor, object.line)
        row = Assignment.objects.select_related("line", "customer").get(pk=object.pk)
        line, customer, since = row.line, row.customer, row.starts_on
        delete_with_reasons(actor, row)
        event(actor, line, FREED, customer=customer.name)
        events.tell("line_ended", line=line, customer=customer, day=since - DAY, actor=actor)
        events.tell("assignments_changed", owner_id=line.owner_id, since=since)


def take_back(*, actor: Actor, line: Line) -> None:
    """Undo the last :func:`assign` or :func:`move` of a line: it goes back to who held it the day before, without end."""
    with transaction.atomic():
        last = line.assignments.order_by("-starts_on").first()
        if last is None:
            raise ValidationError(_("Nobody has ever held line %(line)s.") % {"line": line.number})
        since = last.starts_on
        delete_assignment(actor=actor, object=last)
        previous = line.assignments.filter(ends_on=since - DAY).first()
        if previous is not None:
            update_assignment(actor=actor, object=previous, data={"ends_on": None})


def end_customer(*, actor: Actor, customer: Customer, day: dt.date) -> int:
    """Close every line that the customer still holds: ``day`` is the last one. Answers how many."""
    rows = Assignment.objects.filter(customer=customer, ends_on=None).select_related("line").order_by("line__number")
    held = list(rows)
    with transaction.atomic():
        for row in held:
            if row.starts_on > day:
                raise ValidationError(
                    _("Line %(line)s begins on %(day)s, after that day: take that assignment back first.")
                    % {"line": row.line.number, "day": formats.day(row.starts_on)}
                )
            update_assignment(actor=actor, object=row, data={"ends_on": day})
    return len(held)


def holder(line: Line, day: dt.date) -> Assignment | None:
    """Who holds the line on a day."""
    rows = Assignment.objects.select_related("customer", "line", "cost_centre").filter(line=line, starts_on__lte=day)
    row = rows.order_by("-starts_on").first()
    return row if row is not None and (row.ends_on is None or row.ends_on >= day) else None


def _take(actor: Actor, line: Line | None) -> None:
    """Lock the line until the end of the transaction, after asking whether this hand may touch it."""
    if line is None:
        return
    if actor.user is not None:
        require_on(actor.user, line)
    Line.objects.select_for_update().filter(pk=line.pk).first()


def _may_use(actor: Actor, customer: Customer) -> None:
    if actor.user is not None:
        require_on(actor.user, customer)
    if not customer.active:
        raise ValidationError({"customer": _("This customer is archived: restore it first.")})
