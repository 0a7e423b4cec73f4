"""Sources of tickets, what they sent and what is still waiting for its end. Data only; the verbs write.

What people decide (``Source``) and what machines tell (``SourceState``) are two tables, so that a form saved by somebody
never writes back what the collector said meanwhile. A raw ticket is not a row: it stands in the stored file of its chunk.
"""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.collect.access import AREA
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.access.secrets import EncryptedTextField


class Way(models.TextChoices):
    """How tickets come from a source to us. Values are those of the collector (``connectors.pbx``)."""

    LISTEN = "listen", _("The PBX connects to us")
    CONNECT = "connect", _("We connect to the PBX")
    HTTP = "http", _("The PBX posts to us (HTTP)")
    FOLDER = "folder", _("Files in a folder")
    SFTP = "sftp", _("Files by SFTP")
    FTPS = "ftps", _("Files by FTPS")
    UPLOAD = "upload", _("Files sent by hand")


class Pays(models.TextChoices):
    """Values of ``core.calls.rules.Pays``."""

    FIRST = "first", _("the first extension")
    LAST = "last", _("the last extension")
    EACH = "each", _("each its part")


#: Held by the collector: a socket.
LIVE_WAYS = frozenset({Way.LISTEN, Way.CONNECT, Way.HTTP})
#: Fetched by a job.
FETCH_WAYS = frozenset({Way.FOLDER, Way.SFTP, Way.FTPS})


def _operator(related_name: str = "+") -> models.ForeignKey:
    return models.ForeignKey(
        "parties.Operator", null=True, blank=True, on_delete=models.PROTECT, related_name=related_name,
        verbose_name=_("operator"), help_text=_("Whose calls these are. Empty: the house’s own."),
    )  # fmt: skip


class TicketProfile(ScopedModel):
    """A format of tickets with its settings, as data that people correct. Packaged profiles are not rows: they are copied."""

    access = Access(area=AREA, owner="owner")

    slug = models.SlugField(_("code"), max_length=60, unique=True)
    label = models.CharField(_("name"), max_length=120)
    owner = _operator()
    base = models.CharField(_("copied from"), max_length=60, blank=True, editable=False)
    decoder = models.CharField(_("decoder"), max_length=40)
    timezone = models.CharField(_("clock of the tickets"), max_length=60, default="Europe/Paris")
    encoding = models.CharField(_("encoding"), max_length=20, default="utf-8")
    columns = models.JSONField(_("columns"), default=list, blank=True)
    options = models.JSONField(_("settings of the decoder"), default=dict, blank=True)
    transport = models.JSONField(_("transport"), default=dict, blank=True, editable=False)
    setup = models.TextField(_("how to set the PBX up"), blank=True)
    variant_of = models.CharField(max_length=60, blank=True, editable=False)
    sample = models.TextField(_("sample"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("ticket profile")
        verbose_name_plural = _("ticket profiles")
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class Source(ScopedModel):
    """A PBX or an operator that sends tickets: how they come, how they are read, whose calls they are."""

    access = Access(area=AREA, owner="owner")

    slug = models.SlugField(
        _("code"), max_length=60, unique=True,
        help_text=_("Names its folder of raw lines. Small letters, digits and hyphens; never changed afterwards."),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=120)
    owner = _operator("ticket_sources")
    active = models.BooleanField(_("active"), default=True)
    way = models.CharField(_("how tickets come"), max_length=10, choices=Way.choices, default=Way.LISTEN)
    profile = models.CharField(_("profile"), max_length=60)

    host = models.CharField(
        _("host"), max_length=200, blank=True,
        help_text=_("Address we listen on (empty: all of this machine), or address of the PBX or of the file server."),
    )  # fmt: skip
    port = models.PositiveIntegerField(
        _("port"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    login = models.CharField(_("login"), max_length=120, blank=True)
    password = EncryptedTextField(_("password"), blank=True)
    allowed_peers = models.CharField(
        _("accepted addresses"), max_length=500, blank=True,
        help_text=_("Addresses or networks that may connect, separated by commas. Empty: any."),
    )  # fmt: skip
    folder = models.CharField(
        _("folder"), max_length=500, blank=True, help_text=_("Folder of the files, here or on the server.")
    )
    pattern = models.CharField(
        _("names of files"), max_length=120, blank=True, help_text=_("Such as cdr_*.csv; empty: all.")
    )
    files_grow = models.BooleanField(
        _("files grow"), default=False,
        help_text=_("The same file is written on and on (Master.csv of Asterisk): it is read again when it changes, and lines counted before are duplicates."),
    )  # fmt: skip
    server_key = models.TextField(
        _("key of the server"), blank=True,
        help_text=_("SFTP: the public key of the server, as in known_hosts. Nothing is fetched from a server that shows another one."),
    )  # fmt: skip

    timezone = models.CharField(
        _("clock of the PBX"),
        max_length=60,
        blank=True,
        help_text=_("Such as Europe/Paris. Empty: that of the profile."),
    )
    outside_prefix = models.CharField(
        _("outside prefix"), max_length=6, blank=True,
        help_text=_("Digits dialled to get an outside line, taken off outgoing numbers; never guessed."),
    )  # fmt: skip
    area = models.CharField(
        _("area code"), max_length=8, blank=True, help_text=_("For numbers dialled without it, such as 03.")
    )
    own_ranges = models.TextField(
        _("own numbers"), blank=True, help_text=_("Ranges of this site, one a line, such as +33384110000-+33384110099."),
    )  # fmt: skip

    customer = models.ForeignKey(
        "customers.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="ticket_sources",
        verbose_name=_("default customer"), help_text=_("Gets the calls of an extension that nobody holds."),
    )  # fmt: skip
    sell_plan = models.ForeignKey(
        "tariffs.TariffPlan", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("sell tariff"), help_text=_("Used where the customer has none of its own."),
    )  # fmt: skip
    buy_plan = models.ForeignKey(
        "tariffs.TariffPlan", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("buy tariff"), help_text=_("What the calls cost you: shows the margin."),
    )  # fmt: skip

    pays = models.CharField(
        _("who bears a call that changes hands"), max_length=5, choices=Pays.choices, default=Pays.FIRST
    )
    opens_at = models.TimeField(_("opens at"), default=dt.time(8))
    closes_at = models.TimeField(_("closes at"), default=dt.time(19))
    open_days = models.CharField(
        _("open days"),
        max_length=7,
        default="12345",
        help_text=_("1 is Monday, 7 is Sunday. Holidays of France are left out."),
    )
    silence_minutes = models.PositiveIntegerField(
        _("silence alarm"), default=60, help_text=_("Minutes without a ticket in opening hours; 0: never.")
    )
    alarm_emails = models.CharField(
        _("alarms by mail to"), max_length=500, blank=True, help_text=_("Addresses separated by commas.")
    )
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether the collector holds a socket for it."""
        return self.way in LIVE_WAYS

    @property
    def told(self) -> "SourceState":
        """What machines say of it; an empty row where they never did."""
        try:
            return self.live
        except SourceState.DoesNotExist:
            return SourceState(source=self)

    def zone(self) -> str:
        """The clock of its tickets."""
        from chappe.apps.collect.profiles import find

        profile = find(self.profile)
        return self.timezone or (profile.timezone if profile else "") or settings.TIME_ZONE

    # -- what lists show -----------------------------------------------------------------------------------------
    @property
    def verdict(self) -> Any:
        """How it is doing and why, in the reader's language."""
        from chappe.apps.collect.health import health_of

        return health_of(self)

    def health(self) -> str:
        """One of ``health.Health``."""
        return str(self.verdict.code)

    def profile_label(self) -> str:
        """Name of its profile, or its code when nobody knows it any more."""
        from chappe.apps.collect.profiles import label_of

        return label_of(self.profile)


class SourceState(ScopedModel):
    """What the collector and the jobs say of a source. Written by UPDATE, never through a form."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Never heard")
        LISTENING = "listening", _("Listens")
        CONNECTED = "connected", _("Connected")
        WAITING = "waiting", pgettext_lazy("a connection", "Reconnecting")
        PAUSED = "paused", pgettext_lazy("a connection", "Paused")
        ERROR = "error", pgettext_lazy("a connection", "In error")
        FULL = "full", _("Disk full")

    access = Access(area=AREA, owner="source__owner")

    source = models.OneToOneField(Source, primary_key=True, on_delete=models.CASCADE, related_name="live")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNKNOWN)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    told_at = models.DateTimeField(_("told"), null=True)
    connections = models.JSONField(_("connections"), default=list)
    last_ticket = models.DateTimeField(_("last ticket"), null=True)
    last_call = models.DateTimeField(_("last call"), null=True)
    fetched_at = models.DateTimeField(_("files looked for"), null=True)
    number = models.BigIntegerField(default=0)  # the last raw record taken from the spool

    class Meta:
        verbose_name = _("state of a source")
        verbose_name_plural = _("states of sources")


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
        return self.name

    @property
    def adds_up(self) -> bool:
        """Whether every line has its fate: always, once counted."""
        return self.records == self.decoded + self.refused + self.skipped + self.duplicates


class TicketIssue(ScopedModel):
    """What was wrong with one raw record; an error cost the record, a warning did not."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("an anomaly", "To handle")
        REPLAYED = "replayed", _("Read again")
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
        """The line for lists, the last digits of its numbers hidden."""
        from chappe.apps.collect.decoding import masked

        return masked(self.excerpt, whole=False)

    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        from django.utils.translation import get_language

        from chappe.core.base.issue import Issue

        return Issue(self.code, params=self.params).sentence((get_language() or "fr")[:2])


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
        return self.key


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
        TAKEN = "taken", _("Taken in")
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
