"""Which positions of which modules the fibres of a cable hold, and the other way round: columns and filters of both lists.

A row asks for its first and its last position alone, each found at once in an index; a filter that names few things asks for
their rows, one that names many looks row by row until the page is full.
"""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from chappe.apps.network import queries
from chappe.apps.network.models import Cable, Module, Position
from chappe.apps.network.models.fibres import SEAT_GAP

FEW = 200  # things that are asked for one by one


def _one(held: QuerySet, order: str, *told: str) -> Subquery:
    parts: list[Any] = [Cast(name, CharField()) for name in told]
    joined = Concat(parts[0], Value(SEAT_GAP), parts[1])
    return Subquery(held.order_by(order).annotate(told=joined).values("told")[:1], output_field=CharField())


def of_cables(found: QuerySet, _user: Any) -> QuerySet:
    """Cables with the first and the last position that their fibres hold."""
    held = Position.objects.filter(fibre__cable=OuterRef("pk"))
    told = ("module__name", "number")
    return found.select_related("pm").annotate(
        seat_first=_one(held, "fibre__number", *told), seat_last=_one(held, "-fibre__number", *told)
    )


def of_modules(found: QuerySet, _user: Any) -> QuerySet:
    """Modules with their first and their last position that a fibre holds."""
    held = Position.objects.filter(module=OuterRef("pk"), fibre__isnull=False)
    told = ("fibre__cable__reference", "number")
    return found.select_related("pm").annotate(
        seat_first=_one(held, "number", *told), seat_last=_one(held, "-number", *told)
    )


def _number(text: str) -> int | None:
    wanted = text.strip()
    return int(wanted) if wanted.isdecimal() and len(wanted) < 6 else None


def cable_at_position(text: str) -> Q:
    """Cables with a fibre on a position of this number."""
    number = _number(text)
    if number is None:
        return Q(pk__in=[])
    return Q(Exists(Position.objects.filter(fibre__cable=OuterRef("pk"), number=number)))


def cable_in_module(text: str) -> Q:
    """Cables with a fibre in a module called so."""
    modules = list(Module.objects.filter(name__icontains=text).values_list("pk", flat=True)[: FEW + 1])
    if len(modules) > FEW:
        return Q(Exists(Position.objects.filter(fibre__cable=OuterRef("pk"), module__name__icontains=text)))
    return Q(pk__in=Position.objects.filter(module__in=modules, fibre__isnull=False).values("fibre__cable"))


def module_with_position(text: str) -> Q:
    """Modules whose position of this number has a fibre."""
    number = _number(text)
    if number is None:
        return Q(pk__in=[])
    return Q(Exists(Position.objects.filter(module=OuterRef("pk"), number=number, fibre__isnull=False)))


def module_of_cable(text: str) -> Q:
    """Modules where a cable arrives whose reference begins so."""
    begins = queries.reference()(text)
    cables = list(Cable.objects.filter(begins).values_list("pk", flat=True)[: FEW + 1])
    if len(cables) > FEW:
        arriving = Cable.objects.filter(begins).values("pk")
        return Q(Exists(Position.objects.filter(module=OuterRef("pk"), fibre__cable__in=arriving)))
    return Q(pk__in=Position.objects.filter(fibre__cable__in=cables).values("module"))
