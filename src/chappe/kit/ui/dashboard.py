"""The home page as a registry: an app's ``dashboard.py`` registers its cards, found at start.

A card says which area guards it; the page shows those that the reader may read, in order. The context
function must ask ``visible_to(user)`` for every row it counts: the area alone does not narrow anything.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

Text = Any  # str or a lazy translation
log = logging.getLogger(__name__)


class Size(StrEnum):
    """How wide a card is on a large screen; on a phone each takes the whole width."""

    TILE = "tile"  # one figure, in the row at the top
    THIRD = "third"
    HALF = "half"
    WIDE = "wide"  # two thirds
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class DashboardCard:
    """``context(user)`` returns what the template reads as ``data``, or None when there is nothing to say.

    TILE: ``label``, ``value`` (written), and maybe ``delta``, ``tone`` (ok, bad, muted), ``hint``, ``url``, ``icon``.
    Else: the keys of ``template``; ``ui/dashboard_chart.html`` draws ``chart`` (a Chart), ``ui/dashboard_list.html``
    lists ``rows`` (dicts: title, url, second, value, state, tone, icon) or says ``empty``.
    ``area`` "" is for every signed-in user. ``lazy`` cards come after the page, for what takes time.
    """

    slug: str
    area: str
    context: Callable[[Any], dict[str, Any] | None]
    order: int = 100
    size: Size | str = Size.HALF
    title: Text = ""
    icon: str = ""
    template: str = "ui/dashboard_list.html"
    url: str = ""
    more: Text = ""
    lazy: bool = False


@dataclass(frozen=True)
class Drawn:
    """A card ready for the page: its context, or a sentence when it could not be made."""

    card: DashboardCard
    context: dict[str, Any] = field(default_factory=dict)
    failed: Text = ""
    waiting: bool = False


_cards: dict[str, DashboardCard] = {}


def register(card: DashboardCard) -> DashboardCard:
    """Add a card. Raises ValueError when another one has its slug."""
    if _cards.get(card.slug, card) != card:
        raise ValueError(f"Two dashboard cards are called {card.slug}")
    _cards[card.slug] = card
    return card


def unregister(slug: str) -> None:
    """Take a card away; for tests and for an installation that hides one."""
    _cards.pop(slug, None)


def cards_for(user: Any) -> list[DashboardCard]:
    """The cards whose area the user may read, in order."""
    from chappe.kit.access.door import Level, may  # the door needs loaded models

    allowed = [card for card in _cards.values() if not card.area or may(user, card.area, Level.READ)]
    return sorted(allowed, key=lambda card: (card.order, card.slug))


def drawn(card: DashboardCard, user: Any, *, wait: bool = False) -> Drawn | None:
    """The card with its context; None when it has nothing to say. ``wait`` leaves a lazy one for later.

    One card that fails must not take the home page away: the fault is logged, the card says so.
    """
    if wait and card.lazy:
        return Drawn(card, waiting=True)
    try:
        context = card.context(user)
    except Exception:
        log.exception("dashboard card %s failed", card.slug)
        return Drawn(card, failed=_("This card could not be drawn. The fault was logged."))
    return None if context is None else Drawn(card, context)


def board(user: Any) -> dict[str, Any]:
    """Context of the home page: ``tiles`` and ``cards``, both lists of :class:`Drawn`."""
    ready = [found for card in cards_for(user) if (found := drawn(card, user, wait=True))]
    return {
        "tiles": [one for one in ready if one.card.size == Size.TILE],
        "cards": [one for one in ready if one.card.size != Size.TILE],
    }
