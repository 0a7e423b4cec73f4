"""What the page of the map is given to draw with: the legend, words, where to begin, the projections of each territory."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from chappe.apps.cartography import tallies
from chappe.apps.network.models import Building, Pbo, Pm, Prdm
from chappe.kit.access.door import is_house, visible_to
from chappe.kit.screens import registry

#: state → colour of its dot, in the tones of the house; the darker ones of texts would look alike when small
COLOURS = {
    "deployed": "#1a9850", "on_demand": "#e08a00", "deploying": "#2563eb", "signed": "#7c3aed", "target": "#8090a7", "abandoned": "#c62828",
}  # fmt: skip
FRANCE = (-5.2, 41.3, 9.6, 51.2)
ROOM = 0.02  # degrees around the network
#: territory: box of it, its legal projection, its name, and the sphere's flattened shape as the script projects it
SYSTEMS: tuple[dict[str, Any], ...] = (
    {"box": FRANCE, "name": "Lambert-93", "kind": "lambert"},
    {"box": (-63.3, 14.2, -60.6, 18.3), "name": "RGAF09 UTM 20N", "kind": "utm", "meridian": -63, "south": 0},
    {"box": (-54.7, 2.0, -51.4, 6.0), "name": "RGFG95 UTM 22N", "kind": "utm", "meridian": -51, "south": 0},
    {"box": (55.1, -21.5, 56.0, -20.7), "name": "RGR92 UTM 40S", "kind": "utm", "meridian": 57, "south": 1},
    {"box": (44.9, -13.1, 45.4, -12.5), "name": "RGM04 UTM 38S", "kind": "utm", "meridian": 45, "south": 1},
    {"box": (-56.6, 46.6, -56.0, 47.2), "name": "RGSPM06 UTM 21N", "kind": "utm", "meridian": -57, "south": 0},
)


def template(_request: HttpRequest) -> str:
    """Address of a tile with places for its zoom, column and row."""
    return registry.url("cartography.tile", zoom=0, column=0, row=0).replace("0/0/0.mvt", "{z}/{x}/{y}.mvt")


def colours() -> list[dict[str, str]]:
    """Name, word and colour of each state, in the order of the numbers that tiles hold."""
    labels = dict(Building.State.choices)
    return [
        {"name": name, "word": str(labels[state]), "colour": COLOURS[name]} for state, name in tallies.STATES.items()
    ]


def legend(user: Any) -> list[dict[str, Any]]:
    """States with how many buildings of the network are in each; a partner, who sees none of them, is told no figure."""
    counts = tallies.totals() if is_house(user) else (0,) * len(tallies.COLUMNS)
    return [
        each | {"count": count, "place": place}
        for place, (each, count) in enumerate(zip(colours(), counts, strict=True))
    ]


def layers() -> list[tuple[str, str]]:
    """(name, word) of what may be shown or hidden beside the buildings."""
    return [
        ("prdm", _("PRDM")),
        ("pm", "PM"),
        ("pbo", _("PBO")),
        ("cable", _("Cables")),
        ("link", _("PM–PRDM links")),
        ("place", _("Names of communes")),
    ]


def bounds(user: Any) -> tuple[float, float, float, float]:
    """Where the map begins: around all that stands there, else the mainland."""
    if not is_house(user):
        return FRANCE
    found = tallies.bounds()
    if found is None:
        points = list(visible_to(user, Pm).filter(cell__isnull=False).values_list("longitude", "latitude")[:5000])
        if not points:
            return FRANCE
        easts, norths = zip(*points, strict=True)
        found = (min(easts), min(norths), max(easts), max(norths))
    return found[0] - ROOM, found[1] - ROOM, found[2] + ROOM, found[3] + ROOM


def is_empty(user: Any) -> bool:
    """Whether the reader would see nothing at all."""
    return not any(visible_to(user, model).filter(cell__isnull=False).exists() for model in (Pm, Prdm, Pbo, Building))


def systems() -> list[dict[str, Any]]:
    """Legal projections, the mainland's last where boxes do not decide."""
    return [dict(each) for each in SYSTEMS]


def words() -> dict[str, str]:
    """Everything that the script says."""
    return {
        "nothing": _("Nothing was found. Try the street and the commune, or a reference."),
        "failed": _("The server did not answer. Try again in a moment."),
        "draw_rectangle": _("Drag from one corner to the other."),
        "draw_polygon": _("Click each corner; double-click, or press Enter, to close the shape."),
        "draw_line": _(
            "Click where the cable begins, each bend, and where it ends; double-click, or press Enter, to finish."
        ),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "full": _("Full screen"),
        "leave_full": _("Leave full screen"),
        "map": _("Map of the network"),
        "no_base": _("The base map did not answer; the network is shown without it."),
        "results": _("results"),
    }
