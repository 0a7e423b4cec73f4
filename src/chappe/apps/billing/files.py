"""Files of products, of their prices and of purchases (CSV, XLSX): plan → apply → undo through the exchange.

What the lists of these screens export is read back: their headers and their words are known in French and in English.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.billing import services, tables
from chappe.apps.billing.access import AREA
from chappe.apps.billing.models import Product, ProductPrice, Purchase
from chappe.apps.billing.models.words import Charge, Nature, Period, Prorata, RateClass, Section
from chappe.apps.customers.files import OwnedTable, plan, read, sniff
from chappe.apps.exchange.formats import Format, register_format
from chappe.apps.exchange.rows import TableColumn
from chappe.core.base.issue import declare

declare({"sold.line-not-held": N_("Line {number} has never been held by “{customer}”.")})

PERIODS = {
    "once": ("une fois", "ponctuel", "ponctuelle"),
    "month": ("mois", "mensuelle"),
    "quarter": ("trimestre", "trimestrielle"),
    "year": ("an", "année", "annuel", "annuelle"),
}
Headers = Mapping[str, tuple[tuple[str, ...], Any]]
PRODUCT_COLUMNS: Headers = {
    "code": (("code", "code produit", "référence", "product"), None),
    "name": (("nom", "désignation", "libellé"), None),
    "name_en": (("nom en anglais", "name in english"), None),
    "section": (("rubrique", "section"), tables.words_of(Section, {"subscriptions": ("abonnement", "forfait")})),
    "period": (("période", "périodicité"), tables.words_of(Period, PERIODS)),
    "in_advance": (("d’avance", "terme à échoir"), tables.yes_no),
    "anchor_day": (("jour d’ancrage", "jour d’échéance", "jour"), tables.whole),
    "prorata": (("prorata", "pro-rata"), tables.words_of(Prorata)),
    "nature": (("nature",), tables.words_of(Nature)),
    "rate_class": (("taux de tva", "vat rate", "tva"), tables.words_of(RateClass)),
    "account": (("compte comptable", "compte", "account of the ledger"), None),
    "active": (("actif", "active"), tables.yes_no),
}
PRICE_COLUMNS: Headers = {
    "product_code": (("produit", "code produit", "product"), None),
    "starts_on": (("depuis", "à partir du", "from", "du"), tables.day),
    "charge": (("modèle", "model"), tables.words_of(Charge)),
    "price": (("prix", "prix ht", "price", "tarif"), tables.money),
    "tiers_text": (("tranches", "paliers", "tiers"), tables.tiers),
    "cost": (("coût d’achat", "coût", "purchase cost", "cost"), tables.money),
}
PURCHASE_COLUMNS: Headers = {
    "customer_number": (("client", "n° client", "numéro client", "customer"), None),
    "line_number": (("ligne", "poste", "line"), None),
    "product_code": (("produit", "code produit", "product"), None),
    "label": (("libellé", "label"), None),
    "quantity": (("quantité", "quantity"), tables.quantity),
    "counts": (("ce qui est compté", "what is counted"), tables.words_of(Purchase.Counts)),
    "price": (("prix convenu", "prix", "agreed price"), tables.money),
    "starts_on": (("depuis", "à partir du", "from", "du"), tables.day),
    "ends_on": (("jusqu’au", "until", "fin", "au"), tables.day),
    "bills_from": (("facturé ici depuis", "billed here from"), tables.day),
    "follows_line": (("finit avec sa ligne", "se termine avec sa ligne", "ends with its line"), tables.yes_no),
    "reference": (("référence", "reference"), None),
}


def _columns(headers: Headers, kept: Iterable[str]) -> list[TableColumn]:
    """``kept``: an empty cell leaves what there is."""
    return [
        TableColumn(name=name, aliases=words, parse=parse, keeps_empty=name in kept)
        for name, (words, parse) in headers.items()
    ]


def _verbs(model: type) -> dict[str, Any]:
    return {"create": partial(services.create, model=model), "update": services.update, "delete": services.delete}


PRODUCTS = OwnedTable(
    model=Product, columns=_columns(PRODUCT_COLUMNS, set(PRODUCT_COLUMNS) - {"name_en", "account"}), keys=("code",), names={},
    **_verbs(Product),
)  # fmt: skip
PRICES = tables.PriceTable(
    model=ProductPrice, columns=_columns(PRICE_COLUMNS, {"charge", "starts_on", "price"}), keys=("file_key",), needed=("product_code",),
    names={"product_code": _("product"), "tiers_text": _("tiers")}, **_verbs(ProductPrice),
)  # fmt: skip
PURCHASES = tables.PurchaseTable(
    model=Purchase, columns=_columns(PURCHASE_COLUMNS, {"quantity", "counts", "starts_on", "follows_line"}), keys=("file_key",),
    needed=("product_code",),
    names={"customer_number": _("customer"), "line_number": _("line"), "product_code": _("product")}, **_verbs(Purchase),
)  # fmt: skip


def _count(path: str, model: Any, owner: Any) -> int:
    return int(model.objects.filter(**{path: owner}).count())


def _format(slug: str, table: Any, words: Sequence[str], path: str, **told: Any) -> None:
    register_format(
        Format(
            slug=slug, area=AREA, sniff=partial(sniff, table, words), read=partial(read, table), plan=partial(plan, table),
            apply=table.apply, undo=table.undo, fields=table.labels(),
            says=table.says(), existing=partial(_count, path, table.model), **told,
        )
    )  # fmt: skip


_format(
    "products", PRODUCTS, ("produit", "product", "catalogue"), "owner",
    label=_("Products"), icon="package",
    description=_("One product a line, found by its code. Prices have a file of their own. Nothing is deleted."),
    columns=(
        ("code", _("needed; letters, digits, points and dashes")),
        ("nom", _("as it stands on the invoice; needed for a new product")),
        ("rubrique, période, prorata, nature, taux de tva", _("the words of the list, in French or in English, or their codes")),
        ("d’avance, actif", _("oui or non")),
        ("jour d’ancrage, compte comptable, nom en anglais", _("optional; a column that is not there changes nothing")),
    ),
    sample="code;nom;rubrique;période;d’avance;prorata;taux de tva\nABO-FIBRE;Abonnement fibre;abonnements, forfaits;mensuelle;oui;days;standard\n"
    "MES;Mise en service;services ponctuels;ponctuelle;non;none;standard\n",
)  # fmt: skip
_format(
    "prices", PRICES, ("prix", "price"), "product__owner",
    label=_("Prices of products"), icon="coin-euro",
    description=_("One price a line, found by its product and its first day. Earlier prices stay."),
    columns=(
        ("produit", _("the code of the product; needed")),
        ("depuis", _("the first day; needed")),
        ("prix, coût d’achat", _("excluding VAT, for one unit and one period")),
        ("modèle, tranches", _("with tiers: graduated and 10:5|:3, ten units at five euros, then three")),
    ),
    sample="produit;depuis;prix;coût d’achat\nABO-FIBRE;2026-01-01;29,90;14,00\nMES;01/01/2026;49;\n",
)  # fmt: skip
_format(
    "purchases", PURCHASES, ("achat", "abonnement", "purchase", "subscription"), "customer__owner",
    label=_("Purchases and subscriptions"), icon="shopping-cart",
    description=_("One purchase a line, found by its reference, else by its customer, product, line and first day."),
    columns=(
        ("client, produit", _("the number of the customer and the code of the product; needed")),
        ("ligne", _("the extension or number it is for; empty: the customer itself")),
        ("depuis, jusqu’au", _("first and last day; empty: without end")),
        ("quantité, prix convenu, libellé", _("instead of one unit, of the price and of the name of the product")),
        ("référence", _("your own; with it a purchase may change its product, its line or its days")),
    ),
    sample="référence;client;ligne;produit;quantité;prix convenu;depuis;jusqu’au\nA-1001;C000001;;ABO-FIBRE;1;;2026-01-01;\n"
    "A-1002;C000001;201;OPTION-MOBILE;1;4,50;2026-02-15;2026-12-31\n",
)  # fmt: skip
