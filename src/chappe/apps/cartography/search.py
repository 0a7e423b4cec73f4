"""Where is it? An address of ours, a reference, a commune, a pair of coordinates; beyond, the geocoder of the settings if there is one.

Ours come first and need no network. What is found passes the door; the text typed goes to the geocoder alone, and from here.
"""

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.apps.network import queries
from chappe.apps.network.models import Building, Pbo, Pm, Prdm
from chappe.apps.network.models.located import folded
from chappe.apps.parties.models import Commune
from chappe.connectors import geocoder
from chappe.core.network.geo import to_degrees
from chappe.kit.access.door import visible_to
from chappe.kit.ops.config import value

MOST, LOOKED = 8, 60
SHORTEST = 2
_PAIR = re.compile(r"\s*(-?\d{1,8}(?:[.,]\d+)?)\s*[;,\s]\s*(-?\d{1,8}(?:[.,]\d+)?)\s*\Z")
_NUMBER = re.compile(r"(\d{1,4})([a-z]|bis|ter|quater)?\Z")
_REFERENCE = re.compile(r"[A-Za-z0-9]*[-_/0-9][A-Za-z0-9_/-]*\Z")


@dataclass(frozen=True)
class Found:
    """A place to go to. ``layer`` and ``pk`` name what the panel opens; empty for a bare place."""

    label: str
    more: str
    icon: str
    longitude: float
    latitude: float
    zoom: float
    layer: str = ""
    pk: int = 0


def find(text: str, user: Any) -> list[dict[str, Any]]:
    """What answers to ``text``, best first: coordinates, references, addresses of ours, communes, then the geocoder's."""
    text = " ".join(text.replace("\x00", "").split())[:200]
    if len(text) < SHORTEST:
        return []
    pair = _coordinates(text)
    if pair:
        return [asdict(pair)]
    found, communes = _references(text, user), _communes(text, user)
    if communes and folded(communes[0].label) == folded(text):
        found, communes = [*found, communes[0]], communes[1:]
    found = [*found, *_addresses(text, user)][:MOST]
    found += communes[: max(2, MOST - len(found))]
    if len(found) < MOST:
        found += _elsewhere(text, MOST - len(found))
    return [asdict(each) for each in found]


def _coordinates(text: str) -> Found | None:
    """Degrees, the latitude first as people write them, or metres of Lambert-93."""
    pair = _PAIR.match(text)
    if not pair:
        return None
    first, second = (float(number.replace(",", ".")) for number in pair.groups())
    if abs(first) <= 85 and abs(second) <= 180 and ("." in text or "," in text or "-" in text):
        return Found(f"{first:.5f}, {second:.5f}", _("Coordinates (WGS84)"), "map-pin", second, first, 17)
    if not (100_000 <= first <= 1_300_000 and 6_000_000 <= second <= 7_200_000):
        return None
    longitude, latitude = to_degrees(first, second, "RGF93")
    return Found(f"{first:.0f} / {second:.0f}", _("Coordinates (Lambert-93)"), "map-pin", longitude, latitude, 17)


KINDS: tuple[tuple[type, str, str, float], ...] = (
    (Pm, "pm", "server-2", 16), (Prdm, "prdm", "building-broadcast-tower", 15), (Pbo, "pbo", "box", 18), (Building, "building", "building", 18.5),
)  # fmt: skip


def _references(text: str, user: Any) -> list[Found]:
    if " " in text or not _REFERENCE.match(text):
        return []
    begins, found = queries.reference(), []
    for model, layer, icon, zoom in KINDS:
        rows = visible_to(user, model).filter(begins(text), cell__isnull=False).order_by("reference")
        found += [
            Found(row.reference, _more(row), icon, row.longitude, row.latitude, zoom, layer, row.pk) for row in rows[:4]
        ]
    return found


def _more(row: Any) -> str:
    return " · ".join(part for part in (str(row._meta.verbose_name), row.address) if part)


def _addresses(text: str, user: Any) -> list[Found]:
    """Buildings at an address, one line for each; without such a number, the nearest numbers of the street."""
    words = folded(text).split()
    rows = visible_to(user, Building).filter(cell__isnull=False)
    found = list(rows.filter(queries.address(text)).order_by("search")[:LOOKED])
    number = next((int(match[1]) for word in words if (match := _NUMBER.match(word))), None)
    if not found and number is not None:
        street = " ".join(word for word in words if not _NUMBER.match(word))
        found = _nearest(rows, street, number) if street else []
    at: dict[tuple[str, str, str], list[Building]] = {}
    for row in found:
        at.setdefault((row.street_line, row.insee, row.city), []).append(row)
    ranked = sorted(
        at.items(),
        key=lambda pair: (-_likeness(words, pair[1][0]), abs((pair[1][0].number or 0) - (number or 0)), pair[0]),
    )
    return [_address(same) for _place, same in ranked]


def _nearest(rows: QuerySet, street: str, number: int) -> list[Building]:
    found = list(rows.filter(queries.address(street)).order_by("search")[: LOOKED * 8])
    return sorted(found, key=lambda row: abs((row.number or 0) - number))[:MOST]


def _likeness(words: list[str], row: Building) -> float:
    """How much of what was typed the address says: whole words before beginnings, the street's before the commune's."""
    told = folded(row.street_type, row.street, row.number or "", row.number_suffix, row.postal_code, row.city).split()
    whole = sum(word in told for word in words)
    begun = sum(any(other.startswith(word) for other in told) for word in words)
    exact = folded(row.street) in " ".join(words)
    return 2 * whole + begun + 3 * exact


def _address(same: list[Building]) -> Found:
    row = same[0]
    label = row.street_line or row.reference
    count = (
        ngettext("%(n)d building", "%(n)d buildings", len(same)) % {"n": len(same)}
        if len(same) > 1
        else row.get_state_display()
    )
    more = " · ".join(part for part in (f"{row.postal_code} {row.city}".strip(), str(count)) if part)
    return Found(
        label,
        more,
        "building" if row.kind == "IMMEUBLE" else "home",
        row.longitude,
        row.latitude,
        18.5,
        "building",
        row.pk,
    )


def _communes(text: str, user: Any) -> list[Found]:
    name = folded(text)
    codes, rest = queries.commune(text)
    rows = visible_to(user, Commune).filter(longitude__isnull=False, latitude__isnull=False)
    if codes and not rest:
        rows = rows.filter(insee__in=codes)
    elif text.isdigit() and len(text) == 5:
        rows = rows.filter(postal_codes__contains=text)
    else:
        rows = rows.filter(name__istartswith=text)
    best = sorted(rows[:LOOKED], key=lambda row: (folded(row.name) != name, -(row.population or 0)))
    return [
        Found(row.name, f"{_('Commune')} · {row.postal_codes.split(' ')[0]}", "map-2", row.longitude, row.latitude, 13)
        for row in best
    ]


def _elsewhere(text: str, most: int) -> list[Found]:
    """The geocoder's answers; none when there is none, or it is late, or it answers nonsense."""
    address = value("MAP_GEOCODER")
    if not address:
        return []
    found = geocoder.search(address, text)
    return [
        Found(each.label, _("Address outside of the network"), "world-search", each.longitude, each.latitude, 17)
        for each in found[:most]
    ]
