"""IPE files received in the demonstration: two full files of Poligny to compare, a delta between them, one of Arbois damaged as real ones
are, the first scores.

All are written from the network that is there, so that they tell about its buildings.
"""

import datetime as dt
import io
from collections.abc import Iterator

import polars as pl

from chappe.apps.exchange import services
from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.ipe import bulk
from chappe.apps.ipe.models import QualityLook
from chappe.apps.ipe.tables import building_target, pm_target
from chappe.apps.network.models import Building, Pm
from chappe.core.interop.layout import packaged
from chappe.core.interop.names import make_name
from chappe.core.interop.writer import Style, write
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue

OI, VERSION = "TELE", "3.0"
POLIGNY, ARBOIS = "39434", "39013"
CHANGED, SHOWN, COMPARED = 40, 180, 420


def build(*, actor: Actor, today: dt.date) -> None:
    """Once: four files and one look at the quality. Nothing where there is no network."""
    if ReceivedFile.objects.filter(kind="ipe").exists() or not Building.objects.exists():
        return
    Building.objects.filter(agreement_needed=None).update(agreement_needed=False)
    month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    keys = list(Building.objects.filter(insee=POLIGNY).order_by("reference").values_list("pk", flat=True)[:COMPARED])
    _applied(actor, _rows(Building.objects.filter(pk__in=keys)), month)
    delta = _rows(
        Building.objects.filter(insee=POLIGNY, state="EN COURS DE DEPLOIEMENT").order_by("reference")[:CHANGED]
    )
    if len(delta):
        ready = delta.with_columns(pl.lit("DEPLOYE").alias("state"), pl.lit(today).alias("cabled_on"))
        name = make_name(operation="IPEZMD", oi=OI, zone="39", version=VERSION, day=today, kind="delta")
        _apply(actor, _received(actor, b"".join(_file(ready)), name))
    _applied(actor, _later(_rows(Building.objects.filter(pk__in=keys)), today), today)
    full = _rows(Building.objects.filter(insee=ARBOIS).order_by("reference")[:SHOWN])
    if len(full):
        name = make_name(operation="IPEZMD", oi=OI, zone="ARBOIS", version=VERSION, day=today, sequence=2)
        _received(
            actor, damaged(b"".join(_file(full, encoding="cp1252")).decode("cp1252")).encode("cp1252", "replace"), name
        )
    if not QualityLook.objects.exists():
        enqueue("ipe.quality", actor=actor)
        run_pending()


def _applied(actor: Actor, rows: pl.DataFrame, day: dt.date) -> None:
    """A full file of Poligny, as it was that day."""
    if len(rows):
        rows = rows.with_columns(
            pl.min_horizontal("modified_on", pl.lit(day)), pl.min_horizontal("cabled_on", pl.lit(day))
        )
        name = make_name(operation="IPEZMD", oi=OI, zone="POLIGNY", version=VERSION, day=day)
        _apply(actor, _received(actor, b"".join(_file(rows)), name))


def _apply(actor: Actor, row: ReceivedFile) -> None:
    if row.state == "planned":
        services.apply(actor=actor, file=row, force=True)
        run_pending()


def _later(rows: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    """The same premises a month later: blocks counted again, houses on demand now built, new ones, others that are gone."""
    place, touched = pl.int_range(pl.len()), pl.lit(today)
    counted = (pl.col("kind") == "IMMEUBLE") & (place % 3 == 0)
    built = (pl.col("state") == "RACCORDABLE DEMANDE") & (place % 2 == 0)
    told = rows.with_columns(
        pl.when(counted).then(pl.col("dwellings") + 2).otherwise(pl.col("dwellings")).alias("dwellings"),
        pl.when(built).then(pl.lit("DEPLOYE")).otherwise(pl.col("state")).alias("state"),
        pl.when(built).then(touched).otherwise(pl.col("cabled_on")).alias("cabled_on"),
        pl.when(counted | built).then(touched).otherwise(pl.col("modified_on")).alias("modified_on"),
    )
    new = told.filter(place % 60 == 5).with_columns(
        pl.col("reference") + "N", pl.lit("CIBLE").alias("state"), pl.lit(None, pl.Date).alias("cabled_on"), pl.col("number") + 200,
    )  # fmt: skip
    return pl.concat([told.filter(place % 70 != 11), new])


def _received(actor: Actor, raw: bytes, name: str) -> ReceivedFile:
    options = {"form": "", "oi_code": "", "absent": "keep"}
    row = services.receive(actor=actor, source=io.BytesIO(raw), name=name, kind="ipe", options=options)
    run_pending()
    row.refresh_from_db()
    return row


def _rows(buildings: object) -> pl.DataFrame:
    """Rows as the layout names them, the PM beside each."""
    layout = packaged("ipe")
    fields = layout.columns
    names = [column.field for column in fields]
    target, pm = building_target(names, layout), pm_target(names)
    keys = [row.pk for row in buildings]  # type: ignore[attr-defined]
    rows = bulk.read_by(target, Building.objects.all(), "pk", keys)
    pms = bulk.read_by(pm, Pm.objects.all(), "reference", [text for text in rows["pm"].unique().to_list() if text])
    told = rows.join(pms.drop("pk", "modified_on", "projection"), on="pm", how="left").sort("reference")
    return told.with_columns(pl.col(pl.String).replace("", None))


def _file(rows: pl.DataFrame, encoding: str = "utf-8") -> Iterator[bytes]:
    layout = packaged("ipe")
    return write(layout, layout.names(VERSION), [rows], style=Style(encoding=encoding))


def damaged(text: str) -> str:
    """What happens to files on their way: a spreadsheet, a free text with a separator, a state nobody knows, a line twice."""
    lines = text.rstrip("\r\n").split("\r\n")
    names = lines[0].split(";")

    def at(number: int, name: str, value: str) -> None:
        cells = lines[number].split(";")
        cells[names.index(name)] = value
        lines[number] = ";".join(cells)

    at(7, "CommentairePM", "Près du lavoir ; portail vert")
    at(12, "EtatImmeuble", "EN SERVICE")
    at(18, "DateCablageAdresse", "03/05/2024")
    at(21, "DateCablageAdresse", "bientôt")
    at(26, "CodeInseeImmeuble", "")
    at(33, "NumeroVoieImmeuble", "12 bis")
    at(40, "CoordonneeImmeubleX", "0,5")
    at(55, "EtatImmeuble", "CIBLE")
    at(56, "EtatImmeuble", "SIGNE")
    at(63, "NombreLogementsAdresseIPE", "quatre")
    at(71, "CodePostalImmeuble", "3960")
    at(88, "DateDerniereModification", "20240101")
    at(88, "NombreLogementsAdresseIPE", "9")
    for number in range(100, 106):
        at(number, "NombreLogementsAdresseIPE", str(number - 98))
    lines.append(lines[30])
    return "\r\n".join(lines) + "\r\n"
