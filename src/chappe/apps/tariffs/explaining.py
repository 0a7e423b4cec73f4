"""An Explanation laid out for a page: tiles, pieces, the way through the fallbacks, a picture of the pieces.

Amounts are those of the kernel; this module only writes them out.
"""

from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from chappe.apps.tariffs import words
from chappe.core.rating.contract import Status
from chappe.core.rating.explain import Explanation, Piece
from chappe.core.rating.narrate import reason_sentence
from chappe.kit.ui import formats

COLOURS = 8  # classes tf-c0 … tf-c7 of tariffs.css
WIDTH = 1000  # of the picture, in its own units
MOST_PIECES = 200  # rows of the table: the file given by the JSON link has all
MOST_STEPS = 40
MOST_BARS = 240
NANO = 10**9

_TONES = {Status.RATED: "ok", Status.UNRATED: "warn", Status.REJECTED: "bad"}


def told(e: Explanation) -> dict[str, Any]:
    """Everything the template shows of one explanation."""
    language = words.language()
    labels = {
        Status.RATED: pgettext("tariff", "Rated"),
        Status.UNRATED: pgettext("tariff", "Unrated"),
        Status.REJECTED: pgettext("tariff", "Rejected"),
    }
    measure = words.TIME if e.timed else words.COUNT
    steps = [step.sentence(language) for step in e.steps]
    colours = _colours(e)
    return {
        "status": labels[e.status],
        "tone": _TONES[e.status],
        "rated": e.status is Status.RATED,
        "reason": "" if not e.reason else reason_sentence(e.reason, language),
        "total": words.amount(Fraction(e.total, NANO), e.currency),
        "tiles": _tiles(e, measure),
        "steps": steps[:MOST_STEPS],
        "more_steps": steps[MOST_STEPS:],
        "pieces": [_piece(e, piece, number, colours) for number, piece in enumerate(e.pieces[:MOST_PIECES], 1)],
        "piece_count": formats.number(max(e.piece_count, len(e.pieces))),
        "cut": len(e.pieces) > MOST_PIECES or e.cut_short,
        "timed": e.timed,
        "way": _way(e),
        "bars": _bars(e, colours),
        "legend": _legend(e, colours),
        "picture": _picture_words(e),
        "rounds": any(piece.cost != piece.exact for piece in e.pieces),
    }


def _tiles(e: Explanation, measure: str) -> list[tuple[str, str]]:
    tiles = [
        (_("Usage"), words.quantity(e.usage, measure)),
        (_("Billed"), words.quantity(e.billed, measure)),
        (_("Usage cost"), words.amount(Fraction(e.cost, NANO), e.currency)),
        (_("Connect fee"), words.amount(Fraction(e.connect_fee, NANO), e.currency)),
    ]
    if e.service:
        tiles.append((_("Service part (S)"), words.amount(Fraction(e.service, NANO), e.currency)))
    return tiles


def _colours(e: Explanation) -> dict[str, int]:
    """Timing → number of its colour, in order of appearance."""
    found: dict[str, int] = {}
    for piece in e.pieces:
        found.setdefault(_band(piece), len(found) % COLOURS)
    return found


def _band(piece: Piece) -> str:
    return piece.timing


def _piece(e: Explanation, piece: Piece, number: int, colours: dict[str, int]) -> dict[str, Any]:
    measure = words.TIME if e.timed else words.COUNT
    slot = piece.price
    price = words.price_of(slot.price, slot.unit, measure=measure, kind=str(slot.kind), currency=e.currency)
    end = f"{piece.end:%H:%M:%S}"
    if piece.end.date() != piece.begin.date():
        end = f"{formats.day(piece.end.date())} {end}"
    return {
        "number": number,
        "day": formats.day(piece.begin.date()),
        "begin": _clock(piece.begin),
        "end": end + _fraction_of_second(piece.end),
        "billed": words.quantity(piece.billed, measure),
        "prefix": piece.prefix,
        "destination": piece.destination,
        "timing": words.timing_name(piece.timing),
        "colour": colours[_band(piece)],
        "rate": piece.rate.tag,
        "place": f"{piece.origin.file}:{piece.origin.line}" if piece.origin.file else "",
        "price": price,
        "start": words.quantity(slot.start, measure) if slot.start else "",
        "exact": words.amount(piece.exact / NANO, e.currency),
        "cost": words.amount(piece.cost / NANO, e.currency),
        "capped": piece.capped,
    }


def _clock(moment: Any) -> str:
    return f"{moment:%H:%M:%S}" + _fraction_of_second(moment)


def _fraction_of_second(moment: Any) -> str:
    return f"{moment.microsecond / 1_000_000:.6f}"[1:].rstrip("0") if moment.microsecond else ""


def _way(e: Explanation) -> list[dict[str, Any]]:
    """Profiles asked at the beginning of the call, in order: the last one has the price."""
    from chappe.core.rating import tables as tb

    said = {
        tb.FOUND: _("has a price"),
        tb.NOT_IN_PLAN: _("no price for this number"),
        tb.NO_VALID_ROW: _("prices of other dates only"),
        tb.NO_PLAN: _("plan missing or empty"),
        tb.NOT_ACTIVE: _("not active yet"),
        tb.NO_SUCH_PROFILE: _("no rating profile"),
        tb.TOO_DEEP: _("too deep: not asked"),
    }
    return [
        {
            "subject": visit.subject, "plan": visit.plan, "level": visit.level, "outcome": said[visit.outcome],
            "found": visit.outcome == tb.FOUND,
        }
        for visit in e.visits
        if visit.position == 0
    ]  # fmt: skip


def _bars(e: Explanation, colours: dict[str, int]) -> list[dict[str, Any]]:
    """Stretches of the picture: neighbours of one timing and one price are drawn as one."""
    if not e.timed or not e.pieces:
        return []
    stretches: list[list[Any]] = []
    for piece in e.pieces:
        if stretches and stretches[-1][0].timing == piece.timing and stretches[-1][0].price == piece.price:
            stretches[-1][1] += piece.billed
        else:
            stretches.append([piece, piece.billed])
    total = sum(length for _first, length in stretches)
    if not total or len(stretches) > MOST_BARS:
        return []
    bars, left = [], 0
    for first, length in stretches:
        right = left + length
        start, end = left * WIDTH // total, right * WIDTH // total
        bars.append(
            {
                "x": start, "width": max(end - start - 1, 1), "colour": colours[_band(first)],
                "title": f"{_clock(first.begin)} · {words.quantity(length)} · {words.timing_name(first.timing)} · "
                + words.price_of(first.price.price, first.price.unit, kind=str(first.price.kind), currency=e.currency),
            }
        )  # fmt: skip
        left = right
    return bars


def _legend(e: Explanation, colours: dict[str, int]) -> list[tuple[int, str, str]]:
    spent: dict[str, int] = {}
    for piece in e.pieces:
        spent[_band(piece)] = spent.get(_band(piece), 0) + piece.billed
    measure = words.TIME if e.timed else words.COUNT
    return [(colours[tag], words.timing_name(tag), words.quantity(spent[tag], measure)) for tag in colours]


def _picture_words(e: Explanation) -> str:
    """What the picture shows, for those who do not see it."""
    parts = "; ".join(f"{name} {length}" for _number, name, length in _legend(e, _colours(e)))
    count = ngettext("%(count)s piece", "%(count)s pieces", len(e.pieces)) % {"count": len(e.pieces)}
    return f"{count}: {parts}"
