"""Customers, their cost centres, lines, and who holds which line from when to when. Data only; the verbs stand in services.py.

A customer may be saved incomplete or with a number that does not exist: what is wrong with it is said by
``checks.remarks`` and shown, so that billing parks it with a sentence instead of refusing the whole month.
Dates of an assignment are both included: a line moved on the 12th is held until the 11th, then from the 12th.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers import places
from chappe.apps.customers.brands import Brand
from chappe.apps.customers.names import CustomerNames, LineNames
from chappe.apps.customers.said import SaidDay
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.ui import formats

__all__ = [
    "Assignment",
    "Brand",
    "CostCentre",
    "Customer",
    "CustomerCounter",
    "DetailConsent",
    "Line",
]


class Customer(CustomerNames, ScopedModel):
    """Who is billed (a “service” in other call-accounting software). ``owner`` None: a customer of the house."""

    access = Access(area="clients", owner="owner")
    audit_ignore = ("territory", "remark_count", "blocking_count")  # computed from the others
    audit_personal = ("name", "line1", "line2", "service_line1", "service_line2", "invoice_emails", "phone", "notes")

    class Kind(models.TextChoices):
        COMPANY = "company", _("company")
        PRIVATE = "private", _("private person")
        OPERATOR = "operator", _("operator")
        PUBLIC = "public", _("public body")

    class VatCase(models.TextChoices):
        """How VAT is decided; AUTO takes territory, kind and reseller's proof, the others impose it."""

        AUTO = "auto", _("by the rules")
        STANDARD = "standard", _("always the normal rate")
        REVERSE = "reverse", _("reverse charge, wholesale (CGI 283, 2 octies)")
        EXEMPT = "exempt", _("exempt")
        FRANCHISE = "franchise", _("not applicable (CGI 293 B)")
        INTRA = "intra", _("reverse charge within the Union")
        EXPORT = "export", _("outside the Union")

    class Means(models.TextChoices):
        TRANSFER = "transfer", _("transfer")
        SEPA = "sepa", _("SEPA direct debit")

    class Delivery(models.TextChoices):
        MAIL = "mail", _("by e-mail")
        HAND = "hand", _("by hand")
        PORTAL = "portal", _("by the platform")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("operator")
    )
    number = models.CharField(_("number"), max_length=20, blank=True, help_text=_("Given by itself when left empty."))
    name = models.CharField(_("name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.COMPANY)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    siren = models.CharField(_("SIREN"), max_length=20, blank=True)
    siret = models.CharField(_("SIRET"), max_length=20, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    electronic_address = models.CharField(
        _("electronic address"),
        max_length=125,
        blank=True,
        help_text=_("Where invoices go on the platforms: the SIREN, or SIREN_SIRET."),
    )
    line1 = models.CharField(_("address"), max_length=150, blank=True)
    line2 = models.CharField(_("address, continued"), max_length=150, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR", help_text=_("Two letters, such as FR."))
    service_line1 = models.CharField(
        _("service address"), max_length=150, blank=True, help_text=_("When it differs from the address.")
    )
    service_line2 = models.CharField(_("service address, continued"), max_length=150, blank=True)
    service_postal_code = models.CharField(_("service postal code"), max_length=12, blank=True)
    service_city = models.CharField(_("service city"), max_length=100, blank=True)
    service_country = models.CharField(_("service country"), max_length=2, blank=True)
    territory_forced = models.CharField(
        _("territory by hand"),
        max_length=4,
        blank=True,
        choices=places.CHOICES,
        help_text=_("Leave empty: the postal code says it."),
    )
    territory = models.CharField(
        _("territory"), max_length=4, choices=places.CHOICES, default="FR", editable=False, db_index=True
    )
    billable = models.BooleanField(_("billable"), default=True)
    vat_case = models.CharField(_("VAT"), max_length=10, choices=VatCase.choices, default=VatCase.AUTO)
    vat_reason = models.CharField(
        _("why exempt"), max_length=200, blank=True, help_text=_("Printed on the invoice, with the article of the law.")
    )
    reseller = models.BooleanField(_("resells communications"), default=False)
    arcep_declaration = models.CharField(_("ARCEP declaration"), max_length=60, blank=True)
    reseller_since = models.DateField(_("reseller since"), null=True, blank=True)
    reseller_proof = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proof")
    )
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=30, validators=[MaxValueValidator(120, _("120 days at most."))]
    )
    end_of_month = models.BooleanField(_("then the end of the month"), default=False)
    payment_means = models.CharField(_("paid by"), max_length=10, choices=Means.choices, default=Means.TRANSFER)
    language = models.CharField(
        _("language"), max_length=2, choices=[("fr", _("French")), ("en", _("English"))], default="fr"
    )
    timezone = models.CharField(_("time zone"), max_length=60, blank=True, help_text=_("Empty: that of the territory."))
    brand = models.ForeignKey(
        Brand, models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("brand")
    )
    sell_plan = models.ForeignKey(
        "tariffs.TariffPlan", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tariff plan")
    )
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    invoice_emails = models.TextField(_("e-mails for invoices"), blank=True, help_text=_("One a line."))
    delivery = models.CharField(_("invoices go"), max_length=10, choices=Delivery.choices, default=Delivery.MAIL)
    call_detail = models.BooleanField(_("detail of calls"), default=True)
    order_reference = models.CharField(_("order number"), max_length=60, blank=True)
    buyer_reference = models.CharField(_("buyer reference"), max_length=60, blank=True)
    service_code = models.CharField(_("service code"), max_length=60, blank=True, help_text=_("For a public body."))
    contract = models.CharField(_("contract"), max_length=60, blank=True)
    contract_end = models.DateField(_("end of contract"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    notes = models.TextField(_("notes"), blank=True)
    remark_count = models.PositiveSmallIntegerField(_("remarks"), default=0, editable=False)
    blocking_count = models.PositiveSmallIntegerField(_("blocking remarks"), default=0, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "number"],
                name="customers_number_owner",
                violation_error_message=_("Another customer has this number."),
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(owner=None),
                name="customers_number_house",
                violation_error_message=_("Another customer has this number."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.name}" if self.number else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count the remarks with the row, so that lists can be filtered by them."""
        from chappe.apps.customers import checks

        self.tidy()
        self.remark_count, self.blocking_count = len(checks.remarks(self)), len(checks.blocking(self))
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        self.tidy()  # before the validators, which expect the tidy form
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        """Refuse what would break the house: a parent of its own family, or of another operator."""
        above, seen = self.parent_id, {self.pk}  # by keys: rows in memory may be older than the database
        while above is not None and self.pk is not None:
            if above in seen:
                raise ValidationError({"parent": _("A customer cannot belong to itself, nor to what belongs to it.")})
            seen.add(above)
            above = Customer.objects.filter(pk=above).values_list("parent", flat=True).first()
        for name in ("parent", "brand", "sell_plan"):
            held = getattr(self, name)
            if held is not None and held.owner_id not in {None, self.owner_id}:
                raise ValidationError({name: _("This belongs to another operator.")})
        if self.parent is not None and self.parent.owner_id != self.owner_id:
            raise ValidationError({"parent": _("This belongs to another operator.")})

    def tidy(self) -> None:
        """Numbers without spaces, codes in capitals, the territory from the postal code."""
        for name in ("number", "siren", "siret", "vat_number"):
            setattr(self, name, "".join(getattr(self, name).split()).upper())
        for name in ("country", "service_country"):
            setattr(self, name, getattr(self, name).strip().upper())
        self.country = self.country or "FR"
        self.invoice_emails = "\n".join(self.emails)
        self.territory = self.territory_forced or places.territory_of(self.country, self.postal_code)

    @property
    def emails(self) -> list[str]:
        """Addresses to which invoices are sent."""
        return [word for word in self.invoice_emails.replace(",", " ").replace(";", " ").split() if word]

    @property
    def zone(self) -> str:
        """Time zone of its calls and periods: its own, else that of its territory."""
        return self.timezone or places.timezone_of(self.territory)

    def due_date(self, issued: dt.date) -> dt.date:
        """When an invoice issued that day must be paid."""
        due = issued + dt.timedelta(days=self.payment_days)
        if not self.end_of_month:
            return due
        following = (due.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        return following - dt.timedelta(days=1)


class CustomerCounter(ScopedModel):
    """The last customer number given by itself, for each owner (0: the house)."""

    no_access = "a counter of the house, never shown"

    owner_key = models.BigIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class CostCentre(ScopedModel):
    """A part of a customer to which the cost of a line goes (department, site, project)."""

    access = Access(area="clients", owner="customer__owner")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="cost_centres", verbose_name=_("customer"))
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("cost centre")
        verbose_name_plural = _("cost centres")
        ordering = ["customer__name", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "code"],
                name="customers_cost_centre_code",
                violation_error_message=_("This customer already has a cost centre of that code."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


class Line(LineNames, ScopedModel):
    """An extension or a number that makes and takes calls. ``source`` is the slug of the source of its tickets, "" any."""

    access = Access(area="clients", owner="owner")
    audit_personal = ("user_name",)

    class Kind(models.TextChoices):
        EXTENSION = "extension", _("extension")
        DID = "did", _("direct number (DDI)")
        FIXED = "fixed", _("fixed line")
        MOBILE = "mobile", _("mobile line")
        SIM = "sim", _("SIM card")
        TRUNK = "trunk", _("trunk")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="lines", verbose_name=_("operator")
    )
    number = models.CharField(_("number"), max_length=40, db_index=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.EXTENSION)
    source = models.CharField(
        _("source"), max_length=60, blank=True, help_text=_("The code of the source of its tickets; empty: any.")
    )
    user_name = models.CharField(_("user"), max_length=120, blank=True)
    alias = models.CharField(
        _("fixed DDI (alias)"),
        max_length=40,
        blank=True,
        db_index=True,
        help_text=_("The number that ties a call to this line when its ticket has no extension."),
    )
    hide_detail = models.BooleanField(
        _("never detailed"),
        default=False,
        help_text=_("Its calls are counted and never listed (staff representatives)."),
    )
    active = models.BooleanField(_("active"), default=True)
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["number", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "source", "number"],
                name="customers_line_owner",
                violation_error_message=_("This number is already a line of that source."),
            ),
            models.UniqueConstraint(
                fields=["source", "number"],
                condition=Q(owner=None),
                name="customers_line_house",
                violation_error_message=_("This number is already a line of that source."),
            ),
            models.UniqueConstraint(
                fields=["owner", "source", "alias"],
                condition=~Q(alias=""),
                name="customers_alias_owner",
                violation_error_message=_("Another line of that source has this alias."),
            ),
            models.UniqueConstraint(
                fields=["source", "alias"],
                condition=~Q(alias="") & Q(owner=None),
                name="customers_alias_house",
                violation_error_message=_("Another line of that source has this alias."),
            ),
        ]
        # Asked by every page of calls, and true of a handful of lines.
        indexes = [models.Index(fields=["id"], name="customers_line_undetailed", condition=Q(hide_detail=True))]

    def __str__(self) -> str:
        return f"{self.number} · {self.user_name}" if self.user_name else self.number

    def clean_fields(self, exclude: Any = None) -> None:
        self.number = tidy_number(self.number)
        self.alias = tidy_number(self.alias)
        self.source = self.source.strip().lower()
        super().clean_fields(exclude=exclude)


class Assignment(ScopedModel):
    """A line is held by a customer (and a cost centre) from a day to a day, both included. Two never overlap."""

    access = Access(area="clients", owner="customer__owner")

    line = models.ForeignKey(Line, models.PROTECT, related_name="assignments", verbose_name=_("line"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="assignments", verbose_name=_("customer"))
    cost_centre = models.ForeignKey(
        CostCentre, models.PROTECT, null=True, blank=True, related_name="assignments", verbose_name=_("cost centre")
    )
    starts_on = models.DateField(_("from"), db_index=True)
    ends_on = models.DateField(_("until"), null=True, blank=True, db_index=True, help_text=_("Last day, included."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["line__number", "-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="customers_assignment_days",
                violation_error_message=_("It cannot end before it starts."),
            ),
            models.UniqueConstraint(
                fields=["line", "starts_on"],
                name="customers_assignment_start",
                violation_error_message=_("This line already has an assignment from that day."),
            ),
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(ends_on=None),
                name="customers_assignment_open",
                violation_error_message=_("This line is already held without end."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line.number} → {self.customer.name}"

    def clean(self) -> None:
        if self.line_id and self.customer_id and self.line.owner_id != self.customer.owner_id:
            raise ValidationError({"line": _("The line and the customer belong to two operators.")})
        if self.cost_centre_id and self.cost_centre.customer_id != self.customer_id:
            raise ValidationError({"cost_centre": _("This cost centre is another customer’s.")})
        others = Assignment.objects.filter(line=self.line_id).exclude(pk=self.pk)
        others = others.filter(Q(ends_on=None) | Q(ends_on__gte=self.starts_on))
        if self.ends_on:
            others = others.filter(starts_on__lte=self.ends_on)
        other = others.order_by("starts_on").first() if self.starts_on else None
        if other is not None:
            raise ValidationError(
                _("Line %(line)s is already held by %(customer)s from %(day)s."),
                code="overlap",
                params={"line": self.line.number, "customer": other.customer.name, "day": SaidDay.of(other.starts_on)},
            )


class DetailConsent(ScopedModel):
    """Somebody expressly asked for the last four digits: the customer's (``line`` None) or one line's. Proof, never edited.

    Source: arrêté of 31 December 2013 on bills: digits are hidden unless the holder asks.
    """

    access = Access(area="clients", owner="customer__owner")
    audit_personal = ("asked_by",)

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents", verbose_name=_("customer"))
    line = models.ForeignKey(
        Line, models.PROTECT, null=True, blank=True, related_name="consents", verbose_name=_("line"),
        help_text=_("Empty: all the lines of the customer."),
    )  # fmt: skip
    asked_by = models.CharField(_("asked by"), max_length=120, help_text=_("Name and quality of the person who asked."))
    asked_on = models.DateField(_("asked on"))
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    proof = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proof")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("request for digits")
        verbose_name_plural = _("requests for digits")
        ordering = ["-asked_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.customer.name} {formats.day(self.asked_on)}"

    def clean(self) -> None:
        if self.withdrawn_on and self.asked_on and self.withdrawn_on < self.asked_on:
            raise ValidationError({"withdrawn_on": _("It cannot be withdrawn before it is asked.")})
        if self.line_id and self.customer_id and not self.line.assignments.filter(customer=self.customer_id).exists():
            raise ValidationError({"line": _("This customer has never held this line.")})


def tidy_number(value: str) -> str:
    """A telephone number without spaces, dots and hyphens; the name of an extension or trunk stays as it is."""
    bare = "".join(value.split())
    digits = bare.replace(".", "").replace("-", "")
    return digits if digits.removeprefix("+").isdigit() else bare
