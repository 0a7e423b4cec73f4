"""The verbs on operators, contacts, protocol versions and communes: the only writers. Each leaves a line in the journal.

Rights on rows are asked at the door by whoever calls (page, API). What is refused here is what no right allows:
a partner's user may keep its own sheet and contacts up to date, never open an operator nor change its standing.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chappe.apps.parties.models import Commune, Contact, Operator, OperatorProtocol
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, house_only, is_house, require_on
from chappe.kit.audit.deletion import delete_with_reasons

#: Fields of an operator that only the house may change: they decide what it is, what it pays and what it sees.
STANDING = frozenset(
    {
        "name",
        "kind",
        "active",
        "code_arcep",
        "code_interop",
        "prefix_pto",
        "siren",
        "erp_id",
        "tenant",
        "colour",
        "notes",
    }
)


def create_operator(*, actor: Actor, data: Mapping[str, Any]) -> Operator:
    """Open the sheet of an operator. Only the house may."""
    house_only(actor.user)
    return _create(actor, Operator(**data))


def update_operator(*, actor: Actor, object: Operator, data: Mapping[str, Any]) -> Operator:
    """Change the sheet. A partner changes its connections (FTP, after-sales), not its standing.

    Archiving an operator that still has open accounts is refused: its people would work for nobody.
    """
    operator = Operator.objects.get(pk=object.pk)
    _check_hand(actor, operator)
    if actor.user is not None and not is_house(actor.user):
        touched = sorted(name for name in STANDING & set(data) if data[name] != getattr(operator, name))
        if touched:
            names = ", ".join(str(Operator._meta.get_field(name).verbose_name) for name in touched)
            raise PermissionDenied(_("Only staff of the house may change: %(fields)s.") % {"fields": names})
    if data.get("active") is False and operator.active:
        _check_may_archive(operator)
    audit.saved(actor, operator, data)
    return operator


def _check_may_archive(operator: Operator) -> None:
    people = operator.users.filter(is_active=True).count()
    if people:
        raise ValidationError(
            _("“%(operator)s” cannot be archived: %(count)d of its accounts are open. Close them first.")
            % {"operator": operator, "count": people}
        )


def archive_operators(*, actor: Actor, objects: list[Operator]) -> int:
    """Put operators aside: they keep their history and leave the usual list. All or none. Answers how many changed."""
    return _set_active(actor, objects, active=False)


def restore_operators(*, actor: Actor, objects: list[Operator]) -> int:
    """Take operators back from the archive. Answers how many changed."""
    return _set_active(actor, objects, active=True)


def _set_active(actor: Actor, objects: list[Operator], *, active: bool) -> int:
    house_only(actor.user)
    rows = [operator for operator in objects if operator.active is not active]
    with transaction.atomic():
        for operator in rows:
            update_operator(actor=actor, object=operator, data={"active": active})
    return len(rows)


def delete_operator(*, actor: Actor, object: Operator) -> None:
    """Delete an operator that nothing refers to; otherwise the refusal names what does."""
    house_only(actor.user)
    delete_with_reasons(actor, Operator.objects.get(pk=object.pk))


def create_contact(*, actor: Actor, data: Mapping[str, Any]) -> Contact:
    """Add a contact. A partner's goes to its own operator."""
    contact = Contact(**data)
    claim(actor.user, contact)
    if contact.operator_id and not contact.operator.active:
        raise ValidationError({"operator": _("This operator is archived: restore it first.")})
    return _create(actor, contact)


def update_contact(*, actor: Actor, object: Contact, data: Mapping[str, Any]) -> Contact:
    """Change a contact. A partner cannot move it to another operator."""
    contact = Contact.objects.get(pk=object.pk)
    _check_hand(actor, contact)
    if "operator" in data:
        claim(actor.user, Contact(operator=data["operator"]))
    audit.saved(actor, contact, data)
    return contact


def delete_contact(*, actor: Actor, object: Contact, erase: bool = False) -> None:
    """Delete a contact; with ``erase``, their name and numbers leave the journal too (right to be forgotten)."""
    contact = Contact.objects.get(pk=object.pk)
    _check_hand(actor, contact, Level.ADMIN)
    key = contact.pk
    with transaction.atomic():
        delete_with_reasons(actor, contact)
        if erase:
            contact.pk = key  # the row has gone, its entries in the journal are found by its key
            audit.forget(actor, contact)


def create_protocol(*, actor: Actor, data: Mapping[str, Any]) -> OperatorProtocol:
    """Say which version of the protocol to speak with an operator for one flow."""
    protocol = OperatorProtocol(**data)
    claim(actor.user, protocol)
    return _create(actor, protocol)


def update_protocol(*, actor: Actor, object: OperatorProtocol, data: Mapping[str, Any]) -> OperatorProtocol:
    """Change a version."""
    protocol = OperatorProtocol.objects.get(pk=object.pk)
    _check_hand(actor, protocol)
    if "operator" in data:
        claim(actor.user, OperatorProtocol(operator=data["operator"]))
    audit.saved(actor, protocol, data)
    return protocol


def delete_protocol(*, actor: Actor, object: OperatorProtocol) -> None:
    """Forget a version: the latest one is spoken again."""
    protocol = OperatorProtocol.objects.get(pk=object.pk)
    _check_hand(actor, protocol, Level.ADMIN)
    delete_with_reasons(actor, protocol)


def create_commune(*, actor: Actor, data: Mapping[str, Any]) -> Commune:
    """Add a commune that the official list lacks."""
    house_only(actor.user)
    return _create(actor, Commune(**data))


def update_commune(*, actor: Actor, object: Commune, data: Mapping[str, Any]) -> Commune:
    """Correct a commune."""
    house_only(actor.user)
    commune = Commune.objects.get(pk=object.pk)
    audit.saved(actor, commune, data)
    return commune


def delete_commune(*, actor: Actor, object: Commune) -> None:
    """Delete a commune that nothing refers to."""
    house_only(actor.user)
    delete_with_reasons(actor, Commune.objects.get(pk=object.pk))


def _create(actor: Actor, obj: Any) -> Any:
    obj.full_clean()
    with transaction.atomic():
        obj.save()
        audit.created(actor, obj)
    return obj


def _check_hand(actor: Actor, obj: Any, level: int = Level.WRITE) -> None:
    if actor.user is not None:
        require_on(actor.user, obj, level)
