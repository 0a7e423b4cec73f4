"""The row checks over the whole network, as a score by commune and by PM, with the rows to mend. Computed by a job, then read.

Reads the network as columns, block by block; writes one snapshot, in one transaction.
"""

from collections.abc import Callable, Iterator

import polars as pl
from django.db import transaction
from django.utils import timezone

from chappe.apps.ipe import aside, bulk
from chappe.apps.ipe.models import QualityLook, QualityScore
from chappe.apps.ipe.tables import PK, Bind, Target, bind, building_target
from chappe.apps.network.models import Building, Pm
from chappe.apps.parties.models import Commune
from chappe.core.interop.checks import Whole, check_rows, far_points
from chappe.core.interop.layout import packaged
from chappe.core.interop.spool import Pile
from chappe.kit.access.actor import Actor

FAULTS = {
    "building": pl.Int64, "reference": pl.String, "insee": pl.String, "pm": pl.String, "code": pl.String, "severity": pl.String,
    "field": pl.String, "value": pl.String, "length": pl.Int32, "found": pl.Int32,
}  # fmt: skip
PM_FIELDS = ("state", "installed_on", "opened_on", "first_handover_on", "dwellings")
WANTED = (
    "rivoli", "insee", "hexacle", "number", "building", "dwellings", "state", "modified_on", "agreement_needed", "agreement_on", "hexacle_street",
    "x", "y", "pm",
)  # fmt: skip


def look(*, actor: Actor, progress: Callable[[int, int], None] = lambda done, total: None) -> QualityLook:
    """Check everything and keep the result in the place of the last one."""
    total, done = Building.objects.count(), 0
    with aside.folder() as place:
        faults, whole = Pile(place / "faults.parquet", FAULTS), Whole(packaged("ipe"))
        places: list[pl.DataFrame] = []
        pms = _pms()
        for rows in _buildings():
            joined = rows.join(pms, on="pm", how="left")
            places.append(rows.select(pl.col("line").alias("building"), "reference", "insee", "pm"))
            faults.add(_placed(check_rows(joined, packaged("ipe"), timezone.localdate()), places[-1]))
            whole.add(joined)
            done += len(rows)
            progress(done, total)
        where = pl.concat(places) if places else pl.DataFrame(schema={"building": pl.Int64, "reference": pl.String, "insee": pl.String, "pm": pl.String})  # fmt: skip
        faults.add(_placed(whole.remarks()[0], where))
        for rows in _points():
            faults.add(_placed(rows, where))
        found = pl.read_parquet(faults.close())
        return _keep(actor, faults, found, where)


def _buildings() -> Iterator[pl.DataFrame]:
    """Rows named as the layout names them, their key in the place of a line; what is empty is null."""
    target = building_target(WANTED, packaged("ipe"))
    for frame in bulk.read(target, Building._base_manager.all(), chunk=100_000):
        yield frame.rename({PK: "line"}).with_columns(pl.col(pl.String).replace("", None))


def _points() -> Iterator[pl.DataFrame]:
    """What is said of where the buildings stand."""
    told = Commune.objects.filter(longitude__isnull=False, latitude__isnull=False).values_list(
        "insee", "longitude", "latitude"
    )
    centres = pl.DataFrame(list(told), {"insee": pl.String, "east": pl.Float64, "north": pl.Float64}, orient="row")
    binds = tuple(bind(Building, name, name) for name in ("insee", "longitude", "latitude"))
    target = Target("building", Building, (bind(Building, "reference", "reference"),), binds)
    for frame in bulk.read(target, Building._base_manager.filter(cell__isnull=False), chunk=100_000):
        yield far_points(frame.rename({PK: "line"}), centres)


def _pms() -> pl.DataFrame:
    binds: tuple[Bind, ...] = tuple(bind(Pm, f"pm_{name}", name) for name in PM_FIELDS)
    target = Target("pm", Pm, (bind(Pm, "pm", "reference"),), binds)
    frames = list(bulk.read(target, Pm._base_manager.all()))
    found = pl.concat(frames) if frames else bulk.from_rows((), target)
    return found.drop(PK).with_columns(pl.col(pl.String).replace("", None))


def _placed(remarks: pl.DataFrame, where: pl.DataFrame) -> pl.DataFrame:
    return remarks.rename({"line": "building"}).join(where, on="building", how="inner")


@transaction.atomic
def _keep(actor: Actor, faults: Pile, found: pl.DataFrame, where: pl.DataFrame) -> QualityLook:
    bad = found.filter(pl.col("severity") != "info")
    made = QualityLook.objects.create(
        buildings=len(where), faulty=bad["building"].n_unique(),
        faults=aside.keep(faults.path, "quality.parquet", actor=actor, owner=None),
    )  # fmt: skip
    names = dict(
        Commune.objects.filter(insee__in=where["insee"].drop_nulls().unique().to_list()).values_list("insee", "name")
    )
    scores = [*_scores(made, ("commune", "insee"), where, bad, names), *_scores(made, ("pm", "pm"), where, bad, {})]
    QualityScore.objects.bulk_create(scores, batch_size=1000)
    for old in QualityLook.objects.exclude(pk=made.pk).select_related("faults"):
        old.delete()
        if old.faults is not None:
            old.faults.delete()
    return made


def _scores(
    look_: QualityLook, by: tuple[str, str], where: pl.DataFrame, bad: pl.DataFrame, names: dict[str, str]
) -> Iterator[QualityScore]:
    kind, column = by
    known = pl.col(column).is_not_null()
    counts = where.filter(known).group_by(column).agg(pl.len().alias("n"))
    faulty = bad.filter(known).group_by(column).agg(pl.col("building").n_unique().alias("bad"))
    codes: dict[str, dict[str, int]] = {}
    for place, code, number in bad.filter(known).group_by(column, "code").agg(pl.len().alias("n")).iter_rows():
        codes.setdefault(place, {})[code] = number
    for place, number, wrong in counts.join(faulty, on=column, how="left").iter_rows():
        wrong = wrong or 0
        yield QualityScore(
            look=look_, kind=kind, reference=place, name=names.get(place, ""), buildings=number, faulty=wrong,
            score=round(100 * (number - wrong) / number, 1), codes=dict(sorted(codes.get(place, {}).items())),
        )  # fmt: skip


def faults_of(score: QualityScore, limit: int | None = None) -> pl.DataFrame:
    """The rows to mend behind a score, the gravest first."""
    column = "insee" if score.kind == QualityScore.Kind.COMMUNE else "pm"
    found = pl.scan_parquet(aside.path(score.look.faults)).filter(
        (pl.col(column) == score.reference) & (pl.col("severity") != "info")
    )
    found = found.sort("severity", "reference")
    return (found.head(limit) if limit else found).collect()
