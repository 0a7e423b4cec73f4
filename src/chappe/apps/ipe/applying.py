"""Apply the plan of a file: every change in one transaction, in bulk, journal of changes and before-image with it.

The plan is checked against what happened to its rows since it was made; a row that moved meanwhile refuses the whole, with
the reason. Runs inside the transaction of exchange.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.exchange.progress import Tally
from chappe.apps.ipe import aside, bulk, comparing, writing
from chappe.apps.ipe.comparing import CREATE, DELETE, REFUSE, UPDATE
from chappe.apps.ipe.models import Flow, Intake
from chappe.apps.ipe.planning import ABANDON, ABANDONED, latest, rows_of
from chappe.apps.ipe.tables import PK, ROW, Target, cpn_targets, pm_target
from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.core.base.ahead import ahead
from chappe.core.interop.spool import Pile
from chappe.kit.access.actor import Actor
from chappe.kit.bulk import analyse, insert, without_indexes

MANY = 50_000
BEFORE = {"thing": pl.String, "kind": pl.String, PK: pl.Int64, "name": pl.String, "values": pl.String}


def targets(intake: Intake) -> tuple[Target, ...]:
    """The tables a file tells about, in the order in which they are written."""
    if intake.flow == Flow.CPN:
        return cpn_targets(intake.fields)
    found = (aside.building_target_of(intake),)
    return (pm_target(intake.fields), *found) if "pm" in intake.fields else found


def apply(file: Any, actor: Actor) -> None:
    """Make every change of the plan. Raises ValidationError with the reason; then nothing was changed."""
    intake = Intake.objects.select_related("rows", "plan", "changes").get(file=file)
    bulk.hold(Prdm, Pm, PmLink, Building)
    first = last_change()
    with aside.folder() as place:
        plan = pl.read_parquet(aside.path(intake.plan), columns=["thing", "kind", "key", "name", ROW, PK])
        check_still(plan, int(intake.counts.get("seen") or 0))
        before = Pile(place / "before.parquet", BEFORE)
        by = f"{actor.label} · {file.name}" if actor.user else file.name
        try:
            with transaction.atomic(), _first_load(plan):
                done = Tally(plan.filter(pl.col("kind").is_in([CREATE, UPDATE, ABANDON, DELETE])).height)
                for target in targets(intake):
                    _one(intake, target, plan.filter(pl.col("thing") == target.thing), before, by=by, done=done)
                analyse([Change, *(target.model for target in targets(intake))], after=done.total)
        except IntegrityError as error:
            raise ValidationError(_moved()) from error
        intake.before = aside.keep(before.close(), f"{file.name}.before.parquet", actor=actor, owner=file.owner)
    intake.applied = intake.ever_applied = True
    intake.last_change = last_change()
    intake.counts["lines"] = [*intake.counts.get("lines", []), [first, intake.last_change]]
    intake.save()


def _first_load(plan: pl.DataFrame) -> AbstractContextManager[None]:
    """Indexes are made again at the end when a table gets many times what it holds."""
    created = plan.filter((pl.col("kind") == CREATE) & (pl.col("thing") == "building")).height
    if created < MANY:
        return nullcontext()
    tables = [table for table in (Building, Change) if table._base_manager.count() * 4 < created]
    return without_indexes(*tables) if tables else nullcontext()


def last_change() -> int:
    """The youngest line of the journal of changes."""
    return int(Change.objects.aggregate(last=Max("pk"))["last"] or 0)


def check_still(plan: pl.DataFrame, seen: int) -> None:
    """Refuse when a row of the plan was changed after ``seen``."""
    wanted = plan.filter(pl.col("kind") != REFUSE).select("thing", "name").unique()
    for rows in changed_since(seen):
        hit = rows.join(wanted, on=["thing", "name"], how="semi")
        if len(hit):
            raise ValidationError(_moved(str(hit["name"][0])))


def changed_since(seen: int) -> Iterator[pl.DataFrame]:
    """What the journal says was changed after a line of it."""
    found = Change.objects.filter(pk__gt=seen).order_by("pk").values_list("thing", "reference")
    for low, high in taken_back():
        found = found.exclude(pk__gt=low, pk__lte=high)
    rows: list[tuple[str, str]] = []
    for row in found.iterator(chunk_size=bulk.CHUNK):
        rows.append(row)
        if len(rows) == bulk.CHUNK:
            yield pl.DataFrame(rows, schema=["thing", "name"], orient="row")
            rows = []
    if rows:
        yield pl.DataFrame(rows, schema=["thing", "name"], orient="row")


def taken_back() -> list[tuple[int, int]]:
    """Lines of the journal (after the first, up to the second) of files that were applied and undone: as if they were not."""
    told = Intake.objects.filter(applied=False, ever_applied=True).values_list("counts", flat=True)
    return [(low, high) for counts in told for low, high in counts.get("lines", ())]


def _moved(name: str = "") -> str:
    told = f" ({name})" if name else ""
    return _("The network changed after this plan was made%(row)s: read the file again.") % {"row": told}


def _one(intake: Intake, target: Target, plan: pl.DataFrame, before: Pile, *, by: str, done: Tally) -> None:
    """Everything about one table."""
    created = plan.filter(pl.col("kind") == CREATE).select(ROW)
    changed = plan.filter(pl.col("kind") == UPDATE).select(ROW, PK)
    highest = int(target.model._base_manager.aggregate(most=Max("pk"))["most"] or 0)
    for kind in (UPDATE, ABANDON, DELETE):
        _image(target, plan.filter(pl.col("kind") == kind), kind, before)
    for rows in _rows(intake, target):
        new = rows.join(created, on=ROW, how="semi")
        if len(new):
            insert(target.model, _dated(target, writing.as_columns(target, comparing.after_of(target, new))))
        other = rows.join(changed, on=ROW, how="inner")
        if len(other):
            after = writing.as_columns(target, comparing.after_of(target, other)).with_columns(other[PK].alias("id"))
            bulk.update(target.model, _dated(target, after).drop(*_key_columns(target)))
        done.more(len(new) + len(other))
    _leave(target, plan, by)
    done.more(plan.filter(pl.col("kind").is_in([ABANDON, DELETE])).height)
    writing.tell_made(target, highest, by)
    writing.tell_changed(intake, target, by)


def _rows(intake: Intake, target: Target) -> Iterator[pl.DataFrame]:
    """The rows of the file that tell about a table: buildings and links block by block, the few others at once."""
    source = ahead(rows_of(aside.path(intake.rows), intake.oi_code, set()))
    if target.thing in {"building", "link"}:
        return source
    dropped = pl.read_parquet(aside.path(intake.plan), columns=["thing", "kind", ROW])
    main = "building" if intake.flow == Flow.IPE else "link"
    lost = dropped.filter((pl.col("thing") == main) & (pl.col("kind") == REFUSE))[ROW]
    left = lost.implode()
    clean = (rows.filter(~pl.col(ROW).is_in(left)) if len(lost) else rows for rows in source)
    return iter([latest(clean, target, "prdm" if target.thing == "prdm" else "pm")])


def _key_columns(target: Target) -> list[str]:
    return [target.model._meta.get_field(one.field).column for one in target.key]  # type: ignore[union-attr]


def _dated(target: Target, frame: pl.DataFrame) -> pl.DataFrame:
    """A file without a date of modification changes its rows today."""
    if "modified_on" in frame.columns or not any(f.name == "modified_on" for f in target.model._meta.concrete_fields):
        return frame
    return frame.with_columns(pl.lit(timezone.localdate()).alias("modified_on"))


def _image(target: Target, rows: pl.DataFrame, kind: str, before: Pile) -> None:
    """Keep what the rows hold before they change. Raises ValidationError when one is gone."""
    columns = list(writing.types_of(target.model)) if kind == DELETE else ["id", *writing.touched_columns(target)]
    if kind != DELETE and "modified_on" in writing.types_of(target.model):
        columns = list(dict.fromkeys([*columns, "modified_on"]))
    fields = [target.model._meta.get_field(name) for name in _names(target, columns)]
    for piece in rows.iter_slices(bulk.FEW):
        found = target.model._base_manager.filter(pk__in=piece[PK].to_list())
        kept = [aside.json_row(fields, values) for values in found.values_list(*(f.attname for f in fields))]  # type: ignore[union-attr]
        if len(kept) != len(piece):
            raise ValidationError(_moved())
        frame = pl.DataFrame(kept, schema={PK: pl.Int64, "values": pl.String}, orient="row")
        named = frame.join(piece.select(PK, "name"), on=PK)
        before.add(named.with_columns(pl.lit(target.thing).alias("thing"), pl.lit(kind).alias("kind")))


def _names(target: Target, columns: list[str]) -> list[str]:
    by_column = {field.column: field.name for field in target.model._meta.concrete_fields}
    return [by_column[name] for name in columns]


def _leave(target: Target, plan: pl.DataFrame, by: str) -> None:
    """What the file does not have any more. What goes is told with the values it leaves, before it goes."""
    abandoned = plan.filter(pl.col("kind") == ABANDON)[PK]
    if len(abandoned):
        today = pl.lit(timezone.localdate()).alias("modified_on")
        bulk.update(
            target.model, pl.DataFrame({"id": abandoned, "state": [ABANDONED] * len(abandoned)}).with_columns(today)
        )
    gone = plan.filter(pl.col("kind") == DELETE)[PK].to_list()
    held = bulk.in_use(target.model, gone)
    if held:
        raise ValidationError(_moved())
    writing.tell_gone(target, gone, by)
    bulk.delete(target.model, gone)
