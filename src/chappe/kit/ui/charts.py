"""A chart as data: labels, series and the kind of value, drawn by ``{% chart %}`` and listed under it as a table.

An app builds a :class:`Chart` in its queries; it never writes JavaScript. Amounts stay integers here; they
become plain figures only for the drawing, whose precision is the pixel.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from chappe.kit.ui import formats

Text = Any  # str or a lazy translation


class Shape(StrEnum):
    """How the values are drawn."""

    BARS = "bar"
    ROWS = "row"  # horizontal bars: long labels, such as destinations
    LINE = "line"
    AREA = "area"
    RING = "ring"  # shares of a whole: five at most


class Unit(StrEnum):
    """What a value is, hence how it is written."""

    NUMBER = "number"
    MONEY = "money"  # integer nano of the currency
    DURATION = "duration"  # seconds
    SIZE = "size"  # bytes
    PERCENT = "percent"  # 0.125 is 12.5 %


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or one set of bars. ``tone`` is a colour of the theme: brand, signal, ok, warn, bad, wait, muted.

    ``axis`` 2 puts it on the right-hand scale, ``shape`` draws it differently from the rest.
    """

    label: Text
    values: Sequence[int | Decimal | float | None]
    unit: Unit = Unit.NUMBER
    tone: str = ""
    axis: int = 1
    shape: Shape | None = None
    currency: str = "EUR"

    def written(self) -> list[str]:
        """The values as the reader writes them, exact."""
        return [write(value, self.unit, self.currency) for value in self.values]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """``slug`` is unique on the page; ``labels`` are already written for the reader (``formats.day``)."""

    slug: str
    title: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    shape: Shape = Shape.BARS
    stacked: bool = False
    urls: Sequence[str] = field(default=())  # where a click on the n-th label leads

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to draw: the page says so instead of showing axes."""
        return not any(value for series in self.series for value in series.values)

    def rows(self) -> list[tuple[Text, list[str]]]:
        """Label and written values, for the table under the drawing."""
        columns = [series.written() for series in self.series]
        return [(label, [column[i] for column in columns]) for i, label in enumerate(self.labels)]

    def as_json(self) -> str:
        """What chappe.js draws: figures for the pixels, written values for the tooltips."""
        return json.dumps(
            {
                "shape": self.shape,
                "stacked": self.stacked,
                "labels": [str(label) for label in self.labels],
                "urls": list(self.urls),
                "series": [
                    {
                        "label": str(series.label),
                        "values": [_drawn(value, series.unit) for value in series.values],
                        "texts": series.written(),
                        "unit": series.unit,
                        "currency": series.currency,
                        "tone": series.tone,
                        "axis": series.axis,
                        "shape": series.shape or "",
                    }
                    for series in self.series
                ],
            },
            ensure_ascii=False,
        )


def write(value: Any, unit: Unit, currency: str = "EUR") -> str:
    """A value in the reader's hand."""
    match unit:
        case Unit.MONEY:
            return formats.money(value, currency)
        case Unit.DURATION:
            return formats.duration(value)
        case Unit.SIZE:
            return formats.size(value)
        case Unit.PERCENT:
            return formats.percent(value)
        case _:
            return formats.number(value)


def _drawn(value: Any, unit: Unit) -> float | None:
    if value is None:
        return None
    return float(Decimal(value).scaleb(-9)) if unit is Unit.MONEY else float(value)
