"""Reads on what stands beside received files: pages of anomalies and of changes, what was applied before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.db.models import Q

from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.ipe import aside
from chappe.apps.ipe.comparing import CREATE, REFUSE
from chappe.apps.ipe.models import Intake
from chappe.apps.network.models import Building, Pm, PmLink, Prdm
from chappe.core.interop.spool import INNER
from chappe.kit.screens import registry

PAGE = 50
MODELS = {"building": Building, "pm": Pm, "prdm": Prdm, "link": PmLink}


@dataclass(frozen=True)
class Slice:
    """A page of rows, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int


class FieldLabels(Mapping[str, Any]):
    """Field of the network → the reader's word for it. Filled late: models are not known when formats are declared."""

    def _all(self) -> dict[str, Any]:
        return {f.name: f.verbose_name for model in reversed(MODELS.values()) for f in model._meta.concrete_fields}

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def field_label(thing: str, field: str) -> str:
    """The reader's word for a field of a thing."""
    model = MODELS.get(thing)
    known = {f.name: f.verbose_name for f in model._meta.concrete_fields} if model is not None else {}
    return str(known.get(field, field))


def last_applied(intake: Intake) -> Intake | None:
    """The youngest file of the same flow and OI that stands applied."""
    rows = Intake.objects.filter(flow=intake.flow, oi_code=intake.oi_code, applied=True, day__isnull=False)
    return rows.exclude(file=intake.file_id).order_by("-day", "-sequence").first()


def was_applied(file: ReceivedFile) -> bool:
    """Whether this file, or another of the same content, was applied once."""
    return (
        Intake.objects.filter(ever_applied=True, flow=file.kind)
        .filter(Q(file=file) | Q(file__sha256=file.sha256))
        .exists()
    )


def groups(file: ReceivedFile) -> list[dict[str, Any]]:
    """Anomalies by code, for the page of the file."""
    found = Intake.objects.filter(file=file).first()
    if found is None:
        return []
    return [
        {"code": row.code, "severity": row.severity, "number": row.number, "first": row.first, "params": row.sample}
        for row in found.issue_counts.all()
    ]


def issues_url(file: ReceivedFile, code: str) -> str:
    """The page of the anomalies of a file."""
    return registry.url("ipe.anomalies", pk=file.pk) + (f"?{urlencode({'code': code})}" if code else "")


def changes_url(file: ReceivedFile, kind: str) -> str:
    """The page of the plan of a file."""
    return registry.url("ipe.plan", pk=file.pk) + (f"?{urlencode({'kind': kind})}" if kind else "")


def issues(intake: Intake, *, code: str = "", severity: str = "", text: str = "") -> pl.LazyFrame:
    """Anomalies in the order of the file, narrowed."""
    found = pl.scan_parquet(aside.path(intake.issues))
    if code:
        found = found.filter(pl.col("code") == code)
    if severity:
        found = found.filter(pl.col("severity") == severity)
    if text.strip().isdecimal():
        found = found.filter((pl.col("line") == int(text.strip()[:15])) | (pl.col("value") == text.strip()))
    elif text.strip():
        low = text.strip().lower()
        found = found.filter(
            pl.col("value").str.to_lowercase().str.contains(low, literal=True)
            | pl.col("field").str.to_lowercase().str.contains(low, literal=True)
        )
    return found


def page_of(found: pl.LazyFrame, number: int, size: int = PAGE) -> Slice:
    """One page of a lazy frame."""
    total = int(found.select(pl.len()).collect().item())
    rows = found.slice((number - 1) * size, size).collect()
    return Slice(list(rows.iter_rows(named=True)), total)


def planned(intake: Intake, *, kind: str = "", thing: str = "", text: str = "") -> pl.LazyFrame:
    """Rows of the plan, narrowed."""
    found = pl.scan_parquet(aside.path(intake.plan))
    if kind:
        found = found.filter(pl.col("kind") == kind)
    if thing:
        found = found.filter(pl.col("thing") == thing)
    if text.strip().isdecimal():
        found = found.filter(
            (pl.col("line") == int(text.strip()[:15])) | pl.col("name").str.contains(text.strip(), literal=True)
        )
    elif text.strip():
        found = found.filter(pl.col("name").str.to_lowercase().str.contains(text.strip().lower(), literal=True))
    return found


def plan_rows(
    intake: Intake, *, kind: str = "", thing: str = "", text: str = "", page: int = 1, limit: int = PAGE
) -> Slice:
    """A page of the plan, each row with its values before and after."""
    if intake.plan is None:
        return Slice([], 0)
    found = page_of(planned(intake, kind=kind, thing=thing, text=text), page, limit)
    _dress(intake, found.rows)
    return found


def _dress(intake: Intake, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["before"], row["after"], row["why"] = {}, {}, ""
    keys = {(row["thing"], row["key"]): row for row in rows}
    wanted = [row["key"] for row in rows]
    if not wanted:
        return
    changes = pl.scan_parquet(aside.path(intake.changes)).filter(pl.col("key").is_in(wanted)).collect()
    for thing, key, field, old, new in changes.select("thing", "key", "field", "old", "new").iter_rows():
        row = keys.get((thing, key))
        if row is not None:
            row["before"][field], row["after"][field] = old, new
    _new_values(intake, [row for row in rows if row["kind"] == CREATE])
    _reasons(intake, [row for row in rows if row["kind"] == REFUSE])


def _new_values(intake: Intake, rows: list[dict[str, Any]]) -> None:
    """What a new row holds, as far as a reader wants to see it at once."""
    numbers = [row["row"] for row in rows if row["row"] is not None]
    if not numbers:
        return
    shown = ("state", "kind", "street", "number", "city", "dwellings", "pm", "pm_state", "prdm", "link_state")
    have = [name for name in shown if name in intake.fields]
    found = pl.scan_parquet(aside.path(intake.rows)).filter(pl.col("row").is_in(numbers)).select("row", *have).collect()
    by_row = {values["row"]: values for values in found.iter_rows(named=True)}
    for row in rows:
        values = by_row.get(row["row"], {})
        wanted = [
            n
            for n in have
            if (n.startswith(("pm_", "link_")) or n == "prdm") == (row["thing"] in {"pm", "link", "prdm"})
        ]
        row["after"] = {
            n.removeprefix("pm_").removeprefix("link_"): str(values[n])
            for n in wanted
            if values.get(n) not in (None, "")
        }


def _reasons(intake: Intake, rows: list[dict[str, Any]]) -> None:
    """Why a row was refused."""
    from chappe.apps.ipe.words import remark_sentence

    lines = [row["line"] for row in rows if row["line"]]
    if not lines:
        return
    told = pl.scan_parquet(aside.path(intake.issues)).filter(
        (pl.col("severity") == "error") & pl.col("line").is_in(lines)
    )
    by_line = {(row[INNER] or "", row["line"]): row for row in told.collect().iter_rows(named=True)}
    for row in rows:
        found = by_line.get((row[INNER] or "", row["line"]))
        row["why"] = remark_sentence(found) if found else ""
