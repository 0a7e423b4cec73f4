"""What is drawn: a fibre with its colour and rings, a grid of positions, a route from top to bottom. Data and SVG, no query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chappe.core.network.colours import Colour, colour_of

WIDTH = 360  # of a route, in its own units: what a telephone shows at full size
LINE_X = 46
STEP = 104
TOP = 26
NONE = (
    '<svg class="nw-dot" width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">'
    '<circle cx="10" cy="10" r="8" class="nw-none"/></svg>'
)


def colour(number: int | None, scheme: str) -> Colour | None:
    """The colour of a tube or a fibre; None outside of the scheme."""
    if number is None or not 1 <= number <= 72:
        return None
    return colour_of(number, scheme)


def dot(shade: Colour | None, *, hollow: bool = False, size: int = 20) -> SafeString:
    """A fibre seen from its end: its colour, one black bar a ring; hollow when nothing is joined to it."""
    if shade is None:
        return format_html(NONE, size=size)
    rings = "".join(
        f'<path d="M{x} 3.4V16.6" class="nw-ring nw-on-{"dark" if shade.name == "noir" else "light"}"/>'
        for x in _ring_places(shade.rings)
    )
    body = (
        f'<circle cx="10" cy="10" r="6.5" fill="none" stroke="{shade.hex}" stroke-width="3.4"/>'
        if hollow
        else f'<circle cx="10" cy="10" r="8.2" fill="{shade.hex}" class="nw-edge"/>'
    )
    return mark_safe(  # noqa: S308 - colours come from our own table
        f'<svg class="nw-dot" width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">{body}{rings}</svg>'
    )


def _ring_places(count: int) -> list[float]:
    return [10 + (n - (count - 1) / 2) * 2.8 for n in range(count)]


@dataclass(frozen=True)
class Cell:
    """A position in the grid."""

    number: int
    tone: str
    title: str
    url: str
    text: str = ""


@dataclass
class Grid:
    """A module, row by row."""

    name: str
    url: str
    columns: int
    cells: list[Cell] = field(default_factory=list)
    bar: dict[str, Any] = field(default_factory=dict)


def bar(counts: Mapping[str, int], order: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A bar of shares: [(tone, label, count, percent)], and the share in use."""
    total = sum(counts.values())
    parts = [
        (tone, label, counts.get(tone, 0), f"{counts.get(tone, 0) * 100 / total:.2f}") for tone, label in order if total
    ]
    return {
        "total": total,
        "used": counts.get("used", 0),
        "parts": parts,
        "percent": counts.get("used", 0) * 100 // total if total else 0,
    }


def route(
    steps: Sequence[Mapping[str, Any]], *, start: str, start_sub: str, end: str, end_sub: str, fault: str
) -> SafeString:
    """The route as SVG, from the connector at the top to the socket at the bottom."""
    parts: list[str] = []
    y = TOP
    parts.append(_node(y, start, start_sub, "nw-pm", square=True))
    for index, step in enumerate(steps):
        parts.append(_segment(y, step))
        y += STEP
        if index + 1 < len(steps):
            parts.append(_node(y, step["box"] or _("splice"), _where(step), "nw-box"))
    closing = "nw-end" if not fault else "nw-stop"
    parts.append(_node(y, end, end_sub, closing, square=not fault))
    height = y + 40
    title = escape(_("Route from %(start)s to %(end)s") % {"start": start, "end": end})
    return mark_safe(  # noqa: S308 - every text was escaped
        f'<svg class="nw-route" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{"".join(parts)}</svg>'
    )


def _where(step: Mapping[str, Any]) -> str:
    if not step.get("cassette"):
        return ""
    place = f" · {step['place']}" if step.get("place") else ""
    return f"{_('cassette')} {step['cassette']}{place}"


def _node(y: int, text: str, sub: str, css: str, *, square: bool = False) -> str:
    mark = (
        f'<rect x="{LINE_X - 12}" y="{y - 12}" width="24" height="24" rx="6" class="{css}"/>'
        if square
        else f'<circle cx="{LINE_X}" cy="{y}" r="9" class="{css}"/>'
    )
    at = y + 5 if not sub else y - 2
    below = f'<text x="{LINE_X + 26}" y="{y + 14}" class="nw-sub">{escape(_short(sub, 46))}</text>' if sub else ""
    return f'{mark}<text x="{LINE_X + 26}" y="{at}" class="nw-name">{escape(_short(text, 36))}</text>{below}'


def _segment(y: int, step: Mapping[str, Any]) -> str:
    """A fibre in its tube in its cable: a wide line of the tube, a thin one of the fibre, rings across both."""
    tube, fibre = colour(step["tube"], step["scheme"]), colour(step["in_tube"], step["scheme"])
    top, bottom, middle = y + 13, y + STEP - 11, y + STEP // 2
    outer, inner = tube.hex if tube else "#bbb", fibre.hex if fibre else "#888"
    drawn = [
        f'<path d="M{LINE_X} {top}V{bottom}" class="nw-sheath"/>',
        f'<path d="M{LINE_X} {top}V{bottom}" stroke="{outer}" stroke-width="13"/>',
        f'<path d="M{LINE_X} {top - 4}V{bottom + 4}" class="nw-gap"/>',
        f'<path d="M{LINE_X} {top - 4}V{bottom + 4}" stroke="{inner}" stroke-width="5"/>',
    ]
    for rings, at, half in ((tube.rings if tube else 0, top + 14, 7), (fibre.rings if fibre else 0, bottom - 14, 3)):
        drawn += [f'<path d="M{LINE_X - half} {at + n * 4}H{LINE_X + half}" class="nw-black"/>' for n in range(rings)]
    length = f" · {step['length']:.0f} m" if step.get("length") else ""
    words = [
        (middle - 15, "nw-cable", f"{step['cable']}{length}"),
        (middle + 3, "nw-sub", f"{_('tube')} {step['tube']} · {tube.label if tube else '–'}"),
        (middle + 20, "nw-sub", f"{_('fibre')} {step['in_tube']} · {fibre.label if fibre else '–'} ({step['number']})"),
    ]
    said = "".join(
        f'<text x="{LINE_X + 26}" y="{at}" class="{css}">{escape(_short(text, 44))}</text>' for at, css, text in words
    )
    return "".join(drawn) + said


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def tubes(fibres: Iterable[tuple[int, str, bool, str]], per_tube: int, scheme: str) -> list[dict[str, Any]]:
    """A cable opened: [(number, title, joined, url)] → tubes with their fibres, each drawn."""
    found: dict[int, dict[str, Any]] = {}
    for number, title, joined, url in fibres:
        tube, place = (number - 1) // per_tube + 1, (number - 1) % per_tube + 1
        shade = colour(tube, scheme)
        row = found.setdefault(
            tube,
            {
                "number": tube,
                "label": shade.label if shade else "–",
                "dot": dot(shade, size=26),
                "fibres": [],
                "joined": 0,
            },
        )
        inside = colour(place, scheme)
        row["joined"] += joined
        row["fibres"].append(
            {
                "number": number,
                "url": url,
                "title": f"{number} · {inside.label if inside else '–'} · {title}",
                "dot": dot(inside, hollow=not joined),
            }
        )
    return [found[number] for number in sorted(found)]


def chip(number: int | None, scheme: str) -> SafeString:
    """Colour and its word, for a table."""
    shade = colour(number, scheme)
    return format_html("{} {}", dot(shade, size=16), shade.label if shade else "–")
