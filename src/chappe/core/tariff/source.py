"""Where tables come from: a folder, one file, an archive or a mapping of names to bytes → bytes by name.

Guards against what an upload may hide: zip bombs, paths that climb out, huge or countless files. Never
writes anything.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from chappe.core.base.issue import Severity
from chappe.core.tariff.faults import Faults

MB = 1024 * 1024
LARGEST_FILE = 256 * MB
LARGEST_WHOLE = 512 * MB
MOST_FILES = 200
TABLE_ENDINGS = (".csv", ".txt", ".tsv", ".xlsx")


def gather(source: Path | Mapping[str, bytes], faults: Faults) -> dict[str, bytes]:
    """Files that may be tables, by name inside the source. OSError passes: a missing folder is the caller's."""
    if isinstance(source, Mapping):
        found = dict(source)
    elif source.is_dir():
        found = _from_folder(source, faults)
    else:
        size = source.stat().st_size
        if size > LARGEST_WHOLE:
            faults.add("tariff-file-too-large", source.name, limit=LARGEST_WHOLE // MB)
            return {}
        found = {source.name: source.read_bytes()}
    return _opened(found, faults)


def _from_folder(folder: Path, faults: Faults) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    whole = 0
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name.startswith(".") or not _may_be_table(path.name):
            continue
        size = path.stat().st_size
        whole += size
        if size > LARGEST_FILE or whole > LARGEST_WHOLE:
            faults.add("tariff-file-too-large", path.name, limit=LARGEST_FILE // MB)
        else:
            found[path.name] = path.read_bytes()
    return found


def _may_be_table(name: str) -> bool:
    return name.lower().endswith((*TABLE_ENDINGS, ".zip")) or "." not in name


def _opened(found: dict[str, bytes], faults: Faults) -> dict[str, bytes]:
    """Archives replaced by what they hold; the number of files bounded."""
    files: dict[str, bytes] = {}
    for name, data in found.items():
        if len(data) > LARGEST_FILE:
            faults.add("tariff-file-too-large", name, limit=LARGEST_FILE // MB)
        elif data.startswith(b"PK\x03\x04") and not is_workbook(name):
            files.update(_unzip(name, data, faults))
        else:
            files[name] = data
    if len(files) > MOST_FILES:
        faults.add("tariff-too-many-files", limit=MOST_FILES)
        files = dict(sorted(files.items())[:MOST_FILES])
    return files


def is_workbook(name: str) -> bool:
    return name.lower().endswith(".xlsx")


def _unzip(name: str, data: bytes, faults: Faults) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = LARGEST_WHOLE
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[: MOST_FILES * 5]:
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                if entry.is_dir() or path.name.startswith(".") or not _may_be_table(path.name):
                    continue
                if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
                    faults.add("tariff-archive-path", name, name=entry.filename)
                    continue
                with archive.open(entry) as stream:
                    content = stream.read(min(LARGEST_FILE, left) + 1)
                if len(content) > min(LARGEST_FILE, left):
                    faults.add("tariff-file-too-large", path.name, limit=LARGEST_FILE // MB)
                    break
                left -= len(content)
                files[path.name if path.name not in files else str(path)] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        faults.add("tariff-archive-bad", name, detail=str(error)[:120])
    return files


def safe_workbook(name: str, data: bytes, faults: Faults) -> bool:
    """A workbook is an archive too: refuse one that unpacks beyond the limit."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            whole = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        faults.add("tariff-workbook-bad", name, detail=str(error)[:120])
        return False
    if whole > LARGEST_WHOLE:
        faults.add("tariff-file-too-large", name, 0, 0, "", Severity.ERROR, limit=LARGEST_WHOLE // MB)
        return False
    return True
