"""Price a file of calls: read, rate and write side by side, in bounded memory, whole or not at all.

The only module of this package that opens files. What a file contains never raises; what the machine refuses
(no such file, disk full) does, as OSError.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from chappe.core.base.issue import Issue, Severity
from chappe.core.rating.compile import CompiledTariff, compile_tariff
from chappe.core.rating.model import Tariff
from chappe.core.usage.format import quoted
from chappe.core.usage.report import SAMPLE, reject_header
from chappe.core.usage.sinks import STANDARD, WholeFile, own_prefix, sweep
from chappe.core.usage.summary import Summary
from chappe.core.usage.twins import IdLog, Judge, Suspects, Twins
from chappe.core.usage.work import CsvJob, Done, Job

#: (bytes or rows done, bytes or rows in all, calls so far)
Progress = Callable[[int, int, int], None]


@dataclass(slots=True)
class Wishes:
    """What the caller wants beside the priced file."""

    rejects: str | Path | None = None
    issues: str | Path | None = None
    language: str = "en"
    threads: int = 0
    block: int = 0
    ids_in_memory: int = 0


def rate_file(
    tariff: Tariff | CompiledTariff,
    source: str | Path,
    target: str | Path,
    *,
    progress: Progress | None = None,
    rejects: str | Path | None = None,
    issues: str | Path | None = None,
    language: str = "en",
    timezone: str = "",
    threads: int = 0,
    block: int = 0,
    ids_in_memory: int = 0,
) -> Summary:
    """Price the calls of ``source`` (CSV, or Parquet by its extension; ``-`` is standard input) into ``target``.

    ``rejects`` receives the refused rows, ready to be mended and sent again; ``issues`` one line for every row
    that is not rated. ``timezone`` replaces the tariff's (only when a Tariff is given). ``threads`` 0 means one
    for each processor, at most four. The target appears whole, at the end; when nothing can be read
    (``summary.ran`` is False) it is left as it was. Raises OSError when a file cannot be opened or written.
    """
    began = time.monotonic()
    if isinstance(tariff, Tariff):
        tariff = compile_tariff(replace(tariff, timezone=timezone) if timezone else tariff)
    wishes = Wishes(rejects, issues, language, threads, block, ids_in_memory)
    with _at_hand(source) as path:
        summary = _Run(tariff, path, str(source), str(target), wishes, progress).whole()
    summary.seconds = time.monotonic() - began
    return summary


@contextlib.contextmanager
def _at_hand(source: str | Path) -> Iterator[Path]:
    """A path that can be read twice: standard input is put aside first."""
    if str(source) != STANDARD:
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile(prefix=own_prefix(), suffix=".in") as aside:
        shutil.copyfileobj(sys.stdin.buffer, aside, 1 << 20)
        aside.flush()
        yield Path(aside.name)


def is_parquet(name: str | Path) -> bool:
    """By extension, as everywhere in Chappe."""
    return Path(name).suffix.lower() in {".parquet", ".pq"}


class _Run:
    """One file, from its header to its summary; rated a second time only when ids repeat."""

    def __init__(
        self,
        compiled: CompiledTariff,
        path: Path,
        source: str,
        target: str,
        wishes: Wishes,
        progress: Progress | None,
    ) -> None:
        self.compiled, self.path, self.source, self.target = compiled, path, source, target
        self.wishes, self.progress = wishes, progress
        self.threads = wishes.threads or min(4, os.cpu_count() or 1)
        self.folder = None if target == STANDARD else Path(target).resolve().parent

    def whole(self) -> Summary:
        """Rate; when ids turn out to repeat, find which lines and rate again without them."""
        if self.folder is not None:
            sweep(self.folder)
        log = IdLog(self.folder or Path(tempfile.gettempdir()), **self._limit())
        try:
            with contextlib.ExitStack() as files:
                summary = self._once(files, log, None)
                suspects = log.suspects() if summary.ran else None
                if suspects is None:
                    return self._keep(summary)
                self._drop()
            twins = self._judge(suspects)
            with contextlib.ExitStack() as files:
                return self._keep(self._once(files, None, twins))
        finally:
            log.close()

    def _limit(self) -> dict[str, int]:
        return {"kept": self.wishes.ids_in_memory} if self.wishes.ids_in_memory else {}

    def _job(self) -> Job:
        if is_parquet(self.source):
            from chappe.core.usage.parquet import ParquetJob

            return ParquetJob(self.compiled, self.path, self.wishes.block)
        return CsvJob(self.compiled, self.path, self.wishes.block)

    def _once(self, files: contextlib.ExitStack, log: IdLog | None, twins: Twins | None) -> Summary:
        job = self._job()
        summary = Summary(currency=self.compiled.currency, plan_version=self.compiled.version)
        self.outputs: list[WholeFile] = []
        with contextlib.closing(job):
            if job.header is None:
                summary.ran, summary.issues, summary.issue_count = False, job.issues, len(job.issues)
                return summary
            job.prepare(
                to_parquet=is_parquet(self.target),
                wants_rejects=self.wishes.rejects is not None,
                all_issues=self.wishes.issues is not None,
                language=self.wishes.language,
                file=Path(self.source).name,
            )
            self._open(files, job)
            try:
                for done in self._in_order(job, twins):
                    self._take(done, summary, log)
            except BaseException:
                self.main.abandon()
                raise
            if summary.rows == 0:
                self._remark(Issue("usage.no-calls", Severity.WARNING, file=Path(self.source).name), summary)
            self.main.finish()
        return summary

    def _open(self, files: contextlib.ExitStack, job: Job) -> None:
        out = files.enter_context(WholeFile(self.target))
        self.main = job.writer(out)
        self.rejects = self.issue_file = None
        if self.wishes.rejects is not None and job.header is not None:
            self.rejects = files.enter_context(WholeFile(self.wishes.rejects))
            self.rejects.write(reject_header(job.header))
        if self.wishes.issues is not None:
            self.issue_file = files.enter_context(WholeFile(self.wishes.issues))
            self.issue_file.write(b"line,column,field,severity,code,sentence\n")
        self.outputs = [f for f in (self.rejects, self.issue_file, out) if f is not None]

    def _in_order(self, job: Job, twins: Twins | None) -> Iterator[Done]:
        """Batches worked on side by side, given back in the order of the file; few are alive at once."""
        if self.threads == 1:
            for part in job.parts():
                yield job.work(part, twins)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: deque[Future[Done]] = deque()
            try:
                for part in job.parts():
                    waiting.append(pool.submit(job.work, part, twins))
                    if len(waiting) > self.threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _take(self, done: Done, summary: Summary, log: IdLog | None) -> None:
        self.main.write(done)
        if self.rejects is not None:
            self.rejects.write(done.rejects)
        if log is not None:
            log.add(done.ids)
        summary.add(done.counts, done.totals)
        summary.blank += done.blank
        self._note(done.issues, summary)
        summary.issue_count += int(done.counts[1:].sum())
        if done.converted and not any(issue.code == "usage.converted" for issue in summary.issues):
            where = Issue("usage.converted", Severity.WARNING, file=Path(self.source).name, line=done.converted)
            self._remark(where, summary)
        if self.progress is not None:
            self.progress(done.position, done.size, summary.rows)

    def _remark(self, issue: Issue, summary: Summary) -> None:
        self._note([issue], summary)
        summary.issue_count += 1

    def _note(self, issues: list[Issue], summary: Summary) -> None:
        if self.issue_file is not None:
            self.issue_file.write("".join(_issue_line(i, self.wishes.language) for i in issues).encode())
        told: dict[str, int] = {}
        for issue in summary.issues:
            told[issue.code] = told.get(issue.code, 0) + 1
        for issue in issues:
            told[issue.code] = told.get(issue.code, 0) + 1
            if told[issue.code] <= SAMPLE:
                summary.issues.append(issue)

    def _keep(self, summary: Summary) -> Summary:
        for output in self.outputs:
            output.keep()
        return summary

    def _drop(self) -> None:
        for output in self.outputs:
            output.drop()

    def _judge(self, suspects: Suspects) -> Twins:
        """Read the file again, price nothing, and compare the ids whose hashes repeat."""
        judge = Judge(self.folder or Path(tempfile.gettempdir()))
        with contextlib.closing(self._job()) as job:
            job.prepare(to_parquet=False, wants_rejects=False, all_issues=False, language="en", file="")
            for part in job.parts():
                for line, identity, code in job.identities(part, suspects):
                    judge.add(line, identity, code)
        return judge.verdict()


def _issue_line(issue: Issue, language: str) -> str:
    cells = (str(issue.line), str(issue.column), issue.field, str(issue.severity), issue.code)
    return ",".join((*cells, quoted(issue.sentence(language), ","))) + "\n"
