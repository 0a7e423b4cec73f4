"""One line of the panel of the map: what, its value, perhaps the way to it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chappe.kit.screens import registry


@dataclass(frozen=True)
class Line:
    """What, and its value; ``layer`` and ``pk`` when the value is on the map too."""

    label: Any
    value: Any
    url: str = ""
    layer: str = ""
    pk: int = 0
    ref: bool = False


def to(label: Any, obj: Any, layer: str) -> Line:
    """A line that leads to another thing."""
    if obj is None:
        return Line(label, "")
    return Line(label, str(obj), registry.object_url(obj), layer if obj.cell is not None else "", obj.pk, ref=True)


def listed(screen: str, of: str, pk: int) -> str:
    """The address of the rows of a screen that hang on a thing."""
    return f"{registry.url(screen)}?{urlencode({'scope': 'all', 'of': f'{of}:{pk}'})}"
