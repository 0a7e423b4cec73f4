"""The verbs on customers, cost centres, lines, requests for digits and brands: the only writers, with ``holding.py``."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.customers import holding, reattaching
from chappe.apps.customers.models import (
    Assignment,
    Brand,
    CostCentre,
    Customer,
    CustomerCounter,
    DetailConsent,
    Line,
)
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Access, Level, claim, require_on, visible_to
from chappe.kit.audit.deletion import delete_with_reasons
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.ui import formats

ASKED, WITHDRAWN = "customer.digits-asked", "customer.digits-withdrawn"
register_sentence(ASKED, N_("{actor} noted that {who} asked on {day} for the last digits of the numbers called"))
register_sentence(WITHDRAWN, N_("{actor} noted that the last digits are hidden again from {day}"))

#: What may be given when a line is created: who holds it, from when.
HOLDER_FIELDS = ("holder", "holder_centre", "holder_since")


# -- customers -----------------------------------------------------------------------------------------------------
def create_customer(*, actor: Actor, data: Mapping[str, Any]) -> Customer:
    """Open a customer; an empty number is the next free one (C000001…)."""
    customer = Customer(**data)
    claim(actor.user, customer)
    _check_sight(actor, Customer, data)
    with transaction.atomic():
        if not customer.number.strip():
            customer.number = _next_number(customer.owner_id)
        return _create(actor, customer)


def _next_number(owner_id: int | None) -> str:
    """The next number of this owner that nobody has; taken under the lock of its counter."""
    key = owner_id or 0
    CustomerCounter.objects.get_or_create(owner_key=key)
    while True:
        CustomerCounter.objects.filter(owner_key=key).update(last=F("last") + 1)
        number = f"C{CustomerCounter.objects.get(owner_key=key).last:06d}"
        if not Customer.objects.filter(owner=owner_id, number=number).exists():
            return number


def update_customer(*, actor: Actor, object: Customer, data: Mapping[str, Any]) -> Customer:
    """Change a customer. Its owner never changes; archiving is refused while it holds lines."""
    customer = Customer.objects.get(pk=object.pk)
    _check_hand(actor, customer)
    _check_sight(actor, Customer, data)
    _same_owner(customer, data)
    if data.get("active") is False and customer.active:
        _check_may_archive(customer)
    audit.saved(actor, customer, data)
    return customer


def _same_owner(row: Any, data: Mapping[str, Any]) -> None:
    if "owner" in data and getattr(data["owner"], "pk", None) != row.owner_id:
        raise ValidationError({"owner": _("The operator cannot be changed afterwards.")})


def _check_may_archive(customer: Customer) -> None:
    today = timezone.localdate()
    held = Assignment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=today), customer=customer).count()
    if held:
        raise ValidationError(
            _("“%(customer)s” still holds %(count)d lines: close or move them first.")
            % {"customer": customer.name, "count": held}
        )


def archive_customers(*, actor: Actor, objects: Sequence[Customer]) -> int:
    """Put customers aside; they keep their history and their last invoices. All or none. Answers how many changed."""
    return _set_active(actor, objects, active=False)


def restore_customers(*, actor: Actor, objects: Sequence[Customer]) -> int:
    """Take customers back. Answers how many changed."""
    return _set_active(actor, objects, active=True)


def _set_active(actor: Actor, objects: Sequence[Customer], *, active: bool) -> int:
    rows = [customer for customer in objects if customer.active is not active]
    with transaction.atomic():
        for customer in rows:
            update_customer(actor=actor, object=customer, data={"active": active})
    return len(rows)


def delete_customer(*, actor: Actor, object: Customer) -> None:
    """Delete a customer that nothing refers to; one with a history is archived instead."""
    customer = Customer.objects.get(pk=object.pk)
    _check_hand(actor, customer, Level.ADMIN)
    delete_with_reasons(actor, customer)


# -- cost centres --------------------------------------------------------------------------------------------------
def create_cost_centre(*, actor: Actor, data: Mapping[str, Any]) -> CostCentre:
    """Add a cost centre to a customer."""
    return _create_for(actor, CostCentre(**data))


def update_cost_centre(*, actor: Actor, object: CostCentre, data: Mapping[str, Any]) -> CostCentre:
    """Change a cost centre; its customer stays."""
    row = CostCentre.objects.get(pk=object.pk)
    _check_hand(actor, row)
    if "customer" in data and data["customer"].pk != row.customer_id:
        raise ValidationError({"customer": _("A cost centre stays with its customer: make another one.")})
    audit.saved(actor, row, data)
    return row


def delete_cost_centre(*, actor: Actor, object: CostCentre) -> None:
    """Delete a cost centre to which no line ever went."""
    _delete(actor, CostCentre, object)


# -- lines ---------------------------------------------------------------------------------------------------------
def create_line(*, actor: Actor, data: Mapping[str, Any]) -> Line:
    """Add a line; with ``holder`` (a customer), ``holder_since`` and ``holder_centre`` it is given at once."""
    values = {name: value for name, value in data.items() if name not in HOLDER_FIELDS}
    line = Line(**values)
    customer = data.get("holder")
    if customer is not None and "owner" not in values:
        line.owner_id = customer.owner_id
    claim(actor.user, line)
    with transaction.atomic():
        _create(actor, line)
        if customer is not None:
            holding.assign(
                actor=actor, line=line, customer=customer, cost_centre=data.get("holder_centre"),
                starts_on=data.get("holder_since") or timezone.localdate(),
            )  # fmt: skip
    return line


def update_line(*, actor: Actor, object: Line, data: Mapping[str, Any]) -> Line:
    """Change a line; who holds it changes by ``holding.move``. A line that somebody holds is not put out of use."""
    line = Line.objects.get(pk=object.pk)
    _check_hand(actor, line)
    _same_owner(line, data)
    if data.get("active") is False and line.active:
        current = holding.holder(line, timezone.localdate())
        if current is not None and current.ends_on is None:
            raise ValidationError(
                {"active": _("Line %(line)s is held by %(customer)s: retire it with its last day instead.")
                 % {"line": line.number, "customer": current.customer.name}}
            )  # fmt: skip
    found_by = reattaching.found_by(line)
    with transaction.atomic():
        audit.saved(actor, line, {name: value for name, value in data.items() if name not in HOLDER_FIELDS})
        if reattaching.found_by(line) != found_by:
            reattaching.ask_for_line(line)
    return line


def retire_line(*, actor: Actor, line: Line, day: dt.date) -> Line:
    """Put a line out of use after ``day``: it is closed with its holder, and leaves the usual list."""
    _check_hand(actor, line)
    if not line.active:
        raise ValidationError(_("Line %(line)s is already out of use.") % {"line": line.number})
    with transaction.atomic():
        current = line.assignments.filter(ends_on=None).first()
        if current is not None:
            holding.update_assignment(actor=actor, object=current, data={"ends_on": day})
        row = Line.objects.get(pk=line.pk)
        audit.saved(actor, row, {"active": False})
    return row


def restore_lines(*, actor: Actor, objects: Sequence[Line]) -> int:
    """Put lines back in use, held by nobody until they are given. Answers how many changed."""
    rows = [line for line in objects if not line.active]
    with transaction.atomic():
        for line in rows:
            update_line(actor=actor, object=line, data={"active": True})
    return len(rows)


def delete_line(*, actor: Actor, object: Line) -> None:
    """Delete a line that nobody ever held; another is retired."""
    _delete(actor, Line, object)


# -- requests for the last digits ----------------------------------------------------------------------------------
def record_consent(*, actor: Actor, data: Mapping[str, Any]) -> DetailConsent:
    """Note who asked for the last digits, when, and for which line (none: all of the customer's)."""
    consent = DetailConsent(**data, recorded_by=actor.user)
    if consent.asked_on and consent.asked_on > timezone.localdate():
        raise ValidationError({"asked_on": _("This day has not come yet.")})
    _check_sight(actor, DetailConsent, data)
    with transaction.atomic():
        _create_for(actor, consent)
        about = consent.line or consent.customer
        event(actor, about, ASKED, who=consent.asked_by, day=formats.day(consent.asked_on))
    return consent


def withdraw_consent(*, actor: Actor, consent: DetailConsent, day: dt.date) -> DetailConsent:
    """Digits are hidden again from ``day``. The request itself stays as proof."""
    row = DetailConsent.objects.get(pk=consent.pk)
    _check_hand(actor, row)
    if row.withdrawn_on is not None:
        raise ValidationError(_("It is already withdrawn, on %(day)s.") % {"day": formats.day(row.withdrawn_on)})
    with transaction.atomic():
        audit.saved(actor, row, {"withdrawn_on": day})
        event(actor, row.line or row.customer, WITHDRAWN, day=formats.day(day))
    return row


# -- brands --------------------------------------------------------------------------------------------------------
def create_brand(*, actor: Actor, data: Mapping[str, Any]) -> Brand:
    """Add a seller identity; the first of an owner serves customers without a brand."""
    brand = Brand(**data)
    claim(actor.user, brand)
    _check_sight(actor, Brand, data)
    with transaction.atomic():
        if not Brand.objects.filter(owner=brand.owner_id, is_default=True).exists():
            brand.is_default = True
        elif brand.is_default:
            _no_default(actor, brand.owner_id)
        return _create(actor, brand)


def update_brand(*, actor: Actor, object: Brand, data: Mapping[str, Any]) -> Brand:
    """Change a brand. Documents already issued keep the copy they carry."""
    brand = Brand.objects.get(pk=object.pk)
    _check_hand(actor, brand)
    _check_sight(actor, Brand, data)
    _same_owner(brand, data)
    with transaction.atomic():
        if data.get("is_default") and not brand.is_default:
            _no_default(actor, brand.owner_id)
        audit.saved(actor, brand, data)
    return brand


def _no_default(actor: Actor, owner_id: int | None) -> None:
    for other in Brand.objects.filter(owner=owner_id, is_default=True):
        audit.saved(actor, other, {"is_default": False})


def delete_brand(*, actor: Actor, object: Brand) -> None:
    """Delete a brand that no customer has."""
    _delete(actor, Brand, object)


# -- shared --------------------------------------------------------------------------------------------------------
def _create(actor: Actor, obj: Any) -> Any:
    obj.full_clean()
    with transaction.atomic():
        obj.save()
        audit.created(actor, obj)
    return obj


def _create_for(actor: Actor, obj: Any) -> Any:
    """A row that hangs on a customer: whoever may write that customer may add it."""
    if actor.user is not None and obj.customer_id:
        require_on(actor.user, obj.customer)
    return _create(actor, obj)


def _delete(actor: Actor, model: type[models.Model], obj: Any) -> None:
    row = model._default_manager.get(pk=obj.pk)
    _check_hand(actor, row, Level.ADMIN)
    delete_with_reasons(actor, row)


def _check_hand(actor: Actor, obj: Any, level: int = Level.WRITE) -> None:
    if actor.user is not None:
        require_on(actor.user, obj, level)


def _check_sight(actor: Actor, model: type[models.Model], data: Mapping[str, Any]) -> None:
    """A row may only name rows that its writer may see: a name given by another way than the form is asked too."""
    if actor.user is None:
        return
    for name, value in data.items():
        if not isinstance(value, models.Model) or not isinstance(getattr(type(value), "access", None), Access):
            continue
        if value.pk == actor.organisation_id and name == "owner":
            continue
        if not visible_to(actor.user, type(value)).filter(pk=value.pk).exists():
            label = model._meta.get_field(name).verbose_name
            raise ValidationError({name: _("This %(what)s is not yours to use.") % {"what": label}})
