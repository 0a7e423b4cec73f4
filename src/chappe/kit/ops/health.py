"""Is this installation fit to serve? Each check answers in a sentence; none of them may hang or raise."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

WORKER_SILENT_SECONDS = 60
FREE_BYTES = 500_000_000


@dataclass(frozen=True)
class Check:
    """``required`` ones make /readyz answer 503; the others only tell."""

    name: str
    ok: bool
    sentence: str
    required: bool = True


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except (DatabaseError, InterfaceError) as error:
        return Check("database", False, _("The database does not answer: %(error)s") % {"error": error})
    return Check("database", True, _("The database answers."))


def migrations() -> Check:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as error:
        return Check("migrations", False, _("The tables cannot be looked at: %(error)s") % {"error": error})
    if missing:
        return Check(
            "migrations",
            False,
            _("%(n)s changes of tables are not applied: run “chappe migrate”.") % {"n": len(missing)},
        )
    return Check("migrations", True, _("All tables are up to date."))


def data_folder() -> Check:
    folder = Path(settings.DATA)
    probe = folder / f".probe-{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
        room = os.statvfs(folder)
    except OSError as error:
        return Check("data", False, _("The data folder cannot be written: %(error)s") % {"error": error.strerror})
    free = room.f_bavail * room.f_frsize
    if free < FREE_BYTES:
        return Check("data", False, _("Only %(n)s MB are free in the data folder.") % {"n": free // 1_000_000})
    return Check("data", True, _("The data folder can be written."))


def workers() -> Check:
    from chappe.kit.jobs.models import Worker

    since = timezone.now() - timedelta(seconds=WORKER_SILENT_SECONDS)
    try:
        alive = Worker.objects.filter(seen__gte=since).count()
    except (DatabaseError, InterfaceError):
        alive = 0
    if not alive:
        return Check(
            "workers",
            False,
            _("No worker has been seen for a minute: jobs wait. Start “chappe worker”."),
            required=False,
        )
    return Check("workers", True, _("Workers at work: %(n)s.") % {"n": alive}, required=False)


CHECKS: tuple[Callable[[], Check], ...] = (database, migrations, data_folder, workers)


def run() -> list[Check]:
    return [check() for check in CHECKS]


def report(checks: list[Check]) -> dict[str, Any]:
    """As JSON: ``ready`` and each check by name."""
    ready = all(check.ok for check in checks if check.required)
    return {
        "ready": ready,
        "checks": {c.name: {"ok": c.ok, "required": c.required, "sentence": c.sentence} for c in checks},
    }
