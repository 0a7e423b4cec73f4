"""Every setting of Chappe, once: name, type, default, what it is for.

``web/settings.py`` reads the table; ``docs/reference/settings.md`` and ``chappe settings`` are generated
from it. A setting comes from the environment (``CHAPPE_…``), else from ``chappe.toml`` in the data folder,
else from the default here. A secret may also be given as a file: ``CHAPPE_…_FILE``.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Setting:
    """One row of the table. ``kind`` is str, int, bool, list or path."""

    name: str
    kind: str
    default: Any
    purpose: str  # English; the French text stands in the kit's catalogue
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA", "path", "var", "Folder of everything Chappe keeps: database, files, usage lake, logs."),
    Setting(
        "DATABASE_URL",
        "str",
        "",
        "postgresql://user:password@host:port/name; empty: SQLite in the data folder.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        "str",
        "",
        "Signs sessions and encrypts secrets at rest; empty: made once and kept in the data folder.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY_OLD",
        "list",
        [],
        "Former secret keys, still able to open what they encrypted, until all is encrypted anew.",
        secret=True,
    ),
    Setting(
        "PROXIES", "int", 0, "How many proxies stand before Chappe and report the visitor's address (X-Forwarded-For)."
    ),
    Setting("DEBUG", "bool", False, "Shows error pages with details. Never in production."),
    Setting("HOSTS", "list", ["localhost", "127.0.0.1", "[::1]"], "Host names that the web server answers to."),
    Setting("ORIGINS", "list", [], "Origins trusted for forms behind a proxy, such as https://chappe.example."),
    Setting("LANGUAGE", "str", "fr", "Language of a visitor who has not chosen: fr or en."),
    Setting(
        "TIMEZONE", "str", "Europe/Paris", "Time zone of dates on pages, of schedules and of tariffs that name none."
    ),
    Setting("BIND", "str", "127.0.0.1:8000", "Address and port of the web server."),
    Setting("WORKERS", "int", 2, "Processes that run jobs."),
    Setting(
        "COLLECT",
        "bool",
        True,
        "Whether “chappe serve” also collects call tickets from PBXs; nothing is opened before a source is declared.",
    ),
    Setting(
        "JOB_LEASE",
        "int",
        30,
        "Seconds without a sign of life after which a job is taken from its worker and started again.",
    ),
    Setting("MAX_UPLOAD_MB", "int", 2048, "Largest file that may be uploaded, in megabytes."),
    Setting(
        "IPE_THRESHOLD",
        "int",
        30,
        "Share of the network, in percent, that an IPE or CPN file may change or delete before somebody must confirm.",
    ),
    Setting(
        "MAP_BASE",
        "str",
        "",
        "Base map: tiles such as https://tiles.example/{z}/{x}/{y}.png, or the style of a vector map (.json); empty: blank, no internet.",
    ),
    Setting("MAP_ATTRIBUTION", "str", "", "Whose base map it is, as its licence wants it said."),
    Setting(
        "MAP_HOSTS",
        "list",
        [],
        "Other hosts that the style of the base map loads from, such as https://glyphs.example.",
    ),
    Setting(
        "MAP_GEOCODER",
        "str",
        "",
        "Address search beyond our own: https://geocoder.example/search?q={q}&limit=5, answering GeoJSON; empty: none is asked.",
    ),
    Setting(
        "RECEIVED_DAYS",
        "int",
        1095,
        "Days after which received files that were applied, undone or refused are forgotten; those that wait never are. 0: none is.",
    ),
    Setting("MAP_CACHE_MB", "int", 500, "Largest folder of map tiles kept on disk, in megabytes."),
    Setting(
        "METRICS_TOKEN",
        "str",
        "",
        "Bearer token that may read /metrics and the details of /readyz; empty: this machine only.",
        secret=True,
    ),
    Setting("LOG_FORMAT", "str", "auto", "json, text, or auto: text on a terminal, JSON elsewhere."),
    Setting("STOP_SECONDS", "int", 30, "Seconds given to running jobs and requests to end when Chappe is stopped."),
    Setting(
        "API_RATE_PER_MINUTE", "int", 600, "Requests a minute that a key of the API may make, unless it says otherwise."
    ),
    Setting("REPORT_SECONDS", "int", 30, "Seconds after which the query of a report is stopped."),
    Setting("REPORT_MEMORY_MB", "int", 1000, "Memory that the query of a report may take, in megabytes."),
    Setting("REPORT_ROWS", "int", 100_000, "Rows of a report beyond which it is cut."),
    Setting("HTTPS", "bool", False, "Set where Chappe is reached over HTTPS: secure cookies and HSTS."),
    Setting(
        "SMTP_URL",
        "str",
        "",
        "Mail server: smtp://user:password@host:587?starttls or smtps://host; empty: mails are kept and shown, not sent.",
        secret=True,
    ),
    Setting("MAIL_FROM", "str", "", "Sender of the mails, as Chappe <facturation@operateur.example>."),
    Setting("MAIL_REPLY_TO", "str", "", "Address that answers go to; empty: the sender."),
    Setting(
        "MAIL_BOUNCE",
        "str",
        "",
        "Address that undeliverable mail comes back to; {id} in it becomes the mail’s number; empty: the sender.",
    ),
    Setting("MAIL_MAX_MB", "int", 15, "Largest weight of the attachments of one mail, in megabytes."),
    Setting(
        "BOUNCE_URL",
        "str",
        "",
        "Mailbox where returned mail is read: imaps://user:password@host/INBOX; empty: none is read.",
        secret=True,
    ),
)


@cache
def _file(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def setting(name: str) -> Setting:
    """The row of that name. Raises KeyError for a name that is not in the table."""
    found = next((s for s in SETTINGS if s.name == name), None)
    if found is None:
        raise KeyError(name)
    return found


def value(name: str) -> Any:
    """The value of a setting, read anew at each call.

    Raises KeyError for a name that is not in the table, ValueError (with the name and what is expected) for
    a value of the wrong type.
    """
    return _typed(setting(name), _raw(setting(name))[0])


def origin(name: str) -> str:
    """Where the value comes from: environment, secret-file, chappe.toml or default."""
    return _raw(setting(name))[1]


def _raw(row: Setting) -> tuple[Any, str]:
    given = os.environ.get(f"CHAPPE_{row.name}")
    if given is not None:
        return given, "environment"
    path = os.environ.get(f"CHAPPE_{row.name}_FILE")
    if path:
        return Path(path).read_text("utf-8").strip(), "secret-file"
    if row.name != "DATA":
        written = _file(Path(value("DATA")) / "chappe.toml").get(row.name.lower())
        if written is not None:
            return written, "chappe.toml"
    return row.default, "default"


def _typed(setting: Setting, raw: Any) -> Any:
    try:
        match setting.kind:
            case "int":
                return int(raw)
            case "bool":
                return (
                    raw
                    if isinstance(raw, bool)
                    else {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[
                        str(raw).lower()
                    ]
                )
            case "list":
                return (
                    list(raw)
                    if isinstance(raw, list)
                    else [part.strip() for part in str(raw).split(",") if part.strip()]
                )
            case "path":
                return Path(raw).expanduser().resolve()
            case _:
                return str(raw)
    except (KeyError, ValueError) as error:
        raise ValueError(f"CHAPPE_{setting.name}: {raw!r} is not a {setting.kind}") from error
