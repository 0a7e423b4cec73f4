"""What a received file is given back as: its anomalies, its plan, its refused lines to mend. Streamed, formulas disarmed.

Only bytes are made here; who may have them was asked before (pages.py).
"""

from collections.abc import Iterator

from django.utils import translation

from chappe.apps.exchange import formats, text, words
from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile

BOM = b"\xef\xbb\xbf"
CHUNK_ROWS = 2_000


def issues_csv(file: ReceivedFile, language: str) -> Iterator[bytes]:
    """line;column;severity;code;sentence, in the order of the file."""
    form = formats.get(file.kind)
    if form is not None and form.aside is not None:
        yield from form.aside.issues_csv(file, language)
        return
    yield BOM + text.csv_line(["line", "column", "field", "severity", "code", "sentence", "excerpt"]).encode()
    for issue in FileIssue.objects.filter(file=file).order_by("line", "column", "pk").iterator(CHUNK_ROWS):
        with translation.override(language):
            sentence = words.issue_sentence(issue.code, issue.params)
        cells = [issue.line, issue.column, issue.field, issue.severity, issue.code, sentence, issue.excerpt]
        yield text.csv_line(cells).encode()


def plan_csv(file: ReceivedFile, language: str) -> Iterator[bytes]:
    """One line for each value that would change."""
    form = formats.get(file.kind)
    if form is not None and form.aside is not None:
        yield from form.aside.changes_csv(file, language)
        return
    yield BOM + text.csv_line(["what", "line", "key", "object", "field", "before", "after"]).encode()
    for change in PlannedChange.objects.filter(file=file).order_by("pk").iterator(CHUNK_ROWS):
        change.file = file
        with translation.override(language):
            what, rows = str(change.get_kind_display()), words.change_rows(change)
        for field, before, after in rows or [("", "", "")]:
            yield text.csv_line([what, change.line, change.key, change.label, field, before, after]).encode()


def has_rejects(file: ReceivedFile) -> bool:
    """Whether refused lines can be given back in the layout they came in."""
    form = formats.get(file.kind)
    if form is None or not file.errors:
        return False
    return form.rejects is not None or (
        text.look(file.stored.path, whole=False) is not None and _bad_lines(file).exists()
    )


def _bad_lines(file: ReceivedFile):
    return FileIssue.objects.filter(file=file, severity="error", line__gt=1, inner="")


def rejects_csv(file: ReceivedFile, language: str) -> Iterator[bytes]:
    """The refused lines as they came, then line, column, code and sentence of the first fault of each.

    The file that is sent back may keep these columns: they are dropped when it is read.
    """
    form = formats.get(file.kind)
    if form is not None and form.rejects is not None:
        yield from form.rejects(file, language)
        return
    seen = text.look(file.stored.path)
    if seen is None:
        return
    kept = [n for n, name in enumerate(seen.header) if name not in text.REJECT_COLUMNS]
    secret = {number - 1 for number in seen.secret_columns()}
    header = [seen.header[n] for n in kept]
    yield BOM + text.csv_line([*header, *text.REJECT_COLUMNS], seen.separator).encode()
    bad: dict[int, FileIssue] = {}
    for issue in _bad_lines(file).order_by("line", "pk").iterator(CHUNK_ROWS):
        bad.setdefault(issue.line, issue)
    for record in text.records(file.stored.path, seen):
        issue = bad.get(record.line)
        if issue is None:
            continue
        with translation.override(language):
            sentence = words.issue_sentence(issue.code, issue.params)
        cells = ["" if n in secret or n >= len(record.cells) else record.cells[n] for n in kept]
        yield text.csv_line([*cells, issue.line, issue.column, issue.code, sentence], seen.separator).encode()
