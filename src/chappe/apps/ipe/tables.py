"""Which columns of a file stand in which fields of which table, and both sides in one form that can be compared.

A :class:`Target` is one table a file tells about. Frames of a target hold its key, a column a bind (named as in the layout) and
nothing else of the file; texts are never null, so that a frame read from the database and one read from a file are equal
when they say the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as of
from typing import Any

import polars as pl
from django.db import models

from chappe.apps.network.models import Building, Pm, PmLink, Prdm
from chappe.core.interop.layout import Layout, fold, packaged
from chappe.core.interop.spool import EXTRA

PK, ROW = "pk", "row"
TYPES: dict[str, Any] = {
    "text": pl.String, "int": pl.Int64, "float": pl.Float64, "date": pl.Date, "bool": pl.Boolean, "json": pl.String, "fk": pl.String,
}  # fmt: skip
PM_FIELDS = {"consultation": "consultation"}  # told about the PM without its prefix
#: Frame column → field of the table, of what a CPN row tells.
CPN_PRDM = {
    "prdm_type": "kind", "prdm_state": "state", "prdm_insee": "insee", "prdm_postal_code": "postal_code", "prdm_city": "city",
    "prdm_street": "street", "prdm_number": "number", "projection": "projection", "prdm_x": "x", "prdm_y": "y",
    "prdm_min_dwellings": "min_dwellings", "modified_on": "modified_on",
}  # fmt: skip
CPN_PM = {"pm_type": "kind", "pm_state": "state", "pm_insee": "insee"}
CPN_LINK = {
    "link": "reference", "link_state": "state", "link_installed_on": "installed_on", "link_length": "length",
    "link_fibres_free": "fibres_free", "modified_on": "modified_on",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bind:
    """Column ``source`` of a frame ↔ ``field`` of the table. ``fk``: the reference of another thing.

    ``spellings`` (folded → as files write it): other words for the same value that people type into the table.
    """

    source: str
    field: str
    kind: str
    length: int = 0
    spellings: Mapping[str, str] = of(default_factory=dict, compare=False)

    @property
    def path(self) -> str:
        return f"{self.field}__reference" if self.kind == "fk" else self.field


@dataclass(frozen=True, slots=True)
class Target:
    """One table: ``key`` finds its rows, ``binds`` are the fields compared and written."""

    thing: str
    model: type[models.Model]
    key: tuple[Bind, ...]
    binds: tuple[Bind, ...]

    @property
    def keys(self) -> list[str]:
        return [bind.source for bind in self.key]

    @property
    def columns(self) -> list[str]:
        return [bind.source for bind in self.binds]


def bind(model: type[models.Model], source: str, field: str) -> Bind:
    """How a field is compared and written, from its declaration."""
    declared: Any = model._meta.get_field(field)
    match declared:
        case models.ForeignKey():
            kind = "fk"
        case models.JSONField():
            kind = "json"
        case models.BooleanField():
            kind = "bool"
        case models.DateField():
            kind = "date"
        case models.FloatField():
            kind = "float"
        case models.IntegerField():
            kind = "int"
        case _:
            kind = "text"
    return Bind(source, field, kind, declared.max_length or 0 if kind == "text" else 0)


def _names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def building_target(fields: Sequence[str], layout: Layout, *, extra: bool = False) -> Target:
    """The building of an IPE row; fields that the layout names and the table lacks are left out."""
    own = {c.field for c in layout.columns if c.of != "pm"}
    have = _names(Building) - {"oi_code", "reference", "id", "search", "longitude", "latitude", "cell", "extra", "pbo"}
    wanted = [name for name in fields if name in own and name in have]
    binds = [bind(Building, name, name) for name in wanted]
    if "pm" in fields:
        binds.append(bind(Building, "pm", "pm"))
    if extra:
        binds.append(Bind(EXTRA, "extra", "json"))
    return Target("building", Building, (bind(Building, "oi_code", "oi_code"), bind(Building, "reference", "reference")), tuple(binds))  # fmt: skip


def pm_target(fields: Sequence[str], layout: Layout | None = None) -> Target:
    """The PM that an IPE row repeats."""
    have = _names(Pm)
    binds = [bind(Pm, f, f[3:]) for f in fields if f.startswith("pm_") and f[3:] in have and f != "pm_kind"]
    binds += [bind(Pm, f, to) for f, to in PM_FIELDS.items() if f in fields]
    if {"pm_x", "projection"} <= set(fields):
        binds.append(bind(Pm, "projection", "projection"))
    if "modified_on" in fields:
        binds.append(bind(Pm, "modified_on", "modified_on"))
    told = tuple(_spelled(one, layout or packaged("ipe")) for one in binds)
    return Target("pm", Pm, (bind(Pm, "pm", "reference"),), told)


def _spelled(one: Bind, layout: Layout) -> Bind:
    """With the words that the layout reads as the same: a shelter typed as “SHELTER” is no change when a file says “PME-Shelter”."""
    column = next((c for c in layout.columns if c.field == one.source and c.kind == "enum"), None)
    return replace(one, spellings=layout.enums[column.enum]) if column is not None and one.kind == "text" else one


def cpn_targets(fields: Sequence[str]) -> tuple[Target, Target, Target]:
    """PRDM, PM and link of a CPN row."""

    def binds(model: type[models.Model], table: dict[str, str]) -> tuple[Bind, ...]:
        return tuple(bind(model, source, field) for source, field in table.items() if source in fields)

    return (
        Target("prdm", Prdm, (bind(Prdm, "prdm", "reference"),), binds(Prdm, CPN_PRDM)),
        Target("pm", Pm, (bind(Pm, "pm", "reference"),), binds(Pm, CPN_PM)),
        Target("link", PmLink, (bind(PmLink, "pm", "pm"), bind(PmLink, "prdm", "prdm")), binds(PmLink, CPN_LINK)),
    )


def normal(frame: pl.DataFrame, target: Target, *more: str) -> pl.DataFrame:
    """Key and binds of rows read from a file, in the form that is compared; ``more`` columns go along."""
    made = frame.with_columns(_filled(frame, target))
    return made.select(*more, *(_told(one) for one in (*target.key, *target.binds)))


def _filled(frame: pl.DataFrame, target: Target) -> list[pl.Expr]:
    """Fields that a table never leaves empty: what a row without them is."""
    if target.thing == "building" and "kind" in frame.columns:
        few = pl.col("dwellings").fill_null(1) < 4 if "dwellings" in frame.columns else pl.lit(value=True)
        usual = pl.when(few).then(pl.lit("PAVILLON")).otherwise(pl.lit("IMMEUBLE"))
        return [pl.col("kind").fill_null(usual)]
    usual_words = {
        "pm_type": "PM",
        "prdm_type": "PON",
        "prdm_state": "EN COURS DE DEPLOIEMENT",
        "link_state": "PLANIFIE",
    }
    if target.thing in {"prdm", "link"} or "pm_type" in target.columns:
        return [pl.col(name).fill_null(word) for name, word in usual_words.items() if name in frame.columns]
    return []


def _told(one: Bind) -> pl.Expr:
    value = pl.col(one.source)
    if one.kind in {"text", "fk"}:
        text = value.cast(pl.String).fill_null("")
        return (text.str.slice(0, one.length) if one.length else text).alias(one.source)
    if one.kind == "json":
        return value.cast(pl.String).map_batches(_canonical, return_dtype=pl.String).alias(one.source)
    return value.cast(TYPES[one.kind], strict=False).alias(one.source)


def _canonical(series: pl.Series) -> pl.Series:
    """JSON objects in one spelling, without what is empty."""
    seen = series.unique().to_list()
    plain = {text: _plain(text) for text in seen if text}
    return series.replace_strict(list(plain), list(plain.values()), default="{}", return_dtype=pl.String) if plain else pl.Series(series.name, ["{}"] * len(series), pl.String)  # fmt: skip


def _plain(text: str) -> str:
    told = json.loads(text)
    return json.dumps(
        {key: value for key, value in told.items() if value not in (None, "")}, ensure_ascii=False, sort_keys=True
    )


def from_rows(rows: Iterable[tuple[Any, ...]], target: Target) -> pl.DataFrame:
    """Rows of the database (pk, key, binds) in the same form."""
    columns = [PK, *target.keys, *target.columns]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    series = [pl.Series(PK, values[0], pl.Int64)]
    for one, cells in zip((*target.key, *target.binds), values[1:], strict=True):
        series.append(_series(one, cells))
    return pl.DataFrame(series)


def _as_files_say(held: pl.Series, spellings: Mapping[str, str]) -> pl.Series:
    seen = held.unique().to_list()
    return held.replace_strict(seen, [spellings.get(fold(text), text) for text in seen], return_dtype=pl.String)


def _series(one: Bind, cells: Sequence[Any]) -> pl.Series:
    match one.kind:
        case "text" | "fk":
            told = pl.Series(one.source, cells, pl.String).fill_null("")
            return _as_files_say(told, one.spellings) if one.spellings else told
        case "json":
            texts = [cell if isinstance(cell, str) else json.dumps(cell or {}) for cell in cells]
            return _canonical(pl.Series(one.source, texts, pl.String))
        case "date":
            plain = next((cell for cell in cells if cell is not None), None)
            if isinstance(plain, str):
                return pl.Series(one.source, cells, pl.String).str.to_date("%Y-%m-%d", strict=False)
            return pl.Series(one.source, cells, pl.Date)
        case "bool":
            return pl.Series(one.source, cells, strict=False).cast(pl.Boolean) if any(c is not None for c in cells) else pl.Series(one.source, cells, pl.Boolean)  # fmt: skip
    return pl.Series(one.source, cells, TYPES[one.kind], strict=False)
