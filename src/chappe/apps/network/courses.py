"""The course of a cable given by hand: a line of a map tool pasted, or drawn on ours; and the one before, put back.

A pasted line is WKT, its hexadecimal form, or GeoJSON. It is kept in degrees, as those that come by GraceTHD are.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.network.models import Cable, Pbo, Pm, Prdm
from chappe.core.network.geo import to_degrees
from chappe.core.network.lines import Point, metres, read_geometry, read_path, written_path
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit
from chappe.kit.audit.models import AuditEntry
from chappe.kit.audit.sentences import register_sentence

DRAWN, REMOVED = "network.course", "network.course-removed"
register_sentence(DRAWN, gettext_noop("{actor} gave {object} its course ({points} points, {length} m)"))
register_sentence(REMOVED, gettext_noop("{actor} took the course of {object} away"))

MOST_POINTS = 5000
FAR = 30_000  # metres from its ends: a course there has its coordinates in the wrong order, or in another system


def read(text: str, projection: str = "") -> str:
    """The course that a pasted line means; "" for an empty text. Raises ValidationError with a sentence."""
    if not text.strip():
        return ""
    parts = _parts(text.strip(), projection)
    if sum(len(part) for part in parts) > MOST_POINTS:
        raise ValidationError(_("This line has more than %(most)d points.") % {"most": MOST_POINTS})
    path = written_path(parts)
    if not path:
        raise ValidationError(_("This line has one point alone: a course has two at least."))
    return path


def _parts(text: str, projection: str) -> list[list[Point]]:
    try:
        if text.startswith("{"):
            parts = list(_geojson(json.loads(text)))
        else:
            parts = [[to_degrees(*point, projection or None) for point in part] for part in read_geometry(text) or ()]
        sound = parts and all(abs(x) <= 180 and abs(y) <= 90 for part in parts for x, y in part)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError):
        sound = False
    if not sound:
        raise ValidationError(
            _("This is no line. Paste a WKT text such as LINESTRING (5.4896 47.0910, 5.4921 47.0918), or GeoJSON.")
        )
    return parts


def _geojson(told: Any) -> Iterator[list[Point]]:
    """Parts of the lines of a geometry, a feature or a collection: always in degrees, says its norm."""
    kind = told["type"]
    if kind == "FeatureCollection":
        for one in told["features"]:
            yield from _geojson(one)
    elif kind == "Feature":
        yield from _geojson(told["geometry"])
    else:
        lines = {"LineString": [told["coordinates"]], "MultiLineString": told["coordinates"]}[kind]
        for line in lines:
            yield [(float(x), float(y)) for x, y, *_height in line]


def ends(cable: Cable, visible: Any = None) -> dict[str, Any]:
    """The placed PM, PBO or PRDM at which it begins and ends: "start" and "end" → row. ``visible(model)`` narrows what is looked up."""
    found: dict[str, Any] = {}
    asked = {ref for ref in (cable.start, cable.end) if ref}
    for model in (Prdm, Pbo, Pm):  # of one reference twice, the PM is meant
        rows = (visible(model) if visible else model.objects.all()).filter(reference__in=asked) if asked else ()
        for row in rows:
            for side in ("start", "end"):
                if row.reference == getattr(cable, side):
                    found[side] = row
    return found


def set_course(*, actor: Actor, cable: Cable, path: str) -> Cable:
    """Give a cable its course, or none. The journal keeps the one before. Raises ValidationError for one far from its ends."""
    house_only(actor.user)
    parts, before = read_path(path), cable.path
    known = [*ends(cable).values(), *([cable.pm] if cable.pm else [])]
    places = [(row.longitude, row.latitude) for row in known if row.longitude is not None and row.latitude is not None]
    if parts and places and min(metres([place, point]) for place in places for point in parts[0]) > FAR:
        raise ValidationError(
            _("This course is more than %(far)d km away from its cable: are longitude and latitude in this order, and the projection right?")
            % {"far": FAR // 1000}
        )  # fmt: skip
    if path == before:
        return cable
    with transaction.atomic():
        cable.path = path
        cable.place()
        cable.save(update_fields=["path", "cell"])
        told = {"points": sum(map(len, parts)), "length": round(sum(map(metres, parts)))} if parts else {}
        audit.event(actor, cable, DRAWN if parts else REMOVED, before=before, **told)
    return cable


def before(cable: Cable) -> str | None:
    """The course that was replaced by hand last; None when none was."""
    last: AuditEntry | None = audit.history(cable).filter(verb__in=(DRAWN, REMOVED)).first()
    if last is None or "before" not in last.params:
        return None
    told = str(last.params["before"])
    return told if told != cable.path else None


def put_back(*, actor: Actor, cable: Cable) -> Cable:
    """The course before the last one given by hand. Once more puts the later one back."""
    told = before(cable)
    if told is None:
        raise ValidationError(_("No other course of this cable is known."))
    return set_course(actor=actor, cable=cable, path=told)
