"""What stands beside a received file: its rows, anomalies, plan and before-image, as Parquet files of the documents."""

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from chappe.apps.ipe.layouts import layout_of
from chappe.apps.ipe.models import Intake
from chappe.apps.ipe.tables import Target, building_target
from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store

KINDS = ("rows", "issues", "plan", "changes", "before")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for work, in the data folder (a file may be larger than what /tmp holds), gone afterwards."""
    root = Path(settings.DATA) / "work"
    root.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="ipe-", dir=root))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def keep(path: Path, name: str, *, actor: Actor, owner: Any) -> StoredFile:
    """Store one of them."""
    return store(path, name=name, actor=actor, owner=owner, content_type="application/vnd.apache.parquet")


def path(stored: StoredFile | None) -> Path:
    """Where it is. Raises FileNotFoundError when it was never made."""
    if stored is None:
        raise FileNotFoundError("ipe: nothing kept beside this file")
    return stored.path


def forget(intake: Intake) -> None:
    """Let go of what an earlier reading kept; the bytes are swept later."""
    kept = [getattr(intake, kind) for kind in KINDS if getattr(intake, kind) is not None]
    for kind in KINDS:
        setattr(intake, kind, None)
    if intake.pk:
        intake.save()
    for stored in kept:
        stored.delete()


def building_target_of(intake: Intake) -> Target:
    """The building as this file told it when it was read."""
    return building_target(intake.fields, layout_of(intake.flow), extra=bool(intake.counts.get("extra")))


def json_row(fields: Sequence[Any], values: Sequence[Any]) -> tuple[int, str]:
    """(key, every value as JSON by column)."""
    told = dict(zip((field.column for field in fields), values, strict=True))
    return int(told["id"]), json.dumps(told, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
