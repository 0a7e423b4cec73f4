"""What is sold, by the words that files use: codes and numbers instead of rows. Read and set like fields; nothing is stored here.

A word is turned into a row by ``bind``, which knows whose file it is.
"""

from typing import Any


def tiers_text(tiers: list[dict[str, Any]]) -> str:
    """Tiers as one cell: “10:5|:3”, up to ten units at five euros, then three."""
    return "|".join(
        ":".join([str(row.get("up_to") or ""), str(row["price"]), *([str(row["flat"])] if row.get("flat") else [])])
        for row in tiers
    )


class _Words:
    """Words given by a file, beside the rows that they mean."""

    def _word(self, name: str, found: str) -> str:
        return str(self.__dict__.get(f"_word_{name}", found))

    def _keep(self, name: str, word: Any) -> None:
        self.__dict__[f"_word_{name}"] = word or ""


class ProductWord(_Words):
    """``product_code``."""

    product: Any
    product_id: Any

    @property
    def product_code(self) -> str:
        return self._word("product", self.product.code if self.product_id else "")

    @product_code.setter
    def product_code(self, word: str) -> None:
        self._keep("product", word)


class PriceWords(ProductWord):
    """The price of a product from a day on."""

    tiers: Any
    starts_on: Any

    @property
    def tiers_text(self) -> str:
        return tiers_text(self.tiers or [])

    @tiers_text.setter
    def tiers_text(self, text: str) -> None:
        from chappe.apps.billing.forms import TiersField

        self.tiers = TiersField(required=False).to_python((text or "").replace("|", "\n"))

    @property
    def file_key(self) -> str:
        return f"{self.product_code} {self.starts_on}" if self.product_code and self.starts_on else ""


class PurchaseWords(ProductWord):
    """What a customer, or one of its lines, has bought."""

    customer: Any
    customer_id: Any
    line: Any
    line_id: Any
    starts_on: Any
    reference: str

    @property
    def customer_number(self) -> str:
        return self._word("customer", self.customer.number if self.customer_id else "")

    @customer_number.setter
    def customer_number(self, word: str) -> None:
        self._keep("customer", word)

    @property
    def line_number(self) -> str:
        return self._word("line", self.line.number if self.line_id else "")

    @line_number.setter
    def line_number(self, word: str) -> None:
        self._keep("line", word)

    @property
    def file_key(self) -> str:
        """Its own reference when it has one: it may then change its day, its line or its product."""
        if self.reference:
            return f"ref {self.reference}"
        return f"{self.customer_number} {self.product_code} {self.line_number} {self.starts_on}"
