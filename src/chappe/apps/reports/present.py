"""Columns of a report's answer as a reader sees them: labels, formats, totals. The same for page, PDF, XLSX and CSV."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.core.base.money import NANO
from chappe.kit.ui import formats

KINDS = ("text", "money", "number", "duration", "date", "datetime", "month", "percent", "bool", "size")
KEYS = frozenset({"label", "label_en", "kind", "decimals", "total", "width"})
_MONTHS_BEFORE = re.compile(r"\{m-(\d{1,2})\}")
RIGHT = frozenset({"money", "number", "duration", "percent", "size"})


@dataclass(frozen=True)
class Shown:
    """One column. ``total``: its sum stands under the table; ``width`` is a share for PDF and XLSX; ``month``: it is a month of several."""

    name: str
    label: str
    kind: str
    decimals: int | None = None
    total: bool = False
    width: int = 10
    month: bool = False

    @property
    def right(self) -> bool:
        return self.kind in RIGHT

    def text(self, value: Any) -> str:
        """The value as a person reads it; "" for nothing."""
        if value is None:
            return ""
        match self.kind:
            case "money":
                return self._money(value)
            case "number" | "percent" if isinstance(value, int | float | Decimal):
                exact = Decimal(str(value))
                return formats.percent(exact) if self.kind == "percent" else formats.number(_cut(exact), self.decimals)
            case "duration" if isinstance(value, int | float | Decimal):
                return formats.duration(int(value))
            case "size" if isinstance(value, int | float | Decimal):
                return formats.size(int(value))
            case "month":
                return self._month(value)
            case "bool":
                return _("yes") if value else _("no")
        if isinstance(value, dt.datetime):
            return formats.moment(value)
        if isinstance(value, dt.date):
            return formats.day(value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return str(value)

    def _money(self, value: Any) -> str:
        try:
            exact = Decimal(str(value))
        except ArithmeticError:
            return str(value)
        places = 9 if self.decimals is None else self.decimals
        cut = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        return formats.money(int(cut * NANO), decimals=max(2, self.decimals or 2))

    def _month(self, value: Any) -> str:
        from chappe.apps.reports.params import is_month, month_label

        text = value.strftime("%Y-%m") if isinstance(value, dt.date) else str(value)
        return month_label(text) if is_month(text) else text


def _cut(exact: Decimal) -> Decimal:
    """At most nine places: what an average of a report may have beyond means nothing."""
    return round(exact, 9) if -int(exact.as_tuple().exponent) > 9 else exact  # type: ignore[arg-type]


def check(columns: Any) -> None:
    """Raise ValidationError unless ``columns`` says columns as :class:`Report` keeps them."""
    if not isinstance(columns, dict):
        raise ValidationError({"columns": _("Columns are said by name.")})
    for name, said in columns.items():
        if not isinstance(said, dict) or set(said) - KEYS:
            raise ValidationError(
                {
                    "columns": _("Column “%(name)s” is said wrongly: %(known)s.")
                    % {"name": name, "known": ", ".join(sorted(KEYS))}
                }
            )
        if said.get("kind", "text") not in KINDS:
            raise ValidationError(
                {
                    "columns": _("“%(kind)s” is no format of a column: %(known)s.")
                    % {"kind": said["kind"], "known": ", ".join(KINDS)}
                }
            )
        decimals = said.get("decimals", 0)
        if not isinstance(decimals, int) or not 0 <= decimals <= 9:
            raise ValidationError({"columns": _("Column “%(name)s” has 0 to 9 decimals.") % {"name": name}})


def columns_of(schema: pa.Schema, said: Mapping[str, Any], month: str = "") -> list[Shown]:
    """The columns of an answer in its order, with what the report says of them or what their type suggests.

    ``{m-3}`` in a label is the third month before ``month``.
    """
    english = (get_language() or "fr").startswith("en")
    found = []
    for each in schema:
        own = said.get(each.name, {})
        label = (own.get("label_en") if english else "") or own.get("label") or each.name.replace("_", " ").capitalize()
        is_month = bool(month and _MONTHS_BEFORE.search(label))
        label = _MONTHS_BEFORE.sub(lambda found_in: _before(month, int(found_in.group(1))), label) if month else label
        kind = own.get("kind") or _guess(each.type)
        found.append(
            Shown(
                each.name,
                label,
                kind,
                own.get("decimals"),
                bool(own.get("total")),
                int(own.get("width") or _width(kind)),
                is_month,
            )
        )
    return found


def _before(month: str, count: int) -> str:
    year, number = int(month[:4]), int(month[5:7])
    place = year * 12 + number - 1 - count
    return f"{place % 12 + 1:02d}/{place // 12}"


def _guess(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return "money" if kind.scale == 9 else "number"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "datetime"
    return "bool" if pa.types.is_boolean(kind) else "text"


def _width(kind: str) -> int:
    return {"text": 18, "datetime": 13, "money": 11}.get(kind, 9)


def totals(rows: pa.Table, columns: list[Shown]) -> list[Any]:
    """The exact sum of each column that has one, None elsewhere; [] when no column has."""
    if not any(column.total for column in columns):
        return []
    found: list[Any] = []
    for place, column in enumerate(columns):
        if not column.total:
            found.append(None)
            continue
        values = [value for value in rows.column(place).to_pylist() if isinstance(value, int | float | Decimal)]
        found.append(sum((Decimal(str(value)) for value in values), Decimal(0)))
    return found
