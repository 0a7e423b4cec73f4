"""What the pages of the network show beside their columns. Each function answers the context of one template."""

from collections import Counter, defaultdict
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from chappe.apps.network import drawing, queries, walking
from chappe.apps.network.models import (
    Building,
    Cable,
    Fibre,
    Module,
    OpticalRoute,
    Pbo,
    Pm,
    Position,
    Prdm,
    Pto,
)
from chappe.kit.access.door import Level, may_touch, visible_to
from chappe.kit.screens import registry

MOST_ROUTES = 60
ROUTE_FIELDS = ("pk", "position_id", "cable", "tube", "fibre", "fault", "used", "pto__reference", "pbo__reference")


def words() -> list[tuple[str, str]]:
    """What a position may be, in the order of the bar."""
    return [
        ("used", _("used")), ("ready", _("wired to a socket")), ("stock", _("fibre in stock")), ("fault", _("faulty")),
        ("empty", _("no fibre")),
    ]  # fmt: skip


def tone_of(operator: Any, fibre: Any, fault: str | None) -> str:
    """The state of a position, from who holds it and where its fibre leads."""
    if fault in {"fork", "long", "too-many"}:
        return "fault"
    if operator:
        return "used"
    if not fibre:
        return "empty"
    return "ready" if fault == "" else "stock"


def _modules_of(pm: Pm) -> Any:
    return (
        Module.objects.filter(pm__in=[pm.pk, *pm.technical.values_list("pk", flat=True)])
        .select_related("pm")
        .order_by("pm__reference", "rank", "name")
    )


def positions(pm: Pm, user: Any) -> dict[str, Any]:
    """The grid of each module with who holds what, and the bar of all of them; a PMR sums up its PMTs."""
    modules = list(_modules_of(pm))
    rows = Position.objects.filter(module__in=modules).order_by("module", "number")
    facts = rows.values_list(
        "pk", "module_id", "number", "operator_id", "operator__name", "operator__colour", "fibre_id", "route__fault",
        "route__pto__reference", "note",
    )  # fmt: skip
    said = dict(words())
    grids = {row.pk: drawing.Grid(row.name, registry.object_url(row), row.columns) for row in modules}
    by_pm: dict[int, Counter[str]] = defaultdict(Counter)
    whose = {row.pk: row.pm_id for row in modules}
    holders: Counter[str] = Counter()
    for pk, module, number, operator, name, _shade, fibre, fault, pto, note in facts:
        tone = tone_of(operator, fibre, fault)
        by_pm[whose[module]][tone] += 1
        if operator:
            holders[name] += 1
        title = " · ".join(part for part in (f"{number}", said[tone], name, pto, note) if part)
        url = registry.url("network.position", "detail", pk=pk)
        grids[module].cells.append(drawing.Cell(number, tone, title, url, (name or "")[:2].upper()))
    total: Counter[str] = sum(by_pm.values(), Counter())
    technical = [
        {"pm": row, "url": registry.object_url(row), "bar": drawing.bar(by_pm[row.pk], words())}
        for row in (pm.technical.order_by("reference") if pm.kind == Pm.Kind.PMR else ())
    ]
    own = [grids[row.pk] for row in modules if row.pm_id == pm.pk]
    for grid in own:
        grid.bar = drawing.bar(Counter(cell.tone for cell in grid.cells), words())
    return {
        "grids": own, "bar": drawing.bar(total, words()), "words": words(), "technical": technical,
        "holders": holders.most_common(), "may_write": may_touch(user, pm, Level.WRITE),
        "new_url": f"{registry.url('network.module', 'create')}?pm={pm.pk}",
    }  # fmt: skip


def routes(pm: Pm, _user: Any) -> dict[str, Any]:
    """Routes by colour: each cable of the PM, tube by tube, its fibres drawn, filled when they reach a socket."""
    rows = OpticalRoute.objects.filter(pm=pm).order_by("cable", "tube", "fibre").values_list(*ROUTE_FIELDS)
    schemes = dict(Cable.objects.filter(pm=pm).values_list("reference", "scheme"))
    cables: dict[str, dict[int, list[dict[str, Any]]]] = {}
    faults: Counter[str] = Counter()
    for pk, _position, cable, tube, fibre, fault, used, pto, pbo in rows:
        faults[fault] += 1
        shade = drawing.colour(fibre, schemes.get(cable, "orange"))
        title = " · ".join(part for part in (f"{fibre} {shade.label if shade else ''}".strip(), pbo, pto) if part)
        cables.setdefault(cable, {}).setdefault(tube or 0, []).append(
            {
                "url": registry.url("network.route", "detail", pk=pk), "title": title, "used": used,
                "dot": drawing.dot(shade, hollow=bool(fault)), "bad": fault in {"fork", "long", "too-many"},
                "through": fault == "",
            }
        )  # fmt: skip
    drawn = [
        {"name": name, "count": sum(map(len, found.values())), "through": sum(one["through"] for fibres in found.values() for one in fibres), "tubes": [
            {"number": tube, "chip": drawing.chip(tube, schemes.get(name, "orange")), "fibres": fibres,
             "used": sum(one["used"] for one in fibres)}
            for tube, fibres in sorted(found.items())]}
        for name, found in cables.items()
    ]  # fmt: skip
    bad = sum(count for fault, count in faults.items() if fault in {"fork", "long", "too-many"})
    return {
        "cables": drawn, "count": sum(faults.values()), "through": faults[""], "stock": faults["open"], "bad": bad,
        "list_url": f"{registry.url('network.route')}?scope=all&of=pm:{pm.pk}",
        "bad_url": f"{registry.url('network.route')}?scope=faulty&of=pm:{pm.pk}",
    }  # fmt: skip


def summary(pm: Pm, user: Any) -> dict[str, Any]:
    """The photo, and the figures that matter in front of the cabinet."""
    served = Building.objects.filter(pm__in=[pm.pk, *pm.technical.values_list("pk", flat=True)])
    found = served.aggregate(count=Count("pk"), deployed=Count("pk", filter=Q(state=Building.State.DEPLOYED)))
    where = f"{pm.latitude:.6f},{pm.longitude:.6f}" if pm.latitude is not None and pm.longitude is not None else ""
    return {
        "photo_url": f"{registry.url('network.photo', pk=pm.pk)}?v={pm.photo_id}" if pm.photo_id else "",
        "served": found["count"], "deployed": found["deployed"], "pbos": Pbo.objects.filter(pm=pm).count(),
        "buildings_url": f"{registry.url('network.building')}?scope=all&of=pm:{pm.pk}",
        "pbos_url": f"{registry.url('network.pbo')}?scope=all&of=pm:{pm.pk}", "where": where,
        "may_write": may_touch(user, pm, Level.WRITE),
        "send_url": registry.url("network.pm", "action", pk=pm.pk, name="photo"),
    }  # fmt: skip


def route_drawn(route: OpticalRoute, _user: Any) -> dict[str, Any]:
    """The route from end to end."""
    operator = route.position.operator
    start_sub = " · ".join(part for part in (str(route.pm), operator.name if operator else "") if part)
    if route.pto is not None:
        socket = f"{_('connector')} {route.connector}" if route.connector else ""
        end, end_sub = str(route.pto), " · ".join(part for part in (socket, str(route.pto.building)) if part)
    else:
        end, end_sub = str(route.get_fault_display()), str(route.pbo) if route.pbo else ""
    bad = route.fault in {"fork", "long", "too-many"}
    return {
        "svg": drawing.route(
            route.steps, start=route.name, start_sub=start_sub, end=end, end_sub=end_sub,
            fault="" if route.pto is not None and not bad else route.fault,
        ),
        "bad": FAULTS_SAID.get(route.fault, lambda: "")() if bad else "",
        "length": sum(step.get("length") or 0 for step in route.steps),
        "splices": sum(1 for step in route.steps[:-1]),
    }  # fmt: skip


FAULTS_SAID = {
    "fork": lambda: _("A fibre end is spliced twice: the route cannot be followed further. Look at the last box."),
    "long": lambda: _("The route never ends: splices turn in a circle, or were read twice."),
    "too-many": lambda: _("More than four routes reach this socket."),
}


def cable_opened(cable: Cable, _user: Any) -> dict[str, Any]:
    """Tubes and fibres in their colours; hollow when nothing is joined."""
    rows = list(cable.fibres.order_by("number").values_list("pk", "number", "state"))
    joined = queries.joined_fibres(cable)
    said = dict(Fibre.State.choices)
    fibres = [
        (number, str(said[state]), pk in joined, registry.url("network.fibre", "detail", pk=pk))
        for pk, number, state in rows
    ]
    opened = drawing.tubes(fibres, cable.per_tube, cable.scheme)
    return {"tubes": opened, "joined": sum(tube["joined"] for tube in opened), "total": len(fibres)}


def _traced(found: list[OpticalRoute]) -> dict[str, Any]:
    rows = [
        {"route": route, "url": registry.object_url(route), "tube": drawing.chip(route.end_tube, _scheme(route)),
         "fibre": drawing.chip(route.end_fibre, _scheme(route)), "operator": route.position.operator,
         "bad": route.fault in {"fork", "long", "too-many"}}
        for route in found[:MOST_ROUTES]
    ]  # fmt: skip
    return {"routes": rows, "more": max(0, len(found) - MOST_ROUTES)}


def _scheme(route: OpticalRoute) -> str:
    return next((step["scheme"] for step in reversed(route.steps) if step["cable"] == route.end_cable), "orange")


def trace_fibre(fibre: Fibre, _user: Any) -> dict[str, Any]:
    """Routes through a fibre."""
    return _traced(walking.trace(fibre=fibre))


def trace_pbo(pbo: Pbo, _user: Any) -> dict[str, Any]:
    """Routes that come out at a PBO."""
    return _traced(walking.trace(pbo=pbo))


def trace_pto(pto: Pto, _user: Any) -> dict[str, Any]:
    """Routes of a socket."""
    return _traced(walking.trace(pto=pto))


def trace_building(building: Building, _user: Any) -> dict[str, Any]:
    """Routes of the sockets of a building."""
    rows = OpticalRoute.objects.filter(pto__building=building)
    return _traced(
        list(
            rows.select_related("position__operator", "position__module__pm", "pto", "pbo", "pm").order_by(
                "pto", "connector"
            )
        )
    )


def position_route(position: Position, _user: Any) -> dict[str, Any]:
    """The route that begins at a position."""
    route = (
        OpticalRoute.objects.filter(position=position)
        .select_related("position__operator", "pto__building", "pbo", "pm")
        .first()
    )
    return {"route": route, "url": registry.object_url(route) if route else ""} | (
        route_drawn(route, _user) if route else {}
    )


def prdm_pms(prdm: Prdm, user: Any) -> dict[str, Any]:
    """How many PMs and dwellings hang on a PRDM."""
    links = visible_to(user, Pm).filter(links__prdm=prdm)
    return {"pms": links.count(), "dwellings": sum(n or 0 for n in links.values_list("dwellings", flat=True))}
