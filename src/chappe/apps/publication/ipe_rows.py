"""Rows of the IPE as of the end of a day: premises with their PM beside them, in parts; what changed on a day; the history of a month.

A premises that hangs on a technical PM is published under the PM that groups it. Nothing is written here.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
from django.db.models import Q, QuerySet

from chappe.apps.network.models import Building, Change, Pm
from chappe.apps.publication import before
from chappe.apps.publication.columns import PREFIX, Told, conform, months_before, of_thing, with_history
from chappe.apps.publication.points import same_projection
from chappe.apps.publication.transport import PART, frames, typed, whole
from chappe.core.interop.compare import DELETED
from chappe.core.interop.layout import Column

#: Read whatever the version publishes: they say in which file a row goes.
ALWAYS = ("reference", "oi_code", "zone", "insee", "state", "modified_on", "projection")
EVENT_PART = 5_000
ABANDONED = "ABANDONNE"
_CHANGE = {name: name for name in ("reference", "event", "field", "old", "new", "day")}


@dataclass
class IpeRows:
    """``columns``: those of the version. Each method yields frames typed as the writer wants them. ``lost``: rows that went
    without leaving their address, and cannot be told."""

    columns: Sequence[Column]
    day: dt.date
    part: int = PART
    lost: int = 0
    on_read: Callable[[int], None] = lambda count: None

    def __post_init__(self) -> None:
        """A corrected layout may name what the network does not have: such a column is written empty."""
        known = {
            "pm": {f"{PREFIX}{field.name}" for field in Pm._meta.concrete_fields} | {"consultation"},
            "": {field.name for field in Building._meta.concrete_fields},
        }
        self.columns = [c for c in self.columns if c.field == "pm" or c.field in known["pm" if c.of == "pm" else ""]]

    @cached_property
    def own(self) -> dict[str, Column]:
        return {column.field: column for column in self.columns if column.of != "pm"}

    @cached_property
    def _paths(self) -> dict[str, str]:
        names = dict.fromkeys([*self.own, *ALWAYS])
        return {**{name: name for name in names}, "pm_id": "pm_id"}

    @cached_property
    def _pms(self) -> pl.DataFrame:
        """Every PM as of the day, texts: ``reference``, ``published`` (its grouping PM), ``id``, its own fields."""
        fields = ["state", "kind", "projection", "longitude", "latitude", "modified_on", *of_thing(self.columns, "pm")]
        paths = {name: name for name in dict.fromkeys(["id", "reference", *fields])} | {"parent": "parent__reference"}
        rows = whole(Pm.objects.order_by("pk"), paths)
        later = before.since("pm", self.day)
        touched = later["reference"].unique()
        rows = before.rewind(rows, later)
        rows = pl.concat([rows, conform(before.revived(later, [n for n in paths if n != "reference"]), rows)])
        rows = dated(rows, "pm", self.day, touched)
        grouped = (pl.col("kind") == "PMT") & pl.col("parent").is_not_null()
        return rows.with_columns(pl.when(grouped).then("parent").otherwise("reference").alias("published"))

    @cached_property
    def _beside(self) -> pl.DataFrame:
        """What a row says of its PM, by the reference published."""
        told = of_thing(self.columns, "pm")
        values = [typed(field, column.kind).alias(column.field) for field, column in told.items()]
        where = [pl.col(name).alias(f"#{name}") for name in ("projection", "longitude", "latitude")]
        return self._pms.select(
            pl.col("reference").alias("pm"), *values, *where, typed("modified_on", "date").alias("#modified")
        ).unique("pm", keep="first", maintain_order=True)  # fmt: skip

    @cached_property
    def _ids(self) -> pl.DataFrame:
        return self._pms.filter(pl.col("id").is_not_null()).select(
            pl.col("id").alias("pm_id"), pl.col("reference").alias("pm")
        )

    def _texts(self, rows: QuerySet) -> Iterator[pl.DataFrame]:
        for part in frames(rows.order_by("pk"), self._paths, size=self.part):
            self.on_read(len(part))
            yield part.join(self._ids, on="pm_id", how="left", maintain_order="left").drop("pm_id")

    def _finished(self, texts: pl.DataFrame) -> pl.DataFrame:
        """Texts of premises → typed rows with their PM."""
        published = self._pms.select(pl.col("reference").alias("pm"), pl.col("published")).unique(
            "pm", keep="first", maintain_order=True
        )
        rows = (
            texts.join(published, on="pm", how="left", maintain_order="left")
            .with_columns(pl.col("published").alias("pm"))
            .drop("published")
        )
        kinds = {
            **dict.fromkeys(ALWAYS, "text"),
            "modified_on": "date",
            **{name: column.kind for name, column in self.own.items()},
        }
        rows = rows.with_columns(typed(name, kind).alias(name) for name, kind in kinds.items())
        rows = rows.join(self._beside, on="pm", how="left", maintain_order="left")
        latest = pl.max_horizontal("modified_on", "#modified")
        rows = rows.with_columns(pl.col("modified_on").alias("own_modified_on"), latest.alias("modified_on"))
        return same_projection(rows).drop("#modified", "#projection", "#longitude", "#latitude")

    @property
    def _wanted(self) -> list[str]:
        return [*(name for name in self._paths if name not in {"reference", "pm_id"}), "pm"]

    def _as_of(self, texts: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
        if not len(later):
            return texts
        touched = texts.select("reference").join(later.select("reference").unique(), on="reference", how="semi")[
            "reference"
        ]
        return dated(before.rewind(texts, later), "building", self.day, touched)

    def full(self) -> Iterator[pl.DataFrame]:
        """Every premises; those abandoned for three months have left the file."""
        later = before.since("building", self.day)
        limit = months_before(self.day, 3)
        gone = (pl.col("state") == ABANDONED) & (pl.col("own_modified_on") < limit)
        for texts in self._texts(Building.objects.all()):
            yield self._finished(self._as_of(texts, later)).filter(~gone.fill_null(False))
        went = before.revived(later, self._wanted)
        if len(went):
            went = dated(went, "building", self.day, went["reference"])
            yield self._finished(went).filter(~gone.fill_null(False))

    def delta(self) -> Iterator[pl.DataFrame]:
        """Premises changed on the day, by themselves or by their PM, as they stood in the evening; what went is told abandoned."""
        told = Change.objects.filter(thing="building", day=self.day, field__in=[*of_thing(self.columns, ""), ""])
        references = told.values("reference")
        later = before.since("building", self.day, reference__in=references)
        for texts in self._texts(Building.objects.filter(reference__in=references)):
            yield self._finished(self._as_of(texts, later))
        yield from self._went(later, told.filter(event=DELETED).values_list("reference", flat=True))
        if pms := self._changed_pms(day=self.day):
            rows = Building.objects.filter(pm_id__in=pms).exclude(reference__in=references)
            later = before.since("building", self.day, reference__in=rows.values("reference"))
            for texts in self._texts(rows):
                yield self._finished(self._as_of(texts, later))

    def _went(self, later: pl.DataFrame, deleted: Iterable[str]) -> Iterator[pl.DataFrame]:
        """What went after the day, as it was; and what went on the day, once, abandoned."""
        still = before.revived(later, self._wanted)
        if len(still):
            yield self._finished(dated(still, "building", self.day, still["reference"]))
        gone = sorted(set(deleted))
        for start in range(0, len(gone), EVENT_PART):
            told = before.changes("building", {"day": self.day, "reference__in": gone[start : start + EVENT_PART]})
            yield self._finished(self._abandoned(before.tombs(told, self._wanted), pl.lit(self.day.isoformat())))

    def _abandoned(self, tombs: pl.DataFrame, day: pl.Expr) -> pl.DataFrame:
        known = tombs.filter(pl.col("insee").is_not_null())
        self.lost += len(tombs) - len(known)
        return known.with_columns(pl.lit(ABANDONED).alias("state"), day.alias("modified_on"))

    def _changed_pms(self, **days: Any) -> list[int]:
        """Keys of the PMs whose premises must be told: changed themselves, or grouped under one that was."""
        fields = [*of_thing(self.columns, "pm"), "parent", "kind"]
        told = Change.objects.filter(thing="pm", field__in=fields, **days).values("reference")
        found = Pm.objects.filter(Q(reference__in=told) | Q(kind="PMT", parent__reference__in=told))
        return list(found.order_by("pk").values_list("pk", flat=True))

    def histo(self, first: dt.date) -> Iterator[pl.DataFrame]:
        """A row an event between ``first`` and the day: those of premises, then those of PMs on each of their premises."""
        yield from self._histo_of_premises(first)
        yield from self._histo_of_pms(first)

    def _histo_of_premises(self, first: dt.date) -> Iterator[pl.DataFrame]:
        told = Told("building", of_thing(self.columns, ""))
        rows = Change.objects.filter(thing="building", day__range=(first, self.day), field__in=told.fields).order_by(
            "pk"
        )
        for part in frames(rows, _CHANGE, size=EVENT_PART):
            references = part["reference"].unique(maintain_order=True).to_list()
            later = before.since("building", self.day, reference__in=references)
            found = [
                self._finished(self._as_of(texts, later))
                for texts in self._texts(Building.objects.filter(reference__in=references))
            ]
            went = [frame for frame in self._went_between(first, references, later) if len(frame)]
            if found or went:
                shown = pl.concat([*found, *went]).unique("reference", keep="first", maintain_order=True)
                yield with_history(shown, told.events(part), "reference")

    def _went_between(self, first: dt.date, references: list[str], later: pl.DataFrame) -> Iterator[pl.DataFrame]:
        still = before.revived(later, self._wanted)
        yield self._finished(dated(still, "building", self.day, still["reference"]))
        days = {"day__range": (first, self.day), "reference__in": references}
        told = before.changes("building", days)
        told = told.filter(pl.col("reference").is_in(told.filter(pl.col("event") == DELETED)["reference"].implode()))
        last = told.group_by("reference").agg(pl.col("day").max().alias("#day"))
        tombs = before.tombs(told, self._wanted, new=True).join(last, on="reference", how="left", maintain_order="left")
        yield self._finished(self._abandoned(tombs, pl.col("#day")).drop("#day"))

    def _histo_of_pms(self, first: dt.date) -> Iterator[pl.DataFrame]:
        told = Told("pm", of_thing(self.columns, "pm"))
        days = {"day__range": (first, self.day)}
        rows = Change.objects.filter(thing="pm", event="MODIFICATION", field__in=list(told.columns), **days).order_by(
            "pk"
        )
        events = told.events(whole(rows, _CHANGE), "pm")
        if not len(events):
            return
        premises = Building.objects.filter(pm_id__in=self._changed_pms(**days))
        later = before.since("building", self.day, reference__in=premises.values("reference"))
        for texts in self._texts(premises):
            shown = self._finished(self._as_of(texts, later))
            yield with_history(shown, events, "pm")


def dated(rows: pl.DataFrame, thing: str, day: dt.date, touched: pl.Series) -> pl.DataFrame:
    """``modified_on`` of what was changed since: the last change up to the day, or the day itself when none is known."""
    if not len(touched):
        return rows
    known = before.last_days(thing, day, touched).rename({"day": "#day"})
    rows = rows.join(known, on="reference", how="left", maintain_order="left")
    later = pl.col("reference").is_in(touched.implode()) & (
        pl.col("modified_on").is_null() | (pl.col("modified_on") > day.isoformat())
    )
    was = pl.coalesce("#day", pl.lit(day.isoformat()))
    return rows.with_columns(pl.when(later).then(was).otherwise("modified_on").alias("modified_on")).drop("#day")
