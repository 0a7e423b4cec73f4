"""The first line of a file: which column stands where, which separator, which version. By name, never by position."""

from dataclasses import dataclass

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.interop.layout import Column, Layout, fold

SEPARATORS = (";", "\t", "|", ",")

declare(
    {
        "interop.empty": "The file holds no line.",
        "interop.separator": "Fields are separated by “{found}”, not by “;”.",
        "interop.no-key": "No column “{name}”: rows cannot be told apart, nothing is read.",
        "interop.missing-column": "The column “{name}” is missing.",
        "interop.unknown-column": "The column “{name}” is not known: it is kept as it is.",
        "interop.column-twice": "The column “{name}” stands twice: the first one counts.",
        "interop.alias": "The column “{found}” is read as “{name}”.",
    }
)


@dataclass(frozen=True, slots=True)
class Header:
    """``names`` as written; ``columns`` beside them (None: not known, kept); ``version`` the best fit, "" when none fits."""

    separator: str
    names: tuple[str, ...]
    columns: tuple[Column | None, ...]
    version: str
    history: bool = False

    def position(self, name: str) -> int:
        """Index of a known column, -1 when the file lacks it."""
        for index, column in enumerate(self.columns):
            if column is not None and column.name == name:
                return index
        return -1


def read_header(layout: Layout, line: str, *, file: str = "") -> tuple[Header | None, list[Issue]]:
    """Bind a header line. The header is None when the key's column is missing: then nothing can be read."""
    line = line.strip("\ufeff\r\n ")
    if not line:
        return None, [Issue("interop.empty", file=file)]
    separator = max(SEPARATORS, key=line.count)
    issues = []
    if separator != ";":
        issues.append(Issue("interop.separator", Severity.WARNING, file, 1, params={"found": separator}))
    names = [name.strip().strip('"').strip() for name in line.split(separator)]
    while names and not names[-1]:
        names.pop()
    columns = _bind(layout, names, issues, file)
    have = {column.name for column in columns if column is not None}
    if layout.key not in have:
        issues.append(Issue("interop.no-key", Severity.ERROR, file, 1, params={"name": layout.key}))
        return None, issues
    issues += [
        Issue("interop.missing-column", Severity.WARNING, file, 1, params={"name": column.name})
        for column in layout.columns
        if column.need == "O" and column.name not in have
    ]
    folded = {fold(name) for name in names}
    history = bool(layout.history) and all(fold(name) in folded for name in layout.history)
    return Header(separator, tuple(names), tuple(columns), _version(layout, have), history), issues


def _bind(layout: Layout, names: list[str], issues: list[Issue], file: str) -> list[Column | None]:
    spellings = layout.by_fold()
    marks = {fold(name) for name in layout.history}
    taken: set[str] = set()
    bound: list[Column | None] = []
    for index, name in enumerate(names, 1):
        column = spellings.get(fold(name))
        if column is None:
            if fold(name) not in marks:
                issues.append(_at("interop.unknown-column", Severity.INFO, file, index, name=name))
        elif column.name in taken:
            issues.append(_at("interop.column-twice", Severity.WARNING, file, index, name=column.name))
            column = None
        else:
            taken.add(column.name)
            if fold(name) != fold(column.name):
                issues.append(_at("interop.alias", Severity.INFO, file, index, found=name, name=column.name))
        bound.append(column)
    return bound


def _at(code: str, severity: Severity, file: str, column: int, **params: str) -> Issue:
    return Issue(code, severity, file, 1, column, params=params)


def _version(layout: Layout, have: set[str]) -> str:
    """The latest version all of whose columns are here, else the one that shares most; the width proves nothing."""
    whole = [version for version, names in layout.versions.items() if set(names) <= have]
    if whole:
        return max(whole, key=lambda version: (len(layout.versions[version]), version))
    shares = {version: len(have & set(names)) / len(names) for version, names in layout.versions.items()}
    best = max(shares, key=lambda version: (shares[version], version), default="")
    return best if best and shares[best] >= 0.5 else ""
