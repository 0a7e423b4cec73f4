"""The routes of a PM, walked and kept: positions and splices read once, ``core.network.routes`` does the walking.

A route keeps its row as long as its position keeps a fibre, so that its address stays. Nothing here decides anything.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from chappe.apps.network.models import Cable, Fibre, OpticalRoute, Pbo, Pm, Position, Pto
from chappe.apps.network.models import Splice as SpliceRow
from chappe.core.network.colours import in_cable
from chappe.core.network.routes import MAX_STEPS, Route, Splice, Start, walk_all

KEPT = (
    "pm", "pto", "connector", "pbo", "fault", "name", "cable", "tube", "fibre", "end_cable", "end_tube", "end_fibre",
    "used", "steps", "walked_at",
)  # fmt: skip
_SPLICE = ("pk", "a", "b", "box", "box__reference", "pto", "pto__reference", "connector", "cassette", "place")


class Facts:
    """What walking needs to know, read in a fixed number of queries however many fibres there are."""

    def __init__(self, starts: Iterable[int], pm: Pm | None) -> None:
        self.splices: dict[int, tuple[Any, ...]] = {}
        fibres = set(starts)
        if pm is not None:
            self._take(Q(a__cable__pm=pm) | Q(b__cable__pm=pm))
            fibres |= self._ends(self.splices.values())
        # Fibres of cables that do not say their PM, step by step; a whole network has none of it.
        own = set(Fibre.objects.filter(cable__pm=pm).values_list("pk", flat=True)) if pm is not None else set()
        frontier = fibres - own
        for _round in range(60):
            if not frontier:
                break
            before = set(self.splices)
            self._take(Q(a__in=frontier) | Q(b__in=frontier))
            new = self._ends(row for key, row in self.splices.items() if key not in before)
            frontier = new - fibres - own
            fibres |= new
        self.fibres: dict[int, tuple[int, int]] = {}
        rows = Fibre.objects.filter(cable__pm=pm) if pm is not None else Fibre.objects.none()
        self.fibres.update({pk: (cable, number) for pk, cable, number in rows.values_list("pk", "cable", "number")})
        lacking = [pk for pk in fibres if pk not in self.fibres]
        for part in _parts(lacking):
            more = Fibre.objects.filter(pk__in=part).values_list("pk", "cable", "number")
            self.fibres.update({pk: (cable, number) for pk, cable, number in more})
        self.cables = Cable.objects.defer("path").in_bulk({cable for cable, _number in self.fibres.values()})
        ends = {cable.end for cable in self.cables.values() if cable.end}
        self.boxes = {row.reference: row.pk for row in Pbo.objects.filter(reference__in=ends).only("reference")}

    def _take(self, where: Q) -> None:
        for row in SpliceRow.objects.filter(where).values_list(*_SPLICE):
            self.splices[row[0]] = row

    @staticmethod
    def _ends(rows: Iterable[tuple[Any, ...]]) -> set[int]:
        return {end for row in rows for end in row[1:3] if end is not None}

    def given(self) -> list[Splice]:
        """As the walker takes them."""
        return [
            Splice(row[0], row[1], row[2], row[4] or "", row[6] or "", row[7] or 0) for row in self.splices.values()
        ]


def _parts(keys: list[int], size: int = 900) -> Iterable[list[int]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def rewalk(pm: Pm) -> int:
    """Walk every route of the modules of ``pm`` again, and write those that are not as they were; answers how many there are."""
    positions = list(Position.objects.filter(module__pm=pm, fibre__isnull=False).select_related("module"))
    rows = _walked(positions, pm)
    OpticalRoute.objects.filter(pm=pm).exclude(
        position__in=Position.objects.filter(module__pm=pm, fibre__isnull=False)
    ).delete()
    _keep(rows, OpticalRoute.objects.filter(pm=pm))
    return len(rows)


def rewalk_near(fibres: Iterable[int], positions: Iterable[int] = ()) -> int:
    """Walk again the routes that pass one of these fibres, begin at these positions, or reach the same sockets; answers how many."""
    starts = {*positions, *_positions_near(set(fibres))}
    sockets = OpticalRoute.objects.filter(position__in=starts, pto__isnull=False).values("pto")
    starts |= set(OpticalRoute.objects.filter(pto__in=sockets).values_list("position", flat=True))
    found = list(Position.objects.filter(pk__in=starts, fibre__isnull=False).select_related("module__pm"))
    OpticalRoute.objects.filter(position__in=starts - {row.pk for row in found}).delete()
    rows = _walked(found, None)
    reached = {row.pto_id for row in rows if row.pto_id}
    others = set(OpticalRoute.objects.filter(pto__in=reached).values_list("position", flat=True)) - starts
    if others:  # a socket that was reached otherwise too: its routes are counted together
        more = Position.objects.filter(pk__in=others, fibre__isnull=False).select_related("module__pm")
        found += list(more)
        rows = _walked(sorted(found, key=lambda row: row.pk), None)
    _keep(rows, OpticalRoute.objects.filter(position__in=[row.pk for row in found]))
    return len(rows)


def _positions_near(fibres: set[int]) -> set[int]:
    """Positions whose fibre is joined, however far, with one of these."""
    seen, frontier = set(fibres), set(fibres)
    for _round in range(MAX_STEPS):
        if not frontier:
            break
        ends = SpliceRow.objects.filter(Q(a__in=frontier) | Q(b__in=frontier)).values_list("a", "b")
        frontier = {end for pair in ends for end in pair if end is not None} - seen
        seen |= frontier
    found: set[int] = set()
    for part in _parts(sorted(seen)):
        found |= set(Position.objects.filter(fibre__in=part).values_list("pk", flat=True))
    return found


def _walked(positions: list[Position], pm: Pm | None) -> list[OpticalRoute]:
    """The routes from these positions, not saved."""
    facts = Facts((row.fibre_id for row in positions if row.fibre_id), pm)
    walked = walk_all((Start(row.pk, row.fibre_id) for row in positions if row.fibre_id), facts.given())
    sockets = {row[6]: row[5] for row in facts.splices.values() if row[6]}
    by_key = {row.pk: row for row in positions}
    return [_row(pm or by_key[route.start].module.pm, by_key[route.start], route, facts, sockets) for route in walked]


def _keep(rows: list[OpticalRoute], kept: QuerySet) -> None:
    """Write the routes that are new or not as they are kept."""
    columns = [OpticalRoute._meta.get_field(name).attname for name in KEPT if name != "walked_at"]
    known = {values[0]: values[1:] for values in kept.values_list("position_id", *columns)}
    changed = [row for row in rows if known.get(row.position_id) != tuple(getattr(row, name) for name in columns)]
    OpticalRoute.objects.bulk_create(
        changed, batch_size=500, update_conflicts=True, unique_fields=["position"], update_fields=list(KEPT)
    )


def _row(pm: Pm, position: Position, route: Route, facts: Facts, sockets: Mapping[str, int]) -> OpticalRoute:
    steps = list(_steps(route, facts))
    first = steps[0]
    last = next((step for step in reversed(steps) if step["kind"] != Cable.Kind.DROP), first)
    box = next((step["box_pk"] for step in reversed(steps) if step["box_pk"]), None)
    if box is None:
        box = facts.boxes.get(facts.cables[facts.fibres[route.fibres[-1]][0]].end)
    return OpticalRoute(
        pm=pm, position=position, pto_id=sockets.get(route.socket), connector=route.connector or None, pbo_id=box,
        fault=route.fault.value, name=f"{position.module.name} · {position.number}"[:120],
        cable=first["cable"], tube=first["tube"], fibre=first["in_tube"],
        end_cable=last["cable"], end_tube=last["tube"], end_fibre=last["in_tube"],
        used=position.operator_id is not None, steps=steps,
    )  # fmt: skip


def _steps(route: Route, facts: Facts) -> Iterable[dict[str, Any]]:
    """Each fibre from the PM, with the splice at its far end."""
    for index, fibre in enumerate(route.fibres):
        cable_pk, number = facts.fibres[fibre]
        cable = facts.cables[cable_pk]
        tube, place = in_cable(number, cable.per_tube)
        splice = facts.splices[route.splices[index]] if index < len(route.splices) else None
        last = index + 1 == len(route.fibres)
        yield {
            "fibre": fibre, "cable": cable.reference, "cable_pk": cable_pk, "kind": cable.kind, "number": number,
            "tube": tube, "in_tube": place, "scheme": cable.scheme, "length": cable.length,
            "box": splice[4] or "" if splice and not (last and splice[2] is None) else "",
            "box_pk": splice[3] if splice else None,
            "cassette": splice[8] if splice else "", "place": splice[9] if splice else None,
        }  # fmt: skip


def pms_of_fibres(fibres: Iterable[int]) -> set[int]:
    """Keys of the PMs whose kept routes pass through one of these fibres' splices; for the trace of a point."""
    return set(Fibre.objects.filter(pk__in=list(fibres)).exclude(cable__pm=None).values_list("cable__pm", flat=True))


def trace(*, fibre: Fibre | None = None, pbo: Pbo | None = None, pto: Pto | None = None) -> list[OpticalRoute]:
    """The kept routes that pass a point, in the order of their positions."""
    rows = OpticalRoute.objects.select_related("position__module", "pto", "pbo", "pm", "position__operator")
    if pto is not None:
        return list(rows.filter(pto=pto).order_by("connector", "pk"))
    if pbo is not None:
        return list(rows.filter(pbo=pbo).order_by("position"))
    if fibre is None:
        return []
    near = rows.filter(pm=fibre.cable.pm) if fibre.cable.pm_id else rows.filter(cable=fibre.cable.reference)
    return [route for route in near.order_by("position") if any(step["fibre"] == fibre.pk for step in route.steps)]
