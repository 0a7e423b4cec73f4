"""The archive → its tables, cell by cell: limits, names, encodings, headers. Nothing is ever written to disk under a name of the
archive, and nothing here raises for what the archive contains.

Each fault is an :class:`Issue` with the table's file, its line and the number of its column.
"""

import lzma
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import IO, Any

from chappe.core.base.issue import Issue, Severity, declare

declare(
    {
        "gracethd.not-zip": "This is no ZIP archive, or it is damaged.",
        "gracethd.too-many-files": "The archive holds {found} files, {most} at the most.",
        "gracethd.too-large": "The tables are larger than what is read at once ({most} MB): send the set in parts, a PM or a commune each.",
        "gracethd.too-many-rows": "The tables hold more than {most} rows: send the set in parts, a PM or a commune each.",
        "gracethd.path": "The name “{value}” leads out of the archive: the file is left aside.",
        "gracethd.encrypted": "“{value}” is protected by a password: it cannot be read.",
        "gracethd.damaged": "“{value}” is damaged: it cannot be read.",
        "gracethd.no-table": "No file of the archive is called t_….csv: this is no GraceTHD set.",
        "gracethd.missing-table": "The table {value} is missing.",
        "gracethd.table-twice": "The table {value} stands twice: the first one counts.",
        "gracethd.empty-table": "The table has no header.",
        "gracethd.encoding": "The table is not in UTF-8: read as Windows-1252.",
        "gracethd.separator": "Fields are separated by “{found}”, not by “;”.",
        "gracethd.missing-column": "The column {value} is missing: the table cannot be used.",
        "gracethd.row-width": "The line has {found} fields, {width} are expected: it is left aside.",
        "gracethd.no-code": "No {value}: the line is left aside.",
        "gracethd.code-twice": "“{value}” stands already on line {found}: the first one counts.",
        "gracethd.dangling": "“{value}” is in no line of {table}.",
    }
)

PIECE = 1 << 20
#: What opening or unpacking a damaged archive raises.
BROKEN = (
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    OSError,
    ValueError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
)
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table as the data says: ``columns`` ours → names in files; ``points`` ours → table."""

    name: str
    columns: Mapping[str, Sequence[str]]
    points: Mapping[str, str]
    patches: Sequence[str] = ()
    need: bool = False
    key: Sequence[str] = ()  # of a table without a code: what tells its rows apart


@dataclass(frozen=True, slots=True)
class Spec:
    """The whole format."""

    separator: str
    empty: frozenset[str]
    limits: Mapping[str, int]
    names: Mapping[str, Sequence[str]]
    tables: Mapping[str, TableSpec]
    words: Mapping[str, Mapping[str, str]]
    street_types: frozenset[str] = frozenset()


def spec_from_toml(text: str) -> Spec:
    """Raises ValueError with a sentence that names the faulty entry."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from error
    tables = {}
    for name, entry in data.get("tables", {}).items():
        columns = entry.get("columns", {})
        key = tuple(entry.get("key", ()))
        if "code" not in columns and not (key and set(key) <= set(columns)):
            raise ValueError(f"{name}: no column “code”")
        points = entry.get("points", {})
        if strangers := [
            f"{column} → {table}"
            for column, table in points.items()
            if column not in columns or table not in data["tables"]
        ]:
            raise ValueError(f"{name}: {', '.join(strangers)}")
        tables[name] = TableSpec(name, columns, points, tuple(entry.get("patches", ())), bool(entry.get("need")), key)
    return Spec(
        data.get("separator", ";"),
        frozenset(data.get("empty", [""])),
        data["limits"],
        data["names"],
        tables,
        data.get("words", {}),
        frozenset(data.get("street_types", ())),
    )


@cache
def packaged() -> Spec:
    """The format as it comes with Chappe."""
    return spec_from_toml(resources.files("chappe.core.gracethd").joinpath("gracethd.toml").read_text("utf-8"))


@dataclass(slots=True)
class Table:
    """Rows by code. A row holds only what it says, ours → text, and its line under ``#``. ``column`` is where a field stands."""

    spec: TableSpec
    file: str
    rows: dict[str, Row] = of(default_factory=dict)
    columns: dict[str, int] = of(default_factory=dict)

    def issue(
        self,
        code: str,
        row: Mapping[str, str] | None,
        field: str = "",
        severity: Severity = Severity.ERROR,
        **params: Any,
    ) -> Issue:
        """A fault of one of its cells."""
        line = int(row["#"]) if row else 0
        return Issue(code, severity, self.file, line, self.columns.get(field, 0), self.named(field), params)

    def named(self, field: str) -> str:
        """The name of the column in files."""
        if field == "code" and self.spec.key:
            return ", ".join(self.spec.columns[name][0] for name in self.spec.key)
        return next(iter(self.spec.columns.get(field, ("",))))


@dataclass(slots=True)
class Source:
    """What an archive holds: its tables (an absent one is an empty one) and its faults."""

    tables: dict[str, Table]
    issues: list[Issue]
    usable: bool = True

    def of(self, name: str) -> dict[str, Row]:
        """Rows of a table by code."""
        return self.tables[name].rows


def read_source(content: Path | IO[bytes], spec: Spec | None = None) -> Source:
    """Every table of the set. ``usable`` is False when a table that is needed cannot be read."""
    spec = spec or packaged()
    found = Source({name: Table(table, f"{name}.csv") for name, table in spec.tables.items()}, [])
    try:
        with zipfile.ZipFile(content) as archive:
            _read_archive(archive, spec, found)
    except BROKEN:
        found.issues.append(Issue("gracethd.not-zip"))
        found.usable = False
    return found


def _read_archive(archive: zipfile.ZipFile, spec: Spec, found: Source) -> None:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > spec.limits["members"]:
        found.issues.append(
            Issue("gracethd.too-many-files", params={"found": len(members), "most": spec.limits["members"]})
        )
        found.usable = False
        return
    chosen = _choose(members, spec, found.issues)
    if not chosen:
        found.issues.append(Issue("gracethd.no-table"))
    budget = Budget(spec.limits["bytes"], spec.limits["rows"])
    for name, info in chosen.items():
        try:
            data = budget.read(archive, info)
        except BROKEN as error:
            code = "gracethd.encrypted" if "password" in str(error) else "gracethd.damaged"
            found.issues.append(Issue(code, file=_base(info), params={"value": _base(info)}))
            continue
        if data is None or budget.rows < 0:
            break
        _read_table(name, _base(info), data, spec, found, budget)
    if budget.over:
        most = spec.limits["rows"] if "rows" in budget.over else spec.limits["bytes"] >> 20
        found.issues.append(Issue(budget.over, params={"most": most}))
        found.usable = False
        return
    lacking = [name for name, table in spec.tables.items() if table.need and not found.tables[name].columns]
    if chosen:
        found.issues += [
            Issue("gracethd.missing-table", file=f"{name}.csv", params={"value": name}) for name in lacking
        ]
    found.usable = found.usable and not lacking


@dataclass(slots=True)
class Budget:
    """How much is still read: an archive that swells is stopped by what comes out of it, whatever it says of itself."""

    left: int
    rows: int
    over: str = ""

    def read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
        """The content of a member; None when it is too much."""
        pieces = []
        with archive.open(info) as member:
            while piece := member.read(PIECE):
                self.left -= len(piece)
                if self.left < 0:
                    self.over = "gracethd.too-large"
                    return None
                pieces.append(piece)
        return b"".join(pieces)

    def row(self) -> bool:
        """Whether one more row may come."""
        self.rows -= 1
        if self.rows < 0:
            self.over = "gracethd.too-many-rows"
        return self.rows >= 0


def _base(info: zipfile.ZipInfo) -> str:
    return PurePosixPath(info.filename.replace("\\", "/")).name[:100]


def _choose(members: Sequence[zipfile.ZipInfo], spec: Spec, issues: list[Issue]) -> dict[str, zipfile.ZipInfo]:
    """Table → member, patches too, in the order of the format, whatever folder they stand in."""
    wanted = [name for table in spec.tables.values() for name in (table.name, *table.patches)]
    found: dict[str, zipfile.ZipInfo] = {}
    for info in members:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        name = path.name.lower().removesuffix(".csv")
        if not path.name.lower().endswith(".csv") or name not in wanted:
            continue
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            issues.append(Issue("gracethd.path", Severity.ERROR, path.name, params={"value": info.filename[:200]}))
        elif name in found:
            issues.append(Issue("gracethd.table-twice", Severity.WARNING, path.name, params={"value": name}))
        else:
            found[name] = info
    return {name: found[name] for name in wanted if name in found}


def _decoded(data: bytes, file: str, issues: list[Issue]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        issues.append(Issue("gracethd.encoding", Severity.WARNING, file))
        return data.decode("cp1252", "replace")


def _read_table(name: str, file: str, data: bytes, spec: Spec, found: Source, budget: Budget) -> None:
    """One file, a table or a patch of one."""
    owner = next(table for table in spec.tables.values() if name in (table.name, *table.patches))
    lines = _decoded(data, file, found.issues).replace("\x00", "").splitlines()
    table = found.tables[owner.name]
    patch = name != owner.name
    if not lines or not lines[0].strip():
        found.issues.append(Issue("gracethd.empty-table", file=file))
        return
    separator = _separator(lines[0], spec, file, found.issues)
    names = [_unquoted(cell).lower() for cell in lines[0].split(separator)]
    places = {
        ours: names.index(alias) for ours, aliases in owner.columns.items() for alias in aliases[::-1] if alias in names
    }
    if lacking := [ours for ours in owner.key or ("code",) if ours not in places]:
        found.issues.append(
            Issue("gracethd.missing-column", file=file, line=1, params={"value": owner.columns[lacking[0]][0]})
        )
        return
    if not patch:
        table.file = file
        table.columns = {ours: index + 1 for ours, index in places.items()}
    for number, cells in _cells(lines, separator, len(names), file, found.issues):
        if not budget.row():
            return
        row = {ours: cells[index] for ours, index in places.items() if cells[index] not in spec.empty}
        if owner.key and all(name in row for name in owner.key):
            row["code"] = "|".join(row[name] for name in owner.key)
        row["#"] = str(number)
        _keep(table, row, found.issues, patch=patch)


def _keep(table: Table, row: Row, issues: list[Issue], *, patch: bool) -> None:
    code = row.get("code", "")
    known = table.rows.get(code)
    if not code:
        issues.append(table.issue("gracethd.no-code", row, "code", value=table.named("code")))
    elif patch:
        if known is not None:
            for ours, value in row.items():
                known.setdefault(ours, value)
    elif known is not None:
        issues.append(
            table.issue("gracethd.code-twice", row, "code", Severity.WARNING, value=code, found=int(known["#"]))
        )
    else:
        table.rows[code] = row


def _separator(header: str, spec: Spec, file: str, issues: list[Issue]) -> str:
    if spec.separator in header:
        return spec.separator
    for other in (",", "\t", "|"):
        if other in header:
            issues.append(
                Issue(
                    "gracethd.separator", Severity.WARNING, file, 1, params={"found": "TAB" if other == "\t" else other}
                )
            )
            return other
    return spec.separator


def _cells(
    lines: Sequence[str], separator: str, width: int, file: str, issues: list[Issue]
) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = [_unquoted(cell) for cell in line.split(separator)]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) == width:
            yield number, cells
        else:
            issues.append(
                Issue("gracethd.row-width", Severity.ERROR, file, number, params={"found": len(cells), "width": width})
            )


def _unquoted(cell: str) -> str:
    """A cell without the quotes that some exports put around it."""
    text = cell.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def check_links(found: Source) -> None:
    """Codes that point to no line of their table; they are taken out of their rows. A table that the set lacks is not judged."""
    for table in found.tables.values():
        for field, target in table.spec.points.items():
            if not found.tables[target].columns:
                continue
            known = found.of(target)
            for row in table.rows.values():
                value = row.get(field)
                if value is not None and value not in known:
                    found.issues.append(
                        table.issue("gracethd.dangling", row, field, Severity.WARNING, value=value, table=target)
                    )
                    del row[field]
