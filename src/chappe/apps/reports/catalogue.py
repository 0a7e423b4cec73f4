"""The tables of reports as data: name, model, columns. ``path`` is an ORM path (or SQL over the lake for calls)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What a column holds."""

    KEY = "key"
    NUMBER = "number"
    SECONDS = "seconds"
    MONEY = "money"
    TEXT = "text"
    BOOL = "bool"
    DAY = "day"
    MOMENT = "moment"
    QUANTITY = "quantity"


@dataclass(frozen=True)
class Column:
    """``words`` replaces stored values; ``help`` says what the name does not."""

    name: str
    kind: Kind = Kind.TEXT
    path: str = ""
    help: Any = ""
    words: Mapping[Any, Any] = field(default_factory=dict)

    def as_is(self, value: Any) -> Any:
        """A value of the database as the file holds it."""
        if self.words:
            return self.words.get(value, value)
        if value is None:
            return None
        if self.kind is Kind.TEXT:
            return str(value)
        return Decimal(value) if self.kind is Kind.QUANTITY else value


@dataclass(frozen=True)
class Table:
    """``area`` is the right that reading it needs; ``where`` narrows the model."""

    name: str
    label: Any
    area: str
    columns: Sequence[Column]
    model: str = ""
    where: Q | None = None


def _key(name: str, path: str = "") -> Column:
    return Column(name, Kind.KEY, path)


def _money(name: str, help: Any = "") -> Column:
    return Column(name, Kind.MONEY, help=help)


def _day(name: str) -> Column:
    return Column(name, Kind.DAY)


SIGN = {"380": 1, "381": -1, "384": 1}
MILLION = 1_000_000

CALLS = Table(
    "calls",
    _("calls of the months of the report"),
    "communications",
    (
        Column("start", Kind.MOMENT, "timezone('{zone}', start)"),
        Column("day", Kind.DAY, "CAST(timezone('{zone}', start) AS DATE)"),
        Column("month", help=_("such as 2026-10")),
        _key("customer_id", "customer"),
        _key("line_id"),
        _key("cost_centre_id", "cost_centre"),
        _key("source_id", "source"),
        Column("ext", help=_("extension that bears the call")),
        Column("user_name"),
        Column("way", help=_("in, out or internal")),
        Column("kind", help=_("kind of number: national, mobile, sva…")),
        Column("caller", path="{caller}", help=_("digits hidden as on pages")),
        Column("number", path="{number}", help=_("number called, digits hidden as on pages")),
        Column("destination", path="matched_destination", help=_("destination of the tariff")),
        Column("asked"),
        Column("reached"),
        Column("transferred", Kind.BOOL),
        Column("answered", Kind.BOOL),
        Column("ring", Kind.SECONDS),
        Column("talk", Kind.SECONDS),
        Column("hold", Kind.SECONDS),
        Column("seconds", Kind.SECONDS, f"usage // {MILLION}"),
        Column("billed", Kind.SECONDS, f"billed // {MILLION}"),
        Column("status", help="RATED, UNRATED, REJECTED"),
        Column("reason"),
        Column("amount", Kind.MONEY, "total", _("sale price, excl. VAT")),
        Column("cost", Kind.MONEY, "buy", _("purchase price")),
        Column("rate"),
        Column("trunk"),
        Column("account_code"),
        Column("tenant"),
        Column("account"),
        Column("subject"),
        Column("call_id"),
    ),
)
TABLES: tuple[Table, ...] = (
    Table(
        "customers",
        _("customers"),
        "clients",
        (
            _key("id"), Column("number"), Column("name"), Column("kind"), _key("parent_id"), Column("parent", path="parent__name"),
            Column("siren"), Column("vat_number"), Column("line1"), Column("line2"), Column("postal_code"), Column("city"),
            Column("country"), Column("territory"), Column("billable", Kind.BOOL), Column("vat_case"), Column("reseller", Kind.BOOL),
            Column("payment_days", Kind.NUMBER), Column("payment_means"), Column("delivery"), Column("tariff_plan", path="sell_plan__code"),
            Column("brand", path="brand__name"), Column("contract"), _day("contract_end"), Column("active", Kind.BOOL),
            Column("remarks", Kind.NUMBER, "blocking_count", _("blocking remarks")), Column("operator", path="owner__name"),
        ),
        "customers.Customer",
    ),
    Table(
        "lines",
        _("lines"),
        "clients",
        (
            _key("id"), Column("number"), Column("kind"), Column("source"), Column("user_name"), Column("alias"),
            Column("active", Kind.BOOL), Column("operator", path="owner__name"),
        ),
        "customers.Line",
    ),
    Table(
        "assignments",
        _("who holds which line when, days included"),
        "clients",
        (
            _key("line_id"), Column("line", path="line__number"), Column("user_name", path="line__user_name"), _key("customer_id"),
            Column("customer", path="customer__name"), _key("cost_centre_id"), Column("cost_centre", path="cost_centre__code"),
            _day("starts_on"), _day("ends_on"),
        ),
        "customers.Assignment",
    ),
    Table(
        "cost_centres",
        _("cost centres"),
        "clients",
        (_key("id"), Column("code"), Column("name"), _key("customer_id"), Column("customer", path="customer__name")),
        "customers.CostCentre",
    ),
    Table(
        "sources",
        _("sources of tickets"),
        "collecte",
        (_key("id"), Column("code", path="slug"), Column("name"), Column("way"), Column("profile")),
        "collect.Source",
    ),
    Table(
        "invoices",
        _("invoices and credit notes; multiply by sign to add them up"),
        "facturation",
        (
            _key("id"), Column("number"), Column("sign", Kind.NUMBER, "kind", _("1 for an invoice, -1 for a credit note"), SIGN),
            Column("kind"), Column("state", help="draft, excluded, issued"), _day("month"), _day("issue_date"), _day("due_date"),
            _key("customer_id"), Column("customer_number", path="customer__number"), Column("customer", path="customer__name"),
            _money("net", _("excl. VAT")), _money("tax", _("VAT")), _money("gross", _("incl. VAT")), _money("subscriptions"),
            _money("communications"), _money("others"), Column("calls", Kind.NUMBER), Column("seconds", Kind.SECONDS),
            _key("run_id"), Column("run", path="run__name"), Column("operator", path="owner__name"),
        ),
        "billing.Invoice",
        ~Q(state="excluded"),
    ),
    Table(
        "invoice_lines",
        _("lines of invoices"),
        "facturation",
        (
            _key("invoice_id"), Column("invoice", path="invoice__number"), Column("state", path="invoice__state"),
            Column("sign", Kind.NUMBER, "invoice__kind", words=SIGN), _key("customer_id"), Column("label"), Column("section"),
            Column("quantity", Kind.QUANTITY), _money("price"), _money("net"), Column("vat_category"), Column("vat_rate"),
            _day("period_from"), _day("period_to"), _day("month"), Column("line_number"), Column("product", path="product__code"),
            Column("calls", Kind.NUMBER), Column("seconds", Kind.SECONDS),
        ),
        "billing.BilledLine",
        Q(is_removed=False) & ~Q(invoice__state="excluded"),
    ),
    Table(
        "products",
        _("products"),
        "facturation",
        (_key("id"), Column("code"), Column("name"), Column("section"), Column("period"), Column("active", Kind.BOOL)),
        "billing.Product",
    ),
    Table(
        "purchases",
        _("what customers have bought"),
        "facturation",
        (
            _key("id"), _key("customer_id"), Column("customer", path="customer__name"), Column("line", path="line__number"),
            Column("product", path="product__code"), Column("name", path="product__name"), Column("label"),
            Column("quantity", Kind.QUANTITY), _money("price"), _day("starts_on"), _day("ends_on"),
        ),
        "billing.Purchase",
    ),
    Table(
        "payments",
        _("payments received"),
        "paiements",
        (
            _key("id"), _day("day"), Column("kind"), _money("amount"), Column("means"), Column("reference"), Column("label"),
            _key("customer_id"), Column("customer", path="customer__name"),
        ),
        "payments.Payment",
    ),
    Table(
        "operators",
        _("operators"),
        "lexique",
        (_key("id"), Column("name"), Column("kind"), Column("tenant"), Column("active", Kind.BOOL)),
        "parties.Operator",
    ),
)  # fmt: skip
