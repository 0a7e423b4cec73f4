"""What changed between two files, or between two days of the network's journal, and why.

The result of two files is kept in the data folder under the fingerprints of both: the same question is answered at once.
"""

import datetime as dt
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.conf import settings
from django.db.models import Q, QuerySet

from chappe.apps.ipe import aside, queries
from chappe.apps.ipe.models import Intake
from chappe.apps.network.models import Change
from chappe.core.interop.differ import compare_piles
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry

AT_ONCE = 100_000  # lines of both files that a page compares while somebody waits
KEPT_SECONDS = 7 * 86_400
CHOICES = 60


def files(user: Any) -> list[Intake]:
    """Files that can be compared, latest first."""
    rows = visible_to(user, Intake).filter(rows__isnull=False).select_related("file", "rows")
    return list(rows.order_by("-file__received_at")[:CHOICES])


def cache(before: Intake, after: Intake) -> Path:
    """Where the result is, or will be."""
    folder = Path(settings.DATA) / "work" / "compared"
    return folder / f"{before.rows.sha256[:32]}-{after.rows.sha256[:32]}.parquet"  # type: ignore[union-attr]


def ready(before: Intake, after: Intake) -> bool:
    """Whether the result can be shown now."""
    return cache(before, after).exists()


def small(before: Intake, after: Intake) -> bool:
    """Whether it may be computed while somebody waits."""
    return before.file.lines + after.file.lines <= AT_ONCE


def run(before: int, after: int) -> Path:
    """Compare two files and keep the result; a second time it is there already."""
    rows = Intake.objects.select_related("file", "rows").in_bulk([before, after])
    first, second = rows[before], rows[after]
    target = cache(first, second)
    if target.exists():
        return target
    found = compare_piles(aside.path(first.rows), aside.path(second.rows), second.flow)
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside.folder() as place:
        written = place / "compared.parquet"
        found.write_parquet(written)
        written.replace(target)
    return target


def _told(before: Intake, after: Intake) -> pl.LazyFrame:
    """What changed; that the file says so of another day is told beside it, and is no change by itself."""
    return pl.scan_parquet(cache(before, after)).filter(pl.col("field") != "modified_on")


def result(before: Intake, after: Intake, *, event: str = "", field: str = "", text: str = "") -> pl.LazyFrame:
    """Changes between two files, narrowed."""
    found = _told(before, after)
    if event:
        found = found.filter(pl.col("event") == event)
    if field:
        found = found.filter(pl.col("field") == field)
    if text:
        found = found.filter(pl.col("key").str.to_lowercase().str.contains(text.lower(), literal=True))
    return found


def counts(before: Intake, after: Intake) -> tuple[dict[str, int], dict[str, int]]:
    """(event → rows, field → changes)."""
    found = _told(before, after)
    events = found.group_by("event").agg(pl.col("key").n_unique().alias("n")).collect()
    fields = (
        found.filter(pl.col("field") != "")
        .group_by("field")
        .agg(pl.len().alias("n"))
        .sort("n", descending=True)
        .collect()
    )
    return dict(events.iter_rows()), dict(fields.iter_rows())


def journal(
    user: Any, start: dt.date, end: dt.date, *, event: str = "", field: str = "", text: str = ""
) -> "QuerySet[Change]":
    """Changes of the network between two days, both included; what went is told once, without the values it left."""
    left = Q(event=Change.Event.SUPPRESSION) & ~Q(field="")
    rows = visible_to(user, Change).filter(day__gte=start, day__lte=end).exclude(left)
    if event:
        rows = rows.filter(event=event)
    if field:
        rows = rows.filter(field=field)
    if text:
        rows = rows.filter(reference__startswith=text)
    return rows.order_by("-day", "reference", "pk")


def causes(user: Any, flow: str, names: Iterable[str]) -> dict[tuple[str, str, str], str]:
    """(identifier, event, field) → who or which file last wrote it here, as the journal of the network says; field "" for coming and going."""
    thing = Change.Thing.BUILDING if flow == "ipe" else Change.Thing.LINK
    rows = visible_to(user, Change).filter(thing=thing, reference__in=set(names)).order_by("pk")
    found: dict[tuple[str, str, str], str] = {}
    for reference, event, field, by in rows.values_list("reference", "event", "field", "by"):
        found[reference, event, field if event == Change.Event.MODIFICATION else ""] = by
    return found


def url(before: int, after: int) -> str:
    """The page of a comparison."""
    return registry.url("ipe.compare") + "?" + urlencode({"a": before, "b": after})


def sweep() -> int:
    """Let go of results nobody asked for in a week."""
    folder, gone = Path(settings.DATA) / "work" / "compared", 0
    for path in folder.glob("*.parquet") if folder.exists() else ():
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def label(field: str) -> str:
    """The reader's word for a field of a file."""
    if field.startswith("pm_"):
        return f"PM · {queries.field_label('pm', field[3:])}"
    return queries.field_label("building", field)
