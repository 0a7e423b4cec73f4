"""What stands beside a received file, given back as CSV, in pieces: anomalies, changes, refused lines to mend."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from django.utils import translation

from chappe.apps.exchange import text
from chappe.apps.ipe import aside, queries, words
from chappe.apps.ipe.models import Intake
from chappe.core.interop.blocks import read_blocks
from chappe.core.interop.opening import tables
from chappe.core.interop.spool import INNER, blocks

BOM = b"\xef\xbb\xbf"
PIECE = 5_000


def issues_csv(file: Any, language: str, **narrowed: str) -> Iterator[bytes]:
    """table;line;column;field;severity;code;sentence;value, in the order of the file."""
    intake = Intake.objects.select_related("issues").filter(file=file).first()
    yield BOM + text.csv_line(["table", "line", "column", "field", "severity", "code", "sentence", "value"]).encode()
    if intake is None or intake.issues is None:
        return
    frames: Any = (
        [queries.issues(intake, **narrowed).collect()] if any(narrowed.values()) else blocks(intake.issues.path)
    )
    for frame in frames:
        for piece in frame.iter_slices(PIECE):
            yield _issue_lines(piece, language)


def _issue_lines(frame: pl.DataFrame, language: str) -> bytes:
    with translation.override(language):
        lines = [
            text.csv_line([r[INNER] or "", r["line"], r["column"], r["field"], r["severity"], r["code"], words.remark_sentence(r), r["value"] or ""])
            for r in frame.iter_rows(named=True)
        ]  # fmt: skip
    return "".join(lines).encode()


def changes_csv(file: Any, language: str) -> Iterator[bytes]:
    """One line for each value that changes, one for each row that comes, goes or is refused."""
    intake = Intake.objects.select_related("plan", "changes").filter(file=file).first()
    yield BOM + text.csv_line(["what", "thing", "line", "object", "field", "before", "after"]).encode()
    if intake is None or intake.plan is None or intake.changes is None:
        return
    with translation.override(language):
        told = {kind: str(label) for kind, (label, _tone) in words.KINDS.items()}
        things = {thing: str(label) for thing, label in words.THINGS.items()}
    for frame in blocks(intake.plan.path, ["kind", "thing", "line", "name"]):
        other = frame.filter(~pl.col("kind").is_in(["update", "abandon"]))
        for piece in other.iter_slices(PIECE):
            rows = piece.select("kind", "thing", "line", "name").iter_rows()
            yield "".join(
                text.csv_line([told.get(k, k), things.get(t, t), n or "", name, "", "", ""]) for k, t, n, name in rows
            ).encode()
    for frame in blocks(intake.changes.path):
        for piece in frame.iter_slices(PIECE):
            rows = piece.select("thing", "line", "name", "field", "old", "new").iter_rows()
            yield "".join(
                text.csv_line([told["update"], things.get(t, t), n or "", *rest]) for t, n, *rest in rows
            ).encode()


def refused_lines(path: Path, intake: Intake, encoding: str) -> Iterator[bytes]:
    """Header and lines with an error, as they came."""
    wanted = (
        queries.issues(intake, severity="error").filter(pl.col("line") > 1).select(INNER, "line").unique().collect()
    )
    by_table: dict[str, set[int]] = {}
    for inner, line in wanted.iter_rows():
        by_table.setdefault(inner or "", set()).add(line)
    with aside.folder() as place:
        for rank, table in enumerate(tables(path, place)[0]):
            with table.path.open("rb") as source:
                yield from _lines(source, encoding, by_table.get(table.inner, set()), header=rank == 0)


def _lines(source: Any, encoding: str, wanted: set[int], *, header: bool) -> Iterator[bytes]:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    for block in read_blocks(source, encoding):
        kept = [
            line for number, line in enumerate(block.lines, block.first) if number in wanted or (header and number == 1)
        ]
        if kept:
            yield ("\r\n".join(kept) + "\r\n").encode(name, "replace")
