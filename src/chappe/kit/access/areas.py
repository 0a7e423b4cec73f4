"""The areas of right ("tarifs", "lexique", "API"…), as the operators' manuals name them.

Each app registers its own in ``access.py``, which is read at start. No model here: this file may be
imported at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _


class Level(IntEnum):
    """How far a right goes. A level contains those below it."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def label(self) -> Any:
        return LEVEL_LABELS[self]


LEVEL_LABELS: dict[int, Any] = {
    Level.READ: _("read"),
    Level.WRITE: _("write"),
    Level.ADMIN: _("administrator"),
}


@dataclass(frozen=True)
class Area:
    """One row of the matrix of rights."""

    slug: str
    label: Any
    help: Any = ""


_areas: dict[str, Area] = {}


def register_area(slug: str, label: Any, help: Any = "") -> Area:
    """Declare an area. Raises ValueError when another app has taken the slug with another label."""
    area = Area(slug, label, help)
    known = _areas.setdefault(slug, area)
    if str(known.label) != str(label):
        raise ValueError(f"area of rights declared twice: {slug}")
    return known


def areas() -> Mapping[str, Area]:
    """slug → Area, in the order of registration."""
    return MappingProxyType(_areas)


def area_label(slug: str) -> str:
    """The reader's word for an area; the slug itself when its app has gone."""
    return str(_areas[slug].label) if slug in _areas else slug
