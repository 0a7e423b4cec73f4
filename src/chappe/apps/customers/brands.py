"""The seller as its customers see it: legal identity, bank, colours and texts of the documents.

An issued invoice carries a copy of all this: changing a brand changes no document that has left.
"""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import Access, ScopedModel

_colour = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("A colour such as #1d4ed8."))
_slug = RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z", _("Small letters, digits and hyphens."))


class Brand(ScopedModel):
    """A seller identity and its layout. ``owner`` None: a brand of the house. ``is_default`` serves customers without one."""

    class Regime(models.TextChoices):
        MONTHLY = "monthly", _("normal, monthly")
        QUARTERLY = "quarterly", _("quarterly or simplified")
        FRANCHISE = "franchise", _("franchise")

    access = Access(area="clients", owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="brands", verbose_name=_("operator")
    )
    slug = models.CharField(_("code"), max_length=40, unique=True, validators=[_slug])
    name = models.CharField(_("trade name"), max_length=120)
    is_default = models.BooleanField(_("for customers without a brand"), default=False)
    legal_name = models.CharField(_("legal name"), max_length=150, blank=True)
    legal_form = models.CharField(
        _("legal form and capital"), max_length=120, blank=True, help_text=_("Such as: SAS au capital de 50 000 €.")
    )
    rcs = models.CharField(_("trade register"), max_length=80, blank=True, help_text=_("Such as: RCS Lyon."))
    siren = models.CharField(_("SIREN"), max_length=20, blank=True)
    siret = models.CharField(_("SIRET"), max_length=20, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    electronic_address = models.CharField(_("electronic address"), max_length=125, blank=True)
    line1 = models.CharField(_("address"), max_length=150, blank=True)
    line2 = models.CharField(_("address, continued"), max_length=150, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR")
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    website = models.CharField(_("web site"), max_length=200, blank=True)
    support = models.CharField(
        _("customer service"),
        max_length=200,
        blank=True,
        help_text=_("Number, hours and cost of the call, as the bill must say."),
    )
    iban = models.CharField(_("IBAN"), max_length=42, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    ics = models.CharField(_("SEPA creditor identifier (ICS)"), max_length=35, blank=True)
    franchise = models.BooleanField(_("no VAT (CGI 293 B)"), default=False)
    debits_since = models.DateField(
        _("VAT on débits since"),
        null=True,
        blank=True,
        help_text=_("Day of the option; empty: VAT falls due on payment."),
    )
    vat_regime = models.CharField(
        _("regime of VAT"),
        max_length=12,
        choices=Regime.choices,
        default=Regime.MONTHLY,
        help_text=_("Decides the periods and the days of the e-reporting."),
    )
    late_rate = models.CharField(
        _("late payment"),
        max_length=300,
        blank=True,
        help_text=_("Rate of the penalties; empty: three times the legal rate."),
    )
    discount_text = models.CharField(
        _("early payment"), max_length=300, blank=True, help_text=_("Discount for early payment; empty: none.")
    )
    recovery_text = models.CharField(
        _("recovery fee"), max_length=300, blank=True, help_text=_("Empty: the fixed fee of 40 €.")
    )
    header_text = models.TextField(_("text above"), blank=True)
    footer_text = models.TextField(_("text below"), blank=True)
    mail_subject = models.CharField(_("subject of the e-mail"), max_length=200, blank=True)
    mail_text = models.TextField(_("text of the e-mail"), blank=True)
    logo = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    colour = models.CharField(_("colour"), max_length=7, default="#1d4ed8", validators=[_colour])
    accent = models.CharField(_("second colour"), max_length=7, default="#0f766e", validators=[_colour])
    layout = models.JSONField(_("layout"), default=dict, blank=True, editable=False)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(is_default=True),
                name="customers_brand_default_owner",
                violation_error_message=_("Another brand already serves customers without one."),
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True, owner=None),
                name="customers_brand_default_house",
                violation_error_message=_("Another brand already serves customers without one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Any = None) -> None:
        self.slug = self.slug.strip().lower()
        for name in ("siren", "siret", "vat_number", "iban", "bic", "ics", "country"):
            setattr(self, name, "".join(getattr(self, name).split()).upper())
        super().clean_fields(exclude=exclude)
