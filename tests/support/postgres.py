"""A PostgreSQL cluster of our own for the tests: made in a temporary folder, on a free port, thrown away.

PostgreSQL refuses to run as root, so as root the cluster belongs to the ``postgres`` account that Debian's
package makes. Never touches a cluster that it did not make.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The newest installed ``…/bin`` holding initdb, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


def _as_postgres(command: list[str], cwd: Path) -> None:
    def demote() -> None:
        account = pwd.getpwnam("postgres")
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    subprocess.run(
        command,
        check=True,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        preexec_fn=demote if os.getuid() == 0 else None,
    )


@contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; yields its URL with database ``chappe``. Raises RuntimeError without PostgreSQL."""
    bins = binaries()
    if bins is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="chappe-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    try:
        _as_postgres(
            [
                str(bins / "initdb"),
                "-D",
                str(data),
                "-U",
                "chappe",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ],
            folder,
        )
        # Durability is the product's business on a user's machine, not of a cluster that lives for one run.
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
        _as_postgres(
            [str(bins / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start"], folder
        )
        try:
            _as_postgres([str(bins / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "chappe", "chappe"], folder)
            yield f"postgresql://chappe@127.0.0.1:{port}/chappe"
        finally:
            _as_postgres([str(bins / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
