"""The door of tariff reading: a folder, file, archive or mapping → Tariff and every fault.

Never raises for what files contain; OSError passes when the source itself cannot be opened.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chappe.core.base.issue import Issue, Severity
from chappe.core.base.memory import without_collector
from chappe.core.rating.model import Tariff
from chappe.core.tariff import bands, price_list, price_plan
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.form import Format, build_linked
from chappe.core.tariff.formats import FORMATS, PRICE_LIST, Found, detect_sheets, layout_of, open_files
from chappe.core.tariff.layout import Row, bind
from chappe.core.tariff.source import gather


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file of the source: the table it was read as ("" when left aside) and its readable rows."""

    name: str
    table: str = ""
    rows: int = 0
    sha256: str = ""


@dataclass(slots=True)
class ReadResult:
    """What reading gave. ``tariff`` is None when nothing could be priced; also unpacks as (tariff, issues)."""

    tariff: Tariff | None
    issues: list[Issue] = field(default_factory=list)
    format: str = ""
    files: list[FileRead] = field(default_factory=list)

    def __iter__(self) -> Iterator[object]:
        return iter((self.tariff, self.issues))

    @property
    def errors(self) -> int:
        return sum(issue.severity is Severity.ERROR for issue in self.issues)


@without_collector()
def read_folder(
    source: Path | str | Mapping[str, bytes],
    *,
    format: str | None = None,
    name: str = "",
    timezone: str | None = None,
) -> ReadResult:
    """Read a tariff plan of any format.

    ``format`` None or "" detects it; ``timezone`` None takes the format's own (price lists: Europe/Paris;
    others: the offset written in each call); ``name`` "" takes the source's. Issues come sorted.
    """
    faults = Faults()
    path = Path(source) if isinstance(source, str) else source
    files = gather(path, faults)
    found = open_files(files, faults)
    if not found:
        if not faults.errors:
            faults.add("tariff-no-file")
        return ReadResult(None, faults.done())
    slug = format or detect_sheets(found)
    form = FORMATS.get(slug)
    if form is None:
        faults.add("tariff-unknown-format", formats=", ".join(FORMATS))
        return ReadResult(None, faults.done(), "", [FileRead(file) for file in files])
    tariff = Tariff(name or _own_name(path), format=form.slug, keyed_by=form.keyed_by, max_levels=form.max_levels)
    tariff.timezone = _zone(form.timezone if timezone is None else timezone, faults)
    tables, read = _tables(form, found, files, faults)
    if form is PRICE_LIST:
        _fill_price_list(tables, tariff, faults)
    else:
        build_linked(form, tables, tariff, faults)
    tariff.version = _version(form, tables, tariff.timezone)
    usable = bool(tariff.plans or tariff.profiles)
    if not usable:
        faults.add("tariff-nothing")
    return ReadResult(tariff if usable else None, faults.done(), form.slug, read)


def _own_name(source: Path | Mapping[str, bytes]) -> str:
    if isinstance(source, Path):
        return source.resolve().name if source.is_dir() else source.stem
    return next(iter(source), "").rsplit(".", 1)[0] if len(source) == 1 else ""


def _zone(name: str, faults: Faults) -> str:
    if not name:
        return ""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.add("tariff-bad-word", field="timezone", value=name[:60], known="Europe/Paris, Indian/Reunion, UTC…")
        return ""
    return name


def _tables(
    form: Format, found: list[Found], files: Mapping[str, bytes], faults: Faults
) -> tuple[dict[str, list[Row]], list[FileRead]]:
    """Rows by table name, tables in the format's order; and what became of each file."""
    by_table: dict[str, list[Row]] = {}
    holders: dict[str, str] = {}
    read: list[FileRead] = []
    for one in found:
        file = one.sheet.file
        digest = hashlib.sha256(files.get(file.split("#")[0], b"")).hexdigest()
        layout = layout_of(form, one)
        if layout is None:
            faults.add("tariff-file-ignored", file, severity=Severity.INFO, name=file, format=form.slug)
            read.append(FileRead(file, sha256=digest))
            continue
        if form is not PRICE_LIST and layout.table in holders:
            faults.warn("tariff-table-twice", file, name=file, other=holders[layout.table])
        holders[layout.table] = file
        bound = bind(one.sheet, layout, faults)
        rows = bound.rows if bound else []
        by_table.setdefault(layout.table, []).extend(rows)
        read.append(FileRead(file, layout.table, len(rows), digest))
    for layout in form.layouts:
        if layout.required and layout.table not in by_table:
            faults.add("tariff-table-missing", table=layout.table, format=form.slug)
    ordered = {layout.table: by_table[layout.table] for layout in form.layouts if layout.table in by_table}
    return ordered, read


def _fill_price_list(tables: dict[str, list[Row]], tariff: Tariff, faults: Faults) -> None:
    spans = bands.read(tables.get("Plages", []), faults)
    zone = ZoneInfo(tariff.timezone or "UTC")
    rows = price_list.read_rows(tables.get("PriceList", []), zone, {span.band for span in spans}, faults)
    price_plan.fill(rows, spans, tariff, faults)


def _version(form: Format, tables: Mapping[str, list[Row]], zone: str) -> str:
    """Short hash of what was read: the same rows give the same version, whatever the file's encoding."""
    digest = hashlib.sha256(f"{form.slug}\n{zone}\n".encode())
    for table, rows in tables.items():
        digest.update(f"\n[{table}]\n".encode())
        columns = [column.name for column in form.layout(table).columns]
        digest.update("\x1f".join(columns).encode())
        for row in rows:
            digest.update(("\n" + "\x1f".join(row.cells)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]
