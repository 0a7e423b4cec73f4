"""What a file asks of one table, set by set: each of its rows is new, the same, changed or refused.

A row is compared by a fingerprint of its columns, so that only a few short columns a row stay in memory; the values of what
changed are looked up afterwards. Nothing is written here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as of

import polars as pl

from chappe.apps.ipe import bulk
from chappe.apps.ipe.tables import PK, ROW, Bind, Target, normal
from chappe.apps.network.models import Pm
from chappe.core.base.issue import Severity, declare
from chappe.core.interop.checks import BUILDING_PATHS
from chappe.core.interop.reader import UNREAD
from chappe.core.interop.spool import INNER

MARK, WAS = "mark", "was"
CREATE, UPDATE, DELETE, REFUSE, SAME, MISSING = "create", "update", "delete", "refuse", "same", "missing"
PLACE = (ROW, "line", INNER)
PLAN = {
    "thing": pl.String, "kind": pl.String, "key": pl.String, "name": pl.String, ROW: pl.Int64, "line": pl.Int64, INNER: pl.String,
    PK: pl.Int64, WAS: pl.UInt64,
}  # fmt: skip
CHANGES = {
    "thing": pl.String, "key": pl.String, "name": pl.String, "line": pl.Int64, "field": pl.String, "old": pl.String, "new": pl.String,
}  # fmt: skip
FEW_SHARE = 5  # a file this many times smaller than the table is looked up by its keys
GAP = "\x1f"
POINT = {
    "projection",
    "x",
    "y",
    "pm_x",
    "pm_y",
    "prdm_x",
    "prdm_y",
}  # half of a new point with half of the old one is nowhere

declare(
    {
        "ipe.stale": "What the network holds was changed on {value}, after this row: the row is left aside.",
        "ipe.other-operator": "The row belongs to the OI “{value}”, the file to another one.",
        "ipe.key-too-long": "“{value}” has more than {length} characters: nothing could tell it from another one.",
        "ipe.key-used": "“{value}” is not in the file any more, but something hangs on it: it stays.",
    }
)


@dataclass(slots=True)
class Known:
    """What a table holds, in short: ``rows`` has pk, key, mark and, for buildings, what rules look at."""

    rows: pl.DataFrame
    whole: bool
    total: int


@dataclass(slots=True)
class Sorted:
    """``plan`` (columns of PLAN), remarks of the rows refused, and how many of each kind."""

    plan: pl.DataFrame
    remarks: list[pl.DataFrame] = of(default_factory=list)
    counts: dict[str, int] = of(default_factory=dict)


def marked(frame: pl.DataFrame, target: Target) -> pl.Series:
    """A fingerprint of the binds of each row. The same in one process only.

    The day of the last change is left out: a row carries the later of its own day and its PM’s
    (:mod:`chappe.apps.publication.ipe_rows` writes it so), and a row that differs by its day alone tells nothing new.
    """
    told = [one for one in target.binds if one.source != "modified_on"]
    columns = [pl.col(one.source).cast(pl.String) if one.kind == "bool" else pl.col(one.source) for one in told]
    if not columns:
        return pl.Series(MARK, [0] * len(frame), pl.UInt64)
    return frame.select(columns).hash_rows(1793).alias(MARK)


def watched(target: Target) -> list[str]:
    """Columns that rules look at, beside key and mark."""
    return [name for name in ("state", "modified_on", "insee", "zone") if name in target.columns]


def short(frames: Iterable[pl.DataFrame], target: Target, *more: str) -> pl.DataFrame:
    """Key, mark and what rules look at."""
    made = [
        frame.with_columns(marked(frame, target)).select(*more, *target.keys, MARK, *watched(target))
        for frame in frames
    ]
    return pl.concat(made) if made else pl.DataFrame()


def known(target: Target, incoming: pl.DataFrame, *, whole: bool) -> Known:
    """What the table holds of these keys, or of everything under the same OI when ``whole``."""
    rows = target.model._base_manager.all()
    if target.thing == "building":
        rows = rows.filter(oi_code__in=incoming["oi_code"].unique().to_list())
    total = rows.count()
    last = target.keys[-1]
    path = next(one for one in target.key if one.source == last).path
    if target.thing == "link":
        path, last = "pm__reference", "pm"
    if whole or len(incoming) * FEW_SHARE > total:
        return Known(_shorts(bulk.read(target, rows), target), True, total)
    values = incoming[last].unique().to_list()
    frames = (bulk.read_by(target, rows, path, values[s : s + bulk.FEW]) for s in range(0, len(values), bulk.FEW))
    return Known(_shorts(frames, target), False, total)


def _shorts(frames: Iterator[pl.DataFrame], target: Target) -> pl.DataFrame:
    found = short(frames, target, PK)
    if not found.columns:
        found = short([bulk.from_rows((), target)], target, PK)
    return found.rename({MARK: WAS, **{name: f"was_{name}" for name in watched(target)}})


def sort_out(target: Target, incoming: pl.DataFrame, held: Known) -> Sorted:
    """Each incoming row beside what is held. ``incoming`` has the place of the row, key, mark and watched columns."""
    joined = incoming.join(held.rows, on=target.keys, how="left", nulls_equal=True)
    kind = pl.when(pl.col(PK).is_null()).then(pl.lit(CREATE)).when(pl.col(MARK) == pl.col(WAS)).then(pl.lit(SAME)).otherwise(pl.lit(UPDATE))  # fmt: skip
    joined = joined.with_columns(kind.alias("kind"))
    found = Sorted(joined)
    for rows in _refused(target, joined):
        found.remarks.append(rows)
        bad = rows[ROW].implode()
        silent = bool(len(rows)) and rows["code"][0] == ""  # what is held is younger: nothing to do, nothing to say
        joined = joined.with_columns(
            pl.when(pl.col(ROW).is_in(bad))
            .then(pl.lit(SAME if silent else REFUSE))
            .otherwise(pl.col("kind"))
            .alias("kind")
        )
    found.counts = {str(k): n for k, n in joined["kind"].value_counts().iter_rows()}
    found.plan = _planned(target, joined.filter(pl.col("kind") != SAME))
    return found


def _refused(target: Target, joined: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows that may not be taken in, as remarks with their ``row``."""
    moved = pl.col("kind") == UPDATE
    if target.thing == "building":
        allowed = [f"{old} → {new}" for old, nexts in BUILDING_PATHS.items() for new in (*nexts, old, "ABANDONNE")]
        step = pl.concat_str("was_state", "state", separator=" → ")
        hit = joined.filter(moved & (pl.col("was_state") != "") & ~step.is_in(allowed))
        yield refusal(hit.with_columns(step.alias("value")), "ipe.transition", "EtatImmeuble")
    if "modified_on" in target.columns and target.thing != "prdm":
        late = joined.filter(moved & (pl.col("modified_on") < pl.col("was_modified_on")))
        if target.thing == "building":
            yield refusal(
                late.with_columns(pl.col("was_modified_on").cast(pl.String).alias("value")), "ipe.stale", "DateDerniereModification"
            )  # fmt: skip
        elif len(late):
            yield refusal(late.with_columns(pl.lit("").alias("value")), "", "")


def refusal(
    rows: pl.DataFrame, code: str, field: str, length: int | None = None, found: int | None = None
) -> pl.DataFrame:
    """Remarks on rows with their place and ``value``; ``code`` "" leaves a row aside without a word."""
    return rows.select(
        ROW, INNER, "line", pl.lit(0, pl.Int32).alias("column"), pl.lit(code).alias("code"),
        pl.lit(str(Severity.ERROR)).alias("severity"), pl.lit(field).alias("field"), pl.col("value").cast(pl.String),
        pl.lit(length, pl.Int32).alias("length"), pl.lit(found, pl.Int32).alias("found"),
    )  # fmt: skip


def _planned(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in PLAN.items() if name not in rows.columns and name not in {"thing", "key", "name"}]  # fmt: skip
    return rows.with_columns(
        *missing, pl.lit(target.thing).alias("thing"), joined_key(target).alias("key"), pl.col(target.keys[-1] if target.thing != "link" else "pm").alias("name"),
    ).select(pl.col(name).cast(kind) for name, kind in PLAN.items())  # fmt: skip


def joined_key(target: Target) -> pl.Expr:
    """The key as one text."""
    return pl.concat_str(target.keys, separator=GAP)


def absent(target: Target, held: Known, incoming: pl.DataFrame) -> pl.DataFrame:
    """Rows held and not in the file, among the communes and zones that the file tells about."""
    inside = held.rows.join(incoming.select(target.keys), on=target.keys, how="anti")
    if "insee" in target.columns:
        inside = inside.filter(pl.col("was_insee").is_in(incoming["insee"].unique().implode()))
    if "zone" in target.columns:
        zones = incoming["zone"].unique().to_list()
        inside = inside.filter(pl.col("was_zone").is_in([*zones, ""]))
    return inside


def absent_plan(target: Target, rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows of the plan for what the file does not have any more."""
    return _planned(target, rows.with_columns(pl.lit(kind).alias("kind")))


def differences(target: Target, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """CHANGES between two frames of the same keys: one row a field."""
    both = after.join(before.drop(PK, strict=False), on=target.keys, how="inner", suffix="#")
    names = {"key": joined_key(target), "name": pl.col(target.keys[-1] if target.thing != "link" else "pm")}
    line = pl.col("line") if "line" in both.columns else pl.lit(0, pl.Int64).alias("line")
    found = [pl.DataFrame(schema=CHANGES)]
    for one in target.binds:
        old, new = pl.col(f"{one.source}#"), pl.col(one.source)
        hit = both.filter(old.ne_missing(new))
        if len(hit):
            shown = hit.select(
                pl.lit(target.thing).alias("thing"), *(e.alias(n) for n, e in names.items()), line, pl.lit(one.field).alias("field"),
                spoken(one, old).alias("old"), spoken(one, new).alias("new"),
            )  # fmt: skip
            found.append(shown.select(pl.col(n).cast(k) for n, k in CHANGES.items()))
    return pl.concat(found)


def spoken(one: Bind, value: pl.Expr) -> pl.Expr:
    """A value as the journal of changes writes it."""
    if one.kind == "bool":
        return pl.when(value).then(pl.lit("1")).when(value.is_not_null()).then(pl.lit("0")).otherwise(pl.lit(""))
    return value.cast(pl.String).fill_null("")


def after_of(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a file, ready to be compared and written, with their place. Reads the table for what the file says unreadably."""
    made = _grouped(target, normal(rows, target, *(name for name in PLACE if name in rows.columns)))
    if UNREAD not in rows.columns or rows[UNREAD].null_count() == len(rows):
        return made
    return _still(target, made, rows[UNREAD].str.split(","))


def _grouped(target: Target, made: pl.DataFrame) -> pl.DataFrame:
    """A file names the grouping PM of a premises (interop-fibre: ReferencePM): one that hangs on a technical PM (PMT) of
    that group stays there."""
    if target.thing != "building" or "pm" not in target.columns:
        return made
    technical = Pm._base_manager.filter(kind=Pm.Kind.PMT, parent__isnull=False)
    groups = dict(technical.values_list("reference", "parent__reference"))
    hit = made.filter(pl.col("pm").is_in(list(set(groups.values()))))
    if not len(hit):
        return made
    below = target.model._base_manager.filter(pm__kind=Pm.Kind.PMT, pm__parent__isnull=False)
    held = bulk.read_by(target, below, target.key[-1].path, hit[target.keys[-1]].to_list())
    own = held.select(*target.keys, pl.col("pm").alias("#own"), pl.col("pm").replace_strict(groups, default=None, return_dtype=pl.String).alias("#group"))  # fmt: skip
    both = made.join(own, on=target.keys, how="left", maintain_order="left")
    stays = pl.when(pl.col("pm") == pl.col("#group")).then("#own").otherwise("pm")
    return both.with_columns(stays.alias("pm")).select(made.columns)


def _still(target: Target, made: pl.DataFrame, unread: pl.Series) -> pl.DataFrame:
    """What nobody can read says nothing of what is known: it stays. A new row has its default."""
    told = set(unread.explode().drop_nulls().to_list()) & set(target.columns)
    points = [name for name in target.columns if name in POINT]
    wanted = [name for name in target.columns if name in told or (name in POINT and told & POINT)]
    if not wanted:
        return made
    key = next(one for one in target.key if one.source == ("pm" if target.thing == "link" else target.keys[-1]))
    hit = made.filter(unread.is_not_null())
    values = hit[key.source].unique().to_list()
    held = bulk.read_by(target, target.model._base_manager.all(), key.path, values)
    held = held.select(*target.keys, *(pl.col(name).alias(f"{name}#") for name in wanted), pl.lit(True).alias("#held"))
    both = made.with_columns(unread.alias("#unread")).join(held, on=target.keys, how="left", maintain_order="left")
    lost = {
        name: pl.col("#unread").list.set_intersection(points if name in POINT else [name]).list.len() > 0
        for name in wanted
    }
    return both.select(
        pl.when(lost[name] & pl.col("#held")).then(pl.col(f"{name}#")).otherwise(pl.col(name)).alias(name)
        if name in lost
        else pl.col(name)
        for name in made.columns
    )
