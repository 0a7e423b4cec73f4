"""The card of the network's pages that leads to the map: where the thing is, in both systems of coordinates."""

from typing import Any
from urllib.parse import urlencode

from chappe.apps.cartography import showing
from chappe.kit.screens import registry


def see(obj: Any, _user: Any) -> dict[str, Any]:
    """The way to the map with the thing open; no way for a thing without a place."""
    layer = next(name for name, model in showing.LAYERS.items() if isinstance(obj, model))
    url = f"{registry.url('cartography.map')}?{urlencode({layer: f'pk:{obj.pk}'})}" if obj.cell is not None else ""
    return {"map_url": url, "places": showing.places(obj)}
