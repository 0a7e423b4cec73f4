"""Choices shared by several tables of billing, with their words."""

from django.db import models
from django.utils.translation import gettext_lazy as _

AREA = "facturation"


class Section(models.TextChoices):
    """The parts of a telephone bill (arrêté of 31 December 2013), in the order in which they are printed."""

    SUBSCRIPTIONS = "subscriptions", _("Subscriptions, plans")
    OPTIONS = "options", _("Options")
    COMMUNICATIONS = "communications", _("Communications")
    ONE_OFF = "one_off", _("One-off services")
    SERVICES = "services", _("Other services")
    THIRD_PARTY = "third_party", _("Services of third parties")


class Nature(models.TextChoices):
    """Decides, with the customer, whether the telecom reverse charge applies (CGI 283, 2 octies); goods or services decide
    the category of the operation on the invoice (BT-23).
    """

    RETAIL = "retail", _("retail")
    WHOLESALE = "wholesale", _("wholesale, for resale")
    OTHER = "other", _("not a communication service")
    GOODS = "goods", _("goods (equipment sold)")


class RateClass(models.TextChoices):
    """Class of rate; the rate itself is dated data and depends on the territory."""

    STANDARD = "standard", _("standard rate")
    INTERMEDIATE = "intermediate", _("intermediate rate")
    REDUCED = "reduced", _("reduced rate")
    SUPER_REDUCED = "super_reduced", _("particular rate")


class Period(models.TextChoices):
    ONCE = "once", _("one-off")
    MONTH = "month", _("monthly")
    QUARTER = "quarter", _("quarterly")
    YEAR = "year", _("yearly")


class Prorata(models.TextChoices):
    """How an incomplete period is counted; the rules are in core/billing/periods.py."""

    NONE = "none", _("whole period when it begins in it, nothing given back")
    DAYS = "days", _("by days of the period")
    THIRTIETHS = "thirtieths", _("in thirtieths")
    FULL_MONTH = "full_month", _("every month begun counts whole")


class Charge(models.TextChoices):
    UNIT = "unit", _("price a unit")
    GRADUATED = "graduated", _("graduated tiers: each unit at the price of its tier")
    VOLUME = "volume", _("volume tiers: all units at the price of the tier reached")
    PACKAGE = "package", _("packages: each package begun is paid")


class CallKind(models.TextChoices):
    """Families of communications, as bundles, discounts and lines of invoices name them (kinds.py has the classes of each)."""

    NATIONAL = "national", _("fixed lines in France")
    MOBILE = "mobile", _("mobiles in France")
    OVERSEAS = "overseas", _("overseas France")
    INTERNATIONAL = "international", _("international")
    SPECIAL = "special", _("special and short numbers")
    FREE = "free", _("free numbers")
    INTERNAL = "internal", _("internal")
    INCOMING = "incoming", _("calls received")
    OTHER = "other", _("other")


def once(name: str, *fields: str, message: object = None) -> list[models.UniqueConstraint]:
    """``fields`` once for each owner, the house (no owner) included: NULL is equal to nothing in a plain constraint."""
    said = {"violation_error_message": message} if message else {}
    return [
        models.UniqueConstraint(fields=["owner", *fields], name=f"{name}_owner", **said),
        models.UniqueConstraint(fields=fields, condition=models.Q(owner=None), name=f"{name}_house", **said),
    ]
