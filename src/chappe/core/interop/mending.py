"""Two repairs that look at several fields of a row: “12B” in a street number, and coordinates.

Both keep the row and say what was done. Boxes of the projections: extents of use of the systems, a little enlarged.
"""

from typing import TYPE_CHECKING

import polars as pl

from chappe.core.base.issue import Severity, declare
from chappe.core.interop.layout import Layout

if TYPE_CHECKING:
    from chappe.core.interop.header import Header

declare(
    {
        "interop.number-suffix": "{name}: “{value}” is read as a number and a letter.",
        "interop.xy-swapped": "Coordinates “{value}” stand the wrong way round: X and Y are exchanged.",
        "interop.xy-outside": "Coordinates “{value}” are outside the area of their projection.",
        "interop.xy-half": "One coordinate without the other: no point.",
    }
)

WORDS = {"BIS": "B", "TER": "T", "QUATER": "Q", "QUINQUIES": "C"}
#: projection → (west, south, east, north) in its own unit.
BOXES: dict[str, tuple[float, float, float, float]] = {
    "RGF93": (50_000, 6_000_000, 1_350_000, 7_200_000),
    "LAMB2E": (0, 1_600_000, 1_250_000, 2_750_000),
    "RGFG95": (100_000, 200_000, 500_000, 700_000),
    "RGR92": (300_000, 7_630_000, 390_000, 7_700_000),
    "RGM04": (495_000, 8_550_000, 540_000, 8_610_000),
    "RGSPM06": (530_000, 5_150_000, 590_000, 5_240_000),
    "RGAF09": (450_000, 1_580_000, 760_000, 2_010_000),
    "WGS84": (-180, -90, 180, 90),
    "MERCATOR": (-20_037_509, -20_037_509, 20_037_509, 20_037_509),
}


def split_number(
    frame: pl.DataFrame, rows: pl.DataFrame, layout: Layout, header: "Header"
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """``frame`` holds the text as written, by position. "12B" or "12 bis" gives its letter to the column of letters."""
    from chappe.core.interop.reader import remark

    found = []
    for index, column in enumerate(header.columns):
        if column is None or not column.suffix:
            continue
        letters = frame[str(index)].str.extract(r"^\d+\s*([A-Za-z]{1,6})$").str.to_uppercase()
        if letters.null_count() == len(letters):
            continue
        target = layout.column(column.suffix).field
        short = letters.replace(WORDS).str.slice(0, 1)
        own = rows[target] if target in rows.columns else pl.Series([None] * len(rows), dtype=pl.String)
        rows = rows.with_columns(pl.Series(target, own.zip_with(own.is_not_null(), short)))
        hit = frame.filter(letters.is_not_null()).select("line", pl.col(str(index)).alias("value"))
        found.append(remark(hit, "interop.number-suffix", Severity.INFO, column.name, index + 1))
    return rows, found


def tidy_coordinates(rows: pl.DataFrame, header: "Header") -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Exchange X and Y where only the exchange fits the projection; a point that fits nowhere is dropped, with a remark."""
    from chappe.core.interop.reader import remark

    column = header.position("CoordonneeImmeubleX") + 1
    if "x" not in rows.columns or "y" not in rows.columns:
        return rows, []
    issues = []
    shape = _shape(rows)
    west, south, east, north = (
        shape.replace_strict(list(BOXES), [box[i] for box in BOXES.values()], default=None) for i in range(4)
    )
    x, y = pl.col("x"), pl.col("y")
    zero = (x == 0) & (y == 0)
    fits = x.is_between(west, east) & y.is_between(south, north)
    swapped = ~fits & y.is_between(west, east) & x.is_between(south, north)
    state = (
        pl.when(x.is_null() & y.is_null() | zero.fill_null(value=False)).then(pl.lit("none"))
        .when(x.is_null() | y.is_null()).then(pl.lit("half"))
        .when(fits).then(pl.lit("ok")).when(swapped).then(pl.lit("swapped")).otherwise(pl.lit("outside"))
    )  # fmt: skip
    rows = rows.with_columns(state.alias("#state"))
    seen = rows.select("line", "#state", pl.format("{} ; {}", x, y).alias("value"))
    for word, code in (
        ("swapped", "interop.xy-swapped"),
        ("outside", "interop.xy-outside"),
        ("half", "interop.xy-half"),
    ):
        hit = seen.filter(pl.col("#state") == word)
        if len(hit):
            issues.append(remark(hit, code, Severity.WARNING, "CoordonneeImmeubleX", column))
    turned, lost = pl.col("#state") == "swapped", pl.col("#state").is_in(["none", "outside", "half"])
    return rows.with_columns(
        x=pl.when(lost).then(None).when(turned).then(y).otherwise(x),
        y=pl.when(lost).then(None).when(turned).then(x).otherwise(y),
    ).drop("#state"), issues


def _shape(rows: pl.DataFrame) -> pl.Expr:
    """The projection meant: WGS84 in metres is the web's Mercator; none written means Lambert-93 or degrees."""
    given = pl.col("projection") if "projection" in rows.columns else pl.lit(None, pl.String)
    degrees = (pl.col("x").abs() <= 180) & (pl.col("y").abs() <= 180)
    return (
        pl.when((given == "WGS84") & ~degrees).then(pl.lit("MERCATOR"))
        .when(given.is_not_null()).then(given)
        .when(degrees).then(pl.lit("WGS84")).otherwise(pl.lit("RGF93"))
    )  # fmt: skip
