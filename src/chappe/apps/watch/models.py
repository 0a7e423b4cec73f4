"""Rules of the watch, alerts they raised, prefixes known to be risky, and which days were looked at. Data only."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator, validate_email
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.usage.choices import KINDS
from chappe.apps.watch.access import AREA
from chappe.apps.watch.kinds import NEEDS, Counter, Unit, base
from chappe.kit.access.door import Access, ScopedModel

DAY_MINUTES = 1440
PREFIXES = re.compile(r"\+?\d{1,15}\Z")
_SPLIT = re.compile(r"[\s,;]+")


def words(text: str) -> list[str]:
    """A list that people write: parted by commas, semicolons, blanks or lines."""
    return [word for word in _SPLIT.split(text.strip()) if word]


def is_ahead(moment: Any) -> bool:
    """Whether a moment, if there is one, is still to come."""
    return moment is not None and moment > timezone.now()


class Rule(ScopedModel):
    """What is watched, when, over which window, and what it takes to be told. ``owner`` None: the house, over all calls."""

    class Per(models.TextChoices):
        CUSTOMER = "customer", _("Each customer")
        LINE = "line", _("Each line")

    class Moments(models.TextChoices):
        ALWAYS = "always", _("At any time")
        WITHIN = "within", _("Within these days and hours")
        OUTSIDE = "outside", _("Outside of these days and hours, and on holidays")

    class Period(models.TextChoices):
        DAY = "day", pgettext_lazy("a cap", "A day")
        MONTH = "month", pgettext_lazy("a cap", "A month")

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    name = models.CharField(_("name"), max_length=120)
    packaged = models.SlugField(_("packaged rule"), max_length=60, blank=True, editable=False)
    counter = models.CharField(_("what is counted"), max_length=12, choices=Counter.choices)
    active = models.BooleanField(_("active"), default=True)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer"),
        help_text=_("Empty: every customer."),
    )  # fmt: skip
    per = models.CharField(_("counted for"), max_length=10, choices=Per.choices, default=Per.CUSTOMER)
    prefixes = models.TextField(
        _("numbers that begin with"), blank=True,
        help_text=_("International prefixes without 00, such as 3389 or 881, parted by commas. Empty with no kind of number: every number."),
    )  # fmt: skip
    number_kinds = models.CharField(_("kinds of numbers"), max_length=200, blank=True)
    moments = models.CharField(_("when"), max_length=8, choices=Moments.choices, default=Moments.ALWAYS)
    days = models.CharField(
        _("days of the week"), max_length=7, blank=True, validators=[RegexValidator(r"^[1-7]*$", _("Digits from 1 (Monday) to 7."))],
        help_text=_("1 is Monday, 7 is Sunday: 12345."),
    )  # fmt: skip
    hour_from = models.PositiveSmallIntegerField(_("from (hour)"), default=0)
    hour_to = models.PositiveSmallIntegerField(_("to (hour)"), default=24)
    window = models.PositiveIntegerField(
        _("window (minutes)"), default=DAY_MINUTES, validators=[MinValueValidator(1)],
        help_text=_("1440 is the whole day, from midnight; a shorter window slides."),
    )  # fmt: skip
    warning = models.DecimalField(
        _("warning from"), max_digits=12, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    critical = models.DecimalField(
        _("critical from"), max_digits=12, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    amount = models.DecimalField(
        _("amount (€)"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text=_("The cap of a spend cap; for the cost of a day, the floor below which nothing is said."),
    )  # fmt: skip
    period = models.CharField(_("cap for"), max_length=5, choices=Period.choices, default=Period.MONTH)
    past_days = models.PositiveSmallIntegerField(
        _("days looked back on"), default=90, validators=[MinValueValidator(1)]
    )
    short_seconds = models.PositiveSmallIntegerField(_("a call is short under (s)"), default=10)
    emails = models.TextField(_("alerts by mail to"), blank=True, help_text=_("Addresses, parted by commas."))
    cooldown = models.PositiveIntegerField(
        _("no second mail within (minutes)"),
        default=DAY_MINUTES,
        help_text=_("For the same customer; a graver alert goes at once."),
    )
    propose = models.BooleanField(
        _("propose a suspension"),
        default=False,
        help_text=_("A note on critical alerts. Nothing is ever done by itself."),
    )
    notes = models.TextField(_("notes"), blank=True)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True, editable=False)
    slow_at = models.DateTimeField(_("stopped as too slow"), null=True, blank=True, editable=False)
    owed_from = models.DateField(_("days to look at again from"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("watch rule")
        verbose_name_plural = _("watch rules")
        ordering = ["name"]
        indexes = [models.Index(fields=["owner", "active"])]

    def __str__(self) -> str:
        return self.name

    @property
    def needs(self) -> Any:
        return NEEDS[self.counter]

    @property
    def unit(self) -> str:
        return self.needs.unit

    def least(self) -> int:
        """The value from which something is said."""
        return min(
            value for value in (base(self.unit, self.warning), base(self.unit, self.critical)) if value is not None
        )

    def warning_shown(self) -> str:
        """The threshold of a warning with its unit; "" for none."""
        return self._shown(self.warning)

    def critical_shown(self) -> str:
        """That of a critical alert."""
        return self._shown(self.critical)

    def _shown(self, threshold: Any) -> str:
        from chappe.apps.watch.words import quantity

        value = base(self.unit, threshold)
        return "" if value is None else quantity(self.unit, value)

    def window_shown(self) -> str:
        """How long it looks back, in words."""
        from chappe.apps.watch.words import span

        return span(self.window)

    @property
    def is_muted(self) -> bool:
        """Whether nobody is told of it for now."""
        return is_ahead(self.muted_until)

    def kind_list(self) -> list[str]:
        return words(self.number_kinds)

    def prefix_list(self) -> list[str]:
        return [word.removeprefix("+") for word in words(self.prefixes)]

    def clean(self) -> None:
        """A rule must be able to speak: thresholds, an amount where one is needed, readable lists."""
        faults: dict[str, Any] = {}
        if self.warning is None and self.critical is None:
            faults["warning"] = _("Say at least one threshold.")
        elif self.warning is not None and self.critical is not None and self.critical < self.warning:
            faults["critical"] = _("The critical threshold is not below the warning.")
        needs = NEEDS.get(self.counter)
        if needs is not None:
            for name in ("warning", "critical"):
                if getattr(self, name) is not None and base(needs.unit, getattr(self, name)) == 0:
                    faults[name] = _("A threshold of zero would always speak.")
            if needs.amount and not self.amount:
                faults["amount"] = _("This kind of rule needs an amount.")
        if self.window > DAY_MINUTES:
            faults["window"] = _("A window lasts a day (1440 minutes) at most.")
        if self.past_days > 366:
            faults["past_days"] = _("A year (366 days) at most.")
        if self.hour_from > 24 or self.hour_to > 24 or self.hour_from == self.hour_to:
            faults["hour_to"] = _("Two different hours from 0 to 24.")
        faults |= self._unreadable()
        if self.customer_id and self.owner_id and self.customer.owner_id != self.owner_id:
            faults["customer"] = _("This customer is another operator’s.")
        if faults:
            raise ValidationError(faults)

    def _unreadable(self) -> dict[str, Any]:
        """Faults of the lists that people write."""
        faults: dict[str, Any] = {}
        bad = [word for word in words(self.prefixes) if not PREFIXES.match(word)]
        if bad:
            faults["prefixes"] = _("“%(word)s” is not a prefix: digits only.") % {"word": bad[0]}
        unknown = set(self.kind_list()) - {kind for kind, _label in KINDS}
        if unknown:
            faults["number_kinds"] = _("There is no kind of number “%(word)s”.") % {"word": min(unknown)}
        for address in words(self.emails):
            try:
                validate_email(address)
            except ValidationError:
                faults["emails"] = _("“%(address)s” is not an address.") % {"address": address}
        return faults


class RiskyPrefix(ScopedModel):
    """A prefix that revenue-share frauds use. ``owner`` None: known to every rule; else to the rules of that operator."""

    class Risk(models.TextChoices):
        LOW = "low", pgettext_lazy("a risk", "Low")
        MEDIUM = "medium", pgettext_lazy("a risk", "Medium")
        HIGH = "high", pgettext_lazy("a risk", "High")

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    prefix = models.CharField(
        _("prefix"),
        max_length=15,
        validators=[RegexValidator(r"^\d{2,15}$", _("Digits only, in international form, without 00."))],
    )
    label = models.CharField(_("label"), max_length=120, blank=True)
    risk = models.CharField(_("risk"), max_length=6, choices=Risk.choices, default=Risk.HIGH)

    class Meta:
        verbose_name = _("risky prefix")
        verbose_name_plural = _("risky prefixes")
        ordering = ["prefix"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "prefix"], name="watch_prefix_once"),
            models.UniqueConstraint(fields=["prefix"], condition=models.Q(owner=None), name="watch_prefix_house"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.label}".strip()


class Alert(ScopedModel):
    """What a rule said of somebody, one day (or one month for a monthly cap); once, whatever is looked at again.

    ``value`` and ``threshold`` are whole numbers of the unit's scale; amounts nano. ``sample`` holds keys of calls, never numbers.
    """

    class Severity(models.TextChoices):
        WARNING = "warning", pgettext_lazy("an alert", "Warning")
        CRITICAL = "critical", pgettext_lazy("an alert", "Critical")

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("an alert", "New")
        SEEN = "seen", pgettext_lazy("an alert", "Seen")
        PROGRESS = "progress", pgettext_lazy("an alert", "In progress")
        CLOSED = "closed", pgettext_lazy("an alert", "Closed")

    class Outcome(models.TextChoices):
        FRAUD = "fraud", _("Fraud")
        USE = "use", _("Real use")
        RULE = "rule", _("False alarm: the rule is to be tuned")

    access = Access(area=AREA, owner="owner")
    audit_ignore = ("mailed_at", "value", "calls", "seconds", "total", "last", "first", "sample", "params")

    key = models.CharField(max_length=40, unique=True, editable=False)
    subject = models.CharField(max_length=40, db_index=True, editable=False)  # who, without the day: for the cool-down
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="alerts", verbose_name=_("rule"))
    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    counter = models.CharField(_("what is counted"), max_length=12, choices=Counter.choices)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.NEW)
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="watch_alerts",
        verbose_name=_("customer"),
    )
    line = models.ForeignKey(
        "customers.Line", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("line")
    )
    account = models.CharField(_("account"), max_length=100, blank=True)
    day = models.DateField(_("day"), db_index=True)
    first = models.DateTimeField(_("first call"), null=True, blank=True)
    last = models.DateTimeField(_("last call"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=10, choices=Unit.choices)
    value = models.BigIntegerField(_("value"))
    threshold = models.BigIntegerField(_("threshold"))
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    seconds = models.PositiveBigIntegerField(_("duration"), default=0)
    total = models.BigIntegerField(_("amount"), default=0)
    params = models.JSONField(default=dict, blank=True)
    sample = models.JSONField(default=list, blank=True)
    proposed = models.BooleanField(_("suspension proposed"), default=False)
    raised_at = models.DateTimeField(_("raised"), auto_now_add=True, db_index=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )
    outcome = models.CharField(_("outcome"), max_length=5, choices=Outcome.choices, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-raised_at", "-pk"]
        indexes = [models.Index(fields=["owner", "state"])]

    def __str__(self) -> str:
        return f"{self.rule.name} · {self.who()}"

    @property
    def is_muted(self) -> bool:
        """Whether nobody is told of it for now."""
        return is_ahead(self.muted_until)

    def who(self) -> str:
        """Whom it speaks of, as a word."""
        from chappe.apps.watch.words import who

        return who(self)

    def sentence(self) -> str:
        """What happened, in the reader's language."""
        from chappe.apps.watch.words import sentence

        return sentence(self)

    def total_shown(self) -> str:
        """The amount to the cent."""
        from chappe.apps.watch.words import rounded

        return rounded(self.total)

    def value_shown(self) -> str:
        """The value with its unit."""
        from chappe.apps.watch.words import quantity

        return quantity(self.unit, self.value)

    def threshold_shown(self) -> str:
        """The threshold with its unit."""
        from chappe.apps.watch.words import quantity

        return quantity(self.unit, self.threshold)


class WatchedDay(ScopedModel):
    """Calls of a day when it was last looked at: a day whose figures differ now is looked at again."""

    no_access = "where the watch stands; no page reads it"

    day = models.DateField(unique=True)
    calls = models.BigIntegerField()
    total = models.BigIntegerField()


__all__ = ["Alert", "RiskyPrefix", "Rule", "WatchedDay", "words"]
