"""What is sold: products, their dated prices, the free minutes they bring."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models.naming import PriceWords
from chappe.apps.billing.models.words import AREA, Charge, Nature, Period, Prorata, RateClass, Section, once
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.ui import formats

_code = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", _("Letters, digits, points and dashes, such as ABO-FIBRE."))


class Product(ScopedModel):
    """Something sold: a subscription, an option, a one-off service. Its price is dated, in ProductPrice."""

    Section, Nature, RateClass, Period, Prorata = Section, Nature, RateClass, Period, Prorata
    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    code = models.CharField(_("code"), max_length=40, validators=[_code])
    name = models.CharField(_("name"), max_length=150, help_text=_("As it stands on the invoice."))
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)
    section = models.CharField(
        _("section of the invoice"), max_length=14, choices=Section.choices, default=Section.SUBSCRIPTIONS
    )
    period = models.CharField(_("period"), max_length=8, choices=Period.choices, default=Period.MONTH)
    in_advance = models.BooleanField(
        _("in advance"), default=True, help_text=_("Billed before the period begins; otherwise once it is over.")
    )
    anchor_day = models.PositiveSmallIntegerField(
        _("anchor day"),
        default=1,
        help_text=_("Day on which a period begins, 1 to 31; 0: the day of the purchase."),
    )
    prorata = models.CharField(_("pro-rata"), max_length=10, choices=Prorata.choices, default=Prorata.DAYS)
    nature = models.CharField(_("nature"), max_length=9, choices=Nature.choices, default=Nature.RETAIL)
    rate_class = models.CharField(_("VAT rate"), max_length=13, choices=RateClass.choices, default=RateClass.STANDARD)
    account = models.CharField(_("account of the ledger"), max_length=20, blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        constraints = [*once("billing_product_code", "code", message=_("Another product has this code."))]

    def __str__(self) -> str:
        return f"{self.code} · {self.name}"


class ProductPrice(PriceWords, ScopedModel):
    """The price of a product from a day on. ``price``: nano for one unit; tiers: [{"up_to": "10", "price": "2.5"}, …]."""

    Charge = Charge
    access = Access(area=AREA, owner="product__owner")

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", verbose_name=_("product"))
    starts_on = models.DateField(_("from"))
    charge = models.CharField(_("model"), max_length=9, choices=Charge.choices, default=Charge.UNIT)
    price = models.BigIntegerField(_("price"), default=0, help_text=_("Excluding VAT, for one unit and one period."))
    tiers = models.JSONField(_("tiers"), default=list, blank=True)
    cost = models.BigIntegerField(
        _("purchase cost"), null=True, blank=True, help_text=_("What it costs us, for the margin.")
    )

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["product", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "starts_on"],
                name="billing_price_once_a_day",
                violation_error_message=_("This product already has a price from that day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.product.code} · {formats.day(self.starts_on)}"


class Bundle(ScopedModel):
    """Free minutes that a product brings each month to whoever bought it.

    Calls of its ``kinds`` are taken in the order of time, by rank of bundle, to the second.
    """

    access = Access(area=AREA, owner="product__owner")

    product = models.ForeignKey(Product, models.CASCADE, related_name="bundles", verbose_name=_("product"))
    name = models.CharField(_("name"), max_length=100, help_text=_("As it stands on the invoice."))
    kinds = models.JSONField(_("kinds of numbers"), default=list, help_text=_("Such as national, mobile."))
    minutes = models.PositiveIntegerField(
        _("minutes a month"), validators=[MinValueValidator(1)], help_text=_("For one unit of the product.")
    )
    is_shared = models.BooleanField(
        _("shared"), default=True, help_text=_("By all lines of the customer; otherwise only for the line that has it.")
    )
    is_prorated = models.BooleanField(_("pro-rated the month it begins or ends"), default=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=10, help_text=_("The lowest is used first."))

    class Meta:
        verbose_name = _("bundle of minutes")
        verbose_name_plural = _("bundles of minutes")
        ordering = ["product", "rank", "pk"]
        constraints = [models.CheckConstraint(condition=Q(minutes__gt=0), name="billing_bundle_has_minutes")]

    def __str__(self) -> str:
        return self.name
