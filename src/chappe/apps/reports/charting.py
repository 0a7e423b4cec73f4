"""The drawing over a report's table: one bar a row, or one a month where the columns are months. Chosen by the columns, never set.

Nothing is drawn that would say nothing: a single value, a list of calls, an answer that was cut.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from chappe.apps.reports import exports, present
from chappe.core.base.money import NANO
from chappe.kit.ui.charts import Chart, Series, Shape, Unit

FEWEST, MOST = 2, 60  # bars: below nothing compares, above nothing is read
SHOWN = 20  # of long labels
UNITS = {"money": Unit.MONEY, "duration": Unit.DURATION, "percent": Unit.PERCENT, "size": Unit.SIZE}
LABELS = ("text", "month", "date")
FEWEST_MONTHS = 3
WHOLE = ("net", "amount", "total")  # what is drawn first among several amounts: the one that the others are parts of


def chart_of(sheet: exports.Sheet) -> Chart | None:
    """What to draw of an answer; None where a drawing would not help."""
    if sheet.truncated or not sheet.rows.num_rows:
        return None
    drawn = _by_month(sheet) or _by_row(sheet)
    return None if drawn is None or drawn.is_empty else drawn


def _by_month(sheet: exports.Sheet) -> Chart | None:
    """The totals of columns that are months, oldest first."""
    months = [(column, total) for column, total in zip(sheet.columns, sheet.totals, strict=False) if column.month]
    if len(months) < FEWEST_MONTHS:
        return None
    values = [_value(column, total) for column, total in months]
    series = Series(label=_("Total"), values=values, unit=_unit(months[0][0]))
    return Chart(
        slug="report", title=_("By month"), labels=[column.label for column, _total in months], series=[series]
    )


def _by_row(sheet: exports.Sheet) -> Chart | None:
    """The first column that has a total, row by row; the greatest first unless rows are moments."""
    if not FEWEST <= sheet.rows.num_rows <= MOST:
        return None
    label = _label(sheet)
    summed = [column for column in sheet.columns if column.total and column.right]
    amounts = [column for column in summed if column.kind == "money"] or summed
    if label is None or not amounts:
        return None
    chosen = next((column for column in amounts if column.name in WHOLE), amounts[0])
    names = [label.text(value) or "–" for value in sheet.rows.column(label.name).to_pylist()]
    values = [_value(chosen, value) for value in sheet.rows.column(chosen.name).to_pylist()]
    pairs = list(zip(names, values, strict=True))
    in_time = label.kind != "text" or all(name[:1].isdigit() for name in names)
    if not in_time:
        pairs = sorted(pairs, key=lambda pair: -(pair[1] or 0))[:SHOWN]
    return Chart(
        slug="report", title=f"{chosen.label} – {label.label}", labels=[name for name, _value in pairs],
        series=[Series(label=chosen.label, values=[value for _name, value in pairs], unit=_unit(chosen))],
        shape=Shape.BARS if in_time else Shape.ROWS,
    )  # fmt: skip


def _label(sheet: exports.Sheet) -> present.Shown | None:
    """What names a row: the last column of words before the figures, so that a name is taken rather than its code; one that leaves
    rows without a word names nothing, and is taken only where there is no other."""
    words = []
    for column in sheet.columns:
        if column.kind not in LABELS:
            break
        words.append(column)
    whole = [
        column
        for column in words
        if all(value not in (None, "") for value in sheet.rows.column(column.name).to_pylist())
    ]
    return (whole or words or [None])[-1]


def _unit(column: present.Shown) -> Unit:
    return UNITS.get(column.kind, Unit.NUMBER)


def _value(column: present.Shown, value: Any) -> int | Decimal | None:
    if not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(str(value))
    return int(exact * NANO) if column.kind == "money" else exact
