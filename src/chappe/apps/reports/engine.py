"""Running a report's SQL: the granted rows are written to files, a process of its own reads those and nothing else.

Limits are of time, memory and rows (settings REPORT_…). What goes wrong is a :class:`ReportError` with a sentence; nothing
that the SQL contains can raise anything else here, and nothing of it is ever run in this process.
"""

import datetime as dt
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from chappe.apps.reports import sandbox, tables
from chappe.kit.ops.config import value

MOST_BYTES = 400_000_000
AT_ONCE = 2
PATIENCE_S = 20
THREADS = 2
_turns = threading.BoundedSemaphore(AT_ONCE)


class ReportError(Exception):
    """The run gave nothing; ``code`` is stable, ``sentence`` is for the reader."""

    def __init__(self, code: str, detail: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code, self.detail, self.params = code, detail, params

    @property
    def sentence(self) -> str:
        """What happened, in the active language."""
        told = {
            "syntax": _("This is no SQL that can be read."),
            "empty": _("There is no query."),
            "several": _("A report is one query: remove what comes after the first semicolon."),
            "not-select": _("A report only reads: it is one SELECT, nothing that writes, attaches, loads or sets."),
            "failed": _("The query was refused."),
            "memory": _("The query needs more memory than a report may take: narrow it to fewer rows or columns."),
            "time": _("The query was stopped after %(seconds)s seconds: narrow it to a shorter period."),
            "size": _("The answer is too large to be kept: ask for fewer rows."),
            "busy": _("Other reports are being computed: try again in a moment."),
            "parameter": _("The query names a parameter that reports do not have: %(names)s."),
            "died": _("The computation ended before its time: narrow the query, or tell your administrator."),
        }
        return told.get(self.code, self.code) % self.params

    @property
    def where(self) -> str:
        """What the engine stumbled over, in words, with its line; "" when it does not say."""
        said = [sentence % found.groupdict() for shape, sentence in _causes() if (found := shape.search(self.detail))]
        line = re.search(r"^LINE (\d+):", self.detail, re.MULTILINE)
        if line and line[1] != "1":
            said.append(_("Line %(line)s.") % {"line": line[1]})
        return " ".join(said)

    def __str__(self) -> str:
        return f"{self.sentence} {self.where or self.detail}".strip()


def _causes() -> list[tuple[re.Pattern[str], str]]:
    """What the engine writes in English, and how we say it."""
    return [
        (re.compile(r'syntax error at or near "(?P<word>[^"]*)"'), _("It is not understood near “%(word)s”.")),
        (re.compile(r"syntax error at end of input"), _("It stops in the middle.")),
        (re.compile(r'Referenced column "(?P<name>[^"]*)" not found'), _("There is no column “%(name)s”.")),
        (
            re.compile(r'does not have a column named "(?P<name>[^"]*)"'),
            _("There is no column “%(name)s”."),
        ),
        (
            re.compile(r"Table with name (?P<name>\S+) does not exist"),
            _("There is no table “%(name)s”: see the list beside."),
        ),
        (re.compile(r"Scalar Function with name (?P<name>\S+) does not exist"), _("There is no function “%(name)s”.")),
        (
            re.compile(r'Ambiguous reference to column name "(?P<name>[^"]*)"'),
            _("Several tables have a column “%(name)s”: say which."),
        ),
        (
            re.compile(r'column "(?P<name>[^"]*)" must appear in the GROUP BY'),
            _("Group by “%(name)s” too, or add it up."),
        ),
    ]


@dataclass(frozen=True)
class Limits:
    """Seconds of clock, megabytes of the engine, rows of the answer."""

    seconds: int = 30
    memory_mb: int = 1000
    rows: int = 100_000


@dataclass(frozen=True)
class Result:
    """What came: the rows, whether there were more, how long it took, and the tables that the reader may not read."""

    rows: pa.Table
    truncated: bool
    milliseconds: int
    forbidden: tuple[str, ...] = ()


def limits() -> Limits:
    """Those of the installation."""
    return Limits(int(value("REPORT_SECONDS")), int(value("REPORT_MEMORY_MB")), int(value("REPORT_ROWS")))


def run(
    sql: str, *, user: Any, parameters: Mapping[str, Any], months: Sequence[str], within: Limits | None = None
) -> Result:
    """The rows of ``sql`` over what ``user`` may see. ``months`` bounds the calls that are there to be read.

    Raises ReportError.
    """
    within = within or limits()
    if not _turns.acquire(timeout=PATIENCE_S):
        raise ReportError("busy")
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=scratch()))
    try:
        return _run(sql, dict(parameters), within, lambda names: tables.write(names, user, folder, months, scratch()))
    finally:
        _turns.release()
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    sql: str, parameters: dict[str, Any], within: Limits, grant: Callable[[Sequence[str]], tables.Granted]
) -> Result:
    began = time.monotonic()
    with Child(within) as child:
        child.tell({"sql": sql, "memory_mb": within.memory_mb, "seconds": within.seconds, "threads": THREADS})
        examined = child.line()
        unknown = [name for name in examined["parameters"] if name not in parameters]
        if unknown:
            raise ReportError("parameter", names=", ".join(f"${name}" for name in unknown))
        granted = grant(tables.named(sql))
        child.allow(within.seconds)
        child.tell(
            {
                "files": {name: str(path) for name, path in granted.files.items()},
                "parameters": {name: _plain(parameters[name]) for name in examined["parameters"]},
                "max_rows": within.rows,
            }
        )
        child.line()
        rows = child.rows()
    truncated = rows.num_rows > within.rows
    spent = int((time.monotonic() - began) * 1000)
    return Result(rows.slice(0, within.rows), truncated, spent, granted.forbidden)


def _plain(given: Any) -> Any:
    return {"day": given.isoformat()} if isinstance(given, dt.date) else given


def scratch() -> Path:
    """Private folder of the rows being read; emptied of what a killed run has left."""
    folder = Path(settings.DATA) / "tmp" / "reports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


_waiting: dict[int, "subprocess.Popen[bytes]"] = {}  # by process: what was started before a fork is not ours
_lock = threading.Lock()


def _started() -> "subprocess.Popen[bytes]":
    """A process of its own: our own file alone, an empty environment, no file of ours open in it."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", str(Path(sandbox.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        start_new_session=True,
        close_fds=True,
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return process


def _taken() -> "subprocess.Popen[bytes]":
    """The process that waits, else a new one; another is started to wait: reading the libraries is most of a small report."""
    with _lock:
        ready = _waiting.pop(os.getpid(), None)
        _waiting[os.getpid()] = _started()
    return ready if ready is not None and ready.poll() is None else _started()


class Child:
    """The process, with a clock: every wait ends in an answer or a ReportError, and the process never outlives it.

    It serves one query and ends. One that waits ends by itself when this process does: its input closes.
    """

    def __init__(self, within: Limits) -> None:
        self.within = within
        self.buffer = b""
        self.process: Any = None
        self.deadline = time.monotonic() + PATIENCE_S

    def __enter__(self) -> "Child":
        self.process = _taken()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with_closed(pipe)

    def allow(self, seconds: int) -> None:
        """The clock of the query starts now."""
        self.deadline = time.monotonic() + seconds

    def tell(self, message: dict[str, Any]) -> None:
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ReportError("died") from None

    def line(self) -> dict[str, Any]:
        """The next answer; raises ReportError when it is a refusal."""
        self._fill(until_line=True)
        if b"\n" not in self.buffer:
            raise ReportError("died")
        head, _mark, self.buffer = self.buffer.partition(b"\n")
        return self._accepted(json.loads(head))

    def rows(self) -> pa.Table:
        """All the rows, until the process ends."""
        self._fill(until_line=False)
        data, tail = self.buffer, b'{"ok": false'
        try:
            return pa.ipc.open_stream(data).read_all()
        except pa.ArrowInvalid:
            at = data.rfind(tail)
            if at >= 0:  # refused on the way: the refusal stands after the rows
                self._accepted(json.loads(data[at:].split(b"\n")[0]))
            raise ReportError("died") from None

    def _accepted(self, told: dict[str, Any]) -> dict[str, Any]:
        if not told.get("ok"):
            raise ReportError(str(told.get("code", "failed")), str(told.get("detail", "")))
        return told

    def _fill(self, *, until_line: bool) -> None:
        """Read until a whole line, or the end of the stream; time over: the process is killed."""
        parts, size = [self.buffer], len(self.buffer)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (until_line and any(b"\n" in part for part in parts)):
                left = self.deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise ReportError("time", seconds=self.within.seconds)
                piece = os.read(self.process.stdout.fileno(), 1 << 20)
                if not piece:
                    break
                parts.append(piece)
                size += len(piece)
                if size > MOST_BYTES:
                    raise ReportError("size")
        self.buffer = b"".join(parts)


def with_closed(pipe: Any) -> None:
    """Close a pipe whose other end may have gone."""
    try:
        pipe.close()
    except BrokenPipeError:
        return
