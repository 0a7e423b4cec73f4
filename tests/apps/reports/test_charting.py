"""What is drawn over a table, and when nothing is."""

from decimal import Decimal

import pyarrow as pa

from chappe.apps.reports import charting, exports, present
from chappe.kit.ui.charts import Shape, Unit

EUROS = {"kind": "money", "total": True, "decimals": 2}


def sheet(rows: pa.Table, said: dict, *, month: str = "2026-10", truncated: bool = False) -> exports.Sheet:
    columns = present.columns_of(rows.schema, said, month)
    return exports.Sheet("t", "", "t", columns, rows, present.totals(rows, columns), truncated, True, month)


def test_rows_with_an_amount_are_drawn_the_greatest_first():
    rows = pa.table({"code": ["C1", "C2"], "name": ["Perret", "Vautrin"], "net": [Decimal("12.5"), Decimal(30)]})
    drawn = charting.chart_of(sheet(rows, {"net": EUROS}))
    assert (drawn.shape, list(drawn.labels)) == (Shape.ROWS, ["Vautrin", "Perret"])
    assert (list(drawn.series[0].values), drawn.series[0].unit) == ([30 * 10**9, 12_500_000_000], Unit.MONEY)


def test_rows_are_named_by_a_column_that_names_them_all():
    rows = pa.table({"name": ["Perret", "Vautrin"], "invoice": ["F1", None], "net": [2, 1]})
    assert list(charting.chart_of(sheet(rows, {"net": EUROS})).labels) == ["Perret", "Vautrin"]


def test_columns_that_are_months_are_drawn_by_month_with_their_totals():
    said = {f"m{n}": {**EUROS, "label": f"{{m-{n}}}"} for n in (2, 1, 0)}
    rows = pa.table({"name": ["a", "b"], "m2": [1, 2], "m1": [3, 4], "m0": [5, None]})
    drawn = charting.chart_of(sheet(rows, said))
    assert list(drawn.labels) == ["08/2026", "09/2026", "10/2026"]
    assert list(drawn.series[0].values) == [3 * 10**9, 7 * 10**9, 5 * 10**9]


def test_nothing_is_drawn_that_would_say_nothing():
    one = pa.table({"name": ["a"], "net": [1]})
    many = pa.table({"name": [str(n) for n in range(100)], "net": list(range(100))})
    two = pa.table({"name": ["a", "b"], "net": [1, 2]})
    assert charting.chart_of(sheet(one, {"net": EUROS})) is None
    assert charting.chart_of(sheet(many, {"net": EUROS})) is None
    assert charting.chart_of(sheet(two, {})) is None  # no column has a total
    assert charting.chart_of(sheet(two, {"net": EUROS}, truncated=True)) is None
    assert charting.chart_of(sheet(two.slice(0, 0), {"net": EUROS})) is None
