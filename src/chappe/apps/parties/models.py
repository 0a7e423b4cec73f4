"""Who the house deals with: operators, the people to call there, and the communes of France.

Source of the operator's fields: OIConnect manual, (8)7) Configuration, “Opérateurs”. Data only; the verbs
stand in services.py.
"""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.apps.parties.checks import check_phone, check_siren
from chappe.kit.access.door import EVERYONE, SELF, Access, ScopedModel
from chappe.kit.access.secrets import EncryptedTextField

_four = RegexValidator(r"^[A-Z0-9]{4}\Z", _("Four capital letters or digits, such as BORE."))
_two = RegexValidator(r"^[A-Z0-9]{2}\Z", _("Two capital letters or digits, such as FI."))
_colour = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("A colour such as #1d4ed8."))
_insee = RegexValidator(r"^(\d{2}|2[AB])\d{3}\Z", _("Five characters, such as 39198 or 2A004."))
_postal = RegexValidator(r"^\d{5}( \d{5})*\Z", _("Five digits each, separated by spaces."))


class Operator(ScopedModel):
    """A company on the other side of an exchange: it orders, supplies, or owns the network.

    A partner's user belongs to one and sees only what is its own (``owner="self"``: the row itself).
    """

    access = Access(area="lexique", owner=SELF)

    class Kind(models.TextChoices):
        OC = "oc", _("commercial operator (OC)")
        OI = "oi", _("infrastructure operator (OI)")
        VNO = "vno", _("virtual operator (VNO)")
        SUPPLIER = "supplier", _("supplier")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.OC)
    active = models.BooleanField(_("active"), default=True)
    code_arcep = models.CharField(_("ARCEP code"), max_length=4, blank=True, validators=[_four])
    code_interop = models.CharField(
        _("Interop’Fibre code"),
        max_length=4,
        blank=True,
        validators=[_four],
        help_text=_("May differ from the ARCEP code."),
    )
    prefix_pto = models.CharField(
        _("ARCEP prefix"),
        max_length=2,
        blank=True,
        validators=[_two],
        help_text=_("First characters of its PTO."),
    )
    siren = models.CharField(
        _("SIREN"),
        max_length=9,
        blank=True,
        validators=[check_siren],
        help_text=_("Nine digits. Needed for after-sales exchanges by web service."),
    )
    erp_id = models.CharField(
        _("customer number in the ERP"),
        max_length=64,
        blank=True,
        help_text=_("Needed for monthly invoices."),
    )
    tenant = models.CharField(
        _("tenant code"),
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The name that tariffs and call records give to this operator."),
    )
    ftp_host = models.CharField(_("FTP server"), max_length=200, blank=True)
    ftp_login = models.CharField(_("FTP account"), max_length=100, blank=True)
    ftp_password = EncryptedTextField(_("FTP password"), blank=True, default="")
    sav_url = models.CharField(
        _("after-sales web service"), max_length=300, blank=True, validators=[URLValidator(["https", "http"])]
    )
    sav_login = models.CharField(_("after-sales account"), max_length=100, blank=True)
    sav_secret = EncryptedTextField(_("after-sales secret"), blank=True, default="")
    colour = models.CharField(_("colour"), max_length=7, default="#1d4ed8", validators=[_colour])
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["code_interop"],
                condition=~Q(code_interop=""),
                name="parties_interop_unique",
                violation_error_message=_("Another operator has this Interop’Fibre code."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Codes in capitals, SIREN without spaces; no tenant is null, since the code is unique."""
        self.tenant = (self.tenant or "").strip() or None
        self.siren = "".join(self.siren.split())
        for name in ("code_arcep", "code_interop", "prefix_pto"):
            setattr(self, name, getattr(self, name).strip().upper())

    def clean_fields(self, exclude: Any = None) -> None:
        self.clean()  # before the validators, which expect the tidy form
        super().clean_fields(exclude=exclude)


class OperatorProtocol(ScopedModel):
    """The version of the Interop’Fibre protocol to speak with an operator, for one family of messages."""

    access = Access(area="lexique", owner="operator")

    class Flow(models.TextChoices):
        ACCES = "acces", _("access orders")
        PM = "pm", _("PM information and orders")
        IPE = "ipe", _("IPE (network state)")
        CPN = "cpn", _("CPN (PM and their PRDM)")
        SAV = "sav", _("after-sales")
        LIEN = "lien", _("PM–PRDM links")

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="protocols", verbose_name=_("operator"))
    flow = models.CharField(_("flow"), max_length=10, choices=Flow.choices)
    version = models.CharField(
        _("version"),
        max_length=8,
        validators=[RegexValidator(r"^\d{1,2}(\.\d{1,2}){0,2}\Z", _("Such as 1.3."))],
    )

    class Meta:
        verbose_name = _("protocol version")
        verbose_name_plural = _("protocol versions")
        ordering = ["operator", "flow"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "flow"],
                name="parties_one_version_per_flow",
                violation_error_message=_("This operator already has a version for this flow."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator} · {self.get_flow_display()} {self.version}"


class Contact(ScopedModel):
    """A person to reach at an operator."""

    access = Access(area="lexique", owner="operator")
    audit_personal = ("first_name", "last_name", "email", "phone", "mobile", "description")

    operator = models.ForeignKey(Operator, models.PROTECT, related_name="contacts", verbose_name=_("operator"))
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True, validators=[check_phone])
    mobile = models.CharField(_("mobile"), max_length=30, blank=True, validators=[check_phone])
    description = models.CharField(_("description"), max_length=200, blank=True, help_text=_("What to call them for."))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["last_name", "first_name"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Commune(ScopedModel):
    """A commune of France, by its INSEE code."""

    access = Access(area="lexique", owner=EVERYONE)

    insee = models.CharField(_("INSEE code"), max_length=5, unique=True, validators=[_insee])
    name = models.CharField(_("name"), max_length=120, db_index=True)
    postal_codes = models.CharField(_("postal codes"), max_length=255, validators=[_postal])
    population = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )

    class Meta:
        verbose_name = _("commune")
        verbose_name_plural = _("communes")
        ordering = ["name", "insee"]

    def __str__(self) -> str:
        return f"{self.name} ({self.insee})"

    def clean_fields(self, exclude: Any = None) -> None:
        self.insee = self.insee.strip().upper()
        self.postal_codes = " ".join(self.postal_codes.replace(",", " ").replace(";", " ").split())
        super().clean_fields(exclude=exclude)
