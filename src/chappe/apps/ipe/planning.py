"""What a whole file would change: buildings and PM for an IPE, PRDM, PM and links for a CPN.

Reads the spool block by block and the network as columns; writes a plan and the values that would change beside the spool.
Changes nothing else.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as of
from pathlib import Path

import polars as pl

from chappe.apps.ipe import bulk, comparing
from chappe.apps.ipe.comparing import CHANGES, DELETE, MISSING, PLAN, REFUSE, UPDATE, Sorted
from chappe.apps.ipe.tables import PK, ROW, Target, building_target, cpn_targets, pm_target
from chappe.core.base.issue import Severity, declare
from chappe.core.interop.checks import KEPT_MONTHS
from chappe.core.interop.layout import fold
from chappe.core.interop.reader import UNREAD
from chappe.core.interop.spool import INNER, ISSUE_SCHEMA, Pile, Spool, blocks

KEEP, ABANDON, REMOVE = "keep", "abandon", "delete"
ABANDONED = "ABANDONNE"

declare(
    {
        "ipe.oi-differs": "The row belongs to the OI “{value}”, the file seems to be of another one: it counts as a building of “{value}”.",
        "ipe.absent-kept": "{found} buildings of the network are not in the file. Lines of it could not be read, so nothing is said of them.",
    }
)


@dataclass(slots=True)
class Plan:
    """Counts by thing and kind; ``existing`` and ``touched`` are about buildings (links for a CPN)."""

    plan: Path
    changes: Path
    counts: dict[str, dict[str, int]] = of(default_factory=dict)
    existing: int = 0
    touched: int = 0
    refused: int = 0

    def total(self, kind: str) -> int:
        """Over all things."""
        return sum(counts.get(kind, 0) for counts in self.counts.values())


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file is taken: its OI, whether it tells everything, what becomes of what it leaves out, its day."""

    oi_code: str
    full: bool
    absent: str
    day: dt.date
    strict_oi: bool = False


@dataclass(slots=True)
class Planner:
    """One file. ``progress`` is called now and then and may raise."""

    spool: Spool
    terms: Terms
    progress: Callable[[], None] = lambda: None
    refused: set[int] = of(default_factory=set)
    usual_oi: str = ""
    _plan: Pile = of(init=False)
    _changes: Pile = of(init=False)

    def run(self) -> Plan:
        """Plan and values aside; remarks of refused rows go to the spool."""
        folder = self.spool.folder
        self._plan, self._changes = Pile(folder / "plan.parquet", PLAN), Pile(folder / "changes.parquet", CHANGES)
        made = Plan(folder / "plan.parquet", folder / "changes.parquet")
        self.refused = set(self.spool.repeated)
        self.usual_oi = self.terms.oi_code or usual_oi(self.spool)
        self._note(self.spool.repeated)
        if self.spool.layout.kind == "ipe":
            self._buildings(made)
            self._pms(made)
        else:
            self._links(made)
        self._plan.close()
        self._changes.close()
        made.refused = len(self.refused) - len(self.spool.repeated)
        return made

    def rows(self) -> Iterator[pl.DataFrame]:
        """Blocks of the rows that may be used, with their OI."""
        return rows_of(self.spool.rows, self.terms.oi_code, self.refused, self.progress)

    def _buildings(self, made: Plan) -> None:
        target = target_of(self.spool)
        incoming = self._incoming(target)
        held = comparing.known(target, incoming, whole=self.terms.full)
        found = comparing.sort_out(target, incoming, held)
        self._keep(made, target, found)
        made.existing = held.total
        made.touched = found.counts.get(UPDATE, 0)
        if self.terms.full:
            self._left_out(made, target, comparing.absent(target, held, incoming))
        self._values(target, found.plan.filter(pl.col("kind") == UPDATE))

    def _incoming(self, target: Target) -> pl.DataFrame:
        frames = []
        for block in self.rows():
            kept = block.filter(~pl.col(ROW).is_in(self._strange(block)))
            frames.append(comparing.after_of(target, kept))
        empty = comparing.after_of(target, _no_rows(self.spool, self.terms.oi_code))
        return comparing.short([empty, *frames], target, ROW, "line", INNER)

    def _strange(self, block: pl.DataFrame) -> list[int]:
        """Rows of another OI, and keys that the table could not hold."""
        hits = [
            comparing.refusal(
                block.filter(pl.col("reference").str.len_chars() > 30).with_columns(pl.col("reference").str.slice(0, 80).alias("value")),
                "ipe.key-too-long", "IdentifiantImmeuble", 30,
            )
        ]  # fmt: skip
        other = block.filter(pl.col("oi_code") != self.usual_oi).with_columns(pl.col("oi_code").alias("value"))
        if self.terms.strict_oi:
            hits.append(comparing.refusal(other, "ipe.other-operator", "CodeOI"))
        elif self.usual_oi and len(other):
            told = comparing.refusal(other, "ipe.oi-differs", "CodeOI")
            self.spool.remark(self._placed(told.with_columns(pl.lit(str(Severity.WARNING)).alias("severity"))))
        rows = self._refuse(hits)
        self._note(rows, block)
        return rows

    def _note(self, rows: list[int], block: pl.DataFrame | None = None) -> None:
        """Rows that never reach a comparison stand in the plan all the same."""
        if not rows:
            return
        wanted = pl.Series(rows, dtype=pl.Int64).implode()
        name = "reference" if self.spool.layout.kind == "ipe" else "pm"
        source = block.lazy() if block is not None else pl.scan_parquet(self.spool.rows)
        hit = source.filter(pl.col(ROW).is_in(wanted)).select(ROW, "line", INNER, pl.col(name).alias("name")).collect()
        thing = "building" if name == "reference" else "link"
        self._plan.add(
            hit.with_columns(pl.lit(thing).alias("thing"), pl.lit(REFUSE).alias("kind"), pl.col("name").alias("key"))
        )

    def _refuse(self, remarks: list[pl.DataFrame]) -> list[int]:
        rows: list[int] = []
        for frame in remarks:
            if len(frame):
                said = frame.filter(pl.col("code") != "")
                self.spool.remark(self._placed(said))
                rows += frame[ROW].to_list()
                self.refused.update(said[ROW].to_list())
        return rows

    def _placed(self, remarks: pl.DataFrame) -> pl.DataFrame:
        """With the number of their column, where the header of the first table tells it."""
        known = self.spool.layout.by_fold()
        at: dict[str, int] = {}
        for number, written in enumerate(self.spool.names, 1):
            column = known.get(fold(written))
            if column is not None:
                at.setdefault(column.name, number)
        first = pl.read_parquet(self.spool.rows, columns=[INNER], n_rows=1)[INNER]
        own = pl.col(INNER).eq_missing(pl.lit(first[0] if len(first) else ""))
        number = pl.col("field").replace_strict(list(at), list(at.values()), default=0, return_dtype=pl.Int32)
        return remarks.with_columns(pl.when(own).then(number).otherwise(pl.lit(0, pl.Int32)).alias("column"))

    def _keep(self, made: Plan, target: Target, found: Sorted) -> None:
        self._refuse(found.remarks)
        self._plan.add(found.plan)
        made.counts[target.thing] = {**found.counts}

    def _left_out(self, made: Plan, target: Target, rows: pl.DataFrame) -> None:
        """What a full file does not have: long abandoned rows disappear, the others as the terms say."""
        if not len(rows):
            return
        counts = made.counts[target.thing]
        if self.spool.refused:
            told = {"line": 0, "column": 0, "code": "ipe.absent-kept", "severity": str(Severity.WARNING), "field": "", "value": "", "found": len(rows)}  # fmt: skip
            self.spool.remark(pl.DataFrame([told]).cast({k: v for k, v in ISSUE_SCHEMA.items() if k in told}))
            counts[MISSING] = len(rows)
            self._plan.add(comparing.absent_plan(target, rows, MISSING))
            return
        before = _months_before(self.terms.day, KEPT_MONTHS)
        long_gone = (pl.col("was_state") == ABANDONED) & (pl.col("was_modified_on").fill_null(before) <= before)
        gone, rest = rows.filter(long_gone), rows.filter(~long_gone)
        if self.terms.absent == REMOVE:
            gone, rest = rows, rows.clear()
        gone = self._spare(target, gone)
        kind = MISSING
        if self.terms.absent == ABANDON:
            settled = rest.filter(pl.col("was_state") == ABANDONED)
            self._plan.add(comparing.absent_plan(target, settled, MISSING))
            counts[MISSING] = len(settled)
            rest, kind = rest.filter(pl.col("was_state") != ABANDONED), ABANDON
            self._changes.add(_abandoned(target, rest))
        self._plan.add(comparing.absent_plan(target, gone, DELETE))
        self._plan.add(comparing.absent_plan(target, rest, kind))
        counts[DELETE] = len(gone)
        counts[kind] = counts.get(kind, 0) + len(rest)
        made.touched += len(gone) + (len(rest) if kind == ABANDON else 0)

    def _spare(self, target: Target, rows: pl.DataFrame) -> pl.DataFrame:
        """Without those that something hangs on: they stay, with a remark."""
        held = bulk.in_use(target.model, rows[PK].to_list())
        if not held:
            return rows
        kept = rows.filter(pl.col(PK).is_in(list(held)))
        told = kept.select(pl.lit("").alias(INNER), pl.lit(0).alias("line"), pl.lit("ipe.key-used").alias("code"), pl.lit(str(Severity.WARNING)).alias("severity"), pl.col("reference").alias("value"), pl.lit(1).alias("found"))  # fmt: skip
        self.spool.remark(told)
        return rows.filter(~pl.col(PK).is_in(list(held)))

    def _values(self, target: Target, rows: pl.DataFrame) -> None:
        """Old and new values of what changes."""
        wanted = rows.select(ROW, PK)
        if not len(wanted):
            return
        for block in self.rows():
            hit = block.join(wanted, on=ROW, how="inner")
            for piece in hit.iter_slices(bulk.CHUNK):
                before = bulk.read_by(target, target.model._base_manager.all(), "pk", piece[PK].to_list())
                self._changes.add(comparing.differences(target, before, comparing.after_of(target, piece)))

    def _pms(self, made: Plan) -> None:
        target = pm_target(self.spool.fields, self.spool.layout)
        if "pm" not in self.spool.fields:
            return
        self._small(made, target, latest(self.rows(), target, "pm"))

    def _small(self, made: Plan, target: Target, rows: pl.DataFrame) -> None:
        """Things so few that their rows fit in memory."""
        after = comparing.after_of(target, rows)
        incoming = comparing.short([after], target, ROW, "line", INNER)
        held = comparing.known(target, incoming, whole=False)
        found = comparing.sort_out(target, incoming, held)
        self._keep(made, target, found)
        changed = found.plan.filter(pl.col("kind") == UPDATE).select(ROW, PK)
        if len(changed):
            before = bulk.read_by(target, target.model._base_manager.all(), "pk", changed[PK].to_list())
            self._changes.add(
                comparing.differences(target, before, after.filter(pl.col(ROW).is_in(changed[ROW].implode())))
            )
        made.existing, made.touched = (made.existing or held.total), made.touched or found.counts.get(UPDATE, 0)

    def _links(self, made: Plan) -> None:
        prdm, pm, link = cpn_targets(self.spool.fields)
        for target, key in ((prdm, "prdm"), (pm, "pm")):
            self._small(made, target, latest(self.rows(), target, key))
        found = list(self.rows())
        self._small(made, link, pl.concat(found) if found else _no_rows(self.spool, ""))


def usual_oi(spool: Spool) -> str:
    """The OI that most rows of a file name; "" when none does."""
    if "oi_code" not in spool.fields:
        return ""
    counts = pl.scan_parquet(spool.rows).group_by("oi_code").len().drop_nulls().sort("len", "oi_code", descending=True)
    found = counts.head(1).collect()["oi_code"]
    return str(found[0]) if len(found) else ""


def target_of(spool: Spool) -> Target:
    """The building as this file tells it; columns that nobody knows count when there are any."""
    return building_target(spool.fields, spool.layout, extra=has_extra(spool))


def has_extra(spool: Spool) -> bool:
    """Whether the file has columns that nobody knows."""
    return any(issue.code == "interop.unknown-column" for _inner, issue in spool.head)


def rows_of(
    path: Path, oi_code: str, refused: set[int], progress: Callable[[], None] = lambda: None
) -> Iterator[pl.DataFrame]:
    """Blocks of the usable rows of a spool, each with its OI."""
    left = pl.Series(sorted(refused), dtype=pl.Int64).implode()
    for block in blocks(path):
        progress()
        if "reference" in block.columns:
            own = pl.col("oi_code").fill_null(oi_code) if "oi_code" in block.columns else pl.lit(oi_code)
            block = block.with_columns(own.alias("oi_code"))
        yield block.filter(~pl.col(ROW).is_in(left)) if refused else block


def _no_rows(spool: Spool, oi_code: str) -> pl.DataFrame:
    frame = pl.read_parquet(spool.rows, n_rows=0)
    return frame.with_columns(pl.lit(oi_code).alias("oi_code")) if "reference" in frame.columns else frame


def latest(rows: Iterable[pl.DataFrame], target: Target, key: str) -> pl.DataFrame:
    """One row a thing: what its latest row says, by date of modification, then by place in the file."""
    wanted = [ROW, "line", INNER, *dict.fromkeys([key, *target.columns, "modified_on", UNREAD])]
    found: list[pl.DataFrame] = []
    empty: pl.DataFrame | None = None
    for block in rows:
        have = [name for name in wanted if name in block.columns]
        empty = block.clear().select(have)
        found.append(_last(block.filter(pl.col(key).is_not_null()).select(have), key))
    if empty is None:
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)).cast({ROW: pl.Int64, "line": pl.Int64, "modified_on": pl.Date})  # fmt: skip
    return _last(pl.concat([empty, *found]), key)


def _last(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    order = [name for name in ("modified_on", ROW) if name in rows.columns]
    return rows.sort(order, nulls_last=False).unique(key, keep="last", maintain_order=True)


def _abandoned(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.lit(target.thing).alias("thing"), comparing.joined_key(target).alias("key"), pl.col("reference").alias("name"),
        pl.lit(0).alias("line"), pl.lit("state").alias("field"), pl.col("was_state").alias("old"), pl.lit(ABANDONED).alias("new"),
    )  # fmt: skip


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, 28))
