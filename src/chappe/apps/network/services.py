"""The verbs of the inventory: the only writers, row by row. Each leaves a line of audit and, for what is published, Changes.

Points are placed and addresses folded here. What hangs on something is never lost: a refusal says what does. The network
belongs to the house: nobody else may write here.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.network import changes, walking
from chappe.apps.network.models import Building, Cable, Change, Fibre, Module, Pm, Position, Pto, Splice
from chappe.apps.network.models.located import Located
from chappe.core.network.line_ids import written_line
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit
from chappe.kit.audit.deletion import delete_with_reasons


def create(model: type[models.Model], *, actor: Actor, data: Mapping[str, Any]) -> Any:
    """A new row of one of the tables of the network."""
    house_only(actor.user)
    obj = model(**data)
    ready(obj)
    obj.full_clean()
    with transaction.atomic():
        obj.save()
        _fill(obj)
        audit.created(actor, obj)
        changes.record(actor, obj, Change.Event.CREATION)
        _rewalk(obj)
    return obj


def update(*, actor: Actor, object: Any, data: Mapping[str, Any]) -> Any:
    """Change a row. Nothing is written when nothing changed."""
    house_only(actor.user)
    old = type(object)._base_manager.get(pk=object.pk)
    obj = type(object)._base_manager.get(pk=object.pk)  # a form has already touched the one it was given
    before = changes.published(old)
    for name, value in data.items():
        setattr(obj, name, value)
    ready(obj)
    _check_size(obj, old)
    with transaction.atomic():
        if changes.THINGS.get(type(obj)) and changes.published(obj) != before:
            obj.modified_on = timezone.localdate()
        if audit.saved(actor, obj, data):
            _fill(obj)
            changes.record(actor, obj, Change.Event.MODIFICATION, before)
            _rewalk(obj, old)
    return obj


def delete(*, actor: Actor, object: Any) -> None:
    """Delete a row on which nothing hangs; otherwise the refusal names what does."""
    house_only(actor.user)
    obj = type(object)._base_manager.get(pk=object.pk)
    _check_spare(obj)
    rows = changes.rows_for(actor, obj, Change.Event.SUPPRESSION)
    pms, (fibres, _positions) = _pms_of(obj), _near(obj)
    with transaction.atomic():
        delete_with_reasons(actor, obj)
        changes.record_all(rows)
        for pm in pms:
            walking.rewalk(pm)
        if fibres:
            walking.rewalk_near(fibres)


def ready(obj: models.Model) -> None:
    """What is worked out of what was typed."""
    if isinstance(obj, Located):
        try:
            obj.place()
        except (KeyError, ValueError):
            raise ValidationError({"x": _("This point is outside of its projection.")}) from None
    if isinstance(obj, Cable):
        obj.place()
    if isinstance(obj, Pto):
        obj.reference = written_line(obj.reference)
    if isinstance(obj, Building):
        obj.fold()


def _fill(obj: models.Model) -> None:
    """A cable has its fibres, a module its positions."""
    if isinstance(obj, Cable):
        have = set(obj.fibres.values_list("number", flat=True))
        Fibre.objects.bulk_create(Fibre(cable=obj, number=n) for n in range(1, obj.capacity + 1) if n not in have)
        obj.fibres.filter(number__gt=obj.capacity).delete()
    if isinstance(obj, Module):
        have = set(obj.positions.values_list("number", flat=True))
        Position.objects.bulk_create(
            Position(module=obj, number=n) for n in range(1, obj.capacity + 1) if n not in have
        )
        obj.positions.filter(number__gt=obj.capacity).delete()


def _check_size(obj: models.Model, old: models.Model) -> None:
    """A cable or a module does not shrink under what is joined there."""
    if isinstance(obj, Cable) and isinstance(old, Cable) and obj.capacity < old.capacity:
        lost = Fibre.objects.filter(cable=old, number__gt=obj.capacity)
        if _joined(lost) or lost.filter(position__isnull=False).exists():
            raise ValidationError({"capacity": _("Fibres above this number are joined: part them first.")})
    if isinstance(obj, Module) and isinstance(old, Module) and obj.capacity < old.capacity:
        lost_positions = old.positions.filter(number__gt=obj.capacity)
        if lost_positions.filter(models.Q(fibre__isnull=False) | models.Q(operator__isnull=False)).exists():
            raise ValidationError({"capacity": _("Positions above this number are in use: free them first.")})


def _check_spare(obj: models.Model) -> None:
    """Cascades that would take joined fibres or used positions along are refused."""
    if isinstance(obj, Cable):
        count = _joined(Fibre.objects.filter(cable=obj))
        if count:
            raise ValidationError(
                _("%(cable)s cannot be deleted: %(count)d splices hold its fibres.") % {"cable": obj, "count": count}
            )
    if isinstance(obj, Module | Pm):
        used = Position.objects.filter(**{"module" if isinstance(obj, Module) else "module__pm": obj})
        used = used.filter(models.Q(fibre__isnull=False) | models.Q(operator__isnull=False))
        if used.exists():
            raise ValidationError(
                _("%(object)s cannot be deleted: %(count)d of its positions are in use.")
                % {"object": obj, "count": used.count()}
            )


def _joined(fibres: models.QuerySet) -> int:
    return Splice.objects.filter(models.Q(a__in=fibres) | models.Q(b__in=fibres)).count()


def _pms_of(obj: models.Model) -> list[Pm]:
    """The PMs whose routes all change with it: by their names, by the colours of a cable."""
    if isinstance(obj, Module):
        return [obj.pm]
    if isinstance(obj, Cable):
        return [obj.pm] if obj.pm is not None else []
    return []


def _near(obj: models.Model) -> tuple[set[int], set[int]]:
    """(fibres, positions) next to which routes change with it."""
    if isinstance(obj, Position):
        return {obj.fibre_id} - {None}, {obj.pk}
    if isinstance(obj, Splice):
        return {obj.a_id, obj.b_id} - {None}, set()
    return set(), set()


def _rewalk(obj: models.Model, old: models.Model | None = None) -> None:
    found = {pm.pk: pm for thing in (obj, old) if thing is not None for pm in _pms_of(thing)}
    for pm in found.values():
        walking.rewalk(pm)
    near = [_near(thing) for thing in (obj, old) if thing is not None]
    fibres, positions = set().union(*(one[0] for one in near)), set().union(*(one[1] for one in near))
    if fibres or positions:
        walking.rewalk_near(fibres, positions)


def patch(*, actor: Actor, positions: list[Position], operator: Any, note: str = "") -> int:
    """Give positions to an operator, or free them (``operator`` None). All or none. Answers how many changed."""
    house_only(actor.user)
    taken = [row for row in positions if operator is not None and row.operator_id not in {None, operator.pk}]
    if taken:
        raise ValidationError(
            _("%(position)s is held by %(operator)s: free it first.")
            % {"position": taken[0], "operator": taken[0].operator}
        )
    count = 0
    with transaction.atomic():
        for row in positions:
            count += audit.saved(actor, row, {"operator": operator, "note": note or row.note})
        walking.rewalk_near((), [row.pk for row in positions])
    return count
