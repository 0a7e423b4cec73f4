"""Official rules over an invoice, run in worker processes of their own: ``check(xml) -> list[Issue]``.

A worker compiles the rule files once and answers many invoices. It is given a time limit; one that is too slow or dies
is ended and replaced, and the invoice is *not* declared good. Threads may share a pool: each takes a worker.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chappe.connectors.einvoice.rule_files import ALL_SETS, CII, UBL
from chappe.core.base.issue import Issue, Severity
from chappe.core.einvoice import xml as schema
from chappe.core.einvoice.sentences import SETS, of_rule

SECONDS = 60  # for one invoice, the compiling of the rules included
CRASHED = "einvoice.crashed"
SYNTAX = {"CrossIndustryInvoice": CII, "Invoice": UBL, "CreditNote": UBL}


class WorkerFault(Exception):  # noqa: N818 - says what happened
    """The worker did not answer; ``code`` is that of the issue to tell."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Worker:
    """One process of the rule engine."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chappe.connectors.einvoice.rule_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def ask(self, xml: bytes, syntax: str, sets: Sequence[str], seconds: float) -> dict[str, Any]:
        """Its answer. Raises WorkerFault when it dies or is too slow: it must then be closed."""
        head = {"size": len(xml), "syntax": syntax, "sets": list(sets)}
        ends = time.monotonic() + seconds
        try:
            self._write(json.dumps(head).encode() + b"\n" + xml, ends)
            line = self._read_line(ends)
        except OSError as error:
            raise WorkerFault(CRASHED, detail=str(error)) from error
        answer = json.loads(line)
        if "failed" in answer:
            raise WorkerFault(CRASHED, detail=answer["failed"])
        return dict(answer)

    def _write(self, data: bytes, ends: float) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        waiting = memoryview(data)
        os.set_blocking(pipe.fileno(), False)
        while waiting:
            _, ready, _ = select.select([], [pipe], [], max(ends - time.monotonic(), 0))
            if not ready:
                raise WorkerFault("einvoice.too-slow")
            waiting = waiting[os.write(pipe.fileno(), waiting) :]

    def _read_line(self, ends: float) -> bytes:
        pipe = self.process.stdout
        assert pipe is not None
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(ends - time.monotonic(), 0))
            if not ready:
                raise WorkerFault("einvoice.too-slow")
            part = os.read(pipe.fileno(), 1 << 16)
            if not part:
                raise WorkerFault(CRASHED, detail=f"exit {self.process.wait(5)}")
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """End the process; it is never left behind."""
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        try:
            self.process.wait(0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Pool:
    """At most ``size`` workers, started when they are needed. Close it, or leave it to the end of the process."""

    def __init__(self, size: int = 1) -> None:
        self._places = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._owner = os.getpid()

    def ask(self, xml: bytes, syntax: str, sets: Sequence[str], seconds: float) -> dict[str, Any]:
        """The answer of one worker; a worker that fails is ended and the fault passed on."""
        with self._places:
            worker = self._take()
            try:
                if worker is not None:
                    return self._one(worker, xml, syntax, sets, seconds)
            except WorkerFault as fault:
                if fault.code != CRASHED:
                    raise  # one that died while it waited says nothing about this invoice: ask a fresh one
            return self._one(Worker(), xml, syntax, sets, seconds)

    def _one(self, worker: Worker, xml: bytes, syntax: str, sets: Sequence[str], seconds: float) -> dict[str, Any]:
        try:
            answer = worker.ask(xml, syntax, sets, seconds)
        except BaseException:
            worker.close()
            raise
        with self._lock:
            self._idle.append(worker)
        return answer

    def _take(self) -> Worker | None:
        with self._lock:
            if self._owner != os.getpid():  # after a fork the pipes belong to the parent
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.close()
        return None

    def pids(self) -> list[int]:
        """Processes that wait for work."""
        with self._lock:
            return [worker.process.pid for worker in self._idle]

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        if self._owner == os.getpid():
            for worker in idle:
                worker.close()


_shared = Pool(max(os.cpu_count() or 1, 1))
atexit.register(_shared.close)


def close() -> None:
    """End the workers of this process; the next check starts them again."""
    _shared.close()


def worker_pid() -> int | None:
    """A waiting worker of this process: for measuring, and for tests that end it."""
    return next(iter(_shared.pids()), None)


def check(
    xml: bytes, sets: Sequence[str] = ALL_SETS, *, seconds: float = SECONDS, file: str = "", pool: Pool | None = None
) -> list[Issue]:
    """Schema, then rules, over one CII or UBL invoice: [] means that every rule passed.

    ``sets`` among "cen", "facturx" and "br-fr"; one that does not apply to the syntax is told as INFO. A crash or a
    time-out is an ERROR: what was not checked is not good. Raises KeyError for an unknown set.
    """
    for name in sets:
        SETS[name]
    found = schema.check_schema(xml, file=file)
    if found:
        return found
    tree = schema.read(xml)
    try:
        answer = (pool or _shared).ask(xml, SYNTAX[schema.root_of(tree)], sets, seconds)
    except WorkerFault as fault:
        return [Issue(fault.code, file=file, params={"seconds": f"{seconds:g}", **fault.params})]
    issues = [
        Issue("einvoice.no-set", Severity.INFO, file=file, params={"set": SETS[name]}) for name in answer["skipped"]
    ]
    issues.extend(
        of_rule(row["rule"], row["set"], row["text"], warning=row["warning"], file=file, place=row["place"])
        for row in answer["broken"]
    )
    return issues


def passes(issues: Sequence[Issue]) -> bool:
    """Whether nothing forbids sending the invoice."""
    return not any(issue.severity is Severity.ERROR for issue in issues)
