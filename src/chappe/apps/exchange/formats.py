"""The formats of files that the house can take in: each app declares its own in ``files.py``.

A :class:`Format` says how a file is recognised, read, planned, applied and undone. Exchange runs them all by the same
steps and shows them on the same pages; it knows none of them by name. Filled at start, only read afterwards.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.core.base.issue import Issue, Severity
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, is_house, may

SURE = 50  # a lower score is a guess that nobody should act upon
HEAD_BYTES = 65_536
THRESHOLD_PERCENT = 30
THRESHOLD_ROWS = 10  # below this many existing rows, any share of change is small


@dataclass(frozen=True, slots=True)
class Change:
    """One change a file asks for. ``key`` finds the row again; ``before`` and ``after`` hold JSON values by field."""

    kind: str  # create, update, delete, refuse
    key: str
    label: str = ""
    line: int = 0
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """Given to ``read`` and ``plan``. ``issue`` keeps a fault; ``progress`` tells how far (done, total) and may stop."""

    file: Any  # ReceivedFile
    actor: Actor
    issue: Callable[..., None]
    progress: Callable[[int, int], None] = lambda done, total: None

    @property
    def options(self) -> Mapping[str, Any]:
        return self.file.options

    def fault(self, code: str, *, line: int = 0, column: int = 0, field: str = "", severity: Severity = Severity.ERROR,
              excerpt: str = "", **params: Any) -> None:  # fmt: skip
        """Keep one fault, by its code."""
        self.issue(
            Issue(code, severity, line=line, column=column, field=field, params={"field": field, **params}),
            excerpt=excerpt,
        )


@dataclass(slots=True)
class Reading:
    """What reading gave. ``rows`` is anything the format's ``plan`` takes, often lazy; ``usable`` False stops here.

    ``lines`` counts the lines with data; ``plan`` may go on counting. ``errors``, ``warnings`` and ``refused`` (lines) are for
    a format that keeps only a sample of its faults. ``facts`` are shown. ``counts`` (create, update, delete, refuse, existing,
    touched) are for a format whose plan yields only a sample of its changes.
    """

    rows: Any = None
    usable: bool = True
    lines: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    errors: int = 0
    warnings: int = 0
    refused: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """Where a format that keeps faults and changes by the million aside shows all of them, and gives them back as CSV.

    ``groups(file)`` answers rows of code, severity, number, first (line) and params (of one of them).
    """

    issues_url: Callable[[Any, str], str]
    changes_url: Callable[[Any, str], str]
    groups: Callable[[Any], Sequence[Mapping[str, Any]]]
    issues_csv: Callable[[Any, str], Iterator[bytes]]
    changes_csv: Callable[[Any, str], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying gave: links to what it made (objects), and the key of each row by the key of its change."""

    links: Sequence[Any] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of file. ``area`` and ``level`` are the right that applying it needs, beside writing in "fichiers".

    ``apply`` and ``undo`` run inside one transaction and call services; ``undo`` raises ValidationError with a sentence when
    something later depends on what was made. ``options`` is a django Form made with ``user=`` whose ``as_options()`` answers
    JSON values. ``identity`` tells apart two uses of the same bytes (a tariff for another plan). ``partners`` False: only
    the house may send it. ``rejects(file, language)`` yields the bytes of the refused rows when lines of text are not it.
    ``aside`` is for files of a million lines; ``why_not(file, user)`` a reason of its own not to apply.
    """

    slug: str
    label: Any
    description: Any
    area: str
    read: Callable[[Context], Reading]
    plan: Callable[[Reading, Context], Iterator[Change]]
    apply: Callable[[Any, Iterable[Any], Actor], Applied]
    undo: Callable[[Any, Actor], None]
    sniff: Callable[[str, bytes], int]
    level: int = Level.WRITE
    icon: str = "file-text"
    options: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)  # field → label, for before and after
    #: field → how its value reads, where it is not as it is
    says: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    columns: Sequence[tuple[str, Any]] = ()  # (header, what it holds), shown beside the upload
    sample: str = ""
    existing: Callable[[Any], int] = lambda owner: 0
    threshold_percent: int | Callable[[], int] = THRESHOLD_PERCENT
    identity: Callable[[Mapping[str, Any]], str] = lambda options: ""
    described: Callable[[Mapping[str, Any]], Sequence[tuple[Any, str]]] = lambda options: ()
    partners: bool = True
    mask: Callable[[str], str] = lambda text: text
    rejects: Callable[[Any, str], Iterator[bytes]] | None = None
    queue: str = "quick"
    aside: Aside | None = None
    why_not: Callable[[Any, Any], Any] | None = None

    @property
    def threshold(self) -> int:
        """Percent of what exists that a plan may change before somebody must say yes."""
        return self.threshold_percent() if callable(self.threshold_percent) else self.threshold_percent


_formats: dict[str, Format] = {}


def register_format(form: Format) -> Format:
    """Add a format. Raises ValueError when another one has its slug."""
    known = _formats.get(form.slug)
    if known is not None and known.read is not form.read:
        raise ValueError(f"format declared twice: {form.slug}")
    _formats[form.slug] = form
    return form


def formats() -> Mapping[str, Format]:
    """slug → Format, by slug."""
    return dict(sorted(_formats.items()))


def get(slug: str) -> Format | None:
    """The format of that slug; None when the app that declared it has gone, or nothing is known yet."""
    return _formats.get(slug)


def label_of(slug: str) -> Any:
    """The word for a kind of file."""
    form = get(slug)
    return form.label if form else (slug or _("Unknown kind"))


def open_to(user: Any, form: Format) -> bool:
    """Whether ``user`` may send and apply files of this format; the system itself (None) may."""
    if user is None:
        return True
    return may(user, form.area, form.level) and (form.partners or is_house(user))


def formats_for(user: Any) -> list[Format]:
    """The formats that ``user`` may send."""
    return [form for form in formats().values() if open_to(user, form)]


def detect(head: bytes, name: str) -> tuple[str, int]:
    """The best fitting format and its score, 0 to 100; ("", score) when none is sure."""
    best, score = "", 0
    for form in formats().values():
        found = form.sniff(name, head)
        if found > score:
            best, score = form.slug, found
    return (best, score) if score >= SURE else ("", score)
