"""A row of every table of IPE and CPN files received."""

from io import BytesIO
from typing import Any

import polars as pl

from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.ipe.layouts import packaged_text
from chappe.apps.ipe.models import Intake, IssueCount, LayoutCopy, QualityLook, QualityScore
from chappe.apps.ipe.quality import FAULTS
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store

SYSTEM = Actor.system("test")


def _file(owner: Any, mark: str) -> ReceivedFile:
    stored = store(BytesIO(mark.encode()), name=f"{mark}.csv", actor=SYSTEM, owner=owner)
    return ReceivedFile.objects.create(stored=stored, name=stored.name, sha256=stored.sha256, kind="ipe", owner=owner)


def intake(owner: Any, mark: str) -> Intake:
    return Intake.objects.create(file=_file(owner, mark), flow="ipe", oi_code="TELE", fields=["reference", "state"])


def issue_count(owner: Any, mark: str) -> IssueCount:
    return IssueCount.objects.create(intake=intake(owner, mark), code="interop.date", severity="warning", number=2)


def layout(_owner: Any, mark: str) -> LayoutCopy:
    return LayoutCopy.objects.create(flow="ipe", note=mark, text=packaged_text("ipe"))


def look(_owner: Any, mark: str) -> QualityLook:
    row = {
        "building": 1,
        "reference": f"IMB-{mark}",
        "insee": mark,
        "pm": None,
        "code": "ipe.no-address",
        "severity": "warning",
        "field": "x",
    }
    buffer = BytesIO()
    pl.DataFrame([row], schema=FAULTS).write_parquet(buffer)
    buffer.seek(0)
    return QualityLook.objects.create(buildings=2, faulty=1, faults=store(buffer, name=f"{mark}.parquet", actor=SYSTEM))


def score(owner: Any, mark: str) -> QualityScore:
    return QualityScore.objects.create(
        look=look(owner, mark),
        kind="commune",
        reference=mark,
        name="Dole",
        buildings=2,
        faulty=1,
        score=50.0,
        codes={"ipe.no-address": 1},
    )


FACTORIES = {Intake: intake, IssueCount: issue_count, LayoutCopy: layout, QualityLook: look, QualityScore: score}
