"""The card of the network's pages that leads to the map: where the thing is, in both systems of coordinates."""

from typing import Any
from urllib.parse import urlencode

from chappe.apps.cartography import showing, strands
from chappe.apps.network.models import Cable
from chappe.core.network.lines import metres
from chappe.kit.access.door import Level, may_touch
from chappe.kit.screens import registry


def see(obj: Any, user: Any) -> dict[str, Any]:
    """The way to the map with the thing open; no way for a thing without a place."""
    if isinstance(obj, Cable):
        return _cable(obj, user)
    layer = next(name for name, model in showing.LAYERS.items() if isinstance(obj, model))
    url = f"{registry.url('cartography.map')}?{urlencode({layer: f'pk:{obj.pk}'})}" if obj.cell is not None else ""
    return {"map_url": url, "places": showing.places(obj)}


def _cable(cable: Cable, user: Any) -> dict[str, Any]:
    """Where a cable runs, and the way to draw it."""
    parts, known = strands.course(cable, user)
    url = f"{registry.url('cartography.map')}?{urlencode({'cable': f'pk:{cable.pk}'})}"
    placed = strands.place(cable, user) is not None
    return {
        "map_url": url if parts else "", "places": [], "cable": cable, "points": sum(map(len, parts)) if known else 0,
        "length": round(sum(map(metres, parts))) if known else 0, "straight": bool(parts) and not known,
        "draw_url": f"{url}&draw" if placed and may_touch(user, cable, Level.WRITE) else "",
    }  # fmt: skip
