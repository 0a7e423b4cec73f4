"""Files of what is sold and bought, as rows: which row a line means, which rows its words mean. Decided for the owner of the file."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, TextChoices
from django.utils import translation

from chappe.apps.billing import services
from chappe.apps.billing.models import Product, ProductPrice, Purchase
from chappe.apps.customers.files import OwnedTable
from chappe.apps.customers.files import yes_no as plain_yes_no
from chappe.apps.customers.models import Customer, Line, tidy_number
from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Applied
from chappe.apps.exchange.rows import BadWord, RowTable
from chappe.core.base.money import to_nano
from chappe.kit.access.actor import Actor
from chappe.kit.ui import formats as written

FOUR = Decimal("0.0001")
TRUE, FALSE = {"true", "vrai", "1"}, {"false", "faux", "0"}


def yes_no(cell: str) -> bool:
    """A word for yes or no, or what a spreadsheet makes of it."""
    word = text.plain(cell)
    return word in TRUE if word in TRUE | FALSE else plain_yes_no(cell)


def money(cell: str) -> int | None:
    """12,50 or 12.50 €; nothing when empty."""
    bare = "".join(cell.replace("€", "").split()).replace(",", ".")
    if not bare:
        return None
    try:
        return to_nano(bare)
    except ValueError:
        raise BadWord("12,50") from None


def quantity(cell: str) -> Decimal:
    """A number of units, four decimals at most."""
    try:
        found = Decimal("".join(cell.split()).replace(",", "."))
    except InvalidOperation:
        raise BadWord("1, 2,5") from None
    if not found.is_finite() or found != found.quantize(FOUR):
        raise BadWord("1, 2,5")
    return found.quantize(FOUR)


def whole(cell: str) -> int:
    """A whole number."""
    if not cell.strip().isdecimal():
        raise BadWord("0, 1, 15")
    return int(cell)


def tiers(cell: str) -> str:
    """“10:5|:3”; its form is checked here, so that a wrong one costs its line alone."""
    from chappe.apps.billing.forms import TiersField

    try:
        TiersField(required=False).to_python(cell.replace("|", "\n"))
    except ValidationError:
        raise BadWord("10:5|:3") from None
    return cell


def words_of(choices: type[TextChoices], more: Mapping[str, Sequence[str]] = {}) -> Callable[[str], str]:
    """A parser of choices by their codes, by their words in French and in English, and by a few more."""

    def parse(cell: str) -> str:
        known = {text.plain(word): code for code, said in more.items() for word in said}
        for language in ("fr", "en"):
            with translation.override(language):
                known |= {text.plain(str(label)): code for code, label in choices.choices}
        known |= {text.plain(code): code for code in choices.values}
        try:
            return known[text.plain(cell)]
        except KeyError:
            raise BadWord(", ".join(choices.values)) from None

    return parse


def first_word(cell: str) -> str:
    """“C000004 · Cabinet des Tanneurs”, as lists are exported, is C000004."""
    return cell.partition(" · ")[0].strip()


def _known(rows: Any, name: str, value: str) -> str:
    """A code that stands among rows. Raises BadWord with the first ones."""
    if value and not rows.filter(**{name: value}).exists():
        raise BadWord(", ".join(rows.order_by(name).values_list(name, flat=True)[:8]) or "∅")
    return value


@dataclass(frozen=True, kw_only=True)
class SoldTable(OwnedTable, ABC):
    """Rows without an owner of their own: they hang on a product or a customer of the owner of the file."""

    def says(self) -> dict[str, Callable[[Any], str]]:
        return super().says() | {column.name: written.money for column in self.columns if column.parse is money}

    def _object(self, existing: Any, values: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
        obj, before = RowTable._object(self, existing, values)
        for name, row in self.rows(values).items():
            setattr(obj, name, row)
        return obj, before

    def rows(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """field → the row that a word means, for the words among ``values``."""
        owner = self.owner.pk if self.owner is not None else None
        found: dict[str, Any] = {}
        if "product_code" in values:
            found["product"] = Product.objects.filter(owner=owner, code=values["product_code"]).first()
        if "customer_number" in values:
            found["customer"] = Customer.objects.filter(owner=owner, number=values["customer_number"]).first()
        if "line_number" in values:
            found["line"] = _line(owner, values["line_number"], values.get("customer_number", ""))
        return found

    def _existing(self, rows: Sequence[Any], actor: Actor) -> dict[str, dict[str, list[Model]]]:
        return {}

    def _match(self, row: Any, found: Any, context: Any) -> Any:
        """The row already there, by its reference or by all that tells it apart; False when several fit."""
        asked = {c.name: c for c in self.columns}
        given: dict[str, Any] = {}
        for name, cell in row.cells.items():
            column = asked[name]
            given[name] = column.parse(cell.strip()) if column.parse and cell.strip() else cell.strip()
        fits = list(self.finds(given)[:2])
        if len(fits) > 1:
            context.fault("exchange.key-ambiguous", line=row.record.line, key=row.masked(), excerpt=row.masked())
            return False
        return fits[0] if fits else None

    @abstractmethod
    def finds(self, given: Mapping[str, Any]) -> Any:
        """The rows that a line means."""

    def _data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in values.items() if name not in self.names}
        return RowTable._data(self, fields) | {name: values[name] for name in self.names if name in values}

    def _turned(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Words into rows, tiers into their list: what the verbs take."""
        from chappe.apps.billing.forms import TiersField

        made = {name: value for name, value in data.items() if name not in self.names} | self.rows(data)
        if "tiers_text" in data:
            made["tiers"] = TiersField(required=False).to_python((data["tiers_text"] or "").replace("|", "\n"))
        return made

    def apply(self, file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
        return RowTable.apply(self._writing(file), file, changes, actor)

    def undo(self, file: Any, actor: Actor) -> None:
        RowTable.undo(self._writing(file), file, actor)

    def _writing(self, file: Any) -> "SoldTable":
        """The same table with verbs that take rows."""
        own = replace(self, owner=file.owner)

        def create(*, actor: Actor, data: Mapping[str, Any]) -> Model:
            made: Model = services.create(actor=actor, data=own._turned(data), model=own.model)
            return made

        def update(*, actor: Actor, object: Model, data: Mapping[str, Any]) -> Model:
            made: Model = services.update(actor=actor, object=object, data=own._turned(data))
            return made

        return replace(own, create=create, update=update)


def _line(owner: int | None, number: str, customer: str) -> Line | None:
    """A line by its number; of two sources with the same extension, the one that the customer holds or held."""
    if not number:
        return None
    rows = Line.objects.filter(owner=owner, number=tidy_number(number))
    return rows.filter(assignments__customer__number=customer).first() or rows.first()


@dataclass(frozen=True, kw_only=True)
class PriceTable(SoldTable):
    """Prices, found by product and day."""

    def of(self, owner: Any, user: Any) -> "PriceTable":
        products = Product.objects.filter(owner=getattr(owner, "pk", None))
        parsers = {"product_code": lambda cell: _known(products, "code", first_word(cell))}
        columns = [replace(c, parse=parsers.get(c.name, c.parse)) for c in self.columns]
        return replace(self, owner=owner, columns=columns)

    def finds(self, given: Mapping[str, Any]) -> Any:
        owner = getattr(self.owner, "pk", None)
        day = given.get("starts_on") or None
        return ProductPrice.objects.filter(product__owner=owner, product__code=given.get("product_code"), starts_on=day)


@dataclass(frozen=True, kw_only=True)
class PurchaseTable(SoldTable):
    """Purchases, found by their reference, else by customer, product, line and first day."""

    def of(self, owner: Any, user: Any) -> "PurchaseTable":
        key = getattr(owner, "pk", None)
        products, customers = Product.objects.filter(owner=key), Customer.objects.filter(owner=key)
        lines = Line.objects.filter(owner=key)
        parsers = {
            "product_code": lambda cell: _known(products, "code", first_word(cell)),
            "customer_number": lambda cell: _known(customers, "number", first_word(cell).upper()),
            "line_number": lambda cell: _known(lines, "number", tidy_number(first_word(cell))),
        }
        columns = [replace(c, parse=parsers.get(c.name, c.parse)) for c in self.columns]
        return replace(self, owner=owner, columns=columns)

    def finds(self, given: Mapping[str, Any]) -> Any:
        rows = Purchase.objects.filter(customer__owner=getattr(self.owner, "pk", None))
        if given.get("reference"):
            return rows.filter(reference=given["reference"])
        line = given.get("line_number") or None
        return rows.filter(
            customer__number=given.get("customer_number"), product__code=given.get("product_code"), line__number=line,
            starts_on=given.get("starts_on") or None, reference="",
        )  # fmt: skip

    def _valid(self, obj: Any, row: Any, columns: Mapping[str, int], context: Any) -> bool:
        """What the verb would refuse costs its line now, not the whole file later."""
        if not RowTable._valid(self, obj, row, columns, context):
            return False
        if obj.line is not None and not obj.line.assignments.filter(customer=obj.customer).exists():
            context.fault(
                "sold.line-not-held", line=row.record.line, column=columns.get("line_number", 0), excerpt=row.masked(),
                number=obj.line.number, customer=obj.customer.name,
            )  # fmt: skip
            return False
        return True


def day(cell: str) -> dt.date | None:
    """2026-03-12 or 12/03/2026; nothing when empty."""
    from chappe.apps.customers.files import day as a_day

    return a_day(cell) if cell else None
