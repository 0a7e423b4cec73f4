"""The file of risky prefixes (CSV or XLSX: prefix;label;risk): plan → apply → undo through the exchange."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.files import OwnedTable, count, one_of, plan, read, sniff
from chappe.apps.exchange.formats import Format, register_format
from chappe.apps.exchange.rows import TableColumn
from chappe.apps.watch import services
from chappe.apps.watch.access import AREA
from chappe.apps.watch.models import RiskyPrefix

RISKS = {
    "low": ("faible", "bas", "1"),
    "medium": ("moyen", "moyenne", "2"),
    "high": ("élevé", "haut", "fort", "3"),
}


def tidy(cell: str) -> str:
    """« +88213 », « 0088213 » and « 88 213 » are 88213."""
    digits = "".join(cell.split()).removeprefix("+")
    return digits[2:] if digits.startswith("00") else digits


PREFIXES = OwnedTable(
    model=RiskyPrefix,
    columns=(
        TableColumn(name="prefix", aliases=("préfixe", "indicatif", "range", "tranche"), parse=tidy),
        TableColumn(name="label", aliases=("libellé", "destination", "pays", "country", "name")),
        TableColumn(name="risk", aliases=("risque", "niveau", "level"), parse=one_of(RISKS), keeps_empty=True),
    ),
    keys=("prefix",),
    needed=("prefix",),
    tidy={"prefix": tidy},
    names={},
    create=services.create_prefix,
    update=services.update,
    delete=services.delete,
)

register_format(
    Format(
        slug="risky-prefixes",
        label=_("Risky prefixes"),
        description=_(
            "One prefix a line, found by its digits. Nothing is deleted: a prefix that is not in the file stays."
        ),
        icon="shield-exclamation",
        area=AREA,
        sniff=partial(sniff, PREFIXES, ("irsf", "risque", "risky")),
        read=partial(read, PREFIXES),
        plan=partial(plan, PREFIXES),
        apply=PREFIXES.apply,
        undo=PREFIXES.undo,
        fields=PREFIXES.labels(),
        says=PREFIXES.says(),
        columns=(
            ("prefix", _("digits in international form; needed")),
            ("label", _("optional: country, network")),
            ("risk", _("low, medium or high; high when it is not said")),
        ),
        sample="prefix;label;risk\n88213;Réseau mondial;high\n1876;Jamaïque;medium\n",
        existing=partial(count, RiskyPrefix),
    )
)
