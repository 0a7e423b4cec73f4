"""A row has one projection for two points: the point of a PM is said in that of its premises when they differ."""

import polars as pl

from chappe.core.network.geo import from_degrees

_SAID = {"x", "y", "pm_x", "pm_y"}


def same_projection(rows: pl.DataFrame) -> pl.DataFrame:
    """``pm_x`` and ``pm_y`` in the ``projection`` of the row; ``#projection``, ``#longitude`` and ``#latitude`` are the PM's.

    A point that the other projection does not know is left out. A row without a point of its own takes the projection of its PM.
    """
    if not set(rows.columns) >= _SAID:
        return rows
    own = pl.col("projection").is_not_null() | pl.col("x").is_not_null()
    rows = rows.with_columns(pl.when(own).then("projection").otherwise("#projection").alias("projection"))
    other = pl.col("#projection").is_not_null() & (pl.col("#projection") != pl.col("projection"))
    pairs = rows.filter(other).select("pm", "projection", "#longitude", "#latitude").unique(["pm", "projection"])
    if not len(pairs):
        return rows
    points = [_point(lon, lat, name) for _pm, name, lon, lat in pairs.iter_rows()]
    moved = pairs.select("pm", "projection").with_columns(
        pl.Series("#x", [x for x, _y in points], pl.Float64), pl.Series("#y", [y for _x, y in points], pl.Float64)
    )
    rows = rows.join(moved, on=["pm", "projection"], how="left", maintain_order="left")
    return rows.with_columns(
        pl.when(other).then("#x").otherwise("pm_x").alias("pm_x"),
        pl.when(other).then("#y").otherwise("pm_y").alias("pm_y"),
    ).drop("#x", "#y")


def _point(longitude: str | None, latitude: str | None, projection: str) -> tuple[float | None, float | None]:
    if longitude is None or latitude is None:
        return None, None
    try:
        x, y = from_degrees(float(longitude), float(latitude), projection)
    except (KeyError, ValueError):
        return None, None
    return round(x, 6), round(y, 6)
