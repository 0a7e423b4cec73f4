"""What the panel says of a thing that was clicked, and of an area that was drawn. Everything passes the door."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from chappe.apps.cartography import strands, tallies
from chappe.apps.cartography.line import Line, listed, to
from chappe.apps.network import areas
from chappe.apps.network.models import Building, Cable, Pbo, Pm, Position, Prdm, Pto
from chappe.apps.network.screens import BUILDING_TONES, TONES
from chappe.core.network.geo import from_degrees, system_of
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.query import Count as Counted
from chappe.kit.screens.query import counted

LAYERS: dict[str, Any] = {"building": Building, "pbo": Pbo, "pm": Pm, "prdm": Prdm, "cable": Cable}
MOST = 200_000  # things of an area that are counted one by one
SYSTEMS = {
    "RGF93": "Lambert-93", "RGAF09": "RGAF09 / UTM 20N", "RGFG95": "RGFG95 / UTM 22N", "RGR92": "RGR92 / UTM 40S",
    "RGM04": "RGM04 / UTM 38S", "RGSPM06": "RGSPM06 / UTM 21N",
}  # fmt: skip


def thing(layer: str, pk: int, user: Any) -> Any:
    """The row, if the reader may see it; None otherwise, or for a layer that is none."""
    model = LAYERS.get(layer)
    return visible_to(user, model).filter(pk=pk).first() if model else None


def told(obj: Any, layer: str, user: Any) -> dict[str, Any]:
    """The context of the panel of a thing."""
    if isinstance(obj, Cable):
        return strands.told(obj, user)
    screen = registry.for_model(type(obj))
    state = getattr(obj, "state", "")
    tones = BUILDING_TONES if isinstance(obj, Building) else TONES
    lines = {"building": _building, "pbo": _pbo, "pm": _pm, "prdm": _prdm}[layer](obj, user)
    return {
        "object": obj, "layer": layer, "kind": screen.label_one if screen else "", "title": str(obj), "address": obj.address,
        "state": obj.get_state_display() if state else "", "tone": tones.get(state, "new"), "url": registry.object_url(obj),
        "lines": [line for line in lines if line.value not in (None, "")], "places": places(obj),
        "longitude": obj.longitude, "latitude": obj.latitude,
    }  # fmt: skip


def places(obj: Any) -> list[tuple[str, str]]:
    """The point in degrees and in the legal projection of its place."""
    if obj.longitude is None or obj.latitude is None:
        return []
    system = system_of(obj.insee) if obj.insee else "RGF93"
    x, y = from_degrees(obj.longitude, obj.latitude, system)
    return [("WGS84", f"{obj.latitude:.6f}, {obj.longitude:.6f}"), (SYSTEMS[system], f"{x:.1f} / {y:.1f}")]


def _building(obj: Building, user: Any) -> list[Line]:
    sockets = visible_to(user, Pto).filter(building=obj).count()
    return [
        Line(_("Type"), obj.get_kind_display()),
        Line(_("Dwellings"), obj.dwellings),
        to("PM", obj.pm, "pm"),
        to(_("PBO"), obj.pbo, "pbo"),
        Line(_("Sockets"), sockets or "", listed("network.pto", "building", obj.pk)),
        Line(_("Kind of drop"), obj.drop_type),
        Line(_("Cabled"), obj.cabled_on),
        Line(_("Commercial opening"), obj.opened_on),
        Line(_("Orders accepted from"), obj.orders_from),
    ]


def _pbo(obj: Pbo, user: Any) -> list[Line]:
    served = visible_to(user, Building).filter(pbo=obj).aggregate(n=Count("pk"), homes=Sum("dwellings"))
    return [
        Line(_("Type"), obj.get_kind_display()),
        to("PM", obj.pm, "pm"),
        Line(_("Buildings served"), served["n"] or "", listed("network.building", "pbo", obj.pk)),
        Line(_("Dwellings"), served["homes"]),
        Line(_("Capacity"), obj.capacity),
        Line(_("Kind of place"), obj.placing),
        Line(_("Kind of drop"), obj.drop_type),
    ]


def _pm(obj: Pm, user: Any) -> list[Line]:
    served = visible_to(user, Building).filter(Q(pm=obj) | Q(pm__parent=obj))
    found = served.aggregate(n=Count("pk"), ready=Count("pk", filter=Q(state=Building.State.DEPLOYED)))
    links = [link.prdm for link in obj.links.select_related("prdm")[:2]]
    held = visible_to(user, Position).filter(Q(module__pm=obj) | Q(module__pm__parent=obj))
    sums = held.aggregate(n=Count("pk"), used=Count("pk", filter=Q(operator__isnull=False)))
    return [
        Line(_("Type"), obj.get_kind_display()),
        *(to(_("PRDM"), prdm, "prdm") for prdm in links),
        to(_("Grouped under"), obj.parent, "pm"),
        Line(_("Buildings served"), found["n"] or "", listed("network.building", "pm", obj.pk)),
        Line(_("of them deployed"), f"{found['ready'] * 100 // found['n']} %" if found["n"] else ""),
        Line(_("Dwellings"), obj.dwellings),
        Line(_("Positions used"), f"{sums['used']} / {sums['n']}" if sums["n"] else ""),
        Line(_("Kind of place"), obj.location_type),
        Line(_("Where it is"), obj.comment),
        Line(_("Commercial opening"), obj.opened_on),
    ]


def _prdm(obj: Prdm, user: Any) -> list[Line]:
    pms = visible_to(user, Pm).filter(links__prdm=obj)
    return [
        Line(_("Type"), obj.get_kind_display()),
        Line(
            _("PM linked"), pms.count() or "", f"{registry.url('network.link')}?{urlencode({'of': f'prdm:{obj.pk}'})}"
        ),
        Line(_("Least dwellings of a PM"), obj.min_dwellings),
    ]


@dataclass(frozen=True)
class Share:
    """What stands in an area, of one kind, with the ways to it."""

    label: Any
    icon: str
    count: Counted
    url: str
    csv: str
    xlsx: str


def within(text: str, user: Any) -> dict[str, Any]:
    """The context of the panel of an area: how many of each kind, buildings by state, and the ways to list and export them.

    Raises ValueError for what is no shape.
    """
    areas.areas.read(text)
    where = areas.inside(text)
    shares = [
        share for slug, icon in (("network.building", "building"), ("network.pbo", "box"), ("network.pm", "server-2"), ("network.prdm", "building-broadcast-tower"))
        if (share := _share(slug, icon, text, user)).count.number
    ]  # fmt: skip
    buildings = visible_to(user, Building).filter(where)
    states, homes = ([], 0) if not shares or shares[0].count.capped else _states(buildings)
    return {"shares": shares, "states": states, "homes": homes, "area": text}


def _share(slug: str, icon: str, text: str, user: Any) -> Share:
    screen = registry.get(slug)
    rows = visible_to(user, screen.model).filter(areas.inside(text))
    asked = urlencode({"scope": "all", "area": text})
    exported = urlencode({"scope": "all", "area": text, "cols": "*"})
    return Share(
        screen.label, icon, counted(rows, MOST), f"{registry.url(slug)}?{asked}",
        f"{registry.url(slug, 'export-csv')}?{exported}&bom=1", f"{registry.url(slug, 'export-xlsx')}?{exported}",
    )  # fmt: skip


def _states(rows: QuerySet) -> tuple[list[tuple[str, str, int]], int]:
    """(label, tone, how many) of each state that occurs, in the order of the legend; and the dwellings."""
    found = {
        state: (n, homes)
        for state, n, homes in rows.order_by().values_list("state").annotate(n=Count("pk"), homes=Sum("dwellings"))
    }
    labels = dict(Building.State.choices)
    shown = [
        (str(labels[state]), str(BUILDING_TONES[state]), found[state][0]) for state in tallies.STATES if state in found
    ]
    return shown, sum(homes or 0 for _n, homes in found.values())
