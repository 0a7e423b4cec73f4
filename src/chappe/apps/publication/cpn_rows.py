"""Rows of the CPN as of the end of a day: a row a link between a PM and its PRDM. A network has thousands of them: no parts.

The journal names a link by its PM, so what changed since the day can be put back only where the PM has one link.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from chappe.apps.network.models import Change, Pm, PmLink, Prdm
from chappe.apps.publication import before
from chappe.apps.publication.columns import Told, conform, months_before, with_history
from chappe.apps.publication.ipe_rows import ABANDONED, dated
from chappe.apps.publication.transport import typed, whole
from chappe.core.interop.compare import DELETED
from chappe.core.interop.layout import Column

_CHANGE = {name: name for name in ("reference", "event", "field", "old", "new", "day")}
#: column of the layout → field of a link
_LINK = {"link": "reference", "link_state": "state", "link_installed_on": "installed_on", "link_length": "length", "link_fibres_free": "fibres_free"}  # fmt: skip


@dataclass
class CpnRows:
    """``columns``: those of the version. Each method yields at most one frame, typed as the writer wants it."""

    columns: Sequence[Column]
    day: dt.date
    lost: int = 0

    @cached_property
    def _told(self) -> dict[str, Told]:
        """thing → its fields of the network and the columns they fill."""
        by_field = {column.field: column for column in self.columns}
        links = {own: by_field[name] for name, own in _LINK.items() if name in by_field}
        links |= {"prdm": by_field["prdm"]} if "prdm" in by_field else {}
        pms = {"kind" if name == "pm_type" else name[3:]: c for name, c in by_field.items() if name.startswith("pm_")}
        prdms = {
            "kind" if name == "prdm_type" else name[5:]: c for name, c in by_field.items() if name.startswith("prdm_")
        }
        prdms |= {"projection": by_field["projection"]} if "projection" in by_field else {}
        return {"link": Told("link", links), "pm": Told("pm", pms), "prdm": Told("prdm", prdms)}

    def _texts(self, thing: str) -> pl.DataFrame:
        """PMs or PRDMs as of the day: ``reference``, ``modified_on`` and their fields, texts."""
        model = {"pm": Pm, "prdm": Prdm}[thing]
        paths = {name: name for name in dict.fromkeys(["reference", "modified_on", *self._told[thing].columns])}
        rows = whole(model.objects.order_by("pk"), paths)  # type: ignore[attr-defined]
        return self._rewound(rows, thing)

    def _rewound(self, rows: pl.DataFrame, thing: str, names: Mapping[str, str] | None = None) -> pl.DataFrame:
        later = before.since(thing, self.day)
        if not len(later):
            return rows
        rows = before.rewind(rows, later, names=names)
        went = before.revived(later, [name for name in rows.columns if name != "reference"])
        return dated(pl.concat([rows, conform(went, rows)]), thing, self.day, later["reference"].unique())

    @cached_property
    def _links(self) -> pl.DataFrame:
        """Links as of the day; ``reference`` is that of the PM, as in the journal, ``name`` that of the link."""
        paths = {
            "reference": "pm__reference",
            "prdm": "prdm__reference",
            "name": "reference",
            "modified_on": "modified_on",
        }
        paths |= {own: own for own in self._told["link"].columns if own not in {"reference", "prdm"}}
        rows = whole(PmLink.objects.order_by("pm__reference", "prdm__reference"), {**paths, "state": "state"})
        single = pl.col("reference").is_unique()
        several = rows.filter(~single)
        rows = self._rewound(rows.filter(single), "link", {"reference": "name"})
        return pl.concat([rows, several.filter(~pl.col("reference").is_in(rows["reference"].implode()))]).sort(
            "reference", "prdm"
        )

    def _finished(self, links: pl.DataFrame) -> pl.DataFrame:
        rows = links.rename({"reference": "pm", "name": "reference", "modified_on": "#link"})
        rows = rows.rename(
            {own: c.field for own, c in self._told["link"].columns.items() if own in rows.columns and own != c.field}
        )
        for thing in ("pm", "prdm"):
            of = self._texts_of[thing]
            columns = {own: c.field for own, c in self._told[thing].columns.items()}
            of = of.select(pl.col("reference").alias(thing), pl.col("modified_on").alias(f"#{thing}"), *(pl.col(own).alias(name) for own, name in columns.items()))  # fmt: skip
            rows = rows.join(
                of.unique(thing, keep="first", maintain_order=True), on=thing, how="left", maintain_order="left"
            )
        kinds = {column.field: column.kind for column in self.columns if column.field in rows.columns}
        days = [typed(name, "date") for name in ("#link", "#pm", "#prdm")]
        rows = rows.with_columns([typed(name, kind).alias(name) for name, kind in kinds.items()])
        return rows.with_columns(pl.max_horizontal(days).alias("modified_on"), days[0].alias("own_modified_on")).drop(
            "#link", "#pm", "#prdm"
        )

    @cached_property
    def _texts_of(self) -> dict[str, pl.DataFrame]:
        return {thing: self._texts(thing) for thing in ("pm", "prdm")}

    def full(self) -> Iterator[pl.DataFrame]:
        """Every link; those abandoned for three months have left the file."""
        gone = (pl.col("link_state") == ABANDONED) & (pl.col("own_modified_on") < months_before(self.day, 3))
        yield self._finished(self._links).filter(~gone.fill_null(False))

    def delta(self) -> Iterator[pl.DataFrame]:
        """Links changed on the day, by themselves or by one of their ends; what went is told abandoned."""
        changed = {thing: self._changed(thing, self.day, self.day)["reference"].unique() for thing in self._told}
        hit = pl.col("reference").is_in(changed["link"].implode()) | pl.col("reference").is_in(changed["pm"].implode())
        yield self._finished(self._links.filter(hit | pl.col("prdm").is_in(changed["prdm"].implode())))
        yield self._finished(self._went(self.day, self.day))

    def _changed(self, thing: str, first: dt.date, last: dt.date) -> pl.DataFrame:
        """Changes of what the version publishes; a PM or PRDM that comes is told by its link."""
        fields = self._told[thing].fields if thing == "link" else list(self._told[thing].columns)
        rows = Change.objects.filter(thing=thing, day__range=(first, last), field__in=fields).order_by("pk")
        return whole(rows if thing == "link" else rows.filter(event="MODIFICATION"), _CHANGE)

    def _went(self, first: dt.date, last: dt.date) -> pl.DataFrame:
        told = before.changes("link", {"day__range": (first, last)})
        gone = told.filter((pl.col("event") == DELETED) & pl.col("field").is_null())
        days = gone.group_by("reference").agg(pl.col("day").max().alias("modified_on"))
        told = told.filter(pl.col("reference").is_in(gone["reference"].implode()))
        columns = [
            "prdm",
            *(own for own in self._links.columns if own not in {"reference", "prdm", "name", "modified_on"}),
        ]
        tombs = before.tombs(told, columns, new=first < last).join(
            days, on="reference", how="left", maintain_order="left"
        )
        known = tombs.filter(
            pl.col("prdm").is_not_null() & ~pl.col("reference").is_in(self._links["reference"].implode())
        )
        self.lost += len(tombs) - len(known)
        named = known.with_columns(pl.lit(ABANDONED).alias("state"), pl.lit(None, pl.String).alias("name"))
        return conform(named, self._links)

    def histo(self, first: dt.date) -> Iterator[pl.DataFrame]:
        """A row an event: of the links, then of their PMs, then of their PRDMs."""
        shown = pl.concat([self._finished(self._links), self._finished(self._went(first, self.day))])
        for thing, key in (("link", "pm"), ("pm", "pm"), ("prdm", "prdm")):
            events = self._told[thing].events(self._changed(thing, first, self.day), key)
            yield with_history(shown, events, key)
