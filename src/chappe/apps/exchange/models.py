"""A file received: what it is, how far it has come, each fault of its lines, each change it asks for.

Data only; services.py and flow.py are the only writers. A row here never holds a secret of a file: cells of
secret columns are masked before they are kept.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.exchange.access import AREA
from chappe.kit.access.door import Access, ScopedModel


class State(models.TextChoices):
    """How far a file has come."""

    RECEIVED = "received", pgettext_lazy("state of a file", "Received")
    READING = "reading", pgettext_lazy("state of a file", "Being read")
    READ = "read", pgettext_lazy("state of a file", "Read")
    PLANNED = "planned", pgettext_lazy("state of a file", "To apply")
    APPLYING = "applying", pgettext_lazy("state of a file", "Being applied")
    APPLIED = "applied", pgettext_lazy("state of a file", "Applied")
    UNDOING = "undoing", pgettext_lazy("state of a file", "Being undone")
    UNDONE = "undone", pgettext_lazy("state of a file", "Undone")
    REFUSED = "refused", pgettext_lazy("state of a file", "Refused")
    QUARANTINED = "quarantined", pgettext_lazy("state of a file", "To identify")
    FAILED = "failed", pgettext_lazy("state of a file", "Failed")


#: A job is at work, or waits to be.
OPEN_STATES = frozenset({State.READING, State.APPLYING, State.UNDOING})
#: From these a file may be read (again).
READABLE = frozenset(
    {State.RECEIVED, State.READ, State.PLANNED, State.REFUSED, State.QUARANTINED, State.FAILED, State.UNDONE}
)
#: Somebody has something to do.
TO_HANDLE = frozenset(
    {State.RECEIVED, State.READING, State.READ, State.PLANNED, State.APPLYING, State.UNDOING, State.QUARANTINED, State.FAILED}
)  # fmt: skip


class Channel(models.TextChoices):
    UPLOAD = "upload", _("page")
    API = "api", _("API")
    CLI = "cli", _("command line")
    FOLDER = "folder", _("folder")


class ReceivedFile(ScopedModel):
    """One receipt. ``verdict`` is a frozen code with its parameters; ``plan`` the counts of what it would change."""

    access = Access(area=AREA, owner="owner")

    stored = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("stored file")
    )
    name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64, db_index=True)
    kind = models.CharField(_("kind"), max_length=40, blank=True, db_index=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.UPLOAD)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="received_files",
        verbose_name=_("operator"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVED, db_index=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    lines = models.PositiveBigIntegerField(_("lines"), default=0)
    ok = models.PositiveBigIntegerField(_("good lines"), default=0)
    errors = models.PositiveBigIntegerField(_("errors"), default=0)
    warnings = models.PositiveBigIntegerField(_("warnings"), default=0)
    facts = models.JSONField(default=dict, editable=False)
    plan = models.JSONField(default=dict, editable=False)
    verdict = models.JSONField(default=dict, editable=False)
    problem = models.TextField(_("problem"), blank=True)
    result = models.JSONField(default=list, editable=False)
    replays = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="mended", verbose_name=_("mends")
    )
    twin = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("same as")
    )
    job = models.ForeignKey(
        "jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job")
    )
    received_at = models.DateTimeField(_("received"), auto_now_add=True, db_index=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("received by"),
    )  # fmt: skip
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("applied by"),
    )  # fmt: skip
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("undone by"),
    )  # fmt: skip
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("received file")
        verbose_name_plural = _("received files")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["sha256", "kind", "state"], name="exchange_twin")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether a job waits or works on it."""
        return self.state in OPEN_STATES and self.job is not None and self.job.is_open

    @property
    def progress(self) -> tuple[int, int]:
        """(done, total) of the job at work on it, also while its transaction is open."""
        from chappe.apps.exchange.progress import seen

        return seen(self)

    @property
    def is_stuck(self) -> bool:
        """Whether its job ended (cancelled, given up) without moving it on: it may be started again."""
        return self.state in OPEN_STATES and not self.is_open

    def kind_label(self) -> Any:
        """The reader's word for what the file is."""
        from chappe.apps.exchange.formats import label_of

        return label_of(self.kind)

    def turn(self) -> Any:
        """Whose turn it is, in a sentence."""
        from chappe.apps.exchange.words import turn

        return turn(self)


class FileIssue(ScopedModel):
    """One fault of a file. ``line`` and ``column`` count from 1; 0 is the whole file or line."""

    access = Access(area=AREA, owner="file__owner")

    class Severity(models.TextChoices):
        ERROR = "error", _("Error")
        WARNING = "warning", _("Warning")
        INFO = "info", _("Information")

    file = models.ForeignKey(ReceivedFile, on_delete=models.CASCADE, related_name="issues", verbose_name=_("file"))
    inner = models.CharField(_("table"), max_length=255, blank=True)
    line = models.PositiveBigIntegerField(_("line"), default=0)
    column = models.PositiveIntegerField(_("column"), default=0)
    field = models.CharField(_("field"), max_length=100, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, default=Severity.ERROR)
    code = models.CharField(_("code"), max_length=60)
    params = models.JSONField(default=dict)
    excerpt = models.CharField(_("excerpt"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("anomaly")
        verbose_name_plural = _("anomalies")
        ordering = ["line", "column", "pk"]
        indexes = [
            models.Index(fields=["file", "severity"], name="exchange_issue_severity"),
            models.Index(fields=["file", "code"], name="exchange_issue_code"),
            models.Index(fields=["file", "line"], name="exchange_issue_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.code}"

    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        from chappe.apps.exchange.words import issue_sentence

        return issue_sentence(self.code, self.params)


class PlannedChange(ScopedModel):
    """One change that a file asks for: shown before it is made, exported, and undone from what it keeps."""

    access = Access(area=AREA, owner="file__owner")

    class Kind(models.TextChoices):
        CREATE = "create", _("creation")
        UPDATE = "update", _("modification")
        DELETE = "delete", _("deletion")
        REFUSE = "refuse", _("refusal")

    file = models.ForeignKey(ReceivedFile, on_delete=models.CASCADE, related_name="changes", verbose_name=_("file"))
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=200, blank=True)
    label = models.CharField(_("object"), max_length=200, blank=True)
    line = models.PositiveBigIntegerField(_("line"), default=0)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    applied_pk = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("planned change")
        verbose_name_plural = _("planned changes")
        ordering = ["pk"]
        indexes = [models.Index(fields=["file", "kind"], name="exchange_change_kind")]

    def __str__(self) -> str:
        return self.label or self.key

    def summary(self) -> str:
        """Every value that changes, before → after, in one line."""
        from chappe.apps.exchange.words import change_summary

        return change_summary(self)
