"""Put back what a file changed: rows it changed get their earlier values, rows it deleted come back, rows it made go.

Refused as a whole, with the reason, when something has touched one of its rows since. Runs inside the transaction of exchange.
"""

from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chappe.apps.exchange.progress import Tally
from chappe.apps.ipe import aside, bulk, writing
from chappe.apps.ipe.applying import changed_since, last_change, targets
from chappe.apps.ipe.comparing import CREATE, DELETE, GAP, UPDATE
from chappe.apps.ipe.models import Intake
from chappe.apps.ipe.planning import ABANDON
from chappe.apps.ipe.tables import PK, Target
from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.kit.access.actor import Actor
from chappe.kit.bulk import analyse, insert

PIECE = 20_000  # rows put back between two movements of the bar
#: What an undone building leaves in the journal: enough to tell it abandoned. A first file makes them by the hundred thousand.
LEFT = (
    "oi_code", "state", "kind", "zone", "insee", "pm", "dwellings",
    "postal_code", "city", "street_type", "street", "number", "number_suffix",
)  # fmt: skip


def undo(file: Any, actor: Actor) -> None:
    """Put everything back. Raises ValidationError with the reason; then nothing was changed."""
    intake = Intake.objects.select_related("rows", "plan", "changes", "before").get(file=file)
    bulk.hold(Prdm, Pm, PmLink, Building)
    plan = pl.read_parquet(aside.path(intake.plan), columns=["thing", "kind", "key", "name", PK])
    _check(plan, int(intake.last_change or 0))
    before = pl.read_parquet(aside.path(intake.before))
    first = last_change()
    told = _("undoing of %(file)s") % {"file": file.name}
    by = f"{actor.label} · {told}" if actor.user else told
    try:
        with transaction.atomic():
            done = Tally(plan.filter(pl.col("kind").is_in([CREATE, UPDATE, DELETE, ABANDON])).height)
            for target in reversed(targets(intake)):
                here = pl.col("thing") == target.thing
                _one(intake, target, plan.filter(here), before.filter(here), by=by, done=done)
            analyse([Change, *(target.model for target in targets(intake))], after=done.total)
    except IntegrityError as error:
        raise ValidationError(_("Something depends on the rows this file made: they cannot go.")) from error
    intake.applied, intake.last_change = False, None
    intake.counts["lines"] = [*intake.counts.get("lines", []), [first, last_change()]]
    intake.save()


def _check(plan: pl.DataFrame, last: int) -> None:
    wanted = plan.filter(pl.col("kind").is_in([CREATE, UPDATE, DELETE, ABANDON])).select("thing", "name").unique()
    for rows in changed_since(last):
        hit = rows.join(wanted, on=["thing", "name"], how="semi")
        if len(hit):
            raise ValidationError(
                _("“%(row)s” was changed after this file was applied: undo what came later first.")
                % {"row": hit["name"][0]}
            )


def _one(intake: Intake, target: Target, plan: pl.DataFrame, before: pl.DataFrame, *, by: str, done: Tally) -> None:
    created = _keys(target, plan.filter(pl.col("kind") == CREATE))
    held = bulk.in_use(target.model, created)
    if held:
        name = target.model._base_manager.get(pk=next(iter(held)))
        raise ValidationError(
            _("“%(row)s”, made by this file, now holds %(what)s: it cannot go.")
            % {"row": name, "what": next(iter(held.values()))}
        )
    writing.tell_gone(target, created, by, LEFT if target.thing == "building" else ())
    for start in range(0, len(created), PIECE):
        bulk.delete(target.model, created[start : start + PIECE])
        done.more(len(created[start : start + PIECE]))
    types = writing.types_of(target.model)
    for kind in (UPDATE, ABANDON):
        rows = before.filter(pl.col("kind") == kind)
        for piece in rows.iter_slices(PIECE):
            bulk.update(target.model, _decoded(piece, types))
            done.more(len(piece))
    gone = before.filter(pl.col("kind") == DELETE)
    for piece in gone.iter_slices(PIECE):
        insert(target.model, _decoded(piece, types))
        done.more(len(piece))
    writing.tell_come(plan.filter(pl.col("kind") == DELETE), by)
    writing.tell_changed(intake, target, by, back=True)


def _decoded(rows: pl.DataFrame, types: dict[str, Any]) -> pl.DataFrame:
    """The values kept, typed as the table wants them."""
    import json

    told = [json.loads(text) for text in rows["values"]]
    names = list(told[0])
    made = []
    for name in names:
        cells = [_cell(row[name]) for row in told]
        kind = types[name]
        series = pl.Series(name, cells, pl.String if kind == pl.Date else kind, strict=False)
        made.append(series.str.to_date("%Y-%m-%d") if kind == pl.Date else series)
    return pl.DataFrame(made)


def _cell(value: Any) -> Any:
    import json

    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _keys(target: Target, rows: pl.DataFrame) -> list[int]:
    """Keys of the rows made, found again by what they are called."""
    if not len(rows):
        return []
    table = target.model._base_manager
    wanted, found = set(rows["key"].to_list()), []
    paths = [one.path for one in target.key]
    names = rows["name"].to_list()
    path = "pm__reference" if target.thing == "link" else paths[-1]
    for start in range(0, len(names), bulk.FEW):
        for pk, *key in table.filter(**{f"{path}__in": names[start : start + bulk.FEW]}).values_list("pk", *paths):
            if GAP.join(key) in wanted:
                found.append(pk)
    return found
