"""What a line of a file of lines means for who holds the line: give, move, correct, and the way back."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.customers import holding, services
from chappe.apps.customers.models import Assignment, CostCentre, Customer, Line
from chappe.kit.access.actor import Actor

NAMES = ("holder_number", "holder_centre", "holder_since")
Fault = tuple[str, str, dict[str, Any]]


def fault(line: Line, owner: Any) -> Fault | None:
    """Why the holder of a line cannot be what the file says: code, field, parameters."""
    number, centre, since = line.holder_number, line.holder_centre, line.holder_since
    if not number:
        return ("lines.centre-alone", "holder_centre", {}) if centre else None
    customer = Customer.objects.filter(owner=owner, number=number).first()
    if customer is None:
        return _unknown(number, owner)
    if centre and not CostCentre.objects.filter(customer=customer, code=centre).exists():
        return "lines.no-centre", "holder_centre", {"value": centre, "customer": customer.name}
    last = line.assignments.select_related("customer").order_by("-starts_on").first() if line.pk else None
    if last is not None and last.customer_id != customer.pk and since and _day(since) <= last.starts_on:
        return "lines.held-later", "holder_since", {"customer": last.customer.name, "day": last.starts_on.isoformat()}
    return None


def _unknown(number: str, owner: Any) -> Fault:
    """Why no customer is found. A file of the house tells whose customer it is; a partner's tells nothing of others."""
    other = (
        Customer.objects.exclude(owner=None).filter(number=number).select_related("owner").first()
        if owner is None
        else None
    )
    if other is None:
        return "lines.no-customer", "holder_number", {"value": number}
    return "lines.customer-elsewhere", "holder_number", {"value": number, "operator": str(other.owner)}


def create(*, actor: Actor, data: Mapping[str, Any]) -> Line:
    """A new line, given at once when the file names its customer."""
    plain, asked = _split(data)
    owner = plain.get("owner")
    customer = _customer(owner, asked.get("holder_number", ""))
    holder = {
        "holder": customer,
        "holder_centre": _centre(customer, asked.get("holder_centre", "")),
        "holder_since": _day(asked.get("holder_since", "")) if asked.get("holder_since") else None,
    }
    return services.create_line(actor=actor, data={**plain, **(holder if customer is not None else {})})


def update(*, actor: Actor, object: Line, data: Mapping[str, Any]) -> Line:
    """Change a line, then its holder; ``data`` may also be what stood before, to put it back."""
    plain, asked = _split(data)
    line = services.update_line(actor=actor, object=object, data=plain)
    if asked:
        current = Line.objects.get(pk=line.pk)
        wanted = {name: asked.get(name, getattr(current, name)) for name in NAMES}
        _hold(actor, current, wanted, since_given="holder_since" in asked)
    return Line.objects.get(pk=line.pk)


def delete(*, actor: Actor, object: Line) -> None:
    """Undo of a creation: the assignments made with the line go with it."""
    for row in object.assignments.order_by("-starts_on"):
        holding.delete_assignment(actor=actor, object=row)
    services.delete_line(actor=actor, object=object)


def _hold(actor: Actor, line: Line, wanted: Mapping[str, str], *, since_given: bool) -> None:
    rows = list(line.assignments.select_related("customer").order_by("-starts_on")[:2])
    customer = _customer(line.owner, wanted["holder_number"])
    if customer is None:
        if rows:  # nobody held it before: the way back
            holding.take_back(actor=actor, line=line)
        return
    centre = _centre(customer, wanted["holder_centre"])
    since = _day(wanted["holder_since"]) if wanted["holder_since"] else timezone.localdate()
    if not rows:
        holding.assign(actor=actor, line=line, customer=customer, cost_centre=centre, starts_on=since)
    elif rows[0].customer_id == customer.pk:
        change = {"cost_centre": centre} | ({"starts_on": since} if since_given else {})
        holding.update_assignment(actor=actor, object=rows[0], data=change)
    elif len(rows) > 1 and _was(rows[1], rows[0], customer, since):
        holding.take_back(actor=actor, line=line)
    else:
        holding.move(
            actor=actor,
            line=line,
            customer=customer,
            cost_centre=centre,
            day=since if since_given else timezone.localdate(),
        )


def _was(before: Assignment, last: Assignment, customer: Customer, since: dt.date) -> bool:
    """Whether the assignment before the last is the very one that is asked for: this is the way back."""
    return (
        before.customer_id == customer.pk
        and before.starts_on == since
        and before.ends_on == last.starts_on - dt.timedelta(days=1)
    )


def _split(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    return {k: v for k, v in data.items() if k not in NAMES}, {k: data[k] or "" for k in NAMES if k in data}


def _customer(owner: Any, number: str) -> Customer | None:
    if not number:
        return None
    customer = Customer.objects.filter(owner=owner, number=number).first()
    if customer is None:
        raise ValidationError(_("No customer has the number “%(number)s”.") % {"number": number})
    return customer


def _centre(customer: Customer | None, code: str) -> CostCentre | None:
    if customer is None or not code:
        return None
    centre = CostCentre.objects.filter(customer=customer, code=code).first()
    if centre is None:
        raise ValidationError(
            _("“%(customer)s” has no cost centre “%(code)s”.") % {"customer": customer.name, "code": code}
        )
    return centre


def _day(value: str) -> dt.date:
    return dt.date.fromisoformat(value)
