"""What the database knows of usage: batches and their days. The calls themselves are in the lake."""

import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.usage import labels, policies
from chappe.apps.usage.lakeset import LakeManager
from chappe.apps.usage.words import sentence_of
from chappe.kit.access.door import HOUSE, Access, ScopedModel


class UsageBatch(ScopedModel):
    """One file of calls priced once with one version of a tariff plan, or a stream: what one source collects in a month.

    ``uid`` names its Delta transaction. Rating again makes a new batch that ``replaces`` this one, whose
    state becomes REPLACED: its rows stay in the lake.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RATING = "rating", _("Being rated")
        READY = "ready", _("Rated")
        REPLACED = "replaced", _("Replaced")
        FAILED = "failed", _("Failed")

    access = Access(area="communications", owner="owner")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("file"), max_length=255)
    # A stream has neither file nor version of its own: each of its calls names the versions that price it.
    source = models.ForeignKey(
        "documents.StoredFile",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("original file"),
    )
    # sha256:owner:generation. A unique constraint over a nullable owner would let the house load a file twice.
    # stream:key:month:generation for a stream.
    replay_key = models.CharField(max_length=160, unique=True, editable=False)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="usage_batches",
        verbose_name=_("operator"),
    )
    version = models.ForeignKey(
        "tariffs.TariffVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="usage_batches",
        verbose_name=_("tariff version"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING, db_index=True)
    generation = models.PositiveIntegerField(_("rating number"), default=1)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by", verbose_name=_("replaces")
    )
    created_at = models.DateTimeField(_("received"), auto_now_add=True, db_index=True)
    ended_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    first_call = models.DateTimeField(_("first call"), null=True, blank=True)
    last_call = models.DateTimeField(_("last call"), null=True, blank=True)
    months = models.JSONField(default=list, editable=False)
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    rated = models.PositiveBigIntegerField(_("rated"), default=0)
    unrated = models.PositiveBigIntegerField(_("unrated"), default=0)
    uncharged = models.PositiveBigIntegerField(_("not charged"), default=0)
    rejected = models.PositiveBigIntegerField(_("rejected"), default=0)
    total = models.BigIntegerField(_("amount"), default=0)
    buy = models.BigIntegerField(_("purchase cost"), default=0)
    is_erased = models.BooleanField(_("numbers erased"), default=False)  # by retention: no price can be made again
    next_line = models.PositiveBigIntegerField(default=1, editable=False)  # of a stream: lines below are given out
    reasons = models.JSONField(_("reasons"), default=dict, editable=False)
    problem = models.TextField(_("problem"), blank=True)
    job = models.ForeignKey(
        "jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("file of calls")
        verbose_name_plural = _("files of calls")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_stream(self) -> bool:
        """Whether calls come to it little by little rather than in one file."""
        return self.source_id is None


class StreamCommit(models.Model):
    """One addition to a stream: what lets a retry find its lines again and count nothing twice."""

    no_access = "bookkeeping of the services: nobody reads it"

    uid = models.CharField(max_length=100, unique=True)
    batch = models.ForeignKey(UsageBatch, on_delete=models.CASCADE, related_name="commits")
    first_line = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField()
    counts = models.JSONField(null=True)  # null until counted
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("addition to a stream")
        verbose_name_plural = _("additions to streams")

    def __str__(self) -> str:
        return self.uid


class MaskingPolicy(ScopedModel):
    """How many last digits of a number each place hides. One row for the house; without it, the defaults here."""

    access = Access(area="communications", owner=HOUSE)

    screen_digits = models.PositiveSmallIntegerField(
        _("digits hidden on screen"),
        default=4,
        validators=[MaxValueValidator(15)],
        help_text=_("Lists, pages, exports and the API. 0 hides nothing."),
    )
    print_digits = models.PositiveSmallIntegerField(
        _("digits hidden in print"),
        default=4,
        validators=[MaxValueValidator(15)],
        help_text=_("Itemised bills and their annexes, unless the holder of the line asked for whole numbers."),
    )
    store_digits = models.PositiveSmallIntegerField(
        _("digits never stored"),
        default=0,
        validators=[MaxValueValidator(15)],
        help_text=_("Dropped once a call has its price; nothing brings them back. 0 keeps them all."),
    )
    hides_files = models.BooleanField(
        _("also calls of files"),
        default=False,
        help_text=_("Calls of files that are attached to no customer, such as those of a wholesale partner."),
    )
    notes = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("masking of numbers")
        verbose_name_plural = _("masking of numbers")

    def __str__(self) -> str:
        return str(_("Masking of numbers"))


class RetentionRule(ScopedModel):
    """How long a class of data is kept, in months after the month of the call."""

    class Kind(models.TextChoices):
        TECHNICAL = "technical", _("Technical: calls that are not charged")
        BILLING = "billing", _("Billing: numbers of charged calls")
        AGGREGATE = "aggregate", _("Anonymous: charged calls without their numbers")

    access = Access(area="communications", owner=HOUSE)

    kind = models.CharField(_("class"), max_length=10, choices=Kind.choices, unique=True)
    months = models.PositiveSmallIntegerField(
        _("months kept"), validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    is_active = models.BooleanField(_("applied every night"), default=False)
    basis = models.TextField(_("legal basis"), blank=True)
    last_run = models.DateTimeField(_("last purge"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["months"]

    def __str__(self) -> str:
        return self.get_kind_display()


class UsageDay(ScopedModel):
    """Calls of a batch per local day and status: what charts and tiles add up instead of reading the lake."""

    access = Access(area="communications", owner="batch__owner")

    batch = models.ForeignKey(UsageBatch, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"), null=True, db_index=True)
    status = models.CharField(_("status"), max_length=10)
    calls = models.PositiveBigIntegerField(_("calls"))
    usage = models.BigIntegerField(_("usage"))
    total = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("day of calls")
        verbose_name_plural = _("days of calls")


class Call(ScopedModel):
    """One call of the lake, read only. ``pk`` is "batch-line"; amounts in nano, ``usage`` in millionths.

    There is no such table: rows come from ``lake.py`` through a queryset of our own.
    """

    access = Access(area="communications", owner="batch__owner")

    class Status(models.TextChoices):
        RATED = "RATED", pgettext_lazy("a call", "Rated")
        UNRATED = "UNRATED", pgettext_lazy("a call", "Unrated")
        REJECTED = "REJECTED", pgettext_lazy("a call", "Rejected")
        UNCHARGED = "UNCHARGED", pgettext_lazy("a call", "Not charged")

    id = models.CharField(primary_key=True, max_length=40)
    batch = models.ForeignKey(UsageBatch, on_delete=models.DO_NOTHING, db_constraint=False, verbose_name=_("file"))
    line = models.BigIntegerField(_("line"))
    call_id = models.CharField(_("call"), max_length=255)
    tenant = models.CharField(_("tenant"), max_length=255)
    tor = models.CharField(_("type of record"), max_length=255)
    category = models.CharField(_("category"), max_length=255)
    direction = models.CharField(_("direction"), max_length=255)
    subject = models.CharField(_("subject"), max_length=255)
    account = models.CharField(_("account"), max_length=255)
    destination = models.CharField(_("number called"), max_length=255)
    start = models.DateTimeField(_("start"), null=True)
    utc_offset = models.IntegerField(null=True)
    usage = models.BigIntegerField(_("usage"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reason = models.CharField(_("reason"), max_length=40)
    cost = models.BigIntegerField(_("usage cost"), null=True)
    connect_fee = models.BigIntegerField(_("connect fee"), null=True)
    service = models.BigIntegerField(_("service part (S)"), null=True)
    total = models.BigIntegerField(_("amount"), null=True)
    billed = models.BigIntegerField(_("billed"), null=True)
    pieces = models.IntegerField(_("pieces"), null=True)
    rate = models.CharField(_("rate"), max_length=255)
    matched_prefix = models.CharField(_("prefix"), max_length=255)
    matched_destination = models.CharField(_("destination"), max_length=255)
    plan_version = models.CharField(_("tariff version"), max_length=255)
    source = models.BigIntegerField(_("source"), null=True)
    customer = models.BigIntegerField(_("customer"), null=True)
    line_id = models.BigIntegerField(_("line of the customer"), null=True)
    cost_centre = models.BigIntegerField(_("cost centre"), null=True)
    kind = models.CharField(_("kind of number"), max_length=20, null=True)
    way = models.CharField(_("way"), max_length=8, null=True)
    ext = models.CharField(_("extension"), max_length=60, null=True)
    caller = models.CharField(_("calling number"), max_length=255, null=True)
    asked = models.CharField(_("extension asked for"), max_length=255, null=True)
    reached = models.CharField(_("extension reached"), max_length=255, null=True)
    transferred = models.BooleanField(_("transferred"), null=True)
    answered = models.BooleanField(_("answered"), null=True)
    ring = models.IntegerField(_("ring time"), null=True)
    talk = models.IntegerField(_("talk time"), null=True)
    hold = models.IntegerField(_("hold and park"), null=True)
    trunk = models.CharField(_("trunk"), max_length=60, null=True)
    account_code = models.CharField(_("account code"), max_length=60, null=True)
    user_name = models.CharField(_("user"), max_length=255, null=True)
    sell_version = models.BigIntegerField(_("sold by"), null=True)
    buy_version = models.BigIntegerField(_("bought by"), null=True)
    buy = models.BigIntegerField(_("purchase cost"), null=True)
    buy_reason = models.CharField(_("why no purchase cost"), max_length=40, null=True)
    raw_ref = models.CharField(_("raw record"), max_length=255, null=True)
    month = models.CharField(_("month"), max_length=7)
    # Not columns of the lake: computed there (conditions.COMPUTED), or names of ids.
    weekday = models.IntegerField(_("day of the week"), null=True)
    hour = models.IntegerField(_("hour"), null=True)
    lost = models.BooleanField(_("lost"), null=True)
    margin = models.BigIntegerField(_("margin"), null=True)
    source_name = models.CharField(_("source"), max_length=255, null=True)
    customer_name = models.CharField(_("customer"), max_length=255, null=True)
    line_name = models.CharField(_("line of the customer"), max_length=255, null=True)
    cost_centre_name = models.CharField(_("cost centre"), max_length=255, null=True)

    objects = LakeManager()
    whole_numbers: dict[str, str]  # what the policy of screens hides, for prices and audited reveals only

    class Meta:
        managed = False
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    def __str__(self) -> str:
        return self.call_id or f"{self.batch_id}-{self.line}"

    @property
    def short_id(self) -> str:
        """Its identifier in a list. A PBX numbers its calls anew after a restart, so that the whole one ends with the moment of the
        call, which a list shows beside it."""
        return str(self).partition("/")[0] if self.source is not None else str(self)

    @staticmethod
    def standing() -> list[int]:
        """Batches that count now: a file rated again counts once."""
        return list(UsageBatch.objects.filter(state=UsageBatch.State.READY).values_list("pk", flat=True))

    @staticmethod
    def batches_where(conditions: dict[str, Any]) -> list[int]:
        """Ids of the batches that pass a filter of the database, for filters written ``batch__…``."""
        return list(UsageBatch.objects.filter(**conditions).values_list("pk", flat=True))

    @classmethod
    def from_lake(cls, rows: list[dict[str, Any]]) -> "list[Call]":
        """Objects with their batches read along, in one query."""
        known = UsageBatch.objects.select_related("version__plan", "owner").in_bulk({row["batch"] for row in rows})
        made = []
        masks = policies.current(with_lines=True) if rows else None
        names = {kind: labels.names_of(kind, {row.get(kind) for row in rows}) for kind in labels.KINDS}
        for row in rows:
            batch = row.pop("batch")
            whole = masks.hide(row)
            row |= _computed(row)
            row |= {f"{kind.removesuffix('_id')}_name": names[kind].get(row.get(kind)) for kind in labels.KINDS}
            call = cls(id=f"{batch}-{row['line']}", batch_id=batch, **row)
            call.whole_numbers = whole
            if batch in known:
                call.batch = known[batch]
            made.append(call)
        return made

    @property
    def timed(self) -> bool:
        """Whether usage is time: the rest is bytes or events."""
        return self.tor in {"", "0", "*voice", "voice"}

    @property
    def is_data(self) -> bool:
        """Whether usage is bytes."""
        return "data" in self.tor or "data" in self.category

    @property
    def whole_usage(self) -> int:
        """Seconds, bytes or events, without their parts."""
        return (self.usage or 0) // 1_000_000

    @property
    def whole_billed(self) -> int:
        """What was billed, in the same unit."""
        return (self.billed or 0) // 1_000_000

    @property
    def is_masked(self) -> bool:
        """Whether a number of the call is not shown whole."""
        return any(getattr(self, name) != value for name, value in self.whole_numbers.items())

    def reason_sentence(self) -> str:
        """Why there is no price, in the reader's language."""
        return sentence_of(self.reason)


def _computed(row: dict[str, Any]) -> dict[str, Any]:
    """What the lake computes for filters, for a row that is at hand."""
    start = timezone.localtime(row["start"]) if row.get("start") else None
    sold = row.get("total") is not None and row.get("buy") is not None
    return {
        "weekday": start.isoweekday() if start else None,
        "hour": start.hour if start else None,
        "lost": None if row.get("way") is None else row["way"] == "in" and row.get("answered") is False,
        "margin": row["total"] - row["buy"] if sold else None,
    }


class Simulation(ScopedModel):
    """Two plans over the same stored calls: what each customer and destination would pay more or less."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", pgettext_lazy("a simulation", "Done")
        FAILED = "failed", pgettext_lazy("a simulation", "Failed")

    access = Access(area="communications", owner="owner")

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    first = models.ForeignKey(
        "tariffs.TariffVersion", on_delete=models.PROTECT, related_name="+", verbose_name=_("first tariff")
    )
    second = models.ForeignKey(
        "tariffs.TariffVersion", on_delete=models.PROTECT, related_name="+", verbose_name=_("second tariff")
    )
    month = models.CharField(_("month"), max_length=7)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    first_total = models.BigIntegerField(_("first total"), default=0)
    second_total = models.BigIntegerField(_("second total"), default=0)
    problem = models.TextField(_("problem"), blank=True)
    job = models.ForeignKey(
        "jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def difference(self) -> int:
        """Second minus first, in nano."""
        return self.second_total - self.first_total


class SimulationRow(ScopedModel):
    """One customer (subject) and destination of a simulation."""

    access = Access(area="communications", owner="simulation__owner")

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="rows")
    subject = models.CharField(_("subject"), max_length=120)
    destination = models.CharField(_("destination"), max_length=120, blank=True)
    calls = models.PositiveBigIntegerField(_("calls"))
    usage = models.BigIntegerField(_("usage"))
    first_total = models.BigIntegerField(_("first tariff"))
    second_total = models.BigIntegerField(_("second tariff"))
    difference = models.BigIntegerField(_("difference"))
    first_unrated = models.PositiveBigIntegerField(_("unrated by the first"), default=0)
    second_unrated = models.PositiveBigIntegerField(_("unrated by the second"), default=0)

    class Meta:
        verbose_name = _("row of a simulation")
        verbose_name_plural = _("rows of a simulation")
        ordering = ["-difference", "pk"]

    def __str__(self) -> str:
        return f"{self.subject} → {self.destination}"
