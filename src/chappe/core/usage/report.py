"""Issues and rejected rows of one batch: the part of the work that is done in Python, for odd rows only.

Knows sentences and CSV; prices nothing, writes nothing.
"""

from collections import Counter

import numpy as np

from chappe.core.base.issue import Issue, Severity
from chappe.core.rating.contract import Reason, Status
from chappe.core.usage.batch import Rated
from chappe.core.usage.columns import END, FIELDS, REJECT_COLUMNS, USAGE, Header
from chappe.core.usage.faults import LIMITS, MEANINGS, PRICING, Fault, Meaning
from chappe.core.usage.format import quoted
from chappe.core.usage.lines import Lines

SAMPLE = 100  # issues of one code that a summary keeps

_STRUCTURE = Meaning(Reason.BAD_LINE, "", "usage.bad-line")


def meaning_of(fault: int, reason: int) -> Meaning:
    """What to tell about a row that is not rated."""
    return MEANINGS[Fault(fault)] if fault else PRICING.get(Reason(reason), _STRUCTURE)


def issue_of(lines: Lines, rated: Rated, row: int, header: Header, number: int, *, file: str = "") -> Issue:
    """The issue of one row that is not rated; ``number`` is its line in the file."""
    meaning = meaning_of(int(rated.fault[row]), int(rated.priced.reason[row]))
    field = _field(meaning.field, lines, row, header)
    position = header.position[FIELDS.index(field)] if field else -1
    value = lines.cell(row, FIELDS.index(field))[:80] if field else ""
    rejected = rated.priced.status[row] == Status.REJECTED
    found, expected = lines.fields_found.get(row, 0), len(header.names)
    return Issue(
        meaning.code,
        Severity.ERROR if rejected else Severity.WARNING,
        file=file,
        line=number,
        column=lines.column_of(row, position),
        field=field,
        params={**LIMITS, "value": value, "field": field, "found": found, "expected": expected},
    )


def _field(field: str, lines: Lines, row: int, header: Header) -> str:
    """The field really read: usage may have come from ``end``."""
    if field == "usage" and lines.length[row, USAGE] <= 0 and header.position[END] >= 0:
        return "end"
    return field


def issues_of(
    lines: Lines, rated: Rated, header: Header, numbers: np.ndarray, *, file: str, everything: bool
) -> list[Issue]:
    """Issues of a batch, in order: all of them, or SAMPLE of each reason."""
    odd = np.flatnonzero(rated.priced.status != Status.RATED)
    issues: list[Issue] = []
    told: Counter[tuple[int, int]] = Counter()
    for row in odd.tolist():
        kind = int(rated.fault[row]), int(rated.priced.reason[row])
        told[kind] += 1
        if everything or told[kind] <= SAMPLE:
            issues.append(issue_of(lines, rated, row, header, int(numbers[row]), file=file))
    return issues


def reject_header(header: Header) -> bytes:
    """First line of the file of rejected rows."""
    names = [header.names[i] for i in header.kept] + list(REJECT_COLUMNS)
    return (header.separator.join(quoted(name, header.separator) for name in names) + "\n").encode()


def rejected_rows(lines: Lines, rated: Rated, header: Header, numbers: np.ndarray, language: str) -> bytes:
    """The rejected rows of a batch as CSV: the columns given back, then where and why, then the line as it was
    when it could not be read as it stood."""
    out = bytearray()
    separator = header.separator.encode()
    for row in np.flatnonzero(rated.priced.status == Status.REJECTED).tolist():
        issue = issue_of(lines, rated, row, header, int(numbers[row]))
        raw = lines.raw.get(row, b"").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        told = (str(issue.line), str(issue.column), issue.code, issue.sentence(language), raw)
        bounds = lines.bounds[row]
        cells = [bytes(lines.buf[bounds[j] + 1 : bounds[j + 1]]) for j in header.kept]
        cells += [quoted(text, header.separator).encode() for text in told]
        out += separator.join(cells) + b"\n"
    return bytes(out)
