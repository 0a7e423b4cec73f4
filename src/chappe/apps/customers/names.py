"""Relations of a customer and of a line by the words that files use: numbers and codes instead of rows.

A word that means no row yet is kept as it was given: in a file, a parent may stand a few lines above its children.
"""

import datetime as dt
from typing import Any


class CustomerNames:
    """``parent_number``, ``sell_plan_code``, ``brand_slug``: to be read and set like fields."""

    parent: Any
    sell_plan: Any
    brand: Any
    owner_id: int | None

    @property
    def parent_number(self) -> str:
        return self.parent.number if self.parent is not None else self.__dict__.get("_parent_word", "")

    @parent_number.setter
    def parent_number(self, word: str) -> None:
        from chappe.apps.customers.models import Customer

        self.__dict__["_parent_word"] = word or ""
        self.parent = Customer.objects.filter(owner=self.owner_id, number=word).first() if word else None

    @property
    def sell_plan_code(self) -> str:
        return self.sell_plan.code if self.sell_plan is not None else ""

    @sell_plan_code.setter
    def sell_plan_code(self, code: str) -> None:
        from chappe.apps.tariffs.models import TariffPlan

        self.sell_plan = TariffPlan.objects.filter(code=code).first() if code else None

    @property
    def brand_slug(self) -> str:
        return self.brand.slug if self.brand is not None else ""

    @brand_slug.setter
    def brand_slug(self, slug: str) -> None:
        from chappe.apps.customers.brands import Brand

        self.brand = Brand.objects.filter(slug=slug).first() if slug else None


class LineNames:
    """``holder_number``, ``holder_centre``, ``holder_since``: the last assignment of a line; setting them changes nothing stored."""

    pk: Any
    assignments: Any

    def _last(self) -> Any:
        if self.pk is None:
            return None
        if "_last_held" not in self.__dict__:
            rows = self.assignments.select_related("customer", "cost_centre").order_by("-starts_on")
            self.__dict__["_last_held"] = rows.first()
        return self.__dict__["_last_held"]

    def _word(self, name: str, found: str) -> str:
        return self.__dict__.get(f"_word_{name}", found)

    @property
    def holder_number(self) -> str:
        last = self._last()
        return self._word("number", last.customer.number if last is not None else "")

    @holder_number.setter
    def holder_number(self, word: str) -> None:
        self.__dict__["_word_number"] = word or ""

    @property
    def holder_centre(self) -> str:
        last = self._last()
        return self._word("centre", last.cost_centre.code if last is not None and last.cost_centre else "")

    @holder_centre.setter
    def holder_centre(self, word: str) -> None:
        self.__dict__["_word_centre"] = word or ""

    @property
    def holder_since(self) -> str:
        last = self._last()
        return self._word("since", last.starts_on.isoformat() if last is not None else "")

    @holder_since.setter
    def holder_since(self, day: str | dt.date | None) -> None:
        self.__dict__["_word_since"] = day.isoformat() if isinstance(day, dt.date) else (day or "")
