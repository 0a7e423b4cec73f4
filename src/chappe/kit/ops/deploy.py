"""Is this installation set up as one that strangers can reach should be? In sentences, worst first."""

import os
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from chappe.kit.ops import health, reference
from chappe.kit.ops.config import value

#: Django's own deployment checks that the settings table answers for, and says better
ANSWERED_HERE = frozenset(
    {
        "security.W004",
        "security.W008",
        "security.W009",
        "security.W012",
        "security.W016",
        "security.W018",
        "security.W020",
        "security.W021",
    }
)
LOOPBACK = ("127.", "localhost", "[::1]", "::1")


def findings() -> list[tuple[str, str]]:
    """(severity, sentence): severity is error, warning or ok."""
    found = [("error" if c.required else "warning", c.sentence) for c in health.run() if not c.ok]
    found += [("error", f"{row.name}: {row.fault}") for row in reference.rows() if row.fault]
    found += _exposure() + _secrets() + _django()
    order = {"error": 0, "warning": 1}
    return sorted(found, key=lambda item: order[item[0]]) or [("ok", _("Everything is in order."))]


def _exposure() -> list[tuple[str, str]]:
    found = []
    outside = not value("BIND").startswith(LOOPBACK)
    if settings.DEBUG:
        found.append(("error", _("CHAPPE_DEBUG is on: error pages show details of the inside. Never in production.")))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(("error", _("CHAPPE_HOSTS accepts every name: list yours.")))
    if outside and not value("HTTPS"):
        found.append(
            (
                "warning",
                _("Chappe listens to the network without HTTPS: put a proxy with TLS before it and set CHAPPE_HTTPS."),
            )
        )
    if value("HTTPS") and not settings.CSRF_TRUSTED_ORIGINS:
        found.append(("warning", _("CHAPPE_ORIGINS is empty: behind a proxy, forms will be refused.")))
    if not value("DATABASE_URL") and int(value("WORKERS")) > 4:
        found.append(("warning", _("SQLite has one writer at a time: with more than four workers, use PostgreSQL.")))
    return found


def _secrets() -> list[tuple[str, str]]:
    found = []
    if len(settings.SECRET_KEY) < 40:
        found.append(("error", _("CHAPPE_SECRET_KEY is too short: give it at least 40 characters of chance.")))
    for name in ("secret_key", "chappe.toml", "chappe.sqlite3"):
        path = Path(settings.DATA) / name
        if path.is_file() and path.stat().st_mode & 0o004:
            found.append(("warning", _("Everybody on this machine can read %(path)s: chmod o-r.") % {"path": path}))
    if hasattr(os, "getuid") and os.getuid() == 0:
        found.append(("warning", _("Chappe runs as root: give it an account of its own.")))
    return found


def _django() -> list[tuple[str, str]]:
    messages = checks.run_checks(include_deployment_checks=True)
    return [
        ("error" if message.level >= checks.ERROR else "warning", f"{message.msg} ({message.id})")
        for message in messages
        if message.id not in ANSWERED_HERE and message.level >= checks.WARNING
    ]
