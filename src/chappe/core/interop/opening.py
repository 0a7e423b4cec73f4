"""What stands in a file that was sent: one table, or several in a ZIP. Bounded: an archive never fills the disk.

Tables of an archive are unpacked into a folder of the caller's; names inside never choose where.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from chappe.core.base.issue import Issue, Severity, declare

MOST_TABLES = 100
MOST_BYTES = 8 * 1024**3
SUFFIXES = (".csv", ".txt")
_CHUNK = 1024 * 1024

declare(
    {
        "interop.zip-damaged": "The archive is damaged or holds what cannot be unpacked: {value}",
        "interop.zip-empty": "The archive holds no table (.csv or .txt).",
        "interop.zip-large": "The archive unpacks to more than {length} GB, or holds more than {found} tables.",
        "interop.zip-other": "“{value}” in the archive is no table: it is left aside.",
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """``inner`` is its name inside an archive, "" for a file that is a table itself."""

    path: Path
    inner: str = ""


def tables(path: Path, folder: Path, *, name: str = "") -> tuple[list[Table], list[Issue]]:
    """The tables of a file in the order of the archive, and what is said of it. No table: it cannot be read."""
    file = name or path.name
    if not zipfile.is_zipfile(path):
        return [Table(path)], []
    try:
        return _unpacked(path, folder, file)
    except Exception as error:  # noqa: BLE001 - each kind of compression raises classes of its own
        return [], [Issue("interop.zip-damaged", file=file, params={"value": str(error)[:200]})]


def _unpacked(path: Path, folder: Path, file: str) -> tuple[list[Table], list[Issue]]:
    found: list[Table] = []
    issues: list[Issue] = []
    room = MOST_BYTES
    too_large = Issue("interop.zip-large", file=file, params={"length": MOST_BYTES // 1024**3, "found": MOST_TABLES})
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            if not member.filename.lower().endswith(SUFFIXES):
                issues.append(Issue("interop.zip-other", Severity.INFO, file, params={"value": member.filename[:200]}))
                continue
            target = folder / f"table-{len(found)}.csv"
            room -= _unpack(archive, member, target, room)
            if room < 0 or len(found) >= MOST_TABLES:
                return [], [too_large]
            found.append(Table(target, member.filename[-200:]))
    if not found:
        issues.append(Issue("interop.zip-empty", file=file))
    return found, issues


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int) -> int:
    """Bytes written; more than ``room`` means that it was given up."""
    done = 0
    with archive.open(member) as source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            done += len(chunk)
            if done > room:
                break
            out.write(chunk)
    return done
