"""Sources of tickets, what they sent and what is still waiting for its end. Data only; the verbs write.

What people decide (``Source``) and what machines tell (``SourceState``) are two tables, so that a form saved by somebody
never writes back what the collector said meanwhile. A raw ticket is not a row: it stands in the stored file of its chunk.
"""

import datetime as dt
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

    def decoder_label(self) -> str:
        """Name of its decoder in the reader's language."""
        from django.utils.translation import get_language

        from chappe.core.base.lang import translate
        from chappe.core.tickets.registry import DECODERS

        info = DECODERS.get(self.decoder)
        return translate(info.label, (get_language() or "fr")[:2]) if info else self.decoder

    def base_label(self) -> str:
        """Name of the profile that it was copied from; "" for one that was learnt."""
        from chappe.apps.collect.profiles import label_of

        return label_of(self.base) if self.base else ""


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
    private_key = EncryptedTextField(
        _("private key"), blank=True, help_text=_("SFTP: the key that opens the account, instead of a password.")
    )
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
    detail = models.CharField(_("detail"), max_length=500, blank=True)  # in the language of the house
    fault = models.JSONField(default=list)  # its code and params, so that each reader has it in his own: [] for none
    told_at = models.DateTimeField(_("told"), null=True)
    connections = models.JSONField(_("connections"), default=list)
    last_ticket = models.DateTimeField(_("last ticket"), null=True)
    last_call = models.DateTimeField(_("last call"), null=True)
    fetched_at = models.DateTimeField(_("files looked for"), null=True)
    decoder = models.JSONField(default=dict)  # what the decoder learnt from live tickets, by code of its profile

    class Meta:
        verbose_name = _("state of a source")
        verbose_name_plural = _("states of sources")
