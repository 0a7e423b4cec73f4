"""What sources sent: batches of tickets, anomalies, calls in the making, hours, fingerprints, fetched files, alarms. Data only."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.collect.access import AREA
from chappe.apps.collect.models.sources import Source
from chappe.core.calls.masking import LEGAL_DIGITS
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.ui import formats


class Chunk(ScopedModel):
    """A closed file of the spool, a file sent or fetched, mended lines: decoded once, counted once.

    ``uid`` names what it put in the lake. Each record has one fate: ``records`` = ``decoded`` + ``refused`` + ``skipped``
    + ``duplicates``.
    """

    class Kind(models.TextChoices):
        SPOOL = "spool", _("Live tickets")
        UPLOAD = "upload", _("File sent by hand")
        FETCH = "fetch", _("Fetched file")
        MENDED = "mended", _("Lines read again")
        CLOSING = "closing", _("Calls closed by time")

    class State(models.TextChoices):
        TO_CONFIRM = "confirm", pgettext_lazy("tickets", "To confirm")
        WAITING = "waiting", pgettext_lazy("tickets", "Waiting")
        READING = "reading", pgettext_lazy("tickets", "Being read")
        DONE = "done", pgettext_lazy("tickets", "Counted")
        FAILED = "failed", pgettext_lazy("tickets", "Failed")
        ASIDE = "aside", pgettext_lazy("tickets", "Set aside")
        UNDOING = "undoing", pgettext_lazy("tickets", "Being withdrawn")
        UNDONE = "undone", pgettext_lazy("tickets", "Withdrawn")

    access = Access(area=AREA, owner="source__owner")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="chunks", verbose_name=_("source"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.SPOOL)
    name = models.CharField(_("name"), max_length=255)
    profile = models.CharField(_("profile"), max_length=60, blank=True)
    stored = models.ForeignKey(
        "documents.StoredFile", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("stored file")
    )
    sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64, blank=True, db_index=True)
    size = models.BigIntegerField(_("size"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    problem = models.TextField(_("problem"), blank=True)
    detection = models.JSONField(default=list, editable=False)
    first_number = models.BigIntegerField(default=0)
    last_number = models.BigIntegerField(default=0)
    received_from = models.DateTimeField(_("first received"), null=True, db_index=True)
    received_to = models.DateTimeField(_("last received"), null=True, db_index=True)
    records = models.PositiveBigIntegerField(_("lines"), default=0)
    decoded = models.PositiveBigIntegerField(_("decoded"), default=0)
    refused = models.PositiveBigIntegerField(_("refused"), default=0)
    skipped = models.PositiveBigIntegerField(_("skipped"), default=0)
    duplicates = models.PositiveBigIntegerField(_("duplicates"), default=0)
    segments = models.PositiveBigIntegerField(_("segments"), default=0)
    warnings = models.PositiveBigIntegerField(_("warnings"), default=0)
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    unattached = models.PositiveBigIntegerField(_("calls of nobody"), default=0)
    skips = models.JSONField(default=dict, editable=False)
    closes_until = models.DateTimeField(null=True, editable=False)  # CLOSING: calls older than this are closed
    created_at = models.DateTimeField(_("taken in"), auto_now_add=True, db_index=True)
    ended_at = models.DateTimeField(_("counted"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("sent by")
    )
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job"))

    class Meta:
        verbose_name = _("batch of tickets")
        verbose_name_plural = _("batches of tickets")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "kind", "name"], name="collect_chunk_once")]

    def __str__(self) -> str:
        return self.title()

    def title(self) -> str:
        """A name for people: of a file its own, of the rest when it came."""
        if self.kind in {self.Kind.UPLOAD, self.Kind.FETCH}:
            return self.name
        moment = formats.moment(self.received_from if self.kind == self.Kind.SPOOL else self.created_at, "second")
        return {
            self.Kind.MENDED: _("Lines read again on %(moment)s"), self.Kind.CLOSING: _("Calls closed on %(moment)s"),
        }.get(self.kind, _("Tickets of %(moment)s")) % {"moment": moment}  # fmt: skip

    @property
    def adds_up(self) -> bool:
        """Whether every line has its fate: always, once counted."""
        return self.records == self.decoded + self.refused + self.skipped + self.duplicates


class TicketIssue(ScopedModel):
    """What was wrong with one raw record; an error cost the record, a warning did not."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("an anomaly", "To handle")
        NOTED = "noted", pgettext_lazy("an anomaly", "Noted")  # a remark on a ticket that was counted
        REPLAYED = "replayed", pgettext_lazy("an anomaly", "Read again")
        LEFT = "left", _("Left aside")

    class Severity(models.TextChoices):
        ERROR = "error", _("Error")
        WARNING = "warning", _("Warning")
        INFO = "info", _("Information")

    access = Access(area=AREA, owner="source__owner")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="issues", verbose_name=_("source"))
    chunk = models.ForeignKey(
        Chunk, on_delete=models.CASCADE, related_name="issues", verbose_name=_("batch of tickets")
    )
    number = models.BigIntegerField(_("line"))
    received = models.DateTimeField(_("received"), null=True, db_index=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    code = models.CharField(_("code"), max_length=60, db_index=True)
    field = models.CharField(_("field"), max_length=60, blank=True)
    column = models.PositiveIntegerField(_("column"), default=0)
    params = models.JSONField(default=dict)
    raw = models.BinaryField(default=bytes)
    excerpt = models.CharField(_("raw line"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN, db_index=True)
    replay = models.ForeignKey(
        Chunk, null=True, on_delete=models.SET_NULL, related_name="replays", verbose_name=_("read again in")
    )

    class Meta:
        verbose_name = _("anomaly of tickets")
        verbose_name_plural = _("anomalies of tickets")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["source", "severity", "state"], name="collect_issue_todo")]

    def __str__(self) -> str:
        return f"{self.chunk_id}:{self.number} {self.code}"

    def shown(self) -> str:
        """The line for lists and exports, the last digits of its numbers hidden as on a bill, whoever reads."""
        from chappe.apps.collect.decoding import masked

        return masked(self.excerpt, LEGAL_DIGITS)

    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        from chappe.apps.collect.words import issue_sentence
        from chappe.core.base.issue import Issue

        return issue_sentence(Issue(self.code, params=self.params))


class OpenGroup(ScopedModel):
    """Segments that wait for the rest of their call, as the builder of calls gave them; replaced whole at each chunk."""

    access = Access(area=AREA, owner="source__owner")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="open_groups", verbose_name=_("source"))
    rank = models.PositiveIntegerField()
    key = models.CharField(_("call"), max_length=120, blank=True)
    segments = models.PositiveIntegerField(_("segments"), default=1)
    since = models.DateTimeField(_("since"), null=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("call in the making")
        verbose_name_plural = _("calls in the making")
        ordering = ["source", "rank"]

    def __str__(self) -> str:
        return self.number()

    def number(self) -> str:
        """The call as its PBX numbers it: some keys go on with the start of the call, which tells two of one number apart."""
        return self.key.partition("/")[0]


class SourceHour(ScopedModel):
    """What a source sent in one hour (UTC), by the start of the calls: what the gap detector knows."""

    access = Access(area=AREA, owner="source__owner")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="hours", verbose_name=_("source"))
    hour = models.DateTimeField(_("hour"))
    tickets = models.PositiveIntegerField(_("tickets"), default=0)
    calls = models.PositiveIntegerField(_("calls"), default=0)

    class Meta:
        verbose_name = _("hour of a source")
        verbose_name_plural = _("hours of sources")
        ordering = ["-hour"]
        constraints = [models.UniqueConstraint(fields=["source", "hour"], name="collect_hour_once")]


class SeenTickets(ScopedModel):
    """Fingerprints of the records already counted, five minutes of tickets a row; see ``seen.py``."""

    no_access = "fingerprints that nobody reads; they tell a replay from a new ticket"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    slot = models.BigIntegerField()  # start of the ticket, in five minutes since 1970
    prints = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "slot"], name="collect_seen_once")]


class FetchedFile(ScopedModel):
    """A file seen on a folder or a server: fetched once; the same name with other bytes waits for somebody."""

    class State(models.TextChoices):
        TAKEN = "taken", pgettext_lazy("a file", "Taken in")
        SAME = "same", _("Known already")
        QUARANTINED = "quarantined", _("Changed since")
        FAILED = "failed", pgettext_lazy("a file", "Not fetched")

    access = Access(area=AREA, owner="source__owner")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="fetched", verbose_name=_("source"))
    name = models.CharField(_("file"), max_length=255)
    size = models.BigIntegerField(_("size"), default=0)
    modified = models.FloatField(default=0)
    sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.TAKEN)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    seen_at = models.DateTimeField(_("seen"), auto_now=True)
    chunk = models.ForeignKey(
        Chunk, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("batch of tickets")
    )

    class Meta:
        verbose_name = _("fetched file")
        verbose_name_plural = _("fetched files")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "name", "sha256"], name="collect_fetched_once")]

    def __str__(self) -> str:
        return self.name


class SourceAlarm(ScopedModel):
    """Something is wrong with a source, from ``since`` until it went away by itself or was mended."""

    class Code(models.TextChoices):
        SILENCE = "silence", _("Silence")
        GAP = "gap", _("Fewer calls than usual")
        DISK = "disk", _("Disk full")
        FORMAT = "format", _("Unknown format")
        CONNECTION = "connection", _("Connection lost")
        FETCH = "fetch", _("Files not fetched")
        FAILED = "failed", _("Tickets not counted")

    access = Access(area=AREA, owner="source__owner")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alarms", verbose_name=_("source"))
    code = models.CharField(_("alarm"), max_length=10, choices=Code.choices)
    since = models.DateTimeField(_("since"), db_index=True)
    until = models.DateTimeField(_("until"), null=True, blank=True, db_index=True)
    params = models.JSONField(default=dict)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("seen by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "code"], condition=models.Q(until=None), name="collect_alarm_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.get_code_display())

    def sentence(self) -> str:
        """What happened, in the reader's language."""
        from chappe.apps.collect.words import alarm_sentence

        return alarm_sentence(self.code, self.params)

    def standing(self) -> Any:
        """Whether it still lasts, as a word."""
        return _("Lasts") if self.until is None else pgettext_lazy("an alarm", "Over")
