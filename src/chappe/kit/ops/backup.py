"""The whole installation into one file while it runs, and back.

Order matters: the database first, then files and lake. What the database names is on the disk already and is
never changed, so the copy is whole although work goes on; files and batches newer than the database are harmless.
A restore builds the new folder beside the old one, verifies it, then swaps: it happens whole or not at all.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chappe.core.base.lang import N_
from chappe.kit.ops import archive
from chappe.kit.ops.config import value

SQLITE = "chappe.sqlite3"
DUMP = "database.pgdump"
#: made again by themselves, or meaningful to running processes only
LEFT_OUT = frozenset(
    {SQLITE, f"{SQLITE}-wal", f"{SQLITE}-shm", f"{SQLITE}-journal", "static", "run", "tmp", "logs", "test.sqlite3"}
)

SENTENCES = {
    "ending": N_("“{name}” must end in .tar.zst or .tar.gz."),
    "exists": N_("“{name}” exists already. Choose another name, or add --force to replace it."),
    "no-database": N_("There is no database in {name} yet: nothing to back up."),
    "tool": N_("{name} is not installed: install the PostgreSQL client to back up or restore this database."),
    "dump": N_("PostgreSQL refused: {name}"),
    "unsafe": N_("The archive holds “{name}”, which is not a plain file inside of it. Nothing was changed."),
    "damaged": N_("“{name}” is damaged or is no archive. Nothing was changed."),
    "cut": N_("“{name}” is cut: its manifest is missing. Nothing was changed."),
    "format": N_("This archive has format {name}, which this version of Chappe does not know. Nothing was changed."),
    "altered": N_("“{name}” in the archive is not what its manifest says. Nothing was changed."),
    "not-empty": N_(
        "{name} already holds an installation. Restore elsewhere (CHAPPE_DATA), "
        "or add --force to replace it: it is kept beside."
    ),
    "other-database": N_(
        "The archive holds another kind of database ({name}) than CHAPPE_DATABASE_URL says. Nothing was changed."
    ),
    "running": N_("Chappe is running on {name}. Stop it first. Nothing was changed."),
    "integrity": N_("The database of the archive does not hold together: {name}. Nothing was changed."),
    "swap": N_(
        "{name} cannot be renamed (a mount point?). "
        "Restore into a folder under it with CHAPPE_DATA. Nothing was changed."
    ),
}


class BackupError(Exception):
    """``code`` is a key of SENTENCES; ``name`` fills its hole."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(SENTENCES[code].format(name=name))
        self.code, self.name = code, name


@dataclass(frozen=True)
class Summary:
    """What was written or put back: ``size`` in bytes of content; ``kept`` the former folder, if any."""

    files: int
    size: int
    database: str
    made: str
    version: str
    kept: Path | None = None


def data() -> Path:
    return Path(value("DATA"))


@contextmanager
def running_lock(*, alone: bool = False) -> Iterator[None]:
    """Held shared by whatever runs on the data folder, alone by a restore. Raises BackupError("running")."""
    folder = data() / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("running", str(data())) from error
        yield


def backup(path: Path, *, force: bool = False, tell: Callable[[str], None] = lambda _name: None) -> Summary:
    """Write the archive ``path``. Chappe may run meanwhile. Raises BackupError; then ``path`` is as it was."""
    if path.exists() and not force:
        raise BackupError("exists", path.name)
    kind = "postgresql" if value("DATABASE_URL") else "sqlite"
    work = data() / "tmp" / f"backup-{os.getpid()}"
    about = {"version": version("chappe"), "made": datetime.now(UTC).isoformat(timespec="seconds"), "database": kind}
    try:
        archive.compression(path)
        work.mkdir(parents=True)
        copy, name = _dump_postgresql(work) if kind == "postgresql" else _copy_sqlite(work)
        with archive.writing(path, about) as out:
            tell(name)
            out.add(copy, name)
            for found in _members(data()):
                tell(found.relative_to(data()).as_posix())
                out.add(found, f"data/{found.relative_to(data()).as_posix()}")
    except archive.ArchiveError as error:
        raise BackupError(error.code, error.name) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    size = sum(entry["size"] for entry in out.entries.values())
    return Summary(len(out.entries), size, kind, about["made"], about["version"])


def _members(folder: Path) -> Iterator[Path]:
    """Files to keep. A Delta log comes before the data it names: what the copied log names is on the disk already."""
    for path in sorted(folder.rglob("*"), key=lambda p: ("_delta_log" not in p.parts, p.as_posix())):
        inside = path.relative_to(folder).parts
        if inside[0] in LEFT_OUT or inside[:2] == ("files", "tmp") or inside[-1] == ".lock" or not path.is_file():
            continue
        yield path


def _copy_sqlite(work: Path) -> tuple[Path, str]:
    source = data() / SQLITE
    if not source.is_file():
        raise BackupError("no-database", str(data()))
    target = work / SQLITE
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    return target, SQLITE


def _dump_postgresql(work: Path) -> tuple[Path, str]:
    target = work / DUMP
    _tool("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return target, DUMP


def _tool(name: str, arguments: list[str]) -> None:
    """Run a PostgreSQL client; the password goes by the environment, for a command line is read by everybody."""
    from urllib.parse import unquote, urlsplit

    if shutil.which(name) is None:
        raise BackupError("tool", name)
    parts = urlsplit(value("DATABASE_URL"))
    given = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    environment = {**os.environ, **{key: text for key, text in given.items() if text}}
    done = subprocess.run([name, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise BackupError("dump", lines[0] if lines else str(done.returncode))


def restore(path: Path, *, force: bool = False) -> Summary:
    """Put an archive back. Raises BackupError; then nothing has changed."""
    target = data()
    fresh = target.with_name(f"{target.name}.restoring-{os.getpid()}")
    if not force and _is_used(target):
        raise BackupError("not-empty", str(target))
    try:
        fresh.mkdir(parents=True)
        manifest = archive.extract(path, fresh)
        kind = "postgresql" if value("DATABASE_URL") else "sqlite"
        if manifest["database"] != kind:
            raise BackupError("other-database", manifest["database"])
        with running_lock(alone=True):
            kept = _put_in_place(fresh, target, kind)
    except archive.ArchiveError as error:
        raise BackupError(error.code, error.name) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    entries: dict[str, Any] = manifest["entries"]
    size = sum(entry["size"] for entry in entries.values())
    return Summary(len(entries), size, kind, manifest["made"], manifest["version"], kept)


def _is_used(folder: Path) -> bool:
    if value("DATABASE_URL") and _has_tables():
        return True
    return folder.is_dir() and any(path.name not in {"run", "tmp", "logs"} for path in folder.iterdir())


def _has_tables() -> bool:
    import psycopg

    with psycopg.connect(value("DATABASE_URL")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    return bool(row and row[0])


def _put_in_place(fresh: Path, target: Path, kind: str) -> Path | None:
    ready = fresh / "data"
    ready.mkdir(exist_ok=True)
    if kind == "sqlite":
        (fresh / SQLITE).replace(ready / SQLITE)
        with closing(sqlite3.connect(ready / SQLITE)) as copy:
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise BackupError("integrity", verdict)
    kept = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%d%H%M%S}")
    try:
        target.rename(kept)
    except OSError as error:
        raise BackupError("swap", str(target)) from error
    try:
        if kind == "postgresql":
            _tool("pg_restore", ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
                                 f"--dbname={_database_name()}", str(fresh / DUMP)])  # fmt: skip
        ready.rename(target)
    except BaseException:
        kept.rename(target)
        raise
    if not any(path.name not in {"run", "tmp"} for path in kept.iterdir()):
        shutil.rmtree(kept)
        return None
    return kept


def _database_name() -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(value("DATABASE_URL")).path.lstrip("/"))
