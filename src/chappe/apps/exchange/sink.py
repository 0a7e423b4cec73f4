"""Keeps the faults and the changes of a file as they come, in chunks: a million lines need no more memory than a hundred.

Counts stay exact; rows beyond the limits are counted, not kept.
"""

from collections.abc import Mapping
from typing import Any

from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Change, Format
from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile
from chappe.core.base.issue import Issue, Severity

CHUNK_ROWS = 1_000
MOST_ISSUES = 100_000
MOST_REFUSED_SHOWN = 100_000


class Sink:
    """Of one reading of one file; what an earlier reading left is removed first."""

    def __init__(self, file: ReceivedFile, form: Format) -> None:
        self.file, self.form = file, form
        self.severities: dict[str, int] = {"error": 0, "warning": 0, "info": 0}
        self.kinds: dict[str, int] = {"create": 0, "update": 0, "delete": 0, "refuse": 0}
        self.bad_lines: set[int] = set()
        self._issues: list[FileIssue] = []
        self._changes: list[PlannedChange] = []
        FileIssue.objects.filter(file=file).delete()
        PlannedChange.objects.filter(file=file).delete()

    def issue(self, issue: Issue, *, excerpt: str = "") -> None:
        """Keep one fault. Its excerpt is masked and bounded here, whoever gives it."""
        severity = str(issue.severity)
        self.severities[severity] += 1
        if issue.severity is Severity.ERROR and issue.line:
            self.bad_lines.add(issue.line)
        if sum(self.severities.values()) > MOST_ISSUES:
            return
        self._issues.append(
            FileIssue(
                file=self.file,
                inner="" if issue.file == self.file.name else issue.file[:255],
                line=issue.line,
                column=issue.column,
                field=str(issue.field)[:100],
                severity=severity,
                code=issue.code[:60],
                params=self._safe(issue.params),
                excerpt=text.excerpt(self.form.mask(excerpt)),
            )
        )
        if len(self._issues) >= CHUNK_ROWS:
            self._flush_issues()

    def _safe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {str(key): self._bounded(value) for key, value in params.items()}

    def _bounded(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): self._bounded(inner) for key, inner in value.items()}
        return value if value is None or isinstance(value, (bool, int)) else text.excerpt(self.form.mask(str(value)))

    def change(self, change: Change) -> None:
        """Keep one planned change."""
        self.kinds[change.kind] += 1
        if change.kind == "refuse" and self.kinds["refuse"] > MOST_REFUSED_SHOWN:
            return
        self._changes.append(
            PlannedChange(
                file=self.file, kind=change.kind, key=text.excerpt(change.key), label=text.excerpt(change.label), line=change.line,
                before=dict(change.before), after=dict(change.after),
            )
        )  # fmt: skip
        if len(self._changes) >= CHUNK_ROWS:
            self._flush_changes()

    def close(self) -> None:
        """Write what is left."""
        self._flush_issues()
        self._flush_changes()

    def _flush_issues(self) -> None:
        FileIssue.objects.bulk_create(self._issues)
        self._issues = []

    def _flush_changes(self) -> None:
        PlannedChange.objects.bulk_create(self._changes)
        self._changes = []
