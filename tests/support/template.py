"""A migrated database made once, and copied for each test process.

Replaying every migration takes half a minute of work; three processes and two databases would each do it. The copy is
keyed by the text of the migrations and of what they import, so that a changed migration makes a new one; Django still
runs ``migrate`` on the copy, which finds nothing left to do.
"""

import fcntl
import hashlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
FOLDER = ROOT / "var" / "test-templates"
IMPORTED = re.compile(r"^\s*(?:from|import) (chappe[\w.]*)", re.MULTILINE)
KEPT = 6


def key() -> str:
    """Changes when a migration does, or a module of ours that a migration imports."""
    files = set(SOURCE.glob("chappe/*/*/migrations/*.py"))
    for text in [file.read_text("utf-8") for file in files]:
        for module in IMPORTED.findall(text):
            plain = SOURCE.joinpath(*module.split("."))
            files.update(path for path in (plain.with_suffix(".py"), plain / "__init__.py") if path.is_file())
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for file in sorted(files):
        digest.update(str(file.relative_to(SOURCE)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process makes; the others wait for what it made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str, data: str) -> None:
    """Tables and what migrations write, nothing more: `chappe migrate` would also write the schedules."""
    environment = {
        **os.environ,
        "CHAPPE_DATABASE_URL": url,
        "CHAPPE_DATA": data,
        "PYTHONPATH": str(SOURCE),
        "DJANGO_SETTINGS_MODULE": "chappe.web.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def sqlite() -> Path:
    """The file of a migrated SQLite database, made when it is not there yet."""
    made = FOLDER / f"{key()}.db"
    with _alone("sqlite"):
        if not made.exists():
            with tempfile.TemporaryDirectory(prefix="chappe-template-") as folder:
                _migrate("", folder)
                draft = made.with_suffix(".part")
                draft.unlink(missing_ok=True)
                copy(Path(folder) / "chappe.sqlite3", draft)
                draft.replace(made)
            for old in sorted(FOLDER.glob("*.db"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
                old.unlink()
    return made


def copy(source: Path, target: Path) -> None:
    """The whole database at ``source``, whatever its journal still holds, into a new file."""
    have, want = sqlite3.connect(source), sqlite3.connect(target)
    have.backup(want)
    have.close()
    want.close()


def postgresql(url: str) -> str:
    """The name of a migrated database in the cluster of ``url``, made when it is not there yet."""
    import psycopg

    parts = urlsplit(url)
    name = f"chappe_template_{key()}"
    with (
        _alone(f"postgresql-{parts.port}"),
        tempfile.TemporaryDirectory(prefix="chappe-template-") as folder,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            draft = f"{name}_draft"
            connection.execute(f"DROP DATABASE IF EXISTS {draft}")
            connection.execute(f"CREATE DATABASE {draft}")
            _migrate(urlunsplit(parts._replace(path=f"/{draft}")), folder)
            connection.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name
