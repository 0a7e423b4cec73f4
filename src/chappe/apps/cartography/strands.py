"""What the panel says of a cable that was clicked: its ends, how full it is, where it runs. Everything passes the door."""

import json
from typing import Any

from django.utils.translation import gettext as _

from chappe.apps.cartography.line import Line, listed, to
from chappe.apps.network import courses, queries
from chappe.apps.network.models import Cable, Pbo, Pm
from chappe.core.network.lines import Point, metres, middle, read_path
from chappe.kit.access.door import Level, may_touch, visible_to
from chappe.kit.screens import registry


def course(cable: Cable, user: Any) -> tuple[list[list[Point]], bool]:
    """(parts, whether its course is known): a straight line between its two ends when it is not; none without them."""
    if cable.path:
        return read_path(cable.path), True
    found = courses.ends(cable, lambda model: visible_to(user, model).filter(cell__isnull=False))
    if len(found) < 2:
        return [], False
    return [[(found[side].longitude, found[side].latitude) for side in ("start", "end")]], False


def place(cable: Cable, user: Any) -> Point | None:
    """Where the map goes to show it: half-way along, or its PM, where one may begin to draw it; None for a cable without a place."""
    half = middle(course(cable, user)[0])
    pm = visible_to(user, Pm).filter(pk=cable.pm_id, cell__isnull=False).first() if half is None else None
    return (pm.longitude, pm.latitude) if pm is not None else half


def told(cable: Cable, user: Any) -> dict[str, Any]:
    """The context of its panel."""
    parts, known = course(cable, user)
    at = place(cable, user)
    screen = registry.for_model(Cable)
    return {
        "object": cable, "layer": "cable", "kind": screen.label_one if screen else "", "title": cable.reference, "address": "",
        "state": cable.get_kind_display(), "tone": "run", "url": registry.object_url(cable),
        "lines": [line for line in _lines(cable, parts, user, known=known) if line.value not in (None, "")], "places": [],
        "longitude": at[0] if at else None, "latitude": at[1] if at else None, "line": json.dumps(parts) if parts else "",
        "draw_url": registry.url("network.cable", "action", pk=cable.pk, name="course") if may_touch(user, cable, Level.WRITE) else "",
        "straight": bool(parts) and not known,
    }  # fmt: skip


def _lines(cable: Cable, parts: list[list[Point]], user: Any, *, known: bool) -> list[Line]:
    found = courses.ends(cable, lambda model: visible_to(user, model))
    joined, tubes = len(queries.joined_fibres(cable)), -(-cable.capacity // max(1, cable.per_tube))
    measured = round(sum(map(metres, parts))) if known else 0
    return [
        _end(_("Begins at"), cable.start, found.get("start")),
        _end(_("Ends at"), cable.end, found.get("end")),
        to("PM", visible_to(user, Pm).filter(pk=cable.pm_id).first(), "pm"),
        Line(
            _("Capacity"),
            _("%(fibres)d fibres, %(tubes)d × %(each)d") % {"fibres": cable.capacity, "tubes": tubes, "each": cable.per_tube},
        ),
        Line(_("Fibres joined"), f"{joined} / {cable.capacity} · {joined * 100 // cable.capacity} %", listed("network.fibre", "cable", cable.pk)),
        Line(_("Colours"), cable.get_scheme_display()),
        Line(_("Length"), f"{cable.length:.0f} m" if cable.length else ""),
        Line(_("Length on the map"), f"{measured} m" if measured else ""),
    ]  # fmt: skip


def _end(label: Any, written: str, row: Any) -> Line:
    """An end that we know leads there; another is told as it is written."""
    if row is None:
        return Line(label, written, ref=True)
    return to(label, row, {Pbo: "pbo", Pm: "pm"}.get(type(row), "prdm"))
