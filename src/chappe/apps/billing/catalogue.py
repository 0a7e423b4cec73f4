"""Screens of what is sold and bought: products, prices, bundles, purchases, discounts, minimums, series of numbers."""

from functools import partial

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing import cells, forms, services
from chappe.apps.billing.access import AREA
from chappe.apps.billing.models import Bundle, Commitment, Discount, Product, ProductPrice, Purchase, Series, SeriesYear
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Chip, Column, FilterKind, Kind, Menu, Related, Scope, Screen, Tone

SECTION = "billing"
registry.menu_section(SECTION, _("Billing"), 60)


def _writers(model: type) -> dict:
    return {"create": partial(services.create, model=model), "update": services.update, "delete": services.delete}


def _running() -> Q:
    today = timezone.localdate()
    return Q(starts_on__lte=today) & (Q(ends_on=None) | Q(ends_on__gte=today))


DATED = (
    Column(name="starts_on", label=_("From"), kind=Kind.DATE),
    Column(name="ends_on", label=_("Until"), kind=Kind.DATE),
)
RUNNING = (Chip(name="running", label=_("Running today"), where=lambda user: _running()),)

registry.register(
    Screen(
        slug="billing.product",
        model=Product,
        label=_("Products"),
        label_one=_("Product"),
        area=AREA,
        menu=Menu(section=SECTION, icon="package", order=40),
        intro=_("Subscriptions, options and one-off services, with their dated prices and their free minutes."),
        scopes=(
            Scope(name="active", label=_("Active"), where=Q(active=True)),
            Scope(name="archived", label=_("Archived"), where=Q(active=False)),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="code", label=_("Code"), kind=Kind.REF),
            Column(name="name", label=_("Name")),
            Column(name="name_en", label=_("Name in English"), shown=False),
            Column(name="section", label=_("Section"), kind=Kind.STATE, tones=dict.fromkeys(Product.Section, Tone.NEW)),
            Column(name="period", label=_("Period"), filter=FilterKind.CHOICE),
            Column(name="in_advance", label=_("In advance"), kind=Kind.BOOL),
            Column(name="anchor_day", label=_("Anchor day"), kind=Kind.NUMBER, shown=False),
            Column(name="prorata", label=_("Pro-rata"), filter=FilterKind.CHOICE, shown=False),
            Column(name="nature", label=_("Nature"), filter=FilterKind.CHOICE, shown=False),
            Column(name="rate_class", label=_("VAT rate"), filter=FilterKind.CHOICE, shown=False),
            Column(name="account", label=_("Account of the ledger"), shown=False),
            Column(name="active", label=_("Active"), kind=Kind.BOOL),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("code", "name"),
        ordering=("code",),
        head="name",
        related=(
            Related(screen="billing.price", path="product", label=_("Prices")),
            Related(screen="billing.bundle", path="product", label=_("Bundles of minutes")),
            Related(screen="billing.purchase", path="product", label=_("Purchases")),
        ),
        fields=(
            "owner", "code", "name", "name_en", "section", "period", "in_advance", "anchor_day", "prorata", "nature", "rate_class",
            "account", "active",
        ),
        bulk_fields=("section", "rate_class", "account", "active"),
        **_writers(Product),
        empty=_("No product yet. Add a subscription, then its price."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="billing.price",
        model=ProductPrice,
        label=_("Prices"),
        label_one=_("Price"),
        area=AREA,
        columns=(
            Column(name="product", label=_("Product"), kind=Kind.LINK),
            Column(name="starts_on", label=_("From"), kind=Kind.DATE),
            Column(name="charge", label=_("Model"), filter=FilterKind.CHOICE),
            Column(name="price", label=_("Price"), kind=Kind.MONEY, draw=cells.price),
            Column(name="cost", label=_("Purchase cost"), kind=Kind.MONEY),
        ),
        search=("product__code", "product__name"),
        ordering=("product", "-starts_on"),
        fields=("product", "starts_on", "charge", "price", "tiers", "cost"),
        form=forms.PriceForm,
        **_writers(ProductPrice),
        empty=_("No price yet: a product without a price parks its customers."),
    )
)

registry.register(
    Screen(
        slug="billing.bundle",
        model=Bundle,
        label=_("Bundles of minutes"),
        label_one=_("Bundle of minutes"),
        area=AREA,
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="product", label=_("Product"), kind=Kind.LINK),
            Column(name="minutes", label=_("Minutes a month"), kind=Kind.NUMBER),
            Column(name="is_shared", label=_("Shared"), kind=Kind.BOOL),
            Column(name="is_prorated", label=_("Pro-rated"), kind=Kind.BOOL),
            Column(name="rank", label=_("Rank"), kind=Kind.NUMBER),
        ),
        search=("name", "product__code", "product__name"),
        ordering=("product", "rank"),
        fields=("product", "name", "kinds", "minutes", "is_shared", "is_prorated", "rank"),
        form=forms.BundleForm,
        **_writers(Bundle),
        empty=_("No bundle yet: free minutes that a product brings each month."),
    )
)

registry.register(
    Screen(
        slug="billing.purchase",
        model=Purchase,
        label=_("Purchases"),
        label_one=_("Purchase"),
        area=AREA,
        menu=Menu(section=SECTION, icon="shopping-cart", order=50),
        intro=_("What each customer, or each of its lines, has bought. On a line, a subscription ends with it."),
        rows=lambda rows, user: rows.select_related("product", "customer", "line"),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="endless", label=_("Without end"), where=Q(ends_on=None)),
            Scope(name="ended", label=_("With an end"), where=Q(ends_on__isnull=False)),
        ),
        chips=RUNNING,
        columns=(
            Column(name="title", source="__str__", label=_("Purchase"), kind=Kind.REF, sortable=False, filter=FilterKind.NONE),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="line", label=_("Line"), kind=Kind.LINK),
            Column(name="product", label=_("Product"), kind=Kind.LINK),
            Column(name="quantity", label=_("Quantity"), kind=Kind.NUMBER),
            Column(name="price", label=_("Agreed price"), kind=Kind.MONEY),
            *DATED,
            Column(name="bills_from", label=_("Billed here from"), kind=Kind.DATE, shown=False),
            Column(name="counts", label=_("What is counted"), filter=FilterKind.CHOICE, shown=False),
            Column(name="follows_line", label=_("Ends with its line"), kind=Kind.BOOL, shown=False),
            Column(name="label", label=_("Label"), shown=False),
            Column(name="reference", label=_("Reference"), shown=False),
        ),
        search=("customer__name", "customer__number", "product__code", "product__name", "line__number", "reference", "label"),
        fields=(
            "customer", "line", "product", "label", "quantity", "counts", "price", "starts_on", "ends_on", "bills_from",
            "follows_line", "reference",
        ),
        form=forms.PurchaseForm,
        bulk_fields=("ends_on",),
        **_writers(Purchase),
        empty=_("No purchase yet. Give a product to a customer, or to one of its lines."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="billing.discount",
        model=Discount,
        label=_("Discounts"),
        label_one=_("Discount"),
        area=AREA,
        menu=Menu(section=SECTION, icon="discount-2", order=60),
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="target", label=_("Applies to"), filter=FilterKind.CHOICE),
            Column(name="percent", label=_("Percentage"), kind=Kind.NUMBER),
            Column(name="amount", label=_("Amount a month"), kind=Kind.MONEY),
            *DATED,
        ),
        chips=RUNNING,
        search=("name", "customer__name", "customer__number"),
        fields=(
            "customer",
            "name",
            "target",
            "section",
            "product",
            "kinds",
            "percent",
            "amount",
            "starts_on",
            "ends_on",
        ),
        form=forms.DiscountForm,
        **_writers(Discount),
        empty=_("No discount yet."),
    )
)

registry.register(
    Screen(
        slug="billing.commitment",
        model=Commitment,
        label=_("Minimum commitments"),
        label_one=_("Minimum commitment"),
        area=AREA,
        menu=Menu(section=SECTION, icon="arrow-bar-to-up", order=65),
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="amount", label=_("Minimum a month"), kind=Kind.MONEY),
            *DATED,
        ),
        chips=RUNNING,
        search=("name", "customer__name", "customer__number"),
        fields=("customer", "name", "sections", "amount", "starts_on", "ends_on"),
        form=forms.CommitmentForm,
        **_writers(Commitment),
        empty=_("No minimum commitment yet."),
    )
)

registry.register(
    Screen(
        slug="billing.series",
        model=Series,
        label=_("Series of numbers"),
        label_one=_("Series of numbers"),
        area=AREA,
        menu=Menu(section=SECTION, icon="list-numbers", order=85),
        intro=_("Continuous sequences: no gap, one number after another, and they begin again each year."),
        columns=(
            Column(name="code", label=_("Code"), kind=Kind.REF),
            Column(name="name", label=_("Name")),
            Column(name="prefix", label=_("Prefix")),
            Column(name="pattern", label=_("Pattern")),
            Column(name="is_default", label=_("By default"), kind=Kind.BOOL),
            Column(name="for_credit_notes", label=_("For credit notes"), kind=Kind.BOOL),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("code", "name"),
        ordering=("code",),
        head="name",
        related=(Related(screen="billing.series-year", path="series", label=_("Years")),),
        fields=("owner", "code", "name", "prefix", "pattern", "is_default", "for_credit_notes"),
        **_writers(Series),
        empty=_("No series yet: one is made with the first run."),
    )
)

registry.register(
    Screen(
        slug="billing.series-year",
        model=SeriesYear,
        label=_("Years of the series"),
        label_one=_("Year of a series"),
        area=AREA,
        columns=(
            Column(name="series", label=_("Series of numbers"), kind=Kind.LINK),
            Column(name="year", label=_("Year"), kind=Kind.REF),
            Column(name="last", label=_("Last number"), kind=Kind.NUMBER),
            Column(name="last_date", label=_("Date of the last"), kind=Kind.DATE),
        ),
        ordering=("series", "-year"),
        empty=_("No number was given yet."),
        history=False,
    )
)
