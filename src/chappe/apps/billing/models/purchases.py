"""Who bought what: purchases of a customer or a line, discounts, minimum commitments. All dated, ends included."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models.catalogue import Product
from chappe.apps.billing.models.naming import PurchaseWords
from chappe.apps.billing.models.words import AREA, Section
from chappe.kit.access.door import Access, ScopedModel


def _ends_after(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
        name=name,
        violation_error_message=_("The end stands before the beginning."),
    )


class Purchase(PurchaseWords, ScopedModel):
    """A product bought by a customer, for itself or for one of its lines.

    With a line and ``follows_line`` it ends with the assignment of that line to the customer.
    """

    class Counts(models.TextChoices):
        FIXED = "fixed", _("the quantity given")
        LINES = "lines", _("the active lines of the customer")

    access = Access(area=AREA, owner="customer__owner")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="purchases", verbose_name=_("customer")
    )
    line = models.ForeignKey(
        "customers.Line", models.PROTECT, null=True, blank=True, related_name="purchases", verbose_name=_("line")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="purchases", verbose_name=_("product"))
    label = models.CharField(_("label"), max_length=150, blank=True, help_text=_("Instead of the name of the product."))
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.0001"))],
    )
    counts = models.CharField(_("what is counted"), max_length=5, choices=Counts.choices, default=Counts.FIXED)
    price = models.BigIntegerField(
        _("agreed price"), null=True, blank=True, help_text=_("Instead of the price of the product.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("Last day included."))
    bills_from = models.DateField(
        _("billed here from"),
        null=True,
        blank=True,
        help_text=_("Periods that begin before that day were billed elsewhere."),
    )
    follows_line = models.BooleanField(_("ends with its line"), default=True)
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        ordering = ["-pk"]
        constraints = [_ends_after("billing_purchase_ends_after")]
        indexes = [models.Index(fields=["customer", "starts_on"], name="billing_purchase_of")]

    def __str__(self) -> str:
        return self.label or self.product.name

    @property
    def is_active(self) -> bool:
        """Whether it runs today."""
        today = timezone.localdate()
        return self.starts_on <= today and (self.ends_on is None or self.ends_on >= today)


class Discount(ScopedModel):
    """A percentage or an amount a month off a part of the invoice. It has a line of its own, with its name."""

    class Target(models.TextChoices):
        ALL = "all", _("the whole invoice")
        SECTION = "section", _("a section")
        PRODUCT = "product", _("a product")
        CALLS = "calls", _("communications of these kinds")

    access = Access(area=AREA, owner="customer__owner")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="discounts", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("As it stands on the invoice."))
    target = models.CharField(_("applies to"), max_length=8, choices=Target.choices, default=Target.ALL)
    section = models.CharField(_("section"), max_length=14, choices=Section.choices, blank=True)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    kinds = models.JSONField(_("kinds of numbers"), default=list, blank=True)
    percent = models.DecimalField(
        _("percentage"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    amount = models.BigIntegerField(_("amount a month"), null=True, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("Last day included."))

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["-pk"]
        constraints = [
            _ends_after("billing_discount_ends_after"),
            models.CheckConstraint(
                condition=Q(percent=None, amount__isnull=False) | Q(percent__isnull=False, amount=None),
                name="billing_discount_one_way",
                violation_error_message=_("A percentage or an amount, one of the two."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Commitment(ScopedModel):
    """A minimum that a customer pays each month for some sections: the difference is a line."""

    access = Access(area=AREA, owner="customer__owner")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="commitments", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("As it stands on the invoice."))
    sections = models.JSONField(_("sections counted"), default=list, blank=True, help_text=_("None: all of them."))
    amount = models.BigIntegerField(_("minimum a month"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("Last day included."))

    class Meta:
        verbose_name = _("minimum commitment")
        verbose_name_plural = _("minimum commitments")
        ordering = ["-pk"]
        constraints = [_ends_after("billing_commitment_ends_after")]

    def __str__(self) -> str:
        return self.name
