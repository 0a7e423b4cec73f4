"""Asks a geocoder where an address is: one GET, a short patience, GeoJSON back. Most French services answer so.

Never raises: a geocoder that is down only leaves its answers out. It is asked by the server, never by a reader's browser.
"""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

PATIENCE = 2.0  # seconds
MOST_BYTES = 400_000


@dataclass(frozen=True)
class Place:
    """An address and its point in degrees."""

    label: str
    longitude: float
    latitude: float


def search(template: str, text: str) -> list[Place]:
    """Places for ``text``; ``template`` is an address with ``{q}`` where the text goes."""
    url = template.replace("{q}", urllib.parse.quote(text, safe=""))
    if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
        return []
    request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "Chappe"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return places(answer.read(MOST_BYTES))
    except (OSError, ValueError):
        return []


def places(body: bytes) -> list[Place]:
    """The points of a GeoJSON FeatureCollection that have a name. Raises ValueError for what is no JSON."""
    told = json.loads(body)
    features = told.get("features") if isinstance(told, dict) else None
    found = []
    for feature in features if isinstance(features, list) else []:
        try:
            longitude, latitude = (float(number) for number in feature["geometry"]["coordinates"][:2])
            label = str(feature["properties"].get("label") or feature["properties"].get("name") or "").strip()
        except (TypeError, KeyError, ValueError, AttributeError):
            continue
        if label and math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 85:
            found.append(Place(label[:200], longitude, latitude))
    return found
