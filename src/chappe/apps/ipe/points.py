"""What follows from the columns of a file: degrees and map cell of a point, the folded address that searches look in.

The same results as ``Located.place`` and ``Building.fold``, for whole columns.
"""

import numpy as np
import polars as pl

from chappe.apps.network.cells import cells_of
from chappe.apps.network.models.located import folded
from chappe.core.network.geo import EPSG, many_to_degrees


def placed(frame: pl.DataFrame) -> pl.DataFrame:
    """``longitude``, ``latitude`` and ``cell`` from ``projection``, ``x`` and ``y``; null where there is no point."""
    given = pl.col("projection") if "projection" in frame.columns else pl.lit("")
    degrees = (pl.col("x").abs() <= 180) & (pl.col("y").abs() <= 90)
    unnamed = given.is_in(["", "WGS84"])
    meant = (
        pl.when(pl.col("x").is_null() | pl.col("y").is_null()).then(None)
        .when(unnamed & degrees).then(pl.lit("WGS84"))
        .when(given == "WGS84").then(pl.lit("MERCATOR"))
        .when(unnamed).then(pl.lit("RGF93"))
        .otherwise(given)
    )  # fmt: skip
    systems = frame.select(meant.alias("s"))["s"]
    x, y = frame["x"].to_numpy().astype(float), frame["y"].to_numpy().astype(float)
    lon, lat = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for system in systems.unique().drop_nulls().to_list():
        if system not in EPSG:
            continue
        mask = (systems == system).fill_null(value=False).to_numpy()
        east, north = many_to_degrees(x[mask], y[mask], system)  # type: ignore[arg-type]
        lon[mask], lat[mask] = np.asarray(east), np.asarray(north)
    good = np.isfinite(lon) & np.isfinite(lat)
    return frame.with_columns(
        pl.Series("longitude", np.where(good, lon, np.nan)).fill_nan(None),
        pl.Series("latitude", np.where(good, lat, np.nan)).fill_nan(None),
        pl.Series("cell", cells_of(np.where(good, lon, 0), np.where(good, lat, 0))).set(pl.Series(~good), None),
    )


def searched(frame: pl.DataFrame) -> pl.DataFrame:
    """``search`` from the address; each different word is folded once."""
    parts = []
    for name in ("street", "number", "number_suffix", "city"):
        if name not in frame.columns:
            continue
        if name == "number":
            parts.append(pl.when(pl.col(name) > 0).then(pl.col(name).cast(pl.String)).otherwise(pl.lit("")))
        else:
            parts.append(_folded(frame[name]))
    whole = pl.concat_str(parts, separator=" ").str.replace_all(r" +", " ").str.strip_chars().str.slice(0, 260)
    return frame.with_columns(whole.alias("search"))


def _folded(series: pl.Series) -> pl.Expr:
    seen = [text for text in series.unique().to_list() if text]
    if not seen:
        return pl.lit("")
    return pl.col(series.name).replace_strict(seen, [folded(text) for text in seen], default="", return_dtype=pl.String)
